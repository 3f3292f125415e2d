//! Where things are on the screen: pure functions of the size and the model,
//! shared by drawing, scrolling and the mouse.

use std::ops::RangeInclusive;

use ratatui::layout::{Rect, Size};

use super::model::module::{Focus, Pane};
use super::model::panes::Divider;
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
    let run = model.shown_run();
    let Some(run) = run.filter(|_| !model.runs.hidden) else {
        return 0;
    };
    let covered = model.errand.is_some() || model.choice.is_some();
    if covered || !matches!(model.screen, Screen::Dashboard) {
        // What lies over the screen is what one reads. The module screen's pane itself shows the gates; elsewhere they are in the way.
        return if run.ended.is_none() { 2 } else { 0 };
    }
    match model.size.height {
        0..20 => 2,
        20..32 => 4,
        _ => 2 + run.gates.len() as u16,
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
    let split = |y: u16, h: u16| Rect {
        y: area.y + y,
        height: h.min(area.height.saturating_sub(y)),
        ..area
    };
    // An error says what to do, which takes room; where nothing is listed below there is some,
    // and of the findings one goes through each is told in full.
    let reads = reads(model);
    let detail = match (reads, area.height) {
        (Reads::Reason | Reads::Finding, _) => 5,
        (Reads::Gates, 0..19) => 2,
        (Reads::Gates, _) => 3,
    };
    // A short screen shows the gates around the selected one.
    let all = model.gates.len() as u16;
    let rest = match reads {
        Reads::Finding => (detail + 1 + area.height / 2).min(area.height.saturating_sub(3)),
        _ => 5,
    };
    let gates = all.min(area.height.saturating_sub(rest));
    let most = all.min(area.height.saturating_sub(detail + 2)).max(gates);
    let gates = moved(model, Divider::Gates, gates, 1..=most);
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
    let list = area.height.saturating_sub(2 + facts);
    let most = area.height.saturating_sub(2);
    let list = moved(model, Divider::Facts, list, 3..=most);
    let facts = most - list;
    let part = |y: u16, h: u16| Rect {
        y: area.y + y.min(area.height),
        height: h.min(area.height.saturating_sub(y)),
        ..area
    };
    [part(0, 2), part(2, list), part(2 + list, facts)]
}

/// The review screen: who decides on what (two lines), the list, and right of a
/// line between them the selected row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// What is decided on, and who decides.
    pub title: Rect,
    /// The questions.
    pub list: Rect,
    /// The line between.
    pub rule: Rect,
    /// The selected row.
    pub side: Rect,
}

/// Where things are on the review screen.
pub fn review(model: &Model) -> Review {
    beside(model, Divider::Review)
}

/// Where things are in the wizard: as on the review screen.
pub fn wizard(model: &Model) -> Review {
    beside(model, Divider::Wizard)
}

fn beside(model: &Model, divider: Divider) -> Review {
    let body = frame(model).body;
    let warned = matches!(&model.screen, Screen::Review(view)
        if view.sheet().is_some_and(|sheet| sheet.warnings().next().is_some()));
    let title = body.height.min(2 + u16::from(warned));
    let height = body.height - title;
    let y = body.y + title;
    let list = match body.width {
        0..76 => 21,
        76..110 => 28,
        _ => body.width * 3 / 10,
    }
    .min(body.width);
    let list = moved(model, divider, list, 12..=body.width.saturating_sub(24));
    let rule = (body.width - list).min(1);
    let part = |x: u16, width: u16| Rect::new(body.x + x, y, width, height);
    Review {
        title: Rect {
            height: title,
            ..body
        },
        list: part(0, list),
        rule: part(list, rule),
        side: part(list + rule, body.width - list - rule),
    }
}

/// A box over the review screen, with its border: as wide as text is easy to read.
pub fn sheet(model: &Model) -> Rect {
    let Size { width, height } = model.size;
    let wide = width.saturating_sub(4).min(104);
    let body = frame(model).body;
    Rect {
        x: (width - wide) / 2,
        y: body.y.min(height),
        width: wide,
        height: body.height,
    }
}

/// What is inside of the box in which a note is written.
pub fn note(model: &Model) -> Rect {
    let outer = note_box(model);
    Rect {
        x: outer.x + outer.width.min(2),
        y: outer.y + outer.height.min(1),
        width: outer.width.saturating_sub(4),
        height: outer.height.saturating_sub(2),
    }
}

/// The box in which a note is written, with its border.
pub fn note_box(model: &Model) -> Rect {
    let outer = sheet(model);
    let wide = outer.width.min(76);
    let least = outer.height.min(6);
    let high = (outer.height * 2 / 3).clamp(least, least.max(18));
    Rect {
        x: (model.size.width - wide) / 2,
        y: outer.y + (outer.height - high) / 2,
        width: wide,
        height: high,
    }
}

/// The palette: its box, what is found, and below that what there is to say of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// With its border.
    pub outer: Rect,
    /// What is found.
    pub list: Rect,
    /// Why the selected one does nothing now.
    pub detail: Rect,
}

/// Where things are in the palette.
pub fn palette(model: &Model) -> Palette {
    let Size { width, height } = model.size;
    let wide = width.saturating_sub(4).min(100);
    let outer = Rect {
        x: (width - wide) / 2,
        y: 1.min(height),
        width: wide,
        height: height.saturating_sub(4).min(30),
    };
    let detail = outer.height.saturating_sub(2).min(2);
    let list = outer.height.saturating_sub(2 + detail);
    let part = |y: u16, height: u16| Rect {
        x: outer.x + outer.width.min(1),
        y: outer.y + 1 + y,
        width: outer.width.saturating_sub(2),
        height,
    };
    Palette {
        outer,
        list: part(0, list),
        detail: part(list, detail),
    }
}

/// The audit screen: what is said of the log as a whole, and its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The log as a whole.
    pub head: Rect,
    /// The headings of the columns.
    pub titles: Rect,
    /// The entries.
    pub list: Rect,
    /// What the selected entry proves, in words.
    pub detail: Rect,
}

/// Where things are on the audit screen.
pub fn audit(model: &Model) -> Audit {
    let body = frame(model).body;
    // What is wrong, or what nothing protects, takes more room than nothing.
    let said = matches!(&model.screen, Screen::Audit(view) if view.log().is_some_and(|log| {
        !log.problems.is_empty() || log.unprotected.is_some()
    }));
    let head = match (said, body.height) {
        (false, _) => 2,
        (true, 0..18) => 3,
        (true, _) => 4,
    };
    let detail = if body.height < 18 { 2 } else { 3 };
    let part = |y: u16, height: u16| Rect {
        y: body.y + y.min(body.height),
        height: height.min(body.height.saturating_sub(y)),
        ..body
    };
    let list = body.height.saturating_sub(head + 1 + detail);
    let most = body.height.saturating_sub(head + 1);
    let list = moved(model, Divider::Audit, list, 3..=most);
    let detail = most - list;
    Audit {
        head: part(0, head),
        titles: part(head, 1),
        list: part(head + 1, list),
        detail: part(head + 1 + list, detail),
    }
}

/// The parts of the canary screen's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// How many there are, and how they stand.
    pub head: Rect,
    /// The promotions, two lines each.
    pub list: Rect,
    /// All of why the selected one stands so.
    pub detail: Rect,
}

impl Canary {
    /// Lines of a promotion.
    pub const LINES: u16 = 2;

    /// For how many promotions there is room.
    pub fn rows(&self) -> usize {
        usize::from(self.list.height / Self::LINES).max(1)
    }
}

/// Where the canary screen's list is.
pub fn canary(model: &Model) -> Canary {
    let body = frame(model).body;
    let detail = if body.height < 18 { 3 } else { 4 };
    let part = |y: u16, height: u16| Rect {
        y: body.y + y.min(body.height),
        height: height.min(body.height.saturating_sub(y)),
        ..body
    };
    let list = body.height.saturating_sub(1 + detail);
    let most = body.height.saturating_sub(1);
    let list = moved(model, Divider::Canary, list, Canary::LINES..=most);
    let detail = most - list;
    Canary {
        head: part(0, 1),
        list: part(1, list),
        detail: part(1 + list, detail),
    }
}

/// The line of the current screen that can be moved, and the cells it is taken hold of by.
pub fn divider(model: &Model) -> Option<(Divider, Rect)> {
    let (divider, area) = match &model.screen {
        Screen::Dashboard => return None,
        Screen::Module(view) if view.raw.is_some() => return None,
        Screen::Module(view) => match view.pane {
            Pane::Gates => (Divider::Gates, gates(model)[1]),
            Pane::Coverage | Pane::Speed | Pane::Impact => (Divider::Facts, coverage(model)[2]),
            Pane::Diff => {
                let moved = model.panes.moved(Divider::Diff);
                let rule = view.diff.as_ref()?.rule(pane(model), moved)?;
                return Some((Divider::Diff, rule));
            }
            Pane::Facts | Pane::SignOff => return None,
        },
        Screen::Review(_) => return Some((Divider::Review, review(model).rule)),
        Screen::Wizard(_) => return Some((Divider::Wizard, wizard(model).rule)),
        Screen::Audit(view) if view.opened.is_some() => return None,
        Screen::Audit(_) => (Divider::Audit, audit(model).detail),
        Screen::Canary(view) if view.opened.is_some() => return None,
        Screen::Canary(_) => (Divider::Canary, canary(model).detail),
    };
    // Where the pane below is closed, what it is pulled up by is the last line above.
    let body = frame(model).body;
    let y = area.y.min(body.bottom().saturating_sub(1));
    Some((divider, Rect::new(area.x, y, area.width, 1)))
}

/// A size as a person made it, as far as there is room.
fn moved(model: &Model, divider: Divider, size: u16, room: RangeInclusive<u16>) -> u16 {
    match model.panes.moved(divider) {
        0 => size,
        by => {
            let least = (*room.start()).min(size);
            let most = (*room.end()).max(size);
            size.saturating_add_signed(by).clamp(least, most)
        }
    }
}

/// True where the selected gate could not run.
/// What is read in the gates pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// The list of gates.
    Gates,
    /// Why the selected one stands as it does: it has no findings, or says what to do.
    Reason,
    /// The findings of the selected one.
    Finding,
}

fn reads(model: &Model) -> Reads {
    let Screen::Module(view) = &model.screen else {
        return Reads::Gates;
    };
    let states = model.catalog.states(view.id);
    let state = states.get(view.gate);
    let is_error = state.is_some_and(|it| it.status == GateStatus::Error);
    let evidence = view.evidence(states);
    let found = evidence.is_some_and(|it| !it.findings.is_empty());
    match (view.focus, is_error, found) {
        (Focus::Findings, _, true) => Reads::Finding,
        (_, true, _) | (_, _, false) => Reads::Reason,
        _ => Reads::Gates,
    }
}
