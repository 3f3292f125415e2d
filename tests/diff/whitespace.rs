//! White space ignored: what differs in nothing else is context, and is counted; what is
//! indented in another way is never hidden without a word.

use countersign::console::action::Action;
use countersign::workflow::compare::{Alignment, Lines, Row, Side, Spaces};
use proptest::prelude::*;

use super::pane::Screen;
use super::place::{Place, text};

fn align(left: &str, right: &str, spaces: Spaces) -> Alignment {
    let (left, right) = (Lines::new(left.as_bytes()), Lines::new(right.as_bytes()));
    Alignment::unless(&left, &right, spaces, &|| false).unwrap()
}

#[test]
fn what_differs_in_white_space_only_is_context() {
    let left = "def f(a,b):\n    return  a\n\nx = 1\nend = 0\n";
    let right = "def f(a, b):\n\treturn a\n   \nx = 2\nend = 0 \r\n";
    let all = align(left, right, Spaces::Ignore);
    assert_eq!(
        all.rows(),
        [
            Row::Space {
                left: 0,
                right: 0,
                indent: false
            },
            Row::Space {
                left: 1,
                right: 1,
                indent: true
            },
            // A blank line is indented with nothing, whatever stands in it.
            Row::Space {
                left: 2,
                right: 2,
                indent: false
            },
            Row::Replace { left: 3, right: 3 },
            Row::Space {
                left: 4,
                right: 4,
                indent: false
            },
        ]
    );
    assert_eq!(all.spaced(0..u32::MAX), (1, 3));
    assert_eq!(all.spaced(2..4), (0, 1));
    assert_eq!((all.stats().added, all.stats().removed), (1, 1));
    assert_eq!(align(left, right, Spaces::Count).stats().added, 5);
}

proptest! {
    /// Ignoring white space hides a difference only where there is none but white space,
    /// and no line of either side is lost.
    #[test]
    fn nothing_but_white_space_is_hidden(left in "([ab] {0,2}[ab]?\n){0,20}", right in "( {0,2}[ab] ?\n){0,20}") {
        let all = align(&left, &right, Spaces::Ignore);
        let line = |text: &str, n: usize| text.lines().nth(n).unwrap_or_default().to_owned();
        let squeeze = |text: String| text.replace(' ', "");
        for row in all.rows() {
            if let (Some(l), Some(r)) = (row.line(Side::Left), row.line(Side::Right)) {
                let (l, r) = (line(&left, l), line(&right, r));
                prop_assert_eq!(row.differs(), squeeze(l.clone()) != squeeze(r.clone()));
                prop_assert_eq!(matches!(row, Row::Space { .. }), !row.differs() && l != r);
            }
        }
        prop_assert_eq!(all.lines(Side::Left), left.lines().count());
        prop_assert_eq!(all.lines(Side::Right), right.lines().count());
    }
}

fn place() -> Place {
    let many: String = (0..40).map(|n| format!("line_{n} = {n}\n")).collect();
    let old = format!("if a:\n    one()\nelse:\n    two()\n{many}last = 1\n");
    let new = old
        .replace("    two()", "two()")
        .replace("line_3 =", "    line_3 =")
        .replace("line_7 = 7", "line_7  =  7")
        .replace("last = 1", "last = 2");
    let mut place = Place::new();
    place.commit(
        "main",
        &[("core/q/a.py", text(old)), ("candidate/q/a.py", text(new))],
    );
    place
}

#[test]
fn the_pane_says_what_it_does_not_show() {
    let place = place();
    let mut screen = Screen::open(&place, "candidate/q", 110, 24);
    assert!(screen.text().contains("+4 -4"), "{}", screen.text());
    assert!(!screen.text().contains("white space"));
    screen.press(Action::IgnoreSpace).unwrap();
    let text = screen.text();
    assert!(text.contains("+1 -1"), "{text}");
    assert!(
        text.contains("⇥ 2 lines differ in indentation only, 1 in other white space"),
        "{text}"
    );
    // Where one is stays in sight. What is folded away says that it holds some.
    assert!(screen.cursor().contains("⇥"), "{}", screen.cursor());
    screen.press(Action::DiffFoldAll).unwrap();
    let text = screen.text();
    assert!(
        text.contains("unchanged lines · ⇥ 2 in indentation"),
        "{text}"
    );
    screen.press(Action::DiffUnfoldAll).unwrap();
    screen.press(Action::Top).unwrap();
    for _ in 0..3 {
        screen.press(Action::Down).unwrap();
    }
    assert!(screen.cursor().contains("⇥"), "{}", screen.cursor());
    let text = screen.text();
    assert!(
        text.contains("differs in indentation only: by nothing, it was 4 spaces"),
        "{text}"
    );
    // In one column, too.
    screen.press(Action::Layout).unwrap();
    assert!(screen.cursor().contains("⇥ two()"), "{}", screen.cursor());
    screen.press(Action::IgnoreSpace).unwrap();
    assert!(screen.text().contains("+4 -4"), "{}", screen.text());
    assert!(!screen.text().contains('⇥'));
}

#[test]
fn it_stays_ignored_while_something_else_is_compared_with() {
    let place = place();
    let mut screen = Screen::open(&place, "candidate/q", 110, 24);
    screen.press(Action::IgnoreSpace).unwrap();
    screen.press(Action::Against).unwrap();
    assert!(
        screen.text().contains("white space ignored"),
        "{}",
        screen.text()
    );
}

#[test]
fn the_command_ignores_it_too_and_says_what_it_does_not_show() {
    let place = place();
    let wide = place.command(&["-w", "--width", "120"]);
    for words in [
        "+1 -1  ⇥ 2 lines differ in indentation only  1 line differs in other white space only",
        "⇥ two()",
    ] {
        assert!(wide.contains(words), "no {words:?} in\n{wide}");
    }
    let narrow = place.command(&["--ignore-whitespace", "--unified"]);
    assert!(narrow.contains("\n⇥two()\n"), "{narrow}");
    assert!(!narrow.contains("\n+two()"), "{narrow}");
    let json = place.command(&["-w", "--json"]);
    assert!(json.contains(r#""kind":"space""#), "{json}");
    assert!(!place.command(&["--unified"]).contains('⇥'));
}
