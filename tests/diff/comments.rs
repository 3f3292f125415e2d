//! Comments to oneself in the pane: below their lines, wherever those go.

use std::sync::Arc;

use countersign::console::action::Action;
use countersign::console::theme::Theme;
use countersign::promotion::reading::{Comment, Jot, Reading};

use super::pane::{NEW, Screen, annotated, picture, sample};
use super::place::{Place, text};

fn tell(screen: &mut Screen, reading: &Reading) {
    screen.pane.read(Some(Arc::new(reading.clone())));
}

/// Writes on the line under the cursor.
fn say(screen: &mut Screen, reading: &mut Reading, text: &str) {
    let (on, _) = screen.pane.commenting().unwrap();
    let text = text.into();
    reading.take(&Jot::Comment(Comment { on, text }));
    tell(screen, reading);
}

fn shows(screen: &Screen, what: &str) {
    let text = screen.text();
    assert!(text.contains(what), "no {what:?} in\n{text}");
}

fn line_with(screen: &Screen, what: &str) -> usize {
    let text = screen.text();
    let at = text.lines().position(|line| line.contains(what));
    at.unwrap_or_else(|| panic!("no {what:?} in\n{text}"))
}

/// At `book.py`, with a comment on a line that came and on one that went.
fn commented(width: u16, height: u16) -> (Screen, Reading) {
    let mut screen = annotated(width, height);
    let mut reading = Reading::default();
    tell(&mut screen, &reading);
    screen.pane.reveal(&"candidate/q/book.py".into(), 4);
    say(&mut screen, &mut reading, "why is this imported?\nask Ines");
    screen.pane.search("moved_block(a");
    screen.pane.search("");
    say(&mut screen, &mut reading, "moved \u{1b}[31munchanged");
    (screen, reading)
}

#[test]
fn a_comment_stands_below_its_line_and_the_cursor_passes_it() {
    let (mut screen, _) = commented(160, 40);
    screen.press(Action::Top).unwrap();
    let line = line_with(&screen, "import sys");
    assert_eq!(line_with(&screen, "✎ why is this imported?"), line + 1);
    assert_eq!(line_with(&screen, "│ ask Ines"), line + 2);
    // Hostile text is no worse for being one's own.
    shows(&screen, "moved ␛[31munchanged");
    screen.press(Action::Bottom).unwrap();
    screen.press(Action::Top).unwrap();
    let mut seen = Vec::new();
    loop {
        let cursor = screen.cursor();
        assert!(
            !cursor.contains('✎') || cursor.contains("import") || cursor.contains("def"),
            "{cursor}"
        );
        if seen.last() == Some(&cursor) {
            break;
        }
        seen.push(cursor);
        let _ = screen.press(Action::Down);
    }
    let down = seen.len();
    screen.press(Action::Bottom).unwrap();
    for _ in 1..down {
        screen.press(Action::Up).unwrap();
    }
    assert_eq!(screen.cursor(), seen[0], "as many steps up as down");
    // A click on a comment goes to its line.
    let row = line_with(&screen, "ask Ines") as u16;
    screen.pane.click(60, row);
    assert!(
        screen.cursor().contains("import sys"),
        "{}",
        screen.cursor()
    );
}

#[test]
fn keys_go_from_comment_to_comment_through_all_files() {
    let (mut screen, mut reading) = commented(160, 40);
    screen.press(Action::NextFile).unwrap();
    say(&mut screen, &mut reading, "fresh?");
    screen.press(Action::PreviousComment).unwrap();
    assert!(
        screen.cursor().contains("def moved_block"),
        "{}",
        screen.cursor()
    );
    screen.press(Action::PreviousComment).unwrap();
    assert!(screen.cursor().contains("import sys"));
    let none = screen.press(Action::PreviousComment).unwrap_err();
    assert_eq!(none, "there is no comment of yours before this line");
    screen.press(Action::NextComment).unwrap();
    screen.press(Action::NextComment).unwrap();
    assert!(screen.cursor().contains("def fresh"));
    assert!(screen.press(Action::NextComment).is_err());
    let all: Vec<_> = screen
        .pane
        .comments()
        .iter()
        .map(|(_, line, holds)| (*line, *holds))
        .collect();
    assert_eq!(all, [(4, true), (7, true), (1, true)]);
    screen.pane.go_to_comment(0);
    assert!(screen.cursor().contains("import sys"));
}

#[test]
fn a_comment_is_changed_and_deleted_where_it_stands() {
    let (mut screen, mut reading) = commented(160, 40);
    screen.pane.go_to_comment(0);
    assert_eq!(
        screen.pane.commenting().unwrap().1,
        "why is this imported?\nask Ines"
    );
    say(&mut screen, &mut reading, "it is used");
    shows(&screen, "✎ it is used");
    assert!(!screen.text().contains("ask Ines"));
    let comment = screen.pane.comment().unwrap();
    let text = String::new();
    reading.take(&Jot::Comment(Comment { text, ..comment }));
    tell(&mut screen, &reading);
    assert!(!screen.text().contains("it is used"));
    assert!(screen.pane.comment().unwrap_err().contains("no comment"));
}

#[test]
fn a_comment_follows_its_line_and_says_when_that_changed() {
    let (_, reading) = commented(160, 40);
    let mut place = sample();
    let mut open = |new: String| {
        place.commit("main", &[("candidate/q/book.py", text(new))]);
        let mut screen = Screen::open(&place, "candidate/q", 160, 40);
        tell(&mut screen, &reading);
        screen
    };
    let screen = open(NEW.replace("import os\n", "import os\nimport re\nimport io\n"));
    let line = line_with(&screen, "import sys");
    assert_eq!(line_with(&screen, "✎ why is this imported?"), line + 1);
    assert!(screen.text().contains("6 + import sys"));
    let screen = open(NEW.replace("import sys", "import sys as system"));
    let line = line_with(&screen, "import sys as system");
    let said = line_with(&screen, "✎ (its line changed) why is this imported?");
    assert_eq!(said, line + 1, "about where it was");
    assert!(!screen.pane.comments()[0].2);
}

#[test]
fn what_is_folded_with_a_comment_says_so_and_opens() {
    let many: String = (0..60).map(|n| format!("line_{n} = {n}\n")).collect();
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(many.clone())),
            (
                "candidate/q/a.py",
                text(many.replace("line_50 ", "changed ")),
            ),
        ],
    );
    let mut screen = Screen::open(&place, "candidate/q", 100, 20);
    let mut reading = Reading::default();
    tell(&mut screen, &reading);
    screen.press(Action::Top).unwrap();
    assert!(screen.pane.commenting().unwrap_err().contains("folded"));
    screen.pane.reveal(&"candidate/q/a.py".into(), 21);
    say(&mut screen, &mut reading, "here");
    screen.press(Action::DiffFoldAll).unwrap();
    shows(&screen, "47 unchanged lines · ✎ 1");
    screen.press(Action::Top).unwrap();
    screen.press(Action::NextComment).unwrap();
    assert!(screen.cursor().contains("line_20"), "{}", screen.text());
    shows(&screen, "✎ here");
}

#[test]
fn looks() {
    for (width, height) in [(60, 16), (80, 24), (160, 50)] {
        let (mut screen, mut reading) = commented(width, height);
        screen.pane.reveal(&"candidate/q/fresh.py".into(), 1);
        let viewing = screen.pane.viewing().unwrap();
        reading.take(&viewing);
        tell(&mut screen, &reading);
        screen.pane.go_on();
        screen.pane.go_to_comment(0);
        for (name, theme) in [
            ("dark", Theme::dark()),
            ("light", Theme::light()),
            ("no-colour", Theme::no_color()),
        ] {
            let picture = picture(&screen.draw(&theme));
            insta::assert_snapshot!(format!("reading-{width}x{height}-{name}"), picture);
        }
    }
}
