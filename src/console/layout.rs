//! Where things are on the screen: pure functions of the size and the model,
//! shared by drawing, scrolling and the mouse.

use ratatui::layout::{Rect, Size};

use super::model::{Model, Screen};
use crate::promotion::GateStatus;

/// The smallest screen that shows anything useful.
pub const SMALLEST: Size = Size {
    width: 60,
    height: 16,
};

/// The lines every screen has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The header.
    pub header: Rect,
    /// What the screen shows.
    pub body: Rect,
    /// The progress of running gates; empty where hidden.
    pub panel: Rect,
    /// The status line.
    pub status: Rect,
    /// The hints.
    pub footer: Rect,
}

/// True where the screen is too small to be useful.
pub fn too_small(size: Size) -> bool {
    size.width < SMALLEST.width || size.height < SMALLEST.height
}

/// The lines of the current screen.
pub fn frame(model: &Model) -> Frame {
    let Size { width, height } = model.size;
    let panel = panel_height(model);
    let line = |y: u16, h: u16| Rect::new(0, y.min(height), width, h.min(height.saturating_sub(y)));
    let body = height.saturating_sub(3 + panel);
    Frame {
        header: line(0, 1),
        body: line(1, body),
        panel: line(1 + body, panel),
        status: line(1 + body + panel, 1),
        footer: line(2 + body + panel, 1),
    }
}

fn panel_height(model: &Model) -> u16 {
    if model.runs.hidden || model.runs.current.is_none() {
        return 0;
    }
    if matches!(model.screen, Screen::Module(_)) {
        // The pane itself shows the gates.
        return if model.runs.is_running() { 2 } else { 0 };
    }
    match model.size.height {
        0..20 => 2,
        20..32 => 4,
        _ => 2 + model.gates.len() as u16,
    }
}

/// The rows of the dashboard's tree, below its headings.
pub fn tree(model: &Model) -> Rect {
    let body = frame(model).body;
    Rect {
        y: body.y + body.height.min(1),
        height: body.height.saturating_sub(1),
        ..body
    }
}

/// The module screen's pane, below its tabs.
pub fn pane(model: &Model) -> Rect {
    let body = frame(model).body;
    Rect {
        y: body.y + body.height.min(1),
        height: body.height.saturating_sub(1),
        ..body
    }
}

/// The gates pane: the gates, a line of detail, the findings.
pub fn gates(model: &Model) -> [Rect; 3] {
    let area = pane(model);
    let gates = (model.gates.len() as u16).min(area.height.saturating_sub(5));
    let split = |y: u16, h: u16| Rect {
        y: area.y + y,
        height: h.min(area.height.saturating_sub(y)),
        ..area
    };
    // An error says what to do, which takes room; it seldom has findings.
    let detail = match (has_error(model), area.height) {
        (true, _) => 5,
        (false, 0..19) => 2,
        (false, _) => 3,
    };
    [
        split(0, gates),
        split(gates, detail),
        split(gates + detail, area.height),
    ]
}

/// The panes of what was measured: headings and the whole module, the files or
/// benchmarks, what is known of the selected one.
pub fn coverage(model: &Model) -> [Rect; 3] {
    let area = pane(model);
    let facts = match area.height {
        0..8 => 0,
        8..16 => 3,
        _ => 5,
    };
    let part = |y: u16, h: u16| Rect {
        y: area.y + y.min(area.height),
        height: h.min(area.height.saturating_sub(y)),
        ..area
    };
    let list = area.height.saturating_sub(2 + facts);
    [part(0, 2), part(2, list), part(2 + list, facts)]
}

/// True where the selected gate could not run.
fn has_error(model: &Model) -> bool {
    let Screen::Module(view) = &model.screen else {
        return false;
    };
    let states = model.catalog.states(view.id);
    states
        .get(view.gate)
        .is_some_and(|state| state.status == GateStatus::Error)
}
