//! Killed at every instant of every step, with two machines at work on it: everything
//! happens once all the same.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::receiver::Receiver;
use crate::scene::{MODULE, Options, Scene, ended, git, words};

/// So often at least somebody is killed, and at each instant once; `COUNTERSIGN_TEST_KILLS`
/// says more. 200 take some minutes.
const KILLS: usize = 60;
/// The instants of each step.
const STEPS: [&str; 8] = [
    "decided",
    "claimed",
    "prepared",
    "reverted",
    "hotfix-branched",
    "re-validating",
    "rolled-back",
    "told",
];
const INSTANTS: [&str; 5] = ["begun", "signed", "made", "pushed", "done"];
/// The states that are told, and the instants of that.
pub const TOLD: [&str; 3] = ["decided", "reverted", "rolled-back"];
const TELLING: [&str; 3] = ["intended", "sent", "marked"];
/// Instants that belong to no entry.
const OTHERS: [&str; 2] = ["look/before", "gates/begun"];

pub fn instants() -> Vec<String> {
    let steps = STEPS
        .iter()
        .flat_map(|step| INSTANTS.map(|instant| format!("{step}/{instant}")));
    let told = TOLD
        .iter()
        .flat_map(|state| TELLING.map(|instant| format!("tell-{state}/{instant}")));
    steps.chain(told).chain(OTHERS.map(str::to_owned)).collect()
}

/// A copy of a scene, remote and clones.
pub fn copy(of: &Scene) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let copied = Command::new("cp")
        .args(["-a", "--"])
        .arg(format!("{}/.", of.dir.path().display()))
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(copied.success());
    let scene = Scene {
        dir,
        before: of.before.clone(),
        merged: of.merged.clone(),
        elsewhere: None,
    };
    let url = scene.remote().to_str().unwrap().to_owned();
    for clone in ["one", "two"] {
        scene.git(clone, &["remote", "set-url", "origin", &url]);
    }
    scene
}

/// One machine at work; with an instant at which it is killed.
fn start(scene: &Scene, clone: &str, hook: &str, instant: &str) -> std::process::Child {
    let key = scene.key("watcher");
    scene
        .countersign(clone)
        .args([
            "rollback",
            MODULE,
            "--yes",
            "--key",
            &key,
            "--reason",
            "it is slow",
        ])
        .env("HOOK", hook)
        .env("COUNTERSIGN_TEST_KILL", instant)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn killed(status: ExitStatus) -> bool {
    status.signal() == Some(9)
}

/// One trial: two machines race, one or both of them are killed, and go on until it is
/// done. How many were killed.
fn trial(template: &Scene, receiver: &Receiver, instant: &str, round: usize) -> usize {
    let scene = copy(template);
    let path = format!("{}-{round}", instant.replace('/', "-"));
    let hook = receiver.url(&path);
    let both = round.is_multiple_of(2);
    let one = start(&scene, "one", &hook, instant);
    let two = start(&scene, "two", &hook, if both { instant } else { "" });
    let ends = [one, two].map(|child| child.wait_with_output().unwrap());
    let mut kills = ends.iter().filter(|it| killed(it.status)).count();
    let mut last = String::new();
    // Nobody is killed any more. Each in turn, as watchers do; who is killed for good
    // leaves it to the other.
    let mut turn = 0;
    crate::gates_support::eventually("it is rolled back", || {
        turn += 1;
        // In each third round the first machine never comes back.
        let clone = match turn % 2 == 0 || round % 3 == 2 {
            true => "two",
            false => "one",
        };
        let ended = start(&scene, clone, &hook, "").wait_with_output().unwrap();
        kills += usize::from(killed(ended.status));
        last = words(&ended);
        // Rolled back, and everybody was told.
        ended.status.code() == Some(0) && ended.stderr.is_empty()
    });
    let context = format!("{instant}, round {round}: {last}");

    scene.is_back_once(&context);

    // One story.
    git(&scene.path("two"), &["fetch", "-q", "origin"]);
    ended(&scene.run("two", &["audit", "verify"]), 0);
    let states = scene.states("two");
    let times = |state: &str| states.iter().filter(|it| *it == state).count();
    for state in [
        "decided",
        "reverted",
        "hotfix-branched",
        "re-validating",
        "rolled-back",
    ] {
        assert_eq!(times(state), 1, "{state} {states:?} {context}");
    }
    let first: Vec<&str> = TOLD.into_iter().filter(|it| times(it) > 0).collect();
    assert_eq!(first, TOLD, "{states:?} {context}");

    // Everybody was told of each, by one key. It is sent twice only where a machine was
    // killed between sending and writing down that it was sent, or where another one took
    // over before the log said so.
    let claims = times("claimed");
    let counts = receiver.counts(&path);
    let told: Vec<&str> = counts.keys().map(String::as_str).collect();
    assert_eq!(told, ["decided", "reverted", "rolled-back"], "{context}");
    for (state, count) in &counts {
        let window = usize::from(instant == format!("tell-{state}/sent"));
        let most = claims + window * kills;
        assert!(
            *count <= most,
            "{state} told {count} times: {states:?} {context}"
        );
        let posts = receiver.posts(&path, state);
        assert!(
            posts.iter().all(|it| it.document == posts[0].document),
            "what is sent again is the same: {posts:?}"
        );
    }
    kills
}

#[test]
fn killed_at_every_step_everything_happens_once() {
    let began = Instant::now();
    let template = Scene::new(&Options {
        settings: "[rollback]\nclaim = \"2s\"\n[notify]\nwebhook_env = \"HOOK\"\n".into(),
        ..Options::default()
    });
    let receiver = Receiver::start();
    let all = instants();
    let kills = AtomicUsize::new(0);
    let by_instant = Mutex::new(BTreeMap::<String, usize>::new());
    let next = AtomicUsize::new(0);
    let mut rounds = 0;
    let wanted = std::env::var("COUNTERSIGN_TEST_KILLS");
    let wanted = wanted.map_or(KILLS, |it| it.parse().unwrap());
    let all_were = || {
        let by_instant = by_instant.lock().unwrap();
        by_instant.len() == all.len() && by_instant.values().all(|it| *it > 0)
    };
    while kills.load(Ordering::Relaxed) < wanted || !all_were() {
        assert!(rounds < 12, "too few are killed: {by_instant:?}");
        next.store(0, Ordering::Relaxed);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    while let Some(instant) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let killed = trial(&template, &receiver, instant, rounds);
                        kills.fetch_add(killed, Ordering::Relaxed);
                        *by_instant
                            .lock()
                            .unwrap()
                            .entry(instant.clone())
                            .or_default() += killed;
                    }
                });
            }
        });
        rounds += 1;
    }
    println!(
        "{} kills in {rounds} rounds of {} instants, {:?}",
        kills.load(Ordering::Relaxed),
        all.len(),
        began.elapsed()
    );
}
