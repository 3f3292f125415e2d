//! The ten criteria in text: a mark each, the same for `list` and `show`.

use std::collections::BTreeMap;

use crate::promotion::{Criterion, GateState, GateStatus, dossier};

use super::output::Style;

/// Different in shape, not only in colour.
pub fn mark(status: GateStatus) -> (Style, &'static str) {
    match status {
        GateStatus::Passed => (Style::Good, "✓"),
        GateStatus::NotApplicable => (Style::Faint, "–"),
        GateStatus::NeverRun => (Style::Faint, "·"),
        GateStatus::Stale => (Style::Warning, "~"),
        GateStatus::Queued => (Style::Plain, "…"),
        GateStatus::Running => (Style::Plain, "▸"),
        GateStatus::Error => (Style::Bad, "!"),
        GateStatus::Failed => (Style::Bad, "✗"),
    }
}

/// What the marks mean, in one line.
pub fn legend() -> String {
    let marks = [
        GateStatus::Passed,
        GateStatus::NotApplicable,
        GateStatus::NeverRun,
        GateStatus::Stale,
        GateStatus::Error,
        GateStatus::Failed,
    ];
    marks
        .map(|status| format!("{} {}", mark(status).1, status.word()))
        .join("   ")
}

/// For programs: criterion → status, all ten.
pub fn by_name(gates: &[GateState]) -> BTreeMap<Criterion, GateStatus> {
    Criterion::ALL
        .into_iter()
        .zip(dossier::criteria(gates))
        .collect()
}
