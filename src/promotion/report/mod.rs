//! The gate report of one module: all evidence, and the deterministic core that
//! approvals bind to.
//!
//! The core says what was judged and what came out: the module by its git object,
//! what it was compared with, each gate with its definition, its settings and its
//! tools, the outcome, what was found, coverage in integers, the proof of work.
//! Not in it is what differs between two honest runs of the same content: times,
//! commits, paths of a machine, raw outputs, what confined the tools, words of the
//! code that was run. So the same content gives the same digest on every machine,
//! and another digest means that something a person relied on is different.

mod canonical;
mod core;
mod stable;

use std::sync::Arc;

use serde_json::Value;

use super::{Criterion, Evidence, GateId, GateStatus, ObjectId, RepoPath, Sha256};
pub use canonical::NotCanonical;

/// Version of the core's layout; see `docs/json.md`.
pub const CORE_VERSION: u32 = 1;

/// What "new" is measured against: what stood in the module's place at the merge-base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Its path there.
    pub module: RepoPath,
    /// Its tree or blob; `None` where there was nothing.
    pub object: Option<ObjectId>,
}

/// One gate of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct GateReport {
    /// Its name.
    pub gate: GateId,
    /// The criterion it speaks for.
    pub criterion: Criterion,
    /// The version of what it does.
    pub definition: u32,
    /// What it was told, as far as its result depends on it.
    pub settings: Value,
    /// What came out.
    pub evidence: Arc<Evidence>,
}

/// The gate report of one module.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The module.
    pub module: RepoPath,
    /// Its tree or blob.
    pub object: ObjectId,
    /// Where it would be promoted to: some gates look at it under that name too.
    pub target: Option<RepoPath>,
    /// What "new" is measured against; `None` without a merge-base.
    pub baseline: Option<Baseline>,
    /// The gates that were run, in the order of the pipeline.
    pub gates: Vec<GateReport>,
}

impl Report {
    /// The most pressing status of its gates.
    pub fn status(&self) -> GateStatus {
        GateStatus::roll_up(self.gates.iter().map(|gate| gate.evidence.status()))
            .unwrap_or(GateStatus::NeverRun)
    }

    /// The deterministic core.
    pub fn core(&self) -> Value {
        core::of(self)
    }

    /// The core as RFC 8785 writes it: the very bytes the digest is of.
    pub fn canonical(&self) -> Result<Vec<u8>, NotCanonical> {
        canonical::bytes(&self.core())
    }
}

/// sha256 in hexadecimal, of a core's bytes.
pub fn digest(canonical: &[u8]) -> String {
    Sha256::of(canonical).to_string()
}
