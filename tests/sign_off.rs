//! Signing off, as reviewers do it: `countersign sign` with keys of their own, by the
//! keyring of the base branch, and what makes a decision stale.
#![allow(clippy::unwrap_used)]

#[path = "sign_off/asked.rs"]
mod asked;
#[path = "sign_off/console.rs"]
mod console;
mod gates_support;
#[path = "support/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use gates_support::{DEAR, Repo, without};
use serde_json::Value;

const MODULE: &str = "candidate/fees";

/// A repository whose module was made by `a@example.org` on a branch, and people.
struct Scene {
    repo: Repo,
}

impl Scene {
    fn new() -> Self {
        let repo = Repo::new(&[
            ("candidate/fees/__init__.py", "RATE = 1\n"),
            ("README.md", "x\n"),
            ("CODEOWNERS", "* @mara\n"),
        ])
        // Only what is quick and stands for all.
        .settings(&(without(&DEAR) + &without(&["promote", "tests"])));
        let scene = Self { repo };
        let mut ring = String::new();
        for (name, mail, role) in [
            ("priya", "priya@example.org", "tech"),
            ("jonas", "jonas@example.org", "security"),
            ("author", "a@example.org", "tech"),
            ("ci", "ci@example.org", "automation"),
        ] {
            let public = scene.key(name);
            ring += &format!("{mail} namespaces=\"promotion-{role}-v1@countersign\" {public}\n");
        }
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        scene.repo.branch();
        scene
            .repo
            .commit(&[("candidate/fees/__init__.py", "RATE = 2\n")]);
        scene
    }

    /// Makes a key; its public half.
    fn key(&self, name: &str) -> String {
        gates_support::ssh_key(&self.file(name), "")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env_remove("SSH_AUTH_SOCK");
        command.output().unwrap()
    }

    /// The same with an agent at hand.
    fn run_by_agent(&self, agent: &Agent, arguments: &[&str]) -> Output {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env("SSH_AUTH_SOCK", &agent.socket);
        command.output().unwrap()
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(self.repo.root())
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }

    fn check(&self) {
        let done = self.run(&["check", MODULE]);
        assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    }

    fn sign(&self, key: &str, more: &[&str]) -> Output {
        let key = self.file(key);
        let mut all = vec!["sign", MODULE, "--key", key.to_str().unwrap()];
        all.extend(more);
        self.run(&all)
    }

    /// The file of answers that is printed for that key, filled in.
    fn answers(&self, key: &str, decision: &str, answer: &str, note: &str) -> PathBuf {
        self.filled_in(
            &self.sign(key, &["--print-answers"]),
            decision,
            answer,
            note,
        )
    }

    fn filled_in(&self, printed: &Output, decision: &str, answer: &str, note: &str) -> PathBuf {
        assert_eq!(printed.status.code(), Some(0), "{}", words(printed));
        let text = String::from_utf8(printed.stdout.clone()).unwrap();
        assert!(
            text.contains("answer = \"\""),
            "nothing is answered: {text}"
        );
        let text = text
            .replace("decision = \"\"", &format!("decision = \"{decision}\""))
            .replace("answer = \"\"", &format!("answer = \"{answer}\""))
            .replace("\nnote = \"\"", &format!("\nnote = \"{note}\""));
        let file = self.file("answers.toml");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn decide(&self, key: &str, decision: &str, answer: &str, note: &str) -> Output {
        let file = self.answers(key, decision, answer, note);
        self.sign(key, &["--answers", file.to_str().unwrap()])
    }

    fn approve(&self, key: &str) {
        let done = self.decide(key, "approve", "yes", "");
        assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    }

    fn show(&self) -> Value {
        let done = self.run(&["show", MODULE, "--json"]);
        serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", words(&done)))
    }

    fn stage(&self) -> String {
        self.show()["stage"].as_str().unwrap().to_owned()
    }

    /// Why the decisions do not hold, in the words for people.
    #[track_caller]
    fn stale(&self) -> String {
        assert_ne!(self.stage(), "signed-off");
        let done = self.run(&["show", MODULE]);
        let text = String::from_utf8(done.stdout).unwrap();
        let lines = text.lines().filter(|line| line.contains("stale: "));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Commits a file on `main`, and comes back.
    fn on_main(&self, path: &str, change: impl FnOnce(String) -> String) {
        self.git(&["checkout", "-q", "main"]);
        let file = self.repo.root().join(path);
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(&file, change(before)).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "on main"]);
        self.git(&["checkout", "-q", "work"]);
    }
}

/// A real `ssh-agent` that ends with the test.
struct Agent {
    child: Child,
    socket: PathBuf,
}

impl Agent {
    /// One that holds the key in that file.
    fn holding(file: &Path, socket: PathBuf) -> Self {
        let child = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent (Debian: openssh-client)");
        let agent = Self { child, socket };
        // It says nothing when it is ready: ask until it answers.
        let added = (0..200).any(|_| {
            let done = Command::new("ssh-add")
                .arg("-q")
                .arg(file)
                .env("SSH_AUTH_SOCK", &agent.socket)
                .stderr(Stdio::null())
                .status();
            let is = done.is_ok_and(|status| status.success());
            if !is {
                std::thread::sleep(Duration::from_millis(25));
            }
            is
        });
        assert!(added, "the agent does not take the key");
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn words(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Refused by the rules: exit code 1, with the reason.
fn refused(output: &Output, why: &str) {
    let words = words(output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains(why), "{why}: {words}");
}

#[test]
fn two_reviewers_sign_off_and_the_author_cannot() {
    let scene = Scene::new();
    refused(
        &scene.decide("priya", "approve", "yes", ""),
        "Gate 1 has no whole result",
    );
    scene.check();
    assert_eq!(scene.stage(), "validated");
    refused(
        &scene.decide("author", "approve", "yes", ""),
        "nobody approves their own work",
    );
    refused(
        &scene.sign("ci", &["--role", "tech"]),
        "may not sign as tech",
    );
    refused(
        &scene.sign("priya", &["--role", "security"]),
        "may not sign as security",
    );

    scene.approve("priya");
    assert_eq!(scene.stage(), "validated");
    let missing = &scene.show()["sign_off"]["missing"];
    assert_eq!(*missing, serde_json::json!(["an approval as security"]));
    scene.approve("jonas");
    let show = scene.show();
    assert_eq!(show["stage"], "signed-off");
    assert_eq!(show["sign_off"]["missing"], serde_json::json!([]));
    assert_eq!(show["criteria"]["reviewers"], "passed");
    let list = scene.run(&["list", "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list["modules"][0]["stage"], "signed-off", "{list}");

    // Who approved can take it back, and who rejects is heard.
    let done = scene.sign("priya", &["--withdraw"]);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    assert_eq!(scene.stage(), "validated");
    let done = scene.decide("priya", "reject", "concern", "too fast");
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    assert_eq!(scene.show()["criteria"]["reviewers"], "failed");
}

#[test]
fn a_key_whose_private_half_only_an_agent_has_signs() {
    let scene = Scene::new();
    scene.check();
    let agent = Agent::holding(&scene.file("priya"), scene.file("agent"));
    std::fs::remove_file(scene.file("priya")).unwrap();

    // Found by itself: nobody has to name it.
    let printed = scene.run_by_agent(&agent, &["sign", MODULE, "--print-answers"]);
    let file = scene.filled_in(&printed, "approve", "yes", "");
    let sign = ["sign", MODULE, "--answers", file.to_str().unwrap()];
    let done = scene.run_by_agent(&agent, &sign);
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
    let missing = &scene.show()["sign_off"]["missing"];
    assert_eq!(*missing, serde_json::json!(["an approval as security"]));

    // Named by its public half, and without the agent: refused in words.
    let public = scene.file("priya.pub");
    let named = ["--key", public.to_str().unwrap(), "--withdraw"];
    let without = scene.run(&[&["sign", MODULE][..], &named].concat());
    assert_eq!(without.status.code(), Some(3), "{}", words(&without));
    assert!(
        words(&without).contains("ssh-keygen did not sign"),
        "{}",
        words(&without)
    );
    let done = scene.run_by_agent(&agent, &[&["sign", MODULE][..], &named].concat());
    assert_eq!(done.status.code(), Some(0), "{}", words(&done));
}

#[test]
fn what_is_not_answered_or_answered_for_something_else_is_not_signed() {
    let scene = Scene::new();
    scene.check();
    let open = scene.decide("priya", "approve", "", "");
    assert_eq!(open.status.code(), Some(2), "{}", words(&open));
    assert!(
        words(&open).contains("not answered yet"),
        "{}",
        words(&open)
    );
    let concern = scene.decide("priya", "approve", "concern", "hm");
    assert!(
        words(&concern).contains("there are concerns"),
        "{}",
        words(&concern)
    );
    let unexplained = scene.decide("priya", "reject", "concern", "");
    assert!(
        words(&unexplained).contains("a note is missing"),
        "{}",
        words(&unexplained)
    );
    let nobody = scene.sign("priya", &[]);
    assert!(
        words(&nobody).contains("nobody is here to be asked"),
        "{}",
        words(&nobody)
    );

    let file = scene.answers("priya", "approve", "yes", "");
    scene
        .repo
        .commit(&[("candidate/fees/__init__.py", "RATE = 3\n")]);
    scene.check();
    let late = scene.sign("priya", &["--answers", file.to_str().unwrap()]);
    assert_eq!(late.status.code(), Some(2), "{}", words(&late));
    assert!(
        words(&late).contains("about something else"),
        "{}",
        words(&late)
    );
    assert_eq!(scene.show()["sign_off"], Value::Null);
}

#[test]
fn who_signs_beside_the_promotion_is_told() {
    let scene = Scene::new();
    scene.check();
    let told = |scene: &Scene| {
        let done = scene.sign("priya", &["--answers", "/nowhere"]);
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(!told(&scene).contains("the promotion is on"));
    let moved = ["commit", "--allow-empty", "-q", "-m", "More"];
    scene.git(&["checkout", "-q", "-b", "promote/fees-20260101"]);
    scene.git(&moved);
    assert!(!told(&scene).contains("the promotion is on"));
    scene.git(&["checkout", "-q", "-"]);
    let words = told(&scene);
    let said = "the promotion is on promote/fees-20260101: --rev promote/fees-20260101 looks there";
    assert!(words.contains(said), "{words}");
}

#[test]
fn what_was_not_signed_makes_a_decision_stale_and_a_rebase_does_not() {
    let scene = Scene::new();
    scene.check();
    scene.approve("priya");
    scene.approve("jonas");
    assert_eq!(scene.stage(), "signed-off");

    // A rebase that changes nothing.
    scene.on_main("README.md", |_| "y\n".into());
    assert_eq!(scene.stage(), "signed-off");
    scene.git(&["rebase", "-q", "main"]);
    scene.check();
    assert_eq!(scene.stage(), "signed-off");

    // One byte of the module.
    scene
        .repo
        .commit(&[("candidate/fees/__init__.py", "RATE = 9\n")]);
    let why = scene.stale();
    assert!(why.contains("given for content"), "{why}");
    assert!(why.contains(": 1 file differs"), "{why}");
    scene
        .repo
        .commit(&[("candidate/fees/__init__.py", "RATE = 2\n")]);
    assert_eq!(scene.stage(), "signed-off");

    // One byte of the gate report: one owner more answers for it.
    scene.repo.commit(&[("CODEOWNERS", "* @mara @noor\n")]);
    assert!(scene.stale().contains("Gate 1 has no result now"));
    scene.check();
    let why = scene.stale();
    assert!(why.contains("given for gate report"), "{why}");
    scene.repo.commit(&[("CODEOWNERS", "* @mara\n")]);
    assert_eq!(scene.stage(), "signed-off");

    // Rules of its own: a gate that is turned off on the branch alone.
    let config = scene.repo.root().join("countersign.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    let looser = format!("{before}[gates.lint]\nenabled = false\n");
    std::fs::write(&config, &looser).unwrap();
    assert!(scene.stale().contains("not as it is committed"));
    scene.repo.commit_as_is();
    scene.check();
    let why = scene.stale();
    assert!(
        why.contains("countersign.toml is changed on this branch"),
        "{why}"
    );
    refused(
        &scene.decide("priya", "approve", "yes", ""),
        "countersign.toml is changed on this branch",
    );
    std::fs::write(&config, before).unwrap();
    scene.repo.commit_as_is();
    assert_eq!(scene.stage(), "signed-off");

    // The policy, on the branch that it is read from.
    scene.on_main("countersign.toml", |text| format!("{text}# another\n"));
    let why = scene.stale();
    assert!(why.contains("given under policy"), "{why}");
    assert!(
        why.contains("countersign.toml is older than that of main"),
        "{why}"
    );
    scene.on_main("countersign.toml", |text| text.replace("# another\n", ""));
    assert_eq!(scene.stage(), "signed-off");

    // One line of the keyring: that of jonas alone.
    let other = scene.key("jonas2");
    let ring = |text: String| -> String {
        let line = |line: &str| match line.starts_with("jonas") {
            true => format!(
                "jonas@example.org namespaces=\"promotion-security-v1@countersign\" {other}\n"
            ),
            false => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    };
    scene.on_main(".countersign/keyring", ring);
    let why = scene.stale();
    assert!(why.contains("line of the keyring was changed"), "{why}");
    let missing = &scene.show()["sign_off"]["missing"];
    let expected = "an approval as security (that of jonas@example.org is stale)";
    assert_eq!(*missing, serde_json::json!([expected]));
}

#[test]
fn the_policy_and_the_keyring_of_the_branch_do_not_count() {
    let scene = Scene::new();
    let mine = scene.key("mine");
    let ring = format!("eve@example.org namespaces=\"promotion-tech-v1@countersign\" {mine}\n");
    let before = std::fs::read_to_string(scene.repo.root().join(".countersign/keyring")).unwrap();
    scene.repo.commit(&[(".countersign/keyring", &ring)]);
    scene.check();
    let done = scene.sign("mine", &["--print-answers"]);
    assert_eq!(done.status.code(), Some(2), "{}", words(&done));
    assert!(
        words(&done).contains("has no line for the key"),
        "{}",
        words(&done)
    );
    // Those of main may reject it, and not approve what changes who may.
    refused(
        &scene.decide("priya", "approve", "yes", ""),
        ".countersign/keyring is changed on this branch",
    );
    scene.repo.commit(&[(".countersign/keyring", &before)]);
    scene.approve("priya"); // by the keyring of main
}

#[test]
fn a_key_with_a_passphrase_that_nobody_types_signs_nothing() {
    let scene = Scene::new();
    scene.check();
    let file = scene.answers("priya", "approve", "yes", "");
    let locked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-N", "secret words", "-f"])
        .arg(scene.file("priya"))
        .status()
        .unwrap();
    assert!(locked.success());
    let done = scene.sign("priya", &["--answers", file.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(3), "{}", words(&done));
    assert!(
        words(&done).contains("ssh-keygen did not sign"),
        "{}",
        words(&done)
    );
    assert!(log(&scene.repo.root()).is_none());
}

/// The log, if there is one.
fn log(root: &Path) -> Option<Vec<u8>> {
    let store = countersign::audit::store::Store::open(root, "promotion-audit").unwrap();
    let tip = store.tip().unwrap();
    tip.commit.map(|_| tip.log)
}
