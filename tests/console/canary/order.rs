//! What is said of a promotion, or done to it, once it was confirmed.

use countersign::console::effect::{Doing, Effect, Watching};
use countersign::console::event::{Event, Message};
use countersign::console::model::Model;
use countersign::console::model::canary::{Say, Told};
use countersign::console::model::errand::{Stage as Errand, Told as Errands};
use countersign::console::update::update;
use countersign::promotion::rollback::State;

use super::world::{id, over, standing};
use super::{
    SIZE, canary_of, failing, healthy, one, pausing, planned, rolling, seen, stepping, tell, view,
    watched,
};
use crate::fixture::{keys, send};
use crate::update::said;

#[test]
fn nothing_is_said_without_a_reason_and_the_key_that_confirms_it() {
    let mut model = one(SIZE, healthy());
    assert_eq!(keys(&mut model, "p"), []);
    let shown = seen(&model);
    assert!(shown.contains("nothing is taken back by itself"), "{shown}");
    assert!(
        shown.contains("[4h]") && shown.contains("mara@example.org"),
        "{shown}"
    );
    // Without a reason the key asks for one.
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    assert_eq!(keys(&mut model, "<enter>a known outage<enter>l"), []);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Say(said)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((said.say, said.seconds), (Say::Pause, 24 * 3_600));
    assert_eq!(
        (said.reason.as_str(), said.promotion),
        ("a known outage", id(7))
    );
    // It is said once.
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    let generation = said.generation;
    let effects = tell(&mut model, generation, Told::Said(Ok("entry 40".into())));
    assert!(matches!(
        effects[..],
        [Effect::Canary(Watching::Read { fetch: false, .. })]
    ));
    assert!(view(&model).order.is_none());
    // What failed can be tried again; what it was to be is not forgotten.
    let mut model = pausing(SIZE);
    let effects = keys(&mut model, "<enter>");
    let [Effect::Say(said)] = &effects[..] else {
        panic!("{effects:?}");
    };
    tell(
        &mut model,
        said.generation,
        Told::Said(Err("no passphrase".into())),
    );
    assert_eq!(
        view(&model).order.as_ref().unwrap().reason,
        "a known outage"
    );
    assert!(crate::update::said(&model).contains("not said: no passphrase"));
    keys(&mut model, "<esc>");
    assert!(view(&model).order.is_none() && view(&model).opened.is_some());
}

#[test]
fn a_key_that_cannot_act_says_why() {
    let refused = |model: &mut Model, key: &str, why: &str| {
        assert_eq!(keys(model, key), [], "{key}");
        assert!(said(model).contains(why), "{key}: {}", said(model));
        assert!(
            view(model).order.is_none() && model.errand.is_none(),
            "{key}"
        );
    };
    let mut model = one(SIZE, healthy());
    refused(&mut model, "u", "nobody has it wait");
    let mut model = one(SIZE, standing(7, "candidate/quantum", "core/quantum"));
    refused(&mut model, "a", "no verdict on it yet");
    let mut model = one(SIZE, rolling());
    refused(&mut model, "p", "its rollback is claimed");
    refused(&mut model, "l", "nothing to look at");
    let [completed, back, _] = over();
    let mut model = one(SIZE, completed);
    refused(&mut model, "p", "it is completed");
    let mut model = one(SIZE, back);
    let footer = |model: &Model| seen(model).lines().last().unwrap().to_owned();
    assert!(!footer(&model).contains("R roll back"), "{}", seen(&model));
    refused(&mut model, "R", "taken back already");
    assert!(footer(&one(SIZE, rolling())).contains("R roll back"));
    let mut nobody = watched(vec![failing()]);
    nobody.person = Err("no key at hand may say that".into());
    nobody.roller = Err("no key at hand may take it back".into());
    let mut model = canary_of(SIZE, nobody);
    refused(&mut model, "p", "no key at hand may say that");
    refused(&mut model, "R", "no key at hand may take it back");
}

#[test]
fn what_was_merged_is_taken_back_only_once_that_was_read_and_confirmed() {
    let mut model = planned(SIZE);
    assert!(seen(&model).contains("pushes a commit onto main of origin"));
    for key in ["j", "y", "R", "p", "l"] {
        assert_eq!(keys(&mut model, key), [], "{key}");
    }
    let mut model = stepping(SIZE);
    assert!(seen(&model).contains("▸ revert"), "{}", seen(&model));
    assert_eq!(keys(&mut model, "<enter><enter>"), []);
    let generation = model.errand.as_ref().unwrap().generation;
    let told = Errands::Step(State::Reverted);
    send(&mut model, Message::Errand { generation, told });
    assert_eq!(
        model.errand.as_ref().unwrap().stage,
        Errand::Stepping(Some(State::Reverted))
    );
    let told = Errands::Ended(Box::new(countersign::console::model::errand::Outcome {
        done: true,
        words: "lukhas/memory_fold: rolled back".into(),
        text: Vec::new(),
        record: None,
        branch: None,
    }));
    let effects = update(
        &mut model,
        Event::Message(Message::Errand { generation, told }),
    );
    assert!(
        matches!(
            effects[..],
            [Effect::Load { .. }, Effect::Canary(Watching::Read { .. })]
        ),
        "{effects:?}"
    );
    // What is under way goes on, and why was said then.
    let mut model = one(SIZE, rolling());
    let effects = keys(&mut model, "R");
    assert!(
        matches!(effects[..], [Effect::Errand(Doing::ReadRollback { .. })]),
        "{effects:?}"
    );
}
