//! The stage of a module: always derived, never stored.

use serde::{Deserialize, Serialize};

use super::{Criterion, GateId, GateState, GateStatus};

/// The state beside those of the gates that says where the reviewers stand.
pub const SIGN_OFF: GateId = GateId::new("sign-off");

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

    /// True where nothing comes after it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::RolledBack)
    }
}

/// How far a module has come, by its gates and its reviewers. Nothing that was not
/// looked at holds.
///
/// What comes before and after that, a [`Course`] says.
pub fn stage(states: &[GateState]) -> Stage {
    let (reviewers, gates): (Vec<_>, Vec<_>) =
        states.iter().partition(|state| state.gate == SIGN_OFF);
    if gates.is_empty() || !gates.iter().all(|gate| gate.status.holds()) {
        return Stage::Candidate;
    }
    match reviewers.iter().any(|it| it.status == GateStatus::Passed) {
        true => Stage::SignedOff,
        false => Stage::Validated,
    }
}

/// What the log, the branches and the base branch say of the promotion of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// It was proposed: a record says so, or its branch with a PROMOTE.md.
    pub proposed: bool,
    /// It was moved, on its branch.
    pub promoted: bool,
    /// The base branch holds it.
    pub merged: bool,
    /// It is being watched.
    pub watched: bool,
    /// It was watched to the end.
    pub completed: bool,
    /// It was taken back.
    pub rolled_back: bool,
}

impl Course {
    /// The stage of a module whose gates and reviewers have brought it to `by_gates`.
    /// Whatever happened after the move counts only for what was moved.
    pub fn after(self, by_gates: Stage) -> Stage {
        match self {
            Self {
                rolled_back: true, ..
            } => Stage::RolledBack,
            Self {
                merged: true,
                completed: true,
                ..
            } => Stage::Completed,
            Self {
                merged: true,
                watched: true,
                ..
            } => Stage::Canary,
            Self { merged: true, .. } => Stage::Merged,
            Self { promoted: true, .. } => Stage::Promoted,
            Self { proposed: true, .. } => by_gates.max(Stage::Proposed),
            _ => by_gates,
        }
    }
}

/// What keeps a module from the next stage, in words, most pressing first: criteria
/// of Gate 1, and the reviewers of Gate 2.
pub fn blockers(criteria: &[(Criterion, GateStatus, String)]) -> Vec<String> {
    let mut open: Vec<_> = criteria
        .iter()
        .filter(|(_, status, _)| !status.holds())
        .collect();
    open.sort_by_key(|(criterion, status, _)| (std::cmp::Reverse(*status), *criterion));
    open.into_iter()
        .map(|(criterion, status, why)| {
            // A person does not run.
            let word = match (criterion, status) {
                (Criterion::Reviewers, GateStatus::NeverRun) => "open",
                _ => status.word(),
            };
            let head = format!("{} {}: {word}", criterion.number(), criterion.title());
            if why.is_empty() {
                head
            } else {
                format!("{head} ({why})")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(gate: GateId, status: GateStatus) -> GateState {
        GateState {
            gate,
            criterion: Criterion::Tests,
            status,
            why: String::new(),
            evidence: None,
        }
    }

    #[test]
    fn what_happened_to_a_promotion_counts_before_its_gates() {
        let none = Course::default();
        let course = |set: fn(&mut Course)| {
            let mut course = none;
            set(&mut course);
            course
        };
        for (course, by_gates, expected) in [
            (none, Stage::Candidate, Stage::Candidate),
            (none, Stage::SignedOff, Stage::SignedOff),
            (
                course(|it| it.proposed = true),
                Stage::Candidate,
                Stage::Proposed,
            ),
            (
                course(|it| it.proposed = true),
                Stage::Validated,
                Stage::Validated,
            ),
            (
                course(|it| it.promoted = true),
                Stage::Candidate,
                Stage::Promoted,
            ),
            (
                course(|it| it.merged = true),
                Stage::SignedOff,
                Stage::Merged,
            ),
            // A verdict on what nobody merged is none.
            (
                course(|it| it.watched = true),
                Stage::SignedOff,
                Stage::SignedOff,
            ),
            (
                course(|it| (it.merged, it.watched) = (true, true)),
                Stage::Candidate,
                Stage::Canary,
            ),
            (
                course(|it| (it.merged, it.watched, it.completed) = (true, true, true)),
                Stage::Candidate,
                Stage::Completed,
            ),
            (
                course(|it| (it.merged, it.rolled_back) = (true, true)),
                Stage::SignedOff,
                Stage::RolledBack,
            ),
        ] {
            assert_eq!(course.after(by_gates), expected, "{course:?} {by_gates:?}");
        }
    }

    #[test]
    fn reviewers_come_after_gate_1_and_never_for_it() {
        use GateStatus::{NeverRun, NotApplicable, Passed, Stale};
        let tests = GateId::new("tests");
        for (gate, review, expected) in [
            (Passed, NeverRun, Stage::Validated),
            (NotApplicable, Stale, Stage::Validated),
            (Passed, Passed, Stage::SignedOff),
            (NeverRun, Passed, Stage::Candidate),
            (Stale, Passed, Stage::Candidate),
        ] {
            let states = [state(tests.clone(), gate), state(SIGN_OFF, review)];
            assert_eq!(stage(&states), expected, "{gate} {review}");
        }
        assert_eq!(stage(&[state(SIGN_OFF, Passed)]), Stage::Candidate);
        assert_eq!(stage(&[state(tests, Passed)]), Stage::Validated);
    }
}
