//! What belongs to the selected row: the question with its answer and its evidence,
//! what changed, or what is left to do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::{answer_role, decision_role, role};
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::module::ordered;
use crate::console::model::review::{Given, ReviewView, Row, Sheet, Shown, verb, word};
use crate::console::text::{age, fit, fit_end, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, finding, scrollbar};
use crate::promotion::reading::Seen;
use crate::promotion::review::{Item, Verb};
use crate::promotion::{Finding, GateStatus};

/// How many findings of one gate are listed.
const FINDINGS: usize = 100;
/// How many rows of a note are shown beside the evidence.
const NOTE: usize = 3;

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ReviewView, theme: &Theme) {
    let head = head(model, view, theme);
    let body = usize::from(area.height).saturating_sub(head.len());
    for (row, line) in head.iter().enumerate() {
        widgets::line(frame, area, row as u16, line);
    }
    let below = Rect {
        y: area.y + (area.height - body as u16),
        height: body as u16,
        ..area
    };
    let (lines, _) = evidence(model, view, theme);
    let top = view.top.min(lines.len().saturating_sub(body));
    for (row, line) in lines.iter().skip(top).take(body).enumerate() {
        widgets::line(frame, below, row as u16, line);
    }
    scrollbar::render(frame, below, lines.len(), top, theme);
}

/// How many rows stand above the evidence.
pub fn head_height(model: &Model, view: &ReviewView) -> usize {
    head(model, view, &Theme::no_color()).len()
}

/// Rows of text, broken at the edge.
struct Rows {
    rows: Vec<Line<'static>>,
    cells: usize,
}

impl Rows {
    fn new(model: &Model) -> Self {
        let side = layout::review(model).side;
        Self {
            rows: Vec::new(),
            cells: usize::from(side.width).saturating_sub(2),
        }
    }

    /// Text, every row of it behind so many blanks.
    fn text(&mut self, text: &str, indent: usize, style: Style) {
        let cells = self.cells.saturating_sub(indent);
        for row in wrap(&safe(text), cells) {
            let blank = " ".repeat(indent + 1);
            self.rows.push(Line::styled(format!("{blank}{row}"), style));
        }
    }

    fn gap(&mut self) {
        self.rows.push(Line::default());
    }
}

/// What stays above the evidence: the question and the answer to it.
pub fn head(model: &Model, view: &ReviewView, theme: &Theme) -> Vec<Line<'static>> {
    let mut out = Rows::new(model);
    let (Some(row), Some(sheet)) = (view.selected(), view.sheet()) else {
        return out.rows;
    };
    match row {
        Row::Changed => changed_head(&mut out, model, sheet, theme),
        Row::Item(_) => {
            if let Some(item) = view.item() {
                item_head(&mut out, model, view, item, theme);
            }
        }
        Row::Finish => finish_head(&mut out, model, view, sheet, theme),
    }
    // What is asked has to be read; and something of the evidence has to be seen.
    let height = usize::from(layout::review(model).side.height);
    out.rows.truncate(height.saturating_sub(4).max(1));
    let rule = theme.glyphs().horizontal().repeat(out.cells + 2);
    out.rows.push(Line::styled(rule, theme.style(Role::Border)));
    out.rows
}

fn item_head(out: &mut Rows, model: &Model, view: &ReviewView, item: &Item, theme: &Theme) {
    let glyphs = theme.glyphs();
    out.text(&item.question, 0, theme.style(Role::Title));
    // The answer has its place however long the question is.
    let height = usize::from(layout::review(model).side.height);
    let room = height.saturating_sub(6).max(1);
    if out.rows.len() > room {
        out.rows.truncate(room - 1);
        let text = format!("{} shows all of it", model.key(Action::Presented));
        out.text(&text, 0, theme.style(Role::Muted));
    }
    let given = view.answers.get(&item.id);
    let answer = given.and_then(|given| given.answer);
    let mark = glyphs.answer(answer);
    let style = theme.style(answer_role(answer));
    match answer {
        Some(answer) => out.rows.push(Line::from(vec![
            Span::styled(format!(" {mark} {}", word(answer)), style),
            Span::styled(
                match given.is_none_or(|given| given.note.trim().is_empty()) {
                    true => format!("  {} writes a note", model.key(Action::WriteNote)),
                    false => String::new(),
                },
                theme.style(Role::Faint),
            ),
        ])),
        None => {
            let mut spans = vec![Span::styled(format!(" {mark} "), style)];
            for (action, what) in [
                (Action::Yes, "yes"),
                (Action::Concern, "concern"),
                (Action::NotApplicable, "not applicable"),
            ] {
                spans.push(Span::styled(model.key(action), theme.style(Role::Key)));
                spans.push(Span::styled(format!(" {what}  "), theme.style(Role::Muted)));
            }
            out.rows.push(Line::from(spans));
        }
    }
    if let Some(given) = given {
        note(out, &given.note, theme);
    }
    if let Some(older) = view.older.get(&item.id).filter(|_| answer.is_none()) {
        let text = before(older);
        let rows = out.rows.len();
        out.text(&text, 0, theme.style(Role::Stale));
        out.rows.truncate(rows + 2);
    }
}

/// What was answered for other content.
fn before(older: &Given) -> String {
    let answer = older.answer.map_or("no answer", word);
    match older.note.trim() {
        "" => format!("~ answered for older content: {answer}"),
        note => format!("~ answered for older content: {answer}, {note}"),
    }
}

fn note(out: &mut Rows, text: &str, theme: &Theme) {
    if text.trim().is_empty() {
        return;
    }
    let before = out.rows.len();
    for line in text.trim().lines() {
        out.text(line, 2, theme.style(Role::Text));
    }
    if out.rows.len() - before > NOTE {
        out.rows.truncate(before + NOTE - 1);
        let more = format!("   {}", theme.glyphs().ellipsis());
        out.rows.push(Line::styled(more, theme.style(Role::Faint)));
    }
}

fn changed_head(out: &mut Rows, model: &Model, sheet: &Sheet, theme: &Theme) {
    let Some(last) = &sheet.last else { return };
    let did = match last.verb {
        Verb::Approve => "approved",
        Verb::Reject => "rejected",
        Verb::Withdraw => "withdrew your decision on",
    };
    let old = age(model.now / 1_000 - last.at);
    let text = format!(
        "You {did} it as {}: entry {}, {old} ago",
        sheet.role, last.position
    );
    out.text(&text, 0, theme.style(Role::Title));
    let holds = last.reasons.is_empty();
    let mark = theme.glyphs().decision(last.verb, holds);
    let style = theme.style(decision_role(last.verb, holds));
    let text = match holds {
        true => format!("{mark} it holds"),
        false => format!("{mark} stale: it counts no longer"),
    };
    out.text(&text, 0, style);
}

fn finish_head(out: &mut Rows, model: &Model, view: &ReviewView, sheet: &Sheet, theme: &Theme) {
    if let Some((of, position)) = view.signed() {
        let text = format!("Signed as entry {position}: {}", verb(of));
        out.text(&text, 0, theme.style(Role::Title));
        return;
    }
    let (answered, all) = view.progress();
    out.text(
        &format!("{answered} of {all} questions are answered"),
        0,
        theme.style(Role::Title),
    );
    let sign = model.key(Action::Sign);
    match (view.fit(Verb::Reject), view.fit(Verb::Approve)) {
        (Err(unfit), _) => out.text(&unfit.to_string(), 0, theme.style(Role::Warning)),
        (Ok(()), Err(unfit)) => {
            out.text(&unfit.to_string(), 0, theme.style(Role::Failed));
            let text = format!("{sign} goes on, to reject and to request changes");
            out.text(&text, 0, theme.style(Role::Text));
        }
        (Ok(()), Ok(())) if sheet.barred.is_empty() => {
            let text = format!("Ready: {sign} goes on, to choose and to sign");
            out.text(&text, 0, theme.style(Role::Passed));
        }
        (Ok(()), Ok(())) => {
            let text = format!("{sign} goes on, to reject");
            out.text(&text, 0, theme.style(Role::Text));
        }
    }
    for text in sheet.warnings() {
        out.text(&text, 0, theme.style(Role::Warning));
    }
    if let Some(text) = viewed(model, sheet) {
        out.text(&text, 0, theme.style(Role::Muted));
    }
}

/// How much of the diff was viewed as it is: no rule, to be known.
fn viewed(model: &Model, sheet: &Sheet) -> Option<String> {
    let (reading, diff) = (model.reading.as_ref()?, sheet.diff.as_ref()?);
    let files = diff.files.iter().map(|(path, shown)| (path, *shown));
    let seen = reading.seen(&diff.against, files);
    let count = |which: Seen| seen.iter().filter(|it| **it == which).count();
    let changed = match count(Seen::Before) {
        0 => String::new(),
        n => format!(", {n} changed since you did"),
    };
    let (viewed, all) = (count(Seen::Yes), seen.len());
    let key = model.key(Action::ReviewDiff);
    Some(format!(
        "You marked {viewed} of {all} files of the diff as viewed{changed}; {key} shows it"
    ))
}

/// What is scrolled below the head, and where each gate begins.
pub fn evidence(
    model: &Model,
    view: &ReviewView,
    theme: &Theme,
) -> (Vec<Line<'static>>, Vec<usize>) {
    let mut out = Rows::new(model);
    let mut starts = Vec::new();
    let Some(sheet) = view.sheet() else {
        return (out.rows, starts);
    };
    match view.selected() {
        Some(Row::Changed) => changed(&mut out, model, sheet, theme),
        Some(Row::Item(_)) => {
            for (at, gate) in view.evidence().iter().enumerate() {
                if at > 0 {
                    out.gap();
                }
                starts.push(out.rows.len());
                let selected = at == view.gate;
                gate_rows(&mut out, model, view, gate, selected, theme);
            }
            if view.evidence().is_empty() {
                let key = model.key(Action::ReviewDiff);
                let text = format!("No gate speaks to this; {key} shows the code.");
                out.text(&text, 0, theme.style(Role::Muted));
            }
        }
        // Withdrawn, nothing was answered.
        Some(Row::Finish) if matches!(view.signed(), Some((Verb::Withdraw, _))) => {}
        Some(Row::Finish) => answers(&mut out, view, sheet, theme),
        None => {}
    }
    (out.rows, starts)
}

fn changed(out: &mut Rows, model: &Model, sheet: &Sheet, theme: &Theme) {
    let Some(last) = &sheet.last else { return };
    let diff = model.key(Action::ReviewDiff);
    if last.reasons.is_empty() {
        let text = "Nothing of what you decided on has changed since.";
        out.text(text, 0, theme.style(Role::Text));
    } else {
        out.text("What changed since", 0, theme.style(Role::Title));
        for reason in &last.reasons {
            out.text(&format!("- {reason}"), 0, theme.style(Role::Text));
        }
        out.gap();
        let text = match last.head {
            Some(head) => format!(
                "{diff} shows what changed in the code since {}.",
                head.short()
            ),
            None => format!("{diff} shows the code as it is now."),
        };
        out.text(&text, 0, theme.style(Role::Muted));
    }
    if matches!(last.verb, Verb::Approve | Verb::Reject) {
        let key = model.key(Action::Withdraw);
        let text = format!("{key} withdraws your decision.");
        out.text(&text, 0, theme.style(Role::Muted));
    }
}

/// A gate: how it stands, why, and what it found.
fn gate_rows(
    out: &mut Rows,
    model: &Model,
    view: &ReviewView,
    gate: &Shown,
    selected: bool,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let style = theme.style(role(gate.status));
    let known = model.gates.iter().find(|it| it.id == gate.gate);
    let title = known.map_or_else(
        || safe(gate.gate.as_str()).into_owned(),
        |it| it.title.clone(),
    );
    let marker = if selected { glyphs.folded() } else { " " };
    let status = gate.status.word();
    let room = out.cells.saturating_sub(4 + width(status) + 2);
    out.rows.push(Line::from(vec![
        Span::styled(format!("{marker} "), theme.style(Role::Accent)),
        Span::styled(format!("{} {status}", glyphs.status(gate.status)), style),
        Span::styled(
            format!("  {}", fit(&title, room, glyphs)),
            theme.style(Role::Text),
        ),
    ]));
    if !gate.why.is_empty() {
        let role = match gate.status {
            GateStatus::Passed | GateStatus::NotApplicable => Role::Muted,
            _ => Role::Text,
        };
        out.text(&gate.why, 3, theme.style(role));
    }
    let Some(evidence) = gate.evidence.as_deref() else {
        return;
    };
    let found = ordered(evidence);
    for finding in found.iter().take(FINDINGS) {
        let line = finding_row(finding, view, out.cells, theme);
        out.rows.push(line);
    }
    if found.len() > FINDINGS {
        let key = model.key(Action::OpenGate);
        let text = format!("and {} more: {key} shows all", found.len() - FINDINGS);
        out.text(&text, 3, theme.style(Role::Muted));
    }
}

fn finding_row(found: &Finding, view: &ReviewView, cells: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let (mark, style) = finding::mark(found, theme);
    let place = finding::place(found, &view.module);
    let place = pad(
        &fit_end(&place, (cells / 3).clamp(10, 40), glyphs),
        (cells / 3).clamp(10, 40),
        glyphs,
    );
    let said = format!("{} {}", safe(&found.rule), safe(&found.text()));
    let room = cells.saturating_sub(3 + 6 + width(&place) + 1);
    Line::from(vec![
        Span::styled(format!("    {mark} "), style),
        Span::styled(format!("{place} "), theme.style(Role::Accent)),
        Span::styled(
            fit(&said, room, glyphs).into_owned(),
            theme.style(Role::Text),
        ),
    ])
}

/// Every answer with its note.
fn answers(out: &mut Rows, view: &ReviewView, sheet: &Sheet, theme: &Theme) {
    let glyphs = theme.glyphs();
    for item in &sheet.checklist.items {
        let given = view.answers.get(&item.id);
        let answer = given.and_then(|it| it.answer);
        let style = theme.style(answer_role(answer));
        let said = answer.map_or("not answered", word);
        let room = out.cells.saturating_sub(5 + width(said));
        out.rows.push(Line::from(vec![
            Span::styled(format!(" {} ", glyphs.answer(answer)), style),
            Span::styled(
                fit(&safe(&item.title), room, glyphs).into_owned(),
                theme.style(Role::Text),
            ),
            Span::styled(format!("  {said}"), style),
        ]));
        if let Some(given) = given {
            note(out, &given.note, theme);
        }
    }
    if !view.note.trim().is_empty() {
        out.gap();
        out.text("On the whole", 0, theme.style(Role::Title));
        for line in view.note.trim().lines() {
            out.text(line, 2, theme.style(Role::Text));
        }
    }
}
