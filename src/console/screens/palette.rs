//! The palette, over whatever is shown: what can be done, each with its key, and why not.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::palette::{Palette, Row};
use crate::console::text::{fit, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};

/// The cells of the keys.
const KEYS: usize = 14;

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, palette: &Palette, theme: &Theme) {
    let place = layout::palette(model);
    popup::open(frame, place.outer, "Commands", theme);
    let height = usize::from(place.list.height);
    let shown = palette.rows.iter().enumerate().skip(palette.row.top);
    for (line, (at, row)) in shown.take(height).enumerate() {
        let text = self::row(row, usize::from(place.list.width), theme);
        widgets::line(frame, place.list, line as u16, &text);
        if at == palette.row.at {
            let style = theme.style(Role::Selected);
            widgets::mark(frame, place.list, line as u16, style);
        }
    }
    if palette.rows.is_empty() {
        let text = "Nothing that can be done here is called so.";
        let line = Line::styled(format!(" {text}"), theme.style(Role::Muted));
        widgets::line(frame, place.list, 0, &line);
    }
    let edge = ratatui::layout::Rect {
        x: place.outer.x,
        width: place.outer.width,
        ..place.list
    };
    scrollbar::render(frame, edge, palette.rows.len(), palette.row.top, theme);
    detail(frame, place.detail, palette, theme);
}

fn row<'a>(row: &'a Row, cells: usize, theme: &Theme) -> Line<'a> {
    let glyphs = theme.glyphs();
    let choice = &row.choice;
    let style = theme.style(match choice.refusal {
        Some(_) => Role::Muted,
        None => Role::Text,
    });
    let key = choice.keys.first().map_or("", String::as_str);
    let mut spans = vec![
        Span::raw(" "),
        Span::styled(
            pad(key, KEYS, glyphs),
            match choice.refusal {
                Some(_) => style,
                None => theme.style(Role::Key),
            },
        ),
        Span::raw(" "),
    ];
    let room = cells.saturating_sub(KEYS + 3);
    let words = fit(&choice.words, room, glyphs);
    let cut = words.chars().count() as u32;
    for (at, c) in words.chars().enumerate() {
        let matched = row.matched.contains(&(at as u32)) && (at as u32) < cut;
        let style = match matched {
            true => style.patch(theme.style(Role::Match)),
            false => style,
        };
        spans.push(Span::styled(c.to_string(), style));
    }
    let left = room.saturating_sub(width(&words));
    if let Some(why) = choice.refusal.as_ref().filter(|_| left > 12) {
        let why = format!(" {} {}", glyphs.separator(), safe(why));
        let why = fit(&why, left, glyphs).into_owned();
        spans.push(Span::styled(why, theme.style(Role::Warning)));
    }
    Line::from(spans)
}

/// Why the selected one does nothing now, in full.
fn detail(frame: &mut Frame, area: ratatui::layout::Rect, palette: &Palette, theme: &Theme) {
    let Some(choice) = palette.selected() else {
        return;
    };
    let (text, role) = match &choice.refusal {
        Some(why) => (format!("not now: {}", safe(why)), Role::Warning),
        None if choice.keys.len() > 1 => (format!("keys: {}", choice.keys.join("  ")), Role::Muted),
        None => return,
    };
    let cells = usize::from(area.width).saturating_sub(2);
    let rows = wrap(&text, cells)
        .into_iter()
        .take(usize::from(area.height));
    for (row, text) in rows.enumerate() {
        let line = Line::styled(format!(" {text}"), theme.style(role));
        widgets::line(frame, area, row as u16, &line);
    }
}
