//! The list of files beside the rows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::margin::cross;
use crate::console::diff::DiffPane;
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::promotion::reading::Seen;
use crate::workflow::compare::Change;

impl DiffPane {
    pub(super) fn draw_list(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        let Some(diff) = self.diff.as_ref().filter(|_| !area.is_empty()) else {
            return;
        };
        let width = usize::from(area.width);
        let first = self.first_listed(usize::from(area.height));
        for (file, y) in self.listed.iter().skip(first).zip(area.y..area.bottom()) {
            let shown = &diff.files[*file];
            let selected = *file == self.file;
            let base = if selected {
                theme.style(Role::Selected)
            } else {
                Style::new()
            };
            let stats = shown.rows.stats();
            let findings = self.file_marks(*file).map_or(0, |m| m.findings());
            let mut right = match (stats.added, stats.removed) {
                (0, 0) => String::new(),
                (added, removed) => format!("+{added} -{removed}"),
            };
            if findings > 0 {
                right = format!("{findings}{} {right}", cross(theme));
            }
            let relative = shown
                .path()
                .strip(&diff.right_path)
                .filter(|p| !p.is_root());
            let name = text::path(relative.as_ref().unwrap_or(shown.path()));
            let room = width.saturating_sub(right.len() + 5);
            let line = format!(
                "{}{} {}",
                seen(self.seen(*file), theme),
                shown.change.letter(),
                text::fit_end(&name, room, theme.glyphs())
            );
            let line = text::pad(
                &line,
                width.saturating_sub(text::width(&right) + 1),
                theme.glyphs(),
            );
            let style = theme.style(role(shown.change)).patch(base);
            buf.set_style(
                Rect {
                    y,
                    height: 1,
                    ..area
                },
                base,
            );
            buf.set_stringn(area.x, y, &line, width, style);
            let x = area.x + text::width(&line) as u16;
            buf.set_stringn(x, y, &right, width, theme.style(Role::Muted).patch(base));
        }
        for y in area.y..area.bottom() {
            buf.set_stringn(
                area.right(),
                y,
                theme.glyphs().vertical(),
                1,
                theme.style(Role::Border),
            );
        }
    }
}

/// The mark of a file that was viewed, as it is or as it was.
fn seen(seen: Seen, theme: &Theme) -> &'static str {
    match (seen, theme.glyphs().is_ascii()) {
        (Seen::Not, _) => " ",
        (Seen::Before, _) => "~",
        (Seen::Yes, true) => "v",
        (Seen::Yes, false) => "✓",
    }
}

fn role(change: Change) -> Role {
    match change {
        Change::Added => Role::Passed,
        Change::Removed => Role::Failed,
        Change::Unchanged => Role::Muted,
        _ => Role::Text,
    }
}
