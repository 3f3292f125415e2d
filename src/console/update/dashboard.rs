//! Keys on the dashboard.

use super::reasons::elsewhere;
use super::{motion, runs};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::dashboard::{Entry, Show};
use crate::console::model::errand::Kind;
use crate::console::model::module::{ModuleView, Pane};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::{Model, Screen};
use crate::promotion::{GateState, GateStatus, ModuleId, RepoPath, Stage};

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = layout::tree(model).height as usize;
    model.dashboard.sought = None;
    if let Some(rows) = motion(action, page) {
        if model.dashboard.rows.is_empty() {
            model.refuse("there is no module to move to");
        }
        model.dashboard.step(rows);
        return Vec::new();
    }
    match action {
        Action::Open => match model.dashboard.entry() {
            Some(Entry::Module(id)) => return open(model, id),
            Some(Entry::Waiting(id)) => {
                let effects = open(model, id);
                if let Screen::Module(view) = &mut model.screen {
                    view.pane = Pane::SignOff;
                }
                return effects;
            }
            Some(Entry::Promoted(_)) => return promoted(model),
            Some(Entry::Lane(_) | Entry::Waiters | Entry::Promotions) => toggle(model),
            None => model.refuse("there is no module to open"),
        },
        Action::Check => match model.dashboard.entry() {
            Some(Entry::Module(id) | Entry::Waiting(id)) => return runs::check(model, id),
            Some(Entry::Waiters) => {
                let waiting = model.dashboard.waiting.clone();
                return runs::check_all(model, waiting);
            }
            Some(Entry::Lane(lane)) => {
                let shown = model.dashboard.outermost(&model.catalog, lane);
                return runs::check_all(model, shown);
            }
            Some(Entry::Promotions | Entry::Promoted(_)) => {
                let key = model.key(Action::Open);
                model.refuse(format!("it left its lane: {key} shows how it stands"));
            }
            None => model.refuse("there is no module to check"),
        },
        Action::SignOff => match chosen(model) {
            Some(path) => return super::review::open(model, path, None),
            None => model.refuse("select a module to sign off"),
        },
        Action::Propose => match chosen(model) {
            Some(path) => return super::wizard::open(model, path),
            None => model.refuse("select a module to propose"),
        },
        Action::Promote if model.aside.is_some() => return super::errand::resume(model),
        Action::Promote => match chosen(model) {
            Some(path) => return super::errand::open(model, Kind::Promotion, path, None),
            None => model.refuse("select a module to promote"),
        },
        Action::Audit => return super::audit::open(model, None),
        Action::Canary => return super::canary::open(model, None),
        Action::CancelCheck => {
            let id = model.dashboard.module();
            return runs::cancel(model, id);
        }
        Action::Filter => {
            model.dashboard.before = model.dashboard.entry();
            let text = model.dashboard.filter.clone();
            model.prompt = Some(Prompt::new(Purpose::Filter, text));
        }
        Action::StatusFilter => {
            model.dashboard.show = model.dashboard.show.next();
            rebuild(model, false);
            if model.dashboard.show != Show::All && model.dashboard.matches == 0 {
                let text = format!("no module is {}", model.dashboard.show.word());
                model.remark(text);
            }
        }
        Action::Sort => {
            model.dashboard.sort = model.dashboard.sort.next();
            rebuild(model, false);
        }
        Action::SortReverse => {
            model.dashboard.reverse = !model.dashboard.reverse;
            rebuild(model, false);
        }
        Action::Fold => fold(model),
        Action::Unfold => unfold(model),
        Action::ToggleFold => toggle(model),
        Action::FoldAll => {
            // The selection goes to the outermost module that stays in sight.
            let mut at = model.dashboard.module();
            while let Some(parent) = at.and_then(|id| model.catalog.module(id)?.parent) {
                at = Some(parent);
            }
            model.dashboard.fold_all();
            rebuild(model, false);
            if let Some(id) = at {
                model.dashboard.select(Entry::Module(id));
            }
        }
        Action::UnfoldAll => {
            let lanes = model.header.lanes.len();
            model.dashboard.unfold_all(&model.catalog, lanes);
            rebuild(model, false);
        }
        Action::NextFailing => next_failing(model, true),
        Action::PreviousFailing => next_failing(model, false),
        Action::TogglePanel => {
            if model.runs.current.is_none() {
                let key = model.key(Action::Check);
                model.refuse(format!(
                    "no gates ran since this was opened: {key} runs them"
                ));
            } else {
                model.runs.hidden = !model.runs.hidden;
            }
        }
        Action::Back => back(model),
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

/// The module that is selected.
fn chosen(model: &Model) -> Option<RepoPath> {
    let module = model.catalog.module(model.dashboard.module()?)?;
    Some(module.path.clone())
}

/// On the row of that module, as one comes back from it.
pub(super) fn return_to(model: &mut Model, path: &RepoPath) {
    rebuild(model, false);
    let Some(id) = model.catalog.find(path) else {
        return;
    };
    if model.dashboard.module() == Some(id) || model.dashboard.select(Entry::Module(id)) {
        return;
    }
    if !model.dashboard.is_narrowed() {
        model.dashboard.reveal(&model.catalog, id);
        rebuild(model, false);
        model.dashboard.select(Entry::Module(id));
    }
}

/// On the row of a module that is not in its lane any more, once it is known where it went.
pub(super) fn seek(model: &mut Model, path: RepoPath) {
    model.dashboard.sought = Some(path);
    find_sought(model);
}

/// Selects what is sought, if it has a row by now.
pub(super) fn find_sought(model: &mut Model) {
    let dashboard = &mut model.dashboard;
    let mut promoted = dashboard.promoted.iter();
    let found = promoted.position(|path| Some(path) == dashboard.sought.as_ref());
    if let Some(at) = found {
        dashboard.sought = None;
        dashboard.set_folded(Entry::Promotions, false);
        rebuild(model, false);
        model.dashboard.select(Entry::Promoted(at));
    }
}

pub(super) fn rebuild(model: &mut Model, best: bool) {
    let waiting = model.standings.waiting.iter();
    let waiting = waiting.filter_map(|(path, _)| model.catalog.find(path));
    model.dashboard.waiting = waiting.collect();
    let gone = model.standings.promoted.iter();
    let gone = gone.filter(|it| model.catalog.find(&it.promotion.from).is_none());
    model.dashboard.promoted = gone.map(|it| it.promotion.from.clone()).collect();
    let lanes = &model.header.lanes;
    model.dashboard.rebuild(&model.catalog, lanes, best);
}

/// Shows how what left its lane stands: watched on the base branch, or on its branch still.
fn promoted(model: &mut Model) -> Vec<Effect> {
    let Some(it) = model.promoted() else {
        return Vec::new();
    };
    let (module, branch) = (it.promotion.from.clone(), it.promotion.branch.clone());
    let stage = it.stage;
    match stage {
        Stage::Promoted => super::errand::open(model, Kind::Promotion, module, Some(branch)),
        _ => super::canary::open(model, Some(module)),
    }
}

pub(super) fn open(model: &mut Model, id: ModuleId) -> Vec<Effect> {
    let Some(path) = model.catalog.module(id).map(|m| m.path.clone()) else {
        return Vec::new();
    };
    let generation = model.next_generation();
    let mut view = ModuleView::new(id, path, generation);
    // What is wrong is what one came for.
    let states = model.catalog.states(id);
    let wrong = |state: &GateState| matches!(state.status, GateStatus::Failed | GateStatus::Error);
    view.gate = states.iter().position(wrong).unwrap_or(0);
    model.screen = Screen::Module(Box::new(view));
    vec![Effect::Dossier { generation, id }]
}

pub(super) fn toggle(model: &mut Model) {
    let Some(row) = model.dashboard.rows.get(model.dashboard.selected) else {
        return;
    };
    let (entry, folded) = (row.entry, row.folded);
    if !row.parent {
        model.refuse("there is nothing below it");
    } else if model.dashboard.is_narrowed() {
        let key = model.key(Action::Back);
        model.refuse(format!("a filter shows what it shows: {key} clears it"));
    } else {
        model.dashboard.set_folded(entry, !folded);
        rebuild(model, false);
    }
}

fn fold(model: &mut Model) {
    let selected = model.dashboard.selected;
    let Some(row) = model.dashboard.rows.get(selected) else {
        return;
    };
    if row.parent && !row.folded && !model.dashboard.is_narrowed() {
        let entry = row.entry;
        model.dashboard.set_folded(entry, true);
        rebuild(model, false);
        return;
    }
    let depth = row.depth;
    let parent = model.dashboard.rows[..selected]
        .iter()
        .rposition(|r| r.depth < depth);
    match parent {
        Some(at) => model.dashboard.selected = at,
        None => model.refuse("this is the outermost"),
    }
}

fn unfold(model: &mut Model) {
    let Some(row) = model.dashboard.rows.get(model.dashboard.selected) else {
        return;
    };
    if !row.parent {
        let key = model.key(Action::Open);
        model.refuse(format!("there is nothing below it; {key} opens it"));
    } else if row.folded {
        let entry = row.entry;
        model.dashboard.set_folded(entry, false);
        rebuild(model, false);
    } else {
        model.dashboard.step(1);
    }
}

fn next_failing(model: &mut Model, forward: bool) {
    let ids: Vec<ModuleId> = model.catalog.tree().ids().collect();
    let here = model.dashboard.module();
    let at = here.map_or(if forward { -1 } else { ids.len() as i64 }, |id| {
        i64::from(id.0)
    });
    let count = ids.len() as i64;
    let found = (1..=count)
        .map(|step| (at + if forward { step } else { -step }).rem_euclid(count.max(1)))
        .filter_map(|at| ids.get(at as usize))
        .find(|id| model.catalog.is_failing(**id))
        .copied();
    match found {
        None => model.refuse("no module fails"),
        Some(id) => {
            model.dashboard.reveal(&model.catalog, id);
            rebuild(model, false);
            if !model.dashboard.select(Entry::Module(id)) {
                model.refuse("the next failing module is hidden by the filter");
            }
        }
    }
}

fn back(model: &mut Model) {
    if model.dashboard.is_narrowed() {
        let here = model.dashboard.module();
        model.dashboard.filter.clear();
        model.dashboard.show = Show::All;
        if let Some(id) = here {
            model.dashboard.reveal(&model.catalog, id);
        }
        rebuild(model, false);
    } else {
        let key = model.key(Action::Quit);
        model.refuse(format!("nothing to go back from; {key} leaves"));
    }
}
