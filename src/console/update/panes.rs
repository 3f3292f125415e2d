//! Moving the line between two panes, by keys or by the mouse.

use ratatui::layout::Position;

use crate::console::action::Action;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::panes::Divider;

/// Columns that a key moves a line between panes beside each other.
const COLUMNS: i16 = 4;

pub(super) fn act(model: &mut Model, action: Action) {
    let Some((divider, _)) = layout::divider(model) else {
        return model.refuse("there are no panes here whose sizes can be changed");
    };
    let now = at(model);
    let step = match is_upright(divider) {
        true => COLUMNS,
        false => 1,
    };
    let (target, why) = match action {
        Action::GrowPane => (now + step, "there is no room to move it further"),
        Action::ShrinkPane => (now - step, "there is no room to move it further"),
        _ => (home(model, divider), "the panes have their usual sizes"),
    };
    if !pull(model, divider, target) {
        model.refuse(why);
    }
}

/// Takes hold of a line under the mouse; true where there is one.
pub(super) fn grasp(model: &mut Model, at: Position) -> bool {
    let found = layout::divider(model).filter(|(_, area)| area.contains(at));
    model.dragging = found.map(|(divider, _)| divider);
    model.dragging.is_some()
}

/// The mouse moved with its button down.
pub(super) fn drag(model: &mut Model, to: Position) {
    let held = model.dragging;
    let shown = layout::divider(model).map(|(divider, _)| divider);
    model.changed = match held.filter(|it| Some(*it) == shown) {
        Some(divider) => {
            let target = if is_upright(divider) { to.x } else { to.y };
            pull(model, divider, signed(target))
        }
        None => false,
    };
}

/// Moves the line as near to that column or row as there is room; true where it moved.
fn pull(model: &mut Model, divider: Divider, target: i16) -> bool {
    let before = at(model);
    let home = home(model, divider);
    model.panes.put(divider, target - home);
    // What there is no room for is not remembered: the next key counts from what is seen.
    let now = at(model);
    model.panes.put(divider, now - home);
    now != before
}

/// Where the line is, in columns or rows.
fn at(model: &Model) -> i16 {
    layout::divider(model).map_or(0, |(divider, area)| match is_upright(divider) {
        true => signed(area.x),
        false => signed(area.y),
    })
}

/// Where it would be by itself.
fn home(model: &mut Model, divider: Divider) -> i16 {
    let moved = model.panes.moved(divider);
    model.panes.put(divider, 0);
    let home = at(model);
    model.panes.put(divider, moved);
    home
}

/// True where the panes are beside each other.
fn is_upright(divider: Divider) -> bool {
    matches!(divider, Divider::Diff | Divider::Review | Divider::Wizard)
}

fn signed(cells: u16) -> i16 {
    i16::try_from(cells).unwrap_or(i16::MAX)
}
