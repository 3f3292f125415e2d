//! Moved lines: recognised as git recognises them, told apart, and gone to.

use countersign::console::action::Action;
use countersign::workflow::compare::{Against, FileDiff, Side, compare};

use super::pane::Screen;
use super::place::{Place, text};

const FIRST: &str = "def first_of_them(amount):\n    return amount + 1\n";
const SECOND: &str = "def second_of_them(amount):\n    return amount - 1\n";

/// Two blocks of one file, which meet in another.
fn place() -> Place {
    let keep: String = (0..20).map(|n| format!("keep_{n} = {n}\n")).collect();
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(format!("{FIRST}{keep}{SECOND}"))),
            ("core/q/b.py", text("import os\n")),
            ("candidate/q/a.py", text(keep)),
            (
                "candidate/q/b.py",
                text(format!("import os\n\n\n{SECOND}{FIRST}")),
            ),
        ],
    );
    place
}

fn files(place: &Place) -> Vec<FileDiff> {
    let against = Against::Target("core".into());
    compare(&place.workspace(), &"candidate/q".into(), &against)
        .unwrap()
        .files
}

#[test]
fn blocks_that_meet_look_different_by_turns() {
    let files = files(&place());
    let ends: Vec<_> = files[1]
        .moves
        .iter()
        .map(|it| (it.side, it.lines.clone(), it.file, it.line, it.alternate))
        .collect();
    assert_eq!(
        ends,
        [
            (Side::Right, 3..5, 0, 22, false),
            (Side::Right, 5..7, 0, 0, true)
        ]
    );
    assert!(files[0].moves.iter().all(|it| !it.alternate));
}

#[test]
fn twenty_letters_and_digits_are_a_block_and_fewer_are_none() {
    for (line, blocks) in [
        ("value_of_it = 1234567\n", 0),
        ("value_of_it = 12345678901\n", 1),
    ] {
        let mut place = Place::new();
        place.commit(
            "main",
            &[
                ("core/q/a.py", text(format!("keep = 1\n{line}"))),
                ("core/q/b.py", text("other = 2\n")),
                ("candidate/q/a.py", text("keep = 1\n")),
                ("candidate/q/b.py", text(format!("other = 2\n{line}"))),
            ],
        );
        assert_eq!(files(&place)[0].moves.len(), blocks, "{line}");
    }
}

/// The right ends of what moved from `core/q` to `candidate/q`: which file, which lines.
fn ends(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<(String, std::ops::Range<u32>)> {
    let put = |lane: &str, it: &(&str, &str)| (format!("{lane}/q/{}", it.0), it.1.to_owned());
    let old = old.iter().map(|it| put("core", it));
    let all: Vec<_> = old
        .chain(new.iter().map(|it| put("candidate", it)))
        .collect();
    let mut place = Place::new();
    let all: Vec<_> = all
        .iter()
        .map(|it| (it.0.as_str(), text(it.1.as_str())))
        .collect();
    place.commit("main", &all);
    let files = files(&place);
    let right = |file: &FileDiff| {
        let moves = file.moves.iter().filter(|it| it.side == Side::Right);
        let path = file.path().to_string();
        moves
            .map(|it| (path.clone(), it.lines.clone()))
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(right).collect()
}

#[test]
fn of_several_places_the_one_with_most_of_the_block_is_its_end() {
    let head = "def first_of_them_all(amount):\n";
    let new = format!("import os\n{head}    pass\n\n\n{FIRST}{SECOND}");
    let old = format!("keep = 1\n{}{SECOND}", FIRST);
    let new = new.replace(head, "def first_of_them(amount):\n");
    let found = ends(
        &[("a.py", &old), ("b.py", "import os\n")],
        &[("a.py", "keep = 1\n"), ("b.py", &new)],
    );
    assert_eq!(found, [("candidate/q/b.py".to_owned(), 5..9)]);
}

#[test]
fn a_line_is_the_end_of_one_block_only() {
    let found = ends(
        &[
            ("a.py", &format!("a = 1\n{FIRST}")),
            ("b.py", &format!("b = 1\n{FIRST}")),
            ("c.py", "c = 1\n"),
        ],
        &[
            ("a.py", "a = 1\n"),
            ("b.py", "b = 1\n"),
            ("c.py", &format!("c = 1\n{FIRST}")),
        ],
    );
    assert_eq!(found, [("candidate/q/c.py".to_owned(), 1..3)]);
}

#[test]
fn what_was_put_in_everywhere_was_moved_from_nowhere() {
    let line = "raise NotImplementedError(\"later\")\n";
    let count = |times: usize| {
        let put: String = (0..times).map(|n| format!("{line}x_{n} = {n}\n")).collect();
        let old = format!("a = 1\n{line}");
        let found = ends(
            &[("a.py", &old), ("b.py", "b = 1\n")],
            &[("a.py", "a = 1\n"), ("b.py", &format!("b = 1\n{put}"))],
        );
        found.len()
    };
    assert_eq!((count(3), count(30)), (1, 0));
}

#[test]
fn a_hundred_thousand_moved_lines_are_found() {
    // Many lines alike among them: what begins no search costs none.
    let block = |from: usize| -> String {
        let line = |n: usize| match n % 4 {
            0 => format!("value_{n} = compute({n})\n"),
            1 => "    return None\n".to_owned(),
            2 => "\n".to_owned(),
            _ => format!("def name_{n}(self):\n"),
        };
        (from..from + 50_000).map(line).collect()
    };
    let (a, b) = (block(0), block(50_000));
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(format!("{a}{b}"))),
            ("candidate/q/a.py", text(format!("{b}{a}"))),
        ],
    );
    let files = files(&place);
    let lines: usize = files[0].moves.iter().map(|it| it.lines.len()).sum();
    // Both ends of one half, but for lines at its edges that stand everywhere.
    assert!((99_900..=100_000).contains(&lines), "{lines}");
}

#[test]
fn a_key_goes_to_the_other_end_and_back() {
    for layout in [false, true] {
        let place = place();
        let mut screen = Screen::open(&place, "candidate/q", 140, 24);
        if layout {
            screen.press(Action::Layout).unwrap();
        }
        screen.pane.reveal(&"candidate/q/b.py".into(), 7);
        assert!(screen.cursor().contains("› "), "{}", screen.text());
        assert!(
            screen.text().contains("moved from core/q/a.py:2"),
            "{}",
            screen.text()
        );
        screen.press(Action::OtherEnd).unwrap();
        let text = screen.text();
        assert!(text.contains("moved to candidate/q/b.py:7"), "{text}");
        assert!(screen.cursor().contains("» "), "{text}");
        screen.press(Action::OtherEnd).unwrap();
        assert!(screen.text().contains("moved from core/q/a.py:2"));
        screen.press(Action::Top).unwrap();
        let why = screen.press(Action::OtherEnd).unwrap_err();
        assert_eq!(why, "this line was not moved");
    }
}

#[test]
fn the_command_says_where_a_block_came_from() {
    let wide = place().command(&["--width", "120"]);
    for words in [
        "» 2 lines moved to candidate/q/b.py:6",
        "» 2 lines moved from core/q/a.py:23",
    ] {
        assert!(wide.contains(words), "no {words:?} in\n{wide}");
    }
}
