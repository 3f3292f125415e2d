//! `countersign audit log`

use color_eyre::Result;
use serde::Serialize;

use super::args::LogArgs;
use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::promotion::RepoPath;
use crate::promotion::review::Verb;
use crate::promotion::review::decision::{Change, RecordKind};
use crate::promotion::rollback;
use crate::workflow::audit::{HeadDocument, Row, SaidRow, Says};

/// The document of `audit log --json`.
#[derive(Serialize)]
struct Document<'a> {
    head: HeadDocument,
    broken: Option<String>,
    problems: Vec<String>,
    entries: &'a [Row],
}

/// Runs the command.
pub fn run(args: &LogArgs, out: &mut Output) -> Result<Exit> {
    let (_, authority, log) = super::read(&args.repo, out)?;
    let about = args.module.as_deref().map(path);
    let rows: Vec<Row> = log
        .entries
        .iter()
        .map(Row::of)
        .filter(|row| about.as_ref().is_none_or(|about| is_about(row, about)))
        .collect();
    if let Some(module) = args
        .module
        .as_deref()
        .filter(|_| rows.is_empty() && log.holds())
    {
        return Err(Usage(format!(
            "no entry of the log is about {module}; `countersign audit log` shows all of them"
        ))
        .into());
    }
    if args.json.json {
        let document = Document {
            head: log.head.into(),
            broken: log.broken(),
            problems: log.problems.iter().map(ToString::to_string).collect(),
            entries: &rows,
        };
        out.json("countersign.audit-log", 1, &document)?;
    } else {
        for row in &rows {
            super::entry(row, out)?;
        }
        if log.entries.is_empty() {
            out.line(format!(
                "there is no entry yet on the branch {}",
                authority.audit_branch
            ))?;
        }
    }
    for problem in &log.problems {
        match problem.breaks() {
            true => out.error(&problem.to_string()),
            false => out.notice(problem),
        }
    }
    let wrong = log.first_wrong().is_some() || log.broken().is_some();
    Ok(if wrong { Exit::Failed } else { Exit::Holds })
}

/// A module by its path or dotted name. It need not be there any more.
fn path(module: &str) -> RepoPath {
    match module.contains('/') {
        true => RepoPath::from_text(module.trim_end_matches('/')),
        false => RepoPath::from_text(&module.replace('.', "/")),
    }
}

fn is_about(row: &Row, about: &RepoPath) -> bool {
    match row.said.as_ref().map(|said| &said.says) {
        // A single file's dotted name has no suffix.
        Some(Says::Decision { module, .. } | Says::Record { module, .. }) => {
            module == about || *module == RepoPath::from_text(&format!("{about}.py"))
        }
        // What nobody can read may be about anything.
        None => true,
        Some(Says::KeyChange { .. }) => false,
    }
}

/// What an entry says, in a line.
pub(super) fn words(said: &SaidRow) -> String {
    let SaidRow {
        principal, role, ..
    } = said;
    match &said.says {
        Says::Decision { decision, module } => {
            let verb = match decision {
                Verb::Approve => "approved",
                Verb::Reject => "rejected",
                Verb::Withdraw => "withdrew their decision on",
            };
            format!("{principal} {verb} {module} as {role}")
        }
        Says::KeyChange {
            change,
            holder,
            revoked,
            from,
        } => {
            let change = match (change, from) {
                (Change::Superseded, _) => "superseded".to_owned(),
                (Change::Compromised, from) => {
                    format!("compromised from entry {} on", from.unwrap_or(0))
                }
            };
            format!("{principal} declared the key {revoked} of {holder} {change}, as {role}")
        }
        Says::Record {
            kind,
            module,
            to,
            commit,
            facts,
        } => {
            let what = match kind {
                RecordKind::Proposal => format!("proposed to move {module} to {to}"),
                RecordKind::Promotion => format!("moved {module} to {to}"),
                RecordKind::Merge => {
                    format!("recorded that the move of {module} to {to} is merged")
                }
                RecordKind::Smoke => format!("recorded a smoke test of {to}"),
                RecordKind::Verdict => format!("recorded a verdict on {to}"),
                RecordKind::Rollback => {
                    let words = rollback::words(facts);
                    format!("rolls {to} back to {module}: {words}")
                }
                RecordKind::Completion => format!("completed the promotion of {module} to {to}"),
            };
            let outcome = facts.get("outcome").map(|it| format!(": {it}"));
            let commit = commit.map(|it| format!(" ({})", it.short()));
            format!(
                "{principal} {what}{}{}, as {role}",
                outcome.unwrap_or_default(),
                commit.unwrap_or_default()
            )
        }
    }
}
