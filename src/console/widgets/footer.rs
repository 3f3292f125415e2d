//! The last line: what the keys do here. A click on a hint is the key.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Context};
use crate::console::model::dashboard::{Show, Sort};
use crate::console::model::module::{Focus, Pane};
use crate::console::model::{Model, Screen};
use crate::console::text::width;
use crate::console::theme::{Role, Theme};

/// A hint and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What a click does.
    pub action: Action,
    /// Its key.
    pub key: String,
    /// What it does, in a word.
    pub word: String,
    /// The columns it takes.
    pub columns: Range<u16>,
}

/// The hints that find room, most useful first; help and quit are always there.
pub fn hints(model: &Model) -> Vec<Hint> {
    let always = [Action::Help, Action::Quit];
    let wanted = if model.contexts() == [Context::Prompt] {
        vec![
            Action::Accept,
            Action::Cancel,
            Action::SelectDown,
            Action::SelectUp,
        ]
    } else if model.overlay.is_some() {
        vec![Action::Back, Action::Down, Action::Up]
    } else {
        wanted(model)
    };
    let typing = model.prompt.is_some();
    let room = model.size.width;
    let measure = |action: Action| {
        let key = model.keymap.key(action)?;
        let word = word(model, action);
        let wide = (width(&key) + 1 + width(&word) + 2) as u16;
        Some((action, key, word, wide))
    };
    let tail: Vec<_> = always
        .into_iter()
        .filter(|_| !typing)
        .filter_map(measure)
        .collect();
    let tail_width: u16 = tail.iter().map(|t| t.3).sum();
    let mut used: u16 = 1 + tail_width;
    let mut chosen = Vec::new();
    for hint in wanted.into_iter().filter_map(measure) {
        if used + hint.3 > room {
            break;
        }
        used += hint.3;
        chosen.push(hint);
    }
    chosen.extend(tail);
    let mut x = 1;
    chosen
        .into_iter()
        .map(|(action, key, word, wide)| {
            let columns = x..x + wide - 2;
            x += wide;
            Hint {
                action,
                key,
                word,
                columns,
            }
        })
        .collect()
}

fn wanted(model: &Model) -> Vec<Action> {
    let running = model.runs.is_running();
    match &model.screen {
        Screen::Dashboard => {
            let mut wanted = Vec::new();
            if model.dashboard.is_narrowed() {
                wanted.push(Action::Back);
            }
            wanted.extend([Action::Open, Action::Check]);
            if running {
                wanted.push(Action::CancelCheck);
            }
            wanted.extend([
                Action::Filter,
                Action::StatusFilter,
                Action::Sort,
                Action::ToggleFold,
                Action::UnfoldAll,
                Action::FoldAll,
                Action::NextFailing,
            ]);
            if model.runs.current.is_some() {
                wanted.push(Action::TogglePanel);
            }
            wanted.extend([Action::Messages, Action::Reload]);
            wanted
        }
        Screen::Module(view) => {
            let mut wanted = vec![Action::Back];
            if view.raw.is_some() {
                wanted.extend([Action::HalfPageDown, Action::HalfPageUp]);
                return wanted;
            }
            match (view.pane, view.focus) {
                (Pane::Gates, Focus::Gates) => wanted.extend([Action::Enter, Action::RawOutput]),
                (Pane::Gates, Focus::Findings) => wanted.extend([
                    Action::Edit,
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
                    Action::DiffToggleFold,
                    Action::Search,
                    Action::Against,
                    Action::Layout,
                    Action::DiffEdit,
                ]),
                (Pane::Facts, _) => {}
                (Pane::Speed, _) => wanted.extend([Action::Edit, Action::Down]),
            }
            wanted.push(Action::ModuleCheck);
            if running {
                wanted.push(Action::ModuleCancelCheck);
            }
            wanted.push(Action::NextPane);
            wanted
        }
    }
}

/// The hint's word; that of a switch says how it stands.
fn word(model: &Model, action: Action) -> String {
    match action {
        Action::Sort if model.dashboard.sort != Sort::Name => {
            format!("sort: {}", model.dashboard.sort.word())
        }
        Action::StatusFilter if model.dashboard.show != Show::All => {
            format!("show: {}", model.dashboard.show.word())
        }
        Action::Back if model.overlay.is_some() => "close".into(),
        Action::Back if matches!(model.screen, Screen::Dashboard) => "clear filter".into(),
        Action::Down | Action::Up | Action::HalfPageDown | Action::HalfPageUp => "scroll".into(),
        Action::SelectDown => "next".into(),
        Action::SelectUp => "previous".into(),
        Action::Enter => match &model.screen {
            Screen::Module(view) if view.pane == Pane::Coverage => "see in diff".into(),
            _ => "findings".into(),
        },
        Action::FocusRight => "functions".into(),
        other => other.hint().into(),
    }
}

/// Draws them.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, theme: &Theme) {
    let bar = theme.style(Role::Footer);
    frame.buffer_mut().set_style(area, bar);
    for hint in hints(model) {
        let line = Line::from(vec![
            Span::styled(hint.key, bar.patch(theme.style(Role::Key))),
            Span::styled(format!(" {}", hint.word), bar),
        ]);
        let place = Rect {
            x: area.x + hint.columns.start,
            width: area.width.saturating_sub(hint.columns.start),
            ..area
        };
        super::line(frame, place, 0, &line);
    }
}
