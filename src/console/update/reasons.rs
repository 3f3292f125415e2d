//! Why an action does nothing: at an end, or where it is for something else.

use crate::console::action::Action;
use crate::console::model::{Model, Screen};

/// What to say where an action changed nothing, because there is nothing further that way.
pub(super) fn at_end(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Up | Action::HalfPageUp | Action::PageUp | Action::Top => {
            "there is nothing further up"
        }
        Action::Down | Action::HalfPageDown | Action::PageDown | Action::Bottom => {
            "there is nothing further down"
        }
        Action::FoldAll | Action::DiffFoldAll => "everything is folded already",
        Action::UnfoldAll | Action::DiffUnfoldAll => "everything is unfolded already",
        Action::Fold | Action::Unfold | Action::ToggleFold => "there is no module to fold",
        Action::GatesPane
        | Action::CoveragePane
        | Action::DiffPane
        | Action::FactsPane
        | Action::SpeedPane
        | Action::SignOffPane
        | Action::ImpactPane => "this pane is shown already",
        Action::Approve | Action::Reject => "that is chosen already",
        Action::NextWrong | Action::PreviousWrong => "the log is not read yet",
        Action::NextGate => "this is the last gate",
        Action::PreviousGate => "this is the first gate",
        Action::FocusLeft => "the keys go to the list of gates already",
        Action::FocusRight => "the keys go to the findings already",
        Action::ScrollLeft => "the lines begin here",
        Action::ScrollRight => "no line is longer",
        Action::OlderEntry => "this is the oldest entry that is shown",
        Action::NewerEntry => "this is the newest entry that is shown",
        Action::NextFailing | Action::PreviousFailing => "no other module fails",
        Action::NoteUp | Action::NoteLeft | Action::NoteStart => {
            "there is nothing before the cursor"
        }
        Action::NoteDown | Action::NoteRight | Action::NoteEnd => {
            "there is nothing after the cursor"
        }
        Action::NoteBack | Action::NoteWord => "there is nothing before the cursor to delete",
        Action::NoteDelete => "there is nothing under the cursor to delete",
        _ => return None,
    })
}

/// Why an action of this screen does nothing where one is on it.
pub(super) fn elsewhere(model: &Model, action: Action) -> String {
    let shows = |pane: &str, key: Action| {
        let key = model.key(key);
        format!("that is for the {pane}: {key} shows it")
    };
    match action {
        Action::FocusLeft
        | Action::FocusRight
        | Action::NextGate
        | Action::PreviousGate
        | Action::RawOutput
        | Action::Enter
        | Action::Edit => shows("list of gates", Action::GatesPane),
        Action::NextUncovered | Action::PreviousUncovered => {
            shows("coverage", Action::CoveragePane)
        }
        Action::Record | Action::WizardPullRequest => {
            let key = model.key(Action::ShowCommit);
            format!("the branch is not written yet: {key} shows what it would be")
        }
        _ => {
            let place = match model.screen {
                Screen::Dashboard => "the dashboard",
                Screen::Module(_) => "this pane",
                Screen::Review(_) => "the review",
                Screen::Wizard(_) => "the proposal",
                Screen::Audit(_) => "the log",
                Screen::Canary(_) => "the canary screen",
            };
            format!("`{}` does nothing in {place}", action.name())
        }
    }
}
