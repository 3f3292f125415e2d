//! What a hint says that its key does.

use crate::console::action::Action;
use crate::console::model::dashboard::{Entry, Show, Sort};
use crate::console::model::module::Pane;
use crate::console::model::review::Step;
use crate::console::model::{Model, Screen, wizard};
use crate::promotion::Stage as Promotion;

/// The hint's word; that of a switch says how it stands.
pub(super) fn of(model: &Model, action: Action) -> String {
    match action {
        Action::Sort if model.dashboard.sort != Sort::Name => {
            format!("sort: {}", model.dashboard.sort.word())
        }
        Action::StatusFilter if model.dashboard.show != Show::All => {
            format!("show: {}", model.dashboard.show.word())
        }
        Action::Accept if model.palette.is_some() => "do it".into(),
        Action::Cancel if model.palette.is_some() => "close".into(),
        Action::Back if model.overlay.is_some() => "close".into(),
        Action::Confirm if model.choice.is_some() => "take it".into(),
        Action::Back if model.errand.as_ref().is_some_and(|it| it.is_tried()) => "put aside".into(),
        Action::Back if model.errand.is_some() => "back".into(),
        Action::Back if model.choice.is_some() => "back".into(),
        Action::Back if matches!(model.screen, Screen::Dashboard) => "clear filter".into(),
        Action::Back
            if matches!(&model.screen, Screen::Audit(view)
            if view.opened.is_none() && view.is_narrowed()) =>
        {
            "clear filter".into()
        }
        Action::Back if matches!(&model.screen, Screen::Module(view) if view.review.is_some()) => {
            "back to review".into()
        }
        Action::ModulePromote
            if model.standings.by_hand.is_some()
                && matches!(&model.screen, Screen::Module(view)
                if model.stage(view.id) == Promotion::Promoted) =>
        {
            "how to merge".into()
        }
        Action::SignNow => match &model.screen {
            Screen::Review(view) => match &view.step {
                Step::Done(it) if it.is_signed() => "go back".into(),
                Step::Done(_) => "read again".into(),
                _ => action.hint().into(),
            },
            _ => action.hint().into(),
        },
        Action::Answer => match &model.screen {
            Screen::Wizard(view) => match &view.step {
                wizard::Step::Commit(..) => "write the branch".into(),
                wizard::Step::Done(_) if view.is_over() => "go on".into(),
                wizard::Step::Done(_) => "read again".into(),
                wizard::Step::Fill if view.is_choice() => "go on".into(),
                _ => action.hint().into(),
            },
            _ => action.hint().into(),
        },
        Action::Check => match model.dashboard.entry() {
            Some(Entry::Lane(_) | Entry::Waiters) => "run all gates".into(),
            _ => action.hint().into(),
        },
        // A heading has nothing else to open.
        Action::Open => match model.dashboard.rows.get(model.dashboard.selected) {
            Some(row) if row.parent && row.folded && row.is_heading() => "unfold".into(),
            Some(row) if row.parent && row.is_heading() => "fold".into(),
            _ => action.hint().into(),
        },
        Action::Copy if matches!(model.screen, Screen::Audit(_)) => "copy commands".into(),
        Action::AuditShow if matches!(&model.screen, Screen::Audit(view) if view.only_wrong) => {
            "show: not verified".into()
        }
        Action::Down | Action::Up | Action::HalfPageDown | Action::HalfPageUp => "scroll".into(),
        Action::SelectDown => "next".into(),
        Action::SelectUp => "previous".into(),
        Action::Enter => match &model.screen {
            Screen::Module(view) if view.pane == Pane::Coverage => "see in diff".into(),
            Screen::Module(view) if view.pane == Pane::SignOff => "see in log".into(),
            Screen::Module(view) if view.opens_editor() => "open in editor".into(),
            _ => "findings".into(),
        },
        Action::FocusRight | Action::FocusLeft if matches!(&model.screen, Screen::Module(view) if view.raw.is_some()) => {
            "sideways".into()
        }
        Action::FocusRight => "functions".into(),
        other => other.hint().into(),
    }
}
