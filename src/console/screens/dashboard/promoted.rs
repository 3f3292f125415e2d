//! The dashboard's rows of what left its lane: where it is now, and how far it has come.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::EDGE;
use crate::console::model::Model;
use crate::console::model::canary::State;
use crate::console::model::dashboard::Row;
use crate::console::text::{count, fit, fit_end, pad, path, safe};
use crate::console::theme::{Role, Theme};
use crate::promotion::{RepoPath, Stage};

/// The heading of what left its lane.
pub(super) fn heading(model: &Model, row: &Row, theme: &Theme) -> Line<'static> {
    let muted = theme.style(Role::Muted);
    Line::from(vec![
        Span::raw(" ".repeat(EDGE)),
        Span::styled(super::fold_mark(row, theme), muted),
        Span::styled("promoted", theme.style(Role::Accent)),
        Span::styled(
            format!("  {}", count(model.dashboard.promoted.len())),
            muted,
        ),
    ])
}

fn is_unwatched(model: &Model, module: &RepoPath) -> bool {
    let mut watched = model.standings.watched.iter();
    watched.any(|(of, state)| of == module && *state == State::NotSetUp)
}

/// A module that left its lane, what it is called now, and what comes next.
pub(super) fn row(model: &Model, at: usize, cells: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let from = model.dashboard.promoted.get(at);
    let Some(it) = from.and_then(|from| model.standings.left(from)) else {
        return Line::default();
    };
    let more = match it.stage {
        Stage::Promoted => match &model.standings.by_hand {
            Some(base) => format!("to be merged into {base} by hand", base = safe(base)),
            None => "its pull request comes next".to_owned(),
        },
        Stage::Merged if is_unwatched(model, &it.promotion.from) => {
            "no canary is set up to watch it".to_owned()
        }
        Stage::Merged => "nobody has watched it yet".to_owned(),
        _ => format!("was {}", path(&it.promotion.from)),
    };
    let name = (cells / 3).clamp(20, 48);
    let to = fit_end(&path(&it.promotion.to), name, glyphs).into_owned();
    let room = cells.saturating_sub(EDGE + 4 + name + 12 + 2);
    Line::from(vec![
        Span::raw(" ".repeat(EDGE + 4)),
        Span::styled(
            pad(&to, name, glyphs),
            theme.style(Role::Text).add_modifier(Modifier::BOLD),
        ),
        Span::styled(
            format!(" {}", pad(it.stage.word(), 11, glyphs)),
            theme.style(Role::Text),
        ),
        Span::styled(
            format!(" {}", fit(&more, room, glyphs)),
            theme.style(Role::Muted),
        ),
    ])
}
