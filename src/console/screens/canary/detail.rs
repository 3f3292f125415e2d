//! One promotion that is watched: whether it is well, why, what happens next, and how it went.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::facts::{self, of_window, smoke};
use super::signals::{self, Columns, Signal};
use super::{chart, history, right_of};
use crate::console::glyphs::watched_role;
use crate::console::layout;
use crate::console::model::canary::{CanaryView, Opened};
use crate::console::model::{Model, Screen};
use crate::console::text::{fit, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::workflow::observe::Standing;

/// From this width on chart and history stand side by side.
const WIDE: u16 = 110;
/// A chart of fewer lines shows nothing.
const CHART: u16 = 5;

/// How many signals there are, how many lines of history, and for how many there is room.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scroll {
    /// The signals.
    pub signals: usize,
    /// The lines.
    pub lines: usize,
    /// The room.
    pub height: usize,
}

/// What can be moved in.
pub fn scroll(model: &Model) -> Scroll {
    let Screen::Canary(view) = &model.screen else {
        return Scroll::default();
    };
    let (Some(_), Some(it)) = (&view.opened, view.selected()) else {
        return Scroll::default();
    };
    let parts = Parts::of(model, view, it, &Theme::no_color());
    Scroll {
        signals: parts.signals.len(),
        lines: parts.happened.len(),
        height: usize::from(parts.history.height.saturating_sub(1)).max(1),
    }
}

/// What is where.
struct Parts {
    facts: (Rect, Vec<Line<'static>>),
    table: Rect,
    signals: Vec<Signal>,
    columns: Columns,
    /// What is said of the selected signal.
    said: Rect,
    chart: Rect,
    history: Rect,
    happened: Vec<Line<'static>>,
}

impl Parts {
    fn of(model: &Model, view: &CanaryView, it: &Standing, theme: &Theme) -> Self {
        let body = layout::frame(model).body;
        let mut y = 1;
        let mut part = |height: u16| {
            let height = height.min(body.height.saturating_sub(y));
            let area = Rect {
                y: body.y + y.min(body.height),
                height,
                ..body
            };
            y += height;
            area
        };
        let now = model.now / 1_000;
        let most = if body.height < 18 { 1 } else { 2 };
        let lines = fact_lines(model, view, it, usize::from(body.width), most, theme);
        let facts = part(lines.len() as u16);
        let signals = signals::all(view, it, theme);
        let columns = Columns::of(&signals, usize::from(body.width));
        // A little of the history always stays.
        let table = 1 + signals.len() as u16;
        let left = body.height.saturating_sub(1 + facts.height);
        let table = part(table.min(left.saturating_sub(2)));
        let left = left.saturating_sub(table.height);
        let said = part(match left {
            0..4 => 0,
            4..9 => 1,
            _ => 2,
        });
        let left = left.saturating_sub(said.height);
        let (chart, history) = match (body.width >= WIDE, left) {
            (true, left) if left >= CHART => {
                let both = part(left);
                let half = both.width / 2;
                let chart = Rect {
                    width: half,
                    ..both
                };
                let history = Rect {
                    x: both.x + half,
                    width: both.width - half,
                    ..both
                };
                (chart, history)
            }
            (false, left) if left >= CHART + 3 => {
                let chart = part((left * 3 / 5).max(CHART));
                (chart, part(left))
            }
            (_, left) => (Rect::default(), part(left)),
        };
        let cells = usize::from(history.width).saturating_sub(2);
        Self {
            facts: (facts, lines),
            table,
            signals,
            columns,
            said,
            chart,
            history,
            happened: history::lines(it, now, cells, theme),
        }
    }
}

/// Labels and what they say; each on so many lines at most.
fn fact_lines(
    model: &Model,
    view: &CanaryView,
    it: &Standing,
    cells: usize,
    most: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let mut lines = Vec::new();
    for fact in facts::all(model, view, it, theme) {
        let label = format!(" {}  ", fact.label);
        let room = cells.saturating_sub(label.len() + 1);
        let rows = wrap(&fact.text, room);
        for (at, row) in rows.iter().take(most).enumerate() {
            let text = match at + 1 == most {
                true => fit(&rows[at..].join(" "), room, glyphs).into_owned(),
                false => row.clone(),
            };
            let label = match at {
                0 => label.clone(),
                _ => " ".repeat(label.len()),
            };
            lines.push(Line::from(vec![
                Span::styled(label, theme.style(Role::Muted)),
                Span::styled(text, theme.style(fact.role)),
            ]));
        }
    }
    lines
}

/// Draws it.
pub fn render(
    frame: &mut Frame,
    model: &Model,
    view: &CanaryView,
    (it, opened): (&Standing, &Opened),
    theme: &Theme,
) {
    let body = layout::frame(model).body;
    let top = Rect {
        height: body.height.min(1),
        ..body
    };
    bar(frame, top, model, view, it, theme);
    let parts = Parts::of(model, view, it, theme);
    for (row, line) in parts.facts.1.iter().enumerate() {
        widgets::line(frame, parts.facts.0, row as u16, line);
    }
    table(frame, &parts, opened, theme);
    if let Some(signal) = parts.signals.get(opened.signal.at) {
        said(frame, &parts, view, it, signal, theme);
        if parts.chart.height > 0 {
            let looks = view.own.looks(it);
            chart::render(frame, parts.chart, it, &looks, &signal.name, theme);
        }
    }
    past(frame, &parts, opened, theme);
}

/// How it stands, in one line.
fn bar(
    frame: &mut Frame,
    area: Rect,
    model: &Model,
    view: &CanaryView,
    it: &Standing,
    theme: &Theme,
) {
    let bar = theme.style(Role::Tab);
    frame.buffer_mut().set_style(area, bar);
    let now = model.now / 1_000;
    let state = view.own.state(it);
    let mark = theme.glyphs().watched(state);
    let named = if area.width < 80 { "" } else { "canary " };
    let mut far = vec![format!("{named}{}", of_window(it, now))];
    let nights = smoke(it);
    if !nights.is_empty() {
        far.push(format!("smoke {nights}"));
    }
    let waits = view.asking.is_some() || view.reading;
    // What is waited for takes its place.
    let by = it.watcher.iter().filter(|_| !waits && area.width >= 80);
    far.extend(by.map(|by| format!("watcher {by}")));
    let stands = format!(" {mark} {}", state.word());
    let far = format!("  {}", safe(&far.join("  ")));
    let room = usize::from(area.width).saturating_sub(width(&stands) + width(&far) + 3);
    let way = super::way(it, theme);
    let line = Line::from(vec![
        Span::styled(stands, bar.patch(theme.style(watched_role(state)))),
        Span::styled(
            format!("  {}", fit(&way, room.max(12), theme.glyphs())),
            bar.patch(theme.style(Role::Title)),
        ),
        Span::styled(far, bar),
    ]);
    match waits {
        false => widgets::line(frame, area, 0, &line),
        true => {
            let right = super::read_at(model, view, theme);
            right_of(frame, area, &line, &right, bar, theme);
        }
    }
}

fn table(frame: &mut Frame, parts: &Parts, opened: &Opened, theme: &Theme) {
    if parts.table.height == 0 {
        return;
    }
    widgets::line(frame, parts.table, 0, &parts.columns.titles(theme));
    let below = Rect {
        y: parts.table.y + 1,
        height: parts.table.height - 1,
        ..parts.table
    };
    let room = usize::from(below.height).max(1);
    // The selected one is always among them.
    let from = (opened.signal.at + 1).saturating_sub(room);
    for (row, (at, signal)) in parts
        .signals
        .iter()
        .enumerate()
        .skip(from)
        .take(room)
        .enumerate()
    {
        let line = parts.columns.line(signal, theme);
        widgets::line(frame, below, row as u16, &line);
        if at == opened.signal.at {
            widgets::mark(frame, below, row as u16, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, below, parts.signals.len(), from, theme);
}

/// Why the selected signal says so, and the figures that found no room.
fn said(
    frame: &mut Frame,
    parts: &Parts,
    view: &CanaryView,
    it: &Standing,
    signal: &Signal,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let cells = usize::from(parts.said.width).saturating_sub(2);
    let mut rows = vec![safe(&signal.why).into_owned()];
    let left = parts.columns.left_out(signal);
    if !left.is_empty() {
        rows.push(left);
    }
    let older = view.own.newest(it).is_some_and(|it| it.only_logged);
    if let Some(whole) = view.own.whole(it).filter(|_| older) {
        let when = facts::clock(whole.at, whole.at);
        rows.insert(
            0,
            format!("figures of {when}; the verdict is newer, from the log"),
        );
    }
    let room = usize::from(parts.said.height);
    for (row, text) in rows.iter().take(room).enumerate() {
        let text = match row + 1 == room {
            true => rows[row..].join("; "),
            false => text.clone(),
        };
        let text = format!("   {}", fit(&text, cells.saturating_sub(2), glyphs));
        let line = Line::styled(text, theme.style(Role::Muted));
        widgets::line(frame, parts.said, row as u16, &line);
    }
}

fn past(frame: &mut Frame, parts: &Parts, opened: &Opened, theme: &Theme) {
    let area = parts.history;
    if area.height == 0 {
        return;
    }
    let glyphs = theme.glyphs();
    let rule = glyphs.horizontal().repeat(usize::from(area.width));
    let rule = Line::styled(rule, theme.style(Role::Border));
    widgets::line(frame, area, 0, &rule);
    let title = pad(" What the log says, UTC ", 24, glyphs);
    let title = Line::styled(title, theme.style(Role::Title));
    widgets::line(frame, area, 0, &title);
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    for (row, line) in (0..below.height).zip(parts.happened.iter().skip(opened.top)) {
        widgets::line(frame, below, row, line);
    }
    scrollbar::render(frame, below, parts.happened.len(), opened.top, theme);
}
