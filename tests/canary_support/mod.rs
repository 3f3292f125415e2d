//! A promotion that a person merged, in a real repository, and a real Prometheus that has
//! recorded what its canary does; also what it will do.
#![allow(dead_code)] // every test file uses a part

#[path = "../gates_support/mod.rs"]
pub mod gates_support;
#[path = "../canary_prometheus/server.rs"]
pub mod server;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use countersign::promotion::benchmark::random::Random;
use gates_support::{DEAR, Repo, without};
use serde_json::Value;

pub const MODULE: &str = "candidate/fees";
const STAGES: &str = "[promote]\nstages = [\"lint\"]\nsmoke = []\n";

const BEFORE: [(&str, &str); 5] = [
    ("README.md", "x\n"),
    ("CODEOWNERS", "* @all\n"),
    ("core/__init__.py", ""),
    ("candidate/__init__.py", ""),
    ("candidate/other.py", "ONE = 1\n"),
];
const OF_MODULE: [(&str, &str); 2] = [
    (
        "candidate/fees/__init__.py",
        "def fee(n):\n    return n * 2 // 100\n",
    ),
    (
        "candidate/fees/PROMOTE.md",
        "# Promote\n\n## Why\n\nIt is good.\n\n## Risks\n\nRounding.\n",
    ),
];

/// A repository with people, one of them a machine, whose promotion is on `main`.
pub struct Scene {
    pub repo: Repo,
    gates: String,
}

impl Scene {
    /// Promoted, and merged by `elif`.
    pub fn merged() -> Self {
        Self::with(&[])
    }

    /// The same, with more files before the module's own.
    pub fn with(more: &[(&str, &str)]) -> Self {
        let gates = without(&DEAR) + &without(&["promote", "lane-imports", "tests"]) + STAGES;
        let repo = Repo::new(&BEFORE).settings(&gates);
        let scene = Self { repo, gates };
        scene.repo.commit(more);
        let mut ring = String::new();
        for (name, role) in [
            ("priya", "tech"),
            ("jonas", "security"),
            ("mara", "owner"),
            ("elif", "release"),
            ("ci", "automation"),
        ] {
            let public = scene.key(name);
            ring += &format!(
                "{name}@example.org namespaces=\"promotion-{role}-v1@countersign\" {public}\n"
            );
        }
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        scene.git(&["checkout", "-q", "-b", "promote/fees-20260101"]);
        scene.repo.commit(&OF_MODULE);
        scene.signed_off();
        done(&scene.run(&["promote", MODULE, "--key", &scene.path("mara")]));
        scene.git(&["checkout", "-q", "main"]);
        let branch = "promote/fees-20260101";
        scene.git(&["merge", "-q", "--no-ff", "-m", "Merge it", branch]);
        scene
    }

    /// Says on the base branch how it is watched.
    pub fn watching(&mut self, canary: &str) {
        let repo = std::mem::replace(&mut self.repo, Repo::new(&[]));
        self.repo = repo.settings(&format!("{}{canary}", self.gates));
    }

    fn signed_off(&self) {
        done(&self.run(&["check", MODULE]));
        for key in ["priya", "jonas"] {
            let key = self.path(key);
            let printed = self.run(&["sign", MODULE, "--key", &key, "--print-answers"]);
            let text = String::from_utf8(printed.stdout).unwrap();
            let text = text
                .replace("decision = \"\"", "decision = \"approve\"")
                .replace("answer = \"\"", "answer = \"yes\"");
            let file = self.path("answers.toml");
            std::fs::write(&file, text).unwrap();
            done(&self.run(&["sign", MODULE, "--key", &key, "--answers", &file]));
        }
    }

    fn key(&self, name: &str) -> String {
        gates_support::ssh_key(&self.file(name), "")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.file(name).to_str().unwrap().to_owned()
    }

    /// `countersign`, ready to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"))
            .env("COUNTERSIGN_STATE_DIR", self.file("state"))
            .env("HOME", self.file("home"))
            .env("GIT_AUTHOR_NAME", "mara")
            .env("GIT_AUTHOR_EMAIL", "mara@example.org")
            .env("GIT_COMMITTER_NAME", "mara")
            .env("GIT_COMMITTER_EMAIL", "mara@example.org")
            .env_remove("SSH_AUTH_SOCK");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The document of a command, with its exit code.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        let value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", words(&output)));
        (output.status.code().unwrap(), value)
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=elif", "-c", "user.email=elif@example.org"])
            .args(arguments)
            .current_dir(self.repo.root())
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        String::from_utf8(done.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// What a verdict was made of, as this machine keeps it.
    pub fn evidence(&self, digest: &str) -> Vec<u8> {
        let name = format!("{digest}.json");
        let mut left = vec![self.file("state")];
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                match entry.path() {
                    path if path.is_dir() => left.push(path),
                    path if path.ends_with(&name) => return std::fs::read(path).unwrap(),
                    _ => {}
                }
            }
        }
        panic!("no {name} is kept");
    }

    /// Since when it is watched.
    pub fn merged_at(&self) -> i64 {
        self.json(&["canary"]).1["promotions"][0]["merged_at"]
            .as_i64()
            .unwrap()
    }

    /// The records in the log of that kind: what each says.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let to = tempfile::tempdir().unwrap();
        let to = to.path().join("out");
        done(&self.run(&["audit", "export", to.to_str().unwrap()]));
        let log = std::fs::read_to_string(to.join("promotion-audit.log")).unwrap();
        log.lines()
            .filter_map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                let payload = line["payload"].as_str()?;
                let bytes =
                    base64::Engine::decode(&base64::prelude::BASE64_STANDARD, payload).unwrap();
                let statement: Value = serde_json::from_slice(&bytes).unwrap();
                let predicate = statement["predicate"].clone();
                (predicate["kind"] == kind).then_some(predicate)
            })
            .collect()
    }
}

pub fn words(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
pub fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", words(output));
}

/// What an arm does: requests in a step, and failed and slow ones in a thousand.
#[derive(Clone, Copy)]
pub struct Arm {
    pub rate: u64,
    pub failed: u64,
    pub slow: u64,
}

/// A job: what the base does all the time, and the canary since the merge; nothing where
/// it has none.
pub struct Job {
    pub name: &'static str,
    pub base: Arm,
    pub canary: Option<Arm>,
}

/// What a Prometheus has of these jobs, in steps of so many seconds, from `before` the
/// merge to `after` it.
pub fn recorded(jobs: &[Job], merged: i64, before: i64, after: i64, step: i64) -> String {
    let mut families: [(&str, &str, String); 3] = [
        ("requests", "counter", String::new()),
        ("failures", "counter", String::new()),
        ("seconds", "histogram", String::new()),
    ];
    let mut random = Random::new(7);
    for job in jobs {
        for (version, arm) in [("1", Some(job.base)), ("2", job.canary)] {
            let Some(arm) = arm else { continue };
            let from = if version == "1" {
                merged - before
            } else {
                merged - 2 * step
            };
            let labels = format!(
                "job=\"{}\",version=\"{version}\",instance=\"{version}\"",
                job.name
            );
            let mut counters = [0u64; 3];
            let mut texts = [const { String::new() }; 5];
            for at in (from..=merged + after).step_by(step as usize) {
                let mut of = |thousandth: u64| {
                    (0..arm.rate)
                        .filter(|_| random.below(1_000) < thousandth as usize)
                        .count() as u64
                };
                let (failed, slow) = (of(arm.failed), of(arm.slow));
                for (counter, grown) in counters.iter_mut().zip([arm.rate, failed, arm.rate - slow])
                {
                    *counter += grown;
                }
                let [all, failed, quick] = counters;
                for (text, (name, value)) in texts.iter_mut().zip([
                    (format!("requests_total{{{labels}}}"), all),
                    (format!("failures_total{{{labels}}}"), failed),
                    (format!("seconds_bucket{{{labels},le=\"0.5\"}}"), quick),
                    (format!("seconds_bucket{{{labels},le=\"+Inf\"}}"), all),
                    (format!("seconds_count{{{labels}}}"), all),
                ]) {
                    writeln!(text, "{name} {value} {at}").unwrap();
                }
            }
            for (text, family) in texts.iter().zip([0, 1, 2, 2, 2]) {
                families[family].2.push_str(text);
            }
        }
    }
    let mut text = String::new();
    for (name, kind, lines) in families {
        write!(text, "# TYPE {name} {kind}\n{lines}").unwrap();
    }
    text + "# EOF\n"
}

pub const HEALTH: Arm = Arm {
    rate: 60,
    failed: 5,
    slow: 10,
};

/// One of each kind.
pub fn jobs() -> Vec<Job> {
    let job = |name, canary| Job {
        name,
        base: HEALTH,
        canary,
    };
    vec![
        job("healthy", Some(HEALTH)),
        job(
            "failing",
            Some(Arm {
                failed: 25,
                ..HEALTH
            }),
        ),
        job("slow", Some(Arm { slow: 50, ..HEALTH })),
        job("quiet", Some(Arm { rate: 0, ..HEALTH })),
        job("gone", None),
    ]
}

/// How such a job is watched.
pub fn canary(url: &str, job: &str, more: &str) -> String {
    format!(
        "[canary]\nprometheus = \"{url}\"\ncanary = 'version=\"2\"'\nbase = 'version=\"1\"'\n\
         {more}\n\
         [[canary.errors]]\nname = \"errors\"\ntotal = 'requests_total{{job=\"{job}\",$arm}}'\n\
         bad = 'failures_total{{job=\"{job}\",$arm}}'\nallowed = 1.25\n\
         [[canary.latency]]\nname = \"latency\"\n\
         buckets = 'seconds_bucket{{job=\"{job}\",$arm}}'\nlimit = 0.5\nallowed = 1.25\n"
    )
}
