//! Where the reviewers of each module stand, as one more state beside the gates: it
//! speaks for the tenth criterion together with the owner.

use std::collections::BTreeMap;

use crate::promotion::review::standing::{self, State};
use crate::promotion::review::{SignOff, Verb};
use crate::promotion::stage::SIGN_OFF;
use crate::promotion::{Criterion, GateState, GateStatus, ModuleId, ModuleTree, RepoPath};
use crate::workflow::Workspace;

use super::{Desk, SignOffError};

/// What was decided, read once for many modules.
pub struct States {
    desk: Result<Desk, SignOffError>,
    decided: BTreeMap<RepoPath, Vec<u64>>,
}

impl States {
    /// Reads policy, keyring and log. What cannot be read is said of every module.
    pub fn read(ws: &Workspace) -> Self {
        let desk = Desk::open(ws);
        let decided = desk.as_ref().map(Desk::decided).unwrap_or_default();
        Self { desk, decided }
    }

    /// What was read, where it could be.
    pub fn desk(&self) -> Option<&Desk> {
        self.desk.as_ref().ok()
    }

    /// The state of one module, and what it follows from where anybody decided.
    pub fn of(
        &self,
        ws: &Workspace,
        tree: &ModuleTree,
        id: ModuleId,
    ) -> (GateState, Option<SignOff>) {
        let state = |status, why| GateState {
            gate: SIGN_OFF,
            criterion: Criterion::Reviewers,
            status,
            why,
            evidence: None,
        };
        let desk = match &self.desk {
            Ok(desk) => desk,
            Err(error) => return (state(GateStatus::Error, error.to_string()), None),
        };
        let decided = |path| self.decided.contains_key(path);
        let Some(module) = tree.get(id).filter(|module| decided(&module.path)) else {
            let why = match desk.authority.keyring.entries.is_empty() {
                true => format!(
                    "nobody may sign: {} has no keyring at {}",
                    desk.authority.base_ref, desk.authority.keyring_path
                ),
                false => {
                    // Whether ethics applies is known once somebody decided.
                    let missing = standing::missing(&[], &desk.authority.rules, false);
                    format!("nobody reviewed it yet: {}", missing.join("; "))
                }
            };
            return (state(GateStatus::NeverRun, why), None);
        };
        match desk.sign_off(ws, module) {
            Ok(off) => (state(status(&off), why(&off)), Some(off)),
            Err(error) => (state(GateStatus::Error, error.to_string()), None),
        }
    }
}

fn status(off: &SignOff) -> GateStatus {
    let any = |test: &dyn Fn(&State) -> bool| off.states.iter().any(test);
    if off.holds() {
        GateStatus::Passed
    } else if any(&|it| it.decision == Verb::Reject && it.holds()) {
        GateStatus::Failed
    } else if any(&|it| it.decision == Verb::Approve && !it.holds()) {
        GateStatus::Stale
    } else {
        GateStatus::NeverRun
    }
}

fn why(off: &SignOff) -> String {
    if !off.holds() {
        let mut whys: Vec<String> = off.missing.clone();
        let stale = off.states.iter().filter(|it| it.decision == Verb::Approve);
        whys.extend(stale.filter(|it| !it.holds()).map(|state| {
            let reasons: Vec<_> = state.reasons.iter().map(|it| it.words()).collect();
            format!(
                "{} as {}: {}",
                state.principal,
                state.role,
                reasons.join(", ")
            )
        }));
        return whys.join("; ");
    }
    off.approved()
}
