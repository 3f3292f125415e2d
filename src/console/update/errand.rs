//! What is read before it is done. Nothing is done without the key that confirms it,
//! and only what was read.

use super::motion;
use crate::console::action::Action;
use crate::console::effect::{Doing, Effect};
use crate::console::event::Generation;
use crate::console::model::errand::{Errand, Kind, Outcome, Sheet, Stage, Told};
use crate::console::model::{Level, Model};
use crate::console::screens;
use crate::promotion::RepoPath;

/// Has it worked out what it would do, and shows that over the screen.
pub(super) fn open(
    model: &mut Model,
    kind: Kind,
    module: RepoPath,
    branch: Option<String>,
) -> Vec<Effect> {
    let generation = model.next_generation();
    model.errand = Some(Box::new(Errand {
        kind,
        module: module.clone(),
        generation,
        stage: Stage::Reading,
    }));
    vec![Effect::Errand(Doing::Read {
        generation,
        kind,
        module,
        branch,
    })]
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::errand::size(model);
    let keys = [Action::Confirm, Action::Back].map(|it| model.key(it));
    let Some(errand) = &mut model.errand else {
        return Vec::new();
    };
    let generation = errand.generation;
    match (&mut errand.stage, action) {
        (Stage::Doing, Action::Back) => {
            model.errand = None;
            model.refuse("it goes on; what comes of it is told here");
        }
        (_, Action::Back) | (Stage::Done(_), Action::Confirm) => model.errand = None,
        (Stage::Sheet(sheet, _), Action::Confirm) => match sheet.may.clone() {
            Ok(_) => {
                errand.stage = Stage::Doing;
                return vec![Effect::Errand(Doing::Go { generation })];
            }
            Err(why) => model.refuse(why),
        },
        (Stage::Sheet(_, top), action) => match motion(action, page) {
            Some(rows) => {
                let last = count.saturating_sub(page);
                *top = (*top).min(last).saturating_add_signed(rows).min(last);
            }
            None => model.refuse(format!("{} confirms it, {} goes back", keys[0], keys[1])),
        },
        (Stage::Reading | Stage::Doing, _) => model.refuse("wait for it"),
        (Stage::Done(_), _) => model.refuse(format!("{} goes back", keys[1])),
    }
    Vec::new()
}

/// Takes what a worker tells.
pub(super) fn take(model: &mut Model, generation: Generation, told: Told) -> Vec<Effect> {
    match told {
        Told::Read(result) => {
            read(model, generation, result);
            Vec::new()
        }
        Told::Ended(outcome) => ended(model, generation, outcome),
    }
}

fn read(model: &mut Model, generation: Generation, result: Result<Box<Sheet>, String>) {
    let shown = model.errand.as_mut().filter(|it| {
        // What is being done, or is over, is not read again.
        it.generation == generation && it.stage == Stage::Reading
    });
    let Some(errand) = shown else {
        model.changed = false;
        return;
    };
    match result {
        Ok(sheet) => errand.stage = Stage::Sheet(sheet, 0),
        Err(why) => {
            errand.stage = Stage::Sheet(
                Box::new(Sheet {
                    text: Vec::new(),
                    may: Err(why.clone()),
                }),
                0,
            );
            model.tell(Level::Problem, why);
        }
    }
}

/// It is told whether its box is still open or not: it was done all the same.
fn ended(model: &mut Model, generation: Generation, outcome: Box<Outcome>) -> Vec<Effect> {
    let level = match outcome.done {
        true => Level::Info,
        false => Level::Problem,
    };
    model.tell(level, outcome.words.clone());
    if let Some(errand) = &mut model.errand
        && errand.generation == generation
    {
        errand.stage = Stage::Done(outcome);
    }
    // Even where it failed something may have become of it.
    match model.loading {
        true => Vec::new(),
        false => vec![Effect::Pulls {
            generation: model.load,
        }],
    }
}
