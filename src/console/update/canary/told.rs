//! What the canary screen's worker tells.

use super::{again, view};
use crate::console::effect::{Effect, Watching};
use crate::console::event::{Generation, Millis};
use crate::console::model::canary::{Opened, Told, Watched};
use crate::console::model::{Level, Model, Screen};
use crate::promotion::canary::{Verdict, Word};

/// Takes it.
pub(in crate::console::update) fn take(
    model: &mut Model,
    generation: Generation,
    at: Millis,
    told: Told,
) -> Vec<Effect> {
    match told {
        Told::Read(result) => {
            let effects = read(model, generation, result);
            model.now = model.now.max(at);
            effects
        }
        Told::Looked(result) => {
            looked(model, generation, result);
            model.now = model.now.max(at);
            Vec::new()
        }
        Told::Due => {
            let waits =
                matches!(&model.screen, Screen::Canary(view) if view.generation == generation);
            match waits {
                true => {
                    model.now = model.now.max(at);
                    again(model, true)
                }
                false => {
                    model.changed = false;
                    Vec::new()
                }
            }
        }
        Told::Said(result) => said(model, generation, result),
    }
}

fn read(
    model: &mut Model,
    generation: Generation,
    result: Result<Box<Watched>, String>,
) -> Vec<Effect> {
    let Some(shown) = view(model).filter(|it| it.generation == generation) else {
        model.changed = false;
        return Vec::new();
    };
    shown.reading = false;
    let problem = match &result {
        Err(why) => Some(why.clone()),
        Ok(watched) => watched.problems.first().cloned(),
    };
    let selected = shown.selected().map(|it| it.promotion.commit);
    // What was seen stays where it only could not be read again.
    if result.is_ok() || shown.watched().is_none() {
        shown.read = Some(result.map(|it| *it));
        shown.arrange(selected);
    }
    let mut missing = None;
    if shown.watched().is_some()
        && let Some(module) = shown.wanted.take()
    {
        match shown.select(&module) {
            true => {
                shown.opened = Some(Opened {
                    directly: true,
                    ..Opened::default()
                })
            }
            false => missing = Some(module),
        }
    }
    let at = shown.due();
    let open = shown.watched().map(|it| shown.own.open(&it.all));
    if let Some(open) = open {
        model.standings.watched = open;
    }
    if let Some(problem) = problem {
        model.tell(Level::Problem, problem);
    } else if let Some(module) = missing {
        let module = crate::console::text::path(&module);
        model.remark(format!("no promotion of {module} is merged"));
    }
    vec![Effect::Canary(Watching::Wake { generation, at })]
}

fn looked(model: &mut Model, generation: Generation, result: Result<Box<Verdict>, String>) {
    let asking = view(model).and_then(|shown| {
        let asking = shown.asking.as_ref()?;
        (asking.generation == generation).then(|| shown.asking.take())?
    });
    let Some(asking) = asking else {
        model.changed = false;
        return;
    };
    match result {
        Err(why) => model.tell(Level::Problem, why),
        Ok(verdict) => {
            let level = match verdict.word {
                Word::Fail => Level::Problem,
                Word::Pass => Level::Info,
                _ => Level::Warning,
            };
            let words = format!("{}: {}", verdict.word, verdict.why);
            if let Some(shown) = view(model) {
                let selected = shown.selected().map(|it| it.promotion.commit);
                shown.own.remember(asking.promotion, *verdict);
                shown.arrange(selected);
                let open = shown.watched().map(|it| shown.own.open(&it.all));
                model.standings.watched = open.unwrap_or_default();
            }
            model.tell(level, words);
        }
    }
}

/// It is told whether its screen is still open or not: it was said all the same.
fn said(model: &mut Model, generation: Generation, result: Result<String, String>) -> Vec<Effect> {
    let signing = |shown: &&mut super::CanaryView| {
        let order = shown.order.as_ref();
        order.is_some_and(|it| it.signing == Some(generation))
    };
    let done = result.is_ok();
    if let Some(shown) = view(model).filter(signing) {
        match (&mut shown.order, done) {
            (order, true) => *order = None,
            (Some(order), false) => order.signing = None,
            (None, false) => {}
        }
    }
    match result {
        Ok(words) => model.tell(Level::Info, words),
        Err(why) => model.tell(Level::Problem, format!("not said: {why}")),
    }
    match done {
        true => again(model, false),
        false => Vec::new(),
    }
}
