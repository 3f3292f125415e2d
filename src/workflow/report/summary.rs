//! `summary.md`: for a pull request or a job's page. Everything that comes from a
//! repository or a tool stands in code spans: there no mark-up, no HTML, no
//! mention and no reference takes effect.

use std::fmt::Write as _;

use super::document::Entry;
use super::{Reports, junit};
use crate::promotion::report::{GateReport, Report};
use crate::promotion::{GateStatus, Novelty, Outcome, Severity, text};

/// More findings than this are only counted: forges cut what is too long.
const MOST_FINDINGS: usize = 50;
/// More modules than this that hold are only counted.
const MOST_HOLDING: usize = 50;
/// Longest code span, in characters.
const LONGEST: usize = 300;

/// Of one module.
pub(super) fn module(report: &Report, digest: &str) -> String {
    let mut out = format!(
        "## Gate 1: {} {}\n\n",
        code(&report.module.to_text()),
        report.status()
    );
    for gate in &report.gates {
        line(gate, &mut out);
    }
    findings(report, &mut out);
    let _ = write!(
        out,
        "\nReport digest (sha256 of `core.json`): `{digest}`\nObject: `{}`\n",
        report.object
    );
    out
}

/// Of many.
pub(super) fn many(all: &Reports, entries: &[Entry], digest: &str) -> String {
    let held = entries.iter().filter(|e| e.status.holds()).count();
    let mut out = format!("## Gate 1: {held} of {} modules hold\n\n", entries.len());
    let listed = |entry: &Entry, out: &mut String| {
        let _ = writeln!(
            out,
            "- **{}** {} `{}`",
            entry.status,
            code(&entry.module.to_text()),
            entry.digest.get(..12).unwrap_or_default()
        );
    };
    let (holding, open): (Vec<_>, Vec<_>) = entries.iter().partition(|e| e.status.holds());
    open.iter().for_each(|entry| listed(entry, &mut out));
    holding
        .iter()
        .take(MOST_HOLDING)
        .for_each(|entry| listed(entry, &mut out));
    if let Some(more) = holding.len().checked_sub(MOST_HOLDING + 1) {
        let _ = writeln!(out, "- and {} more that hold", more + 1);
    }
    let _ = writeln!(out, "\nDigest (sha256 of `SHA256SUMS`): `{digest}`");
    if let Some(commit) = all.commit {
        let _ = writeln!(out, "Commit: `{commit}`");
    }
    out
}

fn line(gate: &GateReport, out: &mut String) {
    let evidence = &gate.evidence;
    let words = match &evidence.outcome {
        Outcome::Passed => code(&evidence.summary),
        Outcome::Failed { why } | Outcome::NotApplicable { why } => code(why),
        Outcome::Error { why, help } => format!("{}; to do: {}", code(why), code(help)),
    };
    let _ = writeln!(
        out,
        "- {} **{}** {}: {words}",
        mark(evidence.status()),
        code(gate.gate.as_str()),
        evidence.status(),
    );
}

fn findings(report: &Report, out: &mut String) {
    let new: Vec<_> = report
        .gates
        .iter()
        .flat_map(|gate| gate.evidence.findings.iter().map(move |f| (gate, f)))
        .filter(|(_, f)| f.novelty == Novelty::New && f.severity == Severity::Error)
        .collect();
    if new.is_empty() {
        return;
    }
    let _ = write!(out, "\n### Counts against it\n\n");
    for (gate, finding) in new.iter().take(MOST_FINDINGS) {
        let _ = writeln!(
            out,
            "- {} {} {}: {}",
            code(gate.gate.as_str()),
            code(&finding.rule),
            code(&junit::place(finding)),
            code(&finding.text()),
        );
    }
    if new.len() > MOST_FINDINGS {
        let _ = writeln!(out, "- and {} more", new.len() - MOST_FINDINGS);
    }
}

fn mark(status: GateStatus) -> &'static str {
    match status {
        GateStatus::Passed => "✓",
        GateStatus::NotApplicable => "–",
        GateStatus::Failed => "✗",
        _ => "!",
    }
}

/// A code span that nothing in it can end.
fn code(words: &str) -> String {
    let mut shown = text::visible(words.trim()).into_owned();
    if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
        shown.truncate(end);
        shown.push('…');
    }
    if shown.is_empty() {
        return "–".to_owned();
    }
    let longest = shown
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A span may not begin or end with a backtick of its own.
    match shown.starts_with('`') || shown.ends_with('`') {
        true => format!("{fence} {shown} {fence}"),
        false => format!("{fence}{shown}{fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_code_span_from_inside() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("```"), "```` ``` ````");
        assert_eq!(code("a\n## b"), "`a␊## b`");
        assert_eq!(code(" "), "–");
    }
}
