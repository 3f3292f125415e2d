//! What follows from what was seen of a service.

use serde_json::Value;

use super::probe::{Answer, Facts, bytes};
use super::prometheus;
use crate::gates::checks::count;
use crate::gates::trouble::last_words;
use crate::promotion::policy::Service;
use crate::promotion::text;

/// Exit codes of a service that was asked to stop: by itself, or by the signal.
const STOPPED: [i32; 3] = [0, 143, -15];

/// By these names a line of a log says how grave it is, and what happened.
const LEVELS: [&str; 6] = [
    "level",
    "severity",
    "levelname",
    "log_level",
    "loglevel",
    "lvl",
];
const MESSAGES: [&str; 4] = ["message", "msg", "event", "body"];

/// Something it does not do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lack {
    pub rule: &'static str,
    pub message: String,
    /// Its own words, which differ from run to run.
    pub detail: String,
}

/// The verdict on a service.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub lacks: Vec<Lack>,
    pub notes: Vec<String>,
    /// How many metrics of its own it told.
    pub metrics: u64,
    pub summary: String,
}

/// Judges what was seen.
pub(super) fn judge(service: &Service, facts: &Facts) -> Judged {
    let mut judged = Judged::default();
    let name = &service.module;
    let said = last_words(&[bytes(&facts.stdout), bytes(&facts.stderr)].concat());
    let mut lack = |rule, message: String, detail: &str| {
        judged.lacks.push(Lack {
            rule,
            message,
            detail: detail.trim_start_matches([':', ' ']).to_owned(),
        });
    };
    let healthy = matches!(facts.health, Some(Answer::Given { status: 200, .. }));
    if let Some(why) = &facts.refused {
        lack("start", format!("{name} could not be started"), why);
        judged.summary = "not started".into();
        return judged;
    }
    if let Some(code) = facts.ended {
        let when = match healthy {
            true => "while it was asked for its metrics",
            false => "before it answered whether it is healthy",
        };
        lack("start", format!("{name} {} {when}", ended(code)), &said);
    } else if !healthy {
        let seen = match &facts.health {
            None => "it was never asked".to_owned(),
            Some(Answer::Given { status, .. }) => format!("the last answer was {status}"),
            Some(Answer::Failed { .. }) => "it did not answer".to_owned(),
        };
        let detail = match &facts.health {
            Some(Answer::Failed { error }) => error.as_str(),
            _ => said.as_str(),
        };
        let message = format!(
            "{name}: GET {} did not give 200 within {} s: {seen}",
            service.health, service.ready_s
        );
        lack("health", message, detail);
    }
    if facts.ended.is_none() {
        if healthy {
            match metrics(service, facts.metrics.as_ref()) {
                Ok(own) => judged.metrics = own,
                Err((message, detail)) => {
                    lack(
                        "metrics",
                        format!("{name}: GET {} {message}", service.metrics),
                        &detail,
                    );
                }
            }
        }
        match &facts.stop {
            Some(stop) => match stop.code {
                Some(code) if STOPPED.contains(&code) => {}
                Some(code) => lack(
                    "stop",
                    format!(
                        "{name} {} when it was sent SIGTERM; 0 or 143 is asked for",
                        ended(code)
                    ),
                    &said,
                ),
                None => lack(
                    "stop",
                    format!("{name} did not end within {} s of SIGTERM", service.stop_s),
                    &said,
                ),
            },
            None => lack("stop", format!("{name} was never asked to stop"), ""),
        }
    }
    if facts.left > 0 {
        let n = facts.left;
        let what = if n == 1 { "a process" } else { "processes" };
        lack(
            "left",
            format!("{name} left {what} running when it ended"),
            "",
        );
    }
    let (lines, structured) = logs(facts);
    if facts.ended.is_some() {
        // What it would have logged is not known.
    } else if structured == 0 {
        let message = match lines {
            0 => "wrote no log to its standard output or error".to_owned(),
            _ => "wrote no line that is a JSON object with a level and a message".to_owned(),
        };
        lack("logs", format!("{name} {message}"), &said);
    } else if structured < lines {
        judged
            .notes
            .push("some lines of its log are no JSON objects with a level and a message".into());
    }
    judged.summary = match judged.lacks.len() {
        0 => {
            let metrics = count(judged.metrics as usize, "metric");
            format!("healthy, {metrics} of its own, structured logs, stops when asked to")
        }
        1 => "1 thing is lacking".into(),
        n => format!("{n} things are lacking"),
    };
    judged
}

/// How it ended, after its name.
fn ended(code: i32) -> String {
    match code {
        0.. => format!("ended with exit code {code}"),
        signal => format!("was ended by signal {}", -signal),
    }
}

/// How many metrics of its own it told; or what is wrong, with its own words.
fn metrics(service: &Service, answer: Option<&Answer>) -> Result<u64, (String, String)> {
    let own_words = |words: &str| text::visible(words).into_owned();
    let body = match answer {
        Some(Answer::Given { status: 200, body }) => bytes(body),
        Some(Answer::Given { status, .. }) => {
            return Err((format!("gave {status}, and not 200"), String::new()));
        }
        Some(Answer::Failed { error }) => {
            return Err(("gave no answer".into(), own_words(error)));
        }
        None => return Err(("was never asked".into(), String::new())),
    };
    let metrics = prometheus::read(&body)
        .map_err(|why| ("is no text for Prometheus".into(), own_words(&why)))?;
    match (metrics.own.len(), metrics.of_the_process.len()) {
        (0, 0) => Err(("tells no metric".into(), String::new())),
        (0, _) => Err((
            format!(
                "tells of the process only (python_, process_), and nothing of {}",
                service.module
            ),
            String::new(),
        )),
        (own, _) => Ok(own as u64),
    }
}

/// How many lines it wrote, and how many of them a program can read.
fn logs(facts: &Facts) -> (usize, usize) {
    let both = [bytes(&facts.stdout), bytes(&facts.stderr)];
    let lines = || {
        let lines = both.iter().flat_map(|stream| stream.split(|b| *b == b'\n'));
        lines
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
    };
    let structured = lines().filter(|line| {
        let Ok(Value::Object(object)) = serde_json::from_slice(line) else {
            return false;
        };
        let has = |names: &[&str]| {
            object
                .keys()
                .any(|key| names.contains(&key.to_lowercase().as_str()))
        };
        has(&LEVELS) && has(&MESSAGES)
    });
    (lines().count(), structured.count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service() -> Service {
        Service {
            module: "candidate/m".into(),
            command: vec!["{python}".into()],
            port: None,
            health: "/healthz".into(),
            metrics: "/metrics".into(),
            ready_s: 30,
            stop_s: 10,
        }
    }

    /// What is lacking where that was seen; without changes nothing is.
    fn lacks(changes: &[(&str, Value)]) -> Vec<(&'static str, String)> {
        let mut facts = json!({
            "v": 1, "network": null, "refused": null, "ended": null,
            "health": {"status": 200, "body": "ok"},
            "metrics": {"status": 200, "body": "# TYPE m_total counter\nm_total 1\n"},
            "stop": {"code": 0}, "left": 0,
            "stdout": "", "stderr": "{\"level\": \"INFO\", \"message\": \"up\"}\n",
        });
        for (key, value) in changes {
            facts[*key] = value.clone();
        }
        let facts: Facts = serde_json::from_value(facts).unwrap();
        let lacks = judge(&service(), &facts).lacks;
        lacks
            .into_iter()
            .map(|lack| (lack.rule, lack.message))
            .collect()
    }

    #[test]
    fn a_good_service_lacks_nothing() {
        assert_eq!(lacks(&[]), []);
        for code in STOPPED {
            assert_eq!(lacks(&[("stop", json!({"code": code}))]), []);
        }
        assert_eq!(
            lacks(&[("stderr", json!("plain\n{\"lvl\":1,\"msg\":\"x\"}"))]),
            []
        );
    }

    #[test]
    fn everything_that_is_lacking_is_named_with_what_was_seen() {
        let body = |body: &str| json!({"status": 200, "body": body});
        for (key, value, rule, says) in [
            (
                "refused",
                json!("FileNotFoundError"),
                "start",
                "could not be started",
            ),
            ("ended", json!(3), "start", "exit code 3"),
            ("ended", json!(-11), "start", "signal 11"),
            (
                "health",
                json!({"error": "ConnectionRefusedError"}),
                "health",
                "did not answer",
            ),
            (
                "health",
                json!({"status": 503, "body": ""}),
                "health",
                "the last answer was 503",
            ),
            ("health", json!(null), "health", "never asked"),
            (
                "metrics",
                json!({"status": 404, "body": ""}),
                "metrics",
                "gave 404",
            ),
            ("metrics", json!({"error": "Late"}), "metrics", "no answer"),
            (
                "metrics",
                body("<html>"),
                "metrics",
                "no text for Prometheus",
            ),
            ("metrics", body(""), "metrics", "tells no metric"),
            (
                "metrics",
                body("python_info 1\n"),
                "metrics",
                "of the process only",
            ),
            ("metrics", json!(null), "metrics", "never asked"),
            ("stop", json!({"code": 1}), "stop", "exit code 1"),
            (
                "stop",
                json!({"code": null}),
                "stop",
                "within 10 s of SIGTERM",
            ),
            ("stop", json!(null), "stop", "never asked to stop"),
            ("left", json!(1), "left", "left a process running"),
            ("stderr", json!(""), "logs", "wrote no log"),
            (
                "stderr",
                json!("INFO up\n{\"level\": 1}\n[1]\n"),
                "logs",
                "no line that is",
            ),
        ] {
            let found = lacks(&[(key, value.clone())]);
            let found: Vec<_> = found.iter().filter(|(r, _)| *r == rule).collect();
            assert_eq!(found.len(), 1, "{key} {value}");
            assert!(found[0].1.contains(says), "{key} {value}: {}", found[0].1);
        }
    }
}
