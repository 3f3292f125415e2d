//! Parts that several screens share.

pub mod finding;
pub mod footer;
pub mod header;
pub mod panel;
pub mod popup;
pub mod scrollbar;
pub mod status;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::console::text::{safe, wrap};

/// Text in place of what a screen would show: broken at the edge, a row below the top.
pub fn message(frame: &mut Frame, area: Rect, text: &str, style: Style) {
    let cells = usize::from(area.width).saturating_sub(2);
    for (row, text) in wrap(&safe(text), cells).into_iter().enumerate() {
        let text = Line::styled(format!(" {text}"), style);
        line(frame, area, 1 + row as u16, &text);
    }
}

/// Gives a row of an area another style, on top of what is drawn there.
pub fn mark(frame: &mut Frame, area: Rect, row: u16, style: Style) {
    if row < area.height {
        let place = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        frame.buffer_mut().set_style(place, style);
    }
}

/// Draws a line at a row of an area, cut at its edge; nothing below its end.
pub fn line(frame: &mut Frame, area: Rect, row: u16, line: &Line) {
    if row < area.height {
        frame
            .buffer_mut()
            .set_line(area.x, area.y + row, line, area.width);
    }
}
