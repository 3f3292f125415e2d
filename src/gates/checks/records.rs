//! Reading lines of JSON from our helpers: a document is whole only with its
//! first and last record, and exactly one verdict for each file in between.

use serde::Deserialize;

use crate::gates::Trouble;

/// One record of a helper; see `assets/python`.
#[derive(Debug, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum Record {
    /// The first.
    Start {
        /// Version of the format.
        v: u32,
        /// How many files it was given.
        n: usize,
    },
    /// Nothing wrong.
    Ok {
        /// The file.
        i: usize,
        /// Its size.
        bytes: u64,
    },
    /// Something odd.
    Warning {
        /// The file.
        i: usize,
        /// Line.
        line: Option<u32>,
        /// The warning's class.
        kind: String,
        /// What it says.
        msg: String,
    },
    /// It does not compile, or could not be sorted.
    Error {
        /// The file.
        i: usize,
        /// Line.
        #[serde(default)]
        line: Option<u32>,
        /// Column.
        #[serde(default)]
        col: Option<u32>,
        /// The error's class.
        kind: String,
        /// What it says.
        msg: String,
    },
    /// It is no Python, of which the tool takes no notice.
    Broken {
        /// The file.
        i: usize,
        /// Line.
        line: Option<u32>,
        /// The error's class.
        kind: String,
        /// What it says.
        msg: String,
    },
    /// It could not be read.
    Io {
        /// The file.
        i: usize,
        /// The error's class.
        kind: String,
        /// What it says.
        msg: String,
    },
    /// Imports are out of order.
    Unsorted {
        /// The file.
        i: usize,
        /// Its size.
        bytes: u64,
        /// Where.
        hunks: Vec<Hunk>,
    },
    /// Not looked at.
    Skipped {
        /// The file.
        i: usize,
    },
    /// The last.
    End {
        /// How many files it saw.
        n: usize,
    },
}

/// Lines to be replaced.
#[derive(Debug, Deserialize)]
pub struct Hunk {
    /// The first one.
    pub line: u32,
    /// As they are.
    pub old: Vec<String>,
    /// As they should be.
    pub new: Vec<String>,
}

impl Record {
    /// The file it is the verdict on; warnings are none.
    fn verdict_on(&self) -> Option<usize> {
        match self {
            Self::Ok { i, .. }
            | Self::Error { i, .. }
            | Self::Broken { i, .. }
            | Self::Io { i, .. }
            | Self::Unsorted { i, .. }
            | Self::Skipped { i, .. } => Some(*i),
            Self::Warning { .. } | Self::Start { .. } | Self::End { .. } => None,
        }
    }
}

/// Reads what a helper wrote about `files` files.
pub fn read(tool: &str, output: &[u8], files: usize) -> Result<Vec<Record>, Trouble> {
    let doubt = |why: String| Trouble::unbelievable(tool, why);
    let mut records = Vec::new();
    for line in output.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let record: Record = serde_json::from_slice(line)
            .map_err(|error| doubt(format!("a line is no record ({error})")))?;
        records.push(record);
    }
    match (records.first(), records.last()) {
        (Some(Record::Start { v: 1, n: sent }), Some(Record::End { n: seen }))
            if *sent == files && *seen == files => {}
        _ => return Err(doubt(format!("it did not report on all {files} files"))),
    }
    let mut verdicts = vec![0_u32; files];
    for record in &records {
        if let Some(index) = record.verdict_on() {
            match verdicts.get_mut(index) {
                Some(count) => *count += 1,
                None => {
                    return Err(doubt(format!(
                        "it speaks of a file {index} it was not given"
                    )));
                }
            }
        }
    }
    if verdicts.iter().any(|count| *count != 1) {
        return Err(doubt("it did not judge every file exactly once".into()));
    }
    Ok(records)
}
