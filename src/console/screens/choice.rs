//! A list that something is chosen from, over the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::sheet::{boxed, inside};
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::choice::{Choice, Item};
use crate::console::text::{fit, fit_end, pad, safe, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};

/// For how many rows there is room.
pub fn height(model: &Model) -> usize {
    usize::from(inside(model).height).max(1)
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, choice: &Choice, theme: &Theme) {
    let title = choice.purpose.title();
    let Some(items) = &choice.items else {
        let rows = [("Reading".to_owned(), Role::Info)];
        return boxed(frame, model, title, &rows, theme);
    };
    let outer = layout::sheet(model);
    let high = outer.height.min(items.len() as u16 + 2);
    let area = Rect {
        y: outer.y + (outer.height - high) / 2,
        height: high,
        ..outer
    };
    let inner = popup::open(frame, area, title, theme);
    let names = items.iter().map(|it| width(&safe(&it.name))).max();
    let room = usize::from(inner.width).saturating_sub(2);
    let name = names.unwrap_or(0).min(room * 2 / 3);
    let rows = items.iter().enumerate().skip(choice.row.top);
    for (line, (at, item)) in (0..inner.height).zip(rows) {
        widgets::line(frame, inner, line, &row(item, name, room, theme));
        if at == choice.row.at {
            widgets::mark(frame, inner, line, theme.style(Role::Selected));
        }
    }
    let edge = Rect {
        width: inner.width + 1,
        ..inner
    };
    scrollbar::render(frame, edge, items.len(), choice.row.top, theme);
}

fn row(item: &Item, name: usize, room: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let shown = safe(&item.name);
    let shown = pad(&fit_end(&shown, name, glyphs), name, glyphs);
    let words = fit(&safe(&item.words), room.saturating_sub(name + 2), glyphs).into_owned();
    Line::from(vec![
        Span::styled(format!(" {shown}"), theme.style(Role::Text)),
        Span::styled(format!("  {words}"), theme.style(Role::Muted)),
    ])
}
