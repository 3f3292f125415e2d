//! `docs/keys.md` is what the keymaps say; the presets work.

use countersign::console::event::Event;
use countersign::console::keymap::{Keymap, Preset, docs};
use countersign::console::model::Model;
use countersign::console::update::update;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use crate::fixture::{keys, loaded, select};

#[test]
fn the_page_is_what_the_keymaps_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
    let printed = docs::markdown();
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written, printed,
        "renew it with: COUNTERSIGN_BLESS=1 cargo test --test console keys"
    );
}

fn press(model: &mut Model, codes: &[KeyCode]) {
    for code in codes {
        let key = KeyEvent::new(*code, KeyModifiers::NONE);
        update(model, Event::Key(key));
    }
}

#[test]
fn one_finds_ones_way_with_arrows_alone() {
    let mut model = loaded(Size::new(100, 30));
    select(&mut model, "quantum/");
    (model.keymap, _) = Keymap::new(Preset::Arrows, None);
    // The letters of the other preset are nothing here.
    let before = model.dashboard.selected;
    keys(&mut model, "jjkgG");
    assert_eq!(model.dashboard.selected, before);
    press(&mut model, &[KeyCode::Enter, KeyCode::Right, KeyCode::Down]);
    let view = crate::update::view(&model);
    assert_eq!((view.gate, view.finding.at), (1, 1));
    press(
        &mut model,
        &[KeyCode::Down, KeyCode::Esc, KeyCode::Esc, KeyCode::Home],
    );
    assert_eq!(model.dashboard.selected, 0);
    // Hints and help have its keys.
    press(&mut model, &[KeyCode::F(1)]);
    let shown = crate::picture::ascii(&model);
    assert!(shown.contains("F9"), "{shown}");
}
