//! The gates of a module, and what the selected one found.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::role;
use crate::console::layout;
use crate::console::model::module::{Focus, ModuleView, ordered};
use crate::console::model::{Gate, Model};
use crate::console::text::{duration, fit, fit_end, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, finding, scrollbar};
use crate::promotion::{Evidence, Finding, GateState, GateStatus, Novelty, Outcome};

/// Draws them.
pub fn render(frame: &mut Frame, model: &Model, view: &ModuleView, theme: &Theme) {
    let [gates, detail, list] = layout::gates(model);
    let states = model.catalog.states(view.id);
    let height = usize::from(gates.height);
    let columns = Columns::of(model, usize::from(gates.width));
    let top = top(view, height);
    for (row, (at, gate)) in model
        .gates
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .enumerate()
    {
        let state = states.iter().find(|s| s.gate == gate.id);
        let selected = at == view.gate;
        let line = gate_line(columns, gate, state, selected, theme);
        widgets::line(frame, gates, row as u16, &line);
        if selected {
            let focused = view.focus == Focus::Gates && model.overlay.is_none();
            let role = if focused {
                Role::Selected
            } else {
                Role::SelectedInactive
            };
            widgets::mark(frame, gates, row as u16, theme.style(role));
        }
    }
    scrollbar::render(frame, gates, model.gates.len(), top, theme);
    let state = model
        .gates
        .get(view.gate)
        .and_then(|gate| states.iter().find(|s| s.gate == gate.id));
    rule(frame, detail, model.gates.get(view.gate), theme);
    explain(frame, detail, model, view, state, theme);
    if let Some(evidence) = state.and_then(|s| s.evidence.as_deref()) {
        findings(frame, list, view, evidence, theme);
    }
}

/// The first gate on the screen: a short one shows those around the selected one.
pub fn top(view: &ModuleView, height: usize) -> usize {
    (view.gate + 1).saturating_sub(height)
}

/// How wide what differs with the screen is.
#[derive(Clone, Copy)]
struct Columns {
    title: usize,
    summary: usize,
    times: usize,
}

impl Columns {
    /// What a gate is comes before what came of it: titles get what they need, up to three
    /// quarters of the room.
    fn of(model: &Model, wide: usize) -> Self {
        let times = if wide >= 72 { 9 } else { 0 };
        // The last column is the scrollbar's.
        let room = wide.saturating_sub(2 + 3 + 2 + 15 + times.max(1));
        let titles = model.gates.iter().map(|it| width(&safe(&it.title)) + 1);
        let title = titles.max().unwrap_or(0).min((room * 3).div_ceil(4));
        Self {
            title,
            summary: room - title,
            times,
        }
    }
}

fn gate_line(
    columns: Columns,
    gate: &Gate,
    state: Option<&GateState>,
    selected: bool,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let status = state.map_or(GateStatus::NeverRun, |s| s.status);
    let style = theme.style(role(status));
    // While it runs again, what came of it before is no news.
    let waits = matches!(status, GateStatus::Queued | GateStatus::Running);
    let evidence = state.filter(|_| !waits);
    let evidence = evidence.and_then(|s| s.evidence.as_deref());
    let took = evidence.map_or(String::new(), |e| duration(e.duration_ms));
    let summary = evidence.map_or(String::new(), |e| safe(&e.summary).into_owned());
    let title = safe(&gate.title);
    let title = fit(&title, columns.title.saturating_sub(1), glyphs);
    let marker = if selected { glyphs.folded() } else { " " };
    Line::from(vec![
        Span::styled(format!("{marker} "), theme.style(Role::Accent)),
        Span::styled(
            format!("{:>2} ", gate.criterion.number()),
            theme.style(Role::Faint),
        ),
        Span::styled(pad(&title, columns.title, glyphs), theme.style(Role::Text)),
        Span::styled(format!("{} ", glyphs.status(status)), style),
        Span::styled(pad(status.word(), 15, glyphs), style),
        Span::styled(
            pad(&summary, columns.summary, glyphs),
            theme.style(Role::Muted),
        ),
        Span::styled(pad_left(&took, columns.times), theme.style(Role::Faint)),
    ])
}

fn pad_left(text: &str, cells: usize) -> String {
    match cells {
        0 => String::new(),
        _ => format!("{text:>width$} ", width = cells - 1),
    }
}

/// A rule that has all of the selected gate's title: in the list it may be cut.
fn rule(frame: &mut Frame, area: Rect, gate: Option<&Gate>, theme: &Theme) {
    let glyphs = theme.glyphs();
    let cells = usize::from(area.width);
    let title = gate.map_or(String::new(), |it| format!(" {} ", safe(&it.title)));
    let title = fit(&title, cells.saturating_sub(2), glyphs).into_owned();
    let before = glyphs.horizontal().repeat(cells.min(2));
    let after = cells.saturating_sub(2 + width(&title));
    let border = theme.style(Role::Border);
    let line = Line::from(vec![
        Span::styled(before, border),
        Span::styled(title, theme.style(Role::Muted)),
        Span::styled(glyphs.horizontal().repeat(after), border),
    ]);
    widgets::line(frame, area, 0, &line);
}

/// In words why the selected gate stands as it does, below the rule.
fn explain(
    frame: &mut Frame,
    area: Rect,
    model: &Model,
    view: &ModuleView,
    state: Option<&GateState>,
    theme: &Theme,
) {
    if area.height == 0 {
        return;
    }
    let key = model.key(Action::ModuleCheck);
    let found = state.and_then(|it| it.evidence.as_deref());
    let found = found.filter(|_| view.focus == Focus::Findings);
    let found = found.and_then(|it| ordered(it).get(view.finding.at).copied());
    let (why, style) = match state {
        // In its row there is seldom room for all of it.
        Some(_) if let Some(found) = found => {
            let words = format!("{} {}", safe(&found.rule), safe(&found.text()));
            (words, theme.style(Role::Text))
        }
        None => (
            format!("Never run: {key} runs the gates on this module."),
            theme.style(Role::Muted),
        ),
        Some(state) => {
            let why = model.told(&reason(state, &key));
            (why, theme.style(role(state.status)))
        }
    };
    let help = state.and_then(|s| match s.evidence.as_deref().map(|e| &e.outcome) {
        Some(Outcome::Error { help, .. })
            if s.status == GateStatus::Error && view.focus == Focus::Gates =>
        {
            Some(safe(&model.told(help)).into_owned())
        }
        _ => None,
    });
    let cells = usize::from(area.width).saturating_sub(2);
    let mut lines: Vec<(String, _)> = wrap(&why, cells).into_iter().map(|l| (l, style)).collect();
    if let Some(help) = help {
        let rows = usize::from(area.height).saturating_sub(1);
        lines.truncate(rows.saturating_sub(1).max(1));
        let help = format!("{} {help}", theme.glyphs().arrow());
        lines.extend(
            wrap(&help, cells)
                .into_iter()
                .map(|l| (l, theme.style(Role::Text))),
        );
    }
    for (row, (text, style)) in lines.into_iter().enumerate() {
        widgets::line(
            frame,
            area,
            1 + row as u16,
            &Line::styled(format!(" {text}"), style),
        );
    }
}

/// Why a gate stands as it does, in words; safe to show.
pub fn reason(state: &GateState, key: &str) -> String {
    let why = safe(&state.why).into_owned();
    match state.status {
        GateStatus::NeverRun if why.is_empty() => {
            format!("Never run: {key} runs the gates on this module.")
        }
        GateStatus::Queued => "Waits for its turn.".into(),
        GateStatus::Running => "At work.".into(),
        _ if why.is_empty() => state
            .evidence
            .as_deref()
            .map(|e| safe(&e.summary).into_owned())
            .unwrap_or_default(),
        _ => why,
    }
}

fn findings(frame: &mut Frame, area: Rect, view: &ModuleView, evidence: &Evidence, theme: &Theme) {
    if area.height == 0 {
        return;
    }
    let found = ordered(evidence);
    if found.is_empty() {
        let text = match evidence.status() {
            GateStatus::Passed => "No findings.",
            GateStatus::NotApplicable => "",
            _ if evidence.runs.is_empty() => "No single place can be named.",
            _ => "No single place can be named; the raw output tells more.",
        };
        widgets::line(
            frame,
            area,
            0,
            &Line::styled(format!(" {text}"), theme.style(Role::Faint)),
        );
        public_names(frame, below(area, 2), evidence, theme);
        return;
    }
    let mut heading = vec![Span::styled(" Findings", theme.style(Role::Title))];
    // A note is told, and counts for nothing: it is none of the findings.
    let notes = evidence.findings.iter().filter(|it| it.is_note()).count();
    for (novelty, role) in [
        (Novelty::New, Role::Failed),
        (Novelty::Old, Role::Muted),
        (Novelty::Fixed, Role::Passed),
    ] {
        let all = evidence.findings.iter().filter(|it| !it.is_note());
        let n = all.filter(|it| it.novelty == novelty).count();
        if n > 0 {
            heading.push(Span::styled(
                format!("  {n} {}", word(novelty)),
                theme.style(role),
            ));
        }
    }
    if notes > 0 {
        let word = if notes == 1 { "note" } else { "notes" };
        heading.push(Span::styled(
            format!("  {notes} {word}"),
            theme.style(Role::Muted),
        ));
    }
    widgets::line(frame, area, 0, &Line::from(heading));
    let list = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let height = usize::from(list.height);
    for (row, (at, finding)) in found
        .iter()
        .enumerate()
        .skip(view.finding.top)
        .take(height)
        .enumerate()
    {
        let selected = at == view.finding.at && view.focus == Focus::Findings;
        let line = finding_row(finding, view, selected, usize::from(area.width), theme);
        widgets::line(frame, list, row as u16, &line);
        if selected {
            widgets::mark(frame, list, row as u16, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, list, found.len(), view.finding.top, theme);
    let used = u16::try_from(found.len()).unwrap_or(u16::MAX);
    public_names(frame, below(list, used.saturating_add(1)), evidence, theme);
}

/// What is left of an area below so many rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// The names others may use, as far as they fit.
fn public_names(frame: &mut Frame, area: Rect, evidence: &Evidence, theme: &Theme) {
    let rows = usize::from(area.height).saturating_sub(1);
    if rows == 0 || evidence.api.is_empty() {
        return;
    }
    let all = evidence.work.iter().find(|(what, _)| what == "names");
    let all = all.map_or(evidence.api.len(), |(_, names)| *names as usize);
    let shown = match all > rows {
        true => rows - 1,
        false => rows,
    };
    let title = Line::styled(" Public API", theme.style(Role::Title));
    widgets::line(frame, area, 0, &title);
    let names = evidence.api.iter().take(shown);
    let mut lines: Vec<String> = names.map(|it| safe(&it.name).into_owned()).collect();
    if all > lines.len() {
        lines.push(format!("and {} more", all - lines.len()));
    }
    for (row, text) in (1..).zip(lines) {
        let text = pad(
            &text,
            usize::from(area.width).saturating_sub(2),
            theme.glyphs(),
        );
        widgets::line(
            frame,
            area,
            row,
            &Line::styled(format!(" {text}"), theme.style(Role::Text)),
        );
    }
}

fn finding_row(
    found: &Finding,
    view: &ModuleView,
    selected: bool,
    wide: usize,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let (mark, style) = finding::mark(found, theme);
    let marker = if selected { glyphs.folded() } else { " " };
    let place = finding::place(found, &view.path);
    let place_room = (wide / 3).clamp(16, 48);
    let place = fit_end(&place, place_room, glyphs).into_owned();
    let rule = pad(&safe(&found.rule), 12, glyphs);
    let text_style = match found.novelty {
        Novelty::New => theme.style(Role::Text),
        _ => theme.style(Role::Muted),
    };
    let used = 1 + 6 + width(&pad(&place, place_room, glyphs)) + 1 + 13;
    Line::from(vec![
        Span::styled(marker, theme.style(Role::Accent)),
        Span::styled(format!("{mark} "), style),
        Span::styled(
            format!("{} ", pad(&place, place_room, glyphs)),
            theme.style(Role::Accent),
        ),
        Span::styled(format!("{rule} "), theme.style(Role::Key)),
        Span::styled(
            fit(&safe(&found.text()), wide.saturating_sub(used + 2), glyphs).into_owned(),
            text_style,
        ),
    ])
}

fn word(novelty: Novelty) -> &'static str {
    match novelty {
        Novelty::New => "new",
        Novelty::Old => "old",
        Novelty::Fixed => "fixed",
    }
}
