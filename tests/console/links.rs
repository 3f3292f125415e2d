//! What leads somewhere from the screen, and what is copied from it.

use countersign::console::action::Context;
use countersign::console::effect::Effect;
use countersign::console::links;
use countersign::console::model::{Level, Model, Screen};
use countersign::console::theme::Theme;
use countersign::promotion::{ModuleKind, ModuleTree};
use countersign::workflow::pull_request::Brief;
use ratatui::layout::Size;

use crate::fixture::{self, keys, loaded, select};
use crate::picture::{draw, text};
use crate::update::said;
use crate::{every, sign_off};

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
fn a_number_is_a_link_where_it_stands_alone_and_no_address_is_endless() {
    let address = |length: usize| format!("https://forge.example/{}", "x".repeat(length));
    assert_eq!(found(&with_pull(&address(1_900))).len(), 1);
    assert_eq!(found(&with_pull(&address(2_100))), []);
    // A module that is called like it is not it.
    let node = fixture::module(b"candidate/odd#12", ModuleKind::Package, 0, None);
    let tree = ModuleTree::from_preorder(vec![node]);
    let mut model = fixture::with_tree(SIZE, tree);
    let pull = with_pull(&address(1)).pulls.of.into_values().next();
    model
        .pulls
        .of
        .insert("candidate/odd#12".into(), pull.unwrap());
    let drawn = draw(&model, &Theme::no_color());
    let links = links::find(&model, &drawn);
    assert_eq!(links.len(), 1);
    let name = text(&drawn).lines().find_map(|line| line.find("odd#12"));
    assert!(usize::from(links[0].at.x) > name.unwrap() + 6, "{links:?}");
}

/// What is copied with these keys, and what is said of it.
fn copied(mut model: Model, typed: &str) -> (Option<String>, String) {
    let effects = keys(&mut model, typed);
    let text = match &effects[..] {
        [Effect::Copy(text)] => Some(text.clone()),
        _ => None,
    };
    (text, said(&model).to_owned())
}

#[test]
fn a_place_is_copied_with_its_line_and_commands_as_lines() {
    let (text, _) = copied(every::compared(SIZE), "Y");
    let text = text.unwrap();
    let line = text.strip_prefix("candidate/quantum/noise.py:");
    assert!(line.is_some_and(|it| it.parse::<u32>().is_ok()), "{text}");
    let mut model = sign_off::audit_of(SIZE, sign_off::log());
    sign_off::open_entry(&mut model);
    let (text, words) = copied(model.clone(), "Y");
    let command = sign_off::entry().command;
    assert_eq!(text.unwrap().lines().collect::<Vec<_>>(), command);
    assert!(words.ends_with(&format!("{} …", command[0])), "{words}");
    // Terminals cut what is too long.
    let Screen::Audit(view) = &mut model.screen else {
        panic!("no log");
    };
    let mut long = sign_off::entry();
    long.command = vec!["x".repeat(70_000)];
    view.opened.as_mut().unwrap().entry = Some(Ok(Box::new(long)));
    let (text, words) = copied(model, "Y");
    assert_eq!(text, None);
    assert!(words.contains("too long"), "{words}");
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
