//! Keys on the impact pane.

use super::motion;
use super::reasons::elsewhere;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::impact::Row;
use crate::console::model::module::ModuleView;
use crate::console::model::{Model, Screen};
use crate::promotion::impact::Impact;

/// Asks for it when the pane is first shown.
pub(super) fn ask(view: &mut ModuleView, generation: Generation) -> Vec<Effect> {
    if view.impact.generation.is_some() {
        return Vec::new();
    }
    view.impact.generation = Some(generation);
    vec![Effect::Impact {
        generation,
        id: view.id,
    }]
}

/// Takes the newest answer.
pub(super) fn take(model: &mut Model, generation: Generation, result: Result<Box<Impact>, String>) {
    let Screen::Module(view) = &mut model.screen else {
        model.changed = false;
        return;
    };
    match view.impact.generation == Some(generation) {
        true => view.impact.take(result),
        false => model.changed = false,
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(layout::coverage(model)[1].height).max(1);
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let shown = &mut view.impact;
    if shown.impact().is_none() {
        let why = match &shown.found {
            Some(Err(_)) => "there is nothing to move in: it could not be read",
            _ => "it is still being read",
        };
        model.refuse(why);
        return Vec::new();
    }
    let count = shown.rows.len();
    if let Some(rows) = motion(action, height) {
        shown.row.step(rows, count, height);
        return Vec::new();
    }
    match (action, shown.target()) {
        (Action::NextGate | Action::PreviousGate, _) => {
            let forward = action == Action::NextGate;
            match section(&shown.rows, shown.row.at, forward) {
                Some(at) => {
                    shown.row.at = at;
                    shown.row.follow(count, height);
                }
                None => model.refuse("there is no further section that way"),
            }
        }
        (Action::Edit | Action::Enter, Some((path, line))) => {
            let column = 0;
            return vec![Effect::Edit { path, line, column }];
        }
        (Action::Edit | Action::Enter, None) => {
            model.refuse("this row is no place in a file");
        }
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

/// Where the next or the previous section begins.
fn section(rows: &[Row], at: usize, forward: bool) -> Option<usize> {
    let begins = |row: &Row| matches!(row, Row::Class(_) | Row::Reaches | Row::Changes);
    let numbered = || rows.iter().enumerate().filter(|(_, row)| begins(row));
    match forward {
        true => numbered().map(|(it, _)| it).find(|it| *it > at),
        false => numbered().map(|(it, _)| it).rfind(|it| *it < at),
    }
}
