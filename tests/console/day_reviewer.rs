//! A reviewer's day, in one visit to the console: what waits for them, what the gates
//! say, the diff, the questions, and a signature that stands in the log.
//!
//! An owner's day is in `tests/forge/day_owner.rs`, that of who is on call in
//! `tests/day_on_call.rs`.

use std::path::PathBuf;
use std::process::Output;

use crate::gates_support::{DEAR, Repo, ssh_key, without};
use crate::pty::Console;

const MODULE: &str = "candidate/fees";
const BEFORE: &str = "RATE = 1\n\n\ndef fee():\n    unused = 1\n    return RATE\n";
const COMMENT: &str = "is this left over?";

/// A module that somebody else changed on a branch, in two files.
struct Scene {
    repo: Repo,
}

impl Scene {
    fn new() -> Self {
        let repo = Repo::new(&[
            ("core/__init__.py", ""),
            ("candidate/__init__.py", ""),
            ("candidate/fees/__init__.py", BEFORE),
            ("candidate/fees/caps.py", "CAP = 100\n"),
            (
                "tests/test_fees.py",
                "from candidate.fees import fee\n\n\ndef test_fee():\n    assert fee() > 0\n",
            ),
            ("CODEOWNERS", "* @mara\n"),
        ])
        .settings(&(without(&DEAR) + &without(&["promote"])));
        let scene = Self { repo };
        let key = scene.file("priya");
        let public = ssh_key(&key, "");
        let ring =
            format!("priya@example.org namespaces=\"promotion-tech-v1@countersign\" {public}\n");
        scene.repo.commit(&[(".countersign/keyring", &ring)]);
        scene.repo.branch();
        scene.repo.commit(&[
            (
                "candidate/fees/__init__.py",
                &BEFORE.replace("RATE = 1", "RATE = 2"),
            ),
            ("candidate/fees/caps.py", "CAP = 100\nFLOOR = 1\n"),
        ]);
        let config = git2::Repository::open(scene.repo.root()).unwrap().config();
        let mut config = config.unwrap();
        config
            .set_str("user.signingKey", key.to_str().unwrap())
            .unwrap();
        scene
    }

    fn file(&self, name: &str) -> PathBuf {
        self.repo.dir.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.repo.countersign();
        command
            .args(arguments)
            .env("COUNTERSIGN_DATA_DIR", self.file("data"));
        command.output().unwrap()
    }

    fn says(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn console(&self) -> Console {
        let (cache, data) = (self.repo.cache(), self.file("data"));
        let env = [
            ("COUNTERSIGN_CACHE_DIR", cache.to_str().unwrap()),
            ("COUNTERSIGN_DATA_DIR", data.to_str().unwrap()),
            ("SSH_AUTH_SOCK", ""),
        ];
        let home = tempfile::tempdir().unwrap();
        Console::start(home, &self.repo.root(), (120, 40), &env, None)
    }
}

/// Keys of which each is a character.
fn type_out(console: &mut Console, text: &str) {
    for c in text.chars() {
        console.keys(&[c.to_string().as_str()]);
    }
}

#[test]
fn from_what_waits_to_a_signature_that_is_verified() {
    let scene = Scene::new();
    // The build ran the gates.
    scene.says(&["check", MODULE]);

    // Triage: what waits comes first, and is selected.
    let mut console = scene.console();
    console.shows("waiting for you  1  priya@example.org");
    console.shows("an approval as tech is missing");
    console.keys(&["\r"]);
    console.shows("nobody decided on it yet");

    // The gates, and what one of them found.
    console.keys(&["1", "]"]);
    console.shows("0 new, 1 old");
    console.keys(&["l"]);
    console.shows("F841");

    // The diff: the finding in its place, a comment there, and file after file.
    console.keys(&["3"]);
    console.shows("0/2 viewed");
    console.shows("+ RATE = 2");
    console.keys(&["f"]);
    console.shows("F841");
    console.keys(&["i"]);
    type_out(&mut console, COMMENT);
    console.keys(&["\x13"]);
    console.shows(&format!("✎ {COMMENT}"));
    console.keys(&["V"]);
    console.shows("1/2 viewed");
    console.shows("+ FLOOR = 1");
    console.keys(&["V"]);
    console.shows("every file of this diff is viewed");

    // The questions of this role.
    console.keys(&["s"]);
    console.shows("0 of 7 answered");
    for _ in 0..7 {
        console.keys(&["y"]);
    }
    console.shows("7 of 7 answered");

    // The last step: the note begins with what was written on the diff.
    console.keys(&["s"]);
    console.shows("Nothing is chosen yet");
    let noted = format!("candidate/fees/__init__.py:5: {COMMENT}");
    console.keys(&["e"]);
    console.shows(&noted);
    console.keys(&["\x13", "a"]);
    console.shows("Enter signs");
    console.keys(&["\r"]);
    console.shows("signed as entry 0");
    console.keys(&["\r", "\x1b", "\x1b"]);
    console.shows("fees/");
    assert!(
        !console.text().contains("waiting for you"),
        "{}",
        console.text()
    );
    assert_eq!(console.quit(), 0);

    let verified = scene.says(&["audit", "verify"]);
    assert!(
        verified.contains("The audit log holds: 1 entry"),
        "{verified}"
    );
    let entry = scene.says(&["audit", "show", "0"]);
    assert!(
        entry.contains("priya@example.org approved candidate/fees as tech"),
        "{entry}"
    );
    assert!(entry.contains(&noted), "{entry}");
}
