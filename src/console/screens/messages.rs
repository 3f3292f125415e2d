//! The messages so far, newest first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::model::{Level, Model};
use crate::console::text::{age, pad, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::popup;

/// Draws them.
pub fn render(frame: &mut Frame, model: &Model, top: usize, theme: &Theme) {
    let width = model.size.width.saturating_sub(4).min(110);
    let area = Rect {
        x: (model.size.width - width) / 2,
        y: 1,
        width,
        height: model.size.height - 4,
    };
    let glyphs = theme.glyphs();
    let room = usize::from(width).saturating_sub(12);
    let mut lines = Vec::new();
    for notice in model.log.iter().rev() {
        let role = match notice.level {
            Level::Info => Role::Text,
            Level::Warning => Role::Warning,
            Level::Problem => Role::Problem,
        };
        let old = format!("{} ago", age((model.now - notice.at) / 1_000));
        for (row, text) in wrap(&notice.text, room).into_iter().enumerate() {
            let when = if row == 0 { old.as_str() } else { "" };
            lines.push(Line::from(vec![
                Span::styled(
                    format!(" {}", pad(when, 8, glyphs)),
                    theme.style(Role::Muted),
                ),
                Span::styled(text, theme.style(role)),
            ]));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled(
            " Nothing was said so far.",
            theme.style(Role::Muted),
        ));
    }
    popup::render(frame, area, "Messages", &lines, top, theme);
}
