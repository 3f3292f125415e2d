//! Keys on the canary screen, and what its worker tells.

mod order;
mod told;

pub(super) use order::{act as order_act, reason};
pub(super) use told::take;

use super::motion;
use crate::console::action::Action;
use crate::console::effect::{Effect, Watching};
use crate::console::layout;
use crate::console::model::canary::{Asking, CanaryView, Opened, Say};
use crate::console::model::module::Cursor;
use crate::console::model::{Model, Screen};
use crate::console::screens;
use crate::promotion::{ObjectId, RepoPath};

/// Opens it; where a module is wanted, on that module.
pub(super) fn open(model: &mut Model, wanted: Option<RepoPath>) -> Vec<Effect> {
    let generation = model.next_generation();
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    let behind = match before {
        Screen::Module(view) => Some(view),
        _ => None,
    };
    model.screen = Screen::Canary(Box::new(CanaryView {
        generation,
        reading: true,
        wanted,
        behind,
        ..CanaryView::default()
    }));
    vec![read(generation, false)]
}

fn read(generation: u64, fetch: bool) -> Effect {
    Effect::Canary(Watching::Read { generation, fetch })
}

pub(super) fn view(model: &mut Model) -> Option<&mut CanaryView> {
    match &mut model.screen {
        Screen::Canary(view) => Some(view),
        _ => None,
    }
}

/// Reads it again; what is shown stays until that is there.
pub(super) fn again(model: &mut Model, fetch: bool) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    shown.generation = generation;
    shown.reading = true;
    vec![read(generation, fetch)]
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = layout::canary(model).rows();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    if shown.order.is_some() {
        return order_act(model, action);
    }
    match action {
        Action::ReadAgain if shown.reading => model.refuse("it is being read"),
        Action::ReadAgain => return again(model, true),
        Action::LookNow => return look(model),
        Action::CancelLook => return cancel(model),
        Action::NextWatch | Action::PreviousWatch => {
            let step = if action == Action::NextWatch { 1 } else { -1 };
            let count = shown.rows.len();
            let before = shown.row.at;
            shown.row.step(step, count, page);
            match shown.row.at == before {
                true => model.refuse("there is no further promotion that way"),
                false => {
                    shown.opened = shown.opened.take().map(|it| Opened {
                        directly: it.directly,
                        ..Opened::default()
                    })
                }
            }
        }
        Action::PauseWatch => return order::begin(model, Say::Pause),
        Action::ResumeWatch => return order::begin(model, Say::Resume),
        Action::AcknowledgeWatch => return order::begin(model, Say::Acknowledge),
        Action::RollBackWatch => return order::begin(model, Say::RollBack),
        Action::OpenWatch if shown.opened.is_some() => {
            model.refuse("it is open: up and down select a signal");
        }
        Action::OpenWatch if shown.selected().is_none() => {
            model.refuse("there is no promotion to open");
        }
        Action::OpenWatch => shown.opened = Some(Opened::default()),
        Action::Back if shown.opened.take().is_some_and(|it| !it.directly) => {}
        Action::Back => return leave(model),
        _ if shown.opened.is_some() => inside(model, action),
        _ => {
            if let Some(rows) = motion(action, page) {
                let count = shown.rows.len();
                shown.row.step(rows, count, page);
            }
        }
    }
    Vec::new()
}

/// Up and down select a signal; by pages the history is read.
fn inside(model: &mut Model, action: Action) {
    let place = screens::canary::detail::scroll(model);
    let Some(shown) = view(model) else { return };
    let Some(opened) = &mut shown.opened else {
        return;
    };
    match action {
        Action::Up | Action::Down => {
            let step = if action == Action::Down { 1 } else { -1 };
            opened.signal.step(step, place.signals, place.signals);
        }
        _ => {
            if let Some(rows) = motion(action, place.height) {
                let last = place.lines.saturating_sub(place.height);
                opened.top = opened.top.min(last).saturating_add_signed(rows).min(last);
            }
        }
    }
}

fn leave(model: &mut Model) -> Vec<Effect> {
    let shown = view(model);
    let (behind, generation) = shown.map_or((None, 0), |it| (it.behind.take(), it.generation));
    model.screen = match behind {
        Some(behind) => Screen::Module(behind),
        None => Screen::Dashboard,
    };
    let none = Watching::Wake {
        generation,
        at: None,
    };
    [none, Watching::CancelLook].map(Effect::Canary).into()
}

/// Asks the metrics once.
fn look(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let key = model.key(Action::CancelLook);
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let promotion = match shown.selected() {
        Some(it) if it.is_open() => it.promotion.commit,
        Some(it) => {
            let why = match &it.rollback {
                Some(_) => "it is being taken back, or was".to_owned(),
                None => format!("it is {}", it.stage.word()),
            };
            model.refuse(format!("there is nothing to look at: {why}"));
            return Vec::new();
        }
        None => {
            model.refuse("there is nothing to look at");
            return Vec::new();
        }
    };
    if shown.asking.is_some() {
        model.refuse(format!("the metrics are being asked: {key} gives that up"));
        return Vec::new();
    }
    shown.asking = Some(Asking {
        generation,
        promotion,
        since: now,
    });
    vec![Effect::Canary(Watching::Look {
        generation,
        promotion,
    })]
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    match view(model).and_then(|shown| shown.asking.take()) {
        Some(_) => {
            model.remark("the metrics are not waited for any more");
            vec![Effect::Canary(Watching::CancelLook)]
        }
        None => {
            model.refuse("the metrics are not being asked");
            Vec::new()
        }
    }
}

/// Which promotion a person means: the selected one.
fn meant(model: &mut Model) -> Option<ObjectId> {
    let shown = view(model)?;
    shown.selected().map(|it| it.promotion.commit)
}

/// Keeps selections on the screen.
pub(super) fn settle(model: &mut Model) {
    let page = layout::canary(model).rows();
    let place = screens::canary::detail::scroll(model);
    let Some(shown) = view(model) else { return };
    let count = shown.rows.len();
    let row: &mut Cursor = &mut shown.row;
    row.step(0, count, page);
    if let Some(opened) = &mut shown.opened {
        opened.signal.step(0, place.signals, place.signals);
        opened.top = opened.top.min(place.lines.saturating_sub(place.height));
    }
}
