//! A team that signs with `countersign sign`, as people do: a module on a branch, Gate 1
//! passed, and keys.
#![allow(dead_code)] // every test file uses a part

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use super::gates_support::{Repo, ssh_key};

pub const MODULE: &str = "candidate/fees";

/// Only what is quick and stands for all.
fn settings() -> String {
    let off = [
        "types",
        "format",
        "imports",
        "tests",
        "coverage",
        "integration",
        "benchmarks",
        "supply-chain",
        "privilege",
        "documentation",
        "api",
        "ethics",
        "observability",
        "promote",
    ];
    off.map(|gate| format!("[gates.{gate}]\nenabled = false\n"))
        .concat()
}

/// The repository with its people.
pub struct Team {
    pub repo: Repo,
}

impl Team {
    pub fn new() -> Self {
        let files = [
            ("candidate/fees/__init__.py", "RATE = 1\n"),
            ("README.md", "x\n"),
            ("CODEOWNERS", "* @mara\n"),
        ];
        let team = Self {
            repo: Repo::new(&files).settings(&settings()),
        };
        let mut ring = String::new();
        for (name, role) in [("priya", "tech"), ("jonas", "security")] {
            let public = ssh_key(&team.file(name), "");
            let namespace = format!("promotion-{role}-v1@countersign");
            ring += &format!("{name}@example.org namespaces=\"{namespace}\" {public}\n");
        }
        team.repo.commit(&[(".countersign/keyring", &ring)]);
        team.repo.branch();
        team.repo
            .commit(&[("candidate/fees/__init__.py", "RATE = 2\n")]);
        let checked = team.run(&["check", MODULE], None);
        assert_eq!(checked.status.code(), Some(0), "{}", words(&checked));
        team
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    /// Runs it with an `ssh-keygen` that first does that in the repository.
    pub fn run(&self, arguments: &[&str], meanwhile: Option<&str>) -> Output {
        let places = std::env::var_os("PATH").unwrap();
        let mut places: Vec<PathBuf> = std::env::split_paths(&places).collect();
        if let Some(meanwhile) = meanwhile {
            let real = places.iter().map(|it| it.join("ssh-keygen"));
            let real = real.into_iter().find(|it| it.exists()).unwrap();
            let bin = self.file("bin");
            std::fs::create_dir_all(&bin).unwrap();
            let script = format!(
                "#!/bin/sh\ncd '{}' || exit\n{meanwhile}\nexec '{}' \"$@\"\n",
                self.repo.root().display(),
                real.display()
            );
            std::fs::write(bin.join("ssh-keygen"), script).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(bin.join("ssh-keygen"), mode).unwrap();
            places.insert(0, bin);
        }
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("PATH", std::env::join_paths(places).unwrap())
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("HOME", self.file("home"))
            .env_remove("SSH_AUTH_SOCK");
        command.output().unwrap()
    }

    /// Approves with everything answered, while that happens.
    pub fn approve(&self, who: &str, meanwhile: Option<&str>) -> Output {
        let key = self.file(who);
        let sign = ["sign", MODULE, "--key", key.to_str().unwrap()];
        let printed = self.run(&[&sign[..], &["--print-answers"]].concat(), None);
        let text = String::from_utf8(printed.stdout).unwrap();
        let text = text
            .replace("decision = \"\"", "decision = \"approve\"")
            .replace("answer = \"\"", "answer = \"yes\"");
        let answers = self.file("answers.toml");
        std::fs::write(&answers, text).unwrap();
        let answers = ["--answers", answers.to_str().unwrap()];
        self.run(&[&sign[..], &answers].concat(), meanwhile)
    }

    pub fn has_log(&self) -> bool {
        let git = git2::Repository::open(self.repo.root()).unwrap();
        git.find_reference("refs/heads/promotion-audit").is_ok()
    }

    /// Signatures that are kept outside of the log.
    pub fn kept(&self) -> usize {
        std::fs::read_dir(self.file("data").join("signed")).map_or(0, Iterator::count)
    }
}

pub fn words(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}
