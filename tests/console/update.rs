//! What keys and messages do to the model, and what they want done.

use crate::fixture::{
    self, MEMORY, NOISE, QUANTUM, gate, keys, loaded, running, select, send, tree,
};
use crate::picture::{self, ascii};
use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message};
use countersign::console::model::dashboard::Entry;
use countersign::console::model::module::Focus;
use countersign::console::model::{Model, Screen};
use countersign::console::theme::Theme;
use countersign::console::update::update;
use countersign::promotion::{GateEventKind, GateStatus, ModuleId, ModuleTree};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Size;

const SIZE: Size = Size::new(100, 30);

pub fn view(model: &Model) -> &countersign::console::model::module::ModuleView {
    match &model.screen {
        Screen::Module(view) => view,
        _ => panic!("no module is open"),
    }
}

pub fn said(model: &Model) -> &str {
    model.status.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn enter_opens_the_module_and_asks_for_its_dossier() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "<enter>");
    assert!(matches!(effects[..], [Effect::Dossier { id: QUANTUM, .. }]));
    keys(&mut model, "<esc>");
    assert_eq!(model.dashboard.module(), Some(QUANTUM));
}

#[test]
fn answers_to_older_questions_are_dropped() {
    let mut model = loaded(SIZE);
    let old = model.load;
    let effects = keys(&mut model, "r");
    assert!(matches!(effects[..], [Effect::Load { generation, .. }] if generation > old));
    send(
        &mut model,
        Message::Tree {
            generation: old,
            result: Ok(ModuleTree::default().into()),
        },
    );
    assert!(!model.catalog.tree().is_empty());
    assert!(!model.changed, "nothing to draw");

    select(&mut model, "quantum/");
    keys(&mut model, "<enter>");
    let stale = view(&model).generation;
    keys(&mut model, "<esc>");
    keys(&mut model, "<enter>");
    send(
        &mut model,
        Message::Dossier {
            generation: stale,
            result: Err("too late".into()),
        },
    );
    assert!(view(&model).dossier.is_none());
    assert_eq!(said(&model), "");
}

#[test]
fn what_happens_beside_the_work_is_kept_and_says_nothing() {
    use countersign::console::model::Level;
    let mut model = loaded(SIZE);
    let (level, text) = (Level::Warning, "it cannot be kept\u{1b}[2J".to_owned());
    send(&mut model, Message::Journal { level, text });
    assert_eq!(said(&model), "");
    assert!(!model.changed, "nothing to draw");
    keys(&mut model, "m");
    let shown = picture::ascii(&model);
    assert!(shown.contains("it cannot be kept␛[2J"), "{shown}");
}

#[test]
fn a_run_goes_from_queued_to_done() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    let effects = keys(&mut model, "c");
    assert!(
        matches!(&effects[..], [Effect::Check { run: 1, module }] if *module == "candidate/quantum".into())
    );
    let statuses = |model: &Model| -> Vec<GateStatus> {
        model
            .catalog
            .states(QUANTUM)
            .iter()
            .map(|s| s.status)
            .collect()
    };
    assert_eq!(statuses(&model), [GateStatus::Queued; 7]);
    assert!(model.wants_ticks());
    gate(
        &mut model,
        "lint",
        GateEventKind::Started {
            command: "ruff".into(),
        },
        10,
    );
    assert_eq!(statuses(&model)[1], GateStatus::Running);
    for state in fixture::quantum_states() {
        let evidence = state.evidence.unwrap();
        let id: &'static str = evidence.gate.to_string().leak();
        gate(
            &mut model,
            id,
            GateEventKind::Finished {
                evidence,
                cached: false,
            },
            50,
        );
    }
    let effects = {
        let at = fixture::NOW + 90;
        update(
            &mut model,
            Event::Message(Message::CheckEnded {
                run: 1,
                at,
                result: Ok(()),
            }),
        )
    };
    assert!(
        matches!(&effects[..], [Effect::States { ids, .. }, Effect::Standing { .. }]
            if ids == &[QUANTUM])
    );
    assert!(
        said(&model).contains("2 failed, 1 could not run"),
        "{}",
        said(&model)
    );
    assert!(!model.wants_ticks());
}

#[test]
fn what_is_made_ready_is_said_where_the_gates_are_waited_for() {
    let mut model = loaded(Size::new(80, 24));
    model.catalog.set_states(vec![(QUANTUM, Vec::new())]);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>c");
    let made = GateEventKind::Preparing {
        what: "installing ruff and 11 others (2 of 2)".into(),
        done: None,
    };
    gate(&mut model, "lint", made, 10);
    let shown = ascii(&model);
    assert!(shown.contains("installing ruff and 11 others"), "{shown}");
    for key in ["o", "<enter>"] {
        keys(&mut model, key);
        assert!(said(&model).contains("its turn"), "{}", said(&model));
    }
    let started = GateEventKind::Started {
        command: "ruff".into(),
    };
    gate(&mut model, "compile", started, 20);
    assert!(!ascii(&model).contains("installing"));
    keys(&mut model, "o");
    assert!(said(&model).contains("is at work"), "{}", said(&model));
}

#[test]
fn silence_is_no_pass() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "c");
    let at = fixture::NOW + 5;
    update(
        &mut model,
        Event::Message(Message::CheckEnded {
            run: 1,
            at,
            result: Ok(()),
        }),
    );
    assert!(
        said(&model).contains("7 gates gave no result"),
        "{}",
        said(&model)
    );
}

#[test]
fn a_second_module_waits_and_cancelling_forgets_it() {
    let mut model = running(SIZE);
    select(&mut model, "tools/");
    assert_eq!(keys(&mut model, "c"), []);
    assert_eq!(model.runs.waiting.len(), 1);
    let effects = keys(&mut model, "x");
    assert!(matches!(&effects[..], [Effect::States { .. }]));
    assert!(model.runs.waiting.is_empty() && model.runs.is_running());
    let effects = keys(&mut model, "x");
    assert_eq!(effects, [Effect::CancelCheck { run: 1 }]);
    assert!(model.runs.current.as_ref().unwrap().cancelled);
}

#[test]
fn nothing_runs_any_more_once_it_was_cancelled() {
    let mut model = running(SIZE);
    keys(&mut model, "x");
    let (run, at) = (1, fixture::NOW + 9_000);
    let result = Err("cancelled".to_owned());
    update(
        &mut model,
        Event::Message(Message::CheckEnded { run, at, result }),
    );
    let run = model.runs.current.as_ref().unwrap();
    assert!(run.cancelled && run.count(GateStatus::Passed) > 0);
    for status in [GateStatus::Running, GateStatus::Queued] {
        assert_eq!(run.count(status), 0);
    }
}

#[test]
fn from_a_number_to_the_code_and_from_line_to_line() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>2");
    let edits = |model: &mut Model, line: u32| {
        let path = "candidate/quantum/noise.py".into();
        let column = 0;
        assert_eq!(keys(model, "e"), [Effect::Edit { path, line, column }]);
    };
    // The next line nobody ran is in the next file; then one after the other.
    for line in [4, 5, 6, 39, 40] {
        assert_eq!(keys(&mut model, ")"), []);
        edits(&mut model, line);
    }
    keys(&mut model, "(");
    edits(&mut model, 39);
    // A function leads to where it begins.
    keys(&mut model, "ljjj");
    edits(&mut model, 38);
    assert_eq!(keys(&mut model, ")"), []);
    edits(&mut model, 39);
    keys(&mut model, "hG");
    assert!(view(&model).coverage.unfolded.is_empty());
    keys(&mut model, ")");
    assert!(said(&model).contains("no line below"), "{}", said(&model));
    // `old.py` is gone.
    assert_eq!(keys(&mut model, "e"), []);
    assert!(
        said(&model).contains("not there any more"),
        "{}",
        said(&model)
    );
    keys(&mut model, "((");
    let effects = keys(&mut model, "<enter>");
    assert!(view(&model).diff.is_some() && !effects.is_empty());
}

#[test]
fn what_was_read_does_not_overwrite_what_runs() {
    let mut model = running(SIZE);
    let generation = model.load;
    send(
        &mut model,
        Message::States {
            generation,
            batch: vec![(QUANTUM, Vec::new())],
        },
    );
    assert_eq!(model.catalog.states(QUANTUM)[2].status, GateStatus::Running);
}

#[test]
fn the_filter_keeps_ancestors_and_selects_the_best_match() {
    let mut model = loaded(SIZE);
    keys(&mut model, "/noi");
    let entries: Vec<_> = model.dashboard.rows.iter().map(|r| r.entry).collect();
    assert_eq!(
        entries,
        [Entry::Lane(0), Entry::Module(QUANTUM), Entry::Module(NOISE)]
    );
    assert_eq!(model.dashboard.module(), Some(NOISE));
    assert_eq!(model.dashboard.rows[2].matched, [0, 1, 2]);
    // Keeping it, then clearing it: the match stays selected, in the open tree.
    keys(&mut model, "<enter>");
    keys(&mut model, "<esc>");
    assert_eq!(model.dashboard.module(), Some(NOISE));
    assert!(model.dashboard.rows.len() > 3);
}

#[test]
fn dropping_the_filter_goes_back_to_where_one_was() {
    let mut model = loaded(SIZE);
    select(&mut model, "memory/");
    keys(&mut model, "/noi<esc>");
    assert_eq!(model.dashboard.module(), Some(MEMORY));
    assert!(model.prompt.is_none() && model.dashboard.filter.is_empty());
}

#[test]
fn statuses_below_are_told_apart_from_ones_own() {
    use countersign::promotion::Criterion;
    let model = loaded(SIZE);
    let below = model.catalog.cell(MEMORY, Criterion::Tests);
    assert_eq!((below.status, below.below), (GateStatus::Stale, true));
    let own = model.catalog.cell(QUANTUM, Criterion::StaticAnalysis);
    assert_eq!((own.status, own.below), (GateStatus::Failed, false));
}

#[test]
fn a_finding_opens_in_the_editor_and_a_fixed_one_says_why_not() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>l");
    assert_eq!(view(&model).focus, Focus::Findings);
    let effects = keys(&mut model, "e");
    assert!(matches!(
        &effects[..],
        [Effect::Edit {
            line: 4,
            column: 5,
            ..
        }]
    ));
    assert_eq!(keys(&mut model, "Ge"), []);
    assert!(said(&model).contains("baseline only"), "{}", said(&model));
}

#[test]
fn keys_that_cannot_act_say_why() {
    for (typed, why) in [
        ("x", "no gates are running"),
        ("p", "no gates ran since this was opened"),
        ("<esc>", "q leaves"),
        ("Q", "does nothing here; ? shows the keys"),
        ("G<space>", "nothing below it"),
    ] {
        let mut model = loaded(SIZE);
        assert_eq!(keys(&mut model, typed), [], "{typed}");
        assert!(said(&model).contains(why), "{typed}: {}", said(&model));
    }
}

#[test]
fn a_lane_says_of_how_many_modules_the_gates_would_run() {
    let mut model = loaded(SIZE);
    keys(&mut model, "gg");
    let shown = ascii(&model);
    assert!(
        shown.contains("4 modules: c runs the gates of all"),
        "{shown}"
    );
    assert!(shown.contains("c run all gates"), "{shown}");
    keys(&mut model, "cx");
    assert!(said(&model).contains("the 3 that wait"), "{}", said(&model));
}

#[test]
fn checking_a_lane_checks_its_modules_one_after_the_other() {
    let mut model = loaded(SIZE);
    let effects = keys(&mut model, "ggc");
    assert!(
        matches!(&effects[..], [Effect::Check { .. }]),
        "{effects:?}"
    );
    let all = model.runs.waiting.len() + 1;
    assert!(all > 1);
    assert!(
        said(&model).contains(&format!("{all} modules are checked, one after the other")),
        "{}",
        said(&model)
    );
    assert_eq!(keys(&mut model, "c"), []);
    assert!(said(&model).contains("being checked already"));
    // `x` takes back all that wait, and ends the one at work.
    let effects = keys(&mut model, "x");
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::CancelCheck { .. }))
    );
    assert!(model.runs.waiting.is_empty());
}

#[test]
fn the_mouse_selects_folds_and_presses_hints() {
    let click = |column, row| {
        Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column,
            row,
            modifiers: KeyModifiers::NONE,
        })
    };
    let mut model = loaded(SIZE);
    let rows = model.dashboard.rows.len();
    // Header, headings, lane, bio, memory.
    update(&mut model, click(20, 4));
    assert_eq!(model.dashboard.module(), Some(MEMORY));
    update(&mut model, click(3, 4));
    assert!(model.dashboard.rows.len() > rows, "the marker unfolds");
    let hint = countersign::console::widgets::footer::hints(&model)
        .into_iter()
        .find(|h| h.word == "help")
        .unwrap();
    update(&mut model, click(hint.columns.start, SIZE.height - 1));
    assert!(model.overlay.is_some());
}

#[test]
fn a_module_that_is_gone_is_closed() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>");
    let effects = update(
        &mut model,
        Event::Message(Message::Tree {
            generation: 1,
            result: Ok(ModuleTree::default().into()),
        }),
    );
    assert_eq!(effects, []);
    assert!(matches!(model.screen, Screen::Dashboard));
    assert!(said(&model).contains("candidate/quantum is not on"));
}

#[test]
fn gates_say_nothing_of_modules_that_were_read_anew() {
    let mut model = running(SIZE);
    select(&mut model, "memory/");
    keys(&mut model, "l");
    select(&mut model, "fold/");
    keys(&mut model, "c");
    let before = |model: &Model, path: &str| {
        let id = model.catalog.find(&path.into()).unwrap();
        model.catalog.states(id).to_vec()
    };
    // A commit takes candidate/bio away: every number below it moves by two.
    let old = tree();
    let moved = |id: ModuleId| ModuleId(id.0 - 2);
    let modules = old.modules()[2..].iter().cloned().map(|mut module| {
        module.parent = module.parent.map(moved);
        module
    });
    let effects = keys(&mut model, "r");
    let [Effect::Load { generation, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    send(
        &mut model,
        Message::Tree {
            generation,
            result: Ok(ModuleTree::from_preorder(modules.collect()).into()),
        },
    );
    let fold = model.catalog.find(&"candidate/memory/fold".into()).unwrap();
    assert_eq!(model.runs.waiting, [fold], "it still waits");
    let noise = before(&model, "candidate/quantum/noise.py");
    gate(
        &mut model,
        "types",
        GateEventKind::Finished {
            evidence: fixture::quantum_states()[1].evidence.clone().unwrap(),
            cached: false,
        },
        9_500,
    );
    assert_eq!(before(&model, "candidate/quantum/noise.py"), noise);
    // The end reads the states of the module that was checked, and goes on.
    let effects = update(
        &mut model,
        Event::Message(Message::CheckEnded {
            run: 1,
            at: fixture::NOW + 10_000,
            result: Ok(()),
        }),
    );
    assert!(
        matches!(&effects[..], [Effect::States { ids, .. }, Effect::Check { module, .. }]
            if *ids == [moved(QUANTUM)] && *module == "candidate/memory/fold".into()),
        "{effects:?}"
    );
}

#[test]
fn states_are_not_asked_for_while_modules_are_read_anew() {
    let mut model = running(SIZE);
    keys(&mut model, "r");
    let effects = update(
        &mut model,
        Event::Message(Message::CheckEnded {
            run: 1,
            at: fixture::NOW + 10_000,
            result: Ok(()),
        }),
    );
    assert_eq!(
        effects,
        [],
        "numbers of old modules mean others to the worker"
    );
}

#[test]
fn a_diff_is_made_again_when_the_repository_is_read_again() {
    let mut model = loaded(SIZE);
    select(&mut model, "quantum/");
    keys(&mut model, "<enter>3");
    let [Effect::Load { generation, .. }] = keys(&mut model, "r")[..] else {
        panic!("r reads the repository again, on every screen");
    };
    let effects = update(
        &mut model,
        Event::Message(Message::Tree {
            generation,
            result: Ok(tree().into()),
        }),
    );
    assert!(
        matches!(&effects[..], [Effect::Dossier { .. }, Effect::Diff(_), ..]),
        "{effects:?}"
    );
}

/// A small generator of our own: the same sequence on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % n
    }
}

#[test]
fn ten_thousand_random_events_never_panic() {
    const CODES: [KeyCode; 14] = [
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Backspace,
    ];
    let mut random = Random(20_260_922);
    let mut model = loaded(SIZE);
    let theme = Theme::dark();
    let mut opened = 0;
    for step in 0..10_000 {
        let event = match random.below(20) {
            0 => Event::Resize(random.below(200) as u16 + 1, random.below(60) as u16 + 1),
            1 => Event::Mouse(MouseEvent {
                kind: match random.below(4) {
                    0 => MouseEventKind::ScrollDown,
                    1 => MouseEventKind::ScrollUp,
                    _ => MouseEventKind::Down(MouseButton::Left),
                },
                column: random.below(200) as u16,
                row: random.below(60) as u16,
                modifiers: KeyModifiers::NONE,
            }),
            2 => Event::Paste("q漢\u{1b}e\u{301}\nx".into()),
            3 => Event::Message(Message::States {
                generation: model.load,
                batch: vec![(ModuleId(random.below(12) as u32), fixture::quantum_states())],
            }),
            4..10 => {
                let code = CODES[random.below(CODES.len() as u64) as usize];
                Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
            }
            _ => {
                let c = char::from(b' ' + random.below(95) as u8);
                let modifiers = match random.below(12) {
                    0 => KeyModifiers::CONTROL,
                    1 => KeyModifiers::ALT,
                    _ => KeyModifiers::NONE,
                };
                Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
            }
        };
        for effect in update(&mut model, event) {
            match effect {
                Effect::Check { run, .. } if random.below(2) == 0 => {
                    let at = model.now + 7;
                    send(
                        &mut model,
                        Message::CheckEnded {
                            run,
                            at,
                            result: Err("no tools".into()),
                        },
                    );
                }
                Effect::Raw { generation, .. } => send(
                    &mut model,
                    Message::Raw {
                        generation,
                        result: Ok(vec!["\u{202e}line".into(); 100]),
                    },
                ),
                _ => {}
            }
        }
        opened += usize::from(matches!(model.screen, Screen::Module(_)));
        if step % 3 == 0 {
            picture::draw(&model, &theme);
        }
    }
    assert!(opened > 500, "the walk saw too little: {opened}");
}
