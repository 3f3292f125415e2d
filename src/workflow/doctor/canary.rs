//! What was merged is watched by metrics: whether the server can be asked, what is asked
//! exists, and what it says fits how it is judged. Asks the server.

use jiff::Timestamp;

use super::{Area, Check};
use crate::canary::{Answered, Prometheus, SourceError};
use crate::config::canary::{Auth, Canary, Watch};
use crate::promotion::RepoPath;
use crate::promotion::canary::verdict::span;
use crate::promotion::canary::{Arms, Matchers, Template, What};
use crate::workflow::Workspace;
use crate::workflow::observe::{self, NoSource};
use crate::workflow::sign_off;

const AREA: Area = Area::Repository;
const NAME: &str = "canary";
/// Windows that find what harms, in seconds.
const USUAL: std::ops::RangeInclusive<u64> = 24 * 3_600..=72 * 3_600;
/// So many scrapes have to fit into a bin.
const SCRAPES: f64 = 2.0;
/// How far a clock may be off before it is told, in seconds.
const SKEW: i64 = 5;
/// How far back is looked for scrapes, in seconds.
const LATELY: i64 = 900;

/// What can be said of it.
pub fn examine(ws: &Workspace) -> Vec<Check> {
    // Why nobody may sign is told elsewhere.
    let Ok(authority) = sign_off::authority(ws) else {
        return Vec::new();
    };
    let said = &authority.config.canary;
    if *said == Canary::default() {
        let found = "nothing is said in [canary] on the base branch: no metrics are read";
        return vec![Check::ok(AREA, NAME, found)];
    }
    let server = match observe::server(said) {
        Ok(server) => server,
        Err(error) => return vec![unasked(&error)],
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return vec![Check::warning(
            AREA,
            NAME,
            "no runtime could be made",
            "try it again",
        )];
    };
    runtime.block_on(of_server(said, &server.round()))
}

fn unasked(error: &NoSource) -> Check {
    let remedy = match error {
        NoSource::None => "write it down on the base branch; docs/canary.md",
        NoSource::Address(_) => "correct [canary] prometheus in countersign.toml",
        NoSource::Open(_) => "take the right of others to read it away",
        NoSource::NoSecret { .. } | NoSource::BadSecret(_) => {
            "only who watches needs it; docs/canary.md"
        }
    };
    Check::warning(AREA, NAME, error.to_string(), remedy)
}

async fn of_server(said: &Canary, server: &Prometheus) -> Vec<Check> {
    let url = said.prometheus.as_deref().unwrap_or_default();
    let now = Timestamp::now().as_second();
    let mut checks = Vec::new();
    let answer = match server.at("vector(1)", now).await {
        Ok(answer) => answer,
        Err(error) => return vec![unreachable(url, &error)],
    };
    checks.push(reached(said, url, &answer));
    checks.extend(window(said));
    let all = std::iter::once((None, &said.watch));
    let own = said.modules.iter().map(|(at, watch)| (Some(at), watch));
    let mut seen: Vec<&Watch> = Vec::new();
    for (module, watch) in all.chain(own) {
        // What is watched in the same way is looked at once.
        let same = |it: &&Watch| {
            (&it.asks, &it.canary, &it.base) == (&watch.asks, &watch.canary, &watch.base)
        };
        if !seen.iter().any(same) {
            seen.push(watch);
            checks.extend(of_watch(module, watch, server, now).await);
        }
    }
    checks
}

fn unreachable(url: &str, error: &SourceError) -> Check {
    let remedy = match error {
        SourceError::Status {
            status: 401 | 403, ..
        } => "set `auth` in [canary], and give the secret to who watches; docs/canary.md",
        SourceError::Status { .. } | SourceError::Garbage(_) => {
            "correct [canary] prometheus: is it the address of the server itself?"
        }
        _ => {
            "start it, or correct [canary] prometheus; until then every look is SOURCE_ERROR and holds"
        }
    };
    Check::warning(AREA, NAME, format!("{url}: {error}"), remedy)
}

fn reached(said: &Canary, url: &str, answer: &Answered) -> Check {
    match answer.skew {
        Some(skew) if skew.abs() > SKEW => Check::warning(
            AREA,
            NAME,
            format!("{url}: its clock is {skew} s ahead of ours"),
            "set both by NTP: from 30 s on every look is SOURCE_ERROR and holds",
        ),
        _ if said.auth != Auth::None && is_open(url) => Check::warning(
            AREA,
            NAME,
            format!("{url}: the secret goes there without encryption"),
            "use https, or a server on this machine",
        ),
        _ => Check::ok(AREA, NAME, format!("{url} answers")),
    }
}

/// True where others on the way can read along.
fn is_open(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or_default();
    !["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| host == *own || host.starts_with(&format!("{own}:")))
}

fn window(said: &Canary) -> Option<Check> {
    let window = said.watch.policy.window;
    (!USUAL.contains(&window)).then(|| {
        Check::warning(
            AREA,
            "canary window",
            format!("what was merged is watched for {}", span(window)),
            "24 to 72 hours see a whole day and what comes slowly",
        )
    })
}

/// What is asked for a module, or for all.
async fn of_watch(
    module: Option<&RepoPath>,
    watch: &Watch,
    server: &Prometheus,
    now: i64,
) -> Vec<Check> {
    let of = |what: &str| match module {
        Some(module) => format!("{what} for {module}"),
        None => what.to_owned(),
    };
    if watch.asks.is_empty() {
        let remedy =
            "add [[canary.errors]] or [[canary.latency]]: without a signal nothing completes";
        return vec![Check::warning(
            AREA,
            NAME,
            of("no signal is configured"),
            remedy,
        )];
    }
    let Some(arms) = watch.arms() else {
        let remedy =
            "write canary = 'version=\"2\"' and base = 'version=\"1\"', as your series have it";
        let found = of("it is not said whose series are the canary's and whose the base's");
        return vec![Check::warning(AREA, NAME, found, remedy)];
    };
    let mut checks = Vec::new();
    let mut well = 0;
    for ask in &watch.asks {
        let queries: Vec<(&str, &Template)> = match &ask.what {
            What::Errors { total, bad } => vec![("total", total), ("bad", bad)],
            What::Slow { buckets, .. } => vec![("buckets", buckets)],
            What::Value(value) => vec![("value", value)],
        };
        let mut wrong = None;
        for (key, query) in queries {
            let looked = Query {
                server,
                key,
                query,
                bin: watch.policy.bin,
                now,
            };
            // The first that is wrong is told; the rest of the signal may follow from it.
            if let Some(found) = looked.wrong(&arms).await {
                wrong = Some(found);
                break;
            }
        }
        match wrong {
            Some((found, remedy)) => {
                let found = of(&format!("{}: {found}", ask.signal));
                checks.push(Check::warning(AREA, NAME, found, remedy));
            }
            None => well += 1,
        }
    }
    if well > 0 {
        let found = of(&format!(
            "{well} of {} signals have both arms",
            watch.asks.len()
        ));
        checks.push(Check::ok(AREA, NAME, found));
    }
    checks
}

/// One query of a signal.
struct Query<'a> {
    server: &'a Prometheus,
    key: &'a str,
    query: &'a Template,
    bin: u64,
    now: i64,
}

impl Query<'_> {
    /// What is wrong with it, and what to do.
    async fn wrong(&self, arms: &Arms) -> Option<(String, String)> {
        for (arm, matchers) in [("base", &arms.base), ("canary", &arms.canary)] {
            let query = self.query.of(matchers);
            let key = self.key;
            match self.server.at(&query, self.now).await {
                Err(SourceError::Status { status: 400, why }) => {
                    let remedy = "correct the query in countersign.toml".to_owned();
                    return Some((format!("`{key}` is no PromQL: {why}"), remedy));
                }
                Err(error) => {
                    let remedy = "ask the server by hand what keeps it".to_owned();
                    return Some((format!("`{key}`: {error}"), remedy));
                }
                // No failure of a canary so far is no fault.
                Ok(answer) if answer.series.is_empty() && key != "bad" => {
                    return Some(missing(key, arm, &query));
                }
                Ok(_) => {}
            }
        }
        self.seldom(&arms.base).await
    }

    /// Too few scrapes in a bin leave holes.
    async fn seldom(&self, arm: &Matchers) -> Option<(String, String)> {
        let selector = self.query.of(arm);
        // Only a plain selector can be counted over time.
        let plain = selector.ends_with('}') && !selector.contains('(');
        if !plain {
            return None;
        }
        let query = format!("max(count_over_time({selector}[{LATELY}s]))");
        let answer = self.server.at(&query, self.now).await.ok()?;
        let count = answer.series.first()?.samples.first()?.1;
        let every = LATELY as f64 / count.max(1.0);
        (every * SCRAPES > self.bin as f64).then(|| {
            (
                format!(
                    "it is scraped about every {}, and a bin is {}",
                    span(every.round() as u64),
                    span(self.bin)
                ),
                format!(
                    "set bin = \"{}s\" or more, or scrape more often",
                    (every * SCRAPES).ceil()
                ),
            )
        })
    }
}

fn missing(key: &str, arm: &str, query: &str) -> (String, String) {
    let remedy = match arm {
        "base" => "correct the query or `base`: does the service run, and is it scraped?",
        _ => {
            "correct `canary`, where something was merged already; before, this is as it should be"
        }
    };
    let found = format!("`{key}` has no series of the {arm} now: {query}");
    (found, remedy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_read_along_is_told() {
        for (url, open) in [
            ("http://prometheus:9090", true),
            ("http://127.0.0.1.example.org", true),
            ("http://127.0.0.1:9090/x", false),
            ("http://localhost", false),
            ("https://prometheus", false),
        ] {
            assert_eq!(is_open(url), open, "{url}");
        }
    }
}
