//! The pure core: what an event does to the model, and what it wants done.
//! No I/O, no clock, no await.

mod audit;
mod canary;
mod choice;
mod copy;
mod dashboard;
mod decisions;
mod diff;
mod errand;
mod impact;
mod messages;
mod module;
mod mouse;
mod note;
pub mod palette;
mod panes;
mod prompt;
mod reasons;
mod review;
mod runs;
mod session;
mod wizard;

pub(crate) use module::benchmarks::{timed, untimed};
pub(crate) use module::coverage::{measured, unmeasured};
pub(crate) use note::clear as clear_note;
pub(crate) use wizard::ends_with_line;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::layout::Size;

use super::action::{Action, Context};
use super::effect::Effect;
use super::event::{Event, Message};
use super::keymap::{Key, Lookup, show};
use super::layout;
use super::model::{Level, Model, Overlay, Screen};

/// What an event does.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    model.changed = true;
    model.touched |= event.is_input() && !matches!(event, Event::Resize(..));
    let effects = match event {
        Event::Key(key) => press(model, &key),
        Event::Mouse(event) => mouse::update(model, event),
        Event::Paste(text) => prompt::paste(model, &text),
        Event::Resize(width, height) => {
            model.size = Size { width, height };
            Vec::new()
        }
        Event::Tick(now) => {
            model.now = now;
            Vec::new()
        }
        Event::Message(message) => {
            // What a tool prints changes nothing that can be done.
            let tells = !matches!(message, Message::Gate { .. });
            let effects = messages::update(model, message);
            if tells && model.palette.is_some() {
                palette::refresh(model);
            }
            effects
        }
        Event::Focus(entered) => {
            model.changed = false;
            match entered && may_read_again(model) {
                true => vec![Effect::CompareHead {
                    generation: model.load,
                    branch: model.looking.clone(),
                }],
                false => Vec::new(),
            }
        }
        Event::JobEnded => {
            model.changed = false;
            Vec::new()
        }
        Event::Leave => vec![Effect::Quit],
    };
    settle(model);
    effects
}

/// What to read first.
pub fn start(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    model.load = generation;
    model.loading = true;
    let branch = model.looking.clone();
    let mut effects = vec![Effect::Load { generation, branch }];
    if let Some(module) = model.first.take() {
        effects.extend(canary::open(model, Some(module)));
    }
    effects
}

/// True where reading again what is shown disturbs nobody: what is answered or confirmed
/// elsewhere looks by itself whether it is still about the same commit.
fn may_read_again(model: &Model) -> bool {
    let over = model.overlay.is_some() || model.errand.is_some() || model.choice.is_some();
    let typing = model.prompt.is_some() || model.palette.is_some();
    let shown = matches!(&model.screen, Screen::Dashboard)
        || matches!(&model.screen, Screen::Module(view) if view.review.is_none());
    shown && !over && !typing && !model.loading && !model.turning
}

/// Looks at another branch from now on; `None`: at what the console was opened on. The
/// work tree stays as it is.
fn look(model: &mut Model, branch: Option<String>) -> Vec<Effect> {
    model.looking = branch;
    model.turning = true;
    start(model)
}

/// Keeps selections on the screen after whatever happened.
fn settle(model: &mut Model) {
    let rows = layout::tree(model).height as usize;
    model.dashboard.follow(rows);
    palette::step(model, 0);
    let pane = layout::pane(model);
    match model.screen {
        Screen::Dashboard => {}
        Screen::Module(_) => module::settle(model, pane),
        Screen::Review(_) => review::settle(model),
        Screen::Wizard(_) => wizard::settle(model),
        Screen::Audit(_) => audit::settle(model),
        Screen::Canary(_) => canary::settle(model),
    }
}

fn press(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        model.changed = false;
        return Vec::new();
    }
    let key = Key::of(event);
    model.typed.push(key);
    let contexts = model.contexts();
    let found = model.keymap.lookup(&contexts, &model.typed);
    match found {
        Lookup::Pending => Vec::new(),
        Lookup::Found(action) => {
            model.typed.clear();
            model.status = None;
            act(model, action)
        }
        Lookup::Unbound => {
            let typed = std::mem::take(&mut model.typed);
            match (key.typed(), contexts.first()) {
                (Some(c), Some(Context::Prompt)) => {
                    prompt::insert(model, c.encode_utf8(&mut [0; 4]))
                }
                (Some(c), Some(Context::Note)) => {
                    note::insert(model, c.encode_utf8(&mut [0; 4]));
                    Vec::new()
                }
                _ => {
                    let help = model.key(Action::Help);
                    model.refuse(format!(
                        "{} does nothing here; {help} shows the keys",
                        show(&typed)
                    ));
                    Vec::new()
                }
            }
        }
    }
}

/// Does an action that was chosen by its name: as its key does.
pub fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    (model.changed, model.touched) = (true, true);
    model.typed.clear();
    model.status = None;
    let effects = act(model, action);
    settle(model);
    effects
}

/// Carries out an action, wherever it came from. One that changes nothing says why.
fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let end = reasons::at_end(action);
    let before = end.map(|_| model.place());
    let effects = carry_out(model, action);
    if let (Some(why), Some(before)) = (end, before)
        && effects.is_empty()
        && model.status.is_none()
    {
        settle(model);
        if model.place() == before {
            model.refuse(why);
        }
    }
    effects
}

fn carry_out(model: &mut Model, action: Action) -> Vec<Effect> {
    match action.context() {
        Context::Prompt => return prompt::act(model, action),
        Context::Note => return note::act(model, action),
        _ => {}
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Reload => {
            model.tell(Level::Info, messages::AGAIN);
            let mut effects = start(model);
            effects.extend(errand::again(model));
            return effects;
        }
        Action::Palette => {
            palette::open(model);
            return Vec::new();
        }
        // What these do is done to what is looked at.
        Action::Check
        | Action::ModuleCheck
        | Action::SignOff
        | Action::ModuleSignOff
        | Action::Propose
        | Action::ModulePropose
        | Action::PullRequest
        | Action::Promote
        | Action::ModulePromote
            if model.turning =>
        {
            model.refuse("another branch is being read: wait for it");
            return Vec::new();
        }
        Action::Help => {
            model.overlay = match model.overlay {
                Some(Overlay::Help(_)) => None,
                _ => Some(Overlay::Help(0)),
            };
            return Vec::new();
        }
        Action::Messages => {
            model.overlay = match model.overlay {
                Some(Overlay::Messages(_)) => None,
                _ => Some(Overlay::Messages(0)),
            };
            return Vec::new();
        }
        _ => {}
    }
    if model.overlay.is_some() {
        overlay(model, action);
        return Vec::new();
    }
    if model.choice.is_some() {
        return choice::act(model, action);
    }
    if model.errand.is_some() {
        return errand::act(model, action);
    }
    match action {
        Action::GrowPane | Action::ShrinkPane | Action::EvenPanes => {
            panes::act(model, action);
            return Vec::new();
        }
        Action::Copy => return copy::act(model),
        Action::Branches => return choice::branches(model),
        Action::ShowPromotion => return errand::resume(model),
        _ => {}
    }
    match model.screen {
        Screen::Dashboard => dashboard::act(model, action),
        Screen::Module(_) => module::act(model, action),
        Screen::Review(_) => review::act(model, action),
        Screen::Wizard(_) => wizard::act(model, action),
        Screen::Audit(_) => audit::act(model, action),
        Screen::Canary(_) => canary::act(model, action),
    }
}

fn overlay(model: &mut Model, action: Action) {
    let page = model.size.height.saturating_sub(6).max(1) as usize;
    let lines = match model.overlay {
        Some(Overlay::Help(_)) => super::screens::help::height(model),
        _ => model.log.len(),
    };
    let last = lines.saturating_sub(page);
    let Some(Overlay::Help(top) | Overlay::Messages(top)) = &mut model.overlay else {
        return;
    };
    match motion(action, page) {
        Some(rows) => *top = top.saturating_add_signed(rows).min(last),
        None if action == Action::Back => model.overlay = None,
        None => model.refuse("close this first"),
    }
}

/// How many rows a motion moves, on a screen of that many.
fn motion(action: Action, page: usize) -> Option<isize> {
    let page = page.max(1) as isize;
    Some(match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::HalfPageUp => -(page / 2).max(1),
        Action::HalfPageDown => (page / 2).max(1),
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => isize::MIN / 2,
        Action::Bottom => isize::MAX / 2,
        _ => return None,
    })
}
