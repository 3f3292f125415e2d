//! The console over the hostile module of the demo: whatever screen, nothing of
//! the repository reaches the terminal but as text.

use std::path::PathBuf;

use countersign::promotion::text;
use countersign::workflow::demo;

use crate::pty::Console;

/// Sequences that the console itself writes: `ESC [ … final`, with these finals.
const FINALS: &[u8] = b"mHJKhlABCDGdXrq";

/// What acts on a terminal and is not ours; where, and what.
fn effective(raw: &[u8]) -> Option<String> {
    let shown = std::str::from_utf8(raw).expect("UTF-8 and nothing else");
    let mut rest = shown;
    while let Some(at) = rest.find(text::is_hostile) {
        let here = &rest[at..];
        let ours = match here.strip_prefix("\x1b[") {
            Some(sequence) => {
                let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | ':' | '?'));
                end.filter(|end| FINALS.contains(&sequence.as_bytes()[*end]))
                    .map(|end| end + 3)
            }
            // The loop tells tests that it sleeps.
            None if here.starts_with("\x1b]7777;idle=") => here.find('\x07').map(|end| end + 1),
            None if here.starts_with("\r\n") => Some(2),
            None => None,
        };
        match ours {
            Some(length) => rest = &here[length..],
            None => return Some(here.escape_debug().take(80).collect()),
        }
    }
    None
}

#[test]
fn what_is_looked_for_is_found() {
    assert_eq!(effective(b"\x1b[31mred\x1b[0m\x1b[?25l\r\n"), None);
    for bad in [
        "\x1b]0;owned\x07",
        "\x1b[6n",
        "\x1bc",
        "a\u{202e}b",
        "\u{9b}31m",
        "\x07",
        "a\tb",
    ] {
        assert!(effective(bad.as_bytes()).is_some(), "{bad:?}");
    }
}

#[test]
fn no_screen_lets_anything_through() {
    let home = tempfile::tempdir().unwrap();
    let at: PathBuf = home.path().join("shop\u{1b}[2J\u{202e}");
    let built = demo::build(&at).unwrap();
    let mut console = Console::start(home, &built.path, (120, 40), &[], None);
    // The tree, down to the files of the hostile module.
    console.keys(&["/", "b", "a", "n", "k", "_", "\r", "z", "R"]);
    console.shows("␛[2J");
    console.keys(&["j", "k", "j", "k", "m", "m", "?", "?"]);
    // Its module: gates, coverage, the diff with every line, facts.
    console.keys(&["G", "\r", "4", "\x1b", "k", "\r", "3", "z", "R"]);
    for _ in 0..12 {
        console.keys(&["\x06", "L", "H"]);
    }
    console.keys(&["2", "4", "1", "o", "\x06", "\x1b"]);
    // What is pasted into a prompt is from outside, too.
    console.keys(&["\x1b", "/", "\x1b[200~\u{9b}31m\u{202e}\x1b[201~"]);
    if let Some(found) = effective(console.raw()) {
        panic!("{found}\n{}", console.text());
    }
    assert_eq!(console.quit_from_prompt(), 0);
}
