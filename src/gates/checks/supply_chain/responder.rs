//! What answers pip-audit: OSV's `POST /v1/query` on this machine's loopback,
//! from what is known here and nothing else. It goes when it is dropped.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// Where it answers.
pub const PATH: &str = "/v1/query";
/// A question longer than this is none.
const MOST_BYTES: u64 = 64 << 10;
/// Who says nothing for so long has nothing to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question: a distribution and its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The distribution.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What it says to a question; `None`: that it knows nothing of it.
pub type Answers = Box<dyn Fn(&Asked) -> Option<Value> + Send>;

/// A service that answers.
#[derive(Debug)]
pub struct Responder {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
}

#[derive(Deserialize)]
struct Query {
    package: Package,
    version: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    ecosystem: String,
}

impl Responder {
    /// Starts it on a port that is free.
    pub fn start(answers: Answers) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let responder = Self {
            port: listener.local_addr()?.port(),
            asked: Arc::default(),
            stop: Arc::default(),
        };
        let (asked, stop) = (responder.asked.clone(), responder.stop.clone());
        std::thread::Builder::new()
            .name("osv".into())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::Acquire) {
                        break;
                    }
                    // Who goes away, or asks something else, gets no answer.
                    let _ = stream.and_then(|stream| serve(&stream, &answers, &asked));
                }
            })?;
        Ok(responder)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it was asked so far and had an answer to.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // It waits for somebody to come.
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let _ = TcpStream::connect_timeout(&at, Duration::from_secs(1));
    }
}

fn serve(stream: &TcpStream, answers: &Answers, asked: &Mutex<Vec<Asked>>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.take(MOST_BYTES));
    let question = question(&mut reader)?;
    let answer = question.as_ref().and_then(answers);
    let (status, body) = match &answer {
        Some(answer) => ("200 OK", answer.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    if let Some(question) = question.filter(|_| answer.is_some()) {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(question);
    }
    let mut writer = stream;
    write!(
        writer,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Reads a question; `None` where it is none that can be answered here.
fn question(reader: &mut impl io::BufRead) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let ours = line.split_whitespace().take(2).eq(["POST", PATH]);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let query = serde_json::from_slice::<Query>(&body).ok();
    Ok(query
        .filter(|query| ours && query.package.ecosystem == "PyPI")
        .map(|query| Asked {
            name: query.package.name,
            version: query.version,
        }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn say(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(path: &str, body: &str) -> String {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
    }

    fn body(name: &str, ecosystem: &str) -> String {
        json!({"package": {"name": name, "ecosystem": ecosystem}, "version": "1"}).to_string()
    }

    #[test]
    fn it_answers_what_it_knows_and_remembers_what_it_was_asked() {
        let responder = Responder::start(Box::new(|asked| {
            (asked.name == "demo").then(|| json!({"vulns": [{"id": "X-1"}]}))
        }))
        .unwrap();
        let port = responder.port();
        let answer = say(port, &post(PATH, &body("demo", "PyPI")));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(r#"{"vulns":[{"id":"X-1"}]}"#), "{answer}");
        for request in [
            post(PATH, &body("other", "PyPI")),
            post(PATH, &body("demo", "npm")),
            post("/v1/other", &body("demo", "PyPI")),
            post(PATH, "{"),
            "GET /v1/query HTTP/1.1\r\n\r\n".to_owned(),
        ] {
            let answer = say(port, &request);
            assert!(answer.starts_with("HTTP/1.1 404"), "{request}: {answer}");
        }
        let demo = Asked {
            name: "demo".into(),
            version: "1".into(),
        };
        assert_eq!(responder.asked(), [demo]);
    }

    #[test]
    fn nobody_answers_when_it_is_gone() {
        let responder = Responder::start(Box::new(|_| None)).unwrap();
        let port = responder.port();
        drop(responder);
        // The thread lets go of the port when it was woken.
        let gone = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err();
        let started = std::time::Instant::now();
        while !gone() {
            assert!(started.elapsed().as_secs() < 60, "it still listens");
            std::thread::yield_now();
        }
    }
}
