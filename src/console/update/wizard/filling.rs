//! Answers, and the way between the fields.

use super::{leave, view};
use crate::console::action::Action;
use crate::console::effect::{Effect, Proposing};
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::note::Note;
use crate::console::model::wizard::{Mark, Row, Step, Subject, WizardView, Writing};
use crate::console::screens;
use crate::console::update::motion;
use crate::console::update::reasons::elsewhere;
use crate::promotion::proposal::{Kind, Which};
use crate::workflow::propose::Judged;

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Back {
        return leave(model);
    }
    let nothing = view(model).is_none_or(|view| view.opened().is_none());
    if nothing {
        model.refuse("there is nothing to answer yet");
        return Vec::new();
    }
    let (list, page) = (layout::wizard(model).list, screens::wizard::page(model));
    let height = usize::from(list.height);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match action {
        Action::Up | Action::Down | Action::Top | Action::Bottom => {
            shown.step(motion(action, page).unwrap_or(0), height);
            shown.top = 0;
        }
        Action::HalfPageUp | Action::HalfPageDown | Action::PageUp | Action::PageDown => {
            let step = motion(action, page).unwrap_or(0);
            shown.top = shown.top.saturating_add_signed(step);
        }
        Action::Answer => return answer(model),
        Action::AnswerEditor => {
            write(model);
            return crate::console::update::note::editor(model);
        }
        Action::AnswerYes => return choose(model, "yes"),
        Action::AnswerNo => return choose(model, "no"),
        Action::NextChoice => return turn(model, 1),
        Action::PreviousChoice => return turn(model, -1),
        Action::AcceptSuggestion => return accept(model),
        Action::TakeBack => return take_back(model),
        Action::NextMissing => next_missing(model, 1),
        Action::PreviousMissing => next_missing(model, -1),
        Action::Documents => shown.step = Step::Text(0),
        Action::ShowCommit => return super::finishing::plan(model),
        Action::GoOn => return super::finishing::go_on(model),
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

/// Enter: on with what the selected row is about.
fn answer(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match shown.selected() {
        Some(Row::Finish) => super::finishing::plan(model),
        Some(Row::Ethics) => {
            let (yes, no) = (model.key(Action::AnswerYes), model.key(Action::AnswerNo));
            model.refuse(format!("{yes} has one written, {no} none"));
            Vec::new()
        }
        Some(Row::Criteria(..)) => {
            model.refuse("nobody ticks these by hand: evidence does, or the reviewers");
            Vec::new()
        }
        Some(Row::Field(..)) => match shown.in_hand().map(|(_, field)| &field.kind) {
            // Enter takes what is shown: another word is chosen by the keys that choose.
            Some(Kind::Choice(_)) if shown.is_chosen() => {
                next_missing(model, 1);
                Vec::new()
            }
            Some(Kind::Choice(_)) if shown.suggestion().is_some() => accept(model),
            Some(Kind::Choice(_)) => {
                let key = model.key(Action::NextChoice);
                model.refuse(format!("{key} chooses one of the words"));
                Vec::new()
            }
            _ => {
                write(model);
                Vec::new()
            }
        },
        Some(Row::Heading(..)) | None => Vec::new(),
    }
}

/// Opens the answer of the selected field.
fn write(model: &mut Model) {
    let Some(shown) = view(model) else { return };
    let writing = match shown.selected() {
        Some(Row::Ethics) if shown.answers.ethics == Some(false) => Some(Writing {
            subject: Subject::Because,
            note: Note::new(&shown.answers.because),
        }),
        _ => shown.in_hand().map(|(form, field)| {
            let value = form.value(&shown.answers, field).unwrap_or_default();
            Writing {
                subject: Subject::Field(form.which, field.id.clone()),
                note: Note::new(value),
            }
        }),
    };
    match writing {
        Some(writing) => shown.writing = Some(writing),
        None => model.refuse("there is nothing to write here"),
    }
}

/// Says yes or no.
fn choose(model: &mut Model, said: &str) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    if shown.selected() == Some(Row::Ethics) {
        shown.answers.ethics = Some(said == "yes");
        if said == "yes" {
            shown.answers.because.clear();
        }
        // Against what speaks for it, it takes a reason.
        let unexplained = shown
            .proposal()
            .and_then(|it| it.unexplained(&shown.answers))
            .is_some();
        if unexplained {
            write(model);
        }
        return keep(model);
    }
    let word = shown.in_hand().and_then(|(form, field)| match &field.kind {
        Kind::Choice(words) => {
            let word = words.iter().find(|it| it.eq_ignore_ascii_case(said));
            word.map(|word| (form.which, field.id.clone(), word.clone()))
        }
        _ => None,
    });
    match word {
        Some((which, id, word)) => {
            shown.answers.set(which, &id, &word);
            keep(model)
        }
        None => {
            model.refuse("this is no question for a yes or a no");
            Vec::new()
        }
    }
}

/// The next choice, or the one before.
fn turn(model: &mut Model, by: isize) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let turned = shown.in_hand().and_then(|(form, field)| {
        let Kind::Choice(words) = &field.kind else {
            return None;
        };
        let prefill = form.prefills.get(&field.id);
        let now = form.value(&shown.answers, field);
        let at = |said: &str| words.iter().position(|it| it.eq_ignore_ascii_case(said));
        let next = match now.and_then(at) {
            Some(at) => (at as isize + by).rem_euclid(words.len() as isize) as usize,
            // What is suggested comes first.
            None => prefill.and_then(|it| at(&it.value)).unwrap_or(0),
        };
        Some((form.which, field.id.clone(), words.get(next)?.clone()))
    });
    match turned {
        Some((which, id, word)) => {
            shown.answers.set(which, &id, &word);
            keep(model)
        }
        None => {
            model.refuse("there is nothing to choose from here");
            Vec::new()
        }
    }
}

fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match shown.suggestion() {
        Some((which, id, value)) => {
            shown.answers.set(which, &id, &value);
            keep(model)
        }
        None => {
            model.refuse("nothing is suggested here");
            Vec::new()
        }
    }
}

/// Back to what the document or the facts say.
fn take_back(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    if shown.selected() == Some(Row::Ethics) {
        shown.answers.ethics = None;
        shown.answers.because.clear();
        return keep(model);
    }
    let field = shown
        .in_hand()
        .map(|(form, field)| (form.which, field.id.clone()));
    let Some((which, id)) = field else {
        model.refuse("there is no answer to take back");
        return Vec::new();
    };
    if !shown.answers.clear(which, &id) {
        model.refuse("this is what the facts say: there is no answer to take back");
        return Vec::new();
    }
    keep(model)
}

/// To the next row that something is missing in.
fn next_missing(model: &mut Model, by: isize) {
    let height = usize::from(layout::wizard(model).list.height);
    let Some(shown) = view(model) else { return };
    let rows = shown.rows();
    let count = rows.len() as isize;
    let open = |shown: &WizardView, at: usize| {
        let row = &rows[at];
        let mark = shown.mark(row);
        *row != Row::Finish && matches!(mark, Mark::Missing | Mark::Wrong)
    };
    let places = (1..=count).map(|n| (shown.row.at as isize + n * by).rem_euclid(count) as usize);
    let found = places.into_iter().find(|at| open(shown, *at));
    match found {
        Some(at) => {
            shown.row.at = at;
            shown.top = 0;
            shown.step(0, height);
        }
        None => {
            let key = model.key(Action::ShowCommit);
            model.refuse(format!("nothing is missing: {key} shows the commit"));
        }
    }
}

/// Takes over what was written.
pub(in super::super) fn done(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some(Writing { subject, note }) = shown.writing.take() else {
        return Vec::new();
    };
    let text = note.text().trim_end().to_owned();
    match subject {
        Subject::Because => shown.answers.because = text.trim().to_owned(),
        Subject::Field(which, id) => {
            // What was not changed is no answer of a person's.
            let same = shown.proposal().is_some_and(|proposal| {
                let form = proposal.form(which);
                let field = form.template.field(&id);
                let value = field.and_then(|field| form.value(&shown.answers, field));
                value.unwrap_or_default().trim() == text.trim()
            });
            if !same {
                shown.answers.set(which, &id, &text);
            }
        }
    }
    keep(model)
}

/// Keeps what was answered so far, and has the gates look at it.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    vec![Effect::Propose(Proposing::Keep {
        generation: shown.generation,
        answers: Box::new(shown.answers.clone()),
    })]
}

/// Has the gates look at the documents.
pub(super) fn judge(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    vec![Effect::Propose(Proposing::Judge {
        generation: shown.generation,
        answers: Box::new(shown.answers.clone()),
    })]
}

/// Takes what they say.
pub(in super::super) fn judged(model: &mut Model, generation: Generation, judged: Vec<Judged>) {
    match view(model).filter(|it| it.generation == generation) {
        Some(shown) => shown.judged = judged,
        None => model.changed = false,
    }
}

/// True where a line ends what is written: nothing there has several.
pub(crate) fn ends_with_line(model: &Model) -> bool {
    let crate::console::model::Screen::Wizard(shown) = &model.screen else {
        return false;
    };
    match shown.writing.as_ref().map(|it| &it.subject) {
        Some(Subject::Because) => true,
        Some(Subject::Field(which, id)) => !is_long(shown, *which, id),
        None => false,
    }
}

fn is_long(shown: &WizardView, which: Which, id: &str) -> bool {
    let field = shown
        .proposal()
        .and_then(|it| it.form(which).template.field(id));
    field.is_some_and(|it| it.is_long())
}
