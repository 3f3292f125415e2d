//! `compile`: every file compiles, as `py_compile` would do it, without
//! writing or running anything.

use futures_util::future::BoxFuture;

use super::{Check, Measure, count, records};
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job};
use crate::gates::subject::Finder;
use crate::promotion::{Criterion, GateId, RepoPath};

const HELPER: &str = include_str!("../../../assets/python/compile_files.py");

/// The gate.
pub struct Compile;

impl Check for Compile {
    fn id(&self) -> GateId {
        GateId::new("compile")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Syntax
    }

    fn title(&self) -> &'static str {
        "Every file compiles"
    }

    fn definition(&self) -> u32 {
        1
    }

    fn tools(&self) -> &'static [&'static str] {
        &[]
    }

    fn runs_code(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

/// Compiles every file of the subject.
pub async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let place = job.place()?;
    let helper = place.work.join("compile_files.py");
    job.write(&helper, HELPER)?;
    let files = &job.subject.files;
    let call = Call {
        tool: "python",
        version: &job.toolbox.python_version,
        argv: vec![
            (&job.toolbox.python).into(),
            "-I".into(),
            "-S".into(),
            "-B".into(),
            helper.into(),
        ],
        cwd: &job.subject.tree,
        stdin: Some(null_separated(files)),
        env: Vec::new(),
        readable: Vec::new(),
        writable: Vec::new(),
        stream_stdout: false,
    };
    let answer = job.run(&place, call).await?;
    judge(&answer, files, &Finder::new(&job.subject.tree))
}

/// Paths for a helper.
pub(super) fn null_separated(files: &[RepoPath]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in files {
        bytes.extend_from_slice(file.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn judge(answer: &Answer, files: &[RepoPath], finder: &Finder<'_>) -> Result<Measure, Trouble> {
    use records::Record;
    if !matches!(answer.code, 0 | 1) {
        return Err(answer.unexpected("python"));
    }
    let mut measure = Measure::default();
    let (mut bytes, mut wrong) = (0, 0);
    for record in records::read("python", &answer.stdout, files.len())? {
        match record {
            Record::Ok { bytes: size, .. } => bytes += size,
            Record::Error {
                i,
                line,
                col,
                kind,
                msg,
            } => {
                wrong += 1;
                measure.findings.push(finder.error(
                    &kind,
                    &msg,
                    &files[i],
                    line.unwrap_or(0),
                    col.unwrap_or(0),
                ));
            }
            Record::Warning { i, line, kind, msg } => {
                let Some(file) = files.get(i) else { continue };
                measure
                    .findings
                    .push(finder.note(&kind, &msg, file, line.unwrap_or(0), 0));
            }
            Record::Io { i, kind, msg } => {
                return Err(Trouble::new(
                    format!("{} could not be read: {kind}: {msg}", files[i]),
                    "run the gate again; if it stays, see the raw output",
                ));
            }
            _ => {}
        }
    }
    if (answer.code == 0) != (wrong == 0) {
        return Err(Trouble::unbelievable(
            "python",
            "its exit code contradicts its report",
        ));
    }
    measure.work = vec![
        ("files".into(), files.len() as u64),
        ("bytes".into(), bytes),
    ];
    measure.summary = Some(match wrong {
        0 => count(files.len(), "file"),
        n => format!("{} of {}", n, count(files.len(), "file")),
    });
    Ok(measure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn judge_text(code: i32, stdout: &str, n: usize) -> Result<Measure, Trouble> {
        let files: Vec<RepoPath> = (0..n).map(|i| format!("f{i}.py").as_str().into()).collect();
        let answer = Answer {
            code,
            stdout: stdout.into(),
            stderr: Vec::new(),
        };
        judge(&answer, &files, &Finder::new(Path::new("/nonexistent")))
    }

    const START: &str = r#"{"t":"start","v":1,"python":"3.11.7","impl":"cpython","n":2}"#;
    const OK: &str = r#"{"t":"ok","i":0,"bytes":79}"#;
    const BAD: &str = r#"{"t":"error","i":1,"line":1,"col":7,"end_line":1,"end_col":8,"kind":"SyntaxError","msg":"invalid syntax"}"#;
    const END: &str = r#"{"t":"end","n":2,"ok":1,"error":1,"io":0}"#;

    #[test]
    fn a_syntax_error_is_a_finding() {
        let measure = judge_text(1, &[START, OK, BAD, END].join("\n"), 2).unwrap();
        assert_eq!(measure.findings.len(), 1);
        assert_eq!(measure.findings[0].path, RepoPath::from("f1.py"));
        assert_eq!(
            (measure.findings[0].line, measure.findings[0].column),
            (1, 7)
        );
    }

    #[test]
    fn whatever_is_cut_off_or_contradictory_is_no_verdict() {
        let whole = [START, OK, BAD, END];
        for end in 0..whole.len() {
            assert!(judge_text(1, &whole[..end].join("\n"), 2).is_err(), "{end}");
        }
        assert!(judge_text(0, &whole.join("\n"), 2).is_err());
        assert!(judge_text(-1, &whole.join("\n"), 2).is_err());
        assert!(judge_text(1, &whole.join("\n"), 3).is_err());
        assert!(judge_text(1, &[START, OK, OK, END].join("\n"), 2).is_err());
        assert!(judge_text(1, "Segmentation fault", 2).is_err());
    }
}
