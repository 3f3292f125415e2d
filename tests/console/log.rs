//! The audit screen: the list, one entry, and what either looks like.

use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::model::Screen;
use countersign::console::model::audit::LogView;
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::promotion::text::is_hostile;
use ratatui::layout::Size;

use crate::fixture::{self, keys, loaded, send};
use crate::picture::{ascii, draw, text};
use crate::screens::{open, shoot};
use crate::sign_off::{
    audit_of, audit_view, entry, log, open_entry, standings, with_standings, wrong_log,
};
use crate::update::{said, view};

const SIZE: Size = Size::new(100, 30);

#[test]
fn the_newest_entry_is_first_and_opens() {
    let mut model = audit_of(SIZE, log());
    assert_eq!(audit_view(&model).selected().unwrap().position, 35);
    let effects = keys(&mut model, "j<enter>");
    assert!(
        matches!(effects[..], [Effect::LogEntry { position: 34, .. }]),
        "{effects:?}"
    );
    // An answer to another request is dropped.
    let result = Ok(Box::new(entry()));
    send(
        &mut model,
        Message::LogEntry {
            generation: 1,
            result,
        },
    );
    assert!(audit_view(&model).opened.as_ref().unwrap().entry.is_none());
    let effects = keys(&mut model, "]");
    assert!(matches!(
        effects[..],
        [Effect::LogEntry { position: 33, .. }]
    ));
    keys(&mut model, "<esc>");
    assert!(audit_view(&model).opened.is_none());
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Dashboard));
}

#[test]
fn the_filter_narrows_as_it_is_typed_and_is_cleared() {
    let mut model = audit_of(SIZE, log());
    keys(&mut model, "/grace");
    let rows = audit_view(&model).rows.len();
    assert_eq!(rows, 12);
    assert!(ascii(&model).contains("12 of 36"), "{}", ascii(&model));
    keys(&mut model, " reject<enter>");
    assert!(audit_view(&model).rows.len() < rows);
    keys(&mut model, "<esc>");
    assert_eq!(audit_view(&model).rows.len(), 36);
    keys(&mut model, "/nobody");
    assert!(ascii(&model).contains("No entry matches"));
    keys(&mut model, "<esc>");
    assert_eq!(audit_view(&model).rows.len(), 36);
}

#[test]
fn what_is_not_verified_is_found_by_key() {
    let mut model = audit_of(SIZE, wrong_log());
    let at = |model: &_| audit_view(model).selected().unwrap().position;
    assert_eq!(at(&model), 35);
    keys(&mut model, "n");
    assert_eq!(at(&model), 34);
    keys(&mut model, "nnn");
    assert_eq!(at(&model), 30);
    assert!(
        said(&model).contains("every entry that way"),
        "{}",
        said(&model)
    );
    keys(&mut model, "N");
    assert_eq!(at(&model), 33);
    keys(&mut model, "f");
    assert_eq!(audit_view(&model).rows, [35, 34, 33, 30]);
    let mut fine = log();
    fine.entries = fine.entries[..30].to_vec().into();
    let mut model = audit_of(SIZE, fine);
    keys(&mut model, "f");
    assert_eq!(audit_view(&model).rows.len(), 30);
    assert!(said(&model).contains("is verified"), "{}", said(&model));
}

#[test]
fn a_log_read_again_keeps_the_selection_on_its_entry() {
    let mut model = audit_of(SIZE, log());
    keys(&mut model, "jjj");
    let effects = keys(&mut model, "r");
    let [Effect::Load { generation, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let effects = update(
        &mut model,
        Event::Message(Message::Tree {
            generation,
            result: Ok(fixture::tree().into()),
        }),
    );
    let [Effect::Log { generation }] = effects[..] else {
        panic!("{effects:?}");
    };
    let mut longer = log();
    let mut entries = longer.entries.to_vec();
    entries.push(entries[0].clone());
    entries[36].position = 36;
    longer.entries = entries.into();
    let result = Ok(Box::new(longer));
    send(&mut model, Message::Log { generation, result });
    assert_eq!(audit_view(&model).selected().unwrap().position, 32);
}

#[test]
fn a_decision_leads_to_its_entry_and_back() {
    let mut model = open(SIZE);
    with_standings(&mut model, standings());
    keys(&mut model, "6j");
    let effects = keys(&mut model, "<enter>");
    let [Effect::Log { generation }] = effects[..] else {
        panic!("{effects:?}");
    };
    let result = Ok(Box::new(log()));
    let effects = update(
        &mut model,
        Event::Message(Message::Log { generation, result }),
    );
    // That of security: see the fixture.
    assert!(
        matches!(effects[..], [Effect::LogEntry { position: 18, .. }]),
        "{effects:?}"
    );
    keys(&mut model, "<esc><esc>");
    assert_eq!(view(&model).path, "candidate/quantum".into());
}

#[test]
fn a_log_that_cannot_be_read_says_why() {
    let mut model = loaded(SIZE);
    let effects = keys(&mut model, "a");
    let [Effect::Log { generation }] = effects[..] else {
        panic!("{effects:?}");
    };
    assert!(ascii(&model).contains("Reading the log"));
    let result = Err("the base branch has no keyring".to_owned());
    send(&mut model, Message::Log { generation, result });
    assert!(ascii(&model).contains("the base branch has no keyring"));
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(said(&model).contains("no entry to open"));
}

#[test]
fn pictures_of_the_log() {
    shoot("audit-empty", |size| {
        audit_of(
            size,
            LogView {
                holds: true,
                pinned: "never seen here before".into(),
                remote: "not shared: no remote is set".into(),
                ..LogView::default()
            },
        )
    });
    shoot("audit-filter", |size| {
        let mut model = audit_of(size, wrong_log());
        keys(&mut model, "/fold lise");
        model
    });
    shoot("audit-entry-wrong", |size| {
        let mut model = audit_of(size, wrong_log());
        open_entry(&mut model);
        model
    });
    shoot("audit-entry-end", |size| {
        let mut model = audit_of(size, log());
        open_entry(&mut model);
        keys(&mut model, "G");
        model
    });
}

#[test]
fn hostile_entries_are_visible_and_without_effect() {
    let mut model = audit_of(SIZE, wrong_log());
    for step in ["", "jjj", "gg", "<enter>", "<down>", "G"] {
        match step {
            "<enter>" => open_entry(&mut model),
            step => drop(keys(&mut model, step)),
        }
        let shown = text(&draw(&model, &Theme::dark()));
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| *c != '\n' && is_hostile(*c))
            .collect();
        assert!(bad.is_empty(), "after {step}: {bad:?}\n{shown}");
    }
    // What was signed is all there: also what nobody can see.
    let shown: String = ascii(&model).split_whitespace().collect();
    assert!(shown.contains("<U+202E>live<U+200B><FF>"), "{shown}");
}
