//! The commands of `docs/verify.md`, run as they stand there, with stock tools only: on a
//! log that we wrote they pass, and each way to tamper with it fails at its step.
#![allow(clippy::unwrap_used)]

mod gates_support;
#[path = "verify_walk/log.rs"]
mod log;
#[path = "verify_walk/scene.rs"]
mod scene;
#[path = "verify_walk/team.rs"]
mod team;
#[path = "verify_walk/walk.rs"]
mod walk;
#[path = "verify_walk/what.rs"]
mod what;
#[path = "verify_walk/who.rs"]
mod who;

use std::fs;

use scene::Scene;
use team::{MODULE, Team, words};
use walk::{fails, steps, tools, walk_at, walk_with};

#[test]
fn the_walk_passes_on_a_log_that_we_wrote() {
    let scene = Scene::signed_off();
    let anchor = scene.path().join("anchors");
    fs::write(&anchor, scene.anchor()).unwrap();
    let walked = walk_with(&scene, &[("anchors", anchor.to_str().unwrap())]);
    assert_eq!(walked.wrong, None);
    for (step, _) in steps() {
        let told = ["setup", "standing"].contains(&step.as_str())
            || walked.said.contains(&format!("\nok: {step}: "))
            || walked.said.starts_with(&format!("ok: {step}: "));
        assert!(told, "{step}: {}", walked.said);
    }
    let object = scene.id("promote:candidate/retry");
    assert!(walked.said.contains(&object));
}

#[test]
fn the_page_names_every_tool_it_uses_and_not_ours() {
    let scene = Scene::new();
    let bin = tools(scene.path());
    assert!(!bin.join("countersign").exists());
    for (step, commands) in steps() {
        assert!(!commands.contains("countersign check"), "{step}");
        assert!(!commands.contains("countersign audit"), "{step}");
    }
}

/// From end to end: Gate 1, `countersign sign` by two persons, and the walk.
#[test]
fn the_walk_passes_on_what_countersign_wrote() {
    let team = Team::new();
    let out = team.file("out");
    let reported = team.run(&["check", MODULE, "--out", out.to_str().unwrap()], None);
    assert_eq!(reported.status.code(), Some(0), "{}", words(&reported));
    let known = [
        ("module", MODULE),
        ("target", "core/fees"),
        ("head", "work"),
        ("report", out.to_str().unwrap()),
    ];
    let dir = team.file("walk");
    fs::create_dir(&dir).unwrap();
    let sign = |who: &str| {
        let done = team.approve(who, None);
        assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    };
    sign("priya");
    let walked = walk_at(&team.repo.root(), &dir, &known);
    fails(&walked, "verdict", "missing");
    assert!(!walked.said.contains("stale"), "{}", walked.said);
    sign("jonas");
    let walked = walk_at(&team.repo.root(), &dir, &known);
    assert_eq!(walked.wrong, None, "{}", walked.said);
    team.repo
        .commit(&[("candidate/fees/__init__.py", "RATE = 3\n")]);
    let walked = walk_at(&team.repo.root(), &dir, &known);
    fails(&walked, "report", "other content");
}
