//! Long lines on several rows of the screen.

use countersign::console::action::Action;
use ratatui::layout::Size;

use super::pane::Screen;
use super::place::{Place, text};

fn long() -> String {
    let words: Vec<_> = (0..60).map(|n| format!("word{n:02}")).collect();
    words.join(" ")
}

fn screen(width: u16, height: u16) -> Screen {
    let old = format!("first = 1\nvalue = '{}'\nlast = 2\n", long());
    let new = old
        .replace("word59", "CHANGED")
        .replace("last = 2", "last = 漢字");
    compared(old, new, width, height)
}

fn compared(old: String, new: String, width: u16, height: u16) -> Screen {
    let mut place = Place::new();
    place.commit(
        "main",
        &[("core/q/a.py", text(old)), ("candidate/q/a.py", text(new))],
    );
    Screen::open(&place, "candidate/q", width, height)
}

fn shown(screen: &Screen) -> String {
    screen.text()
}

#[test]
fn a_long_line_is_shown_to_its_end_in_both_layouts() {
    for width in [60, 100, 160] {
        let mut screen = screen(width, 30);
        assert!(!shown(&screen).contains("CHANGED"), "{}", shown(&screen));
        screen.press(Action::Wrap).unwrap();
        let wrapped = shown(&screen);
        assert!(wrapped.contains("CHANGED"), "at {width}:\n{wrapped}");
        assert!(wrapped.contains("long lines wrapped"), "{wrapped}");
        assert!(wrapped.contains("漢字"), "{wrapped}");
        screen.press(Action::Wrap).unwrap();
        assert!(!shown(&screen).contains("CHANGED"));
    }
}

#[test]
fn the_cursor_passes_the_rest_of_a_line_and_comes_back() {
    let mut screen = screen(60, 16);
    screen.press(Action::Wrap).unwrap();
    screen.press(Action::Top).unwrap();
    let top = shown(&screen);
    let mut places = vec![screen.pane.at()];
    while screen.press(Action::Down).is_ok() && places.last() != Some(&screen.pane.at()) {
        places.push(screen.pane.at());
    }
    assert!(shown(&screen).contains("漢字"), "{}", shown(&screen));
    // As many stops as there are lines: first, old, new, last twice.
    assert!(places.len() <= 6, "{places:?}");
    screen.press(Action::Top).unwrap();
    assert_eq!(shown(&screen), top);
}

#[test]
fn nothing_lies_to_the_side_where_lines_are_wrapped() {
    let mut screen = screen(100, 30);
    screen.press(Action::Wrap).unwrap();
    let why = screen.press(Action::ScrollRight).unwrap_err();
    assert!(why.contains("wrapped"), "{why}");
}

#[test]
fn a_line_that_would_fill_the_screen_is_cut_and_says_so() {
    let huge = "x = '".to_owned() + &"漢é".repeat(100_000) + "'\n";
    let mut screen = compared("x = 1\n".into(), huge + "after = 1\n", 80, 24);
    screen.press(Action::Wrap).unwrap();
    screen.press(Action::Bottom).unwrap();
    let bottom = shown(&screen);
    assert!(bottom.contains("after = 1"), "{bottom}");
    assert!(bottom.contains('…'), "{bottom}");
}

#[test]
fn wrapped_lines_begin_at_their_beginning_and_follow_the_size_of_the_window() {
    let mut screen = screen(160, 30);
    screen.press(Action::Layout).unwrap();
    for _ in 0..4 {
        screen.press(Action::ScrollRight).unwrap();
    }
    assert!(!shown(&screen).contains("value = 'word00"));
    screen.press(Action::Wrap).unwrap();
    assert!(shown(&screen).contains("value = 'word00"));
    assert!(!shown(&screen).contains("column"), "{}", shown(&screen));
    screen.size = Size::new(60, 30);
    screen.pane.resize(screen.size);
    assert!(shown(&screen).contains("CHANGED"), "{}", shown(&screen));
}

#[test]
fn a_plain_line_takes_no_more_than_two_dozen_rows_however_high_the_window_is() {
    let huge = format!("x = '{}'\nafter = 1\n", "y".repeat(20_000));
    let mut screen = compared("x = 1\n".into(), huge, 80, 60);
    screen.press(Action::Wrap).unwrap();
    screen.press(Action::Top).unwrap();
    let top = shown(&screen);
    let place = |what: &str| top.lines().position(|line| line.contains(what));
    let (first, after) = (place("x = 'yy").unwrap(), place("after = 1").unwrap());
    assert_eq!(after - first, 24, "{top}");
}
