//! The mouse on every screen: a click on a hint is its key, and the wheel turns.

use countersign::console::event::Event;
use countersign::console::model::Model;
use countersign::console::update::{perform, update};
use countersign::console::widgets::footer;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use crate::every;
use crate::picture::ascii;
use crate::reasons::state;

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
