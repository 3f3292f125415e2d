//! Asking a Prometheus server, over its HTTP API.
//!
//! As `POST`, so that a long query fits; with a deadline for each try and few tries; and
//! with a limit to what is taken in. A redirect is not followed: nobody but the server
//! that was named is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use tokio::sync::Semaphore;

use super::answer::{self, Answered, Sampled, SourceError, Times};
use super::credentials::Credentials;
use crate::promotion::Sha256;

/// How many points a series of one answer may have; the server refuses more than
/// 11,000.
const POINTS: i64 = 10_000;

/// How many questions are under way at the same time.
const AT_ONCE: usize = 16;
/// After so many tries that nobody answered in time, one after the other, it is gone.
const LATE: u32 = 6;

/// How long is waited, how often is asked, how much is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one try, from asking to the last byte.
    pub deadline: Duration,
    /// How often is asked, at most.
    pub tries: u32,
    /// The pause after the first try; each later one is twice as long.
    pub pause: Duration,
    /// How large an answer may be, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(20),
            tries: 3,
            pause: Duration::from_millis(500),
            bytes: 32 << 20,
        }
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Prometheus {
    url: Url,
    client: Client,
    limits: Limits,
    credentials: Option<Credentials>,
    /// So many are asked at the same time, of all who share this server.
    turns: Arc<Semaphore>,
    round: Option<Arc<Round>>,
}

/// How the server did since somebody began to ask: one that is gone is not waited for by
/// every question anew.
#[derive(Debug, Default)]
struct Round {
    /// Tries that nobody answered in time, one after the other.
    late: AtomicU32,
    /// It cannot be reached.
    gone: AtomicBool,
}

impl Prometheus {
    /// The server at that address; nothing is asked yet.
    pub fn new(url: &str, limits: Limits) -> Result<Self, SourceError> {
        let wrong = |why: String| SourceError::Address {
            url: url.to_owned(),
            why,
        };
        // The API lies below the address: `http://host/prometheus` is one, too.
        let below = format!("{}/", url.trim_end_matches('/'));
        let parsed = Url::parse(&below).map_err(|error| wrong(error.to_string()))?;
        if !["http", "https"].contains(&parsed.scheme()) {
            return Err(wrong("it is neither http nor https".into()));
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            url: parsed,
            client,
            limits,
            credentials: None,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            round: None,
        })
    }

    /// The same server, told who asks.
    pub fn as_somebody(self, credentials: Credentials) -> Self {
        Self {
            credentials: Some(credentials),
            ..self
        }
    }

    /// The same server, for questions that belong together: when it is gone, or was late
    /// several times in a row, the rest of them is not asked.
    pub fn round(&self) -> Self {
        Self {
            round: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// What a query gives at one time, in Unix seconds.
    pub async fn at(&self, query: &str, at: i64) -> Result<Answered, SourceError> {
        let form = [("query", query.to_owned()), ("time", at.to_string())];
        self.ask("api/v1/query", &form, Times::At(at)).await
    }

    /// What a query gives from `first` to `last`, in steps: Unix seconds. Long spans are
    /// asked for in parts, each of which must be good.
    pub async fn over(
        &self,
        query: &str,
        first: i64,
        last: i64,
        step: i64,
    ) -> Result<Answered, SourceError> {
        let step = step.max(1);
        let mut whole: Option<Answered> = None;
        let mut from = first;
        loop {
            let to = last.min(from.saturating_add(step * (POINTS - 1)));
            let form = [
                ("query", query.to_owned()),
                ("start", from.to_string()),
                ("end", to.to_string()),
                ("step", step.to_string()),
            ];
            let times = Times::Steps(from, to, step);
            let part = self.ask("api/v1/query_range", &form, times).await?;
            whole = Some(match whole {
                None => part,
                Some(whole) => joined(whole, part),
            });
            from = to.saturating_add(step);
            if from > last {
                return whole.ok_or(SourceError::Garbage("no span to ask for".into()));
            }
        }
    }

    async fn ask(
        &self,
        path: &str,
        form: &[(&str, String)],
        times: Times,
    ) -> Result<Answered, SourceError> {
        let mut pause = self.limits.pause;
        let mut tries = 1;
        // Nobody closes it.
        let _turn = self.turns.acquire().await;
        loop {
            let round = self.round.as_ref();
            if round.is_some_and(|round| round.gone.load(Ordering::Relaxed)) {
                let why = "it did not answer others a moment ago, and was not asked again";
                return Err(SourceError::Unreachable(why.into()));
            }
            let once = self.once(path, form, times);
            let answer = tokio::time::timeout(self.limits.deadline, once)
                .await
                .unwrap_or(Err(SourceError::Deadline(self.limits.deadline)));
            let last = tries >= self.limits.tries;
            if let Some(round) = round {
                round.note(&answer, last);
            }
            match answer {
                Err(error) if error.may_pass() && tries < self.limits.tries => {
                    tokio::time::sleep(pause).await;
                    (pause, tries) = (pause * 2, tries + 1);
                }
                done => return done.map_err(|error| self.hidden_in(error)),
            }
        }
    }

    /// What the server says, without what it was told to know who asks.
    fn hidden_in(&self, error: SourceError) -> SourceError {
        let Some(credentials) = &self.credentials else {
            return error;
        };
        let hide = |text: String| credentials.hidden_in(&text);
        match error {
            SourceError::Status { status, why } => SourceError::Status {
                status,
                why: hide(why),
            },
            SourceError::Garbage(why) => SourceError::Garbage(hide(why)),
            SourceError::Warnings(why) => SourceError::Warnings(hide(why)),
            SourceError::Unreachable(why) => SourceError::Unreachable(hide(why)),
            other => other,
        }
    }

    async fn once(
        &self,
        path: &str,
        form: &[(&str, String)],
        times: Times,
    ) -> Result<Answered, SourceError> {
        let url = self.url.join(path).map_err(|error| SourceError::Address {
            url: self.url.to_string(),
            why: error.to_string(),
        })?;
        let asked = Timestamp::now();
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(form));
        if let Some(credentials) = &self.credentials {
            request = request.header(AUTHORIZATION, credentials.header());
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let skew = skew(response.headers(), asked, Timestamp::now());
        let body = body(response, self.limits.bytes).await?;
        if status != 200 {
            let why = answer::reason(&body);
            return Err(SourceError::Status { status, why });
        }
        Ok(Answered {
            series: answer::read(&body, times)?,
            skew,
            digest: Sha256::of(&body),
        })
    }
}

impl Round {
    /// Keeps in mind how a try ended; `last`: the query is not tried again.
    fn note(&self, answer: &Result<Answered, SourceError>, last: bool) {
        match answer {
            Err(SourceError::Unreachable(_)) if last => self.gone.store(true, Ordering::Relaxed),
            Err(SourceError::Deadline(_)) => {
                if self.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE {
                    self.gone.store(true, Ordering::Relaxed);
                }
            }
            Err(SourceError::Unreachable(_)) => {}
            // Whatever it said, it said something.
            _ => self.late.store(0, Ordering::Relaxed),
        }
    }
}

/// The whole body, if it is not too large. One that breaks off is an error.
async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, SourceError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > most {
            return Err(SourceError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost reason: the outer ones repeat the address.
fn unreachable(error: reqwest::Error) -> SourceError {
    let mut reason: &dyn std::error::Error = &error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    SourceError::Unreachable(reason.to_string())
}

/// How far the server's clock is ahead: by its `Date`, which is whole seconds, against
/// the time from asking to its answer.
fn skew(headers: &HeaderMap, asked: Timestamp, answered: Timestamp) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(date);
    let server = zoned.ok()?.timestamp().as_second();
    let (from, to) = (asked.as_second(), answered.as_second());
    Some(match server {
        early if early < from => early - from,
        late if late > to => late - to,
        _ => 0,
    })
}

/// Form encoding: everything but letters, digits and a few signs as `%XX`.
fn encoded(form: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (key, value) in form {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(key);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                    out.push(char::from(byte));
                }
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    out
}

/// Two parts of a span, in this order.
fn joined(mut whole: Answered, part: Answered) -> Answered {
    for series in part.series {
        let known = whole
            .series
            .iter_mut()
            .find(|it| it.labels == series.labels);
        match known {
            Some(Sampled { samples, .. }) => samples.extend(series.samples),
            None => whole.series.push(series),
        }
    }
    let further = |a: i64, b: i64| if b.abs() > a.abs() { b } else { a };
    whole.skew = match (whole.skew, part.skew) {
        (Some(a), Some(b)) => Some(further(a, b)),
        (a, b) => a.or(b),
    };
    let both = [whole.digest.as_bytes().as_slice(), part.digest.as_bytes()].concat();
    whole.digest = Sha256::of(&both);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let form = [
            ("query", "up{a=~\"x|y\"} + 1".to_owned()),
            ("time", "-5".to_owned()),
        ];
        assert_eq!(
            encoded(&form),
            "query=up%7Ba%3D~%22x%7Cy%22%7D%20%2B%201&time=-5".replace('~', "%7E")
        );
    }

    #[test]
    fn a_clock_is_off_only_by_what_asking_does_not_explain() {
        let mut headers = HeaderMap::new();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(skew(&headers, at(0), at(0)), None);
        headers.insert(DATE, "Thu, 01 Jan 1970 00:01:40 GMT".parse().unwrap());
        assert_eq!(skew(&headers, at(100), at(100)), Some(0));
        assert_eq!(skew(&headers, at(60), at(140)), Some(0));
        assert_eq!(skew(&headers, at(60), at(61)), Some(39));
        assert_eq!(skew(&headers, at(131), at(140)), Some(-31));
        headers.insert(DATE, "soon".parse().unwrap());
        assert_eq!(skew(&headers, at(0), at(0)), None);
    }

    #[test]
    fn only_addresses_of_servers_are_taken() {
        for url in ["", "localhost:9090", "file:///x", "http://"] {
            assert!(Prometheus::new(url, Limits::default()).is_err(), "{url}");
        }
        let below = Prometheus::new("https://host/prometheus", Limits::default()).unwrap();
        assert_eq!(below.url.join("api").unwrap().path(), "/prometheus/api");
    }
}
