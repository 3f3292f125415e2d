//! The palette: what it finds, what it does, and what it looks like.

use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::model::palette::{Palette, What};
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

use crate::fixture::{self, QUANTUM, keys, loaded, running, select, send};
use crate::picture::{ascii, draw, text};
use crate::screens::{open, shoot};
use crate::update::{said, view};

const SIZE: Size = Size::new(100, 30);

fn palette(model: &Model) -> &Palette {
    model.palette.as_ref().unwrap()
}

fn first(model: &Model) -> &str {
    &palette(model).selected().unwrap().words
}

#[test]
fn a_few_letters_find_an_action_and_enter_does_it() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, ":rungate");
    assert_eq!(
        first(&model),
        "run the gates on the selected module or lane"
    );
    let effects = keys(&mut model, "<enter>");
    assert!(matches!(effects[..], [Effect::Check { .. }]), "{effects:?}");
    assert!(model.palette.is_none() && model.prompt.is_none());
    // By the name of the keymap as well.
    keys(&mut model, ":sort-rev");
    assert_eq!(first(&model), "reverse the sort order");
    keys(&mut model, "<esc>");
    assert!(model.palette.is_none() && model.prompt.is_none());
}

#[test]
fn what_only_has_the_letters_somewhere_is_not_found() {
    let mut model = loaded(SIZE);
    keys(&mut model, ":sign");
    let rows = &palette(&model).rows;
    assert!(!rows.is_empty());
    for row in rows {
        let name = match row.choice.what {
            What::Action(action) => action.name(),
            What::Module(_) => "",
        };
        let words = &row.choice.words;
        assert!(words.contains("sign") || name.contains("sign"), "{words}");
    }
    // Words in any order, each as it was typed.
    keys(&mut model, "<esc>:gates run");
    assert!(!palette(&model).rows.is_empty(), "gates run");
    assert!(first(&model).contains("run the gates"), "{}", first(&model));
    // Where nothing has them so, they may be spread: over the beginnings of words.
    for (typed, found) in [("qnoi", "candidate/quantum/noise.py"), ("qntm", "quantum")] {
        keys(&mut model, &format!("<esc>:{typed}"));
        assert!(!palette(&model).rows.is_empty(), "{typed}");
        assert!(first(&model).contains(found), "{}", first(&model));
    }
    // But not thinly.
    keys(&mut model, "<esc>:eoel");
    assert!(
        palette(&model).rows.is_empty(),
        "{:?}",
        palette(&model).rows
    );
}

#[test]
fn everything_is_offered_with_its_key_and_its_reason() {
    let mut model = loaded(SIZE);
    keys(&mut model, ":");
    let rows = &palette(&model).rows;
    let of = |words: &str| {
        let row = rows.iter().find(|row| row.choice.words.starts_with(words));
        &row.unwrap_or_else(|| panic!("{words} is not offered"))
            .choice
    };
    assert_eq!(of("filter modules").keys, ["/"]);
    assert_eq!(of("filter modules").refusal, None);
    assert_eq!(
        of("cancel the running").refusal.as_deref(),
        Some("no gates are running")
    );
    assert_eq!(of("leave Countersign").keys, ["q", "Ctrl-c"]);
    // Nothing of another screen, and not itself.
    assert!(
        !rows
            .iter()
            .any(|row| row.choice.words.contains("show the coverage"))
    );
    assert!(
        !rows
            .iter()
            .any(|row| row.choice.words.contains("a few letters"))
    );
    // What cannot be done says why when it is chosen all the same.
    assert_eq!(keys(&mut model, "cancel run<enter>"), []);
    assert_eq!(said(&model), "no gates are running");
}

#[test]
fn modules_are_opened_by_name_from_the_dashboard() {
    let mut model = loaded(SIZE);
    keys(&mut model, ":quantum");
    let found = palette(&model).selected().unwrap();
    assert_eq!(found.what, What::Module(QUANTUM), "{found:?}");
    let effects = keys(&mut model, "<enter>");
    assert!(matches!(effects[..], [Effect::Dossier { id: QUANTUM, .. }]));
    assert_eq!(view(&model).path.to_text(), "candidate/quantum");
    keys(&mut model, ":quantum");
    assert!(
        !palette(&model)
            .rows
            .iter()
            .any(|row| matches!(row.choice.what, What::Module(_))),
        "not from a module"
    );
}

#[test]
fn nothing_found_says_so_and_does_nothing() {
    let mut model = loaded(SIZE);
    keys(&mut model, ":xyzzy");
    assert!(ascii(&model).contains("Nothing that can be done here is called so"));
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(said(&model).contains("is called so"), "{}", said(&model));
}

#[test]
fn what_becomes_known_meanwhile_counts() {
    let mut model = running(SIZE);
    keys(&mut model, ":cancel");
    assert_eq!(palette(&model).selected().unwrap().refusal, None);
    update(
        &mut model,
        Event::Message(Message::CheckEnded {
            run: 1,
            at: fixture::NOW + 9_999,
            result: Ok(()),
        }),
    );
    let refusal = palette(&model).selected().unwrap().refusal.clone();
    assert_eq!(refusal.as_deref(), Some("no gates are running"));
    // The module it was opened on is gone: what is offered is of where one is then.
    let mut model = open(SIZE);
    keys(&mut model, ":");
    let generation = model.load;
    let result = Ok(countersign::promotion::ModuleTree::default().into());
    send(&mut model, Message::Tree { generation, result });
    assert!(matches!(model.screen, Screen::Dashboard));
    let rows = &palette(&model).rows;
    assert!(
        rows.iter()
            .any(|row| row.choice.words.contains("audit log"))
    );
}

#[test]
fn the_wheel_moves_and_a_click_does_it() {
    let mouse = |kind, column, row| {
        Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    let mut model = loaded(SIZE);
    keys(&mut model, ":");
    update(&mut model, mouse(MouseEventKind::ScrollDown, 5, 5));
    assert_eq!(palette(&model).row.at, 3);
    keys(&mut model, "audit log");
    let place = countersign::console::layout::palette(&model).list;
    let click = MouseEventKind::Down(MouseButton::Left);
    let effects = update(&mut model, mouse(click, place.x + 3, place.y));
    assert!(matches!(effects[..], [Effect::Log { .. }]), "{effects:?}");
    // Beside it, it is closed.
    keys(&mut model, ":");
    update(&mut model, mouse(click, 0, 10));
    assert!(model.palette.is_none() && model.prompt.is_none());
}

#[test]
fn what_is_pasted_has_no_effect_on_the_terminal() {
    let mut model = loaded(SIZE);
    keys(&mut model, ":");
    update(&mut model, Event::Paste("\u{1b}[2J\u{202e}gates".into()));
    let shown = text(&draw(&model, &Theme::dark()));
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn pictures() {
    shoot("palette-typed", |size| {
        let mut model = loaded(size);
        keys(&mut model, ":gate");
        model
    });
    shoot("palette-refused", |size| {
        let mut model = open(size);
        keys(&mut model, "4:next gate");
        model
    });
    let mut model = open(SIZE);
    keys(&mut model, ":");
    assert!(ascii(&model).is_ascii());
}
