//! `imports`: import order, judged by isort where the project configures it,
//! else by ruff's import rules: the two disagree on details, so one decides.

use std::path::Path;

use futures_util::future::BoxFuture;

use super::compile::null_separated;
use super::{Check, Measure, count, records, ruff};
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job};
use crate::gates::settings;
use crate::gates::subject::Finder;
use crate::promotion::{Criterion, GateId, RepoPath};

const HELPER: &str = include_str!("../../../assets/python/isort_files.py");

/// The gate.
pub struct Imports;

impl Check for Imports {
    fn id(&self) -> GateId {
        GateId::new("imports")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Format
    }

    fn title(&self) -> &'static str {
        "Imports are in order"
    }

    fn definition(&self) -> u32 {
        4
    }

    fn tools(&self) -> &'static [&'static str] {
        &["ruff", "isort"]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            match settings::isort(job.subject) {
                Some(file) => isort(job, &file).await,
                None => ruff::run(job, &["I".to_owned()]).await,
            }
        })
    }
}

async fn isort(job: &Job<'_>, settings: &Path) -> Result<Measure, Trouble> {
    let answer = call(job, settings, None).await?;
    let (measure, skipped) = judge(&answer, &job.subject.files, &Finder::new(&job.subject.tree))?;
    for file in skipped {
        job.note(format!("isort is told to skip {file}"));
    }
    Ok(measure)
}

/// Puts the imports of the tree's files in order, by whichever tool judges them.
pub async fn fix(job: &Job<'_>) -> Result<(), Trouble> {
    use records::Record;
    let Some(settings) = settings::isort(job.subject) else {
        return ruff::fix(job, &["I".to_owned()]).await;
    };
    let files = &job.subject.files;
    let answer = call(job, &settings, Some("--write")).await?;
    if !matches!(answer.code, 0 | 1) {
        return Err(answer.unexpected("isort"));
    }
    for record in records::read("isort", &answer.stdout, files.len())? {
        match record {
            Record::Error { i, kind, msg, .. } => {
                return Err(unreadable(&files[i], &kind, &msg));
            }
            Record::Broken { i, line, .. } => {
                return Err(Trouble::new(
                    format!(
                        "isort cannot parse {}, line {}",
                        files[i],
                        line.unwrap_or(0)
                    ),
                    "mend the syntax first",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn call(job: &Job<'_>, settings: &Path, write: Option<&str>) -> Result<Answer, Trouble> {
    let isort = job.toolbox.get("isort")?;
    let place = job.place()?;
    let helper = place.work.join("isort_files.py");
    job.write(&helper, HELPER)?;
    let mut call = Call::new(isort, &isort.python, &job.subject.tree);
    // `-I` instead of `-P` before 3.11: either keeps the tree off the import path.
    call = call.args(["-I", "-B"]).args([helper.as_os_str()]);
    call = call.args([settings.as_os_str()]).args(write);
    if write.is_some() {
        call.writable = vec![job.subject.tree.clone()];
    }
    call.stdin = Some(null_separated(&job.subject.files));
    job.run(&place, call).await
}

fn unreadable(file: &RepoPath, kind: &str, msg: &str) -> Trouble {
    Trouble::new(
        format!("isort could not read {file}: {kind}: {msg}"),
        "is it a regular file? See the raw output",
    )
}

fn judge(
    answer: &Answer,
    files: &[RepoPath],
    finder: &Finder<'_>,
) -> Result<(Measure, Vec<RepoPath>), Trouble> {
    use records::Record;
    if !matches!(answer.code, 0 | 1) {
        return Err(answer.unexpected("isort"));
    }
    let mut measure = Measure::default();
    let (mut bytes, mut sorted, mut unsorted, mut broken) = (0, 0, 0, 0);
    let mut skipped = Vec::new();
    for record in records::read("isort", &answer.stdout, files.len())? {
        match record {
            Record::Ok { bytes: size, .. } => {
                sorted += 1;
                bytes += size;
            }
            Record::Unsorted {
                i,
                bytes: size,
                hunks,
            } => {
                unsorted += 1;
                bytes += size;
                for hunk in hunks {
                    let message = match (hunk.old.is_empty(), hunk.new.is_empty()) {
                        (true, _) => format!("imports out of order: missing {}", said(&hunk.new)),
                        (_, true) => format!("imports out of order: remove {}", said(&hunk.old)),
                        _ => format!("imports out of order: expected {}", said(&hunk.new)),
                    };
                    measure
                        .findings
                        .push(finder.error("isort", &message, &files[i], hunk.line, 1));
                }
            }
            Record::Broken { i, line, kind, msg } => {
                broken += 1;
                let line = line.unwrap_or(0);
                measure
                    .findings
                    .push(finder.error(&kind, &msg, &files[i], line, 0));
            }
            Record::Skipped { i, .. } => skipped.push(files[i].clone()),
            Record::Error { i, kind, msg, .. } => {
                return Err(unreadable(&files[i], &kind, &msg));
            }
            _ => {}
        }
    }
    if (answer.code == 0) != (sorted == files.len()) {
        return Err(Trouble::unbelievable(
            "isort",
            "its exit code contradicts its report",
        ));
    }
    if sorted + unsorted + broken == 0 {
        return Err(Trouble::new(
            "isort is told to skip every file of the module",
            "see `skip` and `skip_glob` in its settings, and `isort: skip_file` in the files",
        ));
    }
    measure.work = vec![
        ("files".into(), (sorted + unsorted + broken) as u64),
        ("bytes".into(), bytes),
    ];
    let wrong = unsorted + broken;
    if wrong > 0 {
        measure.summary = Some(format!("{wrong} of {}", count(files.len(), "file")));
    }
    Ok((measure, skipped))
}

/// Lines on one line.
fn said(lines: &[String]) -> String {
    let lines = lines.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    match lines.collect::<Vec<_>>() {
        none if none.is_empty() => "an empty line".to_owned(),
        some => format!("{:?}", some.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge_text(code: i32, stdout: &str) -> Result<(Measure, Vec<RepoPath>), Trouble> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: Vec::new(),
        };
        let files = ["a.py".into(), "b.py".into()];
        judge(&answer, &files, &Finder::new(Path::new("/nonexistent")))
    }

    const START: &str = r#"{"t":"start","v":1,"isort":"9.0.2","n":2,"settings":true}"#;
    const UNSORTED: &str = r#"{"t":"unsorted","i":1,"bytes":111,"hunks":[{"line":2,"old":[],"new":["import os"]},{"line":3,"old":["import os"],"new":[]}]}"#;
    const END: &str = r#"{"t":"end","n":2,"ok":1,"unsorted":1,"skipped":0,"error":0}"#;

    fn with(first: &str) -> String {
        [START, first, UNSORTED, END].join("\n")
    }

    #[test]
    fn every_hunk_is_a_finding() {
        let (measure, _) = judge_text(1, &with(r#"{"t":"ok","i":0,"bytes":8}"#)).unwrap();
        assert_eq!(measure.findings.len(), 2);
        assert_eq!(measure.findings[0].line, 2);
        assert_eq!(measure.summary.as_deref(), Some("1 of 2 files"));
    }

    #[test]
    fn what_is_no_python_is_a_finding() {
        let broken = r#"{"t":"broken","i":0,"line":4,"kind":"SyntaxError","msg":"invalid syntax"}"#;
        let (measure, _) = judge_text(1, &with(broken)).unwrap();
        assert_eq!(measure.findings.len(), 3);
        assert_eq!(measure.findings[0].rule, "SyntaxError");
        assert_eq!(measure.summary.as_deref(), Some("2 of 2 files"));
        assert!(judge_text(0, &with(broken)).is_err());
    }

    #[test]
    fn skipped_files_are_named_and_nothing_but_skipped_is_no_verdict() {
        let skip = |i| format!(r#"{{"t":"skipped","i":{i},"why":"comment"}}"#);
        let (_, skipped) = judge_text(1, &with(&skip(0))).unwrap();
        assert_eq!(skipped, [RepoPath::from("a.py")]);
        assert!(judge_text(1, &[START, &skip(0), &skip(1), END].join("\n")).is_err());
    }

    #[test]
    fn an_unreadable_file_is_no_verdict() {
        let unread = r#"{"t":"error","i":0,"kind":"UnicodeDecodeError","msg":"x"}"#;
        assert!(judge_text(1, &with(unread)).is_err());
        assert!(judge_text(2, "").is_err());
        assert!(judge_text(0, &with(r#"{"t":"ok","i":0,"bytes":8}"#)).is_err());
    }
}
