//! What a run found, for people.

use color_eyre::Result;

use crate::cli::output::{Output, Style};
use crate::cli::{benchmarks, criteria};
use crate::promotion::{Benchmarks, Evidence, Finding, Novelty, Outcome, Severity};
use crate::workflow::validate::ModuleReport;

/// Findings, then each gate in a line, then the digest.
pub fn print(report: &ModuleReport, digest: &str, out: &mut Output) -> Result<()> {
    for evidence in &report.evidence {
        print_all(evidence, out)?;
    }
    let name = report.module.to_text();
    out.spans(&[(Style::Strong, &name)])?;
    for evidence in &report.evidence {
        let (style, mark) = criteria::mark(evidence.status());
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!(
                    "{:9} {}: {}",
                    evidence.gate,
                    evidence.status(),
                    out.here(evidence.why())
                ),
            ),
        ])?;
        if let Outcome::Error { help, .. } = &evidence.outcome {
            out.spans(&[(
                Style::Faint,
                &out.here(format!("              to do: {help}")),
            )])?;
        }
    }
    if let Some(measured) = Benchmarks::among(report.evidence.iter().map(|it| &**it)) {
        benchmarks::print(measured, out)?;
    }
    out.spans(&[(Style::Faint, &format!("    report {digest}"))])?;
    Ok(())
}

/// What a gate found that is not gone.
pub fn print_all(evidence: &Evidence, out: &mut Output) -> Result<()> {
    let findings = evidence.findings.iter();
    for finding in findings.filter(|f| f.novelty != Novelty::Fixed) {
        print_finding(finding, out)?;
    }
    Ok(())
}

/// `path:line:col rule message [new]`
fn print_finding(finding: &Finding, out: &mut Output) -> Result<()> {
    let (style, mark) = match (finding.severity, finding.novelty) {
        (Severity::Note, _) => (Style::Faint, "note"),
        (_, Novelty::New) => (Style::Bad, "new"),
        (_, Novelty::Old) => (Style::Faint, "old"),
        (_, Novelty::Fixed) => (Style::Good, "fixed"),
    };
    let mut place = finding.path.to_text().into_owned();
    if finding.line > 0 {
        place.push_str(&format!(":{}", finding.line));
        if finding.column > 0 {
            place.push_str(&format!(":{}", finding.column));
        }
    }
    out.spans(&[
        (Style::Plain, &place),
        (Style::Strong, &format!(" {}", finding.rule)),
        (Style::Plain, &format!(" {} ", finding.text())),
        (style, &format!("[{mark}]")),
    ])
}
