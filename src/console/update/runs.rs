//! Running gates: starting, cancelling, and what they report.

use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Millis;
use crate::console::model::runs::Run;
use crate::console::model::{Level, Model};
use crate::console::text;
use crate::promotion::stage::SIGN_OFF;
use crate::promotion::{GateEvent, GateEventKind, GateId, GateState, GateStatus, ModuleId};

pub(super) fn check(model: &mut Model, id: ModuleId) -> Vec<Effect> {
    if model.runs.concerns(id) {
        let key = model.key(Action::CancelCheck);
        model.refuse(format!("its gates run already; {key} cancels them"));
        return Vec::new();
    }
    model.runs.hidden = false;
    queue(model, &[id]);
    model.runs.waiting.push_back(id);
    if model.runs.is_running() {
        let path = module_path(model, id);
        model.remark(format!("{path} waits for the run before it"));
        return Vec::new();
    }
    next(model)
}

/// Several, one after the other; those at it already are left alone.
pub(super) fn check_all(model: &mut Model, ids: Vec<ModuleId>) -> Vec<Effect> {
    let fresh: Vec<_> = ids
        .into_iter()
        .filter(|id| !model.runs.concerns(*id))
        .collect();
    if fresh.is_empty() {
        model.refuse("nothing here that is not being checked already");
        return Vec::new();
    }
    model.runs.hidden = false;
    let key = model.key(Action::CancelCheck);
    let text = match fresh.len() {
        1 => format!("1 module is checked; {key} cancels"),
        n => format!("{n} modules are checked, one after the other; {key} cancels all"),
    };
    queue(model, &fresh);
    model.runs.waiting.extend(fresh);
    model.tell(Level::Info, text);
    match model.runs.is_running() {
        true => Vec::new(),
        false => next(model),
    }
}

/// Starts the run that waits longest.
fn next(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.runs.waiting.pop_front() else {
        return Vec::new();
    };
    let Some(path) = model.catalog.module(id).map(|m| m.path.clone()) else {
        return next(model);
    };
    let number = model.runs.number();
    let gates = model.gates.iter().map(|gate| gate.id.clone());
    let run = Run::new(number, Some(id), path.clone(), model.now, gates);
    model.runs.current = Some(run);
    vec![Effect::Check {
        run: number,
        module: path,
    }]
}

pub(super) fn cancel(model: &mut Model, id: Option<ModuleId>) -> Vec<Effect> {
    if let Some(at) = id.and_then(|id| model.runs.waiting.iter().position(|w| *w == id)) {
        let id = model.runs.waiting.remove(at);
        return id.map(|id| reread(model, vec![id])).unwrap_or_default();
    }
    if !model.runs.is_running() {
        model.refuse("no gates are running");
        return Vec::new();
    }
    let mut effects = Vec::new();
    let waiting: Vec<_> = model.runs.waiting.drain(..).collect();
    if !waiting.is_empty() {
        let others = match waiting.len() {
            1 => "the one that waits is not checked either".into(),
            n => format!("the {n} that wait are not checked either"),
        };
        model.tell(Level::Info, format!("cancelling; {others}"));
        effects.extend(reread(model, waiting));
    }
    if let Some(run) = &mut model.runs.current {
        run.cancelled = true;
        effects.push(Effect::CancelCheck { run: run.number });
    }
    effects
}

pub(super) fn event(model: &mut Model, number: u64, at: Millis, event: GateEvent) {
    model.now = model.now.max(at);
    let Some(run) = model.runs.run(number) else {
        model.changed = false;
        return;
    };
    let id = run.module;
    run.take(at, &event);
    let gate = event.gate;
    match event.kind {
        GateEventKind::Queued => mark(model, id, gate.as_ref(), GateStatus::Queued),
        GateEventKind::Started { .. } => mark(model, id, gate.as_ref(), GateStatus::Running),
        GateEventKind::Finished { evidence, .. } => {
            let Some(id) = id else { return };
            model.catalog.change(id, &evidence.gate.clone(), |state| {
                state.status = evidence.status();
                state.why = evidence.why().to_owned();
                state.evidence = Some(evidence);
            });
        }
        GateEventKind::Preparing { .. } | GateEventKind::Output(_) | GateEventKind::Done => {}
    }
}

pub(super) fn ended(
    model: &mut Model,
    number: u64,
    at: Millis,
    result: Result<(), String>,
) -> Vec<Effect> {
    model.now = model.now.max(at);
    let Some(run) = model.runs.run(number) else {
        return Vec::new();
    };
    run.ended = Some(at);
    run.preparing = None;
    for gate in run.gates.iter_mut().filter(|gate| gate.ended.is_none()) {
        gate.status = GateStatus::NeverRun;
        gate.started = None;
    }
    // By its path: the modules may have been read anew meanwhile.
    let (id, cancelled) = (model.catalog.find(&run.path), run.cancelled);
    let missing = run.gates.len() - run.done();
    let (failed, errors) = (run.count(GateStatus::Failed), run.count(GateStatus::Error));
    let took = text::duration(u64::try_from(at - run.started).unwrap_or(0));
    let path = text::path(&run.path);
    if let Err(problem) = &result {
        run.problem = Some(text::safe(problem).into_owned());
    }
    match result {
        _ if cancelled => model.tell(Level::Warning, format!("{path}: cancelled after {took}")),
        Err(problem) => model.tell(Level::Problem, format!("{path}: {problem}")),
        Ok(()) if missing > 0 => model.tell(
            Level::Problem,
            format!("{path}: {missing} gates gave no result ({took})"),
        ),
        Ok(()) if failed + errors == 0 => {
            model.tell(Level::Info, format!("{path}: every gate holds ({took})"));
        }
        Ok(()) => {
            let mut parts = Vec::new();
            if failed > 0 {
                parts.push(format!("{failed} failed"));
            }
            if errors > 0 {
                parts.push(format!("{errors} could not run"));
            }
            model.tell(
                Level::Problem,
                format!("{path}: {} ({took})", parts.join(", ")),
            );
        }
    }
    super::dashboard::rebuild(model, false);
    super::module::refresh(model);
    let mut effects = reread(model, id.into_iter().collect());
    effects.extend(next(model));
    effects.extend(id.and_then(|id| super::module::again(model, id)));
    // What the gates say may make a decision stale, or have something wait for somebody.
    if !model.loading && !model.runs.is_running() {
        effects.push(Effect::Standing {
            generation: model.load,
        });
    }
    effects
}

/// Shows every gate of modules as queued, at once.
fn queue(model: &mut Model, ids: &[ModuleId]) {
    let queued = |id: ModuleId| {
        let known = model.catalog.states(id);
        // Where the reviewers stand is not queued with them.
        let reviewers = known.iter().filter(|state| state.gate == SIGN_OFF).cloned();
        let gates = model.gates.iter().map(|gate| GateState {
            gate: gate.id.clone(),
            criterion: gate.criterion,
            status: GateStatus::Queued,
            why: String::new(),
            evidence: known
                .iter()
                .find(|s| s.gate == gate.id)
                .and_then(|s| s.evidence.clone()),
        });
        gates.chain(reviewers).collect()
    };
    let states = ids.iter().map(|id| (*id, queued(*id))).collect();
    model.catalog.set_states(states);
}

fn mark(model: &mut Model, id: Option<ModuleId>, gate: Option<&GateId>, status: GateStatus) {
    if let (Some(id), Some(gate)) = (id, gate) {
        model
            .catalog
            .change(id, gate, |state| state.status = status);
    }
}

/// Reads states again: what was cancelled goes back to what it was.
fn reread(model: &Model, ids: Vec<ModuleId>) -> Vec<Effect> {
    // While the modules are read anew these ids mean nothing to whoever reads
    // them; and then all states are read anyway.
    if model.loading || ids.is_empty() {
        return Vec::new();
    }
    vec![Effect::States {
        generation: model.load,
        ids,
    }]
}

fn module_path(model: &Model, id: ModuleId) -> String {
    model
        .catalog
        .module(id)
        .map(|m| text::path(&m.path))
        .unwrap_or_default()
}
