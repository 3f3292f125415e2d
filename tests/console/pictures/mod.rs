//! The pictures in `docs/pictures`: every screen in both themes, drawn by the program's own
//! code from models with what workers send, and never other than it draws them now.

mod svg;
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use countersign::console::model::Model;
use countersign::console::theme::Theme;
use ratatui::layout::Size;

use crate::picture;

/// A picture: its name, what a screen reader says of it, how large it is, what is on it.
type Picture = (&'static str, &'static str, (u16, u16), fn(Size) -> Model);

const PICTURES: &[Picture] = &[
    (
        "dashboard",
        "The dashboard: what waits for you, modules as a tree, the ten criteria as columns",
        (118, 24),
        world::dashboard,
    ),
    (
        "module",
        "A module: its gates, and what one of them found",
        (118, 24),
        world::gates,
    ),
    (
        "coverage",
        "Coverage, file by file, function by function",
        (118, 18),
        world::coverage,
    ),
    (
        "diff",
        "The promotion side by side: findings and uncovered lines in the margin, a comment, and \
         a file that was viewed",
        (150, 40),
        world::diff,
    ),
    (
        "speed",
        "Benchmarks: each against the base, with its interval and the budget",
        (118, 18),
        world::speed,
    ),
    (
        "sign-off",
        "The decisions on a module, which of them hold, and what is missing",
        (118, 18),
        world::decisions,
    ),
    (
        "impact",
        "Impact: who names a module, and what the move does to each place",
        (118, 24),
        world::impact,
    ),
    (
        "review",
        "A review: the checklist beside the evidence that each question goes by",
        (118, 24),
        world::review,
    ),
    (
        "sign",
        "The last step of a review: a note that begins with the comments on the diff",
        (118, 30),
        world::sign,
    ),
    (
        "wizard",
        "The wizard: PROMOTE.md, section by section, filled in from facts",
        (118, 24),
        world::wizard,
    ),
    (
        "audit",
        "The audit log: one entry, and the stock command that checks it",
        (118, 24),
        world::audit,
    ),
    (
        "canary",
        "The canary: how each promotion stands that was merged",
        (118, 18),
        world::canary,
    ),
    (
        "canary-failing",
        "A canary that does harm: its signals, and how they went",
        (118, 30),
        world::failing,
    ),
    (
        "palette",
        "The palette: everything one can do here, by a few letters of it",
        (118, 24),
        world::palette,
    ),
    (
        "help",
        "Help: the keys of the screen one is on",
        (118, 30),
        world::help,
    ),
];

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures")
}

/// Every picture by the name of its file.
fn drawn() -> Vec<(String, String)> {
    let themes = [
        ("dark", Theme::dark(), svg::DARK),
        ("light", Theme::light(), svg::LIGHT),
    ];
    let mut all = Vec::new();
    for (name, title, (width, height), make) in PICTURES {
        let model = make(Size::new(*width, *height));
        for (theme, look, ground) in &themes {
            let picture = svg::draw(&picture::draw(&model, look), ground, title);
            all.push((format!("{name}-{theme}.svg"), picture));
        }
    }
    all
}

#[test]
fn the_pictures_are_what_the_program_draws() {
    let (drawn, place) = (drawn(), place());
    let bless = std::env::var_os("COUNTERSIGN_BLESS").is_some();
    let mut stale = Vec::new();
    for (name, picture) in &drawn {
        if bless {
            std::fs::write(place.join(name), picture).unwrap();
        }
        let there = std::fs::read_to_string(place.join(name)).unwrap_or_default();
        if there != *picture {
            stale.push(name.as_str());
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} are not what is drawn now; look at what has changed, and renew them with: \
         COUNTERSIGN_BLESS=1 cargo test --test console pictures"
    );
    let there = std::fs::read_dir(place).unwrap();
    let there: BTreeSet<_> = there
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    let drawn: BTreeSet<_> = drawn.into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, drawn, "a picture that nothing draws");
}

#[test]
fn nothing_on_a_picture_is_hostile_or_missing() {
    for (name, picture) in drawn() {
        for wrong in ['\u{fffd}', '\u{1b}', '␛'] {
            assert!(!picture.contains(wrong), "{name} shows {wrong:?}");
        }
    }
}
