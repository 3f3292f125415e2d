//! The mouse: the wheel scrolls, a click selects, a click on a hint is the key, and the line
//! between two panes is moved by it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{act, dashboard, palette, panes, settle};
use crate::console::action::{Action, Context};
use crate::console::effect::Effect;
use crate::console::layout;
use crate::console::model::module::{Focus, Pane};
use crate::console::model::review::Step;
use crate::console::model::wizard;
use crate::console::model::{Model, Screen};
use crate::console::{screens, widgets};

/// How many rows one turn of the wheel moves.
const WHEEL: i32 = 3;

pub(super) fn update(model: &mut Model, event: MouseEvent) -> Vec<Effect> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollDown => scroll(model, WHEEL),
        MouseEventKind::ScrollUp => scroll(model, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) => click(model, at),
        MouseEventKind::Drag(MouseButton::Left) => {
            panes::drag(model, at);
            Vec::new()
        }
        _ => {
            model.changed = false;
            Vec::new()
        }
    }
}

fn scroll(model: &mut Model, lines: i32) -> Vec<Effect> {
    if model.palette.is_some() {
        palette::step(model, lines as isize);
        return Vec::new();
    }
    model.status = None;
    let before = model.place();
    let effects = turn(model, lines);
    settle(model);
    if effects.is_empty() && model.status.is_none() && model.place() == before {
        model.refuse(match lines > 0 {
            true => "there is nothing further down",
            false => "there is nothing further up",
        });
    }
    effects
}

fn turn(model: &mut Model, lines: i32) -> Vec<Effect> {
    if model.contexts() == [Context::Note] {
        let action = if lines > 0 {
            Action::NoteDown
        } else {
            Action::NoteUp
        };
        return act(model, action);
    }
    let free = model.overlay.is_none() && model.errand.is_none();
    if free
        && let Screen::Module(view) = &mut model.screen
        && view.pane == Pane::Diff
        && view.raw.is_none()
        && let Some(diff) = &mut view.diff
    {
        return diff.scroll(lines);
    }
    // In a review the wheel moves the evidence, not the question.
    let reading = matches!(&model.screen, Screen::Review(it) if it.step == Step::Answer);
    if reading && free {
        if let Screen::Review(view) = &mut model.screen {
            view.top = view.top.saturating_add_signed(lines as isize);
        }
        return Vec::new();
    }
    let filling = matches!(&model.screen, Screen::Wizard(it) if it.step == wizard::Step::Fill);
    if filling && free {
        if let Screen::Wizard(view) = &mut model.screen {
            view.top = view.top.saturating_add_signed(lines as isize);
        }
        return Vec::new();
    }
    let action = if lines > 0 { Action::Down } else { Action::Up };
    let mut effects = Vec::new();
    for _ in 0..lines.abs() {
        effects.extend(act(model, action));
    }
    effects
}

fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    model.status = None;
    model.dragging = None;
    let frame = layout::frame(model);
    if frame.footer.contains(at) {
        let hint = widgets::footer::hints(model)
            .into_iter()
            .find(|hint| hint.columns.contains(&at.x));
        return match hint {
            Some(hint) => act(model, hint.action),
            None => Vec::new(),
        };
    }
    if model.palette.is_some() {
        return palette::click(model, at);
    }
    if model.overlay.is_some() {
        model.overlay = None;
        return Vec::new();
    }
    // Only a key, or its hint, closes or confirms it.
    if model.errand.is_some() {
        return Vec::new();
    }
    if model.choice.is_none() && panes::grasp(model, at) {
        return Vec::new();
    }
    match model.screen {
        Screen::Dashboard => tree(model, at),
        Screen::Module(_) => pane(model, at),
        Screen::Review(_) => review(model, at),
        Screen::Wizard(_) => wizard(model, at),
        Screen::Audit(_) => log(model, at),
        Screen::Canary(_) => canary(model, at),
    }
}

fn review(model: &mut Model, at: Position) -> Vec<Effect> {
    let list = layout::review(model).list;
    let Screen::Review(view) = &mut model.screen else {
        return Vec::new();
    };
    if view.step != Step::Answer || view.writing.is_some() {
        return Vec::new();
    }
    let clicked = row(list, at).map(|row| row + view.row.top);
    if let Some(clicked) = clicked.filter(|row| *row < view.rows().len()) {
        let again = view.row.at == clicked;
        view.row.at = clicked;
        if again {
            return act(model, Action::OpenGate);
        }
        (view.top, view.gate) = (0, 0);
    }
    Vec::new()
}

fn wizard(model: &mut Model, at: Position) -> Vec<Effect> {
    let list = layout::wizard(model).list;
    let height = usize::from(list.height);
    let Screen::Wizard(view) = &mut model.screen else {
        return Vec::new();
    };
    if view.step != wizard::Step::Fill || view.writing.is_some() {
        return Vec::new();
    }
    let clicked = row(list, at).map(|row| row + view.row.top);
    if let Some(clicked) = clicked.filter(|row| *row < view.rows().len()) {
        let again = view.row.at == clicked;
        view.row.at = clicked;
        view.step(0, height);
        if again {
            return act(model, Action::Answer);
        }
        view.top = 0;
    }
    Vec::new()
}

fn log(model: &mut Model, at: Position) -> Vec<Effect> {
    let list = layout::audit(model).list;
    let Screen::Audit(view) = &mut model.screen else {
        return Vec::new();
    };
    if view.opened.is_some() {
        return Vec::new();
    }
    let clicked = row(list, at).map(|row| row + view.row.top);
    if let Some(clicked) = clicked.filter(|row| *row < view.rows.len()) {
        let again = view.row.at == clicked;
        view.row.at = clicked;
        if again {
            return act(model, Action::OpenEntry);
        }
    }
    Vec::new()
}

fn canary(model: &mut Model, at: Position) -> Vec<Effect> {
    let list = layout::canary(model).list;
    let Screen::Canary(view) = &mut model.screen else {
        return Vec::new();
    };
    if view.opened.is_some() || view.order.is_some() {
        return Vec::new();
    }
    let lines = usize::from(layout::Canary::LINES);
    let clicked = row(list, at).map(|row| row / lines + view.row.top);
    if let Some(clicked) = clicked.filter(|row| *row < view.rows.len()) {
        let again = view.row.at == clicked;
        view.row.at = clicked;
        if again {
            return act(model, Action::OpenWatch);
        }
    }
    Vec::new()
}

fn tree(model: &mut Model, at: Position) -> Vec<Effect> {
    let area = layout::tree(model);
    let Some(row) = row(area, at).map(|r| r + model.dashboard.top) else {
        return Vec::new();
    };
    let Some(clicked) = model.dashboard.rows.get(row) else {
        return Vec::new();
    };
    let marker = screens::dashboard::marker(clicked.depth);
    let again = model.dashboard.selected == row;
    let parent = clicked.parent;
    model.dashboard.selected = row;
    let column = at.x - area.x;
    if parent && marker.contains(&column) {
        dashboard::toggle(model);
    } else if again {
        return act(model, Action::Open);
    }
    Vec::new()
}

fn pane(model: &mut Model, at: Position) -> Vec<Effect> {
    let body = layout::frame(model).body;
    let writes = model.contexts() == [Context::Note];
    if at.y == body.y && !writes {
        let tab = screens::module::tabs(model)
            .into_iter()
            .find(|(columns, _)| columns.contains(&at.x));
        let action = match tab {
            Some((_, Pane::Gates)) => Action::GatesPane,
            Some((_, Pane::Coverage)) => Action::CoveragePane,
            Some((_, Pane::Diff)) => Action::DiffPane,
            Some((_, Pane::Facts)) => Action::FactsPane,
            Some((_, Pane::Speed)) => Action::SpeedPane,
            Some((_, Pane::SignOff)) => Action::SignOffPane,
            Some((_, Pane::Impact)) => Action::ImpactPane,
            None => return Vec::new(),
        };
        return act(model, action);
    }
    let area = layout::pane(model);
    let [gates, _, list] = layout::gates(model);
    let [_, files, _] = layout::coverage(model);
    let count = model.gates.len();
    let Screen::Module(view) = &mut model.screen else {
        return Vec::new();
    };
    if view.raw.is_some() || view.writing.is_some() {
        return Vec::new();
    }
    match view.pane {
        Pane::Gates => {
            let top = screens::module::gates::top(view, usize::from(gates.height));
            if let Some(gate) = row(gates, at).map(|it| it + top).filter(|it| *it < count) {
                if view.gate != gate {
                    view.gate = gate;
                    view.finding = Default::default();
                }
                view.focus = Focus::Gates;
            } else if let Some(line) = row(list, at).filter(|l| *l > 0) {
                let finding = view.finding.top + line - 1;
                let findings = view
                    .evidence(model.catalog.states(view.id))
                    .map_or(0, |e| e.findings.len());
                if finding < findings {
                    let again = view.focus == Focus::Findings && view.finding.at == finding;
                    view.focus = Focus::Findings;
                    view.finding.at = finding;
                    if again {
                        return act(model, Action::Enter);
                    }
                }
            }
        }
        Pane::Coverage => {
            if let Some(line) = row(files, at) {
                let row = &mut view.coverage.row;
                let again = row.at == row.top + line;
                row.at = row.top + line;
                view.coverage.line = None;
                if again {
                    return act(model, Action::Enter);
                }
            }
        }
        Pane::Diff => {
            if let (Some(diff), true) = (&mut view.diff, area.contains(at)) {
                return diff.click(at.x - area.x, at.y - area.y);
            }
        }
        Pane::Facts | Pane::SignOff => {}
        Pane::Impact => {
            if let Some(line) = row(files, at) {
                let row = &mut view.impact.row;
                let again = row.at == row.top + line;
                row.at = row.top + line;
                if again {
                    return act(model, Action::Edit);
                }
            }
        }
        Pane::Speed => {
            if let Some(line) = row(files, at) {
                let row = &mut view.benchmarks.row;
                let again = row.at == row.top + line;
                row.at = row.top + line;
                if again {
                    return act(model, Action::Edit);
                }
            }
        }
    }
    Vec::new()
}

fn row(area: Rect, at: Position) -> Option<usize> {
    area.contains(at).then(|| usize::from(at.y - area.y))
}
