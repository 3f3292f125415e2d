//! Which keys a screen hints at, the most useful first.

use crate::console::action::{Action, Context};
use crate::console::model::canary::{CanaryView, Say};
use crate::console::model::dashboard::Entry;
use crate::console::model::errand::{Errand, Kind as Errands, Stage};
use crate::console::model::module::{Focus, Pane};
use crate::console::model::review::{ReviewView, Row, Step};
use crate::console::model::wizard::{self, WizardView};
use crate::console::model::{Model, Screen};
use crate::promotion::proposal::Kind;
use crate::promotion::review::Verb;

/// Those for what is shown, each once.
pub(super) fn of(model: &Model) -> Vec<Action> {
    let contexts = model.contexts();
    if contexts == [Context::Note] {
        vec![
            Action::NoteDone,
            Action::NoteDrop,
            Action::NoteEditor,
            Action::NoteNewLine,
        ]
    } else if contexts == [Context::Prompt] {
        vec![
            Action::Accept,
            Action::Cancel,
            Action::SelectDown,
            Action::SelectUp,
        ]
    } else if model.overlay.is_some() {
        vec![Action::Back, Action::Down, Action::Up]
    } else if model.choice.is_some() {
        vec![Action::Confirm, Action::Back, Action::Down, Action::Up]
    } else if let Some(errand) = &model.errand {
        of_errand(model, errand)
    } else {
        let mut wanted = of_screen(model);
        if let Some(next) = next(model) {
            wanted.insert(0, next);
        }
        let mut seen = Vec::new();
        wanted.retain(|it| {
            let new = !seen.contains(it);
            seen.push(*it);
            new
        });
        wanted
    }
}

/// The next step of the module in hand, as far as the screen has a key for it.
fn next(model: &Model) -> Option<Action> {
    match &model.screen {
        Screen::Dashboard => Some(match model.next_step(model.dashboard.module()?)? {
            Action::ModuleCheck => Action::Check,
            Action::ModulePropose => Action::Propose,
            Action::ModuleSignOff => Action::SignOff,
            Action::ModulePromote => Action::Promote,
            Action::ModuleCanary => Action::Canary,
            _ => Action::Open,
        }),
        Screen::Module(view) if view.raw.is_none() && view.review.is_none() => {
            model.next_step(view.id)
        }
        _ => None,
    }
}

fn of_screen(model: &Model) -> Vec<Action> {
    let running = model.runs.is_running();
    match &model.screen {
        Screen::Dashboard => {
            let mut wanted = Vec::new();
            if running {
                wanted.push(Action::CancelCheck);
            }
            if model.dashboard.is_narrowed() {
                wanted.push(Action::Back);
            }
            wanted.push(Action::Open);
            match model.dashboard.entry() {
                // What left its lane is no module there.
                Some(Entry::Promotions | Entry::Promoted(_)) | None => {}
                Some(Entry::Lane(_) | Entry::Waiters) => wanted.push(Action::Check),
                Some(Entry::Module(_) | Entry::Waiting(_)) => {
                    wanted.extend([Action::Check, Action::Propose, Action::SignOff]);
                }
            }
            wanted.extend([
                Action::Filter,
                Action::StatusFilter,
                Action::Sort,
                Action::ToggleFold,
                Action::UnfoldAll,
                Action::FoldAll,
                Action::NextFailing,
                Action::Audit,
                Action::Canary,
            ]);
            if model.runs.current.is_some() {
                wanted.push(Action::TogglePanel);
            }
            wanted.extend([Action::Messages, Action::Reload, Action::Palette]);
            wanted
        }
        Screen::Module(view) => {
            let mut wanted = vec![Action::Back];
            if view.raw.is_some() {
                wanted.extend([Action::HalfPageDown, Action::HalfPageUp]);
                wanted.extend([Action::FocusRight, Action::FocusLeft]);
                return wanted;
            }
            if running {
                wanted.push(Action::ModuleCancelCheck);
            }
            match (view.pane, view.focus) {
                (Pane::Gates, Focus::Gates) => {
                    let states = model.catalog.states(view.id);
                    let evidence = view.evidence(states);
                    if evidence.is_some_and(|it| !it.findings.is_empty()) {
                        wanted.push(Action::Enter);
                    }
                    wanted.push(Action::RawOutput);
                }
                (Pane::Gates, Focus::Findings) => wanted.extend([
                    Action::Enter,
                    Action::FocusLeft,
                    Action::NextGate,
                    Action::RawOutput,
                ]),
                (Pane::Coverage, _) => wanted.extend([
                    Action::Enter,
                    Action::NextUncovered,
                    Action::FocusRight,
                    Action::Edit,
                ]),
                (Pane::Diff, _) => wanted.extend([
                    Action::NextChange,
                    Action::PreviousChange,
                    Action::NextFile,
                    Action::Viewed,
                    Action::Comment,
                    Action::DiffToggleFold,
                    Action::Search,
                    Action::Against,
                    Action::Layout,
                    Action::DiffEdit,
                ]),
                (Pane::Facts, _) => {}
                (Pane::Speed, _) => wanted.extend([Action::Enter, Action::Down]),
                (Pane::Impact, _) => wanted.extend([Action::Enter, Action::Down]),
                (Pane::SignOff, _) => wanted.extend([Action::ModuleSignOff, Action::Enter]),
            }
            wanted.extend([Action::ModuleCheck, Action::ModulePropose]);
            if view.pane != Pane::SignOff {
                wanted.push(Action::ModuleSignOff);
            }
            // Without a forge there is nobody to ask.
            if model.standings.by_hand.is_none() {
                wanted.push(Action::PullRequest);
            }
            wanted.push(Action::ModulePromote);
            wanted.push(Action::NextPane);
            wanted
        }
        Screen::Review(view) => review(view),
        Screen::Wizard(view) => wizard(view),
        Screen::Canary(view) => canary(view),
        Screen::Audit(view) => match &view.opened {
            Some(_) => vec![
                Action::Back,
                Action::Down,
                Action::OlderEntry,
                Action::NewerEntry,
                Action::Copy,
            ],
            None => vec![
                Action::Back,
                Action::OpenEntry,
                Action::AuditFilter,
                Action::AuditShow,
                Action::NextWrong,
                Action::Reload,
            ],
        },
    }
}

fn canary(view: &CanaryView) -> Vec<Action> {
    if let Some(order) = &view.order {
        let mut wanted = vec![Action::OrderConfirm, Action::Back, Action::OrderReason];
        if order.say == Say::Pause {
            wanted.extend([Action::OrderShorter, Action::OrderLonger]);
        }
        return wanted;
    }
    let mut wanted = vec![Action::Back];
    if view.asking.is_some() {
        wanted.push(Action::CancelLook);
    }
    if view.opened.is_none() {
        wanted.push(Action::OpenWatch);
    }
    let open = view.selected().is_some_and(|it| it.is_open());
    if view.selected().is_some_and(|it| it.pause.is_some()) {
        wanted.push(Action::ResumeWatch);
    }
    // What nobody has looked at is looked at first.
    let asked = view.selected().filter(|it| it.is_set_up());
    let new = asked.filter(|it| view.own.newest(it).is_none());
    if open && new.is_some() {
        wanted.push(Action::LookNow);
    }
    if open && asked.is_some() {
        wanted.push(Action::PauseWatch);
    }
    if view.selected().is_some_and(|it| !it.is_taken_back()) {
        wanted.push(Action::RollBackWatch);
    }
    if open && asked.is_some() {
        wanted.push(Action::AcknowledgeWatch);
    }
    if open && asked.is_some() && new.is_none() {
        wanted.push(Action::LookNow);
    }
    wanted.push(Action::ReadAgain);
    if view.rows.len() > 1 {
        wanted.extend([Action::NextWatch, Action::PreviousWatch]);
    }
    wanted.push(Action::Palette);
    wanted
}

fn of_errand(model: &Model, errand: &Errand) -> Vec<Action> {
    match &errand.stage {
        Stage::Sheet(sheet, _) => {
            let confirm = sheet.may.is_ok().then_some(Action::Confirm);
            let link = (errand.kind == Errands::PullRequest).then_some(Action::ErrandLink);
            let others = [Action::Back, Action::HalfPageDown, Action::HalfPageUp];
            let all = confirm.into_iter().chain(others);
            all.chain(link).collect()
        }
        Stage::Doing(Some(_)) => vec![Action::ErrandCancel, Action::Back],
        Stage::Done(it) if it.record.is_some() => {
            let record = it.record.as_ref().filter(|it| !it.is_done());
            let record = record.map(|_| Action::ErrandRecord).into_iter();
            let forge = model.standings.by_hand.is_none();
            let forge = forge.then_some(Action::ErrandPullRequest);
            record.chain(forge).chain([Action::Back]).collect()
        }
        _ => vec![Action::Back],
    }
}

fn wizard(view: &WizardView) -> Vec<Action> {
    match &view.step {
        wizard::Step::Done(_) if !view.is_over() => vec![Action::Answer],
        wizard::Step::Done(_) => vec![
            Action::Answer,
            Action::Record,
            Action::WizardPullRequest,
            Action::Back,
        ],
        _ if view.opened().is_none() => vec![Action::Back, Action::Reload],
        wizard::Step::Fill => {
            let mut wanted = match view.selected() {
                Some(wizard::Row::Ethics) => vec![Action::AnswerYes, Action::AnswerNo],
                Some(wizard::Row::Finish) => vec![Action::ShowCommit],
                Some(wizard::Row::Criteria(..)) => Vec::new(),
                _ => match view.in_hand().map(|(_, field)| &field.kind) {
                    Some(Kind::Choice(_)) => {
                        let mut wanted = vec![Action::NextChoice, Action::Answer];
                        if view.suggestion().is_some() && !view.is_chosen() {
                            wanted.insert(0, Action::AcceptSuggestion);
                        }
                        wanted
                    }
                    _ => vec![Action::Answer, Action::AnswerEditor],
                },
            };
            wanted.push(match view.open() {
                0 => Action::ShowCommit,
                _ => Action::NextMissing,
            });
            wanted.extend([
                Action::Back,
                Action::NextMissing,
                Action::Documents,
                Action::ShowCommit,
                Action::TakeBack,
            ]);
            wanted
        }
        wizard::Step::Text(_) => vec![Action::Back, Action::HalfPageDown, Action::HalfPageUp],
        wizard::Step::Commit(..) => vec![
            Action::Answer,
            Action::Back,
            Action::HalfPageDown,
            Action::HalfPageUp,
        ],
        wizard::Step::Planning | wizard::Step::Writing => vec![Action::Back],
    }
}

fn review(view: &ReviewView) -> Vec<Action> {
    match &view.step {
        _ if view.sheet().is_none() => vec![Action::Back, Action::Reload],
        Step::Answer => {
            let mut wanted = match view.selected() {
                Some(Row::Item(_)) => vec![
                    Action::Yes,
                    Action::Concern,
                    Action::NotApplicable,
                    Action::ReviewDiff,
                    Action::NextOpen,
                    Action::WriteNote,
                    Action::OpenGate,
                ],
                Some(Row::Changed) => vec![Action::ReviewDiff, Action::Withdraw, Action::NextOpen],
                Some(Row::Finish) | None => vec![Action::Sign, Action::WriteNote, Action::NextOpen],
            };
            if !wanted.contains(&Action::Sign) {
                wanted.push(Action::Sign);
            }
            wanted.push(Action::Presented);
            let sheet = view.sheet();
            if sheet.is_some_and(|it| it.roles.iter().filter(|r| r.is_reviewer()).count() > 1) {
                wanted.push(Action::ChooseRole);
            }
            wanted.insert(wanted.len().min(4), Action::Back);
            wanted
        }
        Step::Text(_) => vec![Action::Back, Action::HalfPageDown, Action::HalfPageUp],
        Step::Choose(Some(Verb::Withdraw), _) => {
            vec![
                Action::SignNow,
                Action::Back,
                Action::SignNote,
                Action::Down,
            ]
        }
        Step::Choose(chosen, _) => {
            let mut wanted = vec![Action::Approve, Action::Reject, Action::SignNote];
            if chosen.is_some() {
                wanted.insert(0, Action::SignNow);
            }
            wanted.extend([Action::Back, Action::Down]);
            wanted
        }
        Step::Signing(_) => Vec::new(),
        Step::Done(_) => vec![Action::SignNow],
    }
}
