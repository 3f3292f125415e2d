//! What leads somewhere from the screen, and what is copied from it.

use countersign::console::action::Context;
use countersign::console::effect::Effect;
use countersign::console::links;
use countersign::console::model::{Level, Model};
use countersign::console::theme::Theme;
use countersign::workflow::pull_request::Brief;
use ratatui::layout::Size;

use crate::every;
use crate::fixture::{keys, loaded, select};
use crate::picture::draw;

const SIZE: Size = Size::new(160, 40);

fn found(model: &Model) -> Vec<(String, String)> {
    let links = links::find(model, &draw(model, &Theme::no_color()));
    let text = |cells: Vec<_>| cells.iter().map(ratatui::buffer::Cell::symbol).collect();
    let links = links.into_iter();
    links.map(|it| (text(it.cells), it.address)).collect()
}

fn with_pull(url: &str) -> Model {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let id = model.dashboard.module().unwrap();
    let path = model.catalog.module(id).unwrap().path.clone();
    let pull = Brief {
        branch: "promote/quantum-20260102".into(),
        number: 12,
        url: url.into(),
        state: "open",
        draft: true,
        checks: None,
        reviews: None,
        conflicts: false,
        merged_by: None,
    };
    model.pulls.of.insert(path, pull);
    model
}

#[test]
fn a_pull_request_is_a_link_to_it() {
    let url = "https://forge.example/team/lantern/pull/12";
    let mut model = with_pull(url);
    let number = ("#12".to_owned(), url.to_owned());
    assert_eq!(found(&model), std::slice::from_ref(&number));
    keys(&mut model, "<enter>4");
    assert_eq!(found(&model), [number, (url.to_owned(), url.to_owned())]);
    keys(&mut model, "?");
    assert_eq!(found(&model), [], "the help lies over it");
}

#[test]
fn an_address_that_could_say_something_to_the_terminal_is_no_link() {
    for url in [
        "https://forge.example/\u{1b}]8;;x",
        "https://forge.example/a b",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://forge.example/\u{202e}",
    ] {
        assert_eq!(found(&with_pull(url)), [], "{url:?}");
    }
}

#[test]
fn an_address_leads_where_it_says_and_only_where_it_is_whole() {
    let mut model = loaded(SIZE);
    model.tell(Level::Info, "opened https://forge.example/pull/7.");
    let whole = "https://forge.example/pull/7".to_owned();
    assert_eq!(found(&model), [(whole.clone(), whole)]);
    model.tell(
        Level::Info,
        format!("opened https://forge.example/{}", "x".repeat(300)),
    );
    assert_eq!(found(&model), []);
}

#[test]
fn every_screen_copies_something_or_says_why_not() {
    let mut copied = Vec::new();
    for (name, mut model) in every::screens(SIZE) {
        let typing = model.prompt.is_some()
            || model.palette.is_some()
            || model.contexts() == [Context::Note];
        if typing {
            continue;
        }
        model.status = None;
        let effects = keys(&mut model, "Y");
        assert!(model.status.is_some(), "{name} says nothing");
        if let [Effect::Copy(text)] = &effects[..] {
            copied.push(text.clone());
        }
    }
    let has = |what: &str| copied.iter().any(|text| text.contains(what));
    assert!(has("candidate/"), "{copied:?}");
    assert!(has(".py:"), "{copied:?}");
    assert!(has("countersign audit show"), "{copied:?}");
    assert!(has("ssh-keygen"), "{copied:?}");
}
