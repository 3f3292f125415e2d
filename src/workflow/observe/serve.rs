//! `/healthz` and `/metrics` of a watcher.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::ObserveError;
use super::metrics::Metrics;

/// How many are answered at once.
const MOST_AT_ONCE: usize = 32;
/// How long one may take to ask and to hear the answer.
const ANSWERED: Duration = Duration::from_secs(5);
/// What is waited where no connection could be taken: no file was left, say.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// How a watcher is: shared by the one that watches and those who ask.
#[derive(Debug)]
pub(super) struct Health {
    /// The numbers.
    pub metrics: Metrics,
    inner: Mutex<Inner>,
}

#[derive(Clone, Debug, Serialize)]
struct Inner {
    watcher: String,
    started: i64,
    /// When a round last came to its end.
    last_round: Option<i64>,
    /// When it must have, from then on.
    due: i64,
    /// Why the last one did not.
    error: Option<String>,
}

#[derive(Serialize)]
struct Body {
    status: &'static str,
    #[serde(flatten)]
    inner: Inner,
}

impl Health {
    /// Of one that begins now and is to come round within so many seconds.
    pub fn new(watcher: &str, now: i64, within: u64) -> Self {
        Self {
            metrics: Metrics::default(),
            inner: Mutex::new(Inner {
                watcher: watcher.to_owned(),
                started: now,
                last_round: None,
                due: now.saturating_add_unsigned(within),
                error: None,
            }),
        }
    }

    /// A round came to its end, or did not; the next has to within so many seconds.
    pub fn round(&self, now: i64, within: u64, ended: Result<(), String>) {
        let mut inner = self.inner();
        match ended {
            Ok(()) => {
                inner.last_round = Some(now);
                inner.error = None;
                inner.due = now.saturating_add_unsigned(within);
            }
            Err(why) => inner.error = Some(why),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|error| error.into_inner())
    }

    fn answer(&self, now: i64) -> (StatusCode, Body) {
        let inner = self.inner().clone();
        let (code, status) = match inner.error.is_none() && now <= inner.due {
            true => (StatusCode::OK, "ok"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "not ok"),
        };
        (code, Body { status, inner })
    }
}

/// Answers at that address until it is stopped. Returns where, once it listens.
pub(super) async fn serve(
    address: SocketAddr,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<SocketAddr, ObserveError> {
    let listen = |source| ObserveError::Listen {
        address: address.to_string(),
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let at = listener.local_addr().map_err(listen)?;
    let (healthy, numbers) = (health.clone(), health);
    let app = Router::new()
        .route("/healthz", get(async move || healthz(&healthy)))
        .route("/metrics", get(async move || metrics(&numbers)));
    tokio::spawn(async move {
        tokio::select! {
            () = accept(listener, app) => {}
            () = stop.cancelled() => {}
        }
    });
    Ok(at)
}

/// Answers so many at once, and each in time: who opens connections and says nothing keeps
/// neither memory nor files of the watcher's, and is soon gone.
async fn accept(listener: TcpListener, app: Router) {
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let service = TowerToHyperService::new(app);
    loop {
        // The others wait in the system's own queue.
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "somebody could not be answered");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        let service = service.clone();
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            let asked = http
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // Who asks wrongly or too slowly hears nothing more.
            let _ = tokio::time::timeout(ANSWERED, asked).await;
            drop(place);
        });
    }
}

fn healthz(health: &Health) -> Response {
    let (code, body) = health.answer(jiff::Timestamp::now().as_second());
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let text = serde_json::to_string(&body).unwrap_or_default();
    (code, kind, text).into_response()
}

fn metrics(health: &Health) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, health.metrics.text()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Connections that say nothing keep nobody else from an answer for long.
    #[tokio::test]
    async fn who_says_nothing_is_soon_gone() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        use tokio::net::TcpStream;
        let health = Arc::new(Health::new("h1", jiff::Timestamp::now().as_second(), 60));
        let stop = CancellationToken::new();
        let address = "127.0.0.1:0".parse().unwrap();
        let at = serve(address, health, stop.clone()).await.unwrap();
        let mut silent = Vec::new();
        for _ in 0..MOST_AT_ONCE {
            let mut stream = TcpStream::connect(at).await.unwrap();
            stream.write_all(b"GET /healthz HT").await.unwrap();
            silent.push(stream);
        }
        let mut asks = TcpStream::connect(at).await.unwrap();
        asks.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        asks.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let mut left = Vec::new();
        silent[0].read_to_end(&mut left).await.unwrap();
        stop.cancel();
    }

    #[test]
    fn it_is_well_as_long_as_rounds_come_to_their_end() {
        let health = Health::new("h1", 100, 60);
        assert_eq!(health.answer(160).0, StatusCode::OK);
        assert_eq!(health.answer(161).0, StatusCode::SERVICE_UNAVAILABLE);
        health.round(161, 60, Ok(()));
        assert_eq!(health.answer(200).0, StatusCode::OK);
        health.round(200, 60, Err("the log is broken".into()));
        let (code, body) = health.answer(200);
        assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
        let text = serde_json::to_string(&body).unwrap();
        assert!(text.contains("the log is broken"), "{text}");
        health.round(210, 60, Ok(()));
        assert_eq!(health.answer(210).0, StatusCode::OK);
    }
}
