//! The document of `check --json`.

use std::sync::Arc;

use serde::Serialize;

use crate::cli::Exit;
use crate::promotion::{Evidence, GateId, GateStatus, ObjectId, RepoPath};
use crate::workflow::Workspace;
use crate::workflow::report::Digests;
use crate::workflow::validate::{Explained, ModuleReport};

/// It.
#[derive(Serialize)]
pub struct Check<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    /// True where every gate of every module holds.
    holds: bool,
    /// sha256 of the report's deterministic core.
    digest: &'a str,
    modules: Vec<Checked<'a>>,
    /// Why each gate ran or did not, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<&'a [Explained]>,
}

#[derive(Serialize)]
struct Checked<'a> {
    module: &'a RepoPath,
    status: GateStatus,
    digest: &'a str,
    gates: Vec<Gate<'a>>,
}

#[derive(Serialize)]
struct Gate<'a> {
    gate: &'a GateId,
    status: GateStatus,
    evidence: &'a Arc<Evidence>,
}

impl<'a> Check<'a> {
    /// Of what came out.
    pub fn of(
        ws: &'a Workspace,
        reports: &'a [ModuleReport],
        digests: &'a Digests,
        explained: Option<&'a [Explained]>,
    ) -> Self {
        let pairs = reports.iter().zip(&digests.modules);
        let modules = pairs.map(|(report, digest)| Checked {
            module: &report.module,
            digest,
            status: GateStatus::roll_up(report.evidence.iter().map(|e| e.status()))
                .unwrap_or(GateStatus::NeverRun),
            gates: report
                .evidence
                .iter()
                .map(|evidence| Gate {
                    gate: &evidence.gate,
                    status: evidence.status(),
                    evidence,
                })
                .collect(),
        });
        Self {
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            holds: super::exit(reports) == Exit::Holds,
            digest: &digests.whole,
            modules: modules.collect(),
            explained,
        }
    }
}
