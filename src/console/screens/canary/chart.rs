//! How one signal went: the canary as bars, the base as points, the limit as dashes. Told
//! apart by their shapes, so that no colour is needed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::facts::{clock, seconds};
use super::signals::bucketed;
use crate::console::text::{fit, safe, width};
use crate::console::theme::{Role, Theme};
use crate::console::widgets;
use crate::promotion::canary::verdict::percent;
use crate::promotion::canary::{Events, Kind};
use crate::workflow::observe::{Past, Standing};

/// Cells of the scale at the left.
const SCALE: u16 = 9;

/// What is drawn.
struct Drawn {
    canary: Vec<Option<f64>>,
    base: Vec<Option<f64>>,
    limit: Option<f64>,
    /// What the limit is.
    limit_is: String,
    /// Whether values are parts, in percent; else evidence, of its limit.
    parts: bool,
}

fn of(it: &Standing, looks: &[&Past], signal: &str) -> Option<Drawn> {
    let found = |value: fn(&crate::workflow::observe::PastSignal) -> Option<f64>| {
        let values = looks.iter().map(|look| {
            let of = look.signals.iter().find(|it| it.signal == signal)?;
            value(of)
        });
        values.collect::<Vec<_>>()
    };
    let canary = found(|it| it.canary);
    let base = found(|it| it.base);
    if canary.iter().flatten().next().is_some() {
        let (limit, limit_is) = limit(it, signal, &base);
        return Some(Drawn {
            canary,
            base,
            limit,
            limit_is,
            parts: true,
        });
    }
    let evidence = found(|it| it.evidence);
    evidence.iter().flatten().next()?;
    Some(Drawn {
        base: vec![None; evidence.len()],
        canary: evidence,
        limit: Some(1.0),
        limit_is: "rolls back".into(),
        parts: false,
    })
}

/// A plain limit, else what the base allows, else the objective.
fn limit(it: &Standing, signal: &str, base: &[Option<f64>]) -> (Option<f64>, String) {
    let signals = &it.watch.policy.signals;
    let rules = match signals
        .iter()
        .find(|it| it.name == signal)
        .map(|it| &it.kind)
    {
        Some(Kind::Events(rules)) => *rules,
        _ => Events::default(),
    };
    if let Some(plain) = rules.threshold {
        return (Some(plain.max), "limit".into());
    }
    if let (Some(allowed), Some(base)) = (rules.allowed, base.iter().rev().flatten().next()) {
        return (Some(base * allowed), format!("{allowed} times base"));
    }
    let budget = rules.objective.map(|it| 1.0 - it);
    (budget, "budget".into())
}

/// Draws it, or says that nothing is known of it.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    it: &Standing,
    looks: &[&Past],
    signal: &str,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let title = |frame: &mut Frame, spans: Vec<Span<'static>>| {
        let rule = glyphs.horizontal().repeat(usize::from(area.width));
        let rule = Line::styled(rule, theme.style(Role::Border));
        widgets::line(frame, area, 0, &rule);
        widgets::line(frame, area, 0, &Line::from(spans));
    };
    let name = Span::styled(
        format!(" {} ", fit(&safe(signal), 20, glyphs)),
        theme.style(Role::Title),
    );
    let Some(drawn) = of(it, looks, signal) else {
        title(frame, vec![name]);
        let below = Rect {
            y: area.y + area.height.min(1),
            height: area.height.saturating_sub(1),
            ..area
        };
        let words = "nothing of how it went is kept on this machine";
        let line = Line::styled(format!(" {words}"), theme.style(Role::Muted));
        widgets::line(frame, below, 0, &line);
        return;
    };
    let bar = glyphs.heights().last().copied().unwrap_or("#");
    let mut spans = vec![
        name,
        Span::styled(
            format!("{bar} {} ", if drawn.parts { "canary" } else { "evidence" }),
            theme.style(Role::Accent),
        ),
    ];
    if drawn.parts {
        let words = format!("{} base ", glyphs.point());
        spans.push(Span::styled(words, theme.style(Role::Text)));
    }
    if drawn.limit.is_some() {
        let words = format!("{} {} ", glyphs.dashes(), drawn.limit_is);
        spans.push(Span::styled(words, theme.style(Role::Warning)));
    }
    title(frame, spans);
    let times = u16::from(area.height >= 6);
    let plot = Rect {
        x: area.x + SCALE.min(area.width),
        y: area.y + 1,
        width: area.width.saturating_sub(SCALE + 1),
        height: area.height.saturating_sub(1 + times),
    };
    if plot.width == 0 || plot.height == 0 {
        return;
    }
    plotted(frame, area, plot, &drawn, theme);
    if let (1, Some(first), Some(last)) = (times, looks.first(), looks.last()) {
        let (from, to) = ends(first.at, last.at);
        let y = area.height - 1;
        let below = Rect {
            x: plot.x,
            width: plot.width,
            ..area
        };
        let muted = theme.style(Role::Muted);
        let room = usize::from(plot.width).saturating_sub(width(&from) + width(&to));
        let line = format!("{from}{}{to}", " ".repeat(room));
        widgets::line(frame, below, y, &Line::styled(line, muted));
    }
}

/// The times at both ends: to the second where they are of one minute, and of one look
/// only one.
fn ends(first: i64, last: i64) -> (String, String) {
    let (from, to) = (clock(first, last), clock(last, last));
    if from != to {
        return (from, to);
    }
    let (from, to) = (seconds(first), seconds(last));
    match from == to {
        true => (from, String::new()),
        false => (from, to),
    }
}

fn plotted(frame: &mut Frame, area: Rect, plot: Rect, drawn: &Drawn, theme: &Theme) {
    let glyphs = theme.glyphs();
    let cells = usize::from(plot.width);
    let canary = bucketed(&drawn.canary, cells);
    let base = bucketed(&drawn.base, cells);
    let known = canary.iter().chain(&base).flatten().copied();
    let most = known.chain(drawn.limit).fold(0.0_f64, f64::max);
    let top = if most > 0.0 { most * 1.1 } else { 1.0 };
    let height = f64::from(plot.height);
    // The row of a value, from above.
    let row = |value: f64| {
        let from_below = (value / top * height).floor().clamp(0.0, height - 1.0);
        plot.height - 1 - from_below as u16
    };
    let heights = glyphs.heights();
    let mut put = |x: u16, y: u16, glyph: &str, role: Role| {
        let style = theme.style(role);
        frame
            .buffer_mut()
            .set_string(plot.x + x, plot.y + y, glyph, style);
    };
    if let Some(limit) = drawn.limit {
        for x in 0..plot.width {
            put(x, row(limit), glyphs.dashes(), Role::Warning);
        }
    }
    // Several cells for a value where there are few of them.
    let at = |points: &[Option<f64>], x: u16| {
        let at = usize::from(x) * points.len() / cells.max(1);
        points.get(at).copied().flatten()
    };
    let full = heights.len().max(1);
    for x in 0..plot.width {
        if let Some(value) = at(&canary, x) {
            let parts = value / top * height * full as f64;
            let parts = parts.round().max(1.0) as usize;
            for level in 0..plot.height {
                let within = parts.saturating_sub(usize::from(level) * full).min(full);
                if within > 0 {
                    let glyph = heights.get(within - 1).copied().unwrap_or("#");
                    put(x, plot.height - 1 - level, glyph, Role::Accent);
                }
            }
        }
        if let Some(value) = at(&base, x) {
            put(x, row(value), glyphs.point(), Role::Text);
        }
    }
    let label = |value: f64| match drawn.parts {
        true => percent(value),
        false => format!("{value:.2}"),
    };
    for (y, value) in [(0, top), (plot.height - 1, 0.0)] {
        let text = format!("{:>7} {}", label(value), glyphs.vertical());
        let line = Line::styled(text, theme.style(Role::Muted));
        widgets::line(frame, area, 1 + y, &line);
    }
    for y in 1..plot.height.saturating_sub(1) {
        let text = format!("{:>7} {}", "", glyphs.vertical());
        let line = Line::styled(text, theme.style(Role::Muted));
        let scale = Rect {
            width: SCALE.min(area.width),
            ..area
        };
        widgets::line(frame, scale, 1 + y, &line);
    }
}
