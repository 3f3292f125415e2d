//! The deterministic core: what two honest runs of the same content agree on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stable::stable;
use super::{CORE_VERSION, GateReport, Report};
use crate::promotion::{Benchmark, Benchmarks, Coverage, Evidence, Finding, Outcome};

/// The rule of notes about a run, not about the module.
const ABOUT_THE_RUN: &str = "note";

pub(super) fn of(report: &Report) -> Value {
    let mut gates: Vec<_> = report.gates.iter().collect();
    gates.sort_by(|a, b| a.gate.cmp(&b.gate));
    json!({
        "schema": "countersign.core",
        "version": CORE_VERSION,
        "module": report.module,
        "object": report.object,
        "target": report.target,
        "baseline": report.baseline.as_ref().map(|base| json!({
            "module": base.module,
            "object": base.object,
        })),
        "gates": gates.into_iter().map(gate).collect::<Vec<_>>(),
    })
}

fn gate(report: &GateReport) -> Value {
    let evidence = report.evidence.as_ref();
    let mut core = json!({
        "gate": report.gate,
        "criterion": report.criterion,
        "definition": report.definition,
        "settings": report.settings,
        "outcome": outcome(&evidence.outcome),
    });
    // An error says nothing of the module that anybody could rely on.
    if !matches!(evidence.outcome, Outcome::Error { .. }) {
        core["compared"] = json!(evidence.base.is_some());
        core["interpreter"] = json!(evidence.interpreter.as_ref().map(|it| json!({
            "version": it.version,
            "as_pinned": it.as_pinned,
        })));
        core["tools"] = json!(tools(evidence));
        core["work"] = json!(evidence.work);
        core["findings"] = findings(&evidence.findings);
        core["coverage"] = json!(evidence.coverage.as_ref().map(coverage));
        if let Some(measured) = &evidence.benchmarks {
            core["benchmarks"] = benchmarks(measured);
        }
    }
    core
}

fn outcome(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Passed => json!({ "is": "passed" }),
        Outcome::Failed { why } => json!({ "is": "failed", "why": stable(why) }),
        Outcome::NotApplicable { why } => json!({ "is": "not-applicable", "why": stable(why) }),
        Outcome::Error { .. } => json!({ "is": "error" }),
    }
}

/// Each tool with its version, once.
fn tools(evidence: &Evidence) -> BTreeSet<(&str, &str)> {
    let runs = evidence.runs.iter();
    runs.map(|run| (run.tool.as_str(), run.version.as_str()))
        .collect()
}

/// In an order of their own: a tool's may depend on how its threads ran.
fn findings(findings: &[Finding]) -> Value {
    let about_the_module = |f: &&Finding| f.rule != ABOUT_THE_RUN;
    let mut all: Vec<_> = findings
        .iter()
        .filter(about_the_module)
        .map(|f| (f, stable(&f.message)))
        .collect();
    all.sort_by(|(a, a_message), (b, b_message)| {
        let key = |f: &Finding| (f.novelty, f.severity, f.path.clone(), f.line, f.column);
        (key(a), &a.rule, a_message, &a.source).cmp(&(key(b), &b.rule, b_message, &b.source))
    });
    let one = |(f, message): (&Finding, String)| {
        json!({
            "rule": f.rule,
            "message": message,
            "path": f.path,
            "line": f.line,
            "column": f.column,
            "source": f.source,
            "severity": f.severity,
            "novelty": f.novelty,
        })
    };
    all.into_iter().map(one).collect()
}

/// Which were compared, and how each came out: times differ from run to run, and
/// so do their intervals.
fn benchmarks(benchmarks: &Benchmarks) -> Value {
    let one =
        |benchmark: &Benchmark| json!({ "name": benchmark.name, "verdict": benchmark.verdict });
    benchmarks.list.iter().map(one).collect()
}

fn coverage(coverage: &Coverage) -> Value {
    let file = |file: &crate::promotion::FileCoverage| {
        json!({
            "path": file.path,
            "statements": file.statements,
            "covered": file.covered,
            "branches": file.branches,
            "covered_branches": file.covered_branches,
            "missing": file.missing,
            "partial": file.partial,
        })
    };
    coverage.files.iter().map(file).collect()
}
