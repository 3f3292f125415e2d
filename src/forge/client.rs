//! The one place that sends.
//!
//! Writes go one after the other with a pause between them, are never repeated by
//! themselves, and follow no redirect; reads may be repeated, and stay at their host.
//! A limit is waited for, whichever of its forms it has. What was read before is asked
//! for with its ETag: that it is still so costs nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Said;
use super::limits::limit;
use super::{Api, ForgeError, Pace, Token};

/// The version of the API that this was written for.
const VERSION: &str = "2022-11-28";
/// The longest answer that is read.
const MOST_BYTES: usize = 32 << 20;
/// Pages that are read at most: 10,000 things.
const MOST_PAGES: usize = 100;
/// How often a read is tried where the forge has a fault.
const READS: usize = 3;
/// How often a read goes where it is pointed to.
const REDIRECTS: usize = 3;
/// Answers that are kept with their ETags.
const MOST_KEPT: usize = 2000;

/// What is to be sent: also what a dry run shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// `POST` or `PATCH`.
    pub method: &'static str,
    /// The path, below the API's.
    pub path: String,
    /// The body.
    pub body: serde_json::Value,
}

/// Something that was read before.
#[derive(Clone)]
struct Kept {
    etag: HeaderValue,
    body: Vec<u8>,
    next: Option<Url>,
}

/// An answer that says yes.
struct Reply {
    body: Vec<u8>,
    next: Option<Url>,
    etag: Option<HeaderValue>,
    unchanged: bool,
}

struct Call<'a> {
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    etag: Option<&'a HeaderValue>,
    /// Changes something there.
    writes: bool,
    what: String,
}

/// How one attempt ended, where not with yes.
enum Ended {
    Limit(Option<Duration>),
    Fault(ForgeError),
    Error(ForgeError),
}

/// Sends requests to one API.
pub struct Client {
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    api: Api,
    token: Option<Token>,
    pace: Pace,
    /// When the last write ended; held while one is under way.
    written: Mutex<Option<Instant>>,
    kept: Mutex<BTreeMap<String, Kept>>,
}

impl Client {
    /// One for that API. Must not be dropped where an async task runs.
    pub fn new(api: Api, token: Option<Token>, pace: Pace) -> Result<Self, ForgeError> {
        let setup = |error: &dyn std::fmt::Display| ForgeError::Setup(error.to_string());
        let agent = concat!("countersign/", env!("CARGO_PKG_VERSION"));
        let mut http = reqwest::Client::builder()
            .user_agent(agent)
            .redirect(reqwest::redirect::Policy::none())
            // A request that is sent again by itself might be done twice.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(pace.deadline.min(Duration::from_secs(10)))
            .timeout(pace.deadline);
        if api.is_loopback() {
            http = http.no_proxy();
        }
        Ok(Self {
            http: http.build().map_err(|error| setup(&error.without_url()))?,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| setup(&error))?,
            api,
            token,
            pace,
            written: Mutex::new(None),
            kept: Mutex::new(BTreeMap::new()),
        })
    }

    /// Where it sends.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// How fast.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Reads one thing.
    pub fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, ForgeError> {
        let reply = self.read(url)?;
        self.decode(&reply.body, &what("read", url))
    }

    /// Reads a list to its end, page by page.
    pub fn list<T: DeserializeOwned>(&self, url: &Url) -> Result<Vec<T>, ForgeError> {
        self.pages(url, |page: Vec<T>| page)
    }

    /// The same of lists that lie in something else.
    pub fn pages<P: DeserializeOwned, T>(
        &self,
        url: &Url,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, ForgeError> {
        let mut next = Some(url.clone());
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(url) = next else { break };
            let reply = self.read(&url)?;
            all.extend(items(self.decode(&reply.body, &what("read", &url))?));
            // An address from an answer: the token goes with it.
            next = reply.next.filter(|next| self.api.owns(next));
        }
        Ok(all)
    }

    /// Asks GraphQL, which only reads here.
    pub fn query<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &serde_json::Value,
    ) -> Result<T, ForgeError> {
        let what = "ask GraphQL".to_owned();
        let body = serde_json::json!({ "query": query, "variables": variables });
        let reply = self.send(Call {
            method: Method::POST,
            url: self.api.graphql().clone(),
            body: Some(body.to_string().into_bytes()),
            etag: None,
            writes: false,
            what: what.clone(),
        })?;
        self.decode(&reply.body, &what)
    }

    /// Changes something there. Sent once.
    pub fn write<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ForgeError> {
        let parts: Vec<&str> = request
            .path
            .split('/')
            .filter(|it| !it.is_empty())
            .collect();
        let url = self.api.at(&parts);
        let method = match request.method {
            "PATCH" => Method::PATCH,
            _ => Method::POST,
        };
        let what = format!("{} {}", request.method, request.path);
        let reply = self.send(Call {
            method,
            url,
            body: Some(request.body.to_string().into_bytes()),
            etag: None,
            writes: true,
            what: what.clone(),
        })?;
        self.decode(&reply.body, &what)
    }

    fn decode<T: DeserializeOwned>(&self, body: &[u8], what: &str) -> Result<T, ForgeError> {
        serde_json::from_slice(body).map_err(|error| ForgeError::Shape {
            host: self.host(),
            what: what.to_owned(),
            why: error.to_string(),
        })
    }

    /// A read, with what is known of it already.
    fn read(&self, url: &Url) -> Result<Reply, ForgeError> {
        let kept = self.kept().get(url.as_str()).cloned();
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let call = Call {
                method: Method::GET,
                url: at.clone(),
                body: None,
                etag: kept.as_ref().map(|it| &it.etag),
                writes: false,
                what: what("read", url),
            };
            match self.send(call) {
                Err(ForgeError::Redirected { to, .. }) if self.goes_on(&at, &to).is_some() => {
                    at = self.goes_on(&at, &to).unwrap_or(at);
                }
                Err(ForgeError::Redirected { to, host, what }) => {
                    let to = at.join(&to).ok();
                    let to = to.and_then(|to| to.host_str().map(str::to_owned));
                    let to = to.unwrap_or_else(|| "nowhere".into());
                    return Err(ForgeError::Redirected { host, to, what });
                }
                Err(error) => return Err(error),
                Ok(reply) => {
                    return Ok(match (reply.unchanged, kept) {
                        (true, Some(kept)) => Reply {
                            body: kept.body,
                            next: kept.next,
                            etag: Some(kept.etag),
                            unchanged: true,
                        },
                        _ => self.keep(url, reply),
                    });
                }
            }
        }
        Err(ForgeError::NoAnswer {
            host: self.host(),
            what: what("read", url),
            why: "it points from one place to the next".into(),
        })
    }

    /// Where a read may go on, which is never another host.
    fn goes_on(&self, at: &Url, to: &str) -> Option<Url> {
        at.join(to).ok().filter(|to| self.api.owns(to))
    }

    fn keep(&self, url: &Url, reply: Reply) -> Reply {
        if let Some(etag) = &reply.etag {
            let mut kept = self.kept();
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            let it = Kept {
                etag: etag.clone(),
                body: reply.body.clone(),
                next: reply.next.clone(),
            };
            kept.insert(url.as_str().to_owned(), it);
        }
        reply
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends until there is an answer, a limit is too long, or there is no use.
    fn send(&self, call: Call<'_>) -> Result<Reply, ForgeError> {
        // One write at a time, and the next not at once.
        let mut turn = call
            .writes
            .then(|| self.written.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(last) = turn.as_ref().and_then(|turn| **turn) {
            let rest = self.pace.gap.saturating_sub(last.elapsed());
            if !rest.is_zero() {
                self.pace.wait(rest);
            }
        }
        let (mut waited, mut least, mut faults) = (Duration::ZERO, self.pace.least, 0);
        loop {
            let ended = self.runtime.block_on(self.once(&call));
            if let Some(turn) = &mut turn {
                **turn = Some(Instant::now());
            }
            match ended {
                Ok(reply) => return Ok(reply),
                Err(Ended::Error(error)) => return Err(error),
                Err(Ended::Fault(error)) => {
                    faults += 1;
                    if call.writes || faults >= READS {
                        return Err(error);
                    }
                    self.pace.wait(Duration::from_secs(1 << (faults - 1)));
                }
                // A limit is told before anything is done.
                Err(Ended::Limit(said)) => {
                    let wait = said.unwrap_or(least);
                    least *= 2;
                    waited += wait;
                    if waited > self.pace.patience {
                        return Err(ForgeError::Limited {
                            host: self.host(),
                            wait,
                        });
                    }
                    self.pace.wait(wait);
                }
            }
        }
    }

    /// One attempt.
    async fn once(&self, call: &Call<'_>) -> Result<Reply, Ended> {
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .headers(headers());
        // Whoever made the address: the token goes to its own host, or nowhere.
        if let Some(token) = &self.token
            && self.api.owns(&call.url)
            && let Some(value) = token.header()
        {
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(etag) = call.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                let error = ForgeError::Unreachable {
                    host: self.host(),
                    why: why(error),
                };
                return Err(match call.writes {
                    true => Ended::Error(error),
                    false => Ended::Fault(error),
                });
            }
            Err(error) => return Err(Ended::Fault(self.lost(call, why(error)))),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MOST_BYTES => {
                    let why = format!("its answer is longer than {} MiB", MOST_BYTES >> 20);
                    return Err(Ended::Error(self.lost(call, why)));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(Ended::Fault(self.lost(call, why(error)))),
            }
        }
        self.judge(call, status, &headers, body)
    }

    /// What an answer means.
    fn judge(
        &self,
        call: &Call<'_>,
        status: u16,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply, Ended> {
        let (host, what) = (self.host(), call.what.clone());
        if let Some(limit) = limit(status, headers, &body, SystemTime::now()) {
            return Err(Ended::Limit(limit.wait));
        }
        let said = || Said::read(&body).words();
        Err(Ended::Error(match status {
            200..=299 | 304 => {
                return Ok(Reply {
                    next: next(headers),
                    etag: headers.get(header::ETAG).cloned(),
                    unchanged: status == 304,
                    body,
                });
            }
            301 | 302 | 303 | 307 | 308 => {
                let to = headers
                    .get(header::LOCATION)
                    .and_then(|it| it.to_str().ok());
                let to = to.unwrap_or_default();
                let to = match call.writes {
                    true => {
                        let to = call.url.join(to).ok();
                        let to = to.and_then(|to| to.host_str().map(str::to_owned));
                        to.unwrap_or_else(|| "nowhere".into())
                    }
                    false => to.to_owned(),
                };
                ForgeError::Redirected { host, to, what }
            }
            401 => ForgeError::Unauthorized { host },
            403 => ForgeError::Forbidden {
                said: said(),
                host,
                what,
            },
            404 | 410 => ForgeError::NotFound { host, what },
            500..=599 => {
                let why = format!("it has a fault ({status})");
                return Err(Ended::Fault(self.lost(call, why)));
            }
            status => ForgeError::Refused {
                said: said(),
                host,
                what,
                status,
            },
        }))
    }

    /// No answer: of a write it is not known whether it was done.
    fn lost(&self, call: &Call<'_>, why: String) -> ForgeError {
        let (host, what) = (self.host(), call.what.clone());
        match call.writes {
            true => ForgeError::Unknown { host, what, why },
            false => ForgeError::NoAnswer { host, what, why },
        }
    }

    fn host(&self) -> String {
        self.api.host().to_owned()
    }
}

/// What goes with every request.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = HeaderValue::from_static("application/vnd.github+json");
    headers.insert(header::ACCEPT, accept);
    headers.insert("x-github-api-version", HeaderValue::from_static(VERSION));
    headers
}

/// The next page that a `Link` header names.
fn next(headers: &HeaderMap) -> Option<Url> {
    let link = headers.get(header::LINK)?.to_str().ok()?;
    link.split(',').find_map(|part| {
        let (url, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        let mut rels = rest.split(';').map(str::trim);
        rels.any(|rel| rel == "rel=\"next\"" || rel == "rel=next")
            .then(|| Url::parse(url).ok())?
    })
}

/// A request in words, without its host or its query.
fn what(verb: &str, url: &Url) -> String {
    format!("{verb} {}", url.path())
}

/// What went wrong on the way. Addresses may hold what nobody should read.
fn why(error: reqwest::Error) -> String {
    let timeout = error.is_timeout();
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match timeout {
        true => "it took too long".into(),
        false => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        let page = |link: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, link.parse().unwrap());
            next(&headers).map(|url| url.to_string())
        };
        assert_eq!(
            page(
                "<https://a.example/?page=1>; rel=\"prev\", <https://a.example/?page=3>; rel=\"next\""
            ),
            Some("https://a.example/?page=3".into())
        );
        assert_eq!(page("<https://a.example/?page=1>; rel=\"last\""), None);
        assert_eq!(page("nonsense"), None);
    }
}
