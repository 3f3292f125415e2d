//! The box in which a note is written.

use ratatui::Frame;
use ratatui::text::Line;

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::note::Note;
use crate::console::model::review::{ReviewView, Writing};
use crate::console::text::safe;
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};

/// Draws it, scrolled to the cursor.
pub fn render(
    frame: &mut Frame,
    model: &Model,
    view: &ReviewView,
    writing: &Writing,
    theme: &Theme,
) {
    let item = writing.item.as_ref().and_then(|id| {
        let items = &view.sheet()?.checklist.items;
        items.iter().find(|item| item.id == *id)
    });
    let title = match item {
        Some(item) => format!("Note on {}", safe(&item.title)),
        None => "Note on the whole decision".into(),
    };
    write(frame, model, &title, &writing.note, theme);
}

/// A box with a text that is being written.
pub fn write(frame: &mut Frame, model: &Model, title: &str, note: &Note, theme: &Theme) {
    let outer = layout::note_box(model);
    popup::open(frame, outer, title, theme);
    let inner = layout::note(model);
    let cells = usize::from(inner.width);
    let rows = note.rows(cells);
    let (at, column) = note.place(cells);
    let height = usize::from(inner.height).max(1);
    let top = (at + 1).saturating_sub(height);
    for (line, row) in (0..inner.height).zip(rows.iter().skip(top)) {
        let text = safe(&note.text()[row.clone()]).into_owned();
        let text = Line::styled(text, theme.style(Role::Text));
        widgets::line(frame, inner, line, &text);
    }
    let edge = ratatui::layout::Rect {
        x: outer.x,
        width: outer.width,
        ..inner
    };
    scrollbar::render(frame, edge, rows.len(), top, theme);
    let x = inner.x + (column as u16).min(inner.width.saturating_sub(1));
    frame.set_cursor_position((x, inner.y + (at - top) as u16));
}
