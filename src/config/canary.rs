//! `[canary]`: how what was merged is watched.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::reader::{Found, Node, Reader};
use super::value::Value;
use crate::promotion::canary::threshold::Threshold;
use crate::promotion::canary::{
    Arms, Ask, Events, Gauge, Kind, Matchers, Policy, SelectorError, Signal, Template, What,
};
use crate::promotion::{RepoPath, text};

/// The variable with the secret, where nothing else is said.
pub const SECRET_VARIABLE: &str = "COUNTERSIGN_PROMETHEUS_SECRET";
/// What the name of such a variable begins with.
const VARIABLES: &str = "COUNTERSIGN_";
/// The file with it, where nothing else is said.
pub const SECRET_FILE: &str = "prometheus.secret";
/// How many times the base's rate is allowed, where no other rule is given.
const ALLOWED: f64 = 1.25;
/// How long a limit must be exceeded, where nothing is said, in seconds.
const LASTING: u64 = 600;
/// Of `learn`, so much must have data.
const KNOWN: (u64, u64) = (6, 7);
/// A signal's name is at most so long: it stands in tables and in the log.
const LONGEST_NAME: usize = 40;

/// How the server is told who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// By a bearer token.
    Bearer,
    /// By a name and a password.
    Basic,
}

/// What a repository says of watching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Canary {
    /// The server's address; `None`: no metrics are read.
    pub prometheus: Option<String>,
    /// How it is told who asks.
    pub auth: Auth,
    /// The name, for [`Auth::Basic`].
    pub user: Option<String>,
    /// The variable that holds the secret.
    pub secret_variable: String,
    /// The file with it, in the directory of a person's settings.
    pub secret_file: String,
    /// How long one try may take, in seconds.
    pub deadline: u64,
    /// How often is tried.
    pub tries: u32,
    /// How a module is watched for which nothing else is said.
    pub watch: Watch,
    /// What holds for a module, or for all in a directory.
    pub modules: BTreeMap<RepoPath, Watch>,
}

/// How a module is watched. Spans are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// How strictly.
    pub policy: Policy,
    /// What is asked.
    pub asks: Vec<Ask>,
    /// Whose series are the canary's.
    pub canary: Option<Matchers>,
    /// Whose are the base's.
    pub base: Option<Matchers>,
    /// From one look to the next.
    pub interval: u64,
    /// How much of the time before the merge is read.
    pub learn: u64,
    /// When a night is due, after midnight in UTC.
    pub night_at: u64,
    /// From one night to the next.
    pub night_every: u64,
    /// The command of a nightly run; `None`: as for a promotion; empty: none.
    pub smoke: Option<Vec<String>>,
}

impl Watch {
    /// Who is compared; `None` where that is not said.
    pub fn arms(&self) -> Option<Arms> {
        Some(Arms {
            canary: self.canary.clone()?,
            base: self.base.clone()?,
        })
    }
}

impl Canary {
    /// How a module is watched: of several that fit the one whose path is longest.
    pub fn of(&self, module: &RepoPath) -> &Watch {
        let fits = self.modules.iter().filter(|(at, _)| module.is_within(at));
        fits.max_by_key(|(at, _)| at.as_bytes().len())
            .map_or(&self.watch, |(_, watch)| watch)
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self {
            prometheus: None,
            auth: Auth::None,
            user: None,
            secret_variable: SECRET_VARIABLE.into(),
            secret_file: SECRET_FILE.into(),
            deadline: 20,
            tries: 3,
            watch: Watch::default(),
            modules: BTreeMap::new(),
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            learn: policy.before / KNOWN.0 * KNOWN.1,
            policy,
            asks: Vec::new(),
            canary: None,
            base: None,
            interval: 300,
            night_at: 2 * 3_600,
            night_every: 86_400,
            smoke: None,
        }
    }
}

/// Reads the section.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Canary {
    let mut said = Canary::default();
    if let Some(found) = node.keys.get("prometheus") {
        said.prometheus = address(found, reader);
    }
    let word = |key: &str| node.get(key).and_then(Value::text);
    said.auth = match word("auth").as_deref() {
        Some("bearer") => Auth::Bearer,
        Some("basic") => Auth::Basic,
        _ => Auth::None,
    };
    said.user = word("user");
    if let (Auth::Basic, None, Some(found)) = (said.auth, &said.user, node.keys.get("auth")) {
        let help = "write, for example: user = \"countersign\"";
        reader.refuse(
            found.span.clone(),
            "a password needs the name of a `user`",
            help,
        );
    }
    let mut fitting = |key: &str, fits: fn(&str) -> bool, help: &str| {
        let found = node.keys.get(key)?;
        let word = found.value.clone().text()?;
        if fits(&word) {
            return Some(word);
        }
        reader.refuse(
            found.span.clone(),
            format!("`{word}` cannot be `{key}`"),
            help,
        );
        None
    };
    let help = "its name begins with COUNTERSIGN_, in capital letters, digits and _";
    said.secret_variable =
        fitting("secret_variable", is_variable, help).unwrap_or(said.secret_variable);
    let help = "it is the name of a file in the directory of the person's settings";
    said.secret_file = fitting("secret_file", is_file_name, help).unwrap_or(said.secret_file);
    let seconds = |key: &str| node.get(key).and_then(Value::seconds);
    said.deadline = seconds("deadline").unwrap_or(said.deadline);
    if let Some(tries) = node.get("tries").and_then(Value::number) {
        said.tries = tries as u32;
    }
    said.watch = watch(node, Watch::default(), reader);
    for (at, table) in node.section("modules").map_or(&[][..], |it| &it.named) {
        if let Some(at) = at.value.clone().path() {
            let own = watch(table, said.watch.clone(), reader);
            said.modules.insert(at, own);
        }
    }
    said
}

/// What a table says of watching, and `said` where it is silent.
fn watch(node: &Node, mut said: Watch, reader: &mut Reader) -> Watch {
    let seconds = |key: &str| node.get(key).and_then(Value::seconds);
    let number = |key: &str| node.get(key).and_then(Value::number);
    let policy = &mut said.policy;
    policy.window = seconds("window").unwrap_or(policy.window);
    policy.bin = seconds("bin").unwrap_or(policy.bin);
    policy.fresh = seconds("fresh").unwrap_or(policy.fresh);
    policy.coverage = number("coverage").map_or(policy.coverage, |it| it / 100.0);
    policy.requests = number("requests").map_or(policy.requests, |it| it as u64);
    policy.errors = number("least_errors").map_or(policy.errors, |it| it as u64);
    policy.alpha = number("alpha").unwrap_or(policy.alpha);
    policy.nights = number("nights").map_or(policy.nights, |it| it as u32);
    if let Some(learn) = seconds("learn") {
        said.learn = learn;
        policy.before = learn * KNOWN.0 / KNOWN.1;
    }
    said.interval = seconds("interval").unwrap_or(said.interval);
    said.night_at = seconds("night_at").unwrap_or(said.night_at);
    said.night_every = seconds("night_every").unwrap_or(said.night_every);
    said.smoke = node.get("smoke").and_then(Value::texts).or(said.smoke);
    said.canary = matchers(node, "canary", reader).or(said.canary);
    said.base = matchers(node, "base", reader).or(said.base);
    if let (Some(ours), Some(theirs)) = (&said.canary, &said.base)
        && ours == theirs
        && let Some(found) = node.keys.get("canary").or(node.keys.get("base"))
    {
        let why = SelectorError::Same(ours.to_string()).to_string();
        reader.refuse(found.span.clone(), why, "");
    }
    let lists = ["errors", "latency", "gauges"];
    if lists.iter().any(|list| node.sections.contains_key(list)) {
        said.asks.clear();
        said.policy.signals.clear();
        let mut names = BTreeSet::new();
        for list in lists {
            for table in node.sections.get(list).into_iter().flatten() {
                let window = said.policy.window;
                if let Some((ask, kind)) = signal(list, table, window, reader)
                    && let Some(name) = name(table, &mut names, reader)
                {
                    said.asks.push(Ask {
                        signal: name.clone(),
                        what: ask,
                    });
                    said.policy.signals.push(Signal { name, kind });
                }
            }
        }
    }
    said
}

fn signal(list: &str, node: &Node, window: u64, reader: &mut Reader) -> Option<(What, Kind)> {
    let number = |key: &str| node.get(key).and_then(Value::number);
    let seconds = |key: &str| node.get(key).and_then(Value::seconds);
    let events = || {
        let threshold = number("max").map(|max| Threshold {
            max,
            lasting: seconds("for").unwrap_or(LASTING),
        });
        let objective = number("objective");
        let alone = objective.is_none() && threshold.is_none();
        Kind::Events(Events {
            objective,
            allowed: number("allowed").or(alone.then_some(ALLOWED)),
            threshold,
        })
    };
    Some(match list {
        "errors" => {
            let (total, bad) = (
                template(node, "total", reader),
                template(node, "bad", reader),
            );
            let what = What::Errors {
                total: total?,
                bad: bad?,
            };
            (what, events())
        }
        "latency" => {
            let what = What::Slow {
                buckets: template(node, "buckets", reader)?,
                limit: number("limit")?,
            };
            (what, events())
        }
        _ => {
            let looks = match node.get("looks") {
                Some(Value::Ages(looks)) => looks,
                _ => vec![window],
            };
            let kind = Kind::Gauge(Gauge {
                more_is_worse: node.get("worse").and_then(Value::text).as_deref() != Some("less"),
                thin: seconds("thin").unwrap_or(1_800),
                looks,
                alpha: number("alpha").unwrap_or(0.01),
            });
            (What::Value(template(node, "value", reader)?), kind)
        }
    })
}

fn name(node: &Node, names: &mut BTreeSet<String>, reader: &mut Reader) -> Option<String> {
    let found = node.keys.get("name")?;
    let name = found.value.clone().text()?;
    let why = if name.chars().count() > LONGEST_NAME || name.chars().any(text::is_hostile) {
        format!("a name has at most {LONGEST_NAME} characters, all of them to be seen")
    } else if name == "smoke" {
        "`smoke` is what the nightly runs are called".to_owned()
    } else if !names.insert(name.clone()) {
        format!("there are two signals called `{name}`")
    } else {
        return Some(name);
    };
    reader.refuse(found.span.clone(), why, "give it another name");
    None
}

fn template(node: &Node, key: &str, reader: &mut Reader) -> Option<Template> {
    let found = node.keys.get(key)?;
    let query = found.value.clone().text()?;
    selector(Template::new(&query), found, reader)
}

fn matchers(node: &Node, key: &str, reader: &mut Reader) -> Option<Matchers> {
    let found = node.keys.get(key)?;
    let matchers = found.value.clone().text()?;
    selector(Matchers::new(&matchers), found, reader)
}

fn selector<T>(read: Result<T, SelectorError>, found: &Found, reader: &mut Reader) -> Option<T> {
    read.map_err(|error| reader.refuse(found.span.clone(), error.to_string(), ""))
        .ok()
}

/// An address without a password in it: the file is for everybody to read.
fn address(found: &Found, reader: &mut Reader) -> Option<String> {
    let url = found.value.clone().text()?;
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    let (why, help) = match host {
        None | Some("") => (
            "this is no address of a server",
            "write it as http://host:9090",
        ),
        Some(host) if host.contains('@') => (
            "there is a name or a password in this address",
            "leave it out here, and see `auth`",
        ),
        Some(_)
            if url
                .chars()
                .any(|c| text::is_hostile(c) || c.is_whitespace()) =>
        {
            (
                "this is no address of a server",
                "write it as http://host:9090",
            )
        }
        Some(_) => return Some(url),
    };
    reader.refuse(found.span.clone(), why, help);
    None
}

fn is_variable(name: &str) -> bool {
    name.starts_with(VARIABLES)
        && name.len() > VARIABLES.len()
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_file_name(name: &str) -> bool {
    !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::parse;

    const ERRORS: &str = "[[canary.errors]]\nname = \"errors\"\ntotal = 'all{$arm}'\n\
                          bad = 'bad{$arm}'\n";

    fn said(text: &str) -> Canary {
        parse(text, "f").unwrap_or_else(|e| panic!("{e}")).canary
    }

    #[test]
    fn what_is_not_said_is_the_guides() {
        let said = said("[canary]\n");
        assert_eq!(said, Canary::default());
        assert_eq!(said.watch.policy, Policy::default());
        assert_eq!(said.watch.learn, 7 * 86_400);
    }

    #[test]
    fn signals_are_read() {
        let said = said(&format!(
            "[canary]\nprometheus = \"http://h:9090/p\"\nauth = \"basic\"\nuser = \"me\"\n\
             window = \"24h\"\nbin = \"1m\"\nlearn = \"14d\"\ncoverage = 90\nnights = 0\n\
             night_at = \"23:30\"\ncanary = 'v=\"2\"'\nbase = 'v=\"1\"'\n{ERRORS}\
             [[canary.latency]]\nname = \"slow\"\nbuckets = 'b{{$arm}}'\nlimit = 0.5\n\
             objective = 0.999\nmax = 0.05\nfor = \"20m\"\n\
             [[canary.gauges]]\nname = \"memory\"\nvalue = 'm{{$arm}}'\nworse = \"less\"\n\
             looks = [\"12h\", 86400]\n"
        ));
        assert_eq!(said.auth, Auth::Basic);
        let watch = &said.watch;
        assert_eq!((watch.policy.window, watch.policy.nights), (86_400, 0));
        assert_eq!((watch.policy.before, watch.learn), (1_036_800, 1_209_600));
        assert_eq!(watch.night_at, 84_600);
        assert!((watch.policy.coverage - 0.9).abs() < 1e-9);
        assert!(watch.arms().is_some());
        let kinds: Vec<_> = watch.policy.signals.iter().map(|it| &it.kind).collect();
        let Kind::Events(errors) = kinds[0] else {
            panic!("{kinds:?}")
        };
        assert_eq!((errors.allowed, errors.objective), (Some(1.25), None));
        let Kind::Events(slow) = kinds[1] else {
            panic!("{kinds:?}")
        };
        let limit = Threshold {
            max: 0.05,
            lasting: 1_200,
        };
        assert_eq!((slow.allowed, slow.threshold), (None, Some(limit)));
        let Kind::Gauge(memory) = kinds[2] else {
            panic!("{kinds:?}")
        };
        assert!(!memory.more_is_worse);
        assert_eq!(memory.looks, [43_200, 86_400]);
        assert_eq!(watch.asks.len(), 3);
    }

    #[test]
    fn the_nearest_of_the_modules_counts_and_is_silent_on_the_rest() {
        let said = said(&format!(
            "[canary]\nwindow = \"24h\"\ncanary = 'v=\"2\"'\n{ERRORS}\
             [canary.modules.\"candidate/a\"]\nnights = 5\n\
             [canary.modules.\"candidate/a/b\"]\nwindow = \"72h\"\ncanary = 'v=\"3\"'\n\
             [[canary.modules.\"candidate/a/b\".gauges]]\nname = \"m\"\nvalue = 'm{{$arm}}'\n"
        ));
        let of = |path: &str| said.of(&path.into());
        assert_eq!(of("candidate/c").policy.nights, 2);
        assert_eq!(of("candidate/a/x").policy.nights, 5);
        assert_eq!(of("candidate/a/x").asks, said.watch.asks);
        let own = of("candidate/a/b");
        assert_eq!((own.policy.window, own.policy.nights), (259_200, 2));
        assert_eq!(own.asks.len(), 1);
        assert_eq!(own.asks[0].signal, "m");
        assert_ne!(own.canary, said.watch.canary);
        let Kind::Gauge(gauge) = &own.policy.signals[0].kind else {
            panic!("{own:?}")
        };
        assert_eq!(gauge.looks, [259_200], "the end of its own window");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let errors = |more: &str| format!("{ERRORS}{more}\n");
        for (text, words) in [
            ("[canary]\nprometheus = \"h:9090\"\n".into(), "no address"),
            (
                "[canary]\nprometheus = \"http://me:secret@h\"\n".into(),
                "a name or a password",
            ),
            ("[canary]\ntoken = \"x\"\n".into(), "unknown key `token`"),
            ("[canary]\nauth = \"basic\"\n".into(), "name of a `user`"),
            (
                "[canary]\nsecret_variable = \"GITHUB_TOKEN\"\n".into(),
                "begins with COUNTERSIGN_",
            ),
            (
                "[canary]\nsecret_file = \"../id_ed25519\"\n".into(),
                "cannot be `secret_file`",
            ),
            (
                "[canary]\nwindow = \"soon\"\n".into(),
                "this must be a time",
            ),
            ("[canary]\nnight_at = \"25:00\"\n".into(), "a time of day"),
            ("[canary]\nnight_at = \"2:00\"\n".into(), "a time of day"),
            ("[canary]\nalpha = 1\n".into(), "between 0 and 1"),
            ("[canary]\nrequests = 0\n".into(), "greater than 0"),
            (
                "[canary]\nintervall = 3\n".into(),
                "did you mean `interval`",
            ),
            (
                "[canary]\ncanary = 'v=\"2\"} or x{'\n".into(),
                "no label matchers",
            ),
            (
                "[canary]\ncanary = 'v=\"2\"'\nbase = 'v = \"2\"'\n".into(),
                "the same matchers",
            ),
            (errors("objective = 99.9"), "between 0 and 1"),
            (errors("objectiv = 0.9"), "did you mean `objective`"),
            (errors(ERRORS), "two signals called `errors`"),
            (
                "[[canary.errors]]\nname = \"e\"\ntotal = 'x'\nbad = 'y{$arm}'\n".into(),
                "no $arm",
            ),
            (
                "[[canary.errors]]\nname = \"e\"\n".into(),
                "`total` is missing",
            ),
            (
                "[[canary.latency]]\nname = \"e\"\nbuckets = 'x{$arm}'\n".into(),
                "`limit` is missing",
            ),
            (
                "[canary.modules.\"a\"]\nprometheus = \"http://h\"\n".into(),
                "unknown key `prometheus`",
            ),
            ("[canary]\nmodules = 3\n".into(), "names of its own"),
            ("[canary.modules]\na = 3\n".into(), "is a section"),
            (
                "[canary.modules.\"../a\"]\nnights = 1\n".into(),
                "does not stay within",
            ),
        ] {
            let told = match parse(&text, "f") {
                Ok(config) => panic!("{text}: accepted: {:?}", config.canary),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
