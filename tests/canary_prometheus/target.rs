//! A tiny service that counts a hundred requests in each tenth of a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The service; it ends when stopped.
pub struct Target {
    pub address: String,
    failing: Arc<AtomicBool>,
    tasks: [JoinHandle<()>; 2],
}

impl Target {
    /// From now on one request in ten fails, or none.
    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    pub fn stop(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

pub async fn start() -> Target {
    let failing = Arc::new(AtomicBool::new(false));
    let counts = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let (seen, counted) = (failing.clone(), counts.clone());
    let count = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            counted[0].fetch_add(100, Ordering::Relaxed);
            let failed = if seen.load(Ordering::Relaxed) { 10 } else { 0 };
            counted[1].fetch_add(failed, Ordering::Relaxed);
        }
    });
    let metrics = move || async move {
        // Failures first, so that there are never more of them than requests.
        let failed = counts[1].load(Ordering::Relaxed);
        let all = counts[0].load(Ordering::Relaxed);
        format!(
            "# TYPE requests_total counter\nrequests_total {all}\n\
             # TYPE failures_total counter\nfailures_total {failed}\n"
        )
    };
    let app = Router::new().route("/metrics", get(metrics));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serve = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Target {
        address,
        failing,
        tasks: [count, serve],
    }
}
