//! Somebody who is told, and counts.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was posted, by its path and key: each time the document and its headers.
type Posted = BTreeMap<(String, String), Vec<Post>>;

#[derive(Clone, Debug)]
pub struct Post {
    pub authorization: Option<String>,
    pub document: serde_json::Value,
}

/// A server on this machine.
pub struct Receiver {
    port: u16,
    posted: Arc<Mutex<Posted>>,
    /// What it answers.
    status: Arc<Mutex<u16>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posted = Arc::new(Mutex::new(Posted::new()));
        let status = Arc::new(Mutex::new(204));
        let (keep, answers) = (posted.clone(), status.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let status = *answers.lock().unwrap();
                // Who was killed while sending said nothing.
                if let Some((path, key, post)) = read(&stream) {
                    keep.lock()
                        .unwrap()
                        .entry((path, key))
                        .or_default()
                        .push(post);
                    let _ = (&stream).write_all(
                        format!(
                            "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        )
                        .as_bytes(),
                    );
                }
            }
        });
        Self {
            port,
            posted,
            status,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// What was posted to a path: the state of each key, and how often.
    pub fn counts(&self, path: &str) -> BTreeMap<String, usize> {
        let posted = self.posted.lock().unwrap();
        let own = posted
            .iter()
            .filter(|((at, _), _)| *at == format!("/{path}"));
        own.map(|((_, key), posts)| (key.rsplit('/').next().unwrap().to_owned(), posts.len()))
            .collect()
    }

    /// What was posted to a path about a state.
    pub fn posts(&self, path: &str, state: &str) -> Vec<Post> {
        let posted = self.posted.lock().unwrap();
        let own = posted.iter().filter(|((at, key), _)| {
            *at == format!("/{path}") && key.ends_with(&format!("/{state}"))
        });
        own.flat_map(|(_, posts)| posts.clone()).collect()
    }
}

fn read(stream: &TcpStream) -> Option<(String, String, Post)> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut key, mut length, mut authorization) = (None, 0, None);
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        match name.to_lowercase().as_str() {
            "idempotency-key" => key = Some(value.to_owned()),
            "content-length" => length = value.parse().ok()?,
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    let document = serde_json::from_slice(&body).ok()?;
    Some((
        path,
        key?,
        Post {
            authorization,
            document,
        },
    ))
}
