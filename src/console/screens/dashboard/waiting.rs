//! The dashboard's first rows: what waits for the person at hand.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::EDGE;
use crate::console::model::Model;
use crate::console::model::dashboard::Row;
use crate::console::text::{count, fit, fit_end, pad, path, safe};
use crate::console::theme::{Role, Theme};
use crate::promotion::ModuleId;

/// The heading of what waits for the person at hand.
pub(super) fn heading(model: &Model, row: &Row, theme: &Theme) -> Line<'static> {
    let at_hand = model.standings.at_hand.as_ref();
    let name = at_hand.map_or(String::new(), |it| safe(&it.principal).into_owned());
    Line::from(vec![
        Span::raw(" ".repeat(EDGE)),
        Span::styled(super::fold_mark(row, theme), theme.style(Role::Muted)),
        Span::styled("waiting for you", theme.style(Role::Accent)),
        Span::styled(
            format!("  {}  {name}", count(model.dashboard.waiting.len())),
            theme.style(Role::Muted),
        ),
    ])
}

/// A module that waits for the person at hand, and why.
pub(super) fn row(model: &Model, id: ModuleId, cells: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let Some(module) = model.catalog.module(id) else {
        return Line::default();
    };
    let name = (cells / 3).clamp(20, 48);
    let why = model.standings.waits(&module.path).unwrap_or_default();
    let room = cells.saturating_sub(EDGE + 4 + name + 2);
    let shown = fit_end(&path(&module.path), name, glyphs).into_owned();
    Line::from(vec![
        Span::raw(" ".repeat(EDGE + 2)),
        Span::styled(format!("{} ", glyphs.waiting()), theme.style(Role::Key)),
        Span::styled(
            pad(&shown, name, glyphs),
            theme.style(Role::Text).add_modifier(Modifier::BOLD),
        ),
        Span::styled(
            format!(" {}", fit(&safe(why), room, glyphs)),
            theme.style(Role::Text),
        ),
    ])
}
