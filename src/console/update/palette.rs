//! The palette: everything one can do where one is, and why not where one cannot. What
//! it says of an action is found by trying it on a copy: so it is what its key would say.

use ratatui::layout::Position;

use super::{act, dashboard, settle};
use crate::console::action::{Action, Context};
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::palette::{Choice, Palette, What};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::{Model, Screen};

/// Every action that applies where one is, the innermost context first, with its keys
/// there and why it does nothing now. One that an inner context has under the same name
/// is left out.
pub fn choices(model: &Model) -> Vec<Choice> {
    let contexts = model.contexts();
    let mut named: Vec<&str> = Vec::new();
    let mut choices = Vec::new();
    for context in &contexts {
        let here = Action::ALL.iter().filter(|it| it.context() == *context);
        let new: Vec<Action> = here
            .copied()
            .filter(|it| *it != Action::Palette && !named.contains(&it.name()))
            .collect();
        named.extend(new.iter().map(|it| it.name()));
        choices.extend(new.into_iter().map(|action| Choice {
            what: What::Action(action),
            keys: model.keymap.keys_in(&contexts, action),
            words: action.description().to_owned(),
            refusal: refusal(model, action),
        }));
    }
    choices
}

/// Why an action would do nothing now; `None` where it does something.
pub fn refusal(model: &Model, action: Action) -> Option<String> {
    let mut tried = model.clone();
    tried.status = None;
    // What it wants done is not done: only what it says is looked at.
    let _ = act(&mut tried, action);
    let status = tried.status.filter(|it| it.refuses);
    status.map(|it| it.text)
}

pub(super) fn open(model: &mut Model) {
    let mut palette = Palette {
        with_modules: model.contexts().contains(&Context::Dashboard),
        choices: choices(model),
        ..Palette::default()
    };
    palette.narrow("", &model.catalog);
    model.prompt = Some(Prompt::new(Purpose::Palette, ""));
    model.palette = Some(Box::new(palette));
}

pub(super) fn close(model: &mut Model) {
    model.palette = None;
}

/// Something was typed.
pub(super) fn narrow(model: &mut Model, typed: &str) {
    if let Some(palette) = &mut model.palette {
        palette.narrow(typed, &model.catalog);
    }
}

pub(super) fn step(model: &mut Model, rows: isize) {
    let height = usize::from(layout::palette(model).list.height);
    if let Some(palette) = &mut model.palette {
        let count = palette.rows.len();
        palette.row.step(rows, count, height);
    }
}

/// Something became known that may change what can be done.
pub(super) fn refresh(model: &mut Model) {
    let Some(palette) = model.palette.take() else {
        return;
    };
    let prompt = model.prompt.take();
    let typed = prompt.as_ref().map_or("", |it| it.text()).to_owned();
    let at = palette.row;
    let mut palette = Palette {
        with_modules: model.contexts().contains(&Context::Dashboard),
        choices: choices(model),
        ..*palette
    };
    palette.narrow(&typed, &model.catalog);
    palette.row = at;
    model.prompt = prompt;
    model.palette = Some(Box::new(palette));
    step(model, 0);
}

/// Does what is clicked.
pub(super) fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    let place = layout::palette(model);
    let Some(palette) = &mut model.palette else {
        return Vec::new();
    };
    let row = usize::from(at.y.saturating_sub(place.list.y)) + palette.row.top;
    if place.list.contains(at) && row < palette.rows.len() {
        palette.row.at = row;
        return accept(model);
    }
    if !place.outer.contains(at) {
        model.prompt = None;
        close(model);
    }
    Vec::new()
}

/// Does what is selected, or says why not.
pub(super) fn accept(model: &mut Model) -> Vec<Effect> {
    let chosen = model.palette.as_ref().and_then(|it| it.selected().cloned());
    model.prompt = None;
    close(model);
    let effects = match chosen.map(|it| it.what) {
        Some(What::Action(action)) => act(model, action),
        Some(What::Module(id)) if matches!(model.screen, Screen::Dashboard) => {
            model.dashboard.reveal(&model.catalog, id);
            dashboard::rebuild(model, false);
            dashboard::open(model, id)
        }
        Some(What::Module(_)) => Vec::new(),
        None => {
            model.refuse("nothing that can be done here is called so");
            Vec::new()
        }
    };
    settle(model);
    effects
}
