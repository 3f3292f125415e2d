//! Pictures of every screen, text and styles, in three sizes and three themes.

use crate::fixture::{self, keys, loaded, running, select, send};
use crate::picture::{ascii, draw, picture, text};
use crate::update::view;
use countersign::console::action::Action;
use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::layout;
use countersign::console::model::module::ordered;
use countersign::console::model::{Gate, Model};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::console::widgets::footer;
use countersign::promotion::text::is_hostile;
use countersign::promotion::{
    Dossier, GateState, GateStatus, Module, ModuleId, ModuleKind, ModuleTree, ObjectId, Policy,
    RepoPath, Stage,
};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

pub const SIZES: [Size; 3] = [Size::new(60, 16), Size::new(80, 24), Size::new(160, 50)];

/// One snapshot of every size and theme.
pub fn shoot(name: &str, make: impl Fn(Size) -> Model) {
    shot(name, &SIZES.map(make));
}

/// The same of a screen that is there in every size.
pub fn shot(name: &str, models: &[Model]) {
    insta::assert_snapshot!(name, picture(models));
}

pub fn open(size: Size) -> Model {
    open_with(size, fixture::quantum_states())
}

pub fn open_with(size: Size, gates: Vec<GateState>) -> Model {
    let mut model = loaded(size);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>");
    let module = model.catalog.module(fixture::QUANTUM).unwrap().clone();
    let facts = model.catalog.facts(fixture::QUANTUM).unwrap().clone();
    // Opening a module is the only request since the load, which was the first.
    send(
        &mut model,
        Message::Dossier {
            generation: 2,
            result: Ok(Box::new(Dossier {
                module,
                facts,
                gates,
                stage: Stage::Candidate,
                sign_off: None,
                blockers: vec![
                    "1 Static analysis: failed (2 new findings)".into(),
                    "4 Tests: failed (75.0 % of 232 is less than 90 %)".into(),
                ],
            })),
        },
    );
    model
}

#[test]
fn dashboard_with_modules() {
    shoot("dashboard-unfolded", |size| {
        let mut model = loaded(size);
        keys(&mut model, "zR");
        select(&mut model, "memory/");
        model
    });
}

#[test]
fn marks_are_explained_where_there_is_room() {
    for (size, unfolded, columns, marks) in [
        (Size::new(160, 50), true, true, true),
        (Size::new(80, 18), false, true, true),
        (Size::new(80, 24), true, true, true),
        // Where it is not all, the marks come first.
        (Size::new(80, 20), true, false, true),
        (Size::new(60, 16), true, false, false),
    ] {
        let mut model = loaded(size);
        if unfolded {
            keys(&mut model, "zR");
        }
        let shown = ascii(&model);
        for (words, explained) in [
            ("9 Observability", columns),
            ("! error", marks),
            ("approved by some", marks),
        ] {
            assert_eq!(shown.contains(words), explained, "{words}\n{shown}");
        }
    }
}

#[test]
fn dashboard_while_filtering() {
    shoot("dashboard-filter", |size| {
        let mut model = loaded(size);
        keys(&mut model, "/qnoi");
        model
    });
}

#[test]
fn dashboard_with_what_fails() {
    shoot("dashboard-failing", |size| {
        let mut model = loaded(size);
        keys(&mut model, "foo");
        model
    });
}

#[test]
fn a_key_that_cannot_act_says_why() {
    shoot("dashboard-refusal", |size| {
        let mut model = loaded(size);
        keys(&mut model, "x");
        model
    });
}

/// All that the pipeline has: more than there is room for, and with long titles.
fn many_gates(size: Size) -> Model {
    let mut model = open(size);
    let all = countersign::workflow::validate::gates(&Policy::default());
    model.gates = all
        .into_iter()
        .map(|it| Gate {
            id: it.id,
            criterion: it.criterion,
            title: it.title,
        })
        .collect();
    model
}

#[test]
fn a_list_of_gates_says_that_there_are_more_and_has_room_for_titles() {
    shoot("module-many-gates", many_gates);
    let mut model = many_gates(Size::new(80, 24));
    let first = text(&draw(&model, &Theme::dark()));
    assert!(
        first.contains("Integration tests pass, where there"),
        "{first}"
    );
    let thumb = |shown: &str| shown.lines().position(|line| line.ends_with('▐'));
    assert_eq!(thumb(&first), Some(2));
    keys(&mut model, "GGGG");
    let last = text(&draw(&model, &Theme::dark()));
    assert!(thumb(&last) > Some(2), "{last}");
    // A click is on what is seen there.
    let area = layout::gates(&model)[0];
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: 9,
        row: area.bottom() - 2,
        modifiers: KeyModifiers::NONE,
    };
    update(&mut model, Event::Mouse(click));
    assert_eq!(view(&model).gate, model.gates.len() - 2);
}

#[test]
fn gates_and_findings() {
    shoot("module-gates-finding", |size| {
        let mut model = open(size);
        keys(&mut model, "lj");
        model
    });
}

#[test]
fn a_finding_one_is_on_is_read_to_its_end() {
    let mut model = open(Size::new(80, 24));
    let list = |model: &Model| layout::gates(model)[2].height;
    let before = list(&model);
    keys(&mut model, "l");
    // Findings get the room that gates had, and the hint says where Enter leads.
    assert!(list(&model) > before, "{}", ascii(&model));
    let hint = footer::hints(&model);
    let hint = hint.iter().find(|it| it.action == Action::Enter).unwrap();
    assert_eq!(hint.word, "open in editor");
    let state = &model.catalog.states(fixture::QUANTUM)[view(&model).gate];
    let evidence = state.evidence.as_deref().unwrap();
    let found = ordered(evidence)[view(&model).finding.at];
    let detail = layout::gates(&model)[1];
    let shown = ascii(&model);
    let rows: Vec<_> = shown.lines().map(str::trim).collect();
    let rows = &rows[usize::from(detail.y)..usize::from(detail.bottom())];
    let told = rows.join(" ");
    assert!(told.contains(&*found.text()), "{}\n{told}", found.text());
}

#[test]
fn an_error_says_what_to_do() {
    shoot("module-error", |size| {
        let mut model = open(size);
        keys(&mut model, "j");
        model
    });
}

/// What tools of the selected gate wrote, opened.
fn raw(size: Size, lines: &[&str]) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, "o");
    let generation = effects.iter().find_map(|effect| match effect {
        Effect::Raw { generation, .. } => Some(*generation),
        _ => None,
    });
    let generation = generation.unwrap();
    let result = Ok(lines.iter().map(|it| (*it).to_owned()).collect());
    send(&mut model, Message::Raw { generation, result });
    model
}

#[test]
fn raw_output() {
    let lines = [
        "$ ruff check candidate/quantum",
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "F401 \u{202e}unused",
    ];
    shoot("module-raw", |size| raw(size, &lines));
}

#[test]
fn long_lines_of_raw_output_are_read_to_their_ends() {
    let wide = format!("{}the end", "漢字".repeat(20));
    let mut model = raw(Size::new(60, 16), &["$ ruff check", &wide]);
    assert!(!ascii(&model).contains("the end"));
    for _ in 0..2 {
        keys(&mut model, "l");
    }
    let shown = ascii(&model);
    assert!(
        shown.contains("the end") && !shown.contains("ruff check"),
        "{shown}"
    );
    keys(&mut model, "l");
    assert!(ascii(&model).contains("no line here goes on to the right"));
    keys(&mut model, "hh");
    assert!(ascii(&model).contains("$ ruff check"));
    keys(&mut model, "h");
    assert!(ascii(&model).contains("the lines begin here"));
}

#[test]
fn coverage() {
    shoot("module-coverage-file", |size| {
        let mut model = open(size);
        keys(&mut model, "2j");
        model
    });
}

#[test]
fn coverage_of_functions_and_of_a_line() {
    shoot("module-coverage-functions", |size| {
        let mut model = open(size);
        keys(&mut model, "2jl))))");
        model
    });
}

#[test]
fn benchmarks() {
    shoot("module-benchmarks", |size| {
        let mut model = open_with(size, fixture::timed_states());
        keys(&mut model, "5j");
        model
    });
    // Without Unicode and colour the interval and the budget are still told apart.
    let mut model = open_with(SIZES[2], fixture::timed_states());
    keys(&mut model, "5");
    let drawn = ascii(&model);
    assert!(drawn.is_ascii(), "{drawn}");
    let row = drawn.lines().find(|line| line.contains("test_entangle"));
    assert!(row.unwrap().contains("--=*!=--"), "{drawn}");
}

#[test]
fn benchmarks_lead_to_their_code() {
    let mut model = open_with(SIZES[1], fixture::timed_states());
    keys(&mut model, "5j");
    let effects = keys(&mut model, "e");
    let expected = Effect::Edit {
        path: "tests/unit/test_speed.py".into(),
        line: 31,
        column: 0,
    };
    assert_eq!(effects, [expected]);
    assert!(keys(&mut model, "je").is_empty());
    assert!(ascii(&model).contains("the benchmark is not there any more"));
    let mut model = open(SIZES[1]);
    assert!(keys(&mut model, "5e").is_empty());
    assert!(ascii(&model).contains("no benchmark was run yet"));
}

#[test]
fn a_module_without_benchmarks_says_so_and_offers_no_run() {
    let mut states = fixture::timed_states();
    let timed = states
        .iter_mut()
        .find(|state| state.gate.as_str() == "benchmarks")
        .unwrap();
    let mut evidence = (**timed.evidence.as_ref().unwrap()).clone();
    evidence.benchmarks = None;
    timed.evidence = Some(evidence.into());
    timed.status = GateStatus::NotApplicable;
    timed.why = "it has no benchmark".into();
    let mut model = open_with(SIZES[1], states);
    keys(&mut model, "5");
    let drawn = ascii(&model);
    assert!(
        drawn.contains("not applicable: it has no benchmark"),
        "{drawn}"
    );
    assert!(!drawn.contains("no benchmark was run yet"), "{drawn}");
}

#[test]
fn messages() {
    shoot("messages", |size| {
        let mut model = loaded(size);
        send(
            &mut model,
            Message::Notice("countersign.toml has uncommitted changes, and they are used".into()),
        );
        keys(&mut model, "m");
        model
    });
}

#[test]
fn too_small() {
    let sizes = [Size::new(59, 30), Size::new(80, 15), Size::new(1, 1)];
    shot("too-small", &sizes.map(loaded));
}

#[test]
fn ascii_terminals_get_ascii() {
    let mut model = running(Size::new(100, 30));
    keys(&mut model, "zR");
    let shown = ascii(&model);
    // What comes from the repository may hold more: these modules don't, but a tool's line does.
    let ours: String = shown.lines().filter(|l| !l.contains("checking")).collect();
    assert!(ours.is_ascii(), "{ours}");
    insta::assert_snapshot!("ascii", shown);
    keys(&mut model, "?");
    assert!(ascii(&model).is_ascii());
}

#[test]
fn hostile_names_are_visible_and_without_effect() {
    let names: [&[u8]; 6] = [
        b"candidate/\x1b[2J\x1b]0;owned\x07",
        "candidate/\u{202e}yp.live".as_bytes(),
        b"candidate/caf\xe9\xff",
        "candidate/漢字漢字漢字".as_bytes(),
        "candidate/zero\u{200b}width\u{e0041}".as_bytes(),
        b"candidate/new\nline\ttab\r",
    ];
    let nodes = names
        .iter()
        .map(|name| Module {
            path: RepoPath::from_bytes(*name),
            kind: ModuleKind::Package,
            object: ObjectId::from_bytes([1; 20]),
            lane: 0,
            files: 1,
            bytes: 1,
            parent: None,
            depth: 0,
        })
        .collect();
    let tree = ModuleTree::from_preorder(nodes);
    shoot("hostile", |size| fixture::with_tree(size, tree.clone()));
    for id in 0..names.len() as u32 {
        let mut model = fixture::with_tree(Size::new(80, 24), tree.clone());
        let path = model.catalog.module(ModuleId(id)).unwrap().path.clone();
        keys(&mut model, &"j".repeat(id as usize));
        keys(&mut model, "c");
        keys(&mut model, "<enter>");
        let shown = text(&draw(&model, &countersign::console::theme::Theme::dark()));
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| *c != '\n' && is_hostile(*c))
            .collect();
        assert!(bad.is_empty(), "{path:?} put {bad:?} on the screen");
    }
}

#[test]
fn a_resize_is_drawn_at_its_size() {
    let mut model = loaded(Size::new(160, 50));
    keys(&mut model, "zRG");
    update(&mut model, Event::Resize(60, 16));
    let shown = text(&draw(&model, &countersign::console::theme::Theme::dark()));
    assert!(
        shown.contains("tools/"),
        "the selection left the screen:\n{shown}"
    );
}
