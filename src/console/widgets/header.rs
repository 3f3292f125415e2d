//! The first line: repository, revision, base, counts.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::{role, watched_role};
use crate::console::model::Model;
use crate::console::model::canary::State;
use crate::console::text::{count, fit, width};
use crate::console::theme::{Role, Theme};
use crate::promotion::GateStatus;

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    let bar = theme.style(Role::Header);
    let glyphs = theme.glyphs();
    frame.buffer_mut().set_style(area, bar);

    let right = counts(model, theme);
    let right_width = right.width();
    let room = usize::from(area.width).saturating_sub(right_width + 2);

    let header = &model.header;
    let title = theme.style(Role::Title);
    let muted = theme.style(Role::Muted);
    let mut left: Vec<(String, ratatui::style::Style)> = vec![
        (" ".into(), title),
        (header.repository.clone(), title),
        ("  ".into(), muted),
        (header.revision.clone(), theme.style(Role::Accent)),
    ];
    let commit = !header.commit.is_empty() && !header.commit.starts_with(&header.revision);
    if commit {
        left.push((format!(" {}", header.commit), muted));
    }
    if model.turning {
        left.push(("  being read".into(), muted));
    } else if model.looking.is_some() {
        let key = model.key(Action::Branches);
        left.push((format!("  {key} goes elsewhere"), theme.style(Role::Key)));
    }
    if !header.base.is_empty() {
        left.push((format!("  base {}", header.base), muted));
    }
    let mut spans = Vec::new();
    let mut used = 0;
    for (text, style) in left {
        let wide = width(&text);
        if used + wide > room {
            // Facts are dropped whole, but a name is cut.
            if text.starts_with(' ') {
                break;
            }
            spans.push(Span::styled(
                fit(&text, room - used, glyphs).into_owned(),
                bar.patch(style),
            ));
            break;
        }
        used += wide;
        spans.push(Span::styled(text, bar.patch(style)));
    }
    super::line(frame, area, 0, &Line::from(spans));
    let x = area.right().saturating_sub(right_width as u16 + 1);
    let place = Rect {
        x: x.max(area.x),
        width: area.right() - x.max(area.x),
        ..area
    };
    super::line(frame, place, 0, &right);
}

fn counts(model: &Model, theme: &Theme) -> Line<'static> {
    let bar = theme.style(Role::Header);
    let glyphs = theme.glyphs();
    let counts = model.catalog.counts();
    let mut spans = watched(model, theme);
    for (status, number) in [
        (GateStatus::Passed, counts.holds),
        (GateStatus::Failed, counts.failed),
        (GateStatus::Error, counts.errors),
        (GateStatus::Stale, counts.stale),
    ] {
        if number > 0 {
            spans.push(Span::styled(
                format!("{}{}  ", glyphs.status(status), count(number)),
                bar.patch(theme.style(role(status))),
            ));
        }
    }
    let modules = model.catalog.tree().len();
    let text = match (model.loading, modules) {
        (true, _) => "reading modules".into(),
        (false, 1) => "1 module".into(),
        (false, n) if n == model.dashboard.matches || !model.dashboard.is_narrowed() => {
            format!("{} modules", count(n))
        }
        (false, n) => format!("{} of {} modules", count(model.dashboard.matches), count(n)),
    };
    spans.push(Span::styled(text, bar));
    Line::from(spans)
}

/// How the worst of what is watched stands; in words where somebody should look.
fn watched(model: &Model, theme: &Theme) -> Vec<Span<'static>> {
    let watched = model.standings.watched.first();
    // Where nothing is set up nobody has to be told on every screen.
    let Some((_, state)) = watched.filter(|(_, it)| *it != State::NotSetUp) else {
        return Vec::new();
    };
    let mark = theme.glyphs().watched(*state);
    let text = match state {
        State::PassSoFar | State::Pass => format!("{mark} canary  "),
        _ => format!("{mark} canary {}  ", state.word()),
    };
    let style = theme.style(watched_role(*state));
    vec![Span::styled(text, theme.style(Role::Header).patch(style))]
}
