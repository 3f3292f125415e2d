//! `format`: black, on copies under neutral names: black prints
//! names as they are, one a line, and some names would break that.

use std::collections::HashMap;

use futures_util::future::BoxFuture;
use imara_diff::{Algorithm, Diff, InternedInput};

use super::{Check, Measure, count};
use crate::gates::Trouble;
use crate::gates::job::{Answer, Call, Job};
use crate::gates::subject::Finder;
use crate::promotion::{Criterion, GateId, RepoPath};

/// The gate.
pub struct Format;

impl Check for Format {
    fn id(&self) -> GateId {
        GateId::new("format")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Format
    }

    fn title(&self) -> &'static str {
        "black would change nothing"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &["black"]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(run(job))
    }
}

async fn run(job: &Job<'_>) -> Result<Measure, Trouble> {
    let subject = job.subject;
    let mut measure = Measure::default();
    let formatted = black(job).await?;
    let finder = Finder::new(&subject.tree);
    for (file, formatted) in subject.files.iter().zip(&formatted) {
        match formatted {
            Formatted::Clean => {}
            // At the merge-base it takes nothing from the verdict on what is there now.
            Formatted::Unread { .. } if job.baseline => {}
            Formatted::Unread { why } => return Err(unread(file, why)),
            Formatted::Broken { line, column } => measure.findings.push(finder.error(
                "cannot-parse",
                "black cannot parse the file",
                file,
                *line,
                *column,
            )),
            Formatted::Changed { before, after } => {
                for line in changed(before, after) {
                    // No line numbers in the message: it is part of the identity.
                    let message = "would be reformatted";
                    measure
                        .findings
                        .push(finder.error("black", message, file, line, 1));
                }
            }
        }
    }
    let files = formatted.len();
    measure.work = vec![("files".into(), files as u64)];
    let wrong = |formatted: &&Formatted| !matches!(formatted, Formatted::Clean);
    let wrong = formatted.iter().filter(wrong).count();
    if wrong > 0 {
        measure.summary = Some(format!("{wrong} of {}", count(files, "file")));
    }
    Ok(measure)
}

/// Has black format the tree's files.
pub async fn fix(job: &Job<'_>) -> Result<(), Trouble> {
    let subject = job.subject;
    for (file, formatted) in subject.files.iter().zip(black(job).await?) {
        match formatted {
            Formatted::Clean => {}
            Formatted::Changed { after, .. } => job.write(&subject.on_disk(file), after)?,
            Formatted::Unread { why } => return Err(unread(file, &why)),
            Formatted::Broken { line, .. } => {
                return Err(Trouble::new(
                    format!("black cannot parse {file}, line {line}"),
                    "mend the syntax first",
                ));
            }
        }
    }
    Ok(())
}

/// What black makes of one file.
enum Formatted {
    Clean,
    Changed { before: Vec<u8>, after: Vec<u8> },
    Broken { line: u32, column: u32 },
    Unread { why: String },
}

fn unread(file: &RepoPath, why: &str) -> Trouble {
    Trouble::new(
        format!("black could not read {file}: {why}"),
        "is the file UTF-8?",
    )
}

/// Runs black on copies of the module's files: an answer for each.
async fn black(job: &Job<'_>) -> Result<Vec<Formatted>, Trouble> {
    let black = job.toolbox.get("black")?;
    let place = job.place()?;
    let subject = job.subject;
    let copies = place.work.join("files");
    let disk = |e: &std::io::Error| Trouble::disk(job.bench.scratch.root(), e);
    std::fs::create_dir(&copies).map_err(|e| disk(&e))?;
    // Black looks upwards for a project, whose .gitignore it then obeys: the
    // cache directory may lie in somebody's repository. This mark ends the search.
    std::fs::create_dir(copies.join(".hg")).map_err(|e| disk(&e))?;
    let names = neutral_names(&subject.files);
    for (name, file) in names.iter().zip(&subject.files) {
        // Written anew, not copied with its rights: black must be able to rewrite it.
        let content = std::fs::read(subject.on_disk(file)).map_err(|e| disk(&e))?;
        std::fs::write(copies.join(name), content).map_err(|e| disk(&e))?;
    }
    let config = match subject.root_file("pyproject.toml") {
        Some(file) => file,
        None => {
            let file = place.work.join("none.toml");
            job.write(&file, "")?;
            file
        }
    };
    // Formatted for real, once: what became of the copies says where, and must agree
    // with what black says of them.
    let call = Call::new(black, &black.program, &copies)
        .args(["--config".into(), config.into_os_string()])
        .args(["-v", "--safe", "--no-color", "--no-cache"])
        .args(["--force-exclude", "", "-W", "1"])
        .args(&job.options.args)
        .args(["--"])
        .args(&names);
    let answer = job.run(&place, call).await?;
    let verdicts = judge(&answer, &names)?;
    let mut formatted = Vec::new();
    for ((name, file), verdict) in names.iter().zip(&subject.files).zip(verdicts) {
        let before = std::fs::read(subject.on_disk(file)).map_err(|e| disk(&e))?;
        let after = std::fs::read(copies.join(name)).map_err(|e| disk(&e))?;
        if (before != after) != (verdict == Verdict::Reformat) {
            let why = format!("what it says of {file} is not what it did");
            return Err(Trouble::unbelievable("black", why));
        }
        formatted.push(match verdict {
            Verdict::Clean => Formatted::Clean,
            Verdict::Broken { line, column } => Formatted::Broken { line, column },
            Verdict::Unread { why } => Formatted::Unread { why },
            Verdict::Reformat => Formatted::Changed { before, after },
        });
    }
    Ok(formatted)
}

fn neutral_names(files: &[RepoPath]) -> Vec<String> {
    let suffix = |file: &RepoPath| match file.as_bytes().ends_with(b".pyi") {
        true => "pyi",
        false => "py",
    };
    files
        .iter()
        .enumerate()
        .map(|(i, file)| format!("{i:06}.{}", suffix(file)))
        .collect()
}

/// What black says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Reformat,
    Broken { line: u32, column: u32 },
    Unread { why: String },
}

/// One verdict for each file, or none at all: a file black does not mention
/// was not looked at.
fn judge(answer: &Answer, names: &[String]) -> Result<Vec<Verdict>, Trouble> {
    if !matches!(answer.code, 0 | 123) {
        return Err(answer.unexpected("black"));
    }
    let doubt = |why: String| Trouble::unbelievable("black", why);
    let index: HashMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (name.as_str(), i))
        .collect();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; names.len()];
    let text = String::from_utf8_lossy(&answer.stderr);
    for line in text.lines() {
        let (name, verdict) = if let Some(name) = line.strip_prefix("reformatted ") {
            (name, Verdict::Reformat)
        } else if let Some(name) = line.strip_suffix(" already well formatted, good job.") {
            (name, Verdict::Clean)
        } else if let Some(rest) = line.strip_prefix("error: cannot parse") {
            // "error: cannot parse: 000003.py:1:6", or "… for target version …: name:1:6".
            let mut parts = rest.rsplitn(3, ':');
            let number = |part: Option<&str>| part.and_then(|p| p.trim().parse().ok());
            let before = rest;
            let (column, line) = (number(parts.next()), number(parts.next()));
            let name = match (column, line) {
                (Some(_), Some(_)) => parts.next().unwrap_or_default(),
                _ => before,
            };
            let name = name.rsplit(' ').next().unwrap_or_default();
            let verdict = Verdict::Broken {
                line: line.unwrap_or(0),
                column: column.map_or(0, |c: u32| c + 1),
            };
            (name.trim_start_matches(':').trim(), verdict)
        } else if let Some(rest) = line.strip_prefix("error: cannot format ") {
            let (name, why) = rest.split_once(": ").unwrap_or((rest, ""));
            (name, Verdict::Unread { why: why.into() })
        } else {
            continue;
        };
        let Some(slot) = index.get(name).and_then(|i| verdicts.get_mut(*i)) else {
            continue;
        };
        if slot.replace(verdict).is_some() {
            return Err(doubt("it judged a file twice".into()));
        }
    }
    let verdicts: Option<Vec<_>> = verdicts.into_iter().collect();
    let Some(verdicts) = verdicts else {
        return Err(doubt(format!(
            "it did not judge every file{}",
            crate::gates::trouble::last_words(&answer.stderr)
        )));
    };
    let broken = |v: &Verdict| matches!(v, Verdict::Broken { .. } | Verdict::Unread { .. });
    if (answer.code == 123) != verdicts.iter().any(broken) {
        return Err(doubt("its exit code contradicts its report".into()));
    }
    Ok(verdicts)
}

/// The first line of each stretch that changes.
fn changed(before: &[u8], after: &[u8]) -> Vec<u32> {
    let input = InternedInput::new(before, after);
    Diff::compute(Algorithm::Histogram, &input)
        .hunks()
        .map(|hunk| hunk.before.start + 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge_text(code: i32, stderr: &str) -> Result<Vec<Verdict>, Trouble> {
        let answer = Answer {
            code,
            stdout: Vec::new(),
            stderr: stderr.into(),
        };
        let names = ["000000.py".into(), "000001.pyi".into()];
        judge(&answer, &names)
    }

    const CLEAN: &str = "000000.py already well formatted, good job.\n";

    #[test]
    fn every_file_has_a_verdict() {
        let verdicts = judge_text(0, &format!("{CLEAN}reformatted 000001.pyi\n")).unwrap();
        assert_eq!(verdicts, [Verdict::Clean, Verdict::Reformat]);
        let verdicts = judge_text(
            123,
            &format!("{CLEAN}error: cannot parse: 000001.pyi:1:6\n"),
        )
        .unwrap();
        assert_eq!(verdicts[1], Verdict::Broken { line: 1, column: 7 });
        let newer = "error: cannot parse for target version Python 3.13: 000001.pyi:4:0\n";
        let verdicts = judge_text(123, &format!("{CLEAN}{newer}")).unwrap();
        assert_eq!(verdicts[1], Verdict::Broken { line: 4, column: 1 });
    }

    #[test]
    fn silence_is_no_verdict() {
        assert!(judge_text(0, "").is_err()); // "No Python files are present", exit code 0
        assert!(judge_text(0, CLEAN).is_err());
        assert!(judge_text(1, "Error: Could not open file\n").is_err());
        let ignored = "000001.pyi ignored: matches the --force-exclude regular expression\n";
        assert!(judge_text(0, &format!("{CLEAN}{ignored}")).is_err());
        let only_told = format!("{CLEAN}would reformat 000001.pyi\n");
        assert!(judge_text(0, &only_told).is_err());
        let both = format!("{CLEAN}reformatted 000001.pyi\n");
        assert!(judge_text(1, &both).is_err());
        assert!(judge_text(2, &both).is_err());
        assert!(judge_text(123, &both).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let unread = "error: cannot format 000001.pyi: invalid or missing encoding declaration\n";
        let verdicts = judge_text(123, &format!("{CLEAN}{unread}")).unwrap();
        let why = "invalid or missing encoding declaration".into();
        assert_eq!(verdicts[1], Verdict::Unread { why });
        assert!(judge_text(0, &format!("{CLEAN}{unread}")).is_err());
    }

    #[test]
    fn changes_are_named_by_their_lines() {
        assert_eq!(changed(b"a\nb\nc\n", b"a\nB\nc\n"), [2]);
        assert_eq!(changed(b"a\nb\n", b"a\n\nb\n"), [2]);
        assert_eq!(changed(b"a\nb\nc\n", b"c\n"), [1]);
    }
}
