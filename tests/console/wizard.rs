//! The wizard: answers, what is wrong with them, the commit, and what it looks like.

use countersign::console::effect::{Effect, Proposing};
use countersign::console::event::{Event, Message, Planned, Told};
use countersign::console::model::wizard::{Opened, Outcome, Row, Step, WizardView};
use countersign::console::model::{Model, Screen};
use countersign::console::update::update;
use countersign::console::widgets::footer;
use countersign::promotion::proposal::{
    Answers, Asks, Evidenced, Form, Prefill, Proposal, Template, Which,
};
use countersign::promotion::{GateStatus, ModuleId};
use countersign::workflow::Workspace;
use countersign::workflow::propose::{Ask, Document, Judged, Plan, Sitting};
use ratatui::layout::Size;

use crate::every;
use crate::fixture::{self, keys, loaded, select};
use crate::picture::ascii;
use crate::screens::shoot;
use crate::sign_off::HOSTILE;
use crate::update::said;

const SIZE: Size = Size::new(100, 30);

const FORM: &str = "\
# A form
## Facts
- **Module:**
- **Risk level:** [LOW | HIGH]
## Why
What gets better.
## Criteria
- [ ] `mypy`: nothing new
- [ ] Approvals by two
";

fn form(which: Which, text: &str) -> Form {
    let asks = Asks {
        all: true,
        parts: &[],
    };
    let prefill = |value: &str, because: &str, suggests| Prefill {
        value: value.into(),
        because: because.into(),
        suggests,
    };
    Form {
        which,
        path: "candidate/quantum/PROMOTE.md".into(),
        from: "candidate/PROMOTE.md".into(),
        template: Template::parse(text, asks),
        prefills: [
            (
                "facts/module".to_owned(),
                prefill("candidate/quantum", "it is the module", false),
            ),
            (
                "facts/risk-level".to_owned(),
                prefill("HIGH", &format!("it imports torch {HOSTILE}"), true),
            ),
        ]
        .into(),
    }
}

pub fn opened() -> Opened {
    Opened {
        proposal: Proposal {
            module: "candidate/quantum".into(),
            target: "core/quantum".into(),
            promote: form(Which::Promote, FORM),
            ethics: form(
                Which::Ethics,
                "# Assessment\n## Threats\nWhat can go wrong.\n",
            ),
            touches: Vec::new(),
            evidenced: Evidenced {
                gates: fixture::quantum_states(),
                off: Vec::new(),
                report: Some(("ab".repeat(32), true)),
                commit: "0123456789".into(),
                command: "countersign check candidate/quantum".into(),
            },
            notes: Vec::new(),
        },
        branch: "promote/quantum-20260309".into(),
        start: "main (0123456789)".into(),
        answers: Answers::default(),
        since: Vec::new(),
    }
}

fn wizard(model: &Model) -> &WizardView {
    match &model.screen {
        Screen::Wizard(view) => view,
        other => panic!("another screen: {other:?}"),
    }
}

pub fn tell(model: &mut Model, told: Told) -> Vec<Effect> {
    let generation = wizard(model).generation;
    update(
        model,
        Event::Message(Message::Proposal { generation, told }),
    )
}

pub fn wizard_of(size: Size, opened: Opened) -> Model {
    let mut model = loaded(size);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "w");
    assert!(
        matches!(effects[..], [Effect::Propose(Proposing::Open { .. })]),
        "{effects:?}"
    );
    tell(&mut model, Told::Opened(Ok(Box::new(opened))));
    model
}

fn kept(effects: &[Effect]) -> Answers {
    match effects {
        [Effect::Propose(Proposing::Keep { answers, .. })] => (**answers).clone(),
        other => panic!("nothing is kept: {other:?}"),
    }
}

/// All is answered.
pub fn ready(size: Size) -> Model {
    let mut model = wizard_of(size, opened());
    keys(&mut model, "ja");
    keys(&mut model, "j<enter>Shops pay only once.<esc>");
    model
}

/// The commit as it would be.
fn plan() -> Box<Plan> {
    let home = tempfile::tempdir().unwrap();
    let module = "candidate/quantum";
    every::committed(home.path(), &[("candidate/quantum/__init__.py", "")]);
    let ws = Workspace::open(home.path(), None).unwrap();
    let tree = ws.modules().unwrap();
    let found = |id: &ModuleId| tree.get(*id).is_some_and(|it| it.path == module.into());
    let id = tree.ids().find(found).unwrap();
    let ask = Ask {
        date: Some("2026-03-09".into()),
        branch: None,
    };
    let sitting = Sitting::open(&ws, &tree, id, ask).unwrap();
    let mut plan = sitting.preview(&Answers::default()).unwrap();
    plan.author = "Mara <mara@example.org>".into();
    plan.message = "Propose candidate/quantum for core/quantum\n\nShops pay only once.\n".into();
    plan.documents = vec![Document {
        path: "candidate/quantum/PROMOTE.md".into(),
        before: Some(FORM.into()),
        text: FORM.replace("[LOW | HIGH]", &format!("HIGH {HOSTILE}")),
    }];
    Box::new(plan)
}

/// What there is besides answers to questions.
pub fn further(size: Size) -> Vec<(&'static str, Model)> {
    let after = |typed: &str| {
        let mut model = ready(size);
        keys(&mut model, typed);
        model
    };
    let mut planned = after("s");
    tell(&mut planned, Told::Planned(Planned::Ready(plan())));
    let mut making = planned.clone();
    keys(&mut making, "<enter>");
    let mut failed = loaded(size);
    select(&mut failed, "quantum/");
    keys(&mut failed, "w");
    let why = format!("there is no form {HOSTILE}");
    tell(&mut failed, Told::Opened(Err(why)));
    let to_ethics = |typed: &str| {
        let mut model = ready(size);
        while wizard(&model).selected() != Some(Row::Ethics) {
            keys(&mut model, "j");
        }
        keys(&mut model, typed);
        model
    };
    vec![
        ("wizard, failed", failed),
        ("wizard, criteria", after("j")),
        ("wizard, ethics", to_ethics("")),
        ("wizard, no ethics because", to_ethics("neno pers")),
        ("wizard, last row", after("G")),
        ("wizard, commit", planned),
        ("wizard, making", making),
    ]
}

#[test]
fn facts_fill_in_and_what_a_person_decides_stays_open() {
    let model = wizard_of(SIZE, opened());
    let view = wizard(&model);
    assert_eq!(
        view.selected(),
        Some(Row::Field(Which::Promote, 0)),
        "no heading"
    );
    assert_eq!(view.open(), 2);
    assert!(view.answers.is_empty());
}

#[test]
fn every_answer_is_kept_as_it_is_given() {
    let mut model = wizard_of(SIZE, opened());
    let answers = kept(&keys(&mut model, "ja"));
    assert_eq!(answers.promote["facts/risk-level"], "HIGH");
    let answers = kept(&keys(&mut model, "h"));
    assert_eq!(answers.promote["facts/risk-level"], "LOW");
    let answers = kept(&keys(&mut model, "u"));
    assert!(answers.is_empty(), "taken back: {answers:?}");
    let answers = kept(&keys(&mut model, "j<enter>q s w<enter>two<esc>"));
    assert_eq!(answers.promote["why"], "q s w\ntwo");
    // What was kept is there again after the program ended.
    let restored = Opened {
        answers,
        ..opened()
    };
    let model = wizard_of(SIZE, restored);
    assert_eq!(wizard(&model).open(), 1);
    assert!(
        said(&model).contains("going on with the answers"),
        "{}",
        said(&model)
    );
}

#[test]
fn what_is_wrong_is_told_while_one_types() {
    let mut model = wizard_of(SIZE, opened());
    keys(&mut model, "jj<enter>Two words");
    let shown = ascii(&model);
    assert!(shown.contains("at least 3 words are asked for"), "{shown}");
    keys(&mut model, " more");
    let shown = ascii(&model);
    assert!(shown.contains("nothing is wrong with it"), "{shown}");
}

#[test]
fn enter_takes_the_word_that_is_shown_and_no_other() {
    let mut model = wizard_of(SIZE, opened());
    keys(&mut model, "j");
    let word = |model: &Model| {
        let view = wizard(model);
        let (form, field) = view.in_hand()?;
        form.value(&view.answers, field).map(str::to_owned)
    };
    let hints = |model: &Model| -> Vec<String> {
        let hints = footer::hints(model).into_iter();
        hints.map(|it| format!("{} {}", it.key, it.word)).collect()
    };
    assert_eq!(word(&model), None);
    assert_eq!(hints(&model)[0], "a accept");
    keys(&mut model, "<enter>");
    assert_eq!(word(&model).as_deref(), Some("HIGH"), "what is suggested");
    keys(&mut model, " ");
    assert_eq!(word(&model).as_deref(), Some("LOW"));
    assert!(hints(&model).contains(&"Enter go on".to_owned()));
    let row = wizard(&model).row.at;
    keys(&mut model, "<enter>");
    assert_ne!(wizard(&model).row.at, row, "on to what is open");
    keys(&mut model, "gg");
    while wizard(&model).row.at != row {
        keys(&mut model, "j");
    }
    assert_eq!(
        word(&model).as_deref(),
        Some("LOW"),
        "it stays as it was chosen"
    );
}

#[test]
fn nobody_ticks_a_criterion() {
    let mut model = wizard_of(SIZE, opened());
    keys(&mut model, "jjj");
    assert!(matches!(wizard(&model).selected(), Some(Row::Criteria(..))));
    for key in ["<enter>", " ", "y", "a", "e"] {
        assert_eq!(keys(&mut model, key), [], "{key:?}");
        assert!(wizard(&model).answers.is_empty() && wizard(&model).writing.is_none());
    }
}

#[test]
fn a_document_that_gates_ran_after_is_offered_its_ticks() {
    let held = |status: GateStatus| {
        let mut opened = opened();
        let written = FORM.replace(
            "nothing new\n",
            "nothing new\n  - Evidence: missing: types never run; countersign check x\n",
        );
        opened.proposal.promote = form(Which::Promote, &written);
        let states = opened.proposal.evidenced.gates.iter_mut();
        let types = states.filter(|it| it.gate.as_str() == "types");
        types.for_each(|it| it.status = status);
        wizard_of(SIZE, opened)
    };
    let model = held(GateStatus::Passed);
    let words = "evidence ticks a criterion that the document has open: s shows that commit";
    assert!(said(&model).contains(words), "{}", said(&model));
    let model = held(GateStatus::NeverRun);
    assert!(!said(&model).contains("evidence"), "{}", said(&model));
    let mut model = model;
    keys(&mut model, "G");
    let shown = ascii(&model).replace("\n", " ");
    assert!(shown.contains("criteria have no"), "{shown}");
}

#[test]
fn nothing_is_written_before_it_was_read() {
    let mut model = wizard_of(SIZE, opened());
    assert_eq!(keys(&mut model, "s"), []);
    assert!(
        said(&model).contains("2 are open; Risk level"),
        "{}",
        said(&model)
    );
    let mut model = ready(SIZE);
    let effects = keys(&mut model, "s");
    assert!(
        matches!(effects[..], [Effect::Propose(Proposing::Plan { .. })]),
        "{effects:?}"
    );
    let branch = "promote/quantum-20260309".to_owned();
    tell(&mut model, Told::Planned(Planned::Taken(branch)));
    assert_eq!(wizard(&model).step, Step::Fill);
    assert!(
        said(&model).contains("c goes on with it"),
        "{}",
        said(&model)
    );
    let effects = keys(&mut model, "c");
    let [Effect::Propose(Proposing::Open { branch, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(branch.as_deref(), Some("promote/quantum-20260309"));
    // Where that cannot be, the form is what it was, and no other one is begun.
    let before = wizard(&model).answers.clone();
    let why =
        "candidate/quantum was promoted on promote/quantum-20260309, which is to be merged next";
    let effects = tell(&mut model, Told::Opened(Err(why.into())));
    let [Effect::Propose(Proposing::Open { branch: None, .. })] = &effects[..] else {
        panic!("{effects:?}");
    };
    tell(&mut model, Told::Opened(Ok(Box::new(opened()))));
    assert!(said(&model).contains("which is to be merged next"));
    assert_eq!(wizard(&model).answers, before);
}

#[test]
fn a_record_is_made_where_somebody_can_sign_it() {
    let written = |recorder: Result<String, String>| {
        let mut model = ready(SIZE);
        let outcome = Outcome::Written {
            branch: "promote/quantum-20260309".into(),
            commit: "0123456789".into(),
            next: vec!["countersign check candidate/quantum".into()],
            recorder,
            recorded: None,
        };
        tell(&mut model, Told::Written(Box::new(outcome)));
        model
    };
    let mut model = written(Ok("mara@example.org".into()));
    assert!(matches!(keys(&mut model, "R")[..], [Effect::Record { .. }]));
    tell(&mut model, Told::Recorded(Ok(7)));
    assert!(ascii(&model).contains("recorded as entry 7"));
    assert_eq!(keys(&mut model, "R"), [], "once is enough");
    let mut model = written(Err("no key".into()));
    // By now there may be one: it is looked for again.
    assert!(matches!(keys(&mut model, "R")[..], [Effect::Record { .. }]));
}

#[test]
fn pictures() {
    shoot("wizard-choice", |size| {
        let mut model = wizard_of(size, opened());
        keys(&mut model, "j");
        model
    });
    shoot("wizard_finish", |size| {
        let mut model = ready(size);
        let judged = Judged {
            gate: countersign::promotion::GateId::new("promote"),
            status: GateStatus::Failed,
            why: format!("it lacks why {HOSTILE}"),
        };
        tell(&mut model, Told::Judged(vec![judged]));
        keys(&mut model, "G");
        model
    });
}
