//! What every list says of a finding in the same way.

use ratatui::style::Style;

use crate::console::text::path;
use crate::console::theme::{Role, Theme};
use crate::promotion::{Finding, Novelty, RepoPath, Severity};

/// Whether it is new, in five cells, and the style of that.
pub fn mark(finding: &Finding, theme: &Theme) -> (&'static str, Style) {
    let (mark, role) = match (finding.novelty, finding.severity) {
        (Novelty::New, Severity::Error) => ("new  ", Role::Failed),
        (Novelty::New, Severity::Note) => ("note ", Role::Warning),
        (Novelty::Old, _) => ("old  ", Role::Muted),
        (Novelty::Fixed, _) => ("fixed", Role::Passed),
    };
    (mark, theme.style(role))
}

/// Its file, and its line where it has one. Below the module the path from it says
/// enough.
pub fn place(finding: &Finding, module: &RepoPath) -> String {
    let file = match finding.path.strip(module) {
        Some(rest) if !rest.is_root() => path(&rest),
        _ => path(&finding.path),
    };
    match finding.line {
        0 => file,
        line => format!("{file}:{line}"),
    }
}
