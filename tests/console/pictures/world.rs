//! What is on the pictures: the models of the other tests where those will do, without the
//! hostile text in some of them.

use std::sync::Arc;

use countersign::console::effect::Effect;
use countersign::console::event::Message;
use countersign::console::model::Model;
use countersign::console::model::audit::EntryView;
use countersign::console::model::standing::Standings;
use countersign::promotion::coverage::{AtBase, Changed, ChangedFile, FunctionCoverage};
use countersign::promotion::proposal::{Asks, Prefill, Template};
use countersign::promotion::reading::{Anchor, Comment, Jot};
use countersign::promotion::{
    Coverage, Criterion, Evidence, FileCoverage, GateId, GateState, GateStatus, ModuleId,
    ModuleKind, ModuleTree, Novelty, Outcome,
};
use ratatui::layout::Size;

use crate::fixture::{self, QUANTUM, finding, keys, module, select, send};
use crate::screens::{open, open_with};
use crate::{canary as canaries, every, impact as impacts, review as reviews, sign_off, wizard};

const INIT: &str = "candidate/quantum/__init__.py";
const NOISE: &str = "candidate/quantum/noise.py";
const OLD: &str = include_str!("noise_old.py");
const NEW: &str = include_str!("noise_new.py");

/// What the other gates say of a module, for those criteria that fixtures leave out.
const FURTHER: [(&str, Criterion); 4] = [
    ("benchmarks", Criterion::Performance),
    ("supply-chain", Criterion::Security),
    ("documentation", Criterion::Documentation),
    ("owner", Criterion::Reviewers),
];

/// All gates passed but for these.
fn states_but(others: &[(&str, GateStatus)]) -> Vec<GateState> {
    let mut states = fixture::states_all(GateStatus::Passed);
    states.extend(FURTHER.map(|(gate, criterion)| GateState {
        gate: GateId::new(gate),
        criterion,
        status: GateStatus::Passed,
        why: String::new(),
        evidence: None,
    }));
    for (gate, status) in others {
        let mut all = states.iter_mut();
        all.find(|it| it.gate.as_str() == *gate).unwrap().status = *status;
    }
    states
}

fn change(states: &mut [GateState], gate: &str, how: impl FnOnce(&mut Evidence)) {
    let state = states.iter_mut().find(|it| it.gate.as_str() == gate);
    how(Arc::make_mut(state.unwrap().evidence.as_mut().unwrap()));
}

/// What the gates say of `candidate/quantum`, at the lines of [`NEW`].
fn states() -> Vec<GateState> {
    let mut states = fixture::quantum_states();
    change(&mut states, "lint", |it| {
        it.findings = vec![
            finding("F401", 4, "`os` imported but unused", Novelty::New),
            finding("E741", 27, "Ambiguous variable name: `l`", Novelty::New),
            finding(
                "F841",
                22,
                "Local variable `rest` is never used",
                Novelty::Old,
            ),
            finding("W291", 9, "Trailing whitespace", Novelty::Fixed),
        ];
    });
    let why = "85.1 % of 27 is less than 90 %";
    change(&mut states, "coverage", |it| {
        it.outcome = Outcome::Failed { why: why.into() };
        it.summary = "85.1 %".into();
        it.coverage = Some(covered());
    });
    states.last_mut().unwrap().why = why.into();
    states
}

/// A file: its functions with their lines, and how many of how many statements ran.
fn file(path: &str, functions: &[(&str, u32, u32, u32)]) -> FileCoverage {
    let function = |(name, line, covered, statements): &(&str, u32, u32, u32)| FunctionCoverage {
        name: (*name).into(),
        line: *line,
        statements: *statements,
        covered: *covered,
        ..FunctionCoverage::default()
    };
    FileCoverage {
        path: path.into(),
        statements: functions.iter().map(|it| it.3).sum(),
        covered: functions.iter().map(|it| it.2).sum(),
        functions: functions.iter().map(function).collect(),
        ..FileCoverage::default()
    }
}

/// What of [`NEW`] runs in the tests, and what of [`OLD`] did.
fn covered() -> Coverage {
    let mut noise = file(
        NOISE,
        &[
            ("", 0, 10, 10),
            ("sample", 8, 2, 2),
            ("Channel.__init__", 17, 2, 2),
            ("Channel.apply", 21, 3, 3),
            ("Channel.damp", 26, 3, 4),
            ("Channel.fidelity", 34, 1, 1),
            ("Channel.seeds", 37, 0, 2),
        ],
    );
    (noise.branches, noise.covered_branches) = (2, 1);
    let damp = &mut noise.functions[4];
    (damp.branches, damp.covered_branches) = (2, 1);
    (noise.missing, noise.partial) = (vec![29, 38, 39], vec![28]);
    let before = [
        ("", 0, 7, 7),
        ("sample", 7, 4, 4),
        ("Channel.__init__", 18, 1, 1),
        ("Channel.apply", 21, 3, 3),
        ("Channel.fidelity", 26, 1, 1),
    ];
    Coverage {
        files: vec![file(INIT, &[("", 0, 1, 1)]), noise],
        changed: Changed::Known {
            files: vec![ChangedFile {
                path: NOISE.into(),
                lines: 20,
                statements: 15,
                covered: 12,
                missing: vec![29, 38, 39],
            }],
        },
        base: AtBase::Known {
            files: vec![file(NOISE, &before)],
            note: None,
        },
        ..fixture::coverage()
    }
}

/// Text that anybody may read: nothing in it moves a cursor.
fn standings() -> Standings {
    let mut all = sign_off::standings();
    let quantum = all.of.get_mut(&"candidate/quantum".into()).unwrap();
    quantum.states[2].principal = "lise@example.org".into();
    quantum.missing[1] = "rejected by lise@example.org (ethics)".into();
    all
}

pub fn dashboard(size: Size) -> Model {
    use GateStatus::{Error, Failed, NeverRun, Passed, Stale};
    use ModuleKind::{File, Package};
    let mut modules: Vec<_> = fixture::tree()
        .ids()
        .map(|id| fixture::tree().get(id).unwrap().clone())
        .collect();
    modules.extend([
        module(b"candidate/tracks", Package, 0, None),
        module(b"candidate/vision", Package, 0, None),
        module(b"candidate/vision/windows.py", File, 1, Some(11)),
        module(b"candidate/waves", Package, 0, None),
        module(b"candidate/weather.py", File, 0, None),
    ]);
    let mut model = fixture::with_tree(size, ModuleTree::from_preorder(modules));
    let batch = [
        (0, states_but(&[("documentation", Failed)])),
        (1, states_but(&[])),
        (3, states_but(&[("types", Error), ("coverage", Failed)])),
        (
            4,
            states_but(&[])
                .into_iter()
                .map(|it| GateState {
                    status: Stale,
                    ..it
                })
                .collect(),
        ),
        (QUANTUM.0, states()),
        (8, states_but(&[("benchmarks", Passed)])),
        (
            10,
            states_but(&[("format", Failed), ("supply-chain", Failed)]),
        ),
        (11, states_but(&[])),
        (
            13,
            states_but(&[("owner", Failed), ("benchmarks", NeverRun)]),
        ),
    ];
    let batch = batch.map(|(id, states)| (ModuleId(id), states)).into();
    let generation = model.load;
    send(&mut model, Message::States { generation, batch });
    sign_off::with_standings(&mut model, standings());
    keys(&mut model, "zR");
    select(&mut model, "quantum/");
    model
}

pub fn gates(size: Size) -> Model {
    let mut model = open_with(size, states());
    keys(&mut model, "l");
    model
}

pub fn coverage(size: Size) -> Model {
    let mut model = open_with(size, states());
    keys(&mut model, "2jl");
    model
}

pub fn diff(size: Size) -> Model {
    let home = tempfile::tempdir().unwrap();
    let files = [
        (
            "candidate/quantum/__init__.py",
            "from .noise import sample\n",
        ),
        (NOISE, NEW),
        ("candidate/quantum/gates.py", "SWAP = \"swap\"\n"),
        ("core/quantum/__init__.py", ""),
        ("core/quantum/noise.py", OLD),
    ];
    every::committed(home.path(), &files);
    // The first is viewed, and a finding of the last is commented on.
    let comment = "iIs<space>this<space>left<space>over?<space>Ask<space>Grace.<esc>";
    let typed = format!("V f f {comment}");
    every::compared_in(home.path(), open_with(size, states()), &typed)
}

pub fn speed(size: Size) -> Model {
    let mut model = open_with(size, fixture::timed_states());
    keys(&mut model, "5j");
    model
}

pub fn decisions(size: Size) -> Model {
    let mut model = open(size);
    sign_off::with_standings(&mut model, standings());
    keys(&mut model, "6");
    model
}

pub fn impact(size: Size) -> Model {
    let mut model = open(size);
    let effects = keys(&mut model, "7");
    let mut impact = impacts::impact();
    for it in &mut impact.importers {
        it.text = it.text.replace('\u{1b}', "").replace("[2J", "");
    }
    impact.importers.truncate(9);
    impacts::answer(&mut model, &effects, Ok(Box::new(impact)));
    keys(&mut model, "j");
    model
}

pub fn review(size: Size) -> Model {
    let mut model = sign_off::review_of(size, sign_off::sheet());
    keys(&mut model, "ycThe edge at 0 is not covered.<esc>k");
    model
}

pub fn sign(size: Size) -> Model {
    let mut model = reviews::ready(size);
    for (line, text) in [
        (3, "Is this left over? Ask Grace."),
        (28, "What of level 0?"),
    ] {
        let on = Anchor::new(NOISE.into(), false, line, b"");
        let text = text.into();
        model.jot(&Jot::Comment(Comment { on, text }));
    }
    keys(&mut model, "sxe");
    model
}

pub fn wizard(size: Size) -> Model {
    let mut opened = wizard::opened();
    let form = "# Promote\n\n## Facts\n\n- **Module:**\n- **Owner:**\n- **Risk level:** [LOW | HIGH]\n\n\
                ## Why\n\nWhat gets better for whom, and why now.\n\n\
                ## Acceptance criteria\n\n- [ ] `pytest`: the tests pass\n- [ ] `mypy`: nothing new\n\n\
                ## Risks\n\nWhat can go wrong, who notices, and how we go back.\n";
    let asks = Asks {
        all: true,
        parts: &[],
    };
    let promote = &mut opened.proposal.promote;
    promote.template = Template::parse(form, asks);
    let prefill = |value: &str, because: &str, suggests| Prefill {
        value: value.into(),
        because: because.into(),
        suggests,
    };
    promote.prefills = [
        (
            "facts/module",
            prefill("candidate/quantum", "it is the module", false),
        ),
        (
            "facts/owner",
            prefill("@lantern/quantum", "CODEOWNERS says so", false),
        ),
        (
            "facts/risk-level",
            prefill("HIGH", "it imports torch", true),
        ),
    ]
    .map(|(field, it)| (field.to_owned(), it))
    .into();
    let mut model = wizard::wizard_of(size, opened);
    keys(&mut model, "ggjj");
    model
}

pub fn audit(size: Size) -> Model {
    let mut model = sign_off::audit_of(size, sign_off::log());
    let payload = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"decision\":\"approve\",\
                   \"note\":\"good work\",\"principal\":\"lise@example.org\",\"role\":\"ethics\"},\
                   \"predicateType\":\"urn:countersign:decision:v1\",\
                   \"subject\":[{\"name\":\"candidate/memory/fold\"}]}";
    let fields = [
        ("signed with", "SHA256:uZp8K3qO0"),
        ("decision", "approve"),
        ("role", "ethics"),
        ("principal", "lise@example.org"),
        ("note", "good work"),
    ];
    let length = payload.len();
    let by_lise = |it: String| it.replace("ada@", "lise@").replace("-tech-", "-ethics-");
    let entry = EntryView {
        fields: fields.map(|(name, it)| (name.into(), it.into())).into(),
        signed: format!("DSSEv1 28 application/vnd.in-toto+json {length} {payload}").into(),
        command: sign_off::entry().command.into_iter().map(by_lise).collect(),
    };
    let effects = keys(&mut model, "<enter>");
    let [Effect::LogEntry { generation, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let result = Ok(Box::new(entry));
    send(&mut model, Message::LogEntry { generation, result });
    model
}

pub fn canary(size: Size) -> Model {
    canaries::canary_of(size, canaries::watched(canaries::all()))
}

pub fn failing(size: Size) -> Model {
    canaries::one(size, canaries::failing())
}

pub fn palette(size: Size) -> Model {
    let mut model = open_with(size, states());
    keys(&mut model, ":cov");
    model
}

pub fn help(size: Size) -> Model {
    let mut model = dashboard(size);
    keys(&mut model, "?");
    model
}
