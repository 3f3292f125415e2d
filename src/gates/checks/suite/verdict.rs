//! The verdict on a test run: from our records, the report and the exit code,
//! which must all agree.

use std::collections::HashSet;

use super::super::{Measure, Undecided, count};
use super::events::{self, Outcome, Session};
use super::integration::{Known, spoke};
use super::junit::{self, Messages};
use super::lacking::Lacking;
use super::path_of;
use crate::gates::Trouble;
use crate::gates::job::Answer;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::RepoPath;
use crate::promotion::policy::GateOptions;

/// What is not known where something is not installed.
const WHAT: &str = "whether the tests pass";

/// The verdict.
pub(super) struct Judged {
    /// For the gate.
    pub measure: Measure,
    /// For the gate on integration tests.
    pub integration: Result<Measure, Trouble>,
    /// The node ids of every test that ran.
    pub ids: HashSet<String>,
    /// What was not installed.
    pub lacking: Lacking,
}

/// Judges a run.
pub(super) fn judge(
    answer: &Answer,
    (events, key): (&[u8], &str),
    junit: &[u8],
    subject: &Subject,
    integration: &GateOptions,
    roots: &[RepoPath],
) -> Result<Judged, Trouble> {
    if !matches!(answer.code, 0 | 1 | 2 | 5) {
        let said = [&answer.stdout[..], &answer.stderr[..]].concat();
        if let Some(undecided) = unstarted(&said, subject, roots) {
            return Err(Trouble::new(undecided.why, undecided.help));
        }
        return Err(Trouble::ended(
            "pytest",
            &crate::promotion::ToolExit::Code(answer.code),
            &said,
        ));
    }
    let session = events::read(events, key)?;
    let messages = junit::read(junit).map_err(|why| Trouble::unbelievable("pytest", why))?;
    let (measure, lacking) = weigh(&session, &messages, subject, roots);
    let integration = of_integration(&session, &messages, subject, integration, roots);
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
    let ran = session
        .items
        .into_iter()
        .filter(|(_, item)| item.result != Outcome::Skipped);
    Ok(Judged {
        measure,
        integration,
        ids: ran.map(|(id, _)| id).collect(),
        lacking,
    })
}

/// The verdict on the integration tests among them.
fn of_integration(
    session: &Session,
    messages: &Messages,
    subject: &Subject,
    options: &GateOptions,
    roots: &[RepoPath],
) -> Result<Measure, Trouble> {
    let known = Known::by(options)?;
    let theirs = known.of(session);
    if !spoke(&theirs) {
        return known.none_ran(&theirs, session, &subject.tests);
    }
    let mut tests = subject.tests.clone();
    tests.retain(|test| known.is_file(test));
    let subject = Subject {
        tests,
        ..subject.clone()
    };
    Ok(weigh(&theirs, messages, &subject, roots).0)
}

fn weigh(
    session: &Session,
    messages: &Messages,
    subject: &Subject,
    roots: &[RepoPath],
) -> (Measure, Lacking) {
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let mut lacking = Lacking::default();
    // What failed, and not for want of something that is not installed.
    let mut by_itself = 0;
    let mut lacks = |id: &str, file: &str| {
        let found = session
            .missing
            .get(id)
            .is_some_and(|name| lacking.add(name, &path_of(file), subject, roots));
        by_itself += usize::from(!found);
        found
    };
    let said = |name: &(String, String)| {
        let words = messages.get(name).and_then(|all| all.first());
        words.map_or("", |words| first_line(words))
    };
    for id in &session.uncollected {
        // The report calls it by its dotted name.
        let name = id.strip_suffix(".py").unwrap_or(id).replace('/', ".");
        let words = said(&(String::new(), name));
        let file = id.split("::").next().unwrap_or(id);
        let rule = match lacks(id, file) {
            true => "not-installed",
            false => "collection",
        };
        let message = "the file cannot be collected";
        let finding = finder.said(rule, message, words, (&path_of(file), 0));
        measure.findings.push(finding);
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
        let rule = match lacks(id, &item.file) {
            true => "not-installed",
            false => rule,
        };
        let message = format!("{name}: {exception}");
        let words = without(exception, said(&junit::name_of(id)));
        let at = (&path_of(&item.file), item.line);
        measure
            .findings
            .push(finder.said(rule, &message, words, at));
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
    if by_itself > 0 {
        measure.fails = Some(summary.clone());
    } else if !lacking.is_empty() {
        measure.undecided = Some(lacking.undecided(WHAT));
    }
    measure.summary = Some(summary);
    (measure, lacking)
}

/// What kept pytest from starting, if a `conftest.py` imports what is not there.
fn unstarted(said: &[u8], subject: &Subject, roots: &[RepoPath]) -> Option<Undecided> {
    let said = String::from_utf8_lossy(said);
    let (_, rest) = said.rsplit_once("ModuleNotFoundError: No module named '")?;
    let (name, _) = rest.split_once('\'')?;
    let mut lacking = Lacking::default();
    let beside = subject.tests.first()?;
    lacking
        .add(name, beside, subject, roots)
        .then(|| lacking.undecided(WHAT))
}

/// The first line that says something.
fn first_line(words: &str) -> &str {
    let mut lines = words.lines().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

/// What is said beside the name of the exception.
fn without<'a>(exception: &str, words: &'a str) -> &'a str {
    let rest = words.strip_prefix(exception);
    rest.map_or(words, |rest| rest.trim_start_matches([':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_named_once_and_explained_on_one_line() {
        let said = |words| without("AssertionError", first_line(words));
        assert_eq!(
            said("AssertionError: assert 3 == 4\n +  where 3 = f()"),
            "assert 3 == 4"
        );
        assert_eq!(said("assert 3 == 4"), "assert 3 == 4");
        assert_eq!(said("\n AssertionError"), "");
        assert_eq!(said(""), "");
    }
}
