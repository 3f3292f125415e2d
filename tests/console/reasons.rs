//! Whatever one asks for where one is: something happens, or it is said why not.

use countersign::console::action::{Action, Context};
use countersign::console::model::Model;
use countersign::console::update::{palette, perform};
use ratatui::layout::Size;

use crate::every;

const SIZE: Size = Size::new(100, 30);

/// All of the model but the numbers of requests: those are used up by asking.
pub fn state(model: &Model) -> String {
    let text = format!("{model:?}");
    let end = text.rfind(", generation: ").unwrap();
    text[..end].to_owned()
}

#[test]
fn every_action_does_something_or_says_why_not() {
    let mut silent = Vec::new();
    let (mut pairs, mut refusals) = (0, 0);
    for (name, mut model) in every::screens(SIZE) {
        (model.status, model.changed, model.touched) = (None, true, true);
        // While a line is typed it has the place where else something is said.
        let contexts = model.contexts();
        let contexts = contexts.into_iter().filter(|it| *it != Context::Prompt);
        let contexts: Vec<_> = contexts.collect();
        let before = state(&model);
        for action in Action::ALL
            .iter()
            .filter(|it| contexts.contains(&it.context()))
        {
            pairs += 1;
            let mut tried = model.clone();
            let effects = perform(&mut tried, *action);
            match &tried.status {
                Some(notice) => {
                    refusals += usize::from(notice.refuses);
                    let lazy = notice.text.contains("does nothing in") || notice.text.len() < 10;
                    if lazy {
                        silent.push(format!("{name}: {action:?} says only {:?}", notice.text));
                    }
                }
                None if effects.is_empty() && state(&tried) == before => {
                    silent.push(format!("{name}: {action:?}"));
                }
                None => {}
            }
        }
    }
    assert!(
        silent.is_empty(),
        "nothing happens, and nothing is said:\n{}",
        silent.join("\n")
    );
    assert!(
        pairs > 1_500 && refusals > 400,
        "{pairs} pairs, {refusals} refusals"
    );
}

#[test]
fn what_the_palette_says_is_what_the_action_says() {
    for (name, model) in every::screens(SIZE) {
        if model.contexts() == [Context::Prompt] {
            continue;
        }
        let before = state(&model);
        let choices = palette::choices(&model);
        assert_eq!(state(&model), before, "{name}: looking changes nothing");
        assert!(!choices.is_empty(), "{name}");
        for choice in choices {
            let countersign::console::model::palette::What::Action(action) = choice.what else {
                panic!("{choice:?}");
            };
            let mut tried = model.clone();
            perform(&mut tried, action);
            let said = tried.status.filter(|it| it.refuses).map(|it| it.text);
            assert_eq!(choice.refusal, said, "{name}: {action:?}");
        }
    }
}
