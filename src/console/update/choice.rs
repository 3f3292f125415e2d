//! A list that something is chosen from.

use super::{look, motion};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::model::choice::{Choice, Item, Purpose};
use crate::console::model::module::Cursor;
use crate::console::model::{Level, Model};
use crate::console::screens;

/// Has the branches read that there are to look at.
pub(super) fn branches(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    model.choice = Some(Box::new(Choice {
        purpose: Purpose::Branch,
        generation,
        items: None,
        row: Cursor::default(),
    }));
    vec![Effect::Branches { generation }]
}

/// Takes what there is.
pub(super) fn take(model: &mut Model, generation: Generation, result: Result<Vec<Item>, String>) {
    let looking = model.looking.clone();
    let height = screens::choice::height(model);
    let shown = model.choice.as_mut();
    let Some(choice) = shown.filter(|it| it.generation == generation) else {
        model.changed = false;
        return;
    };
    match result {
        Ok(items) => {
            let at = items.iter().position(|it| it.value == looking);
            choice.row.at = at.unwrap_or(0);
            choice.row.follow(items.len(), height);
            choice.items = Some(items);
        }
        Err(why) => {
            model.choice = None;
            model.tell(Level::Problem, why);
        }
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = screens::choice::height(model);
    let keys = [Action::Confirm, Action::Back].map(|it| model.key(it));
    let Some(choice) = &mut model.choice else {
        return Vec::new();
    };
    let count = choice.items.as_ref().map_or(0, Vec::len);
    if let Some(rows) = motion(action, height) {
        choice.row.step(rows, count, height);
        return Vec::new();
    }
    match action {
        Action::Back => model.choice = None,
        Action::Confirm => {
            let at = choice.row.at;
            let item = choice.items.as_ref().and_then(|it| it.get(at)).cloned();
            match item {
                Some(item) => return chosen(model, item),
                None => model.refuse("wait for it"),
            }
        }
        _ => model.refuse(format!("{} takes it, {} goes back", keys[0], keys[1])),
    }
    Vec::new()
}

fn chosen(model: &mut Model, item: Item) -> Vec<Effect> {
    let purpose = model.choice.take().map(|it| it.purpose);
    if purpose == Some(Purpose::Comment) {
        return super::diff::chosen(model, &item);
    }
    if item.value == model.looking {
        model.refuse(format!("{} is what is looked at", item.name));
        return Vec::new();
    }
    model.tell(
        Level::Info,
        format!("now on {}: the work tree stays as it is", item.name),
    );
    look(model, item.value)
}
