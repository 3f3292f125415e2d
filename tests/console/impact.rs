//! The impact pane.

use std::collections::BTreeMap;

use countersign::console::effect::Effect;
use countersign::console::event::Message;
use countersign::console::model::Model;
use countersign::promotion::Relocation;
use countersign::promotion::impact::{
    ApiChange, ApiImpact, Class, Form, Impact, Reach, Reference, When,
};
use ratatui::layout::Size;

use crate::fixture::{keys, send};
use crate::picture::ascii;
use crate::screens::{open, shoot};

pub fn reference(
    path: &str,
    line: u32,
    form: Form,
    class: Class,
    text: &str,
    why: &str,
) -> Reference {
    Reference {
        path: path.into(),
        line,
        form,
        when: When::Always,
        class,
        text: text.into(),
        name: "candidate.quantum".into(),
        why: why.into(),
    }
}

pub fn impact() -> Impact {
    let mut importers = vec![
        reference(
            "candidate/__init__.py",
            1,
            Form::Relative,
            Class::Rewritten,
            "from .quantum import entangle",
            "",
        ),
        reference(
            "docs/guide.md",
            12,
            Form::Doc,
            Class::Shimmed,
            "See candidate.quantum.entangle",
            "it is prose",
        ),
        reference(
            "tests/unit/test_quantum_with_a_long_name_that_goes_on.py",
            204,
            Form::Text,
            Class::Left,
            "patch(f'candidate.quantum{x}')\u{1b}[2J",
            "the rest of the name is only known when it is run",
        ),
    ];
    for line in 0..30 {
        importers.push(reference(
            "tests/unit/test_quantum.py",
            3 + line,
            Form::Use,
            Class::Rewritten,
            "state = candidate.quantum.entangle(a, b)",
            "",
        ));
    }
    Impact {
        relocation: Relocation::new("candidate/quantum".into(), "core/quantum".into()),
        importers,
        reaches: vec![Reach {
            path: "candidate/quantum/state.py".into(),
            line: 7,
            form: Form::Relative,
            when: When::Lazy,
            text: "from ..noise import level".into(),
            name: "candidate/noise".into(),
            lane: "candidate".into(),
            finding: true,
            rewritten: true,
        }],
        api: ApiImpact {
            compared: Some("core/quantum, which it would replace".into()),
            old_name: Some("candidate.quantum".into()),
            new_name: Some("core.quantum".into()),
            changes: vec![ApiChange {
                name: "entangle".into(),
                breaking: true,
                what: "the parameter `times` is gone".into(),
            }],
            ..ApiImpact::default()
        },
        edits: BTreeMap::new(),
        blobs: BTreeMap::new(),
    }
}

/// Answers what the pane asked for.
pub fn answer(model: &mut Model, effects: &[Effect], result: Result<Box<Impact>, String>) {
    let [Effect::Impact { generation, .. }] = effects else {
        panic!("{effects:?}");
    };
    let generation = *generation;
    send(model, Message::Impact { generation, result });
}

pub fn shown(size: Size) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, "7");
    answer(&mut model, &effects, Ok(Box::new(impact())));
    model
}

#[test]
fn what_a_move_means() {
    shoot("module-impact-place", |size| {
        let mut model = shown(size);
        keys(&mut model, "j");
        model
    });
    let drawn = ascii(&shown(Size::new(160, 50)));
    // What the repository says is shown as it is, made safe.
    let mut ours = drawn.lines().filter(|line| !line.contains("patch("));
    assert!(ours.all(str::is_ascii), "{drawn}");
    assert!(!drawn.contains('\u{1b}'));
}

#[test]
fn it_is_read_once_and_only_when_it_is_shown() {
    let mut model = open(Size::new(80, 24));
    assert!(
        keys(&mut model, "1245")
            .iter()
            .all(|it| !matches!(it, Effect::Impact { .. }))
    );
    let effects = keys(&mut model, "7");
    assert!(ascii(&model).contains("reading who names this module"));
    assert!(keys(&mut model, "j").is_empty());
    assert!(ascii(&model).contains("still being read"));
    assert!(
        keys(&mut model, "17").is_empty(),
        "it was asked for already"
    );
    let old = Message::Impact {
        generation: 1,
        result: Err("an older answer".into()),
    };
    send(&mut model, old);
    assert!(!ascii(&model).contains("an older answer"));
    answer(&mut model, &effects, Err("object 12 is missing".into()));
    assert!(ascii(&model).contains("object 12 is missing"));
}

#[test]
fn rows_lead_to_their_place_and_sections_to_each_other() {
    let mut model = shown(Size::new(80, 24));
    assert!(keys(&mut model, "e").is_empty());
    assert!(ascii(&model).contains("no place in a file"));
    let edit = |path: &str, line| Effect::Edit {
        path: path.into(),
        line,
        column: 0,
    };
    let left = edit(
        "tests/unit/test_quantum_with_a_long_name_that_goes_on.py",
        204,
    );
    assert_eq!(keys(&mut model, "j<enter>"), [left]);
    assert_eq!(
        keys(&mut model, "]je"),
        [edit("candidate/quantum/state.py", 7)]
    );
    assert!(keys(&mut model, "]]]]").is_empty());
    assert!(ascii(&model).contains("no further section"));
    assert_eq!(keys(&mut model, "je"), [edit("candidate/__init__.py", 1)]);
    assert_eq!(
        keys(&mut model, "Ge"),
        [edit("tests/unit/test_quantum.py", 32)]
    );
    keys(&mut model, "[[");
    assert!(ascii(&model).contains("through a shim"));
}
