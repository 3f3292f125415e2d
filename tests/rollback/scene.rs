//! A module that was promoted and merged, a bare remote, and two machines with a clone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::gates_support::{tools, without};
use crate::log::Person;
use countersign::promotion::review::Role;

pub const MODULE: &str = "candidate/fees";
/// The day on which everything was promoted.
pub const BRANCH: &str = "promote/fees-20260101";

/// How a person merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    Commit,
    Squash,
    Rebase,
    FastForward,
}

/// What is different from the usual.
#[derive(Clone, Debug)]
pub struct Options {
    pub merge: Merge,
    /// More of `countersign.toml`.
    pub settings: String,
    /// Share it over the remote.
    pub shared: bool,
    /// The module was made on the branch, and was not on the base branch before.
    pub made_there: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            merge: Merge::Commit,
            settings: String::new(),
            shared: true,
            made_there: false,
        }
    }
}

/// What a commit holds, but for the copy of the log.
pub fn tree(at: &Path, commit: &str) -> String {
    let all = git(at, &["ls-tree", "-r", commit]);
    let lines = all
        .lines()
        .filter(|it| !it.ends_with("\tpromotion-audit.log"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Everything below one directory.
pub struct Scene {
    pub dir: tempfile::TempDir,
    /// The base branch before the merge, and after it.
    pub before: String,
    pub merged: String,
    /// Where the remote is, if it is not below `dir`; and what it is called.
    pub elsewhere: Option<(PathBuf, String)>,
}

pub fn git_at(at: &Path, arguments: &[&str]) -> Output {
    Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(["-c", "protocol.file.allow=always", "-c", "core.abbrev=40"])
        .args(arguments)
        .current_dir(at)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .output()
        .unwrap()
}

#[track_caller]
pub fn git(at: &Path, arguments: &[&str]) -> String {
    let done = git_at(at, arguments);
    assert!(done.status.success(), "{arguments:?}: {}", words(&done));
    String::from_utf8(done.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

pub fn words(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
pub fn ended(output: &Output, code: i32) -> String {
    let words = words(output);
    assert_eq!(output.status.code(), Some(code), "{words}");
    words
}

/// All gates that can be turned off are, but for one that is quick.
fn gates() -> String {
    let section = countersign::config::schema::PROJECT
        .section("gates")
        .unwrap();
    let known: Vec<&str> = countersign::config::project::gate_names()
        .filter(|it| *it != "compile")
        .filter(|it| section.section(it).unwrap().key("enabled").is_some())
        .collect();
    without(&known)
}

impl Scene {
    pub fn new(options: &Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut scene = Self {
            dir,
            before: String::new(),
            merged: String::new(),
            elsewhere: None,
        };
        scene.make(options);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn remote(&self) -> PathBuf {
        match &self.elsewhere {
            Some((path, _)) => path.clone(),
            None => self.path("remote.git"),
        }
    }

    /// Brings everything to another remote, which is called by an address.
    pub fn moved_to(mut self, path: PathBuf, address: &str) -> Self {
        git(
            &self.remote(),
            &["push", "-q", "--mirror", path.to_str().unwrap()],
        );
        for clone in ["one", "two"] {
            self.git(clone, &["remote", "set-url", "origin", address]);
        }
        self.elsewhere = Some((path, address.to_owned()));
        self
    }

    #[track_caller]
    pub fn git(&self, clone: &str, arguments: &[&str]) -> String {
        git(&self.path(clone), arguments)
    }

    pub fn write(&self, clone: &str, path: &str, content: &str) {
        let file = self.path(clone).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }

    /// Commits everything in a clone.
    pub fn commit(&self, clone: &str, message: &str) -> String {
        self.git(clone, &["add", "-A"]);
        self.git(clone, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(clone, &["rev-parse", "HEAD"])
    }

    fn make(&mut self, options: &Options) {
        git(
            self.dir.path(),
            &["init", "-q", "--bare", "-b", "main", "remote.git"],
        );
        std::fs::create_dir(self.path("keys")).unwrap();
        let mut ring = String::new();
        for (name, role, seed) in [
            ("mara@example.org", Role::Owner, 3),
            ("elif@example.org", Role::Release, 4),
            ("watcher", Role::Automation, 5),
            ("priya@example.org", Role::Tech, 1),
        ] {
            let person = Person::new(name, role, seed);
            person.write_key(&self.path("keys"));
            ring += &person.line();
        }
        let url = self.remote().to_str().unwrap().to_owned();
        git(self.dir.path(), &["init", "-q", "-b", "main", "one"]);
        self.git("one", &["remote", "add", "origin", &url]);
        let shared = match options.shared {
            true => "remote = \"origin\"\n",
            false => "",
        };
        let settings = format!(
            "tools.environment = {:?}\n[sign_off]\n{shared}{}{}",
            tools().to_str().unwrap(),
            gates(),
            options.settings
        );
        for (path, content) in [
            ("README.md", "# Shop\n"),
            ("CHANGELOG.md", "# Changes\n\n## Unreleased\n\n- all\n"),
            (".countersign/keyring", ring.as_str()),
            ("countersign.toml", settings.as_str()),
            ("core/__init__.py", ""),
            (
                "core/shop.py",
                "from candidate.fees import fee\n\n\ndef total(n):\n    return n + fee(n)\n",
            ),
            ("core/other.py", "ONE = 1\n"),
            ("candidate/__init__.py", ""),
        ] {
            self.write("one", path, content);
        }
        let module = |scene: &Self| {
            scene.write(
                "one",
                "candidate/fees/__init__.py",
                "from .rates import RATE\n\n\ndef fee(n):\n    return n * RATE // 100\n",
            );
            scene.write(
                "one",
                "candidate/fees/rates.py",
                "RATE = 2\n\n\ndef double(n):\n    return 2 * n\n\n\ndef last(n):\n    return n\n",
            );
            scene.write("one", "candidate/fees/PROMOTE.md", "# Promote\n");
        };
        if !options.made_there {
            module(self);
        }
        self.commit("one", "All of it");
        self.git("one", &["push", "-q", "-u", "origin", "main"]);
        self.git("one", &["remote", "set-head", "origin", "main"]);
        self.git("one", &["switch", "-q", "-c", BRANCH]);
        if options.made_there {
            module(self);
            self.commit("one", "Make the module");
        }
        self.promote();
        self.git("one", &["push", "-q", "origin", BRANCH]);
        let key = self.key("mara");
        let recorded = self.run("one", &["promote", MODULE, "--record", "--key", &key]);
        ended(&recorded, 0);
        self.git("one", &["switch", "-q", "main"]);
        self.before = self.git("one", &["rev-parse", "HEAD"]);
        self.merge(options.merge);
        self.merged = self.git("one", &["rev-parse", "HEAD"]);
        self.git("one", &["push", "-q", "origin", "main"]);
        git(self.dir.path(), &["clone", "-q", &url, "two"]);
    }

    /// The two commits of a promotion, as `countersign promote` makes them.
    fn promote(&self) {
        self.git("one", &["mv", "candidate/fees", "core/fees"]);
        self.commit("one", "Move candidate/fees to core/fees");
        self.write(
            "one",
            "core/shop.py",
            "from core.fees import fee\n\n\ndef total(n):\n    return n + fee(n)\n",
        );
        self.write(
            "one",
            "CHANGELOG.md",
            "# Changes\n\n## Unreleased\n\n- Promoted `candidate/fees` to `core/fees`\n- all\n",
        );
        self.write("one", "TRANSPARENCY_SCORECARD.md", "# Transparency scorecard\n\nOne entry for each promotion.\n\n## `core/fees` (2026-01-01)\n\n- **From:** `candidate/fees`\n");
        self.write("one", "promotion-audit.log", "");
        let root = countersign::promotion::Sha256::of(b"");
        self.commit("one", &format!("Promote candidate/fees to core/fees\n\nImports are rewritten in 1 files.\n\nPromotion-Checkpoint: 0 {root}"));
    }

    fn merge(&self, how: Merge) {
        match how {
            Merge::Commit => {
                self.git("one", &["merge", "-q", "--no-ff", "-m", "Merge it", BRANCH]);
            }
            Merge::Squash => {
                self.git("one", &["merge", "-q", "--squash", BRANCH]);
                self.commit("one", "Promote fees (#7)");
            }
            Merge::Rebase => {
                self.write("one", "core/meanwhile.py", "HERE = 1\n");
                self.commit("one", "Meanwhile");
                self.git("one", &["switch", "-q", "--detach", BRANCH]);
                self.git("one", &["rebase", "-q", "main"]);
                let tip = self.git("one", &["rev-parse", "HEAD"]);
                self.git("one", &["switch", "-q", "main"]);
                self.git("one", &["merge", "-q", "--ff-only", &tip]);
            }
            Merge::FastForward => {
                self.git("one", &["merge", "-q", "--ff-only", BRANCH]);
            }
        }
    }

    pub fn key(&self, name: &str) -> String {
        self.path("keys").join(name).to_str().unwrap().to_owned()
    }

    /// `countersign` on that machine.
    pub fn countersign(&self, clone: &str) -> Command {
        let (instead, address) = match &self.elsewhere {
            Some((path, address)) => (
                format!("url.{}.insteadOf", path.display()),
                address.as_str(),
            ),
            None => ("url.none.insteadOf".to_owned(), "nowhere:"),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .current_dir(self.path(clone))
            .env("COUNTERSIGN_DATA_DIR", self.path(&format!("data-{clone}")))
            // Gates are not what this is about: what they found is found once for all.
            .env(
                "COUNTERSIGN_CACHE_DIR",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/rollback"),
            )
            .env("COUNTERSIGN_CONFIG_DIR", self.path("config"))
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_COUNT", "2")
            .env("GIT_CONFIG_KEY_1", instead)
            .env("GIT_CONFIG_VALUE_1", address)
            .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
            .env("GIT_CONFIG_VALUE_0", "always")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("GH_TOKEN")
            .env_remove("GITHUB_TOKEN");
        command
    }

    pub fn run(&self, clone: &str, arguments: &[&str]) -> Output {
        self.countersign(clone).args(arguments).output().unwrap()
    }

    /// Rolls back by hand, on that machine.
    pub fn roll_back(&self, clone: &str, more: &[&str]) -> Output {
        let key = self.key("elif");
        let mut all = vec![
            "rollback",
            MODULE,
            "--yes",
            "--key",
            &key,
            "--reason",
            "it is slow",
        ];
        all.extend(more);
        self.run(clone, &all)
    }

    /// The states in the log of the remote, in order.
    pub fn states(&self, clone: &str) -> Vec<String> {
        let logged = self.run(clone, &["audit", "log", "--json"]);
        let document: serde_json::Value = serde_json::from_slice(&logged.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", words(&logged)));
        let entries = document["entries"].as_array().unwrap().iter();
        entries
            .filter_map(|it| it["said"]["facts"]["state"].as_str().map(str::to_owned))
            .collect()
    }

    /// What a commit of the remote holds, but for the copy of the log: that only grows.
    pub fn tree(&self, commit: &str) -> String {
        tree(&self.remote(), commit)
    }

    /// The tip of a branch of the remote.
    #[track_caller]
    pub fn tip(&self, branch: &str) -> String {
        git(
            &self.remote(),
            &["rev-parse", &format!("refs/heads/{branch}")],
        )
    }

    /// One commit on the base branch, what that held before, and the hotfix branch.
    pub fn is_back_once(&self, context: &str) {
        let range = format!("{}..main", self.merged);
        let count = git(&self.remote(), &["rev-list", "--count", &range]);
        assert_eq!(count, "1", "{context}");
        assert_eq!(self.tree("main"), self.tree(&self.before), "{context}");
        let branches = self.branches();
        assert!(
            branches.len() == 1 && branches[0].starts_with("hotfix/fees-"),
            "{branches:?} {context}"
        );
    }

    /// The branches of the remote, but for those that were there before.
    pub fn branches(&self) -> Vec<String> {
        let all = git(
            &self.remote(),
            &["for-each-ref", "--format=%(refname:short)"],
        );
        let known = ["main", "promotion-audit", BRANCH];
        let new = all.lines().filter(|it| !known.contains(it));
        new.map(str::to_owned).collect()
    }

    /// A hook of the remote that decides on each push.
    pub fn hook(&self, script: &str) {
        self.hook_of("pre-receive", script);
    }

    pub fn hook_of(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.remote().join("hooks").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn no_hook(&self) {
        for name in ["pre-receive", "update"] {
            let _ = std::fs::remove_file(self.remote().join("hooks").join(name));
        }
    }

    /// Somebody else's commit on the base branch.
    pub fn land(&self, clone: &str, files: &[(&str, &str)]) -> String {
        self.git(clone, &["switch", "-q", "main"]);
        self.git(clone, &["pull", "-q", "--ff-only", "origin", "main"]);
        for (path, content) in files {
            self.write(clone, path, content);
        }
        let commit = self.commit(clone, "Something else");
        self.git(clone, &["push", "-q", "origin", "main"]);
        commit
    }

    /// Rolls back until it is killed at an instant; true where it was.
    pub fn killed_at(&self, clone: &str, instant: &str) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        let key = self.key("elif");
        let ended = self
            .countersign(clone)
            .args(["rollback", MODULE, "--yes", "--key", &key])
            .args(["--reason", "it is slow"])
            .env("COUNTERSIGN_TEST_KILL", instant)
            .output()
            .unwrap();
        ended.status.signal() == Some(9)
    }
}
