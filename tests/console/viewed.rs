//! What was viewed: kept in the model at once, on disk for the next time, and told in the
//! review.

use countersign::console::action::Action;
use countersign::console::effect::Effect;
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::perform;
use countersign::promotion::reading::{Anchor, Comment, Jot, Viewed};
use countersign::promotion::{RepoPath, Sha256};
use ratatui::layout::Size;

use crate::every;
use crate::fixture::keys;
use crate::picture;
use crate::pty::{Console, repository};
use crate::sign_off::{review_of, sheet};

const SIZE: Size = Size::new(120, 30);

fn text(model: &Model) -> String {
    picture::text(&picture::draw(model, &Theme::no_color()))
}

#[test]
fn a_mark_is_in_the_model_at_once_and_to_be_kept() {
    let mut model = every::compared(SIZE);
    let effects = keys(&mut model, "V");
    let Some(Effect::Jot(Jot::Viewed(viewed))) = effects.first() else {
        panic!("{effects:?}");
    };
    assert_eq!(viewed.path, RepoPath::from("candidate/quantum/noise.py"));
    assert!(text(&model).contains("1/3 viewed"), "{}", text(&model));
    keys(&mut model, "VV");
    assert!(text(&model).contains("every file of this diff is viewed"));
    // The last one is taken back.
    let effects = keys(&mut model, "V");
    assert!(matches!(effects[0], Effect::Jot(Jot::Unviewed { .. })));
    assert!(text(&model).contains("2/3 viewed"));
}

#[test]
fn nothing_is_marked_while_it_is_compared_with_something_else() {
    let mut model = every::compared(SIZE);
    keys(&mut model, "a");
    assert_eq!(keys(&mut model, "V"), []);
    assert!(
        text(&model).contains("still being compared"),
        "{}",
        text(&model)
    );
}

#[test]
fn the_review_says_how_much_was_viewed() {
    let mut model = review_of(SIZE, sheet());
    let view = |path: &str, shown: &[u8]| {
        Jot::Viewed(Viewed {
            against: "core".into(),
            path: path.into(),
            shown: Sha256::of(shown),
        })
    };
    model.jot(&view("candidate/quantum/noise.py", b"it"));
    model.jot(&view("candidate/quantum/__init__.py", b"what it was"));
    keys(&mut model, "G");
    let shown = text(&model)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let words = "You marked 1 of 3 files of the diff as viewed, 1 changed since you did";
    assert!(shown.contains(words), "{shown}");
}

#[test]
fn marks_are_there_again_and_a_damaged_file_costs_no_more_than_them() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path().join("lantern");
    repository(&at);
    let state = place.path().join("state");
    let env = [("COUNTERSIGN_STATE_DIR", state.to_str().unwrap())];
    let open = || {
        let home = tempfile::tempdir().unwrap();
        let mut console = Console::start(home, &at, (100, 30), &env, None);
        console.keys(&["/", "q", "u", "a", "\r", "\r", "3"]);
        console
    };
    let mut console = open();
    console.shows("0/2 viewed");
    console.keys(&["V"]);
    console.shows("1/2 viewed");
    assert_eq!(console.quit(), 0);

    let console = open();
    console.shows("1/2 viewed");
    assert_eq!(console.quit(), 0);

    let own = std::fs::read_dir(state.join("own")).unwrap();
    let own = own.map(|it| it.unwrap().path()).next().unwrap();
    std::fs::write(own.join("reading.json"), "{\"version\":").unwrap();
    let mut console = open();
    console.shows("0/2 viewed");
    console.keys(&["m"]);
    console.shows("what you viewed and noted in diffs: it was damaged");
    assert!(own.join("reading.damaged").exists());
    console.keys(&["\x1b", "V"]);
    console.shows("1/2 viewed");
    assert_eq!(console.quit(), 0);
}

/// What is kept of an effect.
fn kept(effects: &[Effect]) -> Option<(String, String)> {
    effects.iter().find_map(|it| match it {
        Effect::Jot(Jot::Comment(it)) => Some((it.on.path.to_string(), it.text.clone())),
        _ => None,
    })
}

#[test]
fn a_comment_is_written_listed_changed_and_deleted() {
    let mut model = every::compared(SIZE);
    keys(&mut model, "i");
    assert!(text(&model).contains("To yourself, on candidate/quantum/noise.py:"));
    assert!(keys(&mut model, "look Vjq").is_empty(), "keys are text");
    let effects = keys(&mut model, "<esc>");
    let path = "candidate/quantum/noise.py".to_owned();
    assert_eq!(kept(&effects), Some((path.clone(), "look Vjq".into())));
    assert!(text(&model).contains("✎ look Vjq"), "{}", text(&model));
    // Nothing new is nothing to keep.
    assert_eq!(kept(&keys(&mut model, "i<esc>")), None);
    // Listed, and gone to.
    keys(&mut model, "{I");
    assert!(text(&model).contains("Your comments"), "{}", text(&model));
    keys(&mut model, "<enter>");
    assert!(text(&model).contains("✎ look Vjq"));
    let effects = keys(&mut model, "i again<esc>");
    assert_eq!(
        kept(&effects),
        Some((path.clone(), "look Vjq again".into()))
    );
    let effects = keys(&mut model, "X");
    assert_eq!(kept(&effects), Some((path, String::new())));
    assert!(text(&model).contains("deleted: look Vjq again"));
    assert!(!text(&model).contains('✎'));
    keys(&mut model, "I");
    assert!(text(&model).contains("there are no comments of yours on this diff; i writes one"));
}

#[test]
fn the_note_of_a_decision_begins_with_ones_comments() {
    let mut model = review_of(SIZE, sheet());
    for (path, line, text) in [
        ("candidate/quantum/noise.py", 11, "why?\nask Grace"),
        ("core/quantum/noise.py", 2, "was better"),
        ("candidate/other/a.py", 0, "not of this module"),
    ] {
        let on = Anchor::new(path.into(), path.starts_with("core"), line, b"x");
        let text = text.into();
        model.jot(&Jot::Comment(Comment { on, text }));
    }
    keys(&mut model, "Ge");
    let shown = text(&model);
    for words in [
        "candidate/quantum/noise.py:12: why?",
        "ask Grace",
        "core/quantum/noise.py:3: was better",
        "it begins with your 2 comments on the diff; Ctrl-c leaves that out",
    ] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
    assert!(!shown.contains("not of this module"));
    let note = |model: &Model| match &model.screen {
        Screen::Review(view) => view.note.clone(),
        _ => panic!("no review"),
    };
    perform(&mut model, Action::NoteDrop);
    assert_eq!(note(&model), "");
    keys(&mut model, "e<esc>");
    let text =
        "candidate/quantum/noise.py:12: why?\nask Grace\ncore/quantum/noise.py:3: was better";
    assert_eq!(note(&model), text);
    // What is written already is left alone.
    keys(&mut model, "e!<esc>");
    assert_eq!(note(&model), format!("{text}!"));
}
