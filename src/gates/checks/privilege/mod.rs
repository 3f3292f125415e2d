//! `privilege`: infrastructure, and what deletes, drops or grants, in the module
//! or on its branch. Found by reading; whether it is right only a person can
//! say. What is new fails until somebody answers for it in `countersign.toml`.

mod kind;
mod patterns;

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::BoxFuture;
use serde::Deserialize as _;

use super::acknowledged::Acknowledged;
use super::{Check, Measure, Scope, aside, files};
use crate::gates::Trouble;
use crate::gates::cache::digest;
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, Finding, GateId, RepoPath};

use kind::Kind;
pub use kind::concerns;

/// The gate.
pub struct Privilege;

/// Its name.
const ID: &str = "privilege";
/// A larger file is nothing that anybody wrote: it is not read, and where its name
/// says that it does something, that is said.
const MOST_BYTES: u64 = 4 << 20;

/// The lines of each file of infrastructure, by parts of their digests.
type Known = BTreeMap<String, Vec<String>>;

impl Check for Privilege {
    fn id(&self) -> GateId {
        GateId::new(ID)
    }

    fn criterion(&self) -> Criterion {
        Criterion::Security
    }

    fn title(&self) -> &'static str {
        "Infrastructure, and what deletes or grants, is answered for"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn scope(&self) -> Scope {
        Scope::Branch
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({ "acknowledged": options.acknowledged })
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            let answers = Acknowledged::read(ID, "RULE", &job.options.acknowledged)?;
            let changed = job.bench.changed.clone();
            if changed.is_none() {
                job.note("there is no merge-base: what else the branch changes is not known");
            }
            let subject = job.subject.clone();
            aside(move || measure(&subject, changed.as_deref().unwrap_or_default(), &answers))
                .await?
        })
    }

    /// Says in which line a file of infrastructure differs first.
    fn compare(&self, _: &Subject, head: &mut Measure, base: Option<&Measure>) {
        let known =
            |measure: &Measure| -> Known { Known::deserialize(&measure.facts).unwrap_or_default() };
        let (after, before) = (known(head), base.map(known).unwrap_or_default());
        for finding in head.findings.iter_mut().filter(|finding| finding.line == 0) {
            let path = finding.path.to_text();
            let (Some(after), Some(before)) = (after.get(&*path), before.get(&*path)) else {
                continue;
            };
            let first = after.iter().position(|line| !before.contains(line));
            finding.line = first.map_or(0, |index| index as u32 + 1);
        }
    }
}

fn measure(
    subject: &Subject,
    changed: &[RepoPath],
    answers: &Acknowledged,
) -> Result<Measure, Trouble> {
    let listed = files::of_module(subject).map_err(|error| {
        Trouble::new(
            format!("the module cannot be read: {error}"),
            "run it again",
        )
    })?;
    let mut paths = listed.files;
    let there = |path: &&RepoPath| {
        let meta = std::fs::symlink_metadata(subject.on_disk(path));
        meta.is_ok_and(|meta| meta.is_file())
    };
    paths.extend(changed.iter().filter(there).cloned());
    paths.sort();
    paths.dedup();
    let finder = Finder::new(&subject.tree);
    let (mut measure, mut known) = (Measure::default(), Known::new());
    let mut read = 0;
    for path in &paths {
        let text = match text_of(&subject.on_disk(path)) {
            Ok(text) => text,
            // Data does nothing by itself.
            Err(_) if kind::of(path, "") == Kind::Other => continue,
            Err(why) => {
                let message = format!("not read for what it does: {why}");
                let finding = finder.error("unread", &message, path, 0, 0);
                push(&mut measure, finding, answers, &finder);
                continue;
            }
        };
        read += 1;
        let kind = kind::of(path, &text);
        if let Some(finding) = infrastructure(kind, path, &text, &finder) {
            known.insert(path.to_text().into_owned(), lines(&text));
            push(&mut measure, finding, answers, &finder);
        }
        for (index, line) in text.lines().enumerate() {
            for hit in patterns::hits(language(kind, path), line) {
                let message = format!(
                    "{} ({}): what can it reach, who may run it, and how is it undone?",
                    hit.rule, hit.what
                );
                let finding = finder.error(hit.rule, &message, path, index as u32 + 1, 0);
                push(&mut measure, finding, answers, &finder);
            }
        }
    }
    measure.work = vec![("files".into(), read)];
    measure.facts = serde_json::json!(known);
    Ok(measure)
}

/// What a file says, or why that is not known.
fn text_of(file: &Path) -> Result<String, String> {
    let bytes = match std::fs::metadata(file) {
        Ok(meta) if meta.len() > MOST_BYTES => {
            return Err(format!("it is larger than {} MB", MOST_BYTES >> 20));
        }
        _ => std::fs::read(file).map_err(|error| error.to_string())?,
    };
    files::text(&bytes).ok_or_else(|| "it is no text".into())
}

/// A file that is for a person to answer for as it is. What it says is part of
/// its identity: changed, it is another one.
fn infrastructure(kind: Kind, path: &RepoPath, text: &str, finder: &Finder<'_>) -> Option<Finding> {
    let (rule, what) = kind.infrastructure()?;
    let message = format!(
        "{what}, of content {}: what may it reach, and who may start it?",
        &digest(text.as_bytes())[..12]
    );
    Some(finder.error(rule, &message, path, 0, 0))
}

fn push(measure: &mut Measure, mut finding: Finding, answers: &Acknowledged, finder: &Finder<'_>) {
    let rule = finding.rule.clone();
    let note = answers
        .apply(&rule, &mut finding)
        .map(|reason| Acknowledged::note(reason, &finding, finder));
    measure.findings.push(finding);
    measure.findings.extend(note);
}

/// A migration is Python or SQL.
fn language(kind: Kind, path: &RepoPath) -> Kind {
    match kind {
        Kind::Migration if path.is_python() => Kind::Python,
        Kind::Migration => Kind::Sql,
        kind => kind,
    }
}

fn lines(text: &str) -> Vec<String> {
    let short = |line: &str| digest(line.trim().as_bytes())[..12].to_owned();
    text.lines().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Severity;

    fn measured(files: &[(&str, &str)], answers: &[&str]) -> Measure {
        let dir = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        let subject = Subject {
            files: vec!["m/a.py".into()],
            ..Subject::test("m", dir.path())
        };
        let answers: Vec<_> = answers.iter().map(|it| (*it).to_owned()).collect();
        let answers = Acknowledged::read(ID, "RULE", &answers).unwrap();
        let changed = ["ci/Dockerfile".into(), "gone.tf".into()];
        measure(&subject, &changed, &answers).unwrap()
    }

    fn places(measure: &Measure) -> Vec<String> {
        let findings = measure.findings.iter();
        findings
            .map(|f| format!("{} {}:{}", f.rule, f.path, f.line))
            .collect()
    }

    #[test]
    fn the_module_and_what_its_branch_changes_are_read_and_nothing_else() {
        let files = [
            ("m/a.py", "import shutil\nshutil.rmtree('x')\n"),
            ("m/deploy/clean.sh", "#!/bin/sh\nrm -rf x\n"),
            ("m/migrations/0001.sql", "drop table x;\n"),
            ("ci/Dockerfile", "FROM x\nUSER root\n"),
            ("other/Dockerfile", "USER root\n"),
        ];
        let found = measured(&files, &[]);
        assert_eq!(
            places(&found),
            [
                "container ci/Dockerfile:0",
                "grants ci/Dockerfile:2",
                "deletes m/a.py:2",
                "deletes m/deploy/clean.sh:2",
                "migration m/migrations/0001.sql:0",
                "drops m/migrations/0001.sql:1",
            ]
        );
        assert_eq!(found.work, [("files".to_owned(), 4)]);
    }

    /// Shell skips a NUL byte, so it would be a way around.
    #[test]
    fn what_does_something_and_cannot_be_read_is_said() {
        let large = format!("{}DROP TABLE x;\n", " ".repeat(MOST_BYTES as usize));
        let files = [
            ("m/a.py", "X = 1\n"),
            ("m/b.sh", "#!/bin/sh\n: \0\nrm -rf x\n"),
            ("m/c.sql", large.as_str()),
            ("m/data.bin", "\0"),
            ("m/data.csv", large.as_str()),
        ];
        let found = measured(&files, &["unread m/c.sql: made by a tool"]);
        assert_eq!(
            places(&found),
            [
                "unread m/b.sh:0",
                "unread m/c.sql:0",
                "acknowledged m/c.sql:0"
            ]
        );
        assert_eq!(found.findings[0].severity, Severity::Error);
        assert_eq!(found.findings[1].severity, Severity::Note);
        assert_eq!(found.work, [("files".to_owned(), 1)]);
    }

    #[test]
    fn an_answer_makes_a_note_of_it() {
        let files = [("m/a.py", "shutil.rmtree('x')\n")];
        let found = measured(&files, &["deletes m/a.py: its own cache"]);
        assert_eq!(
            places(&found),
            ["deletes m/a.py:1", "acknowledged m/a.py:1"]
        );
        assert!(found.findings.iter().all(|f| f.severity == Severity::Note));
        assert!(found.findings[1].message.contains("its own cache"));
    }

    #[test]
    fn a_changed_file_is_another_one_and_the_first_changed_line_is_named() {
        let text = "FROM x\nRUN a\n";
        let base = measured(&[("ci/Dockerfile", text)], &[]);
        let mut head = measured(&[("ci/Dockerfile", "FROM x\nRUN b\n")], &[]);
        assert_ne!(head.findings[0].message, base.findings[0].message);
        let subject = Subject::test("m", "/nowhere");
        Privilege.compare(&subject, &mut head, Some(&base));
        assert_eq!(head.findings[0].line, 2);
        let same = measured(&[("ci/Dockerfile", text)], &[]);
        assert_eq!(same.findings, base.findings);
    }
}
