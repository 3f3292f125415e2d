//! Drawing the pane, from what is in [`DiffPane`] and nothing else.

mod comment;
mod description;
mod files;
mod heading;
mod line;
mod margin;
mod rows;
mod strip;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::DiffPane;
use super::flow::{Item, Layout, Spot};
use super::geometry::halves;
use crate::console::text;
use crate::console::theme::{Role, Theme};

/// A row on one line of the pane.
#[derive(Clone, Copy)]
struct Placed {
    spot: Spot,
    /// Which of its lines, where they are wrapped.
    part: u32,
    /// The cursor is on it.
    cursor: bool,
}

impl DiffPane {
    /// Draws it.
    pub fn render(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let buf = frame.buffer_mut();
        let parts = self.parts(area, self.moved);
        let Some(file) = self.current() else {
            self.draw_instead(buf, area, theme);
            return;
        };
        self.draw_list(buf, parts.list, theme);
        self.draw_title(buf, parts.title, file, theme);
        self.draw_sides(buf, &parts, theme);
        self.draw_strip(buf, parts.strip, file, theme);
        if file.rows.rows().is_empty() {
            self.draw_description(buf, parts.body, file, theme);
            return;
        }
        let top = self.top(usize::from(parts.body.height));
        let cursor = self.index();
        for (n, y) in (parts.body.y..parts.body.bottom()).enumerate() {
            let row = Rect {
                y,
                height: 1,
                ..parts.body
            };
            let item = self.item(top + n);
            let part = match item {
                Some(Item::Rest { part, .. }) => part,
                _ => 0,
            };
            match item {
                Some(Item::Fold(rows)) => {
                    self.draw_fold(buf, row, file, rows, top + n == cursor, theme)
                }
                Some(Item::Row(spot) | Item::Rest { spot, .. }) => {
                    let at = Placed {
                        spot,
                        part,
                        cursor: top + n == cursor,
                    };
                    match parts.layout {
                        Layout::Split => {
                            let halves = halves(row, parts.rule);
                            self.draw_split(buf, halves, file, at, theme);
                        }
                        Layout::Unified => self.draw_unified(buf, row, file, at, theme),
                    }
                }
                Some(Item::Below { note, line }) => {
                    self.draw_comment(buf, row, note as usize, line as usize, theme);
                }
                None => break,
            }
        }
    }

    fn draw_instead(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        let (words, role) = match (&self.failure, &self.diff) {
            (Some(failure), _) => (failure.as_str(), Role::Error),
            (None, None) => ("Comparing the module…", Role::Muted),
            (None, Some(_)) => ("The module has no files on either side.", Role::Muted),
        };
        let lines = text::wrap(&text::safe(words), usize::from(area.width));
        for (line, y) in lines.iter().zip(area.y..area.bottom()) {
            buf.set_stringn(area.x, y, line, usize::from(area.width), theme.style(role));
        }
    }
}
