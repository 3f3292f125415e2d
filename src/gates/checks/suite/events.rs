//! What our pytest plugin saw: see `assets/python/countersign_pytest.py`.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::gates::Trouble;

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

/// Reads a session. One without its end, or with tests that vanished, is none.
pub fn read(output: &[u8]) -> Result<Session, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("pytest", why);
    let mut session = Session::default();
    let (mut started, mut exit, mut ended) = (false, None, false);
    for line in output.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let event: Event = serde_json::from_slice(line)
            .map_err(|error| doubt(format!("a record is damaged ({error})")))?;
        if ended {
            return Err(doubt("something was recorded after its end".into()));
        }
        match event {
            Event::Start { v: 1 } if !started => started = true,
            Event::Start { .. } => return Err(doubt("it started twice".into())),
            Event::Item { id, file, line } => {
                let item = Item {
                    file,
                    line: line.unwrap_or(0),
                    result: Outcome::Passed,
                    exception: None,
                    setup: false,
                    setup_passed: false,
                    called: false,
                    torn_down: false,
                };
                session.items.insert(id, item);
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
                let item = session
                    .items
                    .get_mut(&id)
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
