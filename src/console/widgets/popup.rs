//! A box over the screen, with a title and lines that scroll.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear};

use super::scrollbar;
use crate::console::theme::{Role, Theme};

const ASCII: border::Set = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws lines from `top` on in the middle of `area`.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    title: &str,
    lines: &[Line],
    top: usize,
    theme: &Theme,
) {
    let inner = open(frame, area, title, theme);
    let height = usize::from(inner.height);
    let top = top.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(top).take(height).enumerate() {
        super::line(frame, inner, row as u16, line);
        if line.width() > usize::from(inner.width) && inner.width > 0 {
            let sign = theme.glyphs().ellipsis();
            let (x, y) = (inner.right() - 1, inner.y + row as u16);
            let style = theme.style(Role::Muted);
            frame.buffer_mut().set_string(x, y, sign, style);
        }
    }
    let edge = Rect {
        width: area.width,
        x: area.x,
        ..inner
    };
    scrollbar::render(frame, edge, lines.len(), top, theme);
}

/// What is blank beside a box: a column, or all where less than a word would be left.
fn margin(room: u16) -> u16 {
    match room {
        0..=4 => room,
        _ => 1,
    }
}

/// Draws an empty box with a margin at its sides; what is inside of its border.
pub fn open(frame: &mut Frame, area: Rect, title: &str, theme: &Theme) -> Rect {
    let left = margin(area.x);
    let right = margin(frame.area().right().saturating_sub(area.right()));
    let beside = Rect {
        x: area.x - left,
        width: left + area.width + right,
        ..area
    };
    frame.render_widget(Clear, beside);
    frame
        .buffer_mut()
        .set_style(beside, theme.style(Role::Text));
    let set = if theme.glyphs().is_ascii() {
        ASCII
    } else {
        border::ROUNDED
    };
    let block = Block::bordered()
        .border_set(set)
        .border_style(theme.style(Role::Border))
        .title(Line::styled(format!(" {title} "), theme.style(Role::Title)));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}
