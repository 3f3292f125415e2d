//! Gate reports: made of what the gates said, and written to disk in the forms
//! that people and other programs read.

mod document;
mod junit;
pub(super) mod names;
mod sarif;
mod summary;
mod write;

use crate::gates::checks;
use crate::promotion::report::{self, GateReport, NotCanonical, Report};
use crate::promotion::{GateStatus, ObjectId};

use super::Workspace;
use super::validate::ModuleReport;

pub use write::{WriteError, refuse_unless_free, write};
pub(super) use write::{beside, failed};

/// The reports of one run.
#[derive(Clone, Debug)]
pub struct Reports {
    /// What was looked at: `--rev`, or the branch that is checked out.
    pub revision: String,
    /// The commit.
    pub commit: Option<ObjectId>,
    /// The merge-base.
    pub base: Option<ObjectId>,
    /// False where one module was asked for by its name: its report then needs
    /// no directory of its own.
    pub many: bool,
    /// Module by module.
    pub reports: Vec<Report>,
}

impl Reports {
    /// Of what came out of a run.
    pub fn of(ws: &Workspace, modules: &[ModuleReport], many: bool) -> Self {
        Self {
            revision: ws.revision().to_owned(),
            commit: ws.commit(),
            base: ws.base(),
            many,
            reports: modules.iter().map(|module| of(ws, module)).collect(),
        }
    }

    /// The most pressing status of all; `NeverRun` without any module.
    pub fn status(&self) -> GateStatus {
        GateStatus::roll_up(self.reports.iter().map(Report::status)).unwrap_or(GateStatus::NeverRun)
    }

    /// True where every gate of every module holds.
    pub fn holds(&self) -> bool {
        self.reports.iter().all(|report| report.status().holds())
    }

    /// What approvals bind to.
    pub fn digests(&self) -> Result<Digests, NotCanonical> {
        let digest = |report: &Report| Ok(report::digest(&report.canonical()?));
        let modules = self.reports.iter().map(digest);
        let modules: Vec<String> = modules.collect::<Result<_, NotCanonical>>()?;
        let whole = match (self.many, modules.as_slice()) {
            (false, [one]) => one.clone(),
            _ => {
                let names = self.reports.iter().map(|it| names::directory(&it.module));
                let names: Vec<String> = names.collect();
                let pairs = modules.iter().map(String::as_str);
                let sums = names::sums(pairs.zip(names.iter().map(String::as_str)));
                report::digest(sums.as_bytes())
            }
        };
        Ok(Digests { modules, whole })
    }
}

/// sha256 of the deterministic cores, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Module by module.
    pub modules: Vec<String>,
    /// Of all: of one module that was asked for by its name its own, else of the
    /// list of all (`SHA256SUMS` in the directory that is written).
    pub whole: String,
}

/// The report of one module.
pub(super) fn of(ws: &Workspace, module: &ModuleReport) -> Report {
    let checks = checks::all(&ws.config().policy);
    let gates = module.evidence.iter().filter_map(|evidence| {
        let check = checks.iter().find(|check| check.id() == evidence.gate)?;
        let options = ws.config().policy.gate(&check.id());
        Some(GateReport {
            gate: check.id(),
            criterion: check.criterion(),
            definition: check.definition(),
            settings: serde_json::json!({
                "enabled": options.enabled,
                "zero": options.zero,
                "told": check.told(&options),
            }),
            evidence: evidence.clone(),
        })
    });
    Report {
        module: module.module.clone(),
        object: module.object,
        target: module.target.clone(),
        baseline: module.baseline.clone(),
        gates: gates.collect(),
    }
}
