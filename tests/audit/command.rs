//! `countersign audit`, on a repository whose base branch names who may sign.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::promotion::{ObjectId, Sha256};
use countersign::workflow::audit::{self, Ground};
use serde_json::Value;

use super::remotes::git;
use super::write::put;
use crate::log::Scene;

#[path = "../support/schemas.rs"]
mod schemas;

struct Repository {
    dir: tempfile::TempDir,
    scene: Scene,
    ground: Ground,
}

impl Repository {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("lantern");
        let people = Scene::new();
        let write = |path: &str, text: &str| {
            let file = at.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("candidate/retry/__init__.py", "\"\"\"Retry.\"\"\"\n");
        write("core/__init__.py", "");
        write("countersign.toml", "version = 1\n");
        write(".countersign/keyring", &people.ring_text);
        git(dir.path(), &["init", "--quiet", "-b", "main", "lantern"]);
        for setting in [["user.name", "Mara"], ["user.email", "mara@example.org"]] {
            git(&at, &["config", setting[0], setting[1]]);
        }
        git(&at, &["add", "."]);
        git(&at, &["commit", "--quiet", "-m", "Begin"]);
        let first = git(&at, &["rev-parse", "HEAD"]);
        let scene = Scene::of("lantern", ObjectId::from_hex(first.trim()).unwrap());
        let state = dir.path().join("data/audit");
        let ground = scene.ground(&at.join(".git"), &state, None);
        Self { dir, scene, ground }
    }

    fn at(&self) -> PathBuf {
        self.dir.path().join("lantern")
    }

    fn append(&self, by: usize, n: u64) {
        let log = audit::read_at(&self.ground).unwrap();
        let envelope = self.scene.approval(by, n, audit::seen(&log));
        audit::append_at(&self.ground, &envelope, "Approve").unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("audit")
            .args(arguments)
            .current_dir(self.at())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("GIT_CEILING_DIRECTORIES", self.dir.path())
            .env("COUNTERSIGN_CACHE_DIR", self.dir.path().join("cache"))
            .env("COUNTERSIGN_DATA_DIR", self.dir.path().join("data"))
            .env("COUNTERSIGN_CONFIG_DIR", self.dir.path().join("config"))
            .output()
            .unwrap()
    }

    /// What it prints, where it ends like that.
    #[track_caller]
    fn says(&self, arguments: &[&str], code: i32) -> String {
        let done = self.run(arguments);
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }

    #[track_caller]
    fn json(&self, command: &str, code: i32) -> Value {
        self.json_of(&[command], code)
    }

    /// Its document, which is all that it prints.
    #[track_caller]
    fn json_of(&self, arguments: &[&str], code: i32) -> Value {
        let done = self.run(&[arguments, &["--json"]].concat());
        let said = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(code), "{said}");
        let value: Value = serde_json::from_str(&said).unwrap();
        let title = format!("countersign.audit-{}", arguments[0]);
        assert_eq!(value["schema"], title.as_str());
        schemas::holds(&schemas::schema(&title), &value);
        value
    }
}

#[test]
fn nothing_yet_holds() {
    let repository = Repository::new();
    assert!(repository.says(&["log"], 0).contains("no entry yet"));
    assert!(
        repository
            .says(&["verify"], 0)
            .contains("holds: it has no entry")
    );
    repository.says(&["show", "0"], 2);
}

#[test]
fn entries_are_shown_with_what_they_prove() {
    let repository = Repository::new();
    repository.append(0, 0);
    repository.append(1, 1);
    let said = repository.says(&["log"], 0);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[1].contains("verified"), "{said}");
    assert!(
        lines[1].contains("jonas@example.org approved candidate/retry as security"),
        "{said}"
    );
    for module in ["candidate/retry", "candidate.retry", "candidate/retry/"] {
        assert_eq!(repository.says(&["log", module], 0).lines().count(), 2);
    }
    let said = repository.says(&["log", "candidate/other"], 2);
    assert!(said.contains("no entry of the log is about"), "{said}");
    let log = repository.json("log", 0);
    assert_eq!(log["entries"][1]["said"]["decision"], "approve");
    assert_eq!(log["entries"][1]["said"]["seen"], 1);
    assert_eq!(log["head"]["size"], 2);
}

#[test]
fn the_first_wrong_line_is_named() {
    let repository = Repository::new();
    for n in 0..6 {
        repository.append((n % 2) as usize, n);
    }
    let said = repository.says(&["verify"], 0);
    assert!(
        said.contains("holds: 6 entries") && said.contains("6 verified"),
        "{said}"
    );
    // The last is behind what anybody vouches for, until it was seen.
    let verdict = repository.json("verify", 0);
    assert_eq!(verdict["verified"], 6);
    assert_eq!(verdict["pinned"]["size"], 6);
    let whole = super::write::bytes(&repository.ground);
    let copy = repository.dir.path().join("copy");
    std::fs::write(&copy, &whole).unwrap();
    let said = repository.says(&["verify", "--log", copy.to_str().unwrap()], 0);
    assert!(said.contains("entry 5 is behind everything"), "{said}");
    // A note that somebody would rather have written otherwise.
    let mut lines = crate::log::lines(&whole);
    let mut other = Scene::of("lantern", repository.scene.repository.id);
    other.lot = "other".into();
    lines[3] = crate::log::lines(&other.log(4))[3].clone();
    std::fs::write(&copy, lines.concat()).unwrap();
    let said = repository.says(&["verify", "--log", copy.to_str().unwrap()], 1);
    assert!(said.contains("does NOT hold"), "{said}");
    assert!(said.contains("entry 3 (line 4 of the file)"), "{said}");
    assert!(said.contains("3 before it hold"), "{said}");
    put(&repository.ground.git_dir, &lines.concat());
    let verdict = repository.json("verify", 1);
    assert_eq!(verdict["first_wrong"]["position"], 3);
    assert!(verdict["broken"].is_string());
    let log = repository.json("log", 1);
    assert_eq!(log["entries"][3]["mark"], "not-verified");
    assert!(log["entries"][3]["said"].is_null());
}

#[test]
fn what_was_cut_off_is_told() {
    let repository = Repository::new();
    repository.append(0, 0);
    repository.append(1, 1);
    repository.says(&["verify"], 0);
    let whole = super::write::bytes(&repository.ground);
    put(&repository.ground.git_dir, &crate::log::lines(&whole)[0]);
    let said = repository.says(&["verify"], 1);
    assert!(
        said.contains("the log was rewritten or cut since you last saw it"),
        "{said}"
    );
    let state = repository.dir.path().join("data/audit");
    let said = said.replace('\n', " ");
    assert!(said.contains(state.to_str().unwrap()), "{said}");
}

/// The commands that `show` prints, carried out as they stand, elsewhere than in the repository.
#[test]
fn the_commands_that_are_shown_work() {
    let repository = Repository::new();
    repository.append(0, 0);
    repository.append(1, 1);
    let at = repository.at();
    let said = repository.says(&["show", "1", "-C", at.to_str().unwrap()], 0);
    let (_, commands) = said.split_once("without Countersign\n").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let script = format!("cd {:?}\nset -e\n{commands}", elsewhere.path());
    let done = Command::new("bash").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{script}\n{told}");
    assert!(
        told.contains("Good \"promotion-security-v1@countersign\" signature"),
        "{told}"
    );
    let payload = std::fs::read(elsewhere.path().join("payload")).unwrap();
    let text = String::from_utf8(payload).unwrap();
    assert!(said.contains(&text), "the very bytes are shown");
    // And for programs.
    let shown = repository.json_of(&["show", "1"], 0);
    assert_eq!(
        shown["payload"],
        read_json(&elsewhere.path().join("payload"))
    );
    let pae = std::fs::read(elsewhere.path().join("pae")).unwrap();
    assert_eq!(shown["sha256"], Sha256::of(&pae).to_string());
    let bytes = BASE64_STANDARD.decode(shown["pae"].as_str().unwrap());
    assert_eq!(bytes.unwrap(), pae);
    assert_eq!(shown["entry"]["said"]["principal"], "jonas@example.org");
    // For whom it is in the repository.
    let given = shown["commands"].as_array().unwrap();
    let given: Vec<_> = given.iter().map(|it| it.as_str().unwrap()).collect();
    let there = commands.replace(&format!("git -C {}", at.display()), "git");
    assert_eq!(given, there.lines().collect::<Vec<_>>());
    put(&repository.ground.git_dir, b"{}\n");
    let broken = repository.json_of(&["show", "0"], 1);
    assert!(broken["payload"].is_null() && broken["entry"]["said"].is_null());
    assert!(broken["broken"].is_string());
}

#[test]
fn what_is_exported_can_be_checked_with_stock_tools() {
    let repository = Repository::new();
    for n in 0..7 {
        repository.append((n % 2) as usize, n);
    }
    let to = repository.dir.path().join("out");
    let said = repository.says(&["export", to.to_str().unwrap()], 0);
    assert!(
        said.contains("7 entries, 1 keyring and 0 policies"),
        "{said}"
    );
    let missing = Sha256::of(b"policy").to_string();
    assert!(said.contains(&missing), "{said}");
    assert_eq!(
        std::fs::read(to.join("promotion-audit.log")).unwrap(),
        super::write::bytes(&repository.ground)
    );
    let head: Value = read_json(&to.join("head.json"));
    assert_eq!(head["entries"], 7);
    // What the README says.
    let readme = std::fs::read_to_string(to.join("README.md")).unwrap();
    let script = readme.split("```").nth(1).unwrap();
    let done = Command::new("bash")
        .args(["-c", &format!("cd {to:?}\n{script}")])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert_eq!(told.matches("Good \"promotion-").count(), 7, "{told}");
    for position in 0..7u64 {
        let entry = to.join(format!("entries/{position:06}"));
        let proof: Value = read_json(&entry.join("inclusion.json"));
        let hash = |it: &Value| *Sha256::from_hex(it.as_str().unwrap()).unwrap().as_bytes();
        let path: Vec<_> = proof["path"].as_array().unwrap().iter().map(hash).collect();
        let root = hash(&head["root"]);
        let line = std::fs::read(entry.join("line")).unwrap();
        let leaf = countersign::audit::merkle::leaf(&line);
        assert!(countersign::audit::merkle::is_included(
            &leaf, position, 7, &path, &root
        ));
        let proof: Value = read_json(&entry.join("consistency.json"));
        assert_eq!(proof["old"]["size"], position);
    }
    let said = repository.says(&["export", to.to_str().unwrap()], 2);
    assert!(said.contains("is not empty"), "{said}");
    let other = repository.dir.path().join("other");
    let written = repository.json_of(&["export", other.to_str().unwrap()], 0);
    assert_eq!(written["directory"], other.to_str().unwrap());
    assert_eq!(written["entries"], 7);
    assert_eq!(written["missing"], serde_json::json!([missing]));
    assert!(other.join("head.json").exists());
}

#[test]
fn whether_it_is_shared_is_told_to_programs() {
    let repository = Repository::new();
    repository.append(0, 0);
    let alone = repository.json("share", 0);
    assert!(alone["remote"].is_null() && alone["shared"].is_null());
    let at = repository.at();
    let settings = "version = 1\n\n[sign_off]\nremote = \"origin\"\n";
    std::fs::write(at.join("countersign.toml"), settings).unwrap();
    git(&at, &["commit", "--quiet", "-a", "-m", "Share the log"]);
    git(&at, &["remote", "add", "origin", "../shared.git"]);
    let not_yet = repository.json("share", 3);
    assert_eq!(not_yet["shared"], false);
    assert!(not_yet["why"].is_string());
    git(
        repository.dir.path(),
        &["init", "--quiet", "--bare", "shared.git"],
    );
    let shared = repository.json("share", 0);
    assert_eq!(shared["remote"], "origin");
    assert_eq!(
        (&shared["shared"], &shared["why"]),
        (&Value::Bool(true), &Value::Null)
    );
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_owner_says_that_a_key_counts_no_longer() {
    let repository = Repository::new();
    repository.append(0, 0);
    repository.append(1, 1);
    let keys = repository.dir.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let people = &repository.scene.people;
    let [tech, owner] = [&people[0], &people[2]].map(|it| it.write_key(&keys));
    let stolen = people[0].fingerprint();
    let revoke = |key: &Path, more: &[&str]| {
        let mut arguments = vec!["revoke", &stolen, "--note", "a laptop was stolen", "--key"];
        let key = key.to_str().unwrap().to_owned();
        arguments.push(&key);
        arguments.extend(more);
        repository.run(&arguments)
    };
    let told = |done: &Output| String::from_utf8_lossy(&done.stderr).into_owned();
    let no = revoke(&tech, &["--superseded"]);
    assert_eq!(no.status.code(), Some(2), "{}", told(&no));
    let later = revoke(&owner, &["--compromised-from", "2"]);
    assert_eq!(later.status.code(), Some(2), "{}", told(&later));
    let yes = revoke(&owner, &["--compromised-from", "0", "--json"]);
    assert_eq!(yes.status.code(), Some(0), "{}", told(&yes));
    let document: Value = serde_json::from_slice(&yes.stdout).unwrap();
    schemas::holds(&schemas::schema("countersign.audit-revoke"), &document);
    assert_eq!(
        (&document["entry"], &document["role"]),
        (&2.into(), &"owner".into())
    );
    assert_eq!(document["signer"], people[2].fingerprint());
    let said = repository.says(&["log"], 0);
    assert!(said.contains("void"), "{said}");
    assert!(said.contains("mara@example.org declared the key"), "{said}");
    let log = repository.json("log", 0);
    let marks: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["mark"])
        .collect();
    assert_eq!(marks, ["void", "verified", "verified"]);
    assert_eq!(log["entries"][2]["said"]["from"], 0);
    let to = repository.dir.path().join("out");
    repository.says(&["export", to.to_str().unwrap()], 0);
    let table = std::fs::read_to_string(to.join("entries.tsv")).unwrap();
    assert!(
        table
            .lines()
            .last()
            .unwrap()
            .contains("\tkey-change\tmara@example.org\towner\t")
    );
}
