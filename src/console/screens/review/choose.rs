//! The last step: what is signed as shown, what is decided, and what came of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::review::{Outcome, ReviewView, Sheet, verb};
use crate::console::text::{fit, fit_end, pad, path, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};
use crate::promotion::review::{Answer, Verb};

/// Cells of the labels.
const LABEL: usize = 8;
/// Rows above the text in the last step: facts, choices, what to press, a heading.
const ABOVE: u16 = 8;

/// How many rows the whole text has, and for how many there is room.
pub fn text_size(model: &Model, view: &ReviewView) -> (usize, usize) {
    let area = inside(model);
    let room = match view.step {
        crate::console::model::review::Step::Text(_) => area.height,
        _ => area.height.saturating_sub(ABOVE),
    };
    (rows(model, view).len(), usize::from(room).max(1))
}

fn inside(model: &Model) -> Rect {
    let outer = layout::sheet(model);
    Rect {
        x: outer.x + outer.width.min(1),
        y: outer.y + outer.height.min(1),
        width: outer.width.saturating_sub(2),
        height: outer.height.saturating_sub(2),
    }
}

/// Exactly what is signed as shown; lines that are too long go on below.
fn rows(model: &Model, view: &ReviewView) -> Vec<String> {
    let cells = usize::from(inside(model).width).saturating_sub(3);
    let text = view.sheet().map(|sheet| sheet.text.as_slice());
    let lines = text.unwrap_or_default().iter();
    lines.flat_map(|line| wrap(&safe(line), cells)).collect()
}

/// The whole text, to be read.
pub fn text(frame: &mut Frame, model: &Model, view: &ReviewView, top: usize, theme: &Theme) {
    popup::open(
        frame,
        layout::sheet(model),
        "What is signed, word for word",
        theme,
    );
    scrolled(frame, inside(model), &rows(model, view), top, theme);
}

fn scrolled(frame: &mut Frame, area: Rect, rows: &[String], top: usize, theme: &Theme) {
    let height = usize::from(area.height);
    let top = top.min(rows.len().saturating_sub(height));
    for (line, row) in (0..area.height).zip(rows.iter().skip(top)) {
        let row = Line::styled(format!(" {row}"), theme.style(Role::Text));
        widgets::line(frame, area, line, &row);
    }
    let edge = Rect {
        width: area.width + 1,
        ..area
    };
    scrollbar::render(frame, edge, rows.len(), top, theme);
}

/// What to decide, with everything that will be signed.
pub fn render(
    frame: &mut Frame,
    model: &Model,
    view: &ReviewView,
    chosen: Option<Verb>,
    top: usize,
    theme: &Theme,
) {
    let Some(sheet) = view.sheet() else { return };
    let withdrawing = chosen == Some(Verb::Withdraw);
    let title = if withdrawing { "Withdraw" } else { "Sign" };
    popup::open(frame, layout::sheet(model), title, theme);
    let area = inside(model);
    let cells = usize::from(area.width).saturating_sub(2);
    let mut lines = facts(view, sheet, withdrawing, cells, theme);
    if withdrawing {
        lines.push(choice(model, view, Verb::Withdraw, chosen, cells, theme));
    } else {
        lines.push(choice(model, view, Verb::Approve, chosen, cells, theme));
        lines.push(choice(model, view, Verb::Reject, chosen, cells, theme));
    }
    lines.push(next(model, chosen, cells, theme));
    lines.resize(usize::from(ABOVE) - 1, Line::default());
    lines.push(heading(model, view, top, area, theme));
    for (row, line) in lines.iter().enumerate() {
        widgets::line(frame, area, row as u16, line);
    }
    let below = Rect {
        y: area.y + ABOVE.min(area.height),
        height: area.height.saturating_sub(ABOVE),
        ..area
    };
    scrolled(frame, below, &rows(model, view), top, theme);
}

fn fact(label: &str, text: String, cells: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let room = cells.saturating_sub(LABEL);
    Line::from(vec![
        Span::styled(
            format!(" {}", pad(label, LABEL, glyphs)),
            theme.style(Role::Muted),
        ),
        Span::styled(
            fit(&text, room, glyphs).into_owned(),
            theme.style(Role::Text),
        ),
    ])
}

fn facts(
    view: &ReviewView,
    sheet: &Sheet,
    withdrawing: bool,
    cells: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let room = cells.saturating_sub(LABEL);
    let target = format!(" {} {}", glyphs.arrow(), path(&sheet.target));
    let target = fit_end(&target, room / 2, glyphs);
    let module = path(&sheet.module);
    let module = fit_end(&module, room.saturating_sub(width(&target)), glyphs);
    let who = format!("{} as {}", safe(&sheet.principal), sheet.role);
    let answers = match withdrawing {
        true => match &sheet.last {
            Some(last) => format!("entry {}: {}", last.position, verb(last.verb)),
            None => String::new(),
        },
        false => counted(view),
    };
    let note = match view.note.trim() {
        "" => String::new(),
        note => format!("; note: {}", safe(note.lines().next().unwrap_or_default())),
    };
    vec![
        fact("module", format!("{module}{target}"), cells, theme),
        fact("by", who, cells, theme),
        fact("with", safe(&sheet.key).into_owned(), cells, theme),
        fact(
            if withdrawing { "undoes" } else { "answers" },
            format!("{answers}{note}"),
            cells,
            theme,
        ),
    ]
}

/// How many answers of which kind.
fn counted(view: &ReviewView) -> String {
    let answered = view.answered();
    let count = |answer| answered.iter().filter(|it| it.answer == answer).count();
    let concerns = match count(Answer::Concern) {
        1 => "1 concern".into(),
        n => format!("{n} concerns"),
    };
    format!(
        "{} yes, {concerns}, {} not applicable",
        count(Answer::Yes),
        count(Answer::NotApplicable)
    )
}

/// One decision that can be chosen, or why it cannot.
fn choice(
    model: &Model,
    view: &ReviewView,
    of: Verb,
    chosen: Option<Verb>,
    cells: usize,
    theme: &Theme,
) -> Line<'static> {
    let glyphs = theme.glyphs();
    let is = chosen == Some(of);
    let (key, word) = match of {
        Verb::Approve => (model.key(Action::Approve), "approve"),
        Verb::Reject => (model.key(Action::Reject), "reject and request changes"),
        Verb::Withdraw => (String::new(), "withdraw"),
    };
    let barred = view.sheet().and_then(|sheet| sheet.barred.first());
    let elsewhere = view.sheet().and_then(|sheet| sheet.elsewhere.as_ref());
    let why = match (of, view.fit(of), barred) {
        (_, Err(unfit), _) => Some(unfit.to_string()),
        (Verb::Approve, Ok(()), Some(why)) => Some(format!("would not count: {why}")),
        (Verb::Approve, Ok(()), None) => elsewhere.map(|branch| format!("is not for {branch}")),
        _ => None,
    };
    let style = match (is, &why) {
        (true, _) => theme.style(Role::Title),
        (false, Some(_)) => theme.style(Role::Faint),
        (false, None) => theme.style(Role::Text),
    };
    let why = why.map_or(String::new(), |why| format!("  {}", safe(&why)));
    let key = if key.is_empty() {
        key
    } else {
        format!("{key} ")
    };
    let used = 3 + width(&key) + width(word);
    Line::from(vec![
        Span::styled(format!(" {} ", glyphs.chosen(is)), style),
        Span::styled(key, theme.style(Role::Key)),
        Span::styled(word, style),
        Span::styled(
            fit(&why, cells.saturating_sub(used), glyphs).into_owned(),
            theme.style(Role::Warning),
        ),
    ])
}

/// What to press.
fn next(model: &Model, chosen: Option<Verb>, cells: usize, theme: &Theme) -> Line<'static> {
    let key = model.key(Action::SignNow);
    let (text, role) = match chosen {
        None => ("Nothing is chosen yet.".to_owned(), Role::Muted),
        Some(_) => (
            format!("{key} signs, by ssh-keygen; it asks for a passphrase if the key has one."),
            Role::Info,
        ),
    };
    let text = fit(&text, cells, theme.glyphs()).into_owned();
    Line::styled(format!(" {text}"), theme.style(role))
}

fn heading(
    model: &Model,
    view: &ReviewView,
    top: usize,
    area: Rect,
    theme: &Theme,
) -> Line<'static> {
    let (count, page) = text_size(model, view);
    let glyphs = theme.glyphs();
    let last = (top + page).min(count);
    let text = format!(
        "{0}{0} What is signed, word for word: lines {1} to {last} of {count} ",
        glyphs.horizontal(),
        (top + 1).min(count),
    );
    let rest = usize::from(area.width).saturating_sub(width(&text));
    let rule = glyphs.horizontal().repeat(rest);
    Line::styled(format!("{text}{rule}"), theme.style(Role::Muted))
}

/// While OpenSSH has the terminal.
pub fn signing(frame: &mut Frame, model: &Model, of: Verb, theme: &Theme) {
    let text = format!("Signing ({}): ssh-keygen has the terminal.", verb(of));
    let line = Line::styled(format!(" {text}"), theme.style(Role::Info));
    small(frame, model, "Signing", &[line], theme);
}

/// What came of it.
pub fn done(frame: &mut Frame, model: &Model, view: &ReviewView, outcome: &Outcome, theme: &Theme) {
    let glyphs = theme.glyphs();
    let cells = usize::from(layout::sheet(model).width).saturating_sub(4);
    let mut lines = Vec::new();
    let mut say = |text: &str, role: Role| {
        for row in wrap(&safe(text), cells) {
            lines.push(Line::styled(format!(" {row}"), theme.style(role)));
        }
    };
    let module = path(&view.module);
    let role = view.role.map_or("", |role| role.word());
    let key = model.key(Action::SignNow);
    match outcome {
        Outcome::Signed {
            verb: of,
            position,
            shared,
            is_shared,
        } => {
            let mark = glyphs.status(crate::promotion::GateStatus::Passed);
            say(&format!("{mark} signed as entry {position}"), Role::Passed);
            say(&format!("{}: {module} as {role}", verb(*of)), Role::Text);
            let role = if *is_shared {
                Role::Text
            } else {
                Role::Warning
            };
            say(shared, role);
            say(&format!("{key} goes back"), Role::Muted);
        }
        Outcome::Not { verb: of, why } => {
            let mark = glyphs.status(crate::promotion::GateStatus::Failed);
            say(&format!("{mark} not signed"), Role::Failed);
            say(&format!("{}: {module} as {role}", verb(*of)), Role::Text);
            say(why, Role::Text);
            let text = format!("Your answers are kept. {key} reads everything again");
            say(&text, Role::Muted);
        }
    }
    small(frame, model, "Signing", &lines, theme);
}

/// A box that is as high as what is in it.
fn small(frame: &mut Frame, model: &Model, title: &str, lines: &[Line], theme: &Theme) {
    let outer = layout::sheet(model);
    let height = outer.height.min(lines.len() as u16 + 2);
    let area = Rect {
        y: outer.y + (outer.height - height) / 2,
        height,
        ..outer
    };
    popup::render(frame, area, title, lines, 0, theme);
}
