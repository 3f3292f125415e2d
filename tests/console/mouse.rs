//! The mouse on every screen: a click on a hint is its key, and the wheel turns.

use countersign::console::action::Action;
use countersign::console::event::Event;
use countersign::console::layout;
use countersign::console::model::Model;
use countersign::console::model::panes::{Divider, Panes};
use countersign::console::update::{perform, update};
use countersign::console::widgets::footer;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use crate::every;
use crate::fixture::keys;
use crate::picture::ascii;
use crate::reasons::state;
use crate::screens::open;

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Event {
    Event::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn ready(model: &mut Model) {
    (model.status, model.changed, model.touched) = (None, true, true);
}

#[test]
fn a_click_on_a_hint_is_its_key_on_every_screen() {
    let size = Size::new(160, 40);
    let mut clicked = 0;
    for (name, mut model) in every::screens(size) {
        ready(&mut model);
        for hint in footer::hints(&model) {
            let (mut by_click, mut by_key) = (model.clone(), model.clone());
            let at = mouse(
                MouseEventKind::Down(MouseButton::Left),
                hint.columns.start,
                size.height - 1,
            );
            let effects = update(&mut by_click, at);
            assert_eq!(
                effects,
                perform(&mut by_key, hint.action),
                "{name}: {hint:?}"
            );
            assert_eq!(ascii(&by_click), ascii(&by_key), "{name}: {hint:?}");
            clicked += 1;
        }
    }
    assert!(clicked > 300, "only {clicked} hints");
}

#[test]
fn the_wheel_turns_or_says_why_not_on_every_screen() {
    for (name, mut model) in every::screens(Size::new(60, 16)) {
        ready(&mut model);
        for kind in [MouseEventKind::ScrollDown, MouseEventKind::ScrollUp] {
            model.status = None;
            let before = state(&model);
            update(&mut model, mouse(kind, 30, 8));
            let turned = state(&model) != before || model.status.is_some();
            assert!(turned, "{name}: {kind:?} does nothing and says nothing");
        }
    }
}

#[test]
fn a_line_between_panes_follows_the_mouse_and_the_keys_agree() {
    let (mut moved, mut seen) = (Vec::new(), 0);
    for (name, mut model) in every::screens(Size::new(120, 40)) {
        ready(&mut model);
        let free = model.overlay.is_none() && model.errand.is_none() && model.choice.is_none();
        let upright =
            |divider| matches!(divider, Divider::Diff | Divider::Review | Divider::Wizard);
        let Some((divider, line)) = layout::divider(&model).filter(|_| free) else {
            continue;
        };
        if model.prompt.is_some() || model.palette.is_some() {
            continue;
        }
        let before = ascii(&model);
        let (x, y) = (line.x, line.y);
        let (to_x, to_y) = match upright(divider) {
            true => (x + 8, y),
            false => (x, y - 2),
        };
        update(
            &mut model,
            mouse(MouseEventKind::Down(MouseButton::Left), x, y),
        );
        update(
            &mut model,
            mouse(MouseEventKind::Drag(MouseButton::Left), to_x, to_y),
        );
        let (_, line) = layout::divider(&model).unwrap();
        assert_eq!((line.x, line.y), (to_x, to_y), "{name}");
        seen += usize::from(ascii(&model) != before);
        // Further than there is room: it stays on the screen, and comes back by one key.
        update(
            &mut model,
            mouse(MouseEventKind::Drag(MouseButton::Left), 119, 39),
        );
        let (_, far) = layout::divider(&model).unwrap();
        let body = layout::frame(&model).body;
        assert!(body.contains(far.as_position()), "{name}: {far}");
        // In a larger window it is where it was, not where the mouse was.
        let by = (far.x - x).max(far.y.saturating_sub(y));
        assert_eq!(
            i32::from(model.panes.moved(divider)),
            i32::from(by),
            "{name}"
        );
        perform(&mut model, Action::ShrinkPane);
        let (_, line) = layout::divider(&model).unwrap();
        let step = if upright(divider) { 4 } else { 1 };
        assert_eq!(far.x + far.y - line.x - line.y, step, "{name}");
        assert!((line.x, line.y) < (far.x, far.y), "{name}: {line} {far}");
        perform(&mut model, Action::EvenPanes);
        assert_eq!(ascii(&model), before, "{name}");
        model.status = None;
        perform(&mut model, Action::EvenPanes);
        assert!(model.status.is_some(), "{name} says nothing");
        moved.push(divider);
    }
    moved.sort();
    moved.dedup();
    assert_eq!(moved.len(), 7, "only {moved:?}");
    assert!(seen > 20, "moved on {seen} screens only");
}

#[test]
fn a_line_is_let_go_of_where_another_screen_is_shown() {
    let mut model = open(Size::new(120, 40));
    let (_, line) = layout::divider(&model).unwrap();
    let down = MouseEventKind::Down(MouseButton::Left);
    let drag = MouseEventKind::Drag(MouseButton::Left);
    update(&mut model, mouse(down, line.x, line.y));
    keys(&mut model, "2");
    update(&mut model, mouse(drag, line.x, line.y + 5));
    assert_eq!(model.panes, Panes::default());
    // A click beside the line does not hold it.
    keys(&mut model, "1");
    update(&mut model, mouse(down, line.x, line.y - 2));
    update(&mut model, mouse(drag, line.x, line.y + 5));
    assert_eq!(model.panes, Panes::default());
}
