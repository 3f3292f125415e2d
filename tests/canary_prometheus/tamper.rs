//! A proxy before a real server that answers as it is told to.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;

/// What it does to answers.
#[allow(dead_code)] // every test file uses a part
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Nothing.
    None,
    /// Each request fails when it is made for the first time.
    FailsOnce,
    Unavailable,
    TooManyRequests,
    Html,
    HalfOfIt,
    Warnings,
    ErrorWith200,
    Redirect,
    Slow,
    Huge,
    ClockAhead,
    ClockBehind,
    OtherTimes,
    NoSamples,
    Vector,
    /// No series at all.
    Empty,
}

impl Lie {
    #[allow(dead_code)]
    pub const ALL: [Self; 17] = [
        Self::None,
        Self::FailsOnce,
        Self::Unavailable,
        Self::TooManyRequests,
        Self::Html,
        Self::HalfOfIt,
        Self::Warnings,
        Self::ErrorWith200,
        Self::Redirect,
        Self::Slow,
        Self::Huge,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::OtherTimes,
        Self::NoSamples,
        Self::Vector,
        Self::Empty,
    ];
}

#[derive(Clone)]
struct State {
    behind: String,
    lie: Arc<Mutex<(Lie, HashSet<Bytes>)>>,
}

pub struct Proxy {
    pub url: String,
    state: State,
}

impl Proxy {
    pub fn tell(&self, lie: Lie) {
        *self.state.lie.lock().unwrap() = (lie, HashSet::new());
    }
}

pub async fn start(behind: &str) -> Proxy {
    let state = State {
        behind: behind.to_owned(),
        lie: Arc::new(Mutex::new((Lie::None, HashSet::new()))),
    };
    let it = state.clone();
    let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let it = it.clone();
        async move { answer(it, uri, headers, body).await }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Proxy { url, state }
}

async fn answer(state: State, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let real = reqwest::Client::new()
        .post(format!("{}{uri}", state.behind))
        .header(header::CONTENT_TYPE, &headers[header::CONTENT_TYPE])
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(real.status(), 200);
    let real = real.text().await.unwrap();
    let (lie, first) = {
        let mut told = state.lie.lock().unwrap();
        (told.0, told.1.insert(body))
    };
    let date = |seconds: i64| {
        let at = jiff::Timestamp::from_second(super::now() + seconds).unwrap();
        let at = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        ([(header::DATE, at)], real.clone()).into_response()
    };
    let data = "{\"status\":\"success\",";
    match lie {
        Lie::FailsOnce if first => StatusCode::BAD_GATEWAY.into_response(),
        Lie::None | Lie::FailsOnce => real.into_response(),
        Lie::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, real).into_response(),
        Lie::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, real).into_response(),
        Lie::Html => "<html>Sign in</html>".into_response(),
        Lie::HalfOfIt => real[..real.len() / 2].to_owned().into_response(),
        Lie::Warnings => {
            let warned = format!("{data}\"warnings\":[\"a store did not answer\"],");
            real.replacen(data, &warned, 1).into_response()
        }
        Lie::ErrorWith200 => "{\"status\":\"error\",\"error\":\"query timed out\"}".into_response(),
        Lie::Redirect => {
            let to = format!("{}{uri}", state.behind);
            (
                StatusCode::TEMPORARY_REDIRECT,
                [(header::LOCATION, to)],
                real,
            )
                .into_response()
        }
        Lie::Slow => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            real.into_response()
        }
        Lie::Huge => (real + &" ".repeat(9 << 20)).into_response(),
        Lie::ClockAhead => date(90),
        Lie::ClockBehind => date(-90),
        Lie::OtherTimes => real.replace("00,\"", "01,\"").into_response(),
        Lie::NoSamples => {
            let empty = "\"result\":[{\"metric\":{}},{";
            real.replacen("\"result\":[{", empty, 1).into_response()
        }
        Lie::Vector => real.replace("matrix", "scalar").into_response(),
        Lie::Empty => {
            let at = real.find("\"result\":[").unwrap() + "\"result\":[".len();
            format!("{}]}}}}", &real[..at]).into_response()
        }
    }
}
