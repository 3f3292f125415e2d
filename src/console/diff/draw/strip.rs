//! The line below the rows: what is to be said of the line under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::diff::DiffPane;
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::promotion::Novelty;
use crate::workflow::compare::{FileDiff, Side};

impl DiffPane {
    pub(super) fn draw_strip(&self, buf: &mut Buffer, area: Rect, file: &FileDiff, theme: &Theme) {
        if area.is_empty() {
            return;
        }
        let (role, words) = self
            .said(file, theme)
            .unwrap_or_else(|| (Role::Muted, self.standing()));
        let width = usize::from(area.width);
        let words = format!(" {}", text::safe(&words));
        buf.set_stringn(
            area.x,
            area.y,
            text::fit(&words, width, theme.glyphs()),
            width,
            theme.style(role),
        );
    }

    /// What is known of the line under the cursor. Not yet safe to show.
    fn said(&self, file: &FileDiff, theme: &Theme) -> Option<(Role, String)> {
        let view = self.view()?;
        let row = file.rows.rows().get(view.spot.row as usize)?;
        if view.flow.hides(view.spot.row) {
            return None;
        }
        let mut parts = Vec::new();
        let mut role = Role::Muted;
        if let Some(line) = row.line(Side::Right)
            && let Some(mark) = self.file_marks(self.file).and_then(|m| m.line(line))
        {
            for note in &mark.notes {
                let (glyph, own) = super::margin::severity(note, theme);
                if role == Role::Muted {
                    role = own;
                }
                let old = if note.novelty == Novelty::Old {
                    " (old)"
                } else {
                    ""
                };
                parts.push(format!(
                    "{glyph} {} {}{old}: {}",
                    note.gate, note.rule, note.message
                ));
            }
            if mark.uncovered {
                parts.push("never ran".into());
            } else if mark.partial {
                parts.push("a branch was never taken".into());
            }
            if mark.notes.is_empty() {
                role = Role::Uncovered;
            }
        }
        if let Some(words) = self.spacing(file, *row) {
            parts.push(words);
        }
        parts.extend(self.moving(file, *row));
        (!parts.is_empty()).then(|| (role, parts.join("  ")))
    }

    /// Where the cursor stands, where nothing else is to be said.
    fn standing(&self) -> String {
        let mut words = match (self.current(), self.view()) {
            (Some(file), Some(view)) if !file.rows.rows().is_empty() => {
                let all = file.rows.rows().len();
                format!(
                    "row {} of {}",
                    text::count(view.spot.row as usize + 1),
                    text::count(all)
                )
            }
            _ => String::new(),
        };
        for note in self.file_marks(self.file).iter().flat_map(|m| &m.whole) {
            words.push_str(&format!("  {} {}: {}", note.gate, note.rule, note.message));
        }
        let Some(diff) = &self.diff else {
            return words;
        };
        let hidden = diff.files.len() - self.listed.len();
        if hidden > 0 {
            words.push_str(&format!("  {} unchanged files", text::count(hidden)));
        }
        if let Some(against) = self.choices.get(self.chosen) {
            words.push_str(&format!("  against {against}"));
        }
        words
    }
}
