//! Starting a service, asking it, and stopping it: what was seen, unjudged.

use std::ffi::OsString;

use serde::Deserialize;

use crate::gates::Trouble;
use crate::gates::checks::custom;
use crate::gates::job::{Call, Job};
use crate::gates::supervise;
use crate::promotion::Isolation;
use crate::promotion::command::{self, Piece};
use crate::promotion::policy::Service;

const HELPER: &str = include_str!("../../../../assets/python/serve_module.py");

/// Where a service listens that is free to, on a network of its own.
const PORT: u16 = 8080;

/// What our helper saw.
#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Facts {
    v: u32,
    /// Why there is no loopback.
    pub network: Option<String>,
    /// Why it could not be started.
    pub refused: Option<String>,
    /// Its exit code, where it ended before it was asked to.
    pub ended: Option<i32>,
    /// The last answer on its health.
    pub health: Option<Answer>,
    /// Its metrics.
    pub metrics: Option<Answer>,
    /// How it ended when it was asked to.
    pub stop: Option<Stop>,
    /// Processes of it that were still there then.
    pub left: u32,
    /// Its standard output: bytes as characters.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// An answer, or why there was none.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(super) enum Answer {
    /// It answered.
    Given {
        /// The status.
        status: u16,
        /// The body: bytes as characters.
        body: String,
    },
    /// It did not.
    Failed {
        /// What Python said.
        error: String,
    },
}

/// How it ended.
#[derive(Debug, Deserialize, PartialEq)]
pub(super) struct Stop {
    /// Its exit code; `None`: it had to be killed.
    pub code: Option<i32>,
}

/// The bytes that characters stand for.
pub(super) fn bytes(characters: &str) -> Vec<u8> {
    let byte = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
    characters.chars().map(byte).collect()
}

/// Runs a service of the module.
pub(super) async fn run(service: &Service, job: &Job<'_>) -> Result<Facts, Trouble> {
    let port = port(service)?;
    let place = job.place()?;
    let helper = place.work.join("serve_module.py");
    job.write(&helper, HELPER)?;
    let asked = serde_json::json!({
        "argv": argv(service, job, port)?,
        "env": {
            "PORT": port.to_string(),
            "PATH": text(custom::path(job))?,
            "PYTHONPATH": text(job.subject.tree.clone().into())?,
            "PYTHONUNBUFFERED": "1",
        },
        "port": port,
        "health": service.health,
        "metrics": service.metrics,
        "ready": service.ready_s,
        "stop": service.stop_s,
    });
    let call = Call {
        tool: "service",
        version: "",
        argv: vec![
            (&job.toolbox.python).into(),
            "-I".into(),
            "-B".into(),
            helper.into(),
        ],
        cwd: &job.subject.tree,
        stdin: Some(asked.to_string().into_bytes()),
        env: Vec::new(),
        readable: Vec::new(),
        writable: Vec::new(),
        stream_stdout: false,
    };
    let answer = job.run(&place, call).await?;
    if answer.code != 0 {
        return Err(answer.unexpected("what starts and asks the service"));
    }
    let facts = read(&answer.stdout)?;
    match &facts.network {
        Some(why) => Err(no_network(why)),
        None => Ok(facts),
    }
}

fn read(output: &[u8]) -> Result<Facts, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("what starts and asks the service", why);
    let facts: Facts = serde_json::from_slice(output)
        .map_err(|error| doubt(format!("its answer is damaged ({error})")))?;
    match facts.v {
        1 => Ok(facts),
        v => Err(doubt(format!("its answer is of version {v}"))),
    }
}

fn no_network(why: &str) -> Trouble {
    Trouble::new(
        format!("a service can listen to nobody in this sandbox: {why}"),
        "let this machine give tools a network of their own (user namespaces), or check it on one \
         that does; `countersign doctor` tells",
    )
}

/// Where it is to listen. Without a network of its own others may be there.
fn port(service: &Service) -> Result<u16, Trouble> {
    if let Some(port) = service.port {
        return Ok(port);
    }
    match supervise::isolation() {
        Isolation::Namespaces => Ok(PORT),
        _ => std::net::TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .map(|address| address.port())
            .map_err(|error| no_network(&error.to_string())),
    }
}

fn argv(service: &Service, job: &Job<'_>, port: u16) -> Result<Vec<String>, Trouble> {
    let mut argv = Vec::new();
    for (n, argument) in service.command.iter().enumerate() {
        if n == 0 && argument != "{python}" {
            let what = format!("the service {}", service.module);
            argv.push(text(custom::program(&what, argument, &[], job)?.into())?);
            continue;
        }
        let pieces = command::parse(argument, &Service::PLACEHOLDERS).map_err(|unknown| {
            Trouble::new(unknown.to_string(), "correct `command` in countersign.toml")
        })?;
        let mut filled = OsString::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push(text),
                Piece::Name("python") => filled.push(&job.toolbox.python),
                Piece::Name("port") => filled.push(port.to_string()),
                Piece::Name("module") => filled.push(job.subject.module.to_fs()),
                Piece::Name(_) => filled.push(&job.subject.tree),
            }
        }
        argv.push(text(filled)?);
    }
    Ok(argv)
}

fn text(argument: OsString) -> Result<String, Trouble> {
    argument.into_string().map_err(|argument| {
        Trouble::new(
            format!("{} is no UTF-8", argument.display()),
            "a service can only be started where paths are",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"v":1,"network":null,"refused":null,"ended":null,"health":{"status":200,"body":"ok"},"metrics":{"error":"Late: no"},"stop":{"code":null},"left":0,"stdout":"","stderr":"\u00e9"}"#;

    #[test]
    fn only_a_whole_answer_is_one() {
        let facts = read(WHOLE.as_bytes()).unwrap();
        assert_eq!(bytes(&facts.stderr), b"\xe9");
        assert_eq!(facts.stop, Some(Stop { code: None }));
        for end in 0..WHOLE.len() {
            assert!(read(&WHOLE.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(read(WHOLE.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
        assert!(read(format!("{WHOLE}{WHOLE}").as_bytes()).is_err());
    }
}
