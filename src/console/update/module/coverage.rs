//! Keys on what was covered of a module.

use super::super::motion;
use super::super::reasons::elsewhere;
use super::{show, without};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::module::Pane;
use crate::console::model::{Model, Screen};
use crate::promotion::{Coverage, GateState};

/// The coverage among a module's evidence, if any gate measured it.
pub(crate) fn measured(model: &Model) -> Option<&Coverage> {
    let Screen::Module(view) = &model.screen else {
        return None;
    };
    among(model.catalog.states(view.id))
}

pub(super) fn among(states: &[GateState]) -> Option<&Coverage> {
    let mut evidence = states.iter().filter_map(|s| s.evidence.as_deref());
    evidence.find_map(|evidence| evidence.coverage.as_ref())
}

/// Why there is no coverage to show.
pub(crate) fn unmeasured(model: &Model) -> String {
    let is_it = |state: &GateState| state.gate.as_str() == "coverage";
    without(model, "coverage was not measured yet", is_it)
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(layout::coverage(model)[1].height).max(1);
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let Some(coverage) = among(model.catalog.states(view.id)) else {
        let why = unmeasured(model);
        model.refuse(why);
        return Vec::new();
    };
    let shown = &mut view.coverage;
    if let Some(rows) = motion(action, height) {
        shown.step(rows, coverage, height);
        return Vec::new();
    }
    let target = shown.target(coverage);
    match (action, target) {
        (Action::NextUncovered, _) if !shown.jump(coverage, true, height) => {
            model.refuse("no line below this one was left out");
        }
        (Action::PreviousUncovered, _) if !shown.jump(coverage, false, height) => {
            model.refuse("no line above this one was left out");
        }
        (Action::NextUncovered | Action::PreviousUncovered, _) => {}
        (Action::FocusRight, _) if !shown.fold(coverage, true, height) => {
            model.refuse("its functions are shown already");
        }
        (Action::FocusLeft, _) if !shown.fold(coverage, false, height) => {
            model.refuse("its functions are hidden already");
        }
        (Action::FocusRight | Action::FocusLeft, _) => {}
        (Action::Edit | Action::Enter, None) => model.refuse("the file is not there any more"),
        (Action::Edit, Some((path, line))) => {
            let column = 0;
            return vec![Effect::Edit { path, line, column }];
        }
        (Action::Enter, Some((path, line))) => {
            let mut effects = show(model, |_| Pane::Diff);
            if let Screen::Module(view) = &mut model.screen
                && let Some(diff) = &mut view.diff
            {
                effects.extend(diff.reveal(&path, line));
            }
            return effects;
        }
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}
