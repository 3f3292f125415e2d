//! JUnit's XML: what failed, and that something ran.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::judge::{Found, Report};
use crate::gates::checks::suite::junit::attribute;

/// One test.
#[derive(Default)]
struct Case {
    name: String,
    file: String,
    line: u32,
    skipped: bool,
}

/// A suite, with what it says of itself and what it holds.
#[derive(Default)]
struct Suite {
    said: Option<u64>,
    said_wrong: u64,
    held: u64,
    held_wrong: u64,
    /// Held by itself, not by the suites in it.
    own: u64,
}

pub(super) fn read(xml: &[u8]) -> Result<Report, String> {
    let mut state = State::default();
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut closed = false;
    loop {
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| format!("its report is damaged ({error})"))?;
        match event {
            Event::Start(tag) => state.enter(&tag)?,
            Event::Empty(tag) => {
                state.enter(&tag)?;
                state.leave(tag.name().as_ref())?;
                closed |= state.open.is_empty();
            }
            Event::End(tag) => {
                state.leave(tag.name().as_ref())?;
                closed |= state.open.is_empty();
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    if !closed || !state.open.is_empty() {
        return Err("its report is no JUnit report, or is cut off".into());
    }
    if state.ran == 0 {
        return Err("no test ran: there was none, or all were skipped".into());
    }
    Ok(Report {
        found: state.found,
        work: vec![("tests".into(), state.ran)],
    })
}

#[derive(Default)]
struct State {
    open: Vec<String>,
    suites: Vec<Suite>,
    case: Option<Case>,
    found: Vec<Found>,
    ran: u64,
}

impl State {
    fn enter(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        let name = tag.name().as_ref().to_string();
        if self.open.is_empty() && !matches!(name.as_str(), "testsuites" | "testsuite") {
            return Err(format!(
                "its report is no JUnit report: it begins with <{name}>"
            ));
        }
        let number = |name: &str| attribute(tag, name).and_then(|text| text.trim().parse().ok());
        match name.as_str() {
            "testsuites" | "testsuite" => self.suites.push(Suite {
                said: number("tests"),
                said_wrong: number("failures").unwrap_or(0) + number("errors").unwrap_or(0),
                ..Suite::default()
            }),
            "testcase" => {
                let class = attribute(tag, "classname").unwrap_or_default();
                let name =
                    attribute(tag, "name").ok_or("its report holds a test without a name")?;
                self.case = Some(Case {
                    name: match class.is_empty() {
                        true => name,
                        false => format!("{class}.{name}"),
                    },
                    file: attribute(tag, "file").unwrap_or_default(),
                    line: number("line").map_or(0, |line| u32::try_from(line).unwrap_or(0)),
                    skipped: false,
                });
            }
            "skipped" => {
                if let Some(case) = &mut self.case {
                    case.skipped = true;
                }
            }
            "failure" | "error" => {
                // One that belongs to no test is still one.
                let case = self.case.as_ref();
                let kind = attribute(tag, "type").unwrap_or_default();
                let test = case.map_or("the suite", |case| case.name.as_str());
                self.found.push(Found {
                    rule: if name == "failure" { "failed" } else { "error" }.into(),
                    message: match kind.is_empty() {
                        true => test.to_owned(),
                        false => format!("{test}: {kind}"),
                    },
                    detail: attribute(tag, "message").unwrap_or_default(),
                    path: case
                        .map(|case| case.file.clone().into_bytes())
                        .unwrap_or_default(),
                    line: case.map_or(0, |case| case.line),
                    column: 0,
                    counts: true,
                });
                for suite in &mut self.suites {
                    suite.held_wrong += 1;
                }
            }
            _ => {}
        }
        self.open.push(name);
        Ok(())
    }

    fn leave(&mut self, name: &str) -> Result<(), String> {
        self.open.pop();
        match name {
            "testcase" => {
                let case = self.case.take().unwrap_or_default();
                self.ran += u64::from(!case.skipped);
                for suite in &mut self.suites {
                    suite.held += 1;
                }
                if let Some(suite) = self.suites.last_mut() {
                    suite.own += 1;
                }
            }
            "testsuites" | "testsuite" => {
                let suite = self.suites.pop().unwrap_or_default();
                if let Some(said) = suite.said.filter(|n| *n != suite.held && *n != suite.own) {
                    return Err(format!(
                        "its report speaks of {said} tests and holds {}",
                        suite.held
                    ));
                }
                if suite.said_wrong > 0 && suite.held_wrong == 0 {
                    return Err("its report speaks of failures and holds none".into());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0"?><testsuites tests="3"><testsuite name="s" tests="3" failures="1" errors="0"><testcase classname="c" name="t" file="a.py" line="7"><failure type="E" message="1 &lt; 2">x</failure></testcase><testcase name="u"/><testcase name="v"><skipped/></testcase></testsuite></testsuites>"#;

    #[test]
    fn failures_have_their_place_and_skipped_tests_are_no_work() {
        let report = read(XML.as_bytes()).unwrap();
        assert_eq!(report.work, [("tests".to_owned(), 2)]);
        let found = &report.found[0];
        assert_eq!(found.message, "c.t: E");
        assert_eq!(
            (found.rule.as_str(), found.detail.as_str()),
            ("failed", "1 < 2")
        );
        assert_eq!((found.path.as_slice(), found.line), (&b"a.py"[..], 7));
    }

    #[test]
    fn whatever_is_not_whole_or_contradicts_itself_is_refused() {
        for end in 0..XML.len() {
            assert!(read(&XML.as_bytes()[..end]).is_err(), "{end}");
        }
        for wrong in [
            XML.replace(r#"tests="3" f"#, r#"tests="4" f"#),
            XML.replace(r#"<failure type="E" message="1 &lt; 2">x</failure>"#, ""),
            XML.replace(r#" name="u""#, ""),
            "<testsuites/>".into(),
            r#"<testsuite tests="0"></testsuite>"#.into(),
            "<testsuite><testcase name=\"a\"><skipped/></testcase></testsuite>".into(),
            "<html><testcase name=\"a\"/></html>".into(),
        ] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
