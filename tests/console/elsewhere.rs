//! Commands that the console tells or copies: each as it is to be typed for what is looked at.

use countersign::cli::Launch;
use countersign::console::action::Action;
use countersign::console::effect::Effect;
use countersign::console::model::errand::Look;
use countersign::console::model::{Level, Model};
use countersign::console::widgets::footer;
use ratatui::layout::Size;

use crate::errand::{may, reading_of};
use crate::fixture::{keys, loaded};
use crate::picture::ascii;
use crate::sign_off::{audit_of, log, open_entry};
use crate::update::said;

const SIZE: Size = Size::new(120, 40);

fn opened(model: &mut Model, path: &str) {
    let launch = Launch {
        path: path.into(),
        rev: None,
        canary: None,
        theme: None,
        linear: false,
    };
    model.here = launch.here();
}

#[test]
fn what_is_said_is_to_be_typed_there() {
    let mut model = loaded(SIZE);
    let words = "To do: countersign check candidate/x";
    for (path, branch, told) in [
        (".", None, words),
        ("../x", None, "To do: countersign check -C ../x candidate/x"),
        (
            "../x",
            Some("refs/heads/promote/x"),
            "To do: countersign check -C ../x --rev promote/x candidate/x",
        ),
    ] {
        opened(&mut model, path);
        model.looking = branch.map(str::to_owned);
        model.tell(Level::Problem, words);
        assert_eq!(said(&model), told);
        model.refuse(words);
        assert_eq!(said(&model), told);
    }
}

#[test]
fn what_is_copied_is_to_be_typed_there() {
    let mut model = audit_of(SIZE, log());
    opened(&mut model, "../x");
    let effects = keys(&mut model, "Y");
    let told = "countersign audit show -C ../x 35";
    assert_eq!(effects, [Effect::Copy(told.into())]);
}

#[test]
fn the_commands_that_check_an_entry_are_to_be_typed_there() {
    let mut model = audit_of(SIZE, log());
    opened(&mut model, "../x");
    open_entry(&mut model);
    let hint = footer::hints(&model);
    let hint = hint.iter().find(|it| it.action == Action::Copy).unwrap();
    assert_eq!((&*hint.key, &*hint.word), ("Y", "copy commands"));
    let told = "git -C ../x show promotion-audit:promotion-audit.log";
    assert!(ascii(&model).contains(told), "{}", ascii(&model));
    let [Effect::Copy(copied)] = &keys(&mut model, "Y")[..] else {
        panic!("nothing was copied");
    };
    assert!(copied.starts_with(told), "{copied}");
    assert!(copied.contains("\nssh-keygen -Y verify"), "{copied}");
}

#[test]
fn what_is_to_be_done_first_is_to_be_typed_there_and_no_line_of_a_file_is_another() {
    let command = "countersign check candidate/quantum";
    let text = [Look::Warning, Look::Added, Look::Text].map(|look| (look, command.to_owned()));
    let mut model = reading_of(SIZE, may(), text.into());
    opened(&mut model, "../x");
    model.standings.by_hand = Some("main".into());
    let shown = ascii(&model);
    let times = |it: &str| shown.matches(it).count();
    let told = "countersign check -C ../x candidate/quantum";
    assert_eq!((times(told), times(command)), (1, 2), "{shown}");
    let merging = "git -C ../x checkout main && git -C ../x merge promote/a";
    assert_eq!(model.merging("promote/a").as_deref(), Some(merging));
}
