//! The marks beside a line: findings and coverage.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::diff::DiffPane;
use crate::console::theme::{Role, Theme};
use crate::promotion::{Severity, marks::Note};
use crate::workflow::compare::Side;

/// Columns for marks: a finding, coverage.
pub(super) const MARKS: u16 = 2;

impl DiffPane {
    pub(super) fn draw_marks(&self, buf: &mut Buffer, gutter: Rect, line: usize, theme: &Theme) {
        if gutter.width > 0 && self.comments.is_on(self.file, Side::Right, line) {
            let style = theme.style(Role::Info);
            buf.set_stringn(gutter.x, gutter.y, theme.glyphs().comment(), 1, style);
        }
        let Some(mark) = self.file_marks(self.file).and_then(|m| m.line(line)) else {
            return;
        };
        if let Some(note) = mark.notes.first().filter(|_| gutter.width > 0) {
            let (glyph, role) = severity(note, theme);
            buf.set_stringn(gutter.x, gutter.y, glyph, 1, theme.style(role));
        }
        let ascii = theme.glyphs().is_ascii();
        let (glyph, role) = match (mark.uncovered, mark.partial) {
            (true, _) => (if ascii { "u" } else { "▌" }, Role::Uncovered),
            (false, true) => (if ascii { "p" } else { "▖" }, Role::Uncovered),
            _ => return,
        };
        if gutter.width > 1 {
            buf.set_stringn(gutter.x + 1, gutter.y, glyph, 1, theme.style(role));
        }
    }
}

/// The mark of a finding.
pub(super) fn severity(note: &Note, theme: &Theme) -> (&'static str, Role) {
    match (note.counts(), note.severity) {
        (true, _) => (cross(theme), Role::Problem),
        (false, Severity::Error) => ("~", Role::Muted),
        (false, Severity::Note) => ("i", Role::Info),
    }
}

pub(super) fn cross(theme: &Theme) -> &'static str {
    if theme.glyphs().is_ascii() {
        "x"
    } else {
        "✗"
    }
}
