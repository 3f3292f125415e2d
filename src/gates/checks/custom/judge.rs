//! What follows from an exit code and a report, which must agree.

use super::call::{Ran, locate};
use super::{junit, lines, sarif};
use crate::gates::Trouble;
use crate::gates::checks::{Measure, count};
use crate::gates::job::Job;
use crate::gates::subject::{Finder, Subject, one_line};
use crate::gates::trouble::last_words;
use crate::promotion::Finding;
use crate::promotion::policy::{CustomGate, ReportFormat};

/// A report, whatever its form.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    /// What was found.
    pub found: Vec<Found>,
    /// The proof of work; all above zero.
    pub work: Vec<(String, u64)>,
}

/// Something that was found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// Which rule.
    pub rule: String,
    /// What it says.
    pub message: String,
    /// Words that differ from run to run.
    pub detail: String,
    /// The file; empty: the module as a whole.
    pub path: Vec<u8>,
    /// The line, from 1; 0: none.
    pub line: u32,
    /// The column, from 1; 0: none.
    pub column: u32,
    /// False where it is only shown.
    pub counts: bool,
}

/// Judges a run.
pub(super) fn judge(gate: &CustomGate, ran: &Ran, job: &Job<'_>) -> Result<Measure, Trouble> {
    let (measure, elsewhere) = weigh(gate, ran, job.subject)?;
    if elsewhere > 0 {
        job.note(format!(
            "{} outside of the module {} not counted",
            count(elsewhere, "finding"),
            if elsewhere == 1 { "was" } else { "were" },
        ));
    }
    Ok(measure)
}

/// The measure, and how much was found outside of the module.
fn weigh(gate: &CustomGate, ran: &Ran, subject: &Subject) -> Result<(Measure, usize), Trouble> {
    let code = ran.answer.code;
    let (clean, found) = (gate.clean.contains(&code), gate.found.contains(&code));
    if !clean && !found {
        return Err(Trouble::new(
            format!(
                "{} ended with exit code {code}, which is neither among `clean` {:?} nor among \
                 `found` {:?}{}",
                gate.name,
                gate.clean,
                gate.found,
                last_words(&ran.answer.stderr)
            ),
            "see the raw output; run the command shown by hand, or correct the codes in \
             countersign.toml",
        ));
    }
    let doubt = |why: String| Trouble::unbelievable(&gate.name, why);
    if ran.report.trim_ascii().is_empty() {
        return Err(doubt("its report is empty".into()));
    }
    let read = match gate.format {
        ReportFormat::Sarif => sarif::read,
        ReportFormat::Junit => junit::read,
        ReportFormat::JsonLines => lines::read,
    };
    let report = read(&ran.report).map_err(doubt)?;
    let any = report.found.iter().any(|it| it.counts);
    // What is only to be shown may go with either.
    let agrees = match any {
        true => found,
        false => clean || !report.found.is_empty(),
    };
    if !agrees {
        let what = match any {
            true => "something was found",
            false => "nothing was found",
        };
        return Err(doubt(format!(
            "its report says that {what}, its exit code {code} does not"
        )));
    }
    let finder = Finder::new(&subject.tree);
    let mut measure = Measure {
        work: report.work,
        ..Measure::default()
    };
    // A test says something of what it tests, wherever it stands itself.
    let anywhere = gate.format == ReportFormat::Junit;
    let mut elsewhere = 0;
    for it in report.found {
        let path = match it.path.is_empty() {
            true => subject.module.clone(),
            false => locate(&it.path, subject).map_err(doubt)?,
        };
        let within = path.is_within(&subject.module) || subject.files.contains(&path);
        if !within && !anywhere {
            elsewhere += 1;
            continue;
        }
        let mut finding: Finding = match it.counts {
            true => finder.error(&it.rule, &it.message, &path, it.line, it.column),
            false => finder.note(&it.rule, &it.message, &path, it.line, it.column),
        };
        finding.detail = one_line(&it.detail);
        measure.findings.push(finding);
    }
    Ok((measure, elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::job::Answer;
    use crate::promotion::Criterion;
    use crate::promotion::policy::GateOptions;

    fn judged(format: ReportFormat, code: i32, report: &str) -> Result<(Measure, usize), String> {
        let dir = tempfile::tempdir().unwrap();
        for file in ["candidate/m/a.py", "other.py"] {
            let file = dir.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x = 1\n").unwrap();
        }
        let gate = CustomGate {
            name: "own".into(),
            title: "Own".into(),
            criterion: Criterion::Security,
            command: vec!["own".into()],
            format,
            clean: vec![0],
            found: vec![1],
            tools: Vec::new(),
            options: GateOptions::default(),
        };
        let ran = Ran {
            answer: Answer {
                code,
                stdout: Vec::new(),
                stderr: b"error: it broke\n".to_vec(),
            },
            report: report.into(),
        };
        let subject = Subject {
            files: vec!["candidate/m/a.py".into()],
            ..Subject::test("candidate/m", dir.path())
        };
        weigh(&gate, &ran, &subject).map_err(|trouble| trouble.to_string())
    }

    const FOUND: &str = r#"{"path":"candidate/m/a.py","line":1,"rule":"R","message":"bad"}"#;
    const NOTE: &str = r#"{"path":"other.py","message":"look","severity":"note"}"#;
    const DONE: &str = r#"{"checked":1}"#;

    #[test]
    fn code_and_report_must_agree() {
        let lines = |code, lines: &[&str]| judged(ReportFormat::JsonLines, code, &lines.join("\n"));
        let (measure, elsewhere) = lines(1, &[FOUND, NOTE, DONE]).unwrap();
        assert_eq!((measure.findings.len(), elsewhere), (1, 1));
        assert_eq!(measure.findings[0].source, "x = 1");
        assert!(lines(0, &[DONE]).unwrap().0.findings.is_empty());
        assert!(lines(0, &[NOTE, DONE]).is_ok() && lines(1, &[NOTE, DONE]).is_ok());
        for (code, all) in [(0, &[FOUND, DONE][..]), (1, &[DONE][..])] {
            let why = lines(code, all).unwrap_err();
            assert!(why.contains("exit code"), "{why}");
        }
        let why = lines(3, &[DONE]).unwrap_err();
        assert!(
            why.contains("exit code 3") && why.contains("it broke"),
            "{why}"
        );
    }

    /// pytest names the file of a test where it is asked to, as does unittest.
    #[test]
    fn a_test_that_fails_counts_wherever_it_stands() {
        for file in ["", " file=\"other.py\" line=\"1\""] {
            let xml = format!(
                "<testsuite tests=\"1\"><testcase name=\"t\"{file}><failure message=\"no\"/>\
                 </testcase></testsuite>"
            );
            let (measure, elsewhere) = judged(ReportFormat::Junit, 1, &xml).unwrap();
            assert_eq!((measure.findings.len(), elsewhere), (1, 0), "{file}");
        }
    }

    #[test]
    fn an_empty_or_broken_report_is_no_verdict() {
        for format in [
            ReportFormat::Sarif,
            ReportFormat::Junit,
            ReportFormat::JsonLines,
        ] {
            for report in [
                "",
                "\n",
                "[]",
                "{}",
                "null",
                "Traceback",
                "<a/>",
                "{\"checked\":0}",
            ] {
                for code in [0, 1] {
                    assert!(judged(format, code, report).is_err(), "{format:?} {report}");
                }
            }
        }
    }

    #[test]
    fn a_place_that_is_not_there_is_no_verdict() {
        let why = judged(
            ReportFormat::JsonLines,
            1,
            &[&FOUND.replace("a.py", "gone.py"), DONE].join("\n"),
        )
        .unwrap_err();
        assert!(why.contains("gone.py, which is not in the tree"), "{why}");
    }
}
