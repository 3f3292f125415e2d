//! The JSON documents of reports: `report.json` and `index.json`.

use serde_json::{Value, json};

use super::Reports;
use crate::promotion::report::Report;
use crate::promotion::{GateStatus, RepoPath};

/// Where the raw outputs of a gate's runs are, relative to the report, in the
/// order of its runs: standard output and standard error.
pub(super) type Raw = Vec<(Option<String>, Option<String>)>;

/// `report.json`
pub(super) fn report(all: &Reports, report: &Report, digest: &str, raw: &[Raw]) -> Value {
    let gates = report.gates.iter().zip(raw).map(|(gate, raw)| {
        let raw = raw
            .iter()
            .map(|(stdout, stderr)| json!({ "stdout": stdout, "stderr": stderr }));
        json!({
            "gate": gate.gate,
            "criterion": gate.criterion,
            "status": gate.evidence.status(),
            "evidence": gate.evidence,
            "raw": raw.collect::<Vec<_>>(),
        })
    });
    json!({
        "schema": "countersign.report",
        "version": 1,
        "countersign": env!("CARGO_PKG_VERSION"),
        "digest": digest,
        "revision": all.revision,
        "commit": all.commit,
        "base": all.base,
        "module": report.module,
        "status": report.status(),
        "holds": report.status().holds(),
        "gates": gates.collect::<Vec<_>>(),
        "core": report.core(),
    })
}

/// One line of `index.json`.
pub(super) struct Entry {
    pub module: RepoPath,
    pub directory: String,
    pub status: GateStatus,
    pub digest: String,
}

/// `index.json`
pub(super) fn index(all: &Reports, entries: &[Entry], digest: &str) -> Value {
    let modules = entries.iter().map(|entry| {
        json!({
            "module": entry.module,
            "directory": entry.directory,
            "status": entry.status,
            "digest": entry.digest,
        })
    });
    json!({
        "schema": "countersign.reports",
        "version": 1,
        "countersign": env!("CARGO_PKG_VERSION"),
        "digest": digest,
        "revision": all.revision,
        "commit": all.commit,
        "base": all.base,
        "status": all.status(),
        "holds": all.holds(),
        "modules": modules.collect::<Vec<_>>(),
    })
}
