//! A page of text in a box over the screen: to be read before something is done, and to
//! say what came of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::layout;
use crate::console::model::Model;
use crate::console::text::{safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};

/// A row of text with its look.
pub type Row = (String, Role);

/// What is inside of the box.
pub fn inside(model: &Model) -> Rect {
    let outer = layout::sheet(model);
    Rect {
        x: outer.x + outer.width.min(1),
        y: outer.y + outer.height.min(1),
        width: outer.width.saturating_sub(2),
        height: outer.height.saturating_sub(2),
    }
}

/// Draws rows from `top` on.
pub fn scrolled(frame: &mut Frame, model: &Model, rows: &[Row], top: usize, theme: &Theme) {
    let area = inside(model);
    let height = usize::from(area.height);
    let top = top.min(rows.len().saturating_sub(height));
    for (line, (text, role)) in (0..area.height).zip(rows.iter().skip(top)) {
        let row = Line::styled(format!(" {text}"), theme.style(*role));
        widgets::line(frame, area, line, &row);
    }
    let edge = Rect {
        width: area.width + 1,
        ..area
    };
    scrollbar::render(frame, edge, rows.len(), top, theme);
}

/// Collects rows that are broken at the edge.
pub struct Page {
    /// The rows so far; safe to show.
    pub rows: Vec<Row>,
    cells: usize,
}

impl Page {
    /// An empty one, as wide as there is room.
    pub fn new(model: &Model) -> Self {
        Self {
            rows: Vec::new(),
            cells: usize::from(inside(model).width).saturating_sub(3),
        }
    }

    /// A text, on as many rows as it takes.
    pub fn say(&mut self, text: &str, role: Role) {
        let rows = wrap(&safe(text), self.cells);
        self.rows.extend(rows.into_iter().map(|row| (row, role)));
    }

    /// A line behind a sign; what does not fit goes on below it.
    pub fn signed(&mut self, sign: char, text: &str, role: Role) {
        let rows = wrap(&safe(text), self.cells.saturating_sub(2));
        for (at, row) in rows.into_iter().enumerate() {
            let sign = if at == 0 { sign } else { ' ' };
            self.rows.push((format!("{sign} {row}"), role));
        }
    }

    /// An empty row.
    pub fn gap(&mut self) {
        self.rows.push((String::new(), Role::Text));
    }
}

/// A box that is as high as what is in it.
pub fn boxed(frame: &mut Frame, model: &Model, title: &str, rows: &[Row], theme: &Theme) {
    let outer = layout::sheet(model);
    let height = outer.height.min(rows.len() as u16 + 2);
    let area = Rect {
        y: outer.y + (outer.height - height) / 2,
        height,
        ..outer
    };
    let line = |(text, role): &Row| Line::styled(format!(" {text}"), theme.style(*role));
    let lines: Vec<Line<'_>> = rows.iter().map(line).collect();
    popup::render(frame, area, title, &lines, 0, theme);
}
