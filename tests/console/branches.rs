//! Which branch is looked at: chosen, followed, and left again.

use countersign::console::effect::{Effect, Proposing};
use countersign::console::event::{Event, Message, Told};
use countersign::console::model::choice::Item;
use countersign::console::model::wizard::{Outcome, Step};
use countersign::console::model::{Model, Screen};
use countersign::console::update::update;
use countersign::console::widgets::footer;
use ratatui::layout::Size;

use crate::fixture::{keys, loaded, select, send, tree};
use crate::picture::ascii;
use crate::screens::{open, shoot};
use crate::sign_off::HOSTILE;
use crate::update::said;

const SIZE: Size = Size::new(100, 30);
const BRANCH: &str = "refs/heads/promote/quantum-20260309";

fn items() -> Vec<Item> {
    let item = |value: Option<&str>, name: &str, words: &str| Item {
        value: value.map(str::to_owned),
        name: name.into(),
        words: words.into(),
    };
    let hostile = format!("3h  Propose {HOSTILE}");
    vec![
        item(None, "main", "what was opened"),
        item(Some(BRANCH), "promote/quantum-20260309", &hostile),
        item(
            Some("refs/remotes/origin/promote/bio-20260301"),
            "origin/promote/bio-20260301",
            "9d  Propose candidate/bio",
        ),
    ]
}

/// The list is there to be chosen from.
pub fn choosing(size: Size) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, "b");
    let [Effect::Branches { generation }] = effects[..] else {
        panic!("{effects:?}");
    };
    let result = Ok(items());
    send(&mut model, Message::Branches { generation, result });
    model
}

/// Another branch is looked at.
pub fn chosen(size: Size) -> Model {
    let mut model = choosing(size);
    keys(&mut model, "j<enter>");
    read(&mut model);
    model
}

/// The modules of what is looked at now are there.
fn read(model: &mut Model) -> Vec<Effect> {
    let generation = model.load;
    let result = Ok(tree().into());
    update(model, Event::Message(Message::Tree { generation, result }))
}

fn branch_of(effects: &[Effect]) -> Option<String> {
    let [Effect::Load { branch, .. }] = effects else {
        panic!("{effects:?}");
    };
    branch.clone()
}

#[test]
fn another_branch_is_looked_at_and_left_again() {
    let mut model = choosing(SIZE);
    assert!(ascii(&model).contains("what was opened"));
    let effects = keys(&mut model, "j<enter>");
    assert_eq!(branch_of(&effects).as_deref(), Some(BRANCH));
    assert!(ascii(&model).contains("being read"));
    // What is on the screen is not what would be worked on.
    for key in ["c", "s", "w", "O", "P"] {
        assert_eq!(keys(&mut model, key), [], "{key}");
        assert!(said(&model).contains("wait for it"), "{}", said(&model));
    }
    let effects = read(&mut model);
    assert!(
        matches!(effects[..], [Effect::Dossier { .. }]),
        "{effects:?}"
    );
    assert!(ascii(&model).contains("b goes elsewhere"));
    assert!(matches!(keys(&mut model, "c")[..], [Effect::Check { .. }]));
    // What is read again is read of that branch.
    assert_eq!(branch_of(&keys(&mut model, "r")).as_deref(), Some(BRANCH));
    read(&mut model);
    let [Effect::Branches { generation }] = keys(&mut model, "b")[..] else {
        panic!("it is not read again");
    };
    let result = Ok(items());
    send(&mut model, Message::Branches { generation, result });
    assert_eq!(keys(&mut model, "<enter>"), [], "it is looked at already");
    keys(&mut model, "b");
    let generation = model.choice.as_ref().unwrap().generation;
    send(
        &mut model,
        Message::Branches {
            generation,
            result: Ok(items()),
        },
    );
    assert_eq!(branch_of(&keys(&mut model, "gg<enter>")), None);
    assert_eq!(model.looking, None);
}

#[test]
fn nothing_is_chosen_before_it_is_there() {
    let mut model = open(SIZE);
    keys(&mut model, "b");
    let old = model.choice.as_ref().unwrap().generation;
    assert_eq!(keys(&mut model, "<enter>"), []);
    keys(&mut model, "<esc>b");
    send(
        &mut model,
        Message::Branches {
            generation: old,
            result: Ok(items()),
        },
    );
    assert!(
        model.choice.as_ref().unwrap().items.is_none(),
        "it is older"
    );
    let generation = model.choice.as_ref().unwrap().generation;
    let result = Err("cannot look for the branches".into());
    send(&mut model, Message::Branches { generation, result });
    assert!(model.choice.is_none());
    assert_eq!(said(&model), "cannot look for the branches");
}

#[test]
fn a_branch_that_is_gone_leads_back() {
    let mut model = choosing(SIZE);
    keys(&mut model, "j<enter>");
    let generation = model.load;
    let why = "there is no revision refs/heads/promote/quantum-20260309".to_owned();
    let lost = Message::Lost { generation, why };
    let effects = update(&mut model, Event::Message(lost));
    assert_eq!(branch_of(&effects), None);
    assert!(
        said(&model).contains("Back to what was opened"),
        "{}",
        said(&model)
    );
    assert_eq!(model.looking, None);
}

#[test]
fn the_console_follows_what_the_wizard_wrote() {
    for from_module in [false, true] {
        let mut model = loaded(SIZE);
        select(&mut model, "quantum/");
        if from_module {
            keys(&mut model, "<enter>");
        }
        let effects = keys(&mut model, "w");
        let [Effect::Propose(Proposing::Open { generation, .. })] = effects[..] else {
            panic!("{effects:?}");
        };
        let written = Outcome::Written {
            branch: "promote/quantum-20260309".into(),
            commit: "0123456789".into(),
            next: vec!["git switch promote/quantum-20260309".into()],
            recorder: Ok("mara@example.org".into()),
            recorded: None,
        };
        let told = Told::Written(Box::new(written));
        let written = Message::Proposal { generation, told };
        let effects = update(&mut model, Event::Message(written));
        assert_eq!(branch_of(&effects).as_deref(), Some(BRANCH));
        assert!(ascii(&model).contains("looks at this branch now"));
        // Once it is read, what was written may still be recorded.
        read(&mut model);
        let Screen::Wizard(view) = &model.screen else {
            panic!("it is left");
        };
        assert!(matches!(view.step, Step::Done(_)));
        assert!(matches!(keys(&mut model, "R")[..], [Effect::Record { .. }]));
        // What the screen says of Enter its hint says first.
        let shown = ascii(&model);
        assert!(shown.contains("Enter goes on"), "{shown}");
        let hint = &footer::hints(&model)[0];
        assert_eq!((&*hint.key, &*hint.word), ("Enter", "go on"));
        let effects = keys(&mut model, "<enter>");
        assert!(
            matches!(effects[..], [Effect::Dossier { .. }]),
            "{effects:?}"
        );
        assert!(matches!(model.screen, Screen::Module(_)));
        assert!(matches!(keys(&mut model, "c")[..], [Effect::Check { .. }]));
    }
}

#[test]
fn pictures() {
    shoot("branches", |size| {
        let mut model = choosing(size);
        keys(&mut model, "j");
        model
    });
}
