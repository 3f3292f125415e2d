//! What our pytest plugin saw: see `assets/python/countersign_pytest.py`.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::gates::Trouble;
use crate::gates::cache::digest;

#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Event {
    Start {
        v: u32,
    },
    Item {
        id: String,
        file: String,
        line: Option<u32>,
    },
    Planted {
        id: String,
    },
    Deselected {
        id: String,
    },
    Collect {
        id: String,
        outcome: String,
    },
    Report {
        id: String,
        when: String,
        outcome: String,
        xfail: Option<String>,
        exc: Option<String>,
    },
    Missing {
        id: String,
        name: String,
    },
    Marks {
        id: String,
        names: Vec<String>,
    },
    Finish {
        exit: i32,
    },
    End,
}

/// What the test that we plant fails with.
const PLANTED: &str = "Planted";

/// How a test came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It was not to run.
    Skipped,
    /// It failed, as was expected.
    ExpectedFailure,
    /// What it stands on failed.
    Error,
    /// It failed.
    Failed,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its file, as pytest names it.
    pub file: String,
    /// Where it begins.
    pub line: u32,
    /// How it came out.
    pub result: Outcome,
    /// The exception, by its class.
    pub exception: Option<String>,
    setup: bool,
    setup_passed: bool,
    called: bool,
    torn_down: bool,
}

/// A whole session.
#[derive(Debug, Default)]
pub struct Session {
    /// Every test that was to run, by node id.
    pub items: BTreeMap<String, Item>,
    /// Tests that were left out, and said so.
    pub deselected: HashSet<String>,
    /// Files that could not be collected.
    pub uncollected: Vec<String>,
    /// Files that skipped themselves.
    pub skipped_files: Vec<String>,
    /// Names that could not be imported, by the test or file that failed for it.
    pub missing: BTreeMap<String, String>,
    /// The marks that tests bear.
    pub marks: BTreeMap<String, Vec<String>>,
    /// The exit code pytest meant to end with.
    pub exit: i32,
}

/// The event of a line, which is the one of that number and was written by who
/// has the key; else why not.
fn genuine<'a>(line: &'a [u8], number: usize, key: &str) -> Result<&'a [u8], &'static str> {
    let at = memchr::memchr(b' ', line).ok_or("a record is not signed")?;
    let (sum, json) = (&line[..at], &line[at + 1..]);
    let number = number.to_string();
    let signed = [key.as_bytes(), number.as_bytes(), json, key.as_bytes()].concat();
    match digest(&signed).as_bytes() == sum {
        true => Ok(json),
        false => Err("a record was not written by our plugin, or not at that place"),
    }
}

/// Reads a session, recorded with that key. One without its end, or with tests
/// that vanished, is none.
pub fn read(output: &[u8], key: &str) -> Result<Session, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("pytest", why);
    let mut session = Session::default();
    let (mut started, mut exit, mut ended) = (false, None, false);
    let mut planted: BTreeMap<String, Item> = BTreeMap::new();
    let lines = output.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    for (number, line) in lines.enumerate() {
        let json = genuine(line, number, key).map_err(|why| doubt(why.into()))?;
        let event: Event = serde_json::from_slice(json)
            .map_err(|error| doubt(format!("a record is damaged ({error})")))?;
        if ended {
            return Err(doubt("something was recorded after its end".into()));
        }
        match event {
            Event::Start { v: 1 } if !started => started = true,
            Event::Start { .. } => return Err(doubt("it started twice".into())),
            Event::Item { id, file, line } => {
                session.items.insert(id, Item::new(file, line.unwrap_or(0)));
            }
            Event::Planted { id } => {
                planted.insert(id, Item::new(String::new(), 0));
            }
            Event::Deselected { id } => {
                session.deselected.insert(id);
            }
            Event::Collect { id, outcome } => match outcome.as_str() {
                "failed" => session.uncollected.push(id),
                _ => session.skipped_files.push(id),
            },
            Event::Report {
                id,
                when,
                outcome,
                xfail,
                exc,
            } => {
                let item = planted
                    .get_mut(&id)
                    .or_else(|| session.items.get_mut(&id))
                    .ok_or_else(|| doubt(format!("{id} ran without having been collected")))?;
                item.report(&when, &outcome, xfail.is_some(), exc)
                    .map_err(|why| doubt(format!("{id} {why}")))?;
            }
            Event::Missing { id, name } => {
                session.missing.insert(id, name);
            }
            Event::Marks { id, names } => {
                session.marks.insert(id, names);
            }
            Event::Finish { exit: code } => exit = Some(code),
            Event::End => ended = true,
        }
    }
    match exit {
        Some(code) if started && ended => session.exit = code,
        _ => {
            return Err(doubt(
                "its session has no end: something ended it early".into(),
            ));
        }
    }
    let ran = session.items.values().any(|item| item.called);
    if (ran && planted.is_empty()) || !planted.values().all(Item::failed_as_planted) {
        return Err(doubt(
            "a test that we planted to fail did not: something makes failures pass".into(),
        ));
    }
    let deselected = &session.deselected;
    session.items.retain(|id, _| !deselected.contains(id));
    if session.uncollected.is_empty()
        && let Some((id, _)) = session.items.iter().find(|(_, item)| !item.complete())
    {
        return Err(doubt(format!(
            "{id} was collected and did not run to its end"
        )));
    }
    Ok(session)
}

impl Item {
    fn new(file: String, line: u32) -> Self {
        Self {
            file,
            line,
            result: Outcome::Passed,
            exception: None,
            setup: false,
            setup_passed: false,
            called: false,
            torn_down: false,
        }
    }

    /// True where it failed with what it was made to fail with; or was kept from
    /// running before, which is for the project to decide.
    fn failed_as_planted(&self) -> bool {
        let failed = self.result == Outcome::Failed && self.exception.as_deref() == Some(PLANTED);
        self.torn_down && (failed || self.setup && !self.setup_passed)
    }

    fn report(
        &mut self,
        when: &str,
        outcome: &str,
        xfail: bool,
        exc: Option<String>,
    ) -> Result<(), &'static str> {
        let skip_like = |exc: &str| matches!(exc, "Skipped" | "SkipTest" | "Exit");
        if outcome == "passed" && !xfail && exc.as_deref().is_some_and(|exc| !skip_like(exc)) {
            return Err("failed, and something reported it as passed");
        }
        match when {
            "setup" => {
                self.setup = true;
                self.setup_passed = outcome == "passed";
            }
            "call" => self.called = true,
            "teardown" => self.torn_down = true,
            _ => {}
        }
        let result = match outcome {
            "failed" if when == "call" => Outcome::Failed,
            "failed" => Outcome::Error,
            "skipped" if xfail => Outcome::ExpectedFailure,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Passed,
        };
        if result > self.result {
            self.result = result;
            self.exception = exc;
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        self.torn_down && self.setup && (self.called || !self.setup_passed)
    }
}

/// Records as our plugin would write them.
#[cfg(test)]
pub(in crate::gates::checks) mod recorded {
    use crate::gates::cache::digest;

    /// The test that is planted.
    pub const PLANTED: [&str; 4] = [
        r#"{"t":"planted","id":"::test_0"}"#,
        r#"{"t":"report","id":"::test_0","when":"setup","outcome":"passed","xfail":null,"exc":null}"#,
        r#"{"t":"report","id":"::test_0","when":"call","outcome":"failed","xfail":null,"exc":"Planted"}"#,
        r#"{"t":"report","id":"::test_0","when":"teardown","outcome":"passed","xfail":null,"exc":null}"#,
    ];

    /// Each line, signed with that key.
    pub fn signed(events: &[&str], key: &str) -> Vec<String> {
        let line = |(number, json): (usize, &&str)| {
            let sum = digest(format!("{key}{number}{json}{key}").as_bytes());
            format!("{sum} {json}\n")
        };
        events.iter().enumerate().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::recorded::{PLANTED, signed};
    use super::*;

    const KEY: &str = "secret";

    const SESSION: [&str; 11] = [
        r#"{"t":"start","v":1,"pytest":"9.2.0","python":"3.11.7","coverage":true}"#,
        r#"{"t":"item","id":"t.py::test_a","file":"t.py","line":1}"#,
        PLANTED[0],
        PLANTED[1],
        PLANTED[2],
        PLANTED[3],
        r#"{"t":"report","id":"t.py::test_a","when":"setup","outcome":"passed","xfail":null,"exc":null}"#,
        r#"{"t":"report","id":"t.py::test_a","when":"call","outcome":"passed","xfail":null,"exc":null}"#,
        r#"{"t":"report","id":"t.py::test_a","when":"teardown","outcome":"passed","xfail":null,"exc":null}"#,
        r#"{"t":"finish","exit":0}"#,
        r#"{"t":"end"}"#,
    ];

    fn session() -> &'static [&'static str] {
        &SESSION
    }

    fn why(lines: &[String]) -> String {
        read(lines.concat().as_bytes(), KEY)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_whole_session_is_read_and_what_was_planted_is_none_of_it() {
        let lines = signed(session(), KEY);
        let read = read(lines.concat().as_bytes(), KEY).unwrap();
        assert_eq!(read.items.len(), 1);
        assert_eq!(read.items["t.py::test_a"].result, Outcome::Passed);
    }

    #[test]
    fn only_our_plugin_can_write_it_and_nothing_can_be_left_out() {
        assert!(why(&signed(session(), "guess")).contains("not written by our plugin"));
        let lines = signed(session(), KEY);
        for out in 0..lines.len() {
            let mut lines = lines.clone();
            lines.remove(out);
            assert!(read(lines.concat().as_bytes(), KEY).is_err(), "{out}");
        }
        let mut twice = lines.clone();
        twice.extend(lines.clone());
        assert!(why(&twice).contains("not written by our plugin"));
        let plain: Vec<String> = session().iter().map(|json| format!("{json}\n")).collect();
        assert!(why(&plain).contains("not signed"));
        for end in 0..lines.concat().len() - 1 {
            assert!(
                read(&lines.concat().as_bytes()[..end], KEY).is_err(),
                "{end}"
            );
        }
    }

    #[test]
    fn what_makes_failures_pass_is_seen() {
        let with = |at: usize, event: &str| {
            let mut events = session().to_vec();
            events[at] = event;
            signed(&events, KEY).concat()
        };
        let passed = SESSION[4]
            .replace("failed", "passed")
            .replace("\"Planted\"", "null");
        assert!(read(with(4, &passed).as_bytes(), KEY).is_err());
        let otherwise = SESSION[4].replace("Planted", "KeyError");
        assert!(read(with(4, &otherwise).as_bytes(), KEY).is_err());
        let none: Vec<_> = [&session()[..2], &session()[6..]].concat();
        assert!(why(&signed(&none, KEY)).contains("planted"));
    }
}
