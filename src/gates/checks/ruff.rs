//! Running ruff and judging what it says: shared by `lint` and `imports`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Measure;
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job};
use crate::gates::settings;
use crate::gates::subject::{Finder, Subject};
use crate::promotion::{RepoPath, ToolRun};

/// A file of ours with a syntax error, which no setting can silence: that it
/// comes back is the proof that ruff read its arguments and checked them.
const CANARY: &str = "canary_of_countersign.py";

/// What is on trial in that run, for people who read what ruff wrote.
pub(super) fn trial(run: &ToolRun) -> Option<String> {
    let given = run.command.last();
    let is_ours = given.is_some_and(|it| it.ends_with(&format!("/{CANARY}")));
    is_ours.then(|| {
        format!(
            "Ruff is on trial in this run: {CANARY} is ours, with an error that ruff has to \
             report. So it says invalid-syntax there, and ends with 1. All else is about the \
             module."
        )
    })
}

/// One diagnostic of `--output-format json`.
#[derive(Debug, Deserialize)]
struct Diagnostic {
    code: Option<String>,
    filename: String,
    message: String,
    location: Option<Location>,
}

#[derive(Debug, Deserialize)]
struct Location {
    row: u32,
    column: u32,
}

/// Runs ruff with these rules on every file of the module.
pub async fn run(job: &Job<'_>, select: &[String]) -> Result<Measure, Trouble> {
    call(job, select, &["--no-fix"], Vec::new()).await
}

/// Has ruff mend in the tree what these rules find, as far as it is safe to.
pub async fn fix(job: &Job<'_>, select: &[String]) -> Result<(), Trouble> {
    let writable = vec![job.subject.tree.clone()];
    let fix = ["--fix", "--no-unsafe-fixes", "--no-fix-only"];
    call(job, select, &fix, writable).await.map(drop)
}

async fn call(
    job: &Job<'_>,
    select: &[String],
    fix: &[&str],
    writable: Vec<PathBuf>,
) -> Result<Measure, Trouble> {
    let ruff = job.toolbox.get("ruff")?;
    let place = job.place()?;
    let canary = place.work.join(CANARY);
    job.write(&canary, "(\n")?;
    let subject = job.subject;
    let call = Call::new(ruff, &ruff.program, &subject.tree);
    let mut call = call.args(["check", "--no-cache"]).args(fix).args([
        "--no-preview",
        "--no-force-exclude",
        "--no-respect-gitignore",
        "--output-format",
        "json",
        "--select",
        &select.join(","),
    ]);
    call.writable = writable;
    match settings::ruff(subject) {
        None => call = call.args(["--isolated"]),
        Some(file) => {
            // `--select` overrides what the project ignores: say it again.
            let (ignores, holes): (Vec<_>, Vec<_>) = settings::ruff_ignores(&file, &subject.tree)
                .into_iter()
                .partition(|rule| {
                    rule != "ALL" && !select.iter().any(|on| on.starts_with(rule.as_str()))
                });
            for hole in holes {
                job.note(format!(
                    "the project ignores the whole of {hole}: that was not done here"
                ));
            }
            call = call.args(["--config".into(), file.into_os_string()]);
            if !ignores.is_empty() {
                call = call.args(["--ignore", &ignores.join(",")]);
            }
        }
    }
    let call = call
        .args(&job.options.args)
        .args(["--"])
        .args(Subject::arguments(&subject.files))
        .args([canary.as_os_str()]);
    let answer = job.run(&place, call).await?;
    let measure = judge(&answer, subject, &canary)?;
    // At the merge-base it takes nothing from the verdict on what is there now.
    if !job.baseline {
        let reported = measure.findings.iter().find(|f| f.rule == UNREADABLE);
        if let Some(file) = unreadable(subject).or(reported.map(|found| &found.path)) {
            return Err(Trouble::new(
                format!("ruff could not read {file}: it is not UTF-8, or no regular file"),
                "convert it to UTF-8",
            ));
        }
    }
    Ok(measure)
}

/// The rule of what ruff could not read, which it reports only where the rule is
/// asked for.
const UNREADABLE: &str = "E902";

/// A file that ruff passes over, with a warning and exit code 0.
fn unreadable(subject: &Subject) -> Option<&RepoPath> {
    subject.files.iter().find(|file| {
        let text = std::fs::read(subject.on_disk(file));
        !text.is_ok_and(|text| std::str::from_utf8(&text).is_ok())
    })
}

fn judge(answer: &Answer, subject: &Subject, canary: &Path) -> Result<Measure, Trouble> {
    if !matches!(answer.code, 0 | 1) {
        return Err(answer.unexpected("ruff"));
    }
    let doubt = |why: String| Trouble::unbelievable("ruff", why);
    let diagnostics: Vec<Diagnostic> = serde_json::from_slice(&answer.stdout)
        .map_err(|error| doubt(format!("its output is no JSON array ({error})")))?;
    if (answer.code == 0) != diagnostics.is_empty() {
        return Err(doubt("its exit code contradicts its report".into()));
    }
    let known: HashMap<String, &RepoPath> = subject
        .files
        .iter()
        .map(|file| (subject.on_disk(file).to_string_lossy().into_owned(), file))
        .collect();
    let canary = canary.to_string_lossy();
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure::default();
    let mut sang = false;
    for found in diagnostics {
        let rule = found.code.as_deref().unwrap_or("invalid-syntax");
        if found.filename == canary {
            sang = true;
            continue;
        }
        let file = known.get(&found.filename).ok_or_else(|| {
            doubt(format!(
                "it speaks of {:?}, which it was not given",
                found.filename
            ))
        })?;
        let (line, column) = found.location.map_or((0, 0), |at| (at.row, at.column));
        measure
            .findings
            .push(finder.error(rule, &found.message, file, line, column));
    }
    if !sang {
        return Err(doubt("it did not report an error that we planted".into()));
    }
    measure.work = vec![("files".into(), subject.files.len() as u64)];
    Ok(measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject {
        Subject {
            files: vec!["pkg/findings.py".into()],
            ..Subject::test("pkg", "/WORK")
        }
    }

    fn judge_text(code: i32, stdout: &str) -> Result<Measure, Trouble> {
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: b"error: it went wrong\n".to_vec(),
        };
        judge(&answer, &subject(), Path::new("/canary.py"))
    }

    const FINDING: &str = r#"{"cell":null,"code":"F401","end_location":{"column":10,"row":1},"filename":"/WORK/pkg/findings.py","fix":null,"location":{"column":8,"row":1},"message":"`os` imported but unused","name":"unused-import","noqa_row":1,"severity":"error","url":null}"#;
    const SONG: &str = r#"{"code":"invalid-syntax","filename":"/canary.py","location":{"column":1,"row":2},"message":"x"}"#;

    #[test]
    fn findings_have_their_place_and_the_canary_is_none() {
        let measure = judge_text(1, &format!("[{FINDING},{SONG}]")).unwrap();
        assert_eq!(measure.findings.len(), 1);
        let found = &measure.findings[0];
        assert_eq!(
            (found.rule.as_str(), found.line, found.column),
            ("F401", 1, 8)
        );
        assert!(
            judge_text(1, &format!("[{SONG}]"))
                .unwrap()
                .findings
                .is_empty()
        );
    }

    #[test]
    fn a_clean_report_without_proof_of_work_is_no_verdict() {
        assert!(judge_text(0, "[]").is_err()); // nothing was looked at
        assert!(judge_text(1, &format!("[{FINDING}]")).is_err());
        assert!(judge_text(0, &format!("[{SONG}]")).is_err());
        assert!(judge_text(1, "[]").is_err());
        assert!(judge_text(1, "").is_err());
        assert!(judge_text(1, &format!("[{FINDING},{SONG}")).is_err());
        let elsewhere = SONG.replace("canary", "other");
        assert!(judge_text(1, &format!("[{SONG},{elsewhere}]")).is_err());
    }

    #[test]
    fn an_unusable_configuration_is_named() {
        let error = judge_text(2, "").unwrap_err().to_string();
        assert!(error.contains("it went wrong"), "{error}");
    }
}
