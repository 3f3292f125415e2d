//! Runs examples in a tree of their own, and judges how they ended. What they
//! print is never read: our helper answers over a channel that they do not have,
//! each line behind a word that they do not know.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::examples::Block;
use crate::gates::checks::suite::{self, Lacking, arguments};
use crate::gates::job::{Answer, Call, Job, Terms};
use crate::gates::process::Network;
use crate::gates::subject::Subject;
use crate::gates::{Trouble, settings};
use crate::promotion::RepoPath;

const HELPER: &str = include_str!("../../../../assets/python/run_examples.py");

/// How an example ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// As it should; so many statements or sessions of it were run.
    Well(u64),
    /// With something to say of it: where, what, and in its own words.
    Badly {
        line: u32,
        what: String,
        words: String,
    },
    /// One before it failed.
    NotRun,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Record {
    Start {
        v: u32,
        n: usize,
    },
    Ran {
        i: usize,
        examples: u64,
    },
    Raised {
        i: usize,
        line: u32,
        kind: String,
        msg: String,
        missing: Option<String>,
    },
    Differs {
        i: usize,
        line: u32,
        expected: String,
        got: String,
    },
    Left {
        i: usize,
    },
    End {
        n: usize,
    },
}

/// Runs the blocks of the document at `file`.
pub(super) async fn run(
    job: &Job<'_>,
    file: &RepoPath,
    blocks: &[Block],
) -> Result<Vec<Ended>, Trouble> {
    let place = job.place()?;
    let tree = suite::checkout(job, &place).await?;
    let ran = run_in(job, &place, tree.path(), file, blocks).await;
    tree.give_back().await;
    let (answer, nonce) = ran?;
    let missing = Missing {
        file,
        subject: job.subject,
        roots: &job.bench.imports.roots,
    };
    judge(&answer, &nonce, blocks, &missing)
}

async fn run_in(
    job: &Job<'_>,
    place: &crate::gates::scratch::Place,
    tree: &Path,
    file: &RepoPath,
    blocks: &[Block],
) -> Result<(Answer, String), Trouble> {
    let nonce = arguments::secret();
    let helper = place.work.join("examples");
    std::fs::create_dir(&helper)
        .map_err(|error| Trouble::disk(job.bench.scratch.root(), &error))?;
    let helper = helper.join("run_examples.py");
    job.write(&helper, HELPER)?;
    let told = json!({
        "nonce": nonce,
        "roots": suite::import_paths(settings::pytest(job.subject).as_deref(), tree),
        "file": file,
        "blocks": blocks,
    });
    let call = Call {
        tool: "python",
        version: &job.toolbox.python_version,
        argv: vec![(&job.toolbox.python).into(), "-B".into(), helper.into()],
        cwd: tree,
        stdin: Some(told.to_string().into_bytes()),
        env: Vec::new(),
        readable: Vec::new(),
        writable: Vec::new(),
        stream_stdout: false,
    };
    // What is kept is the same on every run.
    let keep = |wrote: &[u8]| without(wrote, nonce.as_bytes());
    let terms = Terms {
        options: job.options,
        network: Network::None,
        keep: Some(&keep),
        alone: None,
    };
    let answer = job.run_on(place, call, terms).await?;
    Ok((answer, nonce))
}

fn without(bytes: &[u8], word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, word) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + word.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// What tells a package that is not installed from a mistake.
pub(super) struct Missing<'a> {
    pub file: &'a RepoPath,
    pub subject: &'a Subject,
    pub roots: &'a [RepoPath],
}

/// How each block ended: all are accounted for, or nothing is known.
pub(super) fn judge(
    answer: &Answer,
    nonce: &str,
    blocks: &[Block],
    missing: &Missing<'_>,
) -> Result<Vec<Ended>, Trouble> {
    let doubt = |why: String| Trouble::unbelievable("python", why);
    let mut records = Vec::new();
    for line in answer
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
    {
        let record = line.strip_prefix(nonce.as_bytes()).ok_or_else(|| {
            doubt("something wrote to the channel that is for our helper alone".into())
        })?;
        let record: Record = serde_json::from_slice(record)
            .map_err(|error| doubt(format!("a record is damaged ({error})")))?;
        records.push(record);
    }
    let mut records = records.into_iter();
    match records.next() {
        Some(Record::Start { v: 1, n }) if n == blocks.len() => {}
        None if answer.code != 0 => return Err(answer.unexpected("python")),
        _ => return Err(doubt("it did not begin".into())),
    }
    let mut lacking = Lacking::default();
    let mut ended = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let Some(record) = records.next() else {
            return Err(vanished(answer, missing.file, block));
        };
        let (i, how) = match record {
            Record::Ran { i, examples } => (i, Ended::Well(examples)),
            Record::Left { i } => (i, Ended::NotRun),
            Record::Raised {
                i,
                line,
                kind,
                msg,
                missing: name,
            } => {
                if let Some(name) = name {
                    lacking.add(&name, missing.file, missing.subject, missing.roots);
                }
                let what = format!("the example raises {kind}");
                (i, badly(line, what, msg))
            }
            Record::Differs {
                i,
                line,
                expected,
                got,
            } => {
                let what = match expected.trim() {
                    "" => "the example says that nothing comes out, and something does".into(),
                    expected => format!("the example says that {expected:?} comes out"),
                };
                (i, badly(line, what, format!("got {:?}", got.trim())))
            }
            Record::Start { .. } | Record::End { .. } => {
                return Err(doubt("it did not speak of every example".into()));
            }
        };
        let after_failure = ended.iter().any(|it| matches!(it, Ended::Badly { .. }));
        if i != at || after_failure != (how == Ended::NotRun) {
            return Err(doubt("it did not speak of every example in turn".into()));
        }
        ended.push(how);
    }
    match (records.next(), records.next()) {
        (Some(Record::End { n }), None) if n == blocks.len() => {}
        _ => {
            return Err(doubt(
                "it did not come to its end, or went on after it".into(),
            ));
        }
    }
    if answer.code != 0 {
        return Err(Trouble::new(
            format!(
                "{}: all examples came back, and Python ended with {} afterwards",
                missing.file, answer.code
            ),
            "something that they started, or left to be done at the end, failed: see the raw output",
        ));
    }
    if !lacking.is_empty() {
        let undecided = lacking.undecided("whether the examples work");
        return Err(Trouble::new(undecided.why, undecided.help));
    }
    Ok(ended)
}

fn badly(line: u32, what: String, words: String) -> Ended {
    Ended::Badly { line, what, words }
}

/// An example that took Python with it.
fn vanished(answer: &Answer, file: &RepoPath, block: &Block) -> Trouble {
    Trouble::new(
        format!(
            "{file}: the example at line {} ended Python (with {}) before it was done",
            block.line, answer.code
        ),
        "an example must come back; see the raw output",
    )
}

#[cfg(test)]
mod tests;
