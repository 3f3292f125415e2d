//! Gates and what they say.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a gate: one check that yields evidence for one criterion.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GateId(Cow<'static, str>);

impl GateId {
    /// A gate known when Countersign was built.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A gate named by a person or a file.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for GateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What is known of a gate, or of a criterion, for one module.
/// Only [`GateStatus::Passed`] and a justified [`GateStatus::NotApplicable`] count.
///
/// The order is that of rolling up: the greatest of several wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateStatus {
    /// Does not apply, for a stated reason.
    NotApplicable,
    /// The tool ran, proved that it did, and found nothing that counts.
    Passed,
    /// No evidence yet.
    NeverRun,
    /// There is evidence, for other content.
    Stale,
    /// Waiting for a place.
    Queued,
    /// At work.
    Running,
    /// The tool could not run, or what it said could not be believed. Never a pass.
    Error,
    /// The tool ran and found something that counts.
    Failed,
}

impl GateStatus {
    /// Every status, as people read them: what came of it before what is still to come.
    pub const ALL: [Self; 8] = [
        Self::Passed,
        Self::Failed,
        Self::Error,
        Self::Stale,
        Self::Running,
        Self::Queued,
        Self::NeverRun,
        Self::NotApplicable,
    ];

    /// True where the criterion is met.
    pub fn holds(self) -> bool {
        matches!(self, Self::Passed | Self::NotApplicable)
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::Passed => "passed",
            Self::NeverRun => "never run",
            Self::Stale => "stale",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Error => "error",
            Self::Failed => "failed",
        }
    }

    /// The status of a whole from those of its parts: the most pressing one.
    /// `None` without parts.
    pub fn roll_up(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        parts.into_iter().max()
    }
}

impl fmt::Display for GateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [GateStatus; 8] = [
        GateStatus::NotApplicable,
        GateStatus::Passed,
        GateStatus::NeverRun,
        GateStatus::Stale,
        GateStatus::Queued,
        GateStatus::Running,
        GateStatus::Error,
        GateStatus::Failed,
    ];

    proptest! {
        #[test]
        fn a_whole_holds_only_if_every_part_does(parts in proptest::collection::vec(0..8usize, 1..12)) {
            let parts: Vec<_> = parts.into_iter().map(|i| ALL[i]).collect();
            let whole = GateStatus::roll_up(parts.iter().copied()).unwrap();
            prop_assert_eq!(whole.holds(), parts.iter().all(|p| p.holds()));
        }
    }
}
