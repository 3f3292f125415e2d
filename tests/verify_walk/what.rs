//! What was signed: whatever is different now, or was meant for something else.

use std::fs;
use std::process::Command;

use countersign::promotion::Outcome;
use countersign::promotion::review::{Role, Verb};
use countersign::review::Keyring;

use super::scene::{KEYRING, Scene, keygen, keyring_line};
use super::walk::{chained, fails, stale, walk, walk_with};

#[test]
fn what_is_about_something_else_now_is_found() {
    // The keyring's line of a signer is another now.
    let scene = Scene::signed_off();
    let ring = fs::read_to_string(scene.repo().join(KEYRING)).unwrap();
    let other = ring.replacen("valid-after=\"20260101Z\"", "valid-after=\"20260102Z\"", 1);
    scene.commit_on("main", KEYRING, &other);
    stale(&walk(&scene), 2, "the signer's line of the keyring is gone");
    // That of somebody else is nothing to them.
    let scene = Scene::signed_off();
    let ring = fs::read_to_string(scene.repo().join(KEYRING)).unwrap();
    let lines: Vec<&str> = ring.lines().filter(|it| !it.starts_with("noor")).collect();
    scene.commit_on("main", KEYRING, &(lines.join("\n") + "\n"));
    assert_eq!(walk(&scene).wrong, None);

    let scene = Scene::signed_off();
    scene.commit_on("main", "countersign.toml", "[sign_off]\napprovals = 1\n");
    stale(&walk(&scene), 2, "another policy");

    let scene = Scene::signed_off();
    scene.write("candidate/retry/__init__.py", "\"\"\"Tries again!\"\"\"\n");
    scene.commit("Change a byte");
    scene.report();
    stale(&walk(&scene), 2, "other content");

    let scene = Scene::signed_off();
    scene.report_of(&[
        ("lint", Outcome::Passed),
        ("tests", Outcome::Passed),
        ("ethics", Outcome::NotApplicable { why: String::new() }),
    ]);
    stale(&walk(&scene), 2, "another gate report");
    scene.report_of(&[("lint", Outcome::Failed { why: String::new() })]);
    fails(&walk(&scene), "report", "a gate does not hold");
    fails(
        &walk_with(&scene, &[("report", "")]),
        "report",
        "name the directory",
    );

    // Rules of its own: its gates were run by them, and its keyring says who may sign.
    for (path, content) in [
        ("countersign.toml", "[gates.lint]\nenabled = false\n"),
        (KEYRING, "# nobody\n"),
        (".countersign/checklists/tech.toml", "version = 1\n"),
    ] {
        let scene = Scene::signed_off();
        scene.write(path, content);
        scene.commit("Bring rules along");
        stale(&walk(&scene), 2, "of its own");
    }

    let scene = Scene::signed_off();
    stale(
        &walk_with(&scene, &[("pull_request", "7")]),
        2,
        "another pull request",
    );
    scene.git(&["branch", "release", "main"]);
    let elsewhere = [("base", "refs/heads/release")];
    stale(&walk_with(&scene, &elsewhere), 2, "another base branch");
}

#[test]
fn what_was_signed_for_another_repository_module_or_target_is_found() {
    // The same content, the same keyring: another repository all the same.
    let scene = Scene::signed_off();
    let root = scene.id("main^{tree}");
    let first = scene.git(&["commit-tree", &root, "-m", "Begin elsewhere"]);
    scene.git(&["update-ref", "refs/heads/main", &first]);
    stale(&walk(&scene), 2, "another repository");

    // The same content in another place is another module, which nobody decided on.
    let mut scene = Scene::signed_off();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(scene.repo().join("candidate/retry"))
        .arg(scene.repo().join("candidate/other"))
        .status();
    assert!(copied.unwrap().success());
    scene.commit("Copy it");
    scene.module = "candidate/other".into();
    scene.report();
    let walked = walk(&scene);
    fails(&walked, "verdict", "missing");
    assert!(
        !walked.said.contains("priya@example.org tech"),
        "{}",
        walked.said
    );

    let mut scene = Scene::signed_off();
    scene.target = "lukhas/retry".into();
    scene.report();
    stale(&walk(&scene), 2, "another target");
}

#[test]
fn who_may_not_approve_does_not() {
    // The author.
    let mut scene = Scene::new();
    scene.says("mara", Role::Tech, Verb::Approve);
    scene.says("jonas", Role::Security, Verb::Approve);
    scene.publish();
    stale(&walk(&scene), 0, "their own work");

    // One person, in both roles, with two keys.
    let mut scene = Scene::new();
    let second = scene.key("second");
    keygen(&second);
    let ring = fs::read_to_string(scene.repo().join(KEYRING)).unwrap()
        + &keyring_line(&second, "priya", &[Role::Security]);
    scene.commit_on("main", KEYRING, &ring);
    scene.ring = Keyring::read(ring.as_bytes()).unwrap().into();
    scene.says("priya", Role::Tech, Verb::Approve);
    let mut decision = scene.decision("priya", Role::Security, Verb::Approve);
    decision.keyring_entry = scene.ring.entries.last().unwrap().digest;
    let envelope = scene.sealed(
        &second,
        Role::Security.namespace(),
        &scene.statement(decision),
    );
    scene.append(&envelope);
    scene.publish();
    let walked = walk(&scene);
    fails(&walked, "verdict", "by different persons");
    assert!(!walked.said.contains("stale"), "{}", walked.said);
}

#[test]
fn what_was_said_before_is_not_said_again() {
    // Puts a line of the log behind it once more.
    let again = |scene: &mut Scene, at: usize| {
        scene.lines.push(scene.lines[at].clone());
        scene.lines = chained(&scene.lines);
        scene.publish();
    };
    // Taken back.
    let mut scene = Scene::signed_off();
    scene.says("priya", Role::Tech, Verb::Withdraw);
    again(&mut scene, 2);
    fails(&walk(&scene), "verdict", "missing");
    // Rejected since.
    let mut scene = Scene::signed_off();
    scene.says("priya", Role::Tech, Verb::Reject);
    again(&mut scene, 2);
    fails(
        &walk(&scene),
        "verdict",
        "rejected by priya@example.org tech",
    );
    // Nor does an old rejection come back.
    let mut scene = Scene::signed_off();
    again(&mut scene, 0);
    let walked = walk(&scene);
    assert_eq!(walked.wrong, None);
    assert!(
        walked.said.contains("entry 3 is entry 0 once more"),
        "{}",
        walked.said
    );
    // Signed before somebody rejected, and held back until now.
    let mut scene = Scene::signed_off();
    let held_back = scene.decision("priya", Role::Tech, Verb::Approve);
    let payload = scene.statement(held_back);
    let envelope = scene.sealed(&scene.key("priya"), Role::Tech.namespace(), &payload);
    scene.says("priya", Role::Tech, Verb::Reject);
    scene.append(&envelope);
    scene.publish();
    fails(
        &walk(&scene),
        "verdict",
        "rejected by priya@example.org tech",
    );
}

#[test]
fn ethics_signs_where_it_applies() {
    // Two are not enough; with a third they are.
    let mut scene = Scene::new();
    let applies = [("lint", Outcome::Passed), ("ethics", Outcome::Passed)];
    scene.report_of(&applies);
    scene.says("priya", Role::Tech, Verb::Approve);
    scene.says("jonas", Role::Security, Verb::Approve);
    scene.publish();
    fails(&walk(&scene), "verdict", "missing");
    scene.says("noor", Role::Ethics, Verb::Approve);
    scene.publish();
    assert_eq!(walk(&scene).wrong, None);
}
