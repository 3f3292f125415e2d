//! Answers, their notes, and the way between the questions.

use super::{go, look, view};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::module::Pane;
use crate::console::model::note::Note;
use crate::console::model::review::{ReviewView, Row, Step, Writing};
use crate::console::screens;
use crate::console::text;
use crate::promotion::reading::Reading;
use crate::promotion::review::Answer;

/// Answers the selected question, or takes the answer back.
pub(super) fn give(model: &mut Model, answer: Option<Answer>) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some(id) = shown.item().map(|item| item.id.clone()) else {
        model.refuse("there is no question here: select one");
        return Vec::new();
    };
    let given = shown.answers.entry(id.clone()).or_default();
    given.answer = answer;
    let explained = !given.note.trim().is_empty();
    if answer.is_none() && !explained {
        shown.answers.remove(&id);
    }
    // A concern, and what does not apply, is explained: so it is asked for.
    if matches!(answer, Some(Answer::Concern | Answer::NotApplicable)) && !explained {
        write(model);
    } else if answer.is_some() {
        onward(model);
    }
    if answer == Some(Answer::Yes) && explained {
        let key = model.key(Action::WriteNote);
        model.remark(format!(
            "the note on it is signed with the yes: {key} on the question changes it"
        ));
    }
    keep(model)
}

/// Keeps what was answered so far.
pub(in super::super) fn keep(model: &mut Model) -> Vec<Effect> {
    let kept = view(model).and_then(|view| view.kept());
    kept.map(|kept| Effect::KeepAnswers(Box::new(kept)))
        .into_iter()
        .collect()
}

/// The row of the next question without an answer.
fn open_after(shown: &ReviewView) -> Option<usize> {
    let rows = shown.rows();
    let items = &shown.sheet()?.checklist.items;
    let open = |row: &Row| match row {
        Row::Item(at) => items
            .get(*at)
            .is_some_and(|item| shown.answer(&item.id).is_none()),
        Row::Changed | Row::Finish => false,
    };
    let from = shown.row.at + 1;
    let mut order = (from..rows.len()).chain(0..from.min(rows.len()));
    order.find(|at| open(&rows[*at]))
}

pub(super) fn next_open(model: &mut Model) {
    let height = usize::from(layout::review(model).list.height);
    let Some(shown) = view(model) else { return };
    match open_after(shown) {
        Some(at) if at == shown.row.at => {
            model.refuse("this is the last question without an answer");
        }
        Some(at) => go(shown, at, height),
        None => {
            let key = model.key(Action::Sign);
            model.refuse(format!("every question is answered: {key} goes on"));
        }
    }
}

/// After an answer on to the next question without one, to the last step where none is left.
pub(in super::super) fn onward(model: &mut Model) {
    let height = usize::from(layout::review(model).list.height);
    let Some(shown) = view(model) else { return };
    let last = shown.rows().len().saturating_sub(1);
    go(shown, open_after(shown).unwrap_or(last), height);
}

/// Opens the note of the selected question, or that of the whole decision.
pub(super) fn write(model: &mut Model) {
    let reading = model.reading.clone();
    let Some(shown) = view(model) else { return };
    let item = match (shown.selected(), &shown.step) {
        (_, Step::Choose(..)) | (Some(Row::Finish), _) => None,
        (Some(Row::Item(_)), _) => shown.item().map(|item| item.id.clone()),
        _ => {
            model.refuse("there is nothing to write a note on here");
            return;
        }
    };
    let text = match &item {
        Some(id) => shown
            .answers
            .get(id)
            .map_or("", |given| given.note.as_str()),
        None => shown.note.as_str(),
    };
    let mut note = Note::new(text);
    let begins = (item.is_none() && text.is_empty()).then(|| comments(reading.as_deref(), shown));
    let begins = begins.filter(|it| !it.is_empty());
    let count = begins.as_ref().map_or(0, Vec::len);
    if let Some(begins) = begins {
        note.insert(&begins.join("\n"));
    }
    shown.writing = Some(Writing { item, note });
    if count > 0 {
        let key = model.key(Action::NoteDrop);
        let what = match count {
            1 => "your comment".to_owned(),
            n => format!("your {n} comments"),
        };
        model.remark(format!(
            "it begins with {what} on the diff; {key} leaves that out"
        ));
    }
}

/// What one noted for oneself on the diff, for the note of the decision.
fn comments(reading: Option<&Reading>, shown: &ReviewView) -> Vec<String> {
    let (Some(reading), Some(sheet)) = (reading, shown.sheet()) else {
        return Vec::new();
    };
    // Where a line stands now is known where the diff was looked at.
    let diff = shown.behind.as_ref().and_then(|it| it.diff.as_ref());
    let placed = diff.map(|it| it.comments()).unwrap_or_default();
    let mut all = reading.comments(&sheet.module);
    all.extend(reading.comments(&sheet.target));
    let words = all.into_iter().map(|it| {
        let now = placed.iter().find(|(known, ..)| known.on == it.on);
        let (line, holds) = now.map_or((it.on.line, true), |(_, line, holds)| (*line, *holds));
        let changed = if holds {
            ""
        } else {
            " (this line changed since)"
        };
        let path = text::path(&it.on.path);
        format!("{path}:{line}{changed}: {}", it.text)
    });
    words.collect()
}

pub(super) fn next_gate(model: &mut Model, step: isize) {
    let Some(shown) = view(model) else { return };
    let count = shown.evidence().len();
    if count < 2 {
        model.refuse("there is no other gate that speaks to this");
        return;
    }
    let at = shown.gate as isize + step;
    shown.gate = at.rem_euclid(count as isize) as usize;
    let line = screens::review::gate_line(model);
    if let Some(shown) = view(model) {
        shown.top = line;
    }
}

/// Enter: on to what the selected row is about.
pub(super) fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match shown.selected() {
        Some(Row::Changed) => look(model, Pane::Diff, None),
        Some(Row::Item(_)) => match shown.evidence().get(shown.gate) {
            Some(gate) => {
                let gate = gate.gate.clone();
                look(model, Pane::Gates, Some(&gate))
            }
            None => {
                let key = model.key(Action::ReviewDiff);
                model.refuse(format!("no gate speaks to this; {key} shows the code"));
                Vec::new()
            }
        },
        Some(Row::Finish) => {
            super::deciding::finish(model);
            Vec::new()
        }
        None => Vec::new(),
    }
}
