//! What is read before it is done: nothing is done without the key that confirms it.

use countersign::console::effect::{Doing, Effect, Proposing};
use countersign::console::event::{Event, Message, Told as Wizarding};
use countersign::console::model::errand::{Kind, Look, Outcome, Sheet, Stage, Told};
use countersign::console::model::wizard::Outcome as Written;
use countersign::console::model::{Model, Screen};
use countersign::console::update::update;
use ratatui::layout::Size;

use crate::fixture::{keys, loaded, select};
use crate::picture::ascii;
use crate::screens::{open, shoot};
use crate::sign_off::HOSTILE;
use crate::update::said;

const SIZE: Size = Size::new(100, 30);

fn sheet(may: Result<String, String>) -> Sheet {
    let line = |look, text: &str| (look, text.to_owned());
    let mut text = vec![
        line(Look::Title, "Promote candidate/quantum to core/quantum"),
        line(
            Look::Text,
            "from promote/quantum-20260309 into main, as a draft",
        ),
        line(Look::Text, ""),
        line(Look::Title, "What is sent, in this order"),
        line(Look::Muted, "  countersign/tests failure: tests failed"),
        line(Look::Warning, &format!("nobody is asked for {HOSTILE}")),
    ];
    text.extend((0..40).map(|n| (Look::Text, format!("line {n} of its text"))));
    Sheet { text, may }
}

fn may() -> Result<String, String> {
    Ok("pushes promote/quantum-20260309 to origin and opens its pull request".into())
}

fn generation(model: &Model) -> u64 {
    model.errand.as_ref().unwrap().generation
}

fn tell(model: &mut Model, generation: u64, told: Told) -> Vec<Effect> {
    update(model, Event::Message(Message::Errand { generation, told }))
}

/// The sheet is there to be read.
fn reading(size: Size, may: Result<String, String>) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, "O");
    let [
        Effect::Errand(Doing::Read {
            kind,
            module,
            branch,
            ..
        }),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*kind, branch), (Kind::PullRequest, &None));
    assert_eq!(module.to_text(), "candidate/quantum");
    let generation = generation(&model);
    tell(&mut model, generation, Told::Read(Ok(Box::new(sheet(may)))));
    model
}

fn outcome(done: bool, words: &str) -> Told {
    Told::Ended(Box::new(Outcome {
        done,
        words: words.into(),
        text: vec![(Look::Text, "the branch was pushed".into())],
    }))
}

#[test]
fn nothing_is_sent_before_it_was_read_and_confirmed() {
    let mut model = open(SIZE);
    keys(&mut model, "O");
    // Nothing is there to be confirmed yet.
    assert_eq!(keys(&mut model, "<enter>"), []);
    let mut model = reading(SIZE, may());
    for key in ["j", "k", " ", "y", "O", "c", "s", "w", "1", "o", "<tab>"] {
        assert_eq!(keys(&mut model, key), [], "{key:?}");
        let stage = &model.errand.as_ref().unwrap().stage;
        assert!(matches!(stage, Stage::Sheet(..)), "{key:?}");
    }
    assert_eq!(keys(&mut model, "<esc>"), []);
    assert!(model.errand.is_none());
    assert!(matches!(model.screen, Screen::Module(_)));
}

#[test]
fn what_was_read_is_done_once() {
    let mut model = reading(SIZE, may());
    let generation = generation(&model);
    let go = Effect::Errand(Doing::Go { generation });
    assert_eq!(keys(&mut model, "<enter>"), [go]);
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    assert!(ascii(&model).contains("Sending: the branch is pushed"));
    // An answer that came late does not bring the question back.
    tell(
        &mut model,
        generation,
        Told::Read(Ok(Box::new(sheet(may())))),
    );
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Doing);
    let words = "pull request 7 opened as a draft: https://github.com/a/b/pull/7";
    let effects = tell(&mut model, generation, outcome(true, words));
    assert!(matches!(effects[..], [Effect::Pulls { .. }]), "{effects:?}");
    assert!(ascii(&model).contains(words));
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert!(model.errand.is_none());
}

#[test]
fn what_comes_of_it_is_told_wherever_one_is() {
    let mut model = reading(SIZE, may());
    let generation = generation(&model);
    keys(&mut model, "<enter><esc>");
    assert!(model.errand.is_none());
    assert!(said(&model).contains("it goes on"), "{}", said(&model));
    keys(&mut model, "O");
    let words = "the branch could not be pushed to origin: Fetch, and look";
    tell(&mut model, generation, outcome(false, words));
    assert_eq!(said(&model), words);
    // It is not what came of the one that is read now.
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Reading);
}

#[test]
fn what_cannot_be_done_says_why_and_what_to_do() {
    let why = "there is no token for github.com: set GH_TOKEN, or log in with gh auth login";
    let mut model = reading(SIZE, Err(why.into()));
    let shown = ascii(&model);
    assert!(shown.contains(why), "{shown}");
    assert!(
        shown.contains("Promote candidate/quantum"),
        "it is read all the same: {shown}"
    );
    assert_eq!(keys(&mut model, "<enter>"), []);
    assert_eq!(said(&model), why);
    let mut model = open(SIZE);
    keys(&mut model, "O");
    let generation = generation(&model);
    let none = "there is no forge here: git knows no remote origin";
    tell(&mut model, generation, Told::Read(Err(none.into())));
    assert!(ascii(&model).contains(none));
    assert_eq!(keys(&mut model, "<enter>"), []);
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut model = open(SIZE);
    keys(&mut model, "O");
    let old = generation(&model);
    keys(&mut model, "<esc>O");
    tell(&mut model, old, Told::Read(Ok(Box::new(sheet(may())))));
    assert_eq!(model.errand.as_ref().unwrap().stage, Stage::Reading);
}

#[test]
fn a_click_beside_it_confirms_and_closes_nothing() {
    use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mut model = reading(SIZE, may());
    let before = model.errand.clone();
    for row in 0..29 {
        let click = MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 40,
            row,
            modifiers: KeyModifiers::NONE,
        };
        assert_eq!(update(&mut model, Event::Mouse(click)), []);
        assert_eq!(model.errand, before, "row {row}");
    }
}

#[test]
fn the_wizard_leads_to_it_with_its_branch() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "w");
    let [Effect::Propose(Proposing::Open { generation, .. })] = effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(keys(&mut model, "O"), [], "nothing is written yet");
    assert!(model.errand.is_none());
    let written = Written::Written {
        branch: "promote/quantum-20260309".into(),
        commit: "0123456789".into(),
        next: Vec::new(),
        recorder: Err("no key".into()),
        recorded: None,
    };
    let told = Wizarding::Written(Box::new(written));
    update(
        &mut model,
        Event::Message(Message::Proposal { generation, told }),
    );
    let effects = keys(&mut model, "O");
    let [Effect::Errand(Doing::Read { branch, module, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(branch.as_deref(), Some("promote/quantum-20260309"));
    assert_eq!(module.to_text(), "candidate/quantum");
    keys(&mut model, "<esc>");
    assert!(matches!(model.screen, Screen::Wizard(_)));
}

#[test]
fn pictures() {
    shoot("errand", |size| reading(size, may()));
    shoot("errand-not", |size| {
        let why = "there is no token for github.com: set GH_TOKEN";
        reading(size, Err(why.into()))
    });
    shoot("errand-done", |size| {
        let mut model = reading(size, may());
        let generation = generation(&model);
        keys(&mut model, "<enter>");
        let words = format!("pull request 7 opened as a draft: https://{HOSTILE}");
        tell(&mut model, generation, outcome(true, &words));
        model
    });
    let mut model = reading(SIZE, may());
    keys(&mut model, "GGGG");
    assert!(ascii(&model).contains("line 39 of its text"));
}
