//! The verdict on a test run: from our records, the report and the exit code,
//! which must all agree.

use std::collections::HashSet;

use super::super::{Measure, count};
use super::events::{self, Outcome, Session};
use super::junit::{self, Messages};
use super::path_of;
use crate::gates::Trouble;
use crate::gates::job::Answer;
use crate::gates::subject::{Finder, Subject};

/// The verdict, and the node ids of every test that ran.
pub fn judge(
    answer: &Answer,
    events: &[u8],
    junit: &[u8],
    subject: &Subject,
) -> Result<(Measure, HashSet<String>), Trouble> {
    if !matches!(answer.code, 0 | 1 | 2 | 5) {
        let said = [&answer.stdout[..], &answer.stderr[..]].concat();
        return Err(Trouble::ended(
            "pytest",
            &crate::promotion::ToolExit::Code(answer.code),
            &said,
        ));
    }
    let session = events::read(events)?;
    let messages = junit::read(junit).map_err(|why| Trouble::unbelievable("pytest", why))?;
    let measure = weigh(&session, &messages, subject);
    let ran = session
        .items
        .values()
        .filter(|item| item.result != Outcome::Skipped)
        .count();
    let failed = !session.uncollected.is_empty()
        || session
            .items
            .values()
            .any(|item| matches!(item.result, Outcome::Failed | Outcome::Error));
    if ran == 0 && !failed {
        return Err(Trouble::new(
            "no test ran: all were skipped, or none was collected",
            "see the raw output; tests that need what is not here cannot speak for the module",
        ));
    }
    let agrees = match answer.code {
        0 => !failed && session.exit == 0,
        1 => failed,
        2 => !session.uncollected.is_empty(),
        _ => false,
    };
    if !agrees {
        return Err(Trouble::unbelievable(
            "pytest",
            format!(
                "its exit code {} contradicts what was recorded",
                answer.code
            ),
        ));
    }
    Ok((measure, session.items.into_keys().collect()))
}

fn weigh(session: &Session, messages: &Messages, subject: &Subject) -> Measure {
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let said = |id: &str| {
        messages
            .get(&junit::name_of(id))
            .and_then(|all| all.first())
            .cloned()
            .unwrap_or_default()
    };
    for file in &session.uncollected {
        // The report calls it by its dotted name.
        let name = file.strip_suffix(".py").unwrap_or(file).replace('/', ".");
        let words = messages
            .get(&(String::new(), name))
            .and_then(|all| all.first())
            .cloned()
            .unwrap_or_default();
        let path = path_of(file.split("::").next().unwrap_or(file));
        measure.findings.push(finder.said(
            "collection",
            "the file cannot be collected",
            &words,
            (&path, 0),
        ));
    }
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (id, item) in &session.items {
        let rule = match item.result {
            Outcome::Passed | Outcome::ExpectedFailure => {
                passed += 1;
                continue;
            }
            Outcome::Skipped => {
                skipped += 1;
                continue;
            }
            Outcome::Error => "error",
            Outcome::Failed => "failed",
        };
        failed += 1;
        let name = id.split_once("::").map_or(id.as_str(), |(_, name)| name);
        let exception = item.exception.as_deref().unwrap_or(rule);
        measure.findings.push(finder.said(
            rule,
            &format!("{name}: {exception}"),
            &said(id),
            (&path_of(&item.file), item.line),
        ));
    }
    for test in &subject.tests {
        let seen = session.items.values().any(|i| path_of(&i.file) == *test)
            || session
                .uncollected
                .iter()
                .chain(&session.skipped_files)
                .any(|file| path_of(file) == *test);
        if !seen {
            measure.findings.push(finder.note(
                "no-tests",
                "no test was collected from this file",
                test,
                0,
                0,
            ));
        }
    }
    measure.work = vec![("tests".into(), (passed + failed) as u64)];
    let mut summary = count(session.items.len(), "test");
    for (n, word) in [(failed, "failed"), (skipped, "skipped")] {
        if n > 0 {
            summary.push_str(&format!(", {n} {word}"));
        }
    }
    if !session.uncollected.is_empty() {
        let files = count(session.uncollected.len(), "file");
        summary.push_str(&format!(", {files} not collected"));
    }
    if !session.deselected.is_empty() {
        summary.push_str(&format!(", {} deselected", session.deselected.len()));
    }
    if !measure.findings.iter().all(|f| !f.counts()) {
        measure.fails = Some(summary.clone());
    }
    measure.summary = Some(summary);
    measure
}
