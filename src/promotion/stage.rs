//! The stage of a module: always derived, never stored.

use serde::{Deserialize, Serialize};

use super::{Criterion, GateStatus};

/// How far a module has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// In a source lane.
    Candidate,
    /// A promotion was proposed.
    Proposed,
    /// Gate 1 holds.
    Validated,
    /// Gate 2 holds.
    SignedOff,
    /// Moved, on its branch.
    Promoted,
    /// On the main branch.
    Merged,
    /// Watched.
    Canary,
    /// Watched to the end.
    Completed,
    /// Taken back.
    RolledBack,
}

impl Stage {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Proposed => "proposed",
            Self::Validated => "validated",
            Self::SignedOff => "signed off",
            Self::Promoted => "promoted",
            Self::Merged => "merged",
            Self::Canary => "canary",
            Self::Completed => "completed",
            Self::RolledBack => "rolled back",
        }
    }
}

/// What keeps a module from the next stage, in words, most pressing first.
///
/// Today this knows Gate 1. Proposals, decisions, merges and canaries are not
/// recorded yet, so every module is a [`Stage::Candidate`].
pub fn blockers(criteria: &[(Criterion, GateStatus, String)]) -> Vec<String> {
    let mut open: Vec<_> = criteria
        .iter()
        .filter(|(_, status, _)| !status.holds())
        .collect();
    open.sort_by_key(|(criterion, status, _)| (std::cmp::Reverse(*status), *criterion));
    open.into_iter()
        .map(|(criterion, status, why)| {
            let head = format!("{} {}: {}", criterion.number(), criterion.title(), status);
            if why.is_empty() {
                head
            } else {
                format!("{head} ({why})")
            }
        })
        .collect()
}
