//! Every screen in every state it has, for what must hold everywhere.

use std::path::Path;

use countersign::console::diff;
use countersign::console::effect::Effect;
use countersign::console::event::{Event, Message, Told};
use countersign::console::linear;
use countersign::console::model::Model;
use countersign::console::model::wizard::Outcome;
use countersign::console::update::update;
use countersign::promotion::ModuleTree;
use countersign::workflow::Workspace;
use git2::{Repository, RepositoryInitOptions, Signature, Time};
use ratatui::layout::Size;

use crate::fixture::{self, keys, loaded, loading, running, select};
use crate::screens::{open, open_with};
use crate::{branches, canary, diffs, errand, impact, review, sign_off, wizard};

/// Every screen, by name.
pub fn screens(size: Size) -> Vec<(&'static str, Model)> {
    let typed = |mut model: Model, text: &str| {
        keys(&mut model, text);
        model
    };
    let in_log = || {
        let mut model = open(size);
        sign_off::with_standings(&mut model, sign_off::standings());
        typed(model, "6")
    };
    let mut screens = vec![
        ("dashboard, reading", loading(size)),
        (
            "dashboard, empty",
            fixture::with_tree(size, ModuleTree::default()),
        ),
        ("dashboard", loaded(size)),
        ("dashboard, last row", typed(loaded(size), "zRG")),
        ("dashboard, filtered", typed(loaded(size), "/noi<enter>")),
        ("dashboard, filtering", typed(loaded(size), "/noi")),
        ("dashboard, failing only", typed(loaded(size), "f")),
        ("dashboard, gates run", running(size)),
        ("dashboard, waiting", {
            let mut model = loaded(size);
            sign_off::with_standings(&mut model, sign_off::standings());
            typed(model, "gg")
        }),
        ("dashboard, help", typed(loaded(size), "?")),
        ("dashboard, messages", typed(loaded(size), "m")),
        ("dashboard, palette", typed(loaded(size), ":")),
        ("module, nothing known", {
            let mut model = loaded(size);
            select(&mut model, "tools/");
            typed(model, "<enter>")
        }),
        ("module, gates", open(size)),
        ("module, last gate", typed(open(size), "G")),
        ("module, findings", typed(open(size), "l")),
        ("module, gates run", {
            let mut model = running(size);
            select(&mut model, "quantum/");
            typed(model, "<enter>")
        }),
        ("module, raw output", typed(open(size), "o")),
        ("module, coverage", typed(open(size), "2")),
        ("module, no coverage", {
            let mut model = loaded(size);
            select(&mut model, "tools/");
            typed(model, "<enter>2")
        }),
        ("module, diff is made", typed(open(size), "3")),
        ("module, diff", compared(size)),
        (
            "module, diff searched",
            typed(compared(size), "/def<enter>"),
        ),
        ("module, facts", typed(open(size), "4")),
        (
            "module, speed",
            typed(open_with(size, fixture::timed_states()), "5"),
        ),
        ("module, no speed", typed(open(size), "5")),
        ("module, no decisions", typed(open(size), "6")),
        ("module, decisions", in_log()),
        ("module, impact is read", typed(open(size), "7")),
        ("module, impact", impact::shown(size)),
        ("module, palette", typed(open(size), ":")),
        ("review, no sheet", {
            let mut model = loaded(size);
            select(&mut model, "quantum/");
            typed(model, "s")
        }),
        ("review", sign_off::review_of(size, sign_off::sheet())),
        (
            "review, last row",
            typed(sign_off::review_of(size, sign_off::sheet()), "G"),
        ),
        (
            "review, hostile",
            sign_off::review_of(size, review::hostile()),
        ),
        (
            "review, hostile text",
            typed(sign_off::review_of(size, review::hostile()), "v"),
        ),
        (
            "review, stale",
            sign_off::review_of(size, sign_off::stale_sheet()),
        ),
        ("review, note", typed(review::ready(size), "gge")),
        (
            "review, note written",
            typed(review::ready(size), "ggeas it is"),
        ),
        ("review, text", typed(review::ready(size), "v")),
        ("review, last step", typed(review::ready(size), "s")),
        ("review, chosen", typed(review::ready(size), "sa")),
        ("review, concerned", typed(review::concerned(size), "s")),
        ("wizard, reading", {
            let mut model = loaded(size);
            select(&mut model, "quantum/");
            typed(model, "w")
        }),
        ("wizard", wizard::wizard_of(size, wizard::opened())),
        (
            "wizard, first row",
            typed(wizard::wizard_of(size, wizard::opened()), "gg"),
        ),
        (
            "wizard, writing",
            typed(wizard::wizard_of(size, wizard::opened()), "<enter>"),
        ),
        ("wizard, text", typed(wizard::ready(size), "v")),
        ("wizard, planning", typed(wizard::ready(size), "s")),
        ("wizard, written", {
            let mut model = wizard::ready(size);
            let outcome = Outcome::Written {
                branch: "promote/quantum-20260309".into(),
                commit: "0123456789".into(),
                next: Vec::new(),
                recorder: Err("no key of an owner is at hand".into()),
                recorded: None,
            };
            wizard::tell(&mut model, Told::Written(Box::new(outcome)));
            model
        }),
        ("wizard, not written", {
            let mut model = wizard::ready(size);
            let outcome = Outcome::Not("the branch moved".into());
            wizard::tell(&mut model, Told::Written(Box::new(outcome)));
            model
        }),
        ("errand, reading", typed(open(size), "P")),
        ("errand, to confirm", errand::reading(size, errand::may())),
        (
            "errand, refused",
            errand::reading(size, Err("it is not signed off".into())),
        ),
        (
            "errand, sending",
            typed(errand::reading(size, errand::may()), "<enter>"),
        ),
        ("errand, tried", errand::tried(size)),
        (
            "errand, promoted",
            errand::promoted(size, Ok("ada@example.org".into())),
        ),
        ("audit, reading", typed(loaded(size), "a")),
        ("audit", sign_off::audit_of(size, sign_off::log())),
        (
            "audit, wrong",
            sign_off::audit_of(size, sign_off::wrong_log()),
        ),
        (
            "audit, filtering",
            typed(sign_off::audit_of(size, sign_off::log()), "/gra"),
        ),
        (
            "audit, last row",
            typed(sign_off::audit_of(size, sign_off::log()), "G"),
        ),
        ("canary, reading", typed(loaded(size), "C")),
        (
            "canary",
            canary::canary_of(size, canary::watched(canary::all())),
        ),
        (
            "canary, nothing",
            canary::canary_of(size, canary::watched(Vec::new())),
        ),
        (
            "canary, last row",
            typed(canary::canary_of(size, canary::watched(canary::all())), "G"),
        ),
        ("canary, healthy", canary::one(size, canary::healthy())),
        ("canary, failing", canary::one(size, canary::failing())),
        ("canary, rolling", canary::one(size, canary::rolling())),
        ("canary, held", canary::one(size, canary::held())),
        ("canary, hostile", canary::one(size, canary::hostile())),
        (
            "canary, asking",
            typed(canary::one(size, canary::healthy()), "l"),
        ),
        (
            "canary, pausing",
            typed(canary::one(size, canary::healthy()), "p"),
        ),
        ("canary, pause said why", canary::pausing(size)),
        (
            "canary, resuming",
            typed(canary::one(size, canary::held()), "u"),
        ),
        (
            "canary, acknowledging",
            typed(canary::one(size, canary::failing()), "a"),
        ),
        (
            "canary, taking back",
            typed(canary::one(size, canary::failing()), "R"),
        ),
        ("canary, signing", typed(canary::pausing(size), "<enter>")),
        ("canary, plan", canary::planned(size)),
        ("canary, stepping", canary::stepping(size)),
        ("audit, entry", {
            let mut model = sign_off::audit_of(size, sign_off::log());
            sign_off::open_entry(&mut model);
            model
        }),
        ("module, branches are read", typed(open(size), "b")),
        ("module, branches", branches::choosing(size)),
        ("module, another branch", branches::chosen(size)),
        ("errand, link", {
            let model = errand::reading(size, errand::may());
            typed(model, "lhttps://ci.example/1")
        }),
        (
            "canary, reason",
            typed(canary::one(size, canary::healthy()), "pea kno"),
        ),
    ];
    screens.extend(diffs::diffs(size));
    screens.extend(review::last_steps(size));
    screens.extend(wizard::further(size));
    screens
}

/// The diff of a module, made by the worker's code from a repository.
pub fn compared(size: Size) -> Model {
    let home = tempfile::tempdir().unwrap();
    repository(home.path());
    let model = compared_in(home.path(), open(size), "}}");
    let shown = linear::page(&model).title;
    assert!(shown.contains("noise.py"), "no diff: {shown}");
    model
}

/// The diff of the module that is open, as it is in that repository, after these keys.
pub fn compared_in(at: &Path, mut model: Model, typed: &str) -> Model {
    let ws = Workspace::open(at, None).unwrap();
    work(&ws, &mut model, "3");
    work(&ws, &mut model, typed);
    model
}

/// These keys, with blanks between what a worker is waited for after.
pub fn work(ws: &Workspace, model: &mut Model, typed: &str) {
    for key in typed.split(' ') {
        let mut effects = keys(model, key);
        while !effects.is_empty() {
            effects = effects
                .into_iter()
                .filter_map(|effect| match effect {
                    Effect::Diff(request) => Some(diff::execute(ws, request, &|| false)),
                    _ => None,
                })
                .flat_map(|reply| update(model, Event::Message(Message::Diff(reply))))
                .collect();
        }
    }
}

/// A module and what stands in its place in a target lane.
fn repository(at: &Path) {
    let old = "import os\n\n\ndef sample(n):\n    return [n]\n";
    let new: String = (0..60)
        .map(|n| format!("X_{n} = '{}'\n", "wide ".repeat(30)))
        .collect();
    let new = format!("{old}\n\ndef other(n):\n    return {{n}}\n\n{new}");
    committed(
        at,
        &[
            ("candidate/quantum/__init__.py", ""),
            ("candidate/quantum/noise.py", new.as_str()),
            ("candidate/quantum/extra.py", "def f():\n    pass\n"),
            ("core/quantum/__init__.py", "# old\n"),
            ("core/quantum/noise.py", old),
        ],
    );
}

/// A repository with these files in its only commit, which is the same everywhere.
pub fn committed(at: &Path, files: &[(&str, &str)]) {
    let mut options = RepositoryInitOptions::new();
    let repo = Repository::init_opts(at, options.initial_head("main")).unwrap();
    for (path, text) in files {
        let path = at.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut index = repo.index().unwrap();
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .unwrap();
    index.write().unwrap();
    let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::new("Ada", "ada@example.org", &Time::new(1_700_000_000, 0)).unwrap();
    repo.commit(Some("HEAD"), &who, &who, "Begin", &tree, &[])
        .unwrap();
}
