//! A module's dossier: everything known of it, in one place.

use std::sync::Arc;

use serde::Serialize;

use super::review::SignOff;
use super::{Criterion, Evidence, Facts, GateId, GateStatus, Module, Stage};

/// What is known of one gate for one module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateState {
    /// The gate.
    pub gate: GateId,
    /// Its criterion.
    pub criterion: Criterion,
    /// Its status now: an evidence for other content is stale.
    pub status: GateStatus,
    /// One line that explains the status.
    pub why: String,
    /// The newest evidence, current or stale.
    pub evidence: Option<Arc<Evidence>>,
}

impl GateState {
    /// Its evidence, if that is of what is there now.
    pub fn current(&self) -> Option<&Evidence> {
        let evidence = self.evidence.as_deref();
        evidence.filter(|_| self.status != GateStatus::Stale)
    }
}

/// Everything known of one module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dossier {
    /// The module.
    pub module: Module,
    /// What is known beside its content.
    pub facts: Facts,
    /// Every gate, in the order of the pipeline, and where the reviewers stand.
    pub gates: Vec<GateState>,
    /// What the reviewers decided; `None` where nobody did.
    pub sign_off: Option<SignOff>,
    /// The stage.
    pub stage: Stage,
    /// What keeps it from the next stage, in words.
    pub blockers: Vec<String>,
}

/// The status of each criterion, from those of its gates. A criterion no gate
/// speaks for was never run: nothing is met by not being looked at.
pub fn criteria(gates: &[GateState]) -> [GateStatus; 10] {
    Criterion::ALL.map(|criterion| {
        GateStatus::roll_up(
            gates
                .iter()
                .filter(|g| g.criterion == criterion)
                .map(|g| g.status),
        )
        .unwrap_or(GateStatus::NeverRun)
    })
}
