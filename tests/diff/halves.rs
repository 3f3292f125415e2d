//! The line between the halves, where it is moved.

use countersign::console::action::Action;
use ratatui::layout::Rect;

use super::pane::Screen;
use super::place::{Place, text};

const AREA: Rect = Rect::new(0, 0, 100, 20);

fn screen() -> Screen {
    let line = |last: &str| format!("value = '{}{last}'\n", "word ".repeat(10));
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(line("OLD"))),
            ("candidate/q/a.py", text(line("NEW"))),
        ],
    );
    Screen::open(&place, "candidate/q", AREA.width, AREA.height)
}

/// Where the line is on each row of the text.
fn rules(screen: &Screen) -> Vec<usize> {
    let text = screen.text();
    let rows = text.lines().filter(|line| line.contains('│'));
    rows.map(|line| line.chars().position(|it| it == '│').unwrap())
        .collect()
}

#[test]
fn it_is_drawn_where_it_was_moved_to_and_each_half_keeps_some_columns() {
    let mut screen = screen();
    for (moved, x) in [(0, 49), (20, 69), (-20, 29), (500, 75), (-500, 24)] {
        let rule = screen.pane.rule(AREA, moved).unwrap();
        assert_eq!((rule.x, rule.width), (x, 1), "moved by {moved}");
        screen.pane.divide(moved);
        let drawn = rules(&screen);
        assert!(drawn.len() > 1, "{}", screen.text());
        assert!(drawn.iter().all(|it| *it == usize::from(x)), "{drawn:?}");
    }
    // What is left of it has room for more.
    screen.pane.divide(0);
    assert!(!screen.text().contains("OLD") && !screen.text().contains("NEW"));
    screen.pane.divide(26);
    assert!(screen.text().contains("OLD"), "{}", screen.text());
    assert!(!screen.text().contains("NEW"), "{}", screen.text());
}

#[test]
fn wrapped_lines_follow_it() {
    let mut screen = screen();
    screen.press(Action::Wrap).unwrap();
    let rows = rules(&screen).len();
    screen.pane.divide(-25);
    assert!(rules(&screen).len() > rows, "{}", screen.text());
    assert!(screen.text().contains("OLD"), "{}", screen.text());
}

#[test]
fn a_change_is_scrolled_to_where_the_smaller_half_shows_it() {
    let mut screen = screen();
    screen.pane.divide(-25);
    screen.pane.search("NEW");
    screen.pane.search("OLD");
    assert!(screen.text().contains("OLD"), "{}", screen.text());
}

#[test]
fn one_column_has_none() {
    let mut screen = screen();
    screen.press(Action::Layout).unwrap();
    assert_eq!(screen.pane.rule(AREA, 0), None);
    assert_eq!(rules(&screen), [0; 0]);
}
