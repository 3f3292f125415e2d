//! What goes on without a person, and who is told.

use std::path::Path;
use std::process::{Command, Output};

use countersign::promotion::Sha256;
use countersign::promotion::canary::Word;
use countersign::promotion::rollback::{Cause, Frozen, Rollback, State};
use countersign::workflow::roll_back::{self, SWITCH, VARIABLE};
use countersign::workflow::sign_off::{self, Desk};
use countersign::workflow::{Workspace, promote};

use crate::receiver::Receiver;
use crate::scene::{MODULE, Options, Scene, ended, git, words};
use crate::states::WHOLE;

fn frozen(word: Word) -> Frozen {
    Frozen {
        at: 1_780_000_000,
        word,
        why: "errors burn at 15.2 over 1h".into(),
        signals: vec!["errors: FAIL: burns at 15.2".into()],
        queries: vec!["sum(rate(errors[5m]))".into()],
        answers: Sha256::of(b"answers"),
        thresholds: vec!["14.4 over 1h and 5m".into()],
    }
}

/// The watcher's part, in a process of its own: run by the tests below.
#[test]
#[ignore = "run by the tests beside it"]
fn child() {
    let ws = Workspace::open(Path::new("."), None).unwrap();
    let desk = Desk::open(&ws).unwrap();
    let promotion = promote::find(&ws, &desk, MODULE).unwrap().unwrap();
    let key = std::env::var("KEY").unwrap();
    let keys = sign_off::keys(&ws, &desk.authority, Some(key.as_ref())).unwrap();
    let word = match std::env::var("WORD").as_deref() {
        Ok("HOLD") => Word::Insufficient,
        _ => Word::Fail,
    };
    let cause = Cause::Canary(frozen(word));
    let report = |state: State| println!("reached {state}");
    let order = roll_back::Order::of(&ws, &promotion, &cause, &keys[0], &report);
    match roll_back::advance(&order, &desk) {
        Ok(Rollback { state, waits, .. }) => {
            println!("ended {state}: {}", waits.unwrap_or_default());
        }
        Err(error) => println!("refused {error}"),
    }
}

/// What the watcher does on that machine where the canary fails.
fn watch(scene: &Scene, clone: &str, more: &[(&str, &str)]) -> String {
    let of = scene.countersign(clone);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "told::child", "--ignored", "--nocapture"])
        .current_dir(scene.path(clone))
        .env("KEY", scene.key("watcher"));
    for (name, value) in of.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let done: Output = command.envs(more.iter().copied()).output().unwrap();
    words(&done)
}

fn with(settings: &str) -> Scene {
    Scene::new(&Options {
        settings: settings.into(),
        ..Options::default()
    })
}

#[test]
fn a_canary_that_fails_is_taken_back_where_the_policy_says_so() {
    let scene = with("[rollback]\nmode = \"auto\"\n");
    let said = watch(&scene, "one", &[]);
    // Gates are run by the program itself, which a test is not: the rest is for that.
    assert!(said.contains("reached reverted"), "{said}");
    assert_eq!(scene.states("one"), WHOLE[..6], "{said}");
    assert_eq!(scene.tree("main"), scene.tree(&scene.before));
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.states("one"), WHOLE);
    let log = scene.run("one", &["audit", "log", "--json"]);
    let log: serde_json::Value = serde_json::from_slice(&log.stdout).unwrap();
    let decided = log["entries"].as_array().unwrap().iter();
    let mut decided = decided.filter(|it| it["said"]["facts"]["state"] == "decided");
    let facts = &decided.next().unwrap()["said"]["facts"];
    for (name, value) in [
        ("cause", "canary"),
        ("verdict", "FAIL"),
        ("queries", "sum(rate(errors[5m]))"),
        ("thresholds", "14.4 over 1h and 5m"),
        ("answers", &Sha256::of(b"answers").to_string()),
        ("looked-at", "1780000000"),
        ("why", "errors burn at 15.2 over 1h"),
    ] {
        assert_eq!(facts[name], value, "{name}");
    }
}

#[test]
fn what_is_only_proposed_waits_for_a_person() {
    let receiver = Receiver::start();
    let scene = with("[notify]\nwebhook_env = \"HOOK\"\n");
    let hook = receiver.url("propose");
    let hooks = [("HOOK", hook.as_str())];
    let said = watch(&scene, "one", &hooks);
    assert!(said.contains("a person has to agree"), "{said}");
    let waiting = ["decided", "claimed", "told"];
    assert_eq!(scene.states("one"), waiting);
    assert_eq!(
        receiver.counts("propose"),
        [("decided".to_owned(), 1)].into()
    );
    assert_eq!(scene.tip("main"), scene.merged);
    // It stays so, however often it is looked at, and wherever.
    for clone in ["one", "two", "one"] {
        watch(&scene, clone, &hooks);
    }
    assert_eq!(scene.states("one"), waiting);
    let key = scene.key("elif");
    let resume = ["rollback", MODULE, "--resume", "--yes", "--key", &key];
    let mut command = scene.countersign("one");
    ended(
        &command.args(resume).env("HOOK", &hook).output().unwrap(),
        0,
    );
    assert_eq!(scene.states("one")[3..5], ["claimed", "prepared"]);
    assert_eq!(scene.tree("main"), scene.tree(&scene.before));
    assert_eq!(receiver.counts("propose").len(), 3);
}

#[test]
fn nothing_goes_on_without_a_person_that_the_rules_stop() {
    // The policy holds; nothing but FAIL takes anything back.
    let scene = with("[rollback]\nmode = \"hold\"\n");
    let said = watch(&scene, "one", &[]);
    assert!(said.contains("rollback.mode = \"hold\""), "{said}");
    let scene = with("[rollback]\nmode = \"auto\"\n");
    let said = watch(&scene, "one", &[("WORD", "HOLD")]);
    assert!(said.contains("only FAIL takes anything back"), "{said}");
    // The switch: of the environment, of the policy, and of the remote.
    let said = watch(&scene, "one", &[(VARIABLE, "1")]);
    assert!(
        said.contains("refused") && said.contains(VARIABLE),
        "{said}"
    );
    let off = with("[rollback]\nmode = \"auto\"\nenabled = false\n");
    let said = watch(&off, "one", &[]);
    assert!(said.contains("rollback.enabled = false"), "{said}");
    scene.git(
        "two",
        &["push", "-q", "origin", &format!("main:refs/heads/{SWITCH}")],
    );
    let said = watch(&scene, "one", &[]);
    assert!(
        said.contains(&format!("the branch {SWITCH} is there")),
        "{said}"
    );
    assert_eq!(scene.states("one"), Vec::<String>::new());
    // In the middle of it as well; and a person goes on all the same.
    scene.git(
        "two",
        &["push", "-q", "origin", &format!(":refs/heads/{SWITCH}")],
    );
    watch(&scene, "one", &[("COUNTERSIGN_TEST_KILL", "claimed/done")]);
    scene.git(
        "two",
        &["push", "-q", "origin", &format!("main:refs/heads/{SWITCH}")],
    );
    let said = watch(&scene, "one", &[]);
    assert!(said.contains("ended claimed: the branch"), "{said}");
    assert_eq!(scene.states("one"), ["decided", "claimed"]);
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(scene.tree("main"), scene.tree(&scene.before));
}

#[test]
fn more_than_so_many_a_day_are_only_proposed() {
    let scene = with("[rollback]\nmode = \"auto\"\nper_day = 0\n");
    let said = watch(&scene, "one", &[]);
    assert!(said.contains("a person has to agree"), "{said}");
    assert_eq!(scene.states("one"), ["decided", "claimed"]);
    // By hand it goes.
    ended(&scene.roll_back("two", &["--resume"]), 0);
}

#[test]
fn everybody_is_told_once_with_a_token_that_nobody_sees() {
    let receiver = Receiver::start();
    let told = tempfile::tempdir().unwrap();
    let script = told.path().join("tell");
    std::fs::write(
        &script,
        "#!/bin/sh\n{ echo \"$COUNTERSIGN_NOTIFICATION_KEY|$2|$TOKEN$HOOK\"; cat; echo; } >> \"$1\"\n",
    )
    .unwrap();
    let to = told.path().join("told");
    let scene = with(&format!(
        "[notify]\nwebhook_env = \"HOOK\"\ntoken_env = \"TOKEN\"\nbell = true\ncommand = [\"sh\", {:?}, {:?}]\n",
        script.to_str().unwrap(),
        to.to_str().unwrap()
    ));
    let hook = receiver.url("once/s3cr3t");
    let run = |hook: &str| {
        let key = scene.key("elif");
        scene
            .countersign("one")
            .args([
                "rollback",
                MODULE,
                "--yes",
                "--key",
                &key,
                "--reason",
                "slow \u{1b}[31m",
            ])
            .env("HOOK", hook)
            .env("TOKEN", "t0ken")
            .output()
            .unwrap()
    };
    // The receiver is down at first: it goes on all the same, and says so.
    receiver.answer(503);
    let said = ended(&run(&hook), 0);
    assert!(
        said.contains("reverted was not told: webhook: it answered 503"),
        "{said}"
    );
    assert!(
        !said.contains("t0ken") && !said.contains("s3cr3t"),
        "{said}"
    );
    let tried = receiver.counts("once/s3cr3t");
    assert!(
        tried.values().all(|it| *it == 1) && tried.len() == 3,
        "{tried:?}"
    );
    receiver.answer(204);
    let said = ended(&run(&hook), 0);
    assert!(!said.contains("was not told"), "{said}");
    run(&hook);
    let counts = receiver.counts("once/s3cr3t");
    assert!(
        counts.values().all(|it| *it == 2) && counts.len() == 3,
        "{counts:?}"
    );
    let posts = receiver.posts("once/s3cr3t", "reverted");
    assert_eq!(posts[1].authorization.as_deref(), Some("Bearer t0ken"));
    assert_eq!(posts[1].document["commit"], scene.tip("main").as_str());
    assert_eq!(posts[1].document["state"], "reverted");
    // The command was told each once, when it first could be, and not the secrets.
    let heard = std::fs::read_to_string(&to).unwrap();
    let keys: Vec<&str> = heard
        .lines()
        .filter_map(|it| it.split_once('|'))
        .map(|it| it.0)
        .collect();
    let states: Vec<&str> = keys
        .iter()
        .map(|it| it.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(states, ["decided", "reverted", "rolled-back"]);
    assert!(
        !heard.contains("t0ken") && !heard.contains("s3cr3t"),
        "{heard}"
    );
    assert!(!heard.contains('\u{1b}'), "{heard}");
    let log = git(&scene.remote(), &["log", "-p", "promotion-audit"]);
    assert!(!log.contains("t0ken") && !log.contains("s3cr3t"));
    let states = scene.states("one");
    assert_eq!(states.last().map(String::as_str), Some("told"));
}

#[test]
fn a_branch_names_nobody_to_be_told() {
    let receiver = Receiver::start();
    let scene = with("");
    let toml = scene.git("one", &["show", "main:countersign.toml"]);
    scene.git("one", &["switch", "-q", "-c", "work"]);
    let told = scene.path("told");
    let own = format!(
        "{toml}\n[notify]\nwebhook = {:?}\ncommand = [\"touch\", {:?}]\n[rollback]\nmode = \"auto\"\n",
        receiver.url("branch"),
        told.to_str().unwrap()
    );
    scene.write("one", "countersign.toml", &own);
    scene.commit("one", "Tell me");
    let said = watch(&scene, "one", &[]);
    assert!(said.contains("a person has to agree"), "{said}");
    ended(&scene.roll_back("one", &["--resume"]), 0);
    assert_eq!(receiver.counts("branch"), Default::default());
    assert!(!told.exists());
}
