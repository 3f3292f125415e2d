//! `/healthz` and `/metrics` of a watcher.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::ObserveError;
use super::metrics::Metrics;

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
        let stopped = async move { stop.cancelled().await };
        let served = axum::serve(listener, app).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "nobody is answered any more");
        }
    });
    Ok(at)
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
