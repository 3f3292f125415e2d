//! Files that were viewed: folded, counted, and no longer so once they change.

use std::sync::Arc;

use countersign::console::action::Action;
use countersign::console::diff::DiffPane;
use countersign::promotion::reading::Reading;
use countersign::workflow::compare::{Against, outline};

use super::pane::{NEW, OLD, Screen, annotated, sample};
use super::place::text;

/// Marks the file that is shown, as the console does.
fn mark(screen: &mut Screen, reading: &mut Reading) -> bool {
    let jot = screen.pane.viewing().unwrap();
    reading.take(&jot);
    screen.pane.read(Some(Arc::new(reading.clone())));
    match screen.pane.go_on() {
        Some(effects) => {
            screen.carry_out(effects);
            true
        }
        None => false,
    }
}

fn shows(screen: &Screen, what: &str) {
    let text = screen.text();
    assert!(text.contains(what), "no {what:?} in\n{text}");
}

#[test]
fn a_viewed_file_is_folded_and_the_next_one_is_shown() {
    let mut screen = annotated(160, 30);
    assert!(
        screen
            .pane
            .viewing()
            .unwrap_err()
            .contains("still being read")
    );
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    shows(&screen, "1/4 · 0/4 viewed");
    shows(&screen, " M candidate/q/book.py");
    screen.press(Action::NextFile).unwrap();
    assert!(mark(&mut screen, &mut reading));
    shows(&screen, "3/4 · 1/4 viewed");
    shows(&screen, "✓A fresh.py");
    screen.press(Action::PreviousFile).unwrap();
    shows(&screen, "viewed  added");
    shows(&screen, "▸ 2 lines, viewed");
    assert!(!screen.text().contains("def fresh"));
    // It stays so while it is compared anew.
    screen.press(Action::IgnoreSpace).unwrap();
    shows(&screen, "▸ 2 lines, viewed");
    screen.press(Action::IgnoreSpace).unwrap();
    // What goes to a line of it opens it, and so does the key for folds.
    screen.press(Action::DiffToggleFold).unwrap();
    shows(&screen, "def fresh");
    screen.press(Action::DiffToggleFold).unwrap_err();
    // The same key takes the mark back, and stays.
    assert!(mark(&mut screen, &mut reading));
    shows(&screen, "2/4 · 0/4 viewed");
    shows(&screen, "def fresh");
    assert_eq!(reading, Reading::default());
}

#[test]
fn after_the_last_file_comes_one_that_is_not_viewed_until_none_is_left() {
    let mut screen = annotated(100, 30);
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    screen.press(Action::NextFile).unwrap();
    for place in ["3/4 · 1/4", "4/4 · 2/4", "1/4 · 3/4"] {
        assert!(mark(&mut screen, &mut reading));
        shows(&screen, place);
    }
    assert!(!mark(&mut screen, &mut reading), "nothing is left");
    shows(&screen, "1/4 · 4/4 viewed");
    // A search finds what is folded, and opens it.
    screen.pane.search("def fresh");
    assert!(screen.cursor().contains("def fresh"), "{}", screen.text());
}

#[test]
fn it_opens_on_the_first_file_that_is_not_viewed() {
    let mut screen = annotated(160, 30);
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    mark(&mut screen, &mut reading);
    let (pane, effects) = DiffPane::new("candidate/q".into(), 8);
    screen.pane = pane;
    screen.pane.resize(screen.size);
    screen.pane.read(Some(Arc::new(reading)));
    screen.carry_out(effects);
    shows(&screen, "2/4 · 1/4 viewed");
}

#[test]
fn a_mark_is_gone_once_the_file_changes_on_either_side() {
    let mut place = sample();
    let mut screen = Screen::open(&place, "candidate/q", 160, 30);
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    while mark(&mut screen, &mut reading) {}
    place.commit(
        "main",
        &[("candidate/q/book.py", text(NEW.replace("strict", "loose")))],
    );
    let again = |reading: &Reading, place: &super::place::Place| {
        let mut screen = Screen::open(place, "candidate/q", 160, 30);
        screen.pane.read(Some(Arc::new(reading.clone())));
        screen
    };
    let screen = again(&reading, &place);
    shows(&screen, "changed since you viewed it");
    shows(&screen, "3/4 viewed");
    shows(&screen, "~M book.py");
    shows(&screen, "loose");
    // What stands in the target lane is a part of what was shown.
    place.commit(
        "main",
        &[
            ("candidate/q/book.py", text(NEW)),
            ("core/q/book.py", text(OLD.replace("ledger", "book"))),
        ],
    );
    shows(&again(&reading, &place), "changed since you viewed it");
    // As it was, it is viewed.
    place.commit("main", &[("core/q/book.py", text(OLD))]);
    shows(&again(&reading, &place), "4/4 viewed");
}

#[test]
fn to_compare_with_something_else_is_not_a_change() {
    let mut screen = annotated(160, 30);
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    mark(&mut screen, &mut reading);
    screen.press(Action::Against).unwrap();
    shows(&screen, "0/");
    assert!(!screen.text().contains("since you viewed"));
}

#[test]
fn the_outline_has_the_digests_of_the_diff_without_reading_a_file() {
    let place = sample();
    let mut screen = Screen::open(&place, "candidate/q", 160, 30);
    let mut reading = Reading::default();
    screen.pane.read(Some(Arc::new(reading.clone())));
    while mark(&mut screen, &mut reading) {}
    let against = Against::Target("core".into());
    let found = outline(&place.workspace(), &"candidate/q".into(), &against).unwrap();
    assert_eq!(found.files.len(), 4);
    let files = found.files.iter().map(|(path, shown)| (path, *shown));
    let seen = reading.seen(&found.against, files);
    assert!(
        seen.iter()
            .all(|it| *it == countersign::promotion::reading::Seen::Yes),
        "{seen:?}"
    );
}
