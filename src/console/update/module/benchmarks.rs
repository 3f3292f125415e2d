//! Keys on the benchmarks of a module.

use super::super::motion;
use super::super::reasons::elsewhere;
use super::without;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::{Model, Screen};
use crate::promotion::{Benchmarks, Criterion, GateState};

/// The benchmarks among a module's evidence, if any were run.
pub(crate) fn timed(model: &Model) -> Option<&Benchmarks> {
    let Screen::Module(view) = &model.screen else {
        return None;
    };
    among(model.catalog.states(view.id))
}

pub(super) fn among(states: &[GateState]) -> Option<&Benchmarks> {
    Benchmarks::among(states.iter().filter_map(|s| s.evidence.as_deref()))
}

/// Why there is no benchmark to show.
pub(crate) fn untimed(model: &Model) -> String {
    let is_it = |state: &GateState| state.criterion == Criterion::Performance;
    without(model, "no benchmark was run yet", is_it)
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(layout::coverage(model)[1].height).max(1);
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let Some(benchmarks) = among(model.catalog.states(view.id)) else {
        let why = untimed(model);
        model.refuse(why);
        return Vec::new();
    };
    if let Some(rows) = motion(action, height) {
        let count = benchmarks.list.len();
        view.benchmarks.row.step(rows, count, height);
        return Vec::new();
    }
    match (action, view.benchmarks.target(benchmarks)) {
        (Action::Edit | Action::Enter, Some((path, line))) => {
            let column = 0;
            return vec![Effect::Edit { path, line, column }];
        }
        (Action::Edit | Action::Enter, None) => {
            model.refuse("the benchmark is not there any more");
        }
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}
