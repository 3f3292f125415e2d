//! Where in a long list the screen is.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::console::theme::{Role, Theme};

/// Draws a thumb in the last column of an area that shows `height` of `count`
/// rows from `top` on; nothing where all of them are shown.
pub fn render(frame: &mut Frame, area: Rect, count: usize, top: usize, theme: &Theme) {
    let height = usize::from(area.height);
    if count <= height || height == 0 || area.width == 0 {
        return;
    }
    let size = (height * height / count).clamp(1, height);
    let from = (top * (height - size)).div_ceil((count - height).max(1));
    let from = from.min(height - size);
    for row in from..from + size {
        frame.buffer_mut().set_string(
            area.right() - 1,
            area.y + row as u16,
            theme.glyphs().thumb(),
            theme.style(Role::Border),
        );
    }
}
