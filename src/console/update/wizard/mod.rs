//! Keys in the wizard. What is asked, what is wrong and what is written are the
//! proposal's to say, and the workflow's; here it is only asked and told.

mod filling;
mod finishing;

pub(crate) use filling::ends_with_line;
pub(super) use filling::{done, judged};
pub(super) use finishing::{planned, recorded, written};

use crate::console::action::Action;
use crate::console::effect::{Effect, Proposing};
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::wizard::{Opened, Outcome, Step, WizardView};
use crate::console::model::{Level, Model, Screen};
use crate::console::screens;
use crate::promotion::RepoPath;

use super::motion;

/// Opens the wizard on a module, over whatever screen is shown.
pub(super) fn open(model: &mut Model, module: RepoPath) -> Vec<Effect> {
    let generation = model.next_generation();
    let mut view = WizardView::new(module, generation);
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    if let Screen::Module(behind) = before {
        view.from = Some(behind.pane);
        view.behind = Some(behind);
    }
    model.screen = Screen::Wizard(Box::new(view));
    again(model)
}

/// Reads it again.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    shown.generation = generation;
    vec![Effect::Propose(Proposing::Open {
        generation,
        module: shown.module.clone(),
        branch: shown.continues.clone(),
    })]
}

pub(super) fn view(model: &mut Model) -> Option<&mut WizardView> {
    match &mut model.screen {
        Screen::Wizard(view) => Some(view),
        _ => None,
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match &shown.step {
        Step::Fill => filling::act(model, action),
        Step::Text(_) => read(model, action),
        Step::Planning | Step::Writing => {
            if action == Action::Back {
                return leave(model);
            }
            model.refuse("wait for it");
            Vec::new()
        }
        Step::Commit(..) => finishing::commit(model, action),
        Step::Done(_) => finishing::ended(model, action),
    }
}

/// Goes back to where it was opened from. Answers were kept as they were given.
fn leave(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let written = matches!(&shown.step, Step::Done(it) if matches!(**it, Outcome::Written { .. }));
    let kept = !written && !shown.answers.is_empty();
    let (behind, from) = (shown.behind.take(), shown.from);
    let path = shown.module.clone();
    match (behind, from) {
        (Some(mut behind), Some(pane)) => {
            behind.pane = pane;
            model.screen = Screen::Module(behind);
            // The branch has another module than the one that was left.
            if written {
                return super::module::reopen(model);
            }
        }
        _ => {
            model.screen = Screen::Dashboard;
            super::dashboard::return_to(model, &path);
        }
    }
    if kept {
        model.remark("your answers are kept for when you come back");
    }
    Vec::new()
}

/// The documents: only to be read.
fn read(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::wizard::text_size(model);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match (&mut shown.step, motion(action, page)) {
        (Step::Text(top), Some(rows)) => {
            *top = top
                .saturating_add_signed(rows)
                .min(count.saturating_sub(page));
        }
        _ if matches!(action, Action::Back | Action::Documents | Action::Answer) => {
            shown.step = Step::Fill;
        }
        _ => model.refuse("close the text first"),
    }
    Vec::new()
}

/// Takes what was read.
pub(super) fn opened(
    model: &mut Model,
    generation: Generation,
    result: Result<Box<Opened>, String>,
) -> Vec<Effect> {
    let Some(shown) = view(model).filter(|it| it.generation == generation) else {
        model.changed = false;
        return Vec::new();
    };
    match result {
        Ok(opened) => {
            let first = shown.opened.is_none();
            let went_on = first && !opened.answers.is_empty();
            let since = opened.since.clone();
            let notes = opened.proposal.notes.clone();
            shown.take(*opened);
            for note in notes.into_iter().filter(|_| first) {
                model.tell(Level::Warning, note);
            }
            if first {
                offer(model);
            }
            if went_on {
                model.tell(Level::Info, "going on with the answers that were kept");
            }
            for words in since {
                model.tell(Level::Warning, words);
            }
            filling::judge(model)
        }
        // What was filled in stays: another branch is not gone on with, and no more.
        Err(problem) if shown.continues.take().is_some() && shown.opened().is_some() => {
            model.tell(Level::Problem, problem);
            again(model)
        }
        Err(problem) => {
            shown.opened = Some(Err(problem.clone()));
            (shown.step, shown.writing) = (Step::Fill, None);
            model.tell(Level::Problem, problem);
            Vec::new()
        }
    }
}

/// Where gates ran since the document was written, that it can say so.
fn offer(model: &mut Model) {
    let key = model.key(Action::ShowCommit);
    let Some(shown) = view(model) else { return };
    let ticks = shown.proposal().map(|it| it.ticks(&shown.answers));
    if let Some(words) = ticks.and_then(|it| it.gained_words()) {
        let words = format!("{words}: {key} shows that commit");
        model.tell(Level::Info, words);
    }
}

/// Keeps what is scrolled on the screen.
pub(super) fn settle(model: &mut Model) {
    let height = usize::from(layout::wizard(model).list.height);
    let last = screens::wizard::side_height(model).saturating_sub(screens::wizard::page(model));
    if let Some(shown) = view(model) {
        shown.step(0, height);
        shown.top = shown.top.min(last);
    }
}
