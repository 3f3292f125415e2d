//! What a person noted for themselves, below its line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::diff::DiffPane;
use crate::console::text;
use crate::console::theme::{Role, Theme};

impl DiffPane {
    pub(super) fn draw_comment(
        &self,
        buf: &mut Buffer,
        area: Rect,
        note: usize,
        line: usize,
        theme: &Theme,
    ) {
        let Some(comment) = self.comments.of(self.file).get(note) else {
            return;
        };
        let mark = match line {
            0 => theme.glyphs().comment(),
            _ => theme.glyphs().vertical(),
        };
        let words = comment.rows.get(line).map_or("", String::as_str);
        let role = if comment.holds {
            Role::Info
        } else {
            Role::Warning
        };
        let width = usize::from(area.width);
        let words = format!("   {mark} {words}");
        let words = text::pad(&words, width, theme.glyphs());
        buf.set_stringn(area.x, area.y, words, width, theme.style(role));
    }
}
