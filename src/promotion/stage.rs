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
}

/// How far a module has come, by its gates and its reviewers. Nothing that was not
/// looked at holds.
///
/// Proposals, merges and canaries are not recorded yet: a module is a candidate,
/// validated or signed off.
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
            let head = format!("{} {}: {}", criterion.number(), criterion.title(), status);
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
