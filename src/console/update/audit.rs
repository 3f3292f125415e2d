//! Keys on the audit screen.

use super::motion;
use super::reasons::elsewhere;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::audit::{AuditView, EntryView, LogView, Opened};
use crate::console::model::prompt::{Prompt, Purpose};
use crate::console::model::{Level, Model, Screen};
use crate::console::screens;

/// Opens the log; where an entry is wanted, on that entry.
pub(super) fn open(model: &mut Model, wanted: Option<u64>) -> Vec<Effect> {
    let generation = model.next_generation();
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    let behind = match before {
        Screen::Module(view) => Some(view),
        _ => None,
    };
    model.screen = Screen::Audit(Box::new(AuditView {
        generation,
        wanted,
        behind,
        ..AuditView::default()
    }));
    vec![Effect::Log { generation }]
}

pub(super) fn view(model: &mut Model) -> Option<&mut AuditView> {
    match &mut model.screen {
        Screen::Audit(view) => Some(view),
        _ => None,
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = usize::from(layout::audit(model).list.height).max(1);
    let lines = screens::audit::entry::height(model);
    let body = usize::from(layout::pane(model).height).max(1);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    if let Some(opened) = &mut shown.opened {
        match (action, motion(action, body)) {
            (_, Some(rows)) => {
                let last = lines.saturating_sub(body);
                opened.top = opened.top.saturating_add_signed(rows).min(last);
            }
            (Action::Back, _) => shown.opened = None,
            (Action::OlderEntry, _) => return beside(model, 1),
            (Action::NewerEntry, _) => return beside(model, -1),
            _ => model.refuse("close the entry first"),
        }
        return Vec::new();
    }
    if let Some(rows) = motion(action, page) {
        let count = shown.rows.len();
        shown.row.step(rows, count, page);
        return Vec::new();
    }
    match action {
        Action::Back if shown.is_narrowed() => {
            shown.filter.clear();
            shown.only_wrong = false;
            shown.narrow();
        }
        Action::Back => return leave(model),
        Action::OpenEntry => return enter(model),
        Action::AuditFilter => {
            let text = shown.filter.clone();
            model.prompt = Some(Prompt::new(Purpose::Log, text));
        }
        Action::AuditShow => {
            shown.only_wrong = !shown.only_wrong;
            shown.narrow();
            if shown.only_wrong && shown.rows.is_empty() {
                shown.only_wrong = false;
                shown.narrow();
                model.refuse("every entry that is shown is verified");
            }
        }
        Action::NextWrong => next_wrong(model, 1),
        Action::PreviousWrong => next_wrong(model, -1),
        Action::OlderEntry => shown.row.step(1, shown.rows.len(), page),
        Action::NewerEntry => shown.row.step(-1, shown.rows.len(), page),
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

fn leave(model: &mut Model) -> Vec<Effect> {
    let behind = view(model).and_then(|view| view.behind.take());
    model.screen = match behind {
        Some(behind) => Screen::Module(behind),
        None => Screen::Dashboard,
    };
    Vec::new()
}

/// Opens the selected entry.
fn enter(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some(position) = shown.selected().map(|row| row.position) else {
        model.refuse("there is no entry to open");
        return Vec::new();
    };
    shown.opened = Some(Opened {
        position,
        generation,
        entry: None,
        top: 0,
    });
    vec![Effect::LogEntry {
        generation,
        position,
    }]
}

/// The entry beside the open one, among those that are shown.
fn beside(model: &mut Model, rows: isize) -> Vec<Effect> {
    let page = usize::from(layout::audit(model).list.height).max(1);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let before = shown.row.at;
    shown.row.step(rows, shown.rows.len(), page);
    if shown.row.at == before {
        model.refuse("there is no further entry");
        return Vec::new();
    }
    enter(model)
}

fn next_wrong(model: &mut Model, step: isize) {
    let page = usize::from(layout::audit(model).list.height).max(1);
    let Some(shown) = view(model) else { return };
    let Some(log) = shown.log() else { return };
    let wrong = |at: usize| {
        let row = shown.rows.get(at).and_then(|at| log.entries.get(*at));
        row.is_some_and(|row| !row.holds())
    };
    let mut at = shown.row.at;
    let found = loop {
        match at
            .checked_add_signed(step)
            .filter(|at| *at < shown.rows.len())
        {
            Some(next) if wrong(next) => break Some(next),
            Some(next) => at = next,
            None => break None,
        }
    };
    match found {
        Some(found) => {
            let rows = found as isize - shown.row.at as isize;
            shown.row.step(rows, shown.rows.len(), page);
        }
        None => model.refuse("every entry that way is verified"),
    }
}

/// Takes the log.
pub(super) fn log(
    model: &mut Model,
    generation: Generation,
    result: Result<Box<LogView>, String>,
) -> Vec<Effect> {
    let Some(shown) = view(model).filter(|it| it.generation == generation) else {
        model.changed = false;
        return Vec::new();
    };
    let problem = result.as_ref().err().cloned();
    shown.log = Some(result.map(|log| *log));
    shown.narrow();
    let wanted = shown.wanted.take();
    let found = wanted.is_some_and(|position| shown.select(position));
    if let Some(problem) = problem {
        model.tell(Level::Problem, problem);
    }
    match found {
        true => enter(model),
        false => Vec::new(),
    }
}

/// Takes one entry.
pub(super) fn entry(
    model: &mut Model,
    generation: Generation,
    result: Result<Box<EntryView>, String>,
) {
    let opened = view(model).and_then(|it| it.opened.as_mut());
    match opened.filter(|it| it.generation == generation) {
        Some(opened) => opened.entry = Some(result),
        None => model.changed = false,
    }
}

/// Reads the log again; what is shown stays until it is there.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    shown.generation = generation;
    vec![Effect::Log { generation }]
}

/// Keeps the selection on the screen.
pub(super) fn settle(model: &mut Model) {
    let page = usize::from(layout::audit(model).list.height).max(1);
    if let Some(shown) = view(model) {
        let count = shown.rows.len();
        shown.row.step(0, count, page);
    }
}
