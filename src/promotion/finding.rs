//! What a gate found.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// How a finding stands to the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Novelty {
    /// Not in the baseline: counts.
    New,
    /// In the baseline as well.
    Old,
    /// In the baseline only.
    Fixed,
}

/// How grave a finding is, in the tool's own judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Counts against the gate.
    Error,
    /// Shown, does not count.
    Note,
}

/// One thing a gate found at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The tool's name for the rule (`F401`, `arg-type`), or a short word of ours.
    pub rule: String,
    /// The tool's words, one line, untouched: hostile until shown through `text::visible`.
    pub message: String,
    /// What the code that was run said of it, one line, as hostile: other on every
    /// run, so neither part of its identity nor of what a report's digest covers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The file, as it is in the tree that was checked.
    pub path: RepoPath,
    /// First line, from 1; 0 where the finding is about the whole file.
    pub line: u32,
    /// Column in characters, from 1; 0 where there is none.
    pub column: u32,
    /// The source line it stands on, stripped; part of its identity.
    pub source: String,
    /// Error or note.
    pub severity: Severity,
    /// New, old or fixed against the baseline.
    pub novelty: Novelty,
}

impl Finding {
    /// True where it keeps a gate from passing under "zero new".
    pub fn counts(&self) -> bool {
        self.severity == Severity::Error && self.novelty == Novelty::New
    }

    /// True for what is told and counts for nothing.
    pub fn is_note(&self) -> bool {
        self.severity != Severity::Error
    }

    /// Message and detail, for people.
    pub fn text(&self) -> Cow<'_, str> {
        match self.detail.is_empty() {
            true => Cow::Borrowed(&self.message),
            false => Cow::Owned(format!("{}: {}", self.message, self.detail)),
        }
    }
}
