//! What was seen, kept on this machine: a line for each look, for lines that show how it
//! went; the newest verdict whole; and what verdicts in the log were made of.
//!
//! Nothing is decided by it, and it can be deleted: nights and verdicts that count stand
//! in the log, and what is judged is read anew.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ObserveError;
use super::look::Seen;
use crate::promotion::canary::{Action, Verdict, Word};
use crate::promotion::{ObjectId, Sha256};
use crate::workflow::dirs;

/// How many looks are kept: ten days of one each five minutes.
const MOST: usize = 3_000;
/// How much more there may be before it is cut.
const SLACK: usize = 500;
/// How many documents of evidence are kept for a promotion.
const MOST_EVIDENCE: usize = 50;

/// A look that is past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// When, in Unix seconds.
    pub at: i64,
    /// The word.
    pub word: Word,
    /// What it allowed.
    pub action: Action,
    /// Why.
    pub why: String,
    /// When everything last had data.
    pub last_good: Option<i64>,
    /// Each signal.
    pub signals: Vec<PastSignal>,
}

/// What a signal was in a look that is past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastSignal {
    /// Its name.
    pub signal: String,
    /// Its word.
    pub word: Word,
    /// Which part of the canary's requests went wrong, since the merge.
    pub canary: Option<f64>,
    /// The same of the base.
    pub base: Option<f64>,
    /// Evidence of relative harm, of what it has to reach.
    pub evidence: Option<f64>,
}

impl Past {
    /// What is kept of a verdict.
    pub fn of(verdict: &Verdict) -> Self {
        let signals = verdict.signals.iter().map(|it| PastSignal {
            signal: it.signal.clone(),
            word: it.word,
            canary: it.difference.as_ref().map(|it| it.canary),
            base: it.difference.as_ref().map(|it| it.base),
            evidence: it.evidence.map(|[value, limit]| value / limit),
        });
        Self {
            at: verdict.at,
            word: verdict.word,
            action: verdict.action,
            why: verdict.why.clone(),
            last_good: verdict.last_good,
            signals: signals.collect(),
        }
    }
}

/// Where the looks at one promotion are kept.
#[derive(Clone, Debug)]
pub struct Journal(PathBuf);

impl Journal {
    /// Of a promotion of a repository.
    pub fn of(repository: ObjectId, promotion: ObjectId) -> Result<Self, ObserveError> {
        Ok(Self::in_directory(&directory(repository)?, promotion))
    }

    /// The same in a directory of one's own.
    pub fn in_directory(directory: &Path, promotion: ObjectId) -> Self {
        Self(directory.join(promotion.to_string()))
    }

    /// The looks, oldest first. A line that cannot be read is left out.
    pub fn looks(&self) -> Vec<Past> {
        let text = std::fs::read_to_string(self.looks_file()).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// The newest verdict, whole.
    pub fn verdict(&self) -> Option<Verdict> {
        let bytes = std::fs::read(self.0.join("verdict.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps a look.
    pub fn keep(&self, verdict: &Verdict) -> Result<(), ObserveError> {
        std::fs::create_dir_all(&self.0).map_err(ObserveError::disk(&self.0))?;
        let mut line = serde_json::to_vec(&Past::of(verdict))?;
        line.push(b'\n');
        let path = self.looks_file();
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path);
        let written = file.and_then(|mut file| file.write_all(&line));
        written.map_err(ObserveError::disk(&path))?;
        self.cut(&path)?;
        self.replace("verdict.json", &serde_json::to_vec(verdict)?)
    }

    /// Keeps what a verdict was made of, by its digest.
    pub fn keep_evidence(&self, seen: &Seen) -> Result<Sha256, ObserveError> {
        let (digest, bytes) = seen.evidence()?;
        let directory = self.0.join("evidence");
        std::fs::create_dir_all(&directory).map_err(ObserveError::disk(&directory))?;
        self.replace(&format!("evidence/{digest}.json"), &bytes)?;
        let mut kept: Vec<_> = std::fs::read_dir(&directory)
            .map_err(ObserveError::disk(&directory))?
            .flatten()
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        kept.sort();
        let old = kept.len().saturating_sub(MOST_EVIDENCE);
        for (_, path) in &kept[..old] {
            let _ = std::fs::remove_file(path);
        }
        Ok(digest)
    }

    /// Where such evidence is kept.
    pub fn evidence_file(&self, digest: &str) -> PathBuf {
        self.0.join("evidence").join(format!("{digest}.json"))
    }

    fn looks_file(&self) -> PathBuf {
        self.0.join("looks.jsonl")
    }

    /// Leaves the newest lines, where there are many more.
    fn cut(&self, path: &Path) -> Result<(), ObserveError> {
        // A line is no shorter than this: most of the time nothing need be read.
        const SHORTEST: u64 = 100;
        let length = std::fs::metadata(path).map_or(0, |it| it.len());
        if length < (MOST + SLACK) as u64 * SHORTEST {
            return Ok(());
        }
        let text = std::fs::read_to_string(path).map_err(ObserveError::disk(path))?;
        let count = text.lines().count();
        if count <= MOST + SLACK {
            return Ok(());
        }
        let newest: Vec<&str> = text.lines().skip(count - MOST).collect();
        self.replace("looks.jsonl", (newest.join("\n") + "\n").as_bytes())
    }

    /// Writes a file whole or not at all.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), ObserveError> {
        let path = self.0.join(name);
        let directory = path.parent().unwrap_or(&self.0);
        let made = tempfile::NamedTempFile::new_in(directory);
        let mut file = made.map_err(ObserveError::disk(directory))?;
        file.write_all(bytes).map_err(ObserveError::disk(&path))?;
        file.persist(&path)
            .map_err(|error| ObserveError::disk(&path)(error.error))?;
        Ok(())
    }
}

/// Where what was seen of a repository is kept.
pub(super) fn directory(repository: ObjectId) -> Result<PathBuf, ObserveError> {
    let state = dirs::state_dir()?;
    Ok(state.join("canary").join(repository.to_string()))
}
