//! Keys on the review screen. Whether something may be signed is the checklist's to
//! say, and the workflow's; here it is only asked and told.

mod answering;
mod deciding;

pub(super) use answering::{keep, onward};
pub(super) use deciding::signed;

use super::reasons::elsewhere;
use super::{module, motion};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::event::Generation;
use crate::console::layout;
use crate::console::model::module::{Cursor, Focus, ModuleView, Pane};
use crate::console::model::review::{ReviewView, Sheet, Step};
use crate::console::model::{Level, Model, Screen};
use crate::console::screens;
use crate::console::text;
use crate::promotion::review::{Answer, Role};
use crate::promotion::{GateId, RepoPath};
use answering::{enter, give, next_gate, next_open, write};
use deciding::{choose, done, finish, withdraw};

/// Opens the review of a module, over whatever screen is shown.
pub(super) fn open(model: &mut Model, module: RepoPath, role: Option<Role>) -> Vec<Effect> {
    let generation = model.next_generation();
    let mut view = ReviewView::new(module.clone(), role, generation);
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    if let Screen::Module(mut behind) = before {
        // A review that was left to look at this goes on where it was.
        if let Some(review) = behind.review.take() {
            return resume(model, review, behind);
        }
        view.from = Some(behind.pane);
        view.behind = Some(behind);
    }
    model.screen = Screen::Review(Box::new(view));
    vec![Effect::Sheet {
        generation,
        module,
        role,
    }]
}

/// Back to a review from what was looked at for it.
pub(super) fn resume(
    model: &mut Model,
    mut review: Box<ReviewView>,
    behind: Box<ModuleView>,
) -> Vec<Effect> {
    review.behind = Some(behind);
    model.screen = Screen::Review(review);
    Vec::new()
}

fn view(model: &mut Model) -> Option<&mut ReviewView> {
    match &mut model.screen {
        Screen::Review(view) => Some(view),
        _ => None,
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match shown.step {
        Step::Answer => answer(model, action),
        Step::Text(_) => read(model, action),
        Step::Choose(..) => choose(model, action),
        Step::Signing(_) => {
            model.refuse("wait for it: ssh-keygen has the terminal");
            Vec::new()
        }
        Step::Done(_) => done(model, action),
    }
}

fn answer(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Back {
        return leave(model);
    }
    let no_sheet = view(model).is_none_or(|view| view.sheet().is_none());
    if no_sheet {
        model.refuse("there is nothing to answer yet");
        return Vec::new();
    }
    let (list, page) = (layout::review(model).list, screens::review::page(model));
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match action {
        Action::Up | Action::Down | Action::Top | Action::Bottom => {
            let rows = shown.rows().len();
            let step = motion(action, page).unwrap_or(0);
            shown.row.step(step, rows, usize::from(list.height));
            (shown.top, shown.gate) = (0, 0);
        }
        Action::HalfPageUp | Action::HalfPageDown | Action::PageUp | Action::PageDown => {
            let step = motion(action, page).unwrap_or(0);
            shown.top = shown.top.saturating_add_signed(step);
        }
        Action::Yes => return give(model, Some(Answer::Yes)),
        Action::Concern => return give(model, Some(Answer::Concern)),
        Action::NotApplicable => return give(model, Some(Answer::NotApplicable)),
        Action::ClearAnswer => return give(model, None),
        Action::NextOpen => next_open(model),
        Action::WriteNote => write(model),
        Action::EditNote => {
            write(model);
            return super::note::editor(model);
        }
        Action::OpenGate => return enter(model),
        Action::ReviewDiff => return look(model, Pane::Diff, None),
        Action::ReviewNextGate => next_gate(model, 1),
        Action::ReviewPreviousGate => next_gate(model, -1),
        Action::ChooseRole => return other_role(model),
        Action::Presented => shown.step = Step::Text(0),
        Action::Sign => finish(model),
        Action::Withdraw => withdraw(model),
        _ => model.refuse(elsewhere(model, action)),
    }
    Vec::new()
}

/// Goes back to where the review was opened from. Answers were kept as they were made.
fn leave(model: &mut Model) -> Vec<Effect> {
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    // What was signed is kept in the log.
    let answered = match shown.signed() {
        Some(_) => 0,
        None => shown.progress().0,
    };
    let (behind, from) = (shown.behind.take(), shown.from);
    let path = shown.module.clone();
    let mut effects = Vec::new();
    match (behind, from) {
        (Some(mut behind), Some(pane)) => {
            behind.pane = pane;
            model.screen = Screen::Module(behind);
        }
        (behind, _) => {
            let looked = behind.is_some_and(|it| it.diff.is_some());
            effects.extend(looked.then_some(Effect::DropDiff));
            model.screen = Screen::Dashboard;
            super::dashboard::return_to(model, &path);
        }
    }
    if answered > 0 {
        let what = match answered {
            1 => "1 answer is".to_owned(),
            n => format!("{n} answers are"),
        };
        model.remark(format!("{what} kept for when you come back"));
    }
    effects
}

fn go(shown: &mut ReviewView, at: usize, height: usize) {
    let rows = shown.rows().len();
    shown.row.at = at;
    shown.row.step(0, rows, height);
    (shown.top, shown.gate) = (0, 0);
}

/// Shows the module; going back leads here again.
fn look(model: &mut Model, pane: Pane, gate: Option<&GateId>) -> Vec<Effect> {
    let Some(path) = view(model).map(|view| view.module.clone()) else {
        return Vec::new();
    };
    // What changed since one's own word comes first; where nothing did, the promotion.
    let last = view(model).and_then(|view| view.sheet()?.last.clone());
    let since = last
        .filter(|it| !it.reasons.is_empty())
        .and_then(|it| it.head);
    let Some(id) = model.catalog.find(&path) else {
        model.refuse("the module is not there any more");
        return Vec::new();
    };
    let gate = gate.and_then(|gate| model.gates.iter().position(|it| it.id == *gate));
    let generation = model.next_generation();
    let before = std::mem::replace(&mut model.screen, Screen::Dashboard);
    let Screen::Review(mut review) = before else {
        model.screen = before;
        return Vec::new();
    };
    let mut effects = Vec::new();
    let mut behind = review.behind.take().unwrap_or_else(|| {
        effects.push(Effect::Dossier { generation, id });
        Box::new(ModuleView::new(id, path, generation))
    });
    behind.id = id;
    let mut dropped = false;
    if pane == Pane::Diff && behind.since != since {
        behind.since = since;
        dropped = behind.diff.take().is_some();
    }
    effects.extend(dropped.then_some(Effect::DropDiff));
    if let Some(gate) = gate {
        behind.gate = gate;
        behind.finding = Cursor::default();
        behind.focus = Focus::Gates;
    }
    behind.review = Some(review);
    model.screen = Screen::Module(behind);
    effects.extend(module::show(model, |_| pane));
    effects
}

fn other_role(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    let Some((roles, role)) = shown.sheet().map(|it| (it.roles.clone(), it.role)) else {
        return Vec::new();
    };
    let roles: Vec<Role> = roles.into_iter().filter(|it| it.is_reviewer()).collect();
    let at = roles.iter().position(|it| *it == role);
    let next = roles[at.map_or(0, |at| (at + 1) % roles.len().max(1))..].first();
    let Some(next) = next.copied().filter(|next| *next != role) else {
        model.refuse(format!("you decide in no other role than {role}"));
        return Vec::new();
    };
    shown.generation = generation;
    let module = shown.module.clone();
    model.tell(Level::Info, format!("reading the checklist for {next}"));
    vec![Effect::Sheet {
        generation,
        module,
        role: Some(next),
    }]
}

/// The whole text: only to be read.
fn read(model: &mut Model, action: Action) -> Vec<Effect> {
    let (count, page) = screens::review::text_size(model);
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    match (&mut shown.step, motion(action, page)) {
        (Step::Text(top), Some(rows)) => {
            *top = top
                .saturating_add_signed(rows)
                .min(count.saturating_sub(page));
        }
        _ if matches!(action, Action::Back | Action::Presented | Action::OpenGate) => {
            shown.step = Step::Answer;
        }
        _ => model.refuse("close the text first"),
    }
    Vec::new()
}

/// Keeps what is scrolled on the screen.
pub(super) fn settle(model: &mut Model) {
    let height = usize::from(layout::review(model).list.height);
    let last = screens::review::evidence_height(model).saturating_sub(screens::review::page(model));
    if let Some(shown) = view(model) {
        let rows = shown.rows().len();
        shown.row.step(0, rows, height);
        shown.top = shown.top.min(last);
    }
}

/// Makes the sheet again.
pub(super) fn again(model: &mut Model) -> Vec<Effect> {
    let generation = model.next_generation();
    let Some(shown) = view(model) else {
        return Vec::new();
    };
    shown.generation = generation;
    vec![Effect::Sheet {
        generation,
        module: shown.module.clone(),
        role: shown.role,
    }]
}

/// Takes a sheet.
pub(super) fn sheet(model: &mut Model, generation: Generation, result: Result<Box<Sheet>, String>) {
    let height = usize::from(layout::review(model).list.height);
    let shown = match &mut model.screen {
        Screen::Review(view) => Some(view),
        // It may be looked away from for a moment.
        Screen::Module(view) => view.review.as_mut(),
        Screen::Dashboard | Screen::Wizard(_) | Screen::Audit(_) | Screen::Canary(_) => None,
    };
    let Some(shown) = shown.filter(|it| it.generation == generation) else {
        model.changed = false;
        return;
    };
    match result {
        Ok(sheet) => {
            let begun = shown.sheet.is_none();
            let elsewhere = sheet.elsewhere.clone();
            shown.take(*sheet);
            let (answered, all) = shown.progress();
            let older = !shown.older.is_empty();
            let at = shown.row.at;
            go(shown, at, height);
            if let Some(branch) = elsewhere.filter(|_| begun) {
                let key = model.key(Action::Branches);
                let here = model.header.revision.clone();
                let words = format!(
                    "this is {}, and the promotion is on {}: {key} goes there",
                    text::safe(&here),
                    text::safe(&branch)
                );
                model.tell(Level::Warning, words);
            } else if begun && answered > 0 {
                model.tell(
                    Level::Info,
                    format!("{answered} of {all} answers were kept from before"),
                );
            } else if older {
                model.tell(
                    Level::Warning,
                    "answered for older content: what you answered then is shown, and asked again",
                );
            }
        }
        // What was shown is not what is there: it is no longer to be signed.
        Err(problem) => {
            shown.sheet = Some(Err(problem.clone()));
            (shown.step, shown.writing) = (Step::Answer, None);
            model.tell(Level::Problem, problem);
        }
    }
}
