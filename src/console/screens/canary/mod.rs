//! The canary screen: what was merged and is watched, the worst first; and one of them.

mod chart;
pub mod detail;
pub mod facts;
pub mod history;
pub mod order;
pub mod signals;
pub mod words;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::glyphs::watched_role;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::canary::{CanaryView, State, Watched};
use crate::console::text::{fit, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::RepoPath;
use crate::workflow::observe::Standing;
use facts::{clock, of_window, smoke};

/// From this width on a promotion has all of its facts on one line.
const WIDE: u16 = 110;

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &CanaryView, theme: &Theme) {
    match (&view.read, &view.opened, view.selected()) {
        (Some(Ok(_)), Some(opened), Some(it)) => {
            detail::render(frame, model, view, (it, opened), theme);
        }
        _ => list(frame, model, view, theme),
    }
    if let Some(order) = &view.order {
        order::render(frame, model, view, order, theme);
    }
}

fn list(frame: &mut Frame, model: &Model, view: &CanaryView, theme: &Theme) {
    let areas = layout::canary(model);
    head(frame, areas.head, model, view, theme);
    let below = Rect {
        height: areas.list.height + areas.detail.height,
        ..areas.list
    };
    let watched = match &view.read {
        None => {
            let style = theme.style(Role::Muted);
            widgets::message(frame, below, "Reading the log.", style);
            return;
        }
        Some(Err(why)) => {
            widgets::message(frame, below, &model.told(why), theme.style(Role::Problem));
            return;
        }
        Some(Ok(watched)) => watched,
    };
    if watched.all.is_empty() {
        let words = nothing(watched);
        widgets::message(frame, below, &words, theme.style(Role::Muted));
        return;
    }
    rows(frame, areas, model, view, theme);
    if let Some(it) = view.selected() {
        why(frame, areas.detail, (model, view), it, theme);
    }
}

/// That nothing is watched, in words.
pub fn nothing(watched: &Watched) -> String {
    format!(
        "No promotion is on {}: there is nothing to watch.",
        watched.branch
    )
}

/// How many stand how, and when that was read.
pub fn summary(view: &CanaryView) -> Vec<(State, usize)> {
    let Some(watched) = view.watched() else {
        return Vec::new();
    };
    let mut counts: Vec<(State, usize)> = Vec::new();
    for row in &view.rows {
        let Some(it) = watched.all.get(*row) else {
            continue;
        };
        let state = view.own.state(it);
        match counts.last_mut() {
            Some((last, count)) if *last == state => *count += 1,
            _ => counts.push((state, 1)),
        }
    }
    counts
}

/// What is being waited for, else when it was read, and what went wrong with that.
pub fn read_at(model: &Model, view: &CanaryView, theme: &Theme) -> String {
    let dots = theme.glyphs().ellipsis();
    if let Some(asking) = &view.asking {
        let seconds = (model.now - asking.since).max(0) / 1_000;
        return format!("asking the metrics{dots} {seconds} s");
    }
    match (view.reading, view.watched()) {
        (true, _) => format!("reading the log{dots}"),
        (false, Some(watched)) if !watched.problems.is_empty() => {
            format!("read {}, not fetched", clock(watched.at, watched.at))
        }
        (false, Some(watched)) => format!("read {}", clock(watched.at, watched.at)),
        (false, None) => String::new(),
    }
}

fn head(frame: &mut Frame, area: Rect, model: &Model, view: &CanaryView, theme: &Theme) {
    let bar = theme.style(Role::Tab);
    frame.buffer_mut().set_style(area, bar);
    let mut spans = vec![Span::styled(
        " Canary  ",
        bar.patch(theme.style(Role::Title)),
    )];
    // What is over comes last, and is left out first.
    let all = area.width >= WIDE;
    let counts = summary(view).into_iter();
    for (state, count) in counts.filter(|(state, _)| all || !state.is_over()) {
        let (mark, word) = (theme.glyphs().watched(state), state.word());
        spans.push(Span::styled(
            format!("{mark} {count} {word}  "),
            bar.patch(theme.style(watched_role(state))),
        ));
    }
    let right = read_at(model, view, theme);
    right_of(frame, area, &Line::from(spans), &right, bar, theme);
}

/// A line, and at its right end what else there is to say; that is cut last.
fn right_of(
    frame: &mut Frame,
    area: Rect,
    left: &Line,
    right: &str,
    style: ratatui::style::Style,
    theme: &Theme,
) {
    widgets::line(frame, area, 0, left);
    let right = format!(
        " {} ",
        fit(right, usize::from(area.width) / 2, theme.glyphs())
    );
    let wide = (width(&right) as u16).min(area.width);
    let place = Rect {
        x: area.right() - wide,
        width: wide,
        ..area
    };
    let style = style.patch(theme.style(Role::Muted));
    widgets::line(frame, place, 0, &Line::styled(right, style));
}

/// From where to where, as short as it is clear: only the lane where the name stays.
pub fn way(it: &Standing, theme: &Theme) -> String {
    let text = |path: &RepoPath| safe(&path.to_text()).into_owned();
    let (from, to) = (text(&it.promotion.from), text(&it.promotion.to));
    let name = from.rsplit('/').next().unwrap_or(&from);
    let target = match to.rsplit_once('/') {
        Some((lane, last)) if last == name => lane,
        _ => &to,
    };
    format!("{from} {} {target}", theme.glyphs().arrow())
}

fn rows(frame: &mut Frame, areas: layout::Canary, model: &Model, view: &CanaryView, theme: &Theme) {
    for line in 0..areas.rows() {
        let row = view.row.top + line;
        let Some(it) = view.at(row) else { break };
        let y = line as u16 * layout::Canary::LINES;
        for (below, content) in two(areas.list.width, model, view, it, theme)
            .iter()
            .enumerate()
        {
            widgets::line(frame, areas.list, y + below as u16, content);
        }
        if row == view.row.at {
            for below in 0..layout::Canary::LINES {
                widgets::mark(frame, areas.list, y + below, theme.style(Role::Selected));
            }
        }
    }
    scrollbar::render(
        frame,
        Rect {
            height: areas.rows() as u16,
            ..areas.list
        },
        view.rows.len(),
        view.row.top,
        theme,
    );
}

/// The two lines of a promotion: how it stands and how far it is; what happens next, and why.
fn two(
    wide: u16,
    model: &Model,
    view: &CanaryView,
    it: &Standing,
    theme: &Theme,
) -> [Line<'static>; 2] {
    let now = model.now / 1_000;
    let glyphs = theme.glyphs();
    let state = view.own.state(it);
    let dim = |role: Role| match state.is_over() {
        true => theme.style(Role::Faint),
        false => theme.style(role),
    };
    let (mark, word) = (glyphs.watched(state), state.word());
    let next = facts::next(view, it, now, theme);
    let far = format!("{:>10}  {:>3}", of_window(it, now), smoke(it));
    let mut first = vec![Span::styled(
        pad(&format!(" {mark} {word}"), 18, glyphs),
        dim(watched_role(state)),
    )];
    let cells = usize::from(wide).saturating_sub(1);
    let by = match (&it.watcher, state.is_over()) {
        (Some(by), _) => format!("  by {}", safe(by)),
        (None, true) => String::new(),
        (None, false) => "  by nobody yet".into(),
    };
    let mut room = cells.saturating_sub(18 + width(&far) + 2);
    let mut more = String::new();
    if wide >= WIDE {
        more = format!("  {next}{by}");
        room = room.saturating_sub(width(&more)).max(20);
    }
    let way = pad(&way(it, theme), room, glyphs);
    first.push(Span::styled(way, dim(Role::Text)));
    first.push(Span::styled(format!("  {far}"), dim(Role::Muted)));
    first.push(Span::styled(more, dim(Role::Muted)));
    let why = safe(&facts::why(model, view, it)).into_owned();
    let second = match wide >= WIDE {
        true => format!("   {why}"),
        false => format!("   {next}  {why}"),
    };
    let second = fit(&second, cells, glyphs).into_owned();
    [Line::from(first), Line::styled(second, dim(Role::Muted))]
}

/// All of why the selected one stands so.
fn why(
    frame: &mut Frame,
    area: Rect,
    (model, view): (&Model, &CanaryView),
    it: &Standing,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let rule = glyphs.horizontal().repeat(usize::from(area.width));
    let rule = Line::styled(rule, theme.style(Role::Border));
    widgets::line(frame, area, 0, &rule);
    let state = view.own.state(it);
    let cells = usize::from(area.width).saturating_sub(2);
    let text = format!("WHY  {}", safe(&facts::why(model, view, it)));
    let rows = wrap(&text, cells);
    let room = usize::from(area.height.saturating_sub(1));
    for (row, line) in rows.iter().take(room).enumerate() {
        let rest = match row + 1 == room {
            true => fit(&rows[row..].join(" "), cells, glyphs).into_owned(),
            false => line.clone(),
        };
        let line = Line::styled(format!(" {rest}"), theme.style(watched_role(state)));
        widgets::line(frame, area, 1 + row as u16, &line);
    }
}

/// What the status line says where nothing else is to be said.
pub fn place(view: &CanaryView) -> Option<String> {
    let it = view.selected()?;
    let by = it.watcher.as_deref().map(|by| format!(", watched by {by}"));
    let all = format!(
        "{}, merged {}{}",
        it.promotion.to.to_text(),
        it.merged_by
            .as_deref()
            .map_or(String::new(), |who| format!("by {who}")),
        by.unwrap_or_default()
    );
    Some(safe(&all).into_owned())
}
