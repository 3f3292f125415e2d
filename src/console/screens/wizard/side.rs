//! What belongs to the selected row: the answer, where it comes from, what is wrong with
//! it; the criteria with their evidence; or what is left to do.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::glyphs::role;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::wizard::{Opened, Row, WizardView};
use crate::console::text::{path, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::promotion::proposal::{Applies, Field, Form, Kind, Need, Which};

/// Rows of text, broken at the edge.
struct Rows {
    rows: Vec<Line<'static>>,
    cells: usize,
}

impl Rows {
    fn text(&mut self, text: &str, indent: usize, style: Style) {
        let cells = self.cells.saturating_sub(indent);
        for row in wrap(&safe(text), cells) {
            let blank = " ".repeat(indent + 1);
            self.rows.push(Line::styled(format!("{blank}{row}"), style));
        }
    }

    fn lines(&mut self, text: &str, indent: usize, style: Style) {
        for line in text.lines() {
            self.text(line, indent, style);
        }
    }

    fn gap(&mut self) {
        self.rows.push(Line::default());
    }
}

/// All of it.
pub fn rows(model: &Model, view: &WizardView, theme: &Theme) -> Vec<Line<'static>> {
    let side = layout::wizard(model).side;
    let mut out = Rows {
        rows: Vec::new(),
        cells: usize::from(side.width).saturating_sub(2),
    };
    let Some(opened) = view.opened() else {
        return out.rows;
    };
    match view.selected() {
        Some(row @ Row::Field(..)) => {
            if let Some((form, field)) = view.field(&row) {
                answer(&mut out, model, view, form, field, theme);
            }
        }
        Some(Row::Criteria(which, at)) => criteria(&mut out, view, which, at, theme),
        Some(Row::Ethics) => ethics(&mut out, model, view, opened, theme),
        Some(Row::Finish) => finish(&mut out, model, view, opened, theme),
        Some(Row::Heading(..)) | None => {}
    }
    out.rows
}

fn answer(
    out: &mut Rows,
    model: &Model,
    view: &WizardView,
    form: &Form,
    field: &Field,
    theme: &Theme,
) {
    out.text(&field.label, 0, theme.style(Role::Title));
    let value = form.value(&view.answers, field);
    let answered = view.answers.get(form.which, &field.id).is_some();
    let prefill = form.prefills.get(&field.id);
    match (&field.kind, value) {
        (Kind::Choice(words), value) => {
            for word in words {
                let is = value.is_some_and(|it| it.eq_ignore_ascii_case(word));
                let style = theme.style(if is { Role::Accent } else { Role::Text });
                let mark = theme.glyphs().chosen(is);
                out.text(&format!("{mark} {word}"), 1, style);
            }
        }
        (_, Some(value)) => out.lines(value, 1, theme.style(Role::Text)),
        (_, None) => out.text("nothing yet", 1, theme.style(Role::Faint)),
    }
    for problem in form.problems(&view.answers, field) {
        out.text(&problem.to_string(), 0, theme.style(Role::Warning));
    }
    out.gap();
    let muted = theme.style(Role::Muted);
    match (answered, &field.current, prefill) {
        (true, ..) => {
            let key = model.key(Action::TakeBack);
            out.text(&format!("You wrote this; {key} takes it back."), 0, muted);
        }
        (false, Some(_), _) => {
            let words = format!("{} says so already.", path(&form.path));
            out.text(&words, 0, muted);
        }
        (false, None, Some(prefill)) if prefill.suggests => {
            let key = model.key(Action::AcceptSuggestion);
            let keys = match field.kind {
                Kind::Choice(_) => format!("{} or {key}", model.key(Action::Answer)),
                _ => key,
            };
            let words = format!("{keys} takes what is suggested; it is yours to decide.");
            out.text(&words, 0, muted);
        }
        (false, None, Some(prefill)) => {
            let words = format!("Filled in, because {}.", prefill.because);
            out.text(&words, 0, muted);
        }
        (false, None, None) if field.need == Need::Optional => {
            out.text("It may be left as it is.", 0, muted);
        }
        (false, None, None) => {}
    }
    let asks = !field.hint.is_empty() && !matches!(field.kind, Kind::Choice(_));
    if asks && field.hint != field.label {
        out.gap();
        let words = format!("The form asks for ({}):", safe(&form.from));
        out.text(&words, 0, muted);
        out.lines(&field.hint, 1, theme.style(Role::Faint));
    }
}

fn criteria(out: &mut Rows, view: &WizardView, which: Which, at: usize, theme: &Theme) {
    let Some(proposal) = view.proposal() else {
        return;
    };
    let words = "Evidence ticks these, and nobody by hand.";
    out.text(words, 0, theme.style(Role::Muted));
    for field in view.criteria_of(which, at) {
        let Some(proof) = proposal.form(which).proof(field, &proposal.evidenced) else {
            continue;
        };
        let (mark, style) = match proof.holds {
            true => ("[x]", theme.style(Role::Passed)),
            false => ("[ ]", theme.style(Role::Warning)),
        };
        let cells = out.cells.saturating_sub(4);
        for (at, row) in wrap(&safe(&field.label), cells).into_iter().enumerate() {
            let mark = if at == 0 { mark } else { "   " };
            out.rows.push(Line::from(vec![
                Span::styled(format!(" {mark} "), style),
                Span::styled(row, theme.style(Role::Text)),
            ]));
        }
        out.text(&proof.words, 4, theme.style(Role::Muted));
    }
}

fn ethics(out: &mut Rows, model: &Model, view: &WizardView, opened: &Opened, theme: &Theme) {
    let proposal = &opened.proposal;
    let title = "Is an Ethics Assessment written, as a document of its own?";
    out.text(title, 0, theme.style(Role::Title));
    let applies = proposal.applies(&view.answers);
    let words = match &applies {
        Applies::Said(true) => "Yes: you said so.".to_owned(),
        Applies::Said(false) => "No: you said so.".to_owned(),
        Applies::Because(why) => format!("Yes, because {why}."),
        Applies::Nothing => "No: nothing speaks for it.".to_owned(),
    };
    out.text(&words, 1, theme.style(Role::Text));
    if applies == Applies::Said(false) && !view.answers.because.is_empty() {
        let words = format!("Because: {}", view.answers.because);
        out.lines(&words, 1, theme.style(Role::Text));
    }
    for problem in view.problems(&Row::Ethics) {
        out.text(&problem.to_string(), 0, theme.style(Role::Warning));
    }
    out.gap();
    let keys = [Action::AnswerYes, Action::AnswerNo, Action::TakeBack].map(|it| model.key(it));
    let words = format!(
        "{} has one written, {} none, {} leaves it to the facts.",
        keys[0], keys[1], keys[2]
    );
    out.text(&words, 0, theme.style(Role::Muted));
    if !proposal.touches.is_empty() {
        out.gap();
        out.text("What speaks for it", 0, theme.style(Role::Title));
        for why in &proposal.touches {
            out.text(&format!("- {why}"), 1, theme.style(Role::Text));
        }
        let words = "The gate `ethics` asks for one as long as the source says so.";
        out.text(words, 0, theme.style(Role::Muted));
    }
}

fn finish(out: &mut Rows, model: &Model, view: &WizardView, opened: &Opened, theme: &Theme) {
    let open = opened.proposal.open(&view.answers);
    if open.is_empty() {
        let key = model.key(Action::ShowCommit);
        let words = format!("Everything is answered: {key} shows the commit.");
        out.text(&words, 0, theme.style(Role::Title));
    } else {
        let key = model.key(Action::NextMissing);
        let words = format!("Still open; {key} goes to the next");
        out.text(&words, 0, theme.style(Role::Title));
        for open in &open {
            let words = format!("{}: {}", open.label, open.problem);
            out.text(&words, 1, theme.style(Role::Warning));
        }
    }
    let ticks = opened.proposal.ticks(&view.answers);
    if let Some(words) = ticks.unseen_words().or(ticks.gained_words()) {
        out.gap();
        out.text(&words, 0, theme.style(Role::Warning));
    }
    out.gap();
    let gates = "What the gates say of it now";
    out.text(gates, 0, theme.style(Role::Title));
    if view.judged.is_empty() {
        out.text("They are looking.", 1, theme.style(Role::Muted));
    }
    let glyphs = theme.glyphs();
    for judged in &view.judged {
        let style = theme.style(role(judged.status));
        let mark = glyphs.status(judged.status);
        let gate = safe(judged.gate.as_str()).into_owned();
        out.rows.push(Line::from(vec![
            Span::styled(format!("  {mark} "), style),
            Span::styled(gate, theme.style(Role::Text)),
            Span::styled(format!("  {}", judged.status.word()), style),
        ]));
        out.text(&judged.why, 4, theme.style(Role::Muted));
    }
    out.gap();
    out.text("What is written", 0, theme.style(Role::Title));
    for (file, _) in opened.proposal.documents(&view.answers) {
        out.text(&path(&file), 1, theme.style(Role::Text));
    }
    for note in &opened.proposal.notes {
        out.text(note, 0, theme.style(Role::Warning));
    }
}
