//! Keys in the sign-off pane of the module screen.

use super::motion;
use super::reasons::elsewhere;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::{Model, Screen};

/// Keys among the decisions.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(layout::pane(model).height).max(1);
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let standing = model.standings.of.get(&view.path);
    let states = standing.map_or(&[][..], |it| it.states.as_slice());
    if states.is_empty() {
        let key = model.key(Action::ModuleSignOff);
        model.refuse(format!("nobody decided on it yet; {key} signs off"));
        return Vec::new();
    }
    if let Some(rows) = motion(action, height) {
        view.decision.step(rows, states.len(), states.len());
        return Vec::new();
    }
    match (action, states.get(view.decision.at)) {
        (Action::Enter, Some(state)) => {
            let position = state.position;
            return super::audit::open(model, Some(position));
        }
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}
