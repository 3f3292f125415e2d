//! Keys on the module screen.

pub(super) mod benchmarks;
pub(super) mod coverage;
mod gates;

use ratatui::layout::{Rect, Size};

use super::reasons::elsewhere;
use super::{impact, motion, runs};
use crate::console::action::Action;
use crate::console::diff::DiffPane;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::errand::Kind;
use crate::console::model::module::{Focus, Pane};
use crate::console::model::panes::Divider;
use crate::console::model::{Level, Model, Screen};
use crate::console::text;
use crate::promotion::{Dossier, GateState, ModuleId};

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let pane = layout::pane(model);
    let list = layout::gates(model)[2];
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    match action {
        Action::NextPane => return show(model, |pane| pane.next()),
        Action::PreviousPane => return show(model, |pane| pane.previous()),
        Action::GatesPane => return show(model, |_| Pane::Gates),
        Action::CoveragePane => return show(model, |_| Pane::Coverage),
        Action::DiffPane => return show(model, |_| Pane::Diff),
        Action::FactsPane => return show(model, |_| Pane::Facts),
        Action::SpeedPane => return show(model, |_| Pane::Speed),
        Action::SignOffPane => return show(model, |_| Pane::SignOff),
        Action::ImpactPane => return show(model, |_| Pane::Impact),
        Action::ModulePropose => {
            let path = view.path.clone();
            return super::wizard::open(model, path);
        }
        Action::ModuleSignOff => {
            let path = view.path.clone();
            return super::review::open(model, path, None);
        }
        Action::PullRequest => {
            let path = view.path.clone();
            return super::errand::open(model, Kind::PullRequest, path, None);
        }
        Action::ModuleCanary => {
            let path = view.path.clone();
            return super::canary::open(model, Some(path));
        }
        Action::ModulePromote => {
            let path = view.path.clone();
            return super::errand::open(model, Kind::Promotion, path, None);
        }
        Action::ModuleCheck => {
            let id = view.id;
            return runs::check(model, id);
        }
        Action::ModuleCancelCheck => {
            let id = view.id;
            return runs::cancel(model, Some(id));
        }
        Action::Back if view.raw.take().is_some() => return Vec::new(),
        Action::Back if view.pane == Pane::Gates && view.focus == Focus::Findings => {
            view.focus = Focus::Gates;
            return Vec::new();
        }
        Action::Back => return leave(model),
        _ => {}
    }
    if view.raw.is_some() {
        raw(model, action, pane);
        return Vec::new();
    }
    match view.pane {
        Pane::Gates => gates::act(model, action, list),
        Pane::Coverage => coverage::act(model, action),
        Pane::Diff => super::diff::act(model, action),
        Pane::Speed => benchmarks::act(model, action),
        Pane::Impact => impact::act(model, action),
        Pane::SignOff => super::decisions::act(model, action),
        Pane::Facts => {
            let height = pane.height as usize;
            let count = crate::console::screens::module::facts::height(model);
            let Screen::Module(view) = &mut model.screen else {
                return Vec::new();
            };
            match motion(action, height) {
                Some(rows) => {
                    let last = count.saturating_sub(height);
                    view.facts_top = view.facts_top.saturating_add_signed(rows).min(last);
                }
                None if matches!(action, Action::Enter | Action::Edit) => {
                    model.refuse("there is nothing to open among the facts");
                }
                None => model.refuse(elsewhere(model, action)),
            }
            Vec::new()
        }
    }
}

/// Back to the dashboard, on this module's row; or to the review it is looked at for.
fn leave(model: &mut Model) -> Vec<Effect> {
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    let Screen::Module(mut view) = before else {
        model.screen = before;
        return Vec::new();
    };
    if let Some(review) = view.review.take() {
        return super::review::resume(model, review, view);
    }
    super::dashboard::return_to(model, &view.path);
    let effect = view.diff.is_some().then_some(Effect::DropDiff);
    effect.into_iter().collect()
}

pub(super) fn show(model: &mut Model, which: impl FnOnce(Pane) -> Pane) -> Vec<Effect> {
    let area = layout::pane(model);
    let generation = model.next_generation();
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    view.raw = None;
    view.pane = which(view.pane);
    if view.pane == Pane::Impact {
        return impact::ask(view, generation);
    }
    if view.pane != Pane::Diff || view.diff.is_some() {
        return Vec::new();
    }
    compare(model, generation, area)
}

/// Starts the comparison.
fn compare(model: &mut Model, generation: Generation, area: Rect) -> Vec<Effect> {
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    let (mut pane, effects) = DiffPane::since(view.path.clone(), view.since, generation);
    pane.resize(Size::new(area.width, area.height));
    pane.annotate(model.catalog.states(view.id));
    pane.read(model.reading.clone());
    view.diff = Some(pane);
    effects
}

fn raw(model: &mut Model, action: Action, pane: Rect) {
    let Screen::Module(view) = &mut model.screen else {
        return;
    };
    let Some(raw) = &mut view.raw else { return };
    let height = pane.height.saturating_sub(1) as usize;
    let cells = usize::from(pane.width).saturating_sub(2);
    let count = raw.lines.as_ref().map_or(0, Vec::len);
    match motion(action, height) {
        Some(rows) => {
            raw.top = raw
                .top
                .saturating_add_signed(rows)
                .min(count.saturating_sub(height));
        }
        None if action == Action::RawOutput => view.raw = None,
        None if action == Action::FocusRight => {
            let shown = raw.lines.iter().flatten().skip(raw.top).take(height);
            let widest = shown.map(|line| text::width(line)).max().unwrap_or(0);
            match widest > raw.left + cells {
                true => raw.left += cells / 2,
                false => model.refuse("no line here goes on to the right"),
            }
        }
        None if action == Action::FocusLeft => match raw.left {
            0 => model.refuse("the lines begin here"),
            left => raw.left = left.saturating_sub(cells / 2),
        },
        None => model.refuse("close the raw output first"),
    }
}

/// Why there is nothing to show that a gate would have measured: what it says, where it was run.
fn without(model: &Model, never: &str, is_it: impl Fn(&GateState) -> bool) -> String {
    let judged = match &model.screen {
        Screen::Module(view) => {
            let mut states = model.catalog.states(view.id).iter();
            states.find(|it| is_it(it) && it.evidence.is_some())
        }
        _ => None,
    };
    match judged {
        Some(state) => format!("{}: {}", state.status, state.why),
        None => {
            let key = model.key(Action::ModuleCheck);
            format!("{never}; {key} runs the gates")
        }
    }
}

/// Reads the dossier of a module again, where it is shown: what blocks it has changed.
pub(super) fn again(model: &mut Model, id: ModuleId) -> Option<Effect> {
    let generation = model.next_generation();
    match &mut model.screen {
        Screen::Module(view) if view.id == id => {
            view.generation = generation;
            Some(Effect::Dossier { generation, id })
        }
        _ => None,
    }
}

/// Takes the newest dossier.
pub(super) fn dossier(
    model: &mut Model,
    generation: Generation,
    result: Result<Box<Dossier>, String>,
) {
    let Screen::Module(view) = &mut model.screen else {
        return;
    };
    if view.generation != generation {
        model.changed = false;
        return;
    }
    let id = view.id;
    match result {
        Ok(dossier) => {
            let running = model.runs.concerns(id);
            let gates = dossier.gates.clone();
            model.catalog.learn(vec![(id, dossier.facts.clone())]);
            view.dossier = Some(Ok(dossier));
            if !running {
                model.catalog.set_states(vec![(id, gates)]);
            }
            refresh(model);
        }
        Err(problem) => {
            view.dossier = Some(Err(problem.clone()));
            model.tell(Level::Problem, problem);
        }
    }
}

/// The modules were read again: the open module may have another index, or be gone.
pub(super) fn reopen(model: &mut Model) -> Vec<Effect> {
    let path = match &model.screen {
        Screen::Module(view) => &view.path,
        Screen::Review(view) => &view.module,
        Screen::Wizard(view) => &view.module,
        Screen::Audit(_) => return super::audit::again(model),
        Screen::Canary(_) => return super::canary::again(model, false),
        Screen::Dashboard => return Vec::new(),
    };
    match model.catalog.find(path) {
        None => {
            let told = super::errand::promoted(model, path);
            let words = format!("{} is not on {}", text::path(path), model.header.revision);
            let gone = path.clone();
            model.screen = Screen::Dashboard;
            super::dashboard::seek(model, gone);
            if !told {
                model.tell(Level::Warning, words);
            }
            Vec::new()
        }
        Some(id) if matches!(model.screen, Screen::Wizard(_)) => {
            if let Screen::Wizard(view) = &mut model.screen
                && let Some(behind) = &mut view.behind
            {
                behind.id = id;
                behind.diff = None;
            }
            match &model.screen {
                // What was written is over; it may still be recorded.
                Screen::Wizard(view) if view.is_over() => Vec::new(),
                _ => super::wizard::again(model),
            }
        }
        Some(id) if matches!(model.screen, Screen::Review(_)) => {
            if let Screen::Review(view) = &mut model.screen
                && let Some(behind) = &mut view.behind
            {
                behind.id = id;
                // It may compare what is not there any more.
                behind.diff = None;
            }
            super::review::again(model)
        }
        Some(id) => {
            let generation = model.next_generation();
            if let Screen::Module(view) = &mut model.screen {
                view.id = id;
                view.generation = generation;
                // It may compare what is not there any more.
                view.diff = None;
                view.impact = Default::default();
            }
            let mut effects = vec![Effect::Dossier { generation, id }];
            if matches!(&model.screen, Screen::Module(view) if view.pane == Pane::Impact) {
                effects.extend(show(model, |pane| pane));
            }
            if matches!(&model.screen, Screen::Module(view) if view.pane == Pane::Diff) {
                let generation = model.next_generation();
                let area = layout::pane(model);
                effects.extend(compare(model, generation, area));
            }
            effects
        }
    }
}

/// Gate states, or what was viewed, changed: the diff shows them.
pub(super) fn refresh(model: &mut Model) {
    if let Screen::Module(view) = &mut model.screen
        && let Some(diff) = &mut view.diff
    {
        diff.annotate(model.catalog.states(view.id));
        diff.read(model.reading.clone());
    }
}

/// Keeps selections on the screen.
pub(super) fn settle(model: &mut Model, pane: Rect) {
    let files = usize::from(layout::coverage(model)[1].height);
    let list = layout::gates(model)[2].height.saturating_sub(1) as usize;
    let Screen::Module(view) = &mut model.screen else {
        return;
    };
    let states = model.catalog.states(view.id);
    let findings = view.evidence(states).map_or(0, |e| e.findings.len());
    if findings == 0 {
        view.focus = Focus::Gates;
    }
    view.finding.step(0, findings, list);
    if let Some(coverage) = coverage::among(states) {
        view.coverage.step(0, coverage, files);
    }
    if let Some(benchmarks) = benchmarks::among(states) {
        let count = benchmarks.list.len();
        view.benchmarks.row.step(0, count, files);
    }
    let count = view.impact.rows.len();
    view.impact.row.step(0, count, files);
    if let Some(diff) = &mut view.diff {
        diff.resize(Size::new(pane.width, pane.height));
        diff.divide(model.panes.moved(Divider::Diff));
    }
}
