//! The progress of running gates, below every screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::event::Millis;
use crate::console::glyphs::role;
use crate::console::model::Model;
use crate::console::model::runs::{GateProgress, Run};
use crate::console::text::{duration, fit, fit_end, pad, path, width};
use crate::console::theme::{Role, Theme};
use crate::promotion::GateStatus;

/// Draws it; as much of it as finds room.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    let Some(run) = model.shown_run().filter(|_| area.height > 0) else {
        return;
    };
    rule(frame, area, run, model, theme);
    let gates = run.gates.len() as u16;
    if area.height > gates + 1 {
        for (row, gate) in run.gates.iter().enumerate() {
            super::line(
                frame,
                area,
                1 + row as u16,
                &gate_line(gate, model, theme, area),
            );
        }
        super::line(frame, area, 1 + gates, &now_line(run, theme, area));
    } else if area.height >= 3 {
        super::line(frame, area, 1, &strip(run, theme, area));
        super::line(frame, area, 2, &now_line(run, theme, area));
    } else if run.preparing.is_some() || run.problem.is_some() {
        // Else nothing says what one waits for: every gate is queued.
        super::line(frame, area, 1, &now_line(run, theme, area));
    } else {
        super::line(frame, area, 1, &strip(run, theme, area));
    }
}

/// Gate by gate, then what happens right now: for a box of that width.
pub fn rows(run: &Run, model: &Model, theme: &Theme, area: Rect) -> Vec<Line<'static>> {
    let gates = run.gates.iter();
    let mut rows: Vec<_> = gates.map(|it| gate_line(it, model, theme, area)).collect();
    rows.push(now_line(run, theme, area));
    rows
}

/// A rule with the module, how far it is, and how long it takes.
fn rule(frame: &mut Frame, area: Rect, run: &Run, model: &Model, theme: &Theme) {
    let glyphs = theme.glyphs();
    let border = theme.style(Role::Border);
    let horizontal = glyphs.horizontal().repeat(usize::from(area.width));
    super::line(frame, area, 0, &Line::styled(horizontal, border));

    let took = elapsed(run.started, run.ended, model.now);
    let state = match (&run.problem, run.cancelled, run.ended) {
        (_, true, None) => "cancelling".to_owned(),
        (_, true, Some(_)) => "cancelled".to_owned(),
        (Some(_), ..) => "could not run".to_owned(),
        (None, false, Some(_)) => "done".to_owned(),
        (None, false, None) => format!("{} of {} gates", run.done(), run.gates.len()),
    };
    let waiting = match model.runs.waiting.len() {
        0 => String::new(),
        n => format!(" {} {n} waiting", glyphs.separator()),
    };
    let right = format!(" {state} {} {took}{waiting} ", glyphs.separator());
    let room = usize::from(area.width).saturating_sub(width(&right) + 6);
    let name = path(&run.path);
    let left = Line::styled(
        format!(" {} ", fit_end(&name, room, glyphs)),
        theme.style(Role::Title),
    );
    let place = |x: u16, wide: usize| Rect {
        x: area.x + x.min(area.width),
        width: (wide as u16).min(area.width.saturating_sub(x)),
        ..area
    };
    super::line(frame, place(2, left.width()), 0, &left);
    let x = area.width.saturating_sub(width(&right) as u16 + 2);
    super::line(
        frame,
        place(x, width(&right)),
        0,
        &Line::styled(right, theme.style(Role::Muted)),
    );
}

/// Gates with their marks, as many as find room on one line.
fn strip(run: &Run, theme: &Theme, area: Rect) -> Line<'static> {
    let glyphs = theme.glyphs();
    let mut spans = vec![Span::raw(" ")];
    // What one waits for comes first, then what is to be read: there is seldom room for all.
    let mut gates: Vec<_> = run.gates.iter().collect();
    gates.sort_by_key(|gate| match gate.status {
        GateStatus::Running => 0,
        GateStatus::Failed | GateStatus::Error => 1,
        _ => 2,
    });
    let room = usize::from(area.width).saturating_sub(4);
    let mut used = 1;
    for gate in gates {
        used += 3 + width(gate.gate.as_str());
        if used > room {
            let more = format!(" {}", glyphs.ellipsis());
            spans.push(Span::styled(more, theme.style(Role::Faint)));
            break;
        }
        let style = theme.style(role(gate.status));
        spans.push(Span::styled(
            format!(" {} ", glyphs.status(gate.status)),
            style,
        ));
        let name = match gate.status {
            GateStatus::Queued => theme.style(Role::Faint),
            _ => theme.style(Role::Text),
        };
        spans.push(Span::styled(gate.gate.to_string(), name));
    }
    Line::from(spans)
}

fn gate_line(gate: &GateProgress, model: &Model, theme: &Theme, area: Rect) -> Line<'static> {
    let glyphs = theme.glyphs();
    let style = theme.style(role(gate.status));
    let took = match (gate.started, gate.cached) {
        (_, true) => "kept".to_owned(),
        (Some(_), false) if gate.ended.is_some() => duration(gate.took),
        (Some(started), false) => elapsed(started, None, model.now),
        (None, false) => String::new(),
    };
    let room = usize::from(area.width).saturating_sub(42);
    Line::from(vec![
        Span::styled(format!("  {} ", glyphs.status(gate.status)), style),
        Span::styled(pad(gate.gate.as_str(), 10, glyphs), theme.style(Role::Text)),
        Span::styled(pad(gate.status.word(), 15, glyphs), style),
        Span::styled(pad(&took, 9, glyphs), theme.style(Role::Muted)),
        Span::styled(
            fit(&gate.summary, room, glyphs).into_owned(),
            theme.style(Role::Muted),
        ),
    ])
}

/// What happens right now: the last line a tool wrote, or what is made ready.
fn now_line(run: &Run, theme: &Theme, area: Rect) -> Line<'static> {
    let glyphs = theme.glyphs();
    let room = usize::from(area.width).saturating_sub(4);
    if let Some(problem) = &run.problem {
        return Line::styled(
            format!("  {}", fit(problem, room, glyphs)),
            theme.style(Role::Problem),
        );
    }
    if let Some((what, done)) = &run.preparing {
        let percent = done.map_or(String::new(), |d| {
            format!(" {:3.0} %", f64::from(d.clamp(0.0, 1.0)) * 100.0)
        });
        let text = format!("{what}{percent}");
        return Line::styled(
            format!("  {}", fit(&text, room, glyphs)),
            theme.style(Role::Info),
        );
    }
    match &run.last_line {
        Some((gate, line)) if run.ended.is_none() => {
            let name = format!("  {gate} ");
            let room = room.saturating_sub(width(&name));
            Line::from(vec![
                Span::styled(name, theme.style(Role::Muted)),
                Span::styled(
                    fit(line, room, glyphs).into_owned(),
                    theme.style(Role::Faint),
                ),
            ])
        }
        _ => Line::default(),
    }
}

fn elapsed(started: Millis, ended: Option<Millis>, now: Millis) -> String {
    let took = u64::try_from(ended.unwrap_or(now) - started).unwrap_or(0);
    match ended {
        Some(_) => duration(took),
        // It ticks in seconds: tenths would lie.
        None => duration(took / 1_000 * 1_000).replace(".0 s", " s"),
    }
}
