//! A forge that answers as GitHub does, on this machine, with a bare git repository
//! behind it, and with faults where a test asks for them. All that passes is kept, so
//! that it can be held against GitHub's own description.
#![allow(dead_code)] // every test file uses a part

mod graphql;
mod objects;
mod routes;
pub mod spec;
mod state;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use serde_json::{Value, json};

pub use state::{OWNER, Pull, REPO, Review, State};
use wire::{Wire, WireListener};

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The hour's requests are spent.
    Primary(u16),
    /// Too fast, with the time to wait.
    Secondary(u16),
    /// Too fast, and no time is said.
    SecondarySilent(u16),
    /// Done, and the connection breaks before the answer.
    LostAfter,
    /// Done, and something between answers 502.
    BadGatewayAfter,
    /// Not done, and something between answers 502.
    BadGatewayBefore,
    /// The connection breaks before anything is done.
    Reset,
    /// It is said to be elsewhere.
    Redirect,
    /// Done, and the answer comes too late.
    SlowAfter,
    /// Done, and the answer is cut off.
    Garbled,
}

/// A fault for requests of that method whose path ends like that, so many times.
struct Planned {
    method: String,
    ends: String,
    fault: Fault,
    times: usize,
}

/// What passed.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub query: String,
    pub request: Value,
    pub status: u16,
    pub response: Value,
    pub agent: String,
    pub token: Option<String>,
    /// What was meant to go wrong with it.
    pub fault: Option<Fault>,
}

struct Shared {
    state: Mutex<State>,
    faults: Mutex<Vec<Planned>>,
    passed: Mutex<Vec<Exchange>>,
    /// What answers of another host: nothing of ours may come there.
    elsewhere: Mutex<Option<String>>,
    slow: Duration,
}

/// A forge, until it is dropped.
pub struct Fake {
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
    /// `http://127.0.0.1:PORT/api/v3`
    pub api: String,
    /// `127.0.0.1:PORT`
    pub host: String,
    pub socket: PathBuf,
    dir: tempfile::TempDir,
}

impl Fake {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bare = dir.path().join("lantern.git");
        git2::Repository::init_opts(
            &bare,
            git2::RepositoryInitOptions::new()
                .bare(true)
                .initial_head("main"),
        )
        .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (listener, unix) = runtime.block_on(async {
            let tcp = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let unix = tokio::net::UnixListener::bind(dir.path().join("socket")).unwrap();
            (tcp, unix)
        });
        let host = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(&bare, &host)),
            faults: Mutex::new(Vec::new()),
            passed: Mutex::new(Vec::new()),
            elsewhere: Mutex::new(None),
            slow: Duration::from_millis(1500),
        });
        let router = || {
            let shared = shared.clone();
            axum::Router::new().fallback(move |request: Request| {
                let shared = shared.clone();
                async move { shared.answer(request).await }
            })
        };
        let service = router().into_make_service_with_connect_info::<Wire>();
        runtime.spawn(async move {
            axum::serve(WireListener(listener), service).await.unwrap();
        });
        let local = router();
        runtime.spawn(async move { axum::serve(unix, local).await.unwrap() });
        Self {
            shared,
            runtime: Some(runtime),
            api: format!("http://{host}/api/v3"),
            host,
            socket: dir.path().join("socket"),
            dir,
        }
    }

    pub fn bare(&self) -> PathBuf {
        self.dir.path().join("lantern.git")
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    /// Answers with faults from now on, so many times.
    pub fn fault(&self, method: &str, ends: &str, fault: Fault, times: usize) {
        self.shared.faults.lock().unwrap().push(Planned {
            method: method.into(),
            ends: ends.into(),
            fault,
            times,
        });
    }

    /// Faults that nobody met.
    pub fn left(&self) -> usize {
        self.shared.faults.lock().unwrap().len()
    }

    pub fn heal(&self) {
        self.shared.faults.lock().unwrap().clear();
    }

    /// Where redirects point.
    pub fn elsewhere(&self, host: &str) {
        *self.shared.elsewhere.lock().unwrap() = Some(host.into());
    }

    pub fn passed(&self) -> Vec<Exchange> {
        self.shared.passed.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.shared.passed.lock().unwrap().clear();
    }

    /// How often something was sent that changes things.
    pub fn writes(&self, method: &str, ends: &str) -> usize {
        let passed = self.passed();
        let fits = |it: &&Exchange| it.method == method && it.path.ends_with(ends);
        passed.iter().filter(fits).count()
    }

    /// Somebody merges, as a person does on the page.
    pub fn merge(&self, number: u64, login: &str) -> String {
        self.state().merge(number, login)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn planned(&self, method: &str, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults
            .iter()
            .position(|it| it.method == method && path.ends_with(&it.ends))?;
        let fault = faults[at].fault;
        faults[at].times -= 1;
        if faults[at].times == 0 {
            faults.remove(at);
        }
        Some(fault)
    }

    async fn answer(&self, request: Request) -> Response {
        let wire = request.extensions().get::<ConnectInfo<Wire>>().cloned();
        let (parts, body) = request.into_parts();
        let method = parts.method.as_str().to_owned();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let bytes = axum::body::to_bytes(body, 16 << 20)
            .await
            .unwrap_or_default();
        let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let token = header("authorization")
            .and_then(|it| it.split_once(' ').map(|(_, token)| token.to_owned()));
        let sent: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let fault = self.planned(&method, &path);
        let asked = routes::Asked {
            method: &method,
            path: &path,
            query: &query,
            body: &sent,
            token: token.as_deref(),
            etag: header("if-none-match"),
        };
        let limited = |status, after: Option<u64>, remaining: u64, message: &str| {
            let mut answer = routes::Answer::message(status, message);
            if let Some(after) = after {
                answer
                    .headers
                    .push(("retry-after".into(), after.to_string()));
            }
            answer.remaining = remaining;
            answer
        };
        let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        let answer = match fault {
            Some(Fault::Primary(status)) => {
                limited(status, None, 0, "API rate limit exceeded for user ID 1.")
            }
            Some(Fault::Secondary(status)) => limited(status, Some(2), 4000, secondary),
            Some(Fault::SecondarySilent(status)) => limited(status, None, 4000, secondary),
            Some(Fault::BadGatewayBefore) => routes::Answer::message(502, "Server Error"),
            Some(Fault::Reset) => routes::Answer::message(500, "never seen"),
            Some(Fault::Redirect) => {
                let to = self.elsewhere.lock().unwrap().clone();
                let to = to.unwrap_or_else(|| "elsewhere.example".into());
                let mut answer = routes::Answer::message(307, "Moved Permanently");
                let to = format!("http://{to}{path}");
                answer.body["url"] = json!(to);
                answer.headers.push(("location".into(), to));
                answer
            }
            _ => {
                let answer = routes::route(&mut self.state.lock().unwrap(), &asked);
                match fault {
                    Some(Fault::BadGatewayAfter) => routes::Answer::message(502, "Server Error"),
                    _ => answer,
                }
            }
        };
        self.passed.lock().unwrap().push(Exchange {
            method,
            path,
            query,
            request: sent,
            status: answer.status,
            response: answer.body.clone(),
            agent: header("user-agent").unwrap_or_default(),
            token,
            fault,
        });
        if fault == Some(Fault::SlowAfter) {
            tokio::time::sleep(self.slow).await;
        }
        if let (Some(Fault::LostAfter | Fault::Reset), Some(wire)) = (fault, wire) {
            wire.0.cut();
        }
        let body = match (answer.status, fault) {
            (304, _) => Vec::new(),
            (_, Some(Fault::Garbled)) => b"{\"number\": 1, \"sta".to_vec(),
            _ => answer.body.to_string().into_bytes(),
        };
        let mut response = Response::builder()
            .status(answer.status)
            .header("content-type", "application/json; charset=utf-8")
            .header("x-ratelimit-limit", "5000")
            .header("x-ratelimit-remaining", answer.remaining.to_string())
            .header("x-ratelimit-reset", reset().to_string())
            .header("x-ratelimit-resource", "core");
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(body)).unwrap()
    }
}

/// A minute from now.
fn reset() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs() + 60
}

/// A host that nobody should come to: how many did.
pub struct Elsewhere {
    pub host: String,
    count: Arc<Mutex<usize>>,
    _runtime: tokio::runtime::Runtime,
}

impl Elsewhere {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let count = Arc::new(Mutex::new(0));
        let seen = count.clone();
        let router = axum::Router::new().fallback(move || {
            let seen = seen.clone();
            async move {
                *seen.lock().unwrap() += 1;
                "{}"
            }
        });
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            host,
            count,
            _runtime: runtime,
        }
    }

    pub fn visits(&self) -> usize {
        *self.count.lock().unwrap()
    }
}

/// Git in a directory, which must do.
pub fn git(at: &Path, arguments: &[&str]) -> String {
    let done = std::process::Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}
