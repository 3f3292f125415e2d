//! The last line: what the keys do here. A click on a hint is the key.

mod wanted;
mod words;

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::{Action, Context};
use crate::console::model::Model;
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
    let contexts = model.contexts();
    let typing = matches!(contexts[..], [Context::Prompt] | [Context::Note]);
    let room = model.size.width;
    let measure = |action: Action| {
        let key = model.keymap.keys_in(&contexts, action).into_iter().next()?;
        let word = words::of(model, action);
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
    for hint in wanted::of(model).into_iter().filter_map(measure) {
        // Of a pair that scrolls to and fro one is enough.
        let said = |it: &(_, _, String, _)| it.2 == hint.2;
        if chosen.iter().any(said) {
            continue;
        }
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
