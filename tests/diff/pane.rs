//! The pane: what it shows, and what keys do.

use std::sync::Arc;

use countersign::console::action::Action;
use countersign::console::diff::{DiffPane, execute};
use countersign::console::effect::Effect;
use countersign::console::theme::Theme;
use countersign::promotion::{
    Coverage, Criterion, Evidence, FileCoverage, Finding, GateId, GateState, GateStatus, Isolation,
    Novelty, ObjectId, Outcome, Severity, text::is_hostile,
};
use countersign::workflow::Workspace;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Style;

use super::place::{Place, Put, text};

/// A pane of a size, with a worker that is always done at once.
pub struct Screen {
    /// Kept: its directory goes with it.
    #[allow(dead_code, reason = "held, not read")]
    place: Option<Place>,
    ws: Workspace,
    pub pane: DiffPane,
    pub size: Size,
    edited: Option<(String, u32)>,
}

impl Screen {
    pub fn open(place: &Place, module: &str, width: u16, height: u16) -> Self {
        let (pane, effects) = DiffPane::new(module.into(), 7);
        let mut screen = Self {
            place: None,
            ws: place.workspace(),
            pane,
            size: Size::new(width, height),
            edited: None,
        };
        screen.pane.resize(screen.size);
        screen.carry_out(effects);
        screen
    }

    pub fn carry_out(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Diff(request) => {
                    let reply = execute(&self.ws, request, &|| false);
                    effects.extend(self.pane.apply(reply));
                }
                Effect::Edit { path, line, .. } => self.edited = Some((path.to_string(), line)),
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    pub fn press(&mut self, action: Action) -> Result<(), String> {
        let effects = self.pane.update(action)?;
        self.carry_out(effects);
        Ok(())
    }

    pub fn draw(&self, theme: &Theme) -> Buffer {
        let backend = TestBackend::new(self.size.width, self.size.height);
        let mut terminal = Terminal::new(backend).unwrap();
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        terminal
            .draw(|frame| self.pane.render(frame, area, theme))
            .unwrap();
        terminal.backend().buffer().clone()
    }

    pub fn text(&self) -> String {
        lines(&self.draw(&Theme::no_color())).join("\n")
    }

    /// The line that the cursor is on: its number stands reversed. Nothing where
    /// there are no lines.
    pub fn cursor(&self) -> String {
        let buffer = self.draw(&Theme::no_color());
        // The list of files has a selection of its own.
        let list = match buffer.area.width {
            0..120 => 0,
            width => (width / 5).clamp(22, 36) + 1,
        };
        let reversed = |y: u16| {
            (list..buffer.area.width.min(list + 10)).any(|x| {
                let modifier = buffer[(x, y)].modifier;
                modifier.contains(ratatui::style::Modifier::REVERSED)
            })
        };
        match (0..buffer.area.height).find(|y| reversed(*y)) {
            Some(y) => lines(&buffer)[usize::from(y)].clone(),
            None => String::new(),
        }
    }
}

fn lines(buffer: &Buffer) -> Vec<String> {
    (0..buffer.area.height)
        .map(|y| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += unicode_width::UnicodeWidthStr::width(symbol).max(1) as u16;
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// The text, then a letter for the style of each cell, then what the letters mean.
pub fn picture(buffer: &Buffer) -> String {
    let mut styles: Vec<Style> = Vec::new();
    let mut rows = Vec::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        for x in 0..buffer.area.width {
            let style = buffer[(x, y)].style();
            let at = styles.iter().position(|s| *s == style).unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            row.push(
                char::from_u32('a' as u32 + at as u32)
                    .filter(|_| at < 26)
                    .or_else(|| char::from_u32('A' as u32 + at as u32 - 26))
                    .unwrap(),
            );
        }
        rows.push(row);
    }
    let legend: Vec<String> = styles
        .iter()
        .enumerate()
        .map(|(at, s)| {
            let letter = rows.iter().flat_map(|r| r.chars()).find(|c| {
                *c as usize
                    == if at < 26 {
                        'a' as usize + at
                    } else {
                        'A' as usize + at - 26
                    }
            });
            format!(
                "{} fg={:?} bg={:?} {:?}",
                letter.unwrap_or('?'),
                s.fg,
                s.bg,
                s.add_modifier
            )
        })
        .collect();
    format!(
        "{}\n\n{}\n\n{}",
        lines(buffer).join("\n"),
        rows.join("\n"),
        legend.join("\n")
    )
}

pub const OLD: &str = r#""""A ledger."""

import os


def open_book(path):
    """Opens it."""
    book = load(path)
    check(book)
    return book


def total(entries):
    result = 0
    for entry in entries:
        result += entry.amount
    return result


def moved_block(a, b):
    first = a + 1
    second = b + 2
    return first * second


def last():
    return os.name
"#;

pub const NEW: &str = "\"\"\"A ledger.\"\"\"\n\nimport os\nimport sys\n\n\ndef moved_block(a, b):\n    first = a + 1\n    second = b + 2\n    return first * second\n\n\ndef open_book(path, *, strict=True):\n    \"\"\"Opens it, \u{1b}[31mred\u{1b}[0m and \u{202e}backwards.\"\"\"\n    book = load(path, strict=strict)\n    check(book)\n    return book\n\n\ndef total(entries):\n    result = 0\n    for entry in entries:\n        result += entry.amount\n    return result\n\n\ndef wide():\n\treturn \"漢字 e\u{301} caf\u{e9}\"  # tab\n\n\ndef last():\n    return os.name\n";

pub fn sample() -> Place {
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/__init__.py", text("")),
            ("core/q/book.py", text(OLD)),
            ("core/q/link.py", text("LINK = 1\n")),
            ("core/q/mixed.py", text("one = 1\r\ntwo = 2\nthree = 3\n")),
            ("candidate/q/__init__.py", text("")),
            ("candidate/q/book.py", text(NEW)),
            (
                "candidate/q/fresh.py",
                text("def fresh():\n    return None\n"),
            ),
            ("candidate/q/link.py", Put::Link("/etc/passwd")),
            ("candidate/q/mixed.py", text("one = 1\ntwo = 2\nthree = 3")),
        ],
    );
    place
}

pub fn evidence() -> Vec<GateState> {
    let id = ObjectId::from_bytes([1; 20]);
    let finding = |rule: &str, message: &str, line: u32, novelty: Novelty| Finding {
        rule: rule.into(),
        message: message.into(),
        detail: String::new(),
        path: "candidate/q/book.py".into(),
        line,
        column: 1,
        source: String::new(),
        severity: Severity::Error,
        novelty,
    };
    let state = |gate: &'static str, criterion, findings, coverage| GateState {
        gate: GateId::new(gate),
        criterion,
        status: GateStatus::Failed,
        why: String::new(),
        evidence: Some(Arc::new(Evidence {
            version: 1,
            gate: GateId::new(gate),
            module: "candidate/q".into(),
            object: id,
            commit: id,
            base: None,
            key: String::new(),
            outcome: Outcome::Failed {
                why: "it does".into(),
            },
            summary: String::new(),
            work: Vec::new(),
            findings,
            coverage,
            api: Vec::new(),
            benchmarks: None,
            interpreter: None,
            runs: Vec::new(),
            isolation: Isolation::Process,
            started: 0,
            duration_ms: 1,
        })),
    };
    vec![
        state(
            "lint",
            Criterion::StaticAnalysis,
            vec![
                finding(
                    "F401",
                    "`sys` imported but\u{1b}[2J unused",
                    4,
                    Novelty::New,
                ),
                finding("E501", "line too long", 24, Novelty::Old),
            ],
            None,
        ),
        state(
            "coverage",
            Criterion::Tests,
            vec![],
            Some(Coverage {
                files: vec![FileCoverage {
                    path: "candidate/q/book.py".into(),
                    statements: 20,
                    covered: 15,
                    branches: 4,
                    covered_branches: 2,
                    missing: vec![28, 29, 32],
                    partial: vec![22],
                    ..FileCoverage::default()
                }],
                ..Coverage::default()
            }),
        ),
    ]
}

pub fn annotated(width: u16, height: u16) -> Screen {
    let place = sample();
    let mut screen = Screen::open(&place, "candidate/q", width, height);
    screen.place = Some(place);
    screen.pane.annotate(&evidence());
    screen
}

#[test]
fn looks() {
    for (width, height) in [(60, 16), (80, 24), (160, 50)] {
        let screen = annotated(width, height);
        for (name, theme) in [
            ("dark", Theme::dark()),
            ("light", Theme::light()),
            ("no-colour", Theme::no_color()),
        ] {
            let picture = picture(&screen.draw(&theme));
            insta::assert_snapshot!(format!("{width}x{height}-{name}"), picture);
        }
    }
}

#[test]
fn nothing_hostile_is_drawn() {
    for width in [60, 160] {
        let screen = annotated(width, 40);
        let text = screen.text();
        assert!(
            text.contains("␛[31mred") && text.contains("<U+202E>"),
            "{text}"
        );
        assert!(!text.chars().any(|c| c != '\n' && is_hostile(c)));
    }
}

#[test]
fn changes_are_walked_through_file_by_file() {
    let mut screen = annotated(160, 30);
    assert!(
        screen.cursor().contains("import sys"),
        "{}",
        screen.cursor()
    );
    screen.press(Action::NextChange).unwrap();
    let mut seen = vec![screen.cursor()];
    while screen.press(Action::NextChange).is_ok() {
        seen.push(screen.cursor());
        assert!(seen.len() < 30);
    }
    assert!(
        screen
            .press(Action::NextChange)
            .unwrap_err()
            .contains("no change after")
    );
    for expected in ["def moved_block", "def fresh", "three = 3<no newline>"] {
        assert!(
            seen.iter().any(|line| line.contains(expected)),
            "{expected} in {seen:#?}"
        );
    }
    assert!(screen.text().contains("mixed.py"));
    let mut back = 0;
    while screen.press(Action::PreviousChange).is_ok() {
        back += 1;
        assert!(back < 30);
    }
    assert!(screen.cursor().contains("import sys"));
}

#[test]
fn marks_are_walked_through_and_told() {
    let mut screen = annotated(120, 30);
    screen.press(Action::Top).unwrap();
    screen.press(Action::NextMark).unwrap();
    assert!(
        screen
            .text()
            .contains("lint F401: `sys` imported but␛[2J unused"),
        "{}",
        screen.text()
    );
    screen.press(Action::NextMark).unwrap();
    assert!(screen.text().contains("a branch was never taken"));
    screen.press(Action::NextMark).unwrap();
    assert!(screen.text().contains("lint E501 (old): line too long"));
    screen.press(Action::NextMark).unwrap();
    assert!(screen.text().contains("never ran"));
    assert!(
        screen.cursor().contains("return \"漢字"),
        "{}",
        screen.cursor()
    );
    // 28 and 29 are one block; 32 is the next.
    screen.press(Action::NextMark).unwrap();
    assert!(
        screen.cursor().contains("return os.name"),
        "{}",
        screen.cursor()
    );
    assert!(screen.press(Action::NextMark).is_err());
    screen.press(Action::PreviousMark).unwrap();
    assert!(screen.cursor().contains("漢字"));
    // The same apart.
    screen.press(Action::Top).unwrap();
    screen.press(Action::NextFinding).unwrap();
    assert!(screen.text().contains("lint F401"));
    screen.press(Action::NextFinding).unwrap();
    assert!(screen.text().contains("lint E501"));
    let none = screen.press(Action::NextFinding).unwrap_err();
    assert_eq!(none, "there is no finding after this one");
    screen.press(Action::DiffPreviousUncovered).unwrap();
    assert!(screen.text().contains("a branch was never taken"));
    screen.press(Action::DiffNextUncovered).unwrap();
    assert!(screen.cursor().contains("return \"漢字"));
}

#[test]
fn marks_are_those_of_the_evidence_there_is_now() {
    let mut screen = annotated(120, 30);
    assert!(screen.press(Action::DiffNextUncovered).is_ok());
    screen.pane.annotate(&evidence()[..1]);
    assert!(screen.press(Action::DiffNextUncovered).is_err());
    assert!(screen.press(Action::NextFinding).is_ok());
    screen.pane.annotate(&evidence());
    assert!(screen.press(Action::DiffNextUncovered).is_ok());
}

#[test]
fn stale_evidence_marks_nothing() {
    let mut screen = Screen::open(&sample(), "candidate/q", 120, 30);
    let stale: Vec<GateState> = evidence()
        .into_iter()
        .map(|state| GateState {
            status: GateStatus::Stale,
            ..state
        })
        .collect();
    screen.pane.annotate(&stale);
    assert!(
        screen
            .press(Action::NextMark)
            .unwrap_err()
            .contains("run the gates")
    );
}

#[test]
fn a_moved_block_says_where_it_came_from() {
    let mut screen = annotated(140, 40);
    screen.pane.reveal(&"candidate/q/book.py".into(), 7);
    assert!(
        screen.text().contains("moved from core/q/book.py:20"),
        "{}",
        screen.text()
    );
}

#[test]
fn search_goes_to_matches_in_every_file() {
    let mut screen = annotated(120, 30);
    screen.pane.search("fresh");
    assert!(screen.text().contains("fresh.py"));
    assert!(screen.cursor().contains("def fresh"));
    screen.pane.search("LOAD(");
    screen.pane.search("load(");
    assert!(
        screen.cursor().contains("load(path, strict"),
        "{}",
        screen.cursor()
    );
    screen.press(Action::NextMatch).unwrap();
    assert!(screen.cursor().contains("load(path"));
    screen.pane.search("nowhere to be found");
    assert!(
        screen
            .press(Action::NextMatch)
            .unwrap_err()
            .contains("no match")
    );
    screen.pane.search("");
    assert!(
        screen
            .press(Action::NextMatch)
            .unwrap_err()
            .contains("nothing is searched")
    );
}

#[test]
fn folds_open_and_close() {
    let many: String = (0..200).map(|n| format!("line_{n} = {n}\n")).collect();
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(many.clone())),
            (
                "candidate/q/a.py",
                text(many.replace("line_100 ", "changed_100 ")),
            ),
        ],
    );
    let mut screen = Screen::open(&place, "candidate/q", 100, 30);
    assert!(
        screen.text().contains("97 unchanged lines"),
        "{}",
        screen.text()
    );
    assert!(!screen.text().contains("line_50 "));
    screen.press(Action::Top).unwrap();
    screen.press(Action::DiffToggleFold).unwrap();
    assert!(screen.text().contains("line_0 "));
    screen.press(Action::DiffToggleFold).unwrap();
    assert!(screen.text().contains("97 unchanged lines"));
    screen.press(Action::DiffUnfoldAll).unwrap();
    screen.press(Action::Bottom).unwrap();
    assert!(screen.cursor().contains("line_199 "));
    screen.press(Action::DiffToggleFold).unwrap();
    assert!(
        screen.text().contains("96 unchanged lines"),
        "{}",
        screen.text()
    );
    screen.press(Action::Top).unwrap();
    assert!(screen.cursor().contains("line_0 "), "{}", screen.cursor());
    screen.press(Action::DiffFoldAll).unwrap();
    screen.press(Action::NextChange).unwrap();
    assert!(screen.cursor().contains("changed_100"));
    assert!(
        screen
            .press(Action::DiffToggleFold)
            .unwrap_err()
            .contains("nothing to fold")
    );
    // A search opens what hides its match.
    screen.pane.search("line_7 ");
    assert!(screen.cursor().contains("line_7 "));
}

#[test]
fn the_editor_opens_at_the_line() {
    let mut screen = annotated(160, 30);
    screen.press(Action::DiffEdit).unwrap();
    assert_eq!(screen.edited, Some(("candidate/q/book.py".into(), 4)));
}

#[test]
fn what_it_is_compared_with_can_be_changed() {
    let mut screen = annotated(160, 30);
    assert!(screen.text().contains("core/q @"));
    screen.press(Action::Against).unwrap();
    assert!(screen.text().contains("(base)"), "{}", screen.text());
    // On the base's own branch nothing differs; every file can still be read.
    assert!(screen.press(Action::NextChange).is_err());
    screen.press(Action::Against).unwrap();
    screen.press(Action::Against).unwrap();
    assert!(screen.text().contains("core/q @"));
}

#[test]
fn narrow_panes_have_one_column() {
    let mut screen = annotated(80, 24);
    assert!(
        screen
            .press(Action::Layout)
            .unwrap_err()
            .contains("90 columns")
    );
    let mut wide = annotated(110, 24);
    let split = wide.text();
    wide.press(Action::Layout).unwrap();
    assert_ne!(wide.text(), split);
    wide.press(Action::Layout).unwrap();
    assert_eq!(wide.text(), split);
}

#[test]
fn a_link_is_shown_and_not_followed() {
    let mut screen = annotated(160, 30);
    screen.press(Action::NextFile).unwrap();
    screen.press(Action::NextFile).unwrap();
    let text = screen.text();
    assert!(
        text.contains("a symbolic link to /etc/passwd (shown, not followed)"),
        "{text}"
    );
    assert!(!text.contains("root:"));
}

#[test]
fn an_image_is_said_in_words_with_its_sizes() {
    let png = |columns: u8, rest: usize| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0".to_vec();
        bytes.extend([columns, 0, 0, 0, 80, 8, 6, 0, 0, 0]);
        bytes.resize(bytes.len() + rest, 0xe2);
        Put::File(bytes)
    };
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/logo.png", png(120, 2_000)),
            ("candidate/q/logo.png", png(240, 5_000)),
        ],
    );
    let screen = Screen::open(&place, "candidate/q", 100, 20);
    let text = screen.text();
    assert!(
        text.contains("was: PNG image, 120 x 80 pixels, 2.0 kB"),
        "{text}"
    );
    assert!(
        text.contains("is:  PNG image, 240 x 80 pixels, 5.0 kB"),
        "{text}"
    );
    assert!(!text.contains("IHDR"), "{text}");
}

#[test]
fn how_lines_end_is_shown() {
    let mut screen = annotated(160, 30);
    for _ in 0..3 {
        screen.press(Action::NextFile).unwrap();
    }
    let text = screen.text();
    assert!(
        text.contains("one = 1␍") && text.contains("three = 3<no newline>"),
        "{text}"
    );
}

#[test]
fn a_line_of_megabytes_is_scrolled_to_its_change() {
    let long = "x = '".to_owned() + &"漢é".repeat(1_000_000) + "'\n";
    let mut place = Place::new();
    place.commit(
        "main",
        &[
            ("core/q/a.py", text(long.clone())),
            (
                "candidate/q/a.py",
                text(long.replacen("'\n", "CHANGED'\n", 1)),
            ),
        ],
    );
    let mut screen = Screen::open(&place, "candidate/q", 100, 12);
    screen.press(Action::Top).unwrap();
    assert!(!screen.text().contains("CHANGED"));
    // The only change is where the cursor is: going there shows what changed.
    let _ = screen.press(Action::PreviousChange);
    screen.press(Action::Down).unwrap();
    screen.pane.search("CHANGED");
    assert!(screen.text().contains("CHANGED"), "{}", screen.text());
}

#[test]
fn replies_to_another_pane_are_dropped() {
    let place = sample();
    let (_, effects) = DiffPane::new("candidate/q".into(), 1);
    let (mut other, _) = DiffPane::new("candidate/q".into(), 2);
    let Some(Effect::Diff(request)) = effects.into_iter().next() else {
        panic!("a pane asks for its comparison first");
    };
    let reply = execute(&place.workspace(), request, &|| false);
    assert!(other.apply(reply).is_empty());
    assert!(other.is_busy());
}

#[test]
fn a_failure_is_told_in_words() {
    let place = Place::new();
    let (mut pane, effects) = DiffPane::new("candidate/q".into(), 1);
    let ws = Workspace::open(place.path(), None).unwrap();
    for effect in effects {
        let Effect::Diff(request) = effect else {
            continue;
        };
        pane.apply(execute(&ws, request, &|| false));
    }
    assert!(!pane.is_busy());
    assert!(pane.update(Action::Down).unwrap_err().contains("no commit"));
}

fn actions() -> impl Strategy<Value = Vec<(usize, u16, u16)>> {
    proptest::collection::vec((0..Action::ALL.len() + 4, 1..140u16, 1..40u16), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is in the files and whatever is pressed at whatever size,
    /// nothing panics and nothing hostile is drawn.
    #[test]
    fn anything_goes(
        left in proptest::collection::vec(any::<u8>().prop_map(|b| if b % 7 == 0 { b'\n' } else { b.max(1) }), 0..300),
        right in proptest::collection::vec(any::<u8>().prop_map(|b| if b % 7 == 0 { b'\n' } else { b.max(1) }), 0..300),
        actions in actions(),
    ) {
        let mut place = Place::new();
        place.commit("main", &[("core/q/a.py", text(left)), ("candidate/q/a.py", text(right))]);
        let mut screen = Screen::open(&place, "candidate/q", 100, 20);
        screen.pane.annotate(&evidence());
        let mut reading = countersign::promotion::reading::Reading::default();
        for (action, width, height) in actions {
            screen.size = Size::new(width, height);
            screen.pane.resize(screen.size);
            match Action::ALL.get(action) {
                Some(Action::DiffEdit) => drop(screen.pane.update(Action::DiffEdit)),
                Some(Action::Viewed) => {
                    if let Ok(jot) = screen.pane.viewing() {
                        reading.take(&jot);
                        screen.pane.read(Some(Arc::new(reading.clone())));
                        drop(screen.pane.go_on());
                    }
                }
                Some(Action::Comment) => {
                    screen.pane.read(Some(Arc::new(reading.clone())));
                    if let Ok((on, text)) = screen.pane.commenting() {
                        let text = format!("{text} and\nmore \u{1b}");
                        let comment = countersign::promotion::reading::Comment { on, text };
                        reading.take(&countersign::promotion::reading::Jot::Comment(comment));
                        screen.pane.read(Some(Arc::new(reading.clone())));
                    }
                }
                Some(action) => drop(screen.press(*action)),
                None if width % 2 == 0 => drop(screen.pane.click(width, height)),
                None => drop(screen.pane.scroll(i32::from(width) - 70)),
            }
            let buffer = screen.draw(&Theme::dark());
            let hostile = buffer.content.iter().any(|cell| cell.symbol().chars().any(is_hostile));
            prop_assert!(!hostile);
        }
    }
}
