//! A model with modules in every state, made from messages as workers send them.

use std::sync::Arc;

use countersign::console::event::{Event, Loading, Message, Millis};
use countersign::console::keymap::Keymap;
use countersign::console::model::{Gate, Header, Model};
use countersign::console::update::{start, update};
use countersign::promotion::benchmark::{Interval, Pair, Verdict};
use countersign::promotion::coverage::{AtBase, Changed, ChangedFile, FunctionCoverage, Reach};
use countersign::promotion::{
    Benchmark, Benchmarks, Change, Coverage, Criterion, Evidence, Facts, FileCoverage, Finding,
    GateEvent, GateEventKind, GateId, GateState, GateStatus, Isolation, Lane, Module, ModuleId,
    ModuleKind, ModuleTree, Novelty, ObjectId, Outcome, Owner, OwnerSource, RepoPath, Severity,
    TestLink, TestReason, ToolExit, ToolRun,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

/// A moment in 2026.
pub const NOW: Millis = 1_790_000_000_000;

const GATES: [(&str, Criterion, &str); 7] = [
    ("compile", Criterion::Syntax, "Every file compiles"),
    ("lint", Criterion::StaticAnalysis, "ruff finds nothing new"),
    ("types", Criterion::StaticAnalysis, "mypy finds nothing new"),
    ("format", Criterion::Format, "black would change nothing"),
    ("imports", Criterion::Format, "Imports are in order"),
    ("tests", Criterion::Tests, "The module's tests pass"),
    ("coverage", Criterion::Tests, "The tests cover the module"),
];

fn header() -> Header {
    Header {
        repository: "lantern".into(),
        revision: "work/next-promotions".into(),
        commit: "45b8328fb7".into(),
        base: "9a01c2d3e4".into(),
        lanes: vec![Lane {
            source: "candidate".into(),
            targets: vec!["core".into(), "lukhas".into()],
        }],
    }
}

fn gates() -> Vec<Gate> {
    GATES
        .iter()
        .map(|(id, criterion, title)| Gate {
            id: GateId::new(id),
            criterion: *criterion,
            title: (*title).to_owned(),
        })
        .collect()
}

/// A model that has asked for its modules and knows none yet.
pub fn loading(size: Size) -> Model {
    let mut model = Model::new(header(), gates(), Keymap::built_in(), size, NOW);
    start(&mut model);
    model
}

pub fn module(path: &[u8], kind: ModuleKind, depth: u16, parent: Option<u32>) -> Module {
    Module {
        path: RepoPath::from_bytes(path),
        kind,
        object: ObjectId::from_bytes([7; 20]),
        lane: 0,
        files: if kind == ModuleKind::File { 1 } else { 14 },
        bytes: 4_096 * u64::from(depth + 1),
        parent: parent.map(ModuleId),
        depth,
    }
}

/// Parents before children; indices are those of the constants below.
pub fn tree() -> ModuleTree {
    use ModuleKind::{File, Namespace, Package};
    ModuleTree::from_preorder(vec![
        module(b"candidate/bio", Package, 0, None),
        module(b"candidate/bio/cells.py", File, 1, Some(0)),
        module(b"candidate/memory", Namespace, 0, None),
        module(b"candidate/memory/fold", Package, 1, Some(2)),
        module(b"candidate/memory/fold/deep", Package, 2, Some(3)),
        module(b"candidate/memory/recall.py", File, 1, Some(2)),
        module(b"candidate/quantum", Package, 0, None),
        module(b"candidate/quantum/gates", Package, 1, Some(6)),
        module(b"candidate/quantum/noise.py", File, 1, Some(6)),
        module(b"candidate/tools", Package, 0, None),
    ])
}

pub const MEMORY: ModuleId = ModuleId(2);
pub const QUANTUM: ModuleId = ModuleId(6);
pub const NOISE: ModuleId = ModuleId(8);

fn facts(owner: &str, source: OwnerSource, days: i64) -> Facts {
    Facts {
        owner: Some(Owner {
            name: owner.into(),
            source,
        }),
        last_change: Some(Change {
            commit: ObjectId::from_bytes([9; 20]),
            author: "Ada Byron".into(),
            time: NOW / 1_000 - days * 86_400,
            summary: "Count the folds before they are made".into(),
        }),
        tests: vec![
            TestLink {
                path: "tests/candidate/test_quantum.py".into(),
                reason: TestReason::Import,
            },
            TestLink {
                path: "tests/quantum/test_noise.py".into(),
                reason: TestReason::Path,
            },
        ],
        uncommitted: days == 3,
        complete: true,
    }
}

pub fn finding(rule: &str, line: u32, message: &str, novelty: Novelty) -> Finding {
    Finding {
        rule: rule.into(),
        message: message.into(),
        detail: String::new(),
        path: "candidate/quantum/noise.py".into(),
        line,
        column: 5,
        source: "import os".into(),
        severity: Severity::Error,
        novelty,
    }
}

fn function(name: &str, line: u32, of: (u32, u32), branches: (u32, u32)) -> FunctionCoverage {
    FunctionCoverage {
        name: name.into(),
        line,
        statements: of.1,
        covered: of.0,
        branches: branches.1,
        covered_branches: branches.0,
    }
}

/// Coverage of a file with these functions.
fn covered(path: &str, functions: Vec<FunctionCoverage>) -> FileCoverage {
    let sum = |of: fn(&FunctionCoverage) -> u32| functions.iter().map(of).sum();
    FileCoverage {
        path: path.into(),
        statements: sum(|f| f.statements),
        covered: sum(|f| f.covered),
        branches: sum(|f| f.branches),
        covered_branches: sum(|f| f.covered_branches),
        functions,
        ..FileCoverage::default()
    }
}

/// Coverage with everything that can be known of it.
pub fn coverage() -> Coverage {
    let init = || {
        let own = function("", 0, (12, 12), (0, 0));
        covered("candidate/quantum/__init__.py", vec![own])
    };
    let noise = "candidate/quantum/noise.py";
    let now = vec![
        function("", 0, (40, 40), (0, 0)),
        function("sample", 4, (54, 60), (6, 10)),
        function("Channel.apply", 38, (57, 100), (5, 10)),
    ];
    let before = vec![
        function("", 0, (40, 40), (0, 0)),
        function("sample", 4, (58, 60), (8, 10)),
        function("Channel.apply", 38, (53, 80), (4, 8)),
    ];
    Coverage {
        files: vec![
            init(),
            FileCoverage {
                missing: vec![4, 5, 6, 40, 77, 78],
                partial: vec![39],
                ..covered(noise, now)
            },
        ],
        changed: Changed::Known {
            files: vec![ChangedFile {
                path: noise.into(),
                lines: 31,
                statements: 20,
                covered: 16,
                missing: vec![40, 77, 78],
            }],
        },
        base: AtBase::Known {
            files: vec![
                init(),
                FileCoverage {
                    was: Some("candidate/quantum/noises.py".into()),
                    ..covered(noise, before)
                },
                covered(
                    "candidate/quantum/old.py",
                    vec![function("f", 1, (5, 10), (0, 0))],
                ),
            ],
            note: None,
        },
        tests: vec![Reach {
            path: "tests/candidate/quantum/test_noise.py".into(),
            tests: 14,
            reached: 12,
        }],
    }
}

fn evidence(gate: &GateId, outcome: Outcome, summary: &str, findings: Vec<Finding>) -> Evidence {
    let coverage = (gate.as_str() == "coverage").then(coverage);
    Evidence {
        version: 1,
        gate: gate.clone(),
        module: "candidate/quantum".into(),
        object: ObjectId::from_bytes([7; 20]),
        commit: ObjectId::from_bytes([8; 20]),
        base: None,
        key: "00".into(),
        outcome,
        summary: summary.into(),
        work: vec![("files".into(), 14)],
        findings,
        coverage,
        api: Vec::new(),
        benchmarks: None,
        interpreter: None,
        runs: vec![ToolRun {
            tool: gate.as_str().into(),
            version: "1.2.3".into(),
            command: vec![gate.as_str().into(), "candidate/quantum".into()],
            baseline: false,
            exit: ToolExit::Code(1),
            duration_ms: 1_234,
            stdout: "ab".into(),
            stderr: "cd".into(),
        }],
        isolation: Isolation::Process,
        started: NOW / 1_000 - 60,
        duration_ms: 1_234,
    }
}

/// Benchmarks with everything that can become of one.
pub fn benchmarks() -> Benchmarks {
    let one =
        |name: &str, line, verdict, base, head, interval: Option<[f64; 3]>, pairs| Benchmark {
            name: format!("tests/unit/test_speed.py::{name}"),
            path: "tests/unit/test_speed.py".into(),
            line,
            verdict,
            base,
            head,
            interval: interval.map(|[low, ratio, high]| Interval { ratio, low, high }),
            pairs: vec![Pair { base: 1, head: 1 }; pairs],
        };
    let ms = 1_000_000_000;
    Benchmarks {
        budget: 5.0,
        seed: 2_718_281,
        list: vec![
            one(
                "TestWave::test_collapse[1024]",
                12,
                Verdict::Regressed,
                Some(3 * ms),
                Some(4_612 * ms / 1000),
                Some([1.498, 1.537, 1.581]),
                10,
            ),
            one(
                "test_entangle",
                31,
                Verdict::Inconclusive,
                Some(812_400_000),
                Some(849_100_000),
                Some([1.012, 1.045, 1.083]),
                30,
            ),
            one(
                "test_gone",
                0,
                Verdict::Removed,
                Some(41_300),
                None,
                None,
                0,
            ),
            one(
                "test_measure",
                44,
                Verdict::Holds,
                Some(95_200_000),
                Some(71_800_000),
                Some([0.741, 0.754, 0.768]),
                10,
            ),
            one(
                "test_new",
                58,
                Verdict::NoBaseline,
                None,
                Some(2_100 * ms),
                None,
                0,
            ),
            one(
                "test_same",
                63,
                Verdict::Holds,
                Some(512_000),
                Some(514_000),
                Some([0.994, 1.004, 1.011]),
                10,
            ),
        ],
        no_base: None,
    }
}

/// What the gates say, with that of benchmarks among them.
pub fn timed_states() -> Vec<GateState> {
    let gate = GateId::new("benchmarks");
    let outcome = Outcome::Failed {
        why: "slower than the budget of 5 % allows: TestWave::test_collapse[1024]".into(),
    };
    let mut evidence = evidence(&gate, outcome, "3 benchmarks", Vec::new());
    evidence.benchmarks = Some(benchmarks());
    let mut states = quantum_states();
    states.push(GateState {
        gate,
        criterion: Criterion::Performance,
        status: GateStatus::Failed,
        why: String::new(),
        evidence: Some(Arc::new(evidence)),
    });
    states
}

/// What each gate of `candidate/quantum` says.
pub fn quantum_states() -> Vec<GateState> {
    GATES
        .iter()
        .map(|(id, criterion, _)| {
            let gate = GateId::new(id);
            let (outcome, summary, findings) = match *id {
                "lint" => (
                    Outcome::Failed {
                        why: "2 new findings that the base does not have".into(),
                    },
                    "2 new, 1 old, 1 fixed",
                    vec![
                        finding("F401", 4, "`os` imported but unused", Novelty::New),
                        finding("E501", 40, "Line too long (120 > 88)", Novelty::New),
                        finding("F841", 77, "Local variable `x` is never used", Novelty::Old),
                        finding("W291", 9, "Trailing whitespace", Novelty::Fixed),
                    ],
                ),
                "types" => (
                    Outcome::Error {
                        why: "mypy was ended after 600 s".into(),
                        help:
                            "raise [gates.types] timeout_s in countersign.toml, or make it faster"
                                .into(),
                    },
                    "timed out",
                    Vec::new(),
                ),
                "imports" => (
                    Outcome::NotApplicable {
                        why: "turned off in countersign.toml".into(),
                    },
                    "off",
                    Vec::new(),
                ),
                "coverage" => (
                    Outcome::Failed {
                        why: "75.0 % of 232 is less than 90 %".into(),
                    },
                    "75.0 %",
                    Vec::new(),
                ),
                _ => (Outcome::Passed, "14 files", Vec::new()),
            };
            let evidence = evidence(&gate, outcome, summary, findings);
            GateState {
                status: evidence.status(),
                why: match &evidence.outcome {
                    Outcome::Passed => evidence.summary.clone(),
                    Outcome::Failed { why }
                    | Outcome::NotApplicable { why }
                    | Outcome::Error { why, .. } => why.clone(),
                },
                gate,
                criterion: *criterion,
                evidence: Some(Arc::new(evidence)),
            }
        })
        .collect()
}

pub fn states_all(status: GateStatus) -> Vec<GateState> {
    quantum_states()
        .into_iter()
        .map(|state| GateState {
            status,
            why: String::new(),
            ..state
        })
        .collect()
}

/// Modules, facts and states are known.
pub fn loaded(size: Size) -> Model {
    with_tree(size, tree())
}

pub fn with_tree(size: Size, tree: ModuleTree) -> Model {
    let mut model = loading(size);
    let generation = model.load;
    let ids: Vec<_> = tree.ids().collect();
    send(
        &mut model,
        Message::Tree {
            generation,
            result: Ok(Arc::new(tree)),
        },
    );
    send(&mut model, Message::Reading(Box::default()));
    let batch = ids
        .iter()
        .map(|id| {
            let facts = match id.0 % 4 {
                0 => facts("@lantern/quantum", OwnerSource::Codeowners, 3),
                1 => facts("Ada Byron", OwnerSource::History, 40),
                2 => facts("@grace", OwnerSource::Config, 400),
                _ => Facts {
                    complete: true,
                    ..Facts::default()
                },
            };
            (*id, facts)
        })
        .collect();
    send(&mut model, Message::Facts { generation, batch });
    let batch = vec![
        (ModuleId(1), states_all(GateStatus::Passed)),
        (ModuleId(4), states_all(GateStatus::Stale)),
        (QUANTUM, quantum_states()),
        (NOISE, states_all(GateStatus::Passed)),
    ];
    send(&mut model, Message::States { generation, batch });
    for what in [Loading::Facts, Loading::States] {
        send(
            &mut model,
            Message::Loaded {
                generation,
                what,
                result: Ok(()),
            },
        );
    }
    model
}

pub fn send(model: &mut Model, message: Message) {
    update(model, Event::Message(message));
}

/// Types keys: characters, or names in angle brackets.
pub fn keys(model: &mut Model, text: &str) -> Vec<countersign::console::effect::Effect> {
    let mut effects = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (code, len) = match rest.find('>').filter(|_| c == '<') {
            Some(end) => {
                let code = match &rest[1..end] {
                    "enter" => KeyCode::Enter,
                    "esc" => KeyCode::Esc,
                    "tab" => KeyCode::Tab,
                    "space" => KeyCode::Char(' '),
                    "down" => KeyCode::Down,
                    "up" => KeyCode::Up,
                    "f5" => KeyCode::F(5),
                    "backspace" => KeyCode::Backspace,
                    other => panic!("no key is named {other}"),
                };
                (code, end + 1)
            }
            None => (KeyCode::Char(c), c.len_utf8()),
        };
        rest = &rest[len..];
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        effects.extend(update(model, Event::Key(key)));
    }
    effects
}

/// Something happened to the gates of `candidate/quantum` in run 1.
pub fn gate(model: &mut Model, gate: &'static str, kind: GateEventKind, after: Millis) {
    send(
        model,
        Message::Gate {
            run: 1,
            at: NOW + after,
            event: GateEvent {
                module: "candidate/quantum".into(),
                gate: Some(GateId::new(gate)),
                kind,
            },
        },
    );
}

/// The gates of `candidate/quantum` are at work.
pub fn running(size: Size) -> Model {
    let mut model = loaded(size);
    select(&mut model, "quantum/");
    keys(&mut model, "c");
    let states = quantum_states();
    gate(
        &mut model,
        "compile",
        GateEventKind::Started {
            command: "python".into(),
        },
        100,
    );
    let evidence = states[0].evidence.clone().unwrap();
    gate(
        &mut model,
        "compile",
        GateEventKind::Finished {
            evidence,
            cached: false,
        },
        1_100,
    );
    let evidence = states[1].evidence.clone().unwrap();
    gate(
        &mut model,
        "lint",
        GateEventKind::Finished {
            evidence,
            cached: true,
        },
        1_200,
    );
    gate(
        &mut model,
        "types",
        GateEventKind::Started {
            command: "mypy".into(),
        },
        1_300,
    );
    gate(
        &mut model,
        "types",
        GateEventKind::Output("checking \u{1b}[31mnoise\u{202e}".into()),
        9_000,
    );
    model
}

/// Moves the selection to the module of that name.
pub fn select(model: &mut Model, name: &str) {
    keys(model, "gg");
    for _ in 0..100 {
        let here = model
            .dashboard
            .module()
            .and_then(|id| model.catalog.module(id))
            .map(|m| format!("{}/", m.name()));
        if here.as_deref() == Some(name) {
            return;
        }
        keys(model, "j");
    }
    panic!("{name} has no row");
}
