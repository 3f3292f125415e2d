//! Several clones, one remote, the real git.

use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::promotion::Sha256;
use countersign::workflow::audit::{self, Appended, AuditError, Ground, Problem, Shared};

use super::write::{memory, put};
use crate::log::{Scene, lines};

pub fn git(at: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .arg("-C")
        .arg(at)
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

pub struct Shared2 {
    pub dir: tempfile::TempDir,
    pub scene: Scene,
}

pub fn remote() -> Shared2 {
    let dir = memory();
    git(dir.path(), &["init", "--quiet", "--bare", "remote.git"]);
    Shared2 {
        dir,
        scene: Scene::new(),
    }
}

impl Shared2 {
    pub fn url(&self) -> String {
        format!("file://{}/remote.git", self.dir.path().display())
    }

    pub fn clone(&self, name: &str) -> Ground {
        let at = self.dir.path().join(name);
        git(self.dir.path(), &["init", "--quiet", "--bare", name]);
        git(&at, &["remote", "add", "origin", &self.url()]);
        let state = self.dir.path().join(format!("state of {name}"));
        self.scene.ground(&at, &state, Some("origin"))
    }

    fn append(&self, ground: &Ground, n: u64) -> Result<Appended, AuditError> {
        let log = audit::read_at(ground).unwrap();
        let envelope = self.scene.approval(0, n, audit::seen(&log));
        audit::append_at(ground, &envelope, "Approve")
    }

    fn away(&self) -> PathBuf {
        self.dir.path().join("away.git")
    }

    /// As if there were no network.
    fn offline(&self) {
        std::fs::rename(self.dir.path().join("remote.git"), self.away()).unwrap();
    }

    fn online(&self) {
        std::fs::rename(self.away(), self.dir.path().join("remote.git")).unwrap();
    }

    fn remote_dir(&self) -> PathBuf {
        self.dir.path().join("remote.git")
    }
}

fn positions(ground: &Ground, scene: &Scene, nonces: &[u64]) -> Vec<Option<u64>> {
    let log = audit::read_at(ground).unwrap();
    let of = |n: &u64| {
        let nonce = scene.nonce(*n);
        let found = log
            .decisions()
            .into_iter()
            .find(|it| it.decision.nonce == nonce);
        found.map(|it| it.position)
    };
    nonces.iter().map(of).collect()
}

#[test]
fn what_one_adds_the_other_has() {
    let shared = remote();
    let (one, two) = (shared.clone("one"), shared.clone("two"));
    let first = shared.append(&one, 0).unwrap();
    assert_eq!((first.position, first.shared), (0, Shared::Yes));
    // Two did not look since: it loses the race, and is put behind.
    let second = shared.append(&two, 1).unwrap();
    assert_eq!((second.position, second.shared), (1, Shared::Yes));
    assert_eq!(second.head.size, 2);
    assert_eq!(audit::share_at(&one).unwrap(), Shared::Yes);
    for ground in [&one, &two] {
        let log = audit::read_at(ground).unwrap();
        assert!(log.holds(), "{:?}", log.problems);
        assert_eq!(log.head, second.head);
        assert_eq!(log.shared, Some(second.head));
    }
    assert_eq!(
        git(
            &shared.remote_dir(),
            &["rev-list", "--count", "promotion-audit"]
        )
        .trim(),
        "2"
    );
}

#[test]
fn without_a_network_it_is_kept_here_and_goes_behind_later() {
    let shared = remote();
    let (one, two) = (shared.clone("one"), shared.clone("two"));
    shared.append(&one, 0).unwrap();
    audit::share_at(&two).unwrap();
    shared.offline();
    for n in [10, 11] {
        let kept = shared.append(&two, n).unwrap();
        assert!(matches!(kept.shared, Shared::NotYet(_)), "{kept:?}");
    }
    // It says what is shared and what is not, and the second had seen what is shared.
    let log = audit::read_at(&two).unwrap();
    assert!(log.holds());
    assert_eq!((log.head.size, log.shared.unwrap().size), (3, 1));
    assert_eq!(audit::seen(&log).size, 1);
    shared.online();
    shared.append(&one, 1).unwrap();
    // Asked for, but not put together yet: told.
    git(
        &two.git_dir,
        &[
            "fetch",
            "--quiet",
            "origin",
            "+refs/heads/*:refs/remotes/origin/*",
        ],
    );
    let apart = audit::read_at(&two).unwrap();
    let expected = Problem::Apart {
        remote: "origin".into(),
        here: 2,
        there: 1,
    };
    assert_eq!(apart.problems, [expected]);
    assert!(apart.broken().is_none());
    assert_eq!(audit::share_at(&two).unwrap(), Shared::Yes);
    assert_eq!(audit::share_at(&one).unwrap(), Shared::Yes);
    for ground in [&one, &two] {
        assert!(audit::read_at(ground).unwrap().holds());
        let at = positions(ground, &shared.scene, &[0, 1, 10, 11]);
        assert_eq!(at, [Some(0), Some(1), Some(2), Some(3)]);
    }
}

/// An answer that was lost: the entry is there, and is not there twice.
#[test]
fn what_got_there_unheard_is_not_sent_again() {
    let shared = remote();
    let one = shared.clone("one");
    shared.append(&one, 0).unwrap();
    let log = audit::read_at(&one).unwrap();
    let envelope = shared.scene.approval(0, 1, audit::seen(&log));
    audit::append_at(&one, &envelope, "x").unwrap();
    // The remote has it; here nobody knows.
    let store = countersign::audit::store::Store::open(&one.git_dir, "promotion-audit").unwrap();
    let before = store.tip().unwrap();
    let parent = git(&one.git_dir, &["rev-parse", "promotion-audit~1"]);
    git(
        &one.git_dir,
        &["update-ref", "refs/heads/promotion-audit", parent.trim()],
    );
    git(
        &one.git_dir,
        &[
            "update-ref",
            "refs/remotes/origin/promotion-audit",
            parent.trim(),
        ],
    );
    std::fs::remove_dir_all(shared.dir.path().join("state of one")).unwrap();
    let appended = audit::append_at(&one, &envelope, "x").unwrap();
    assert_eq!((appended.position, appended.shared), (1, Shared::Yes));
    assert_eq!(store.tip().unwrap().log, before.log);
}

#[test]
fn a_remote_that_was_rewritten_is_not_taken_over() {
    let shared = remote();
    let one = shared.clone("one");
    for n in 0..4 {
        shared.append(&one, n).unwrap();
    }
    let whole = audit::read_at(&one).unwrap();
    let all: Vec<_> = whole.entries.iter().map(|it| it.line.clone()).collect();
    // Somebody with access to the remote cuts it, and says something else.
    let mut other = Scene::new();
    other.lot = "other".into();
    let mut log = crate::log::Growing::default();
    for n in 0..4 {
        let seen = log.seen();
        log.push(&other.approval(0, n, seen));
    }
    for (what, bytes) in [("cut", all[..2].concat()), ("another", log.bytes)] {
        put(&shared.remote_dir(), &bytes);
        let told = audit::share_at(&one).unwrap_err();
        assert!(told.is_wrong(), "{what}: {told}");
        assert!(
            told.to_string().contains("rewritten or cut"),
            "{what}: {told}"
        );
        let here = super::write::bytes(&one);
        assert_eq!(here, all.concat(), "{what}: nothing was lost here");
    }
    let log = audit::read_at(&one).unwrap();
    assert!(log.broken().is_some());
    let told = shared.append(&one, 9).unwrap_err().to_string();
    assert!(told.contains("rewritten or cut"), "{told}");
    // Somebody who sees it for the first time cannot know.
    let two = shared.clone("two");
    audit::share_at(&two).unwrap();
    assert!(audit::read_at(&two).unwrap().holds());
}

/// Two logs, each of them good, and nobody remembers which came first.
#[test]
fn a_fork_is_told() {
    let shared = remote();
    let (one, two) = (shared.clone("one"), shared.clone("two"));
    put(&one.git_dir, &shared.scene.log(5));
    assert_eq!(audit::share_at(&one).unwrap(), Shared::Yes);
    let mut other = Scene::new();
    other.lot = "other".into();
    let common = lines(&shared.scene.log(5))[..2].concat();
    let mut log = crate::log::Growing::default();
    for line in lines(&common) {
        let read: countersign::audit::line::Line<countersign::review::Envelope> =
            serde_json::from_slice(&line).unwrap();
        log.push(&read.envelope);
    }
    for n in 2..6 {
        let seen = log.seen();
        log.push(&other.approval(0, n, seen));
    }
    put(&two.git_dir, &log.bytes);
    let told = audit::share_at(&two).unwrap_err().to_string();
    assert!(
        told.contains("4 entries here") && told.contains("a fork"),
        "{told}"
    );
    let read = audit::read_at(&two).unwrap();
    let expected = Problem::Fork {
        remote: "origin".into(),
        common: 2,
        here: 4,
        there: 3,
    };
    assert_eq!(read.problems, [expected]);
    assert!(read.broken().is_some());
    assert!(read.decisions().iter().all(|it| it.void.is_some()));
    assert_eq!(super::write::bytes(&two), log.bytes, "nothing was lost");
}

#[test]
fn a_log_that_was_taken_away_there_is_told() {
    let shared = remote();
    let one = shared.clone("one");
    shared.append(&one, 0).unwrap();
    git(
        &shared.remote_dir(),
        &["update-ref", "-d", "refs/heads/promotion-audit"],
    );
    let told = audit::share_at(&one).unwrap_err();
    assert!(
        told.is_wrong() && told.to_string().contains("has none now"),
        "{told}"
    );
}

#[test]
fn a_refusal_of_the_remote_is_told_and_not_tried_again() {
    let shared = remote();
    let one = shared.clone("one");
    shared.append(&one, 0).unwrap();
    let hook = shared.remote_dir().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'ask the owner' >&2\nexit 1\n").unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let kept = shared.append(&one, 1).unwrap();
    let Shared::NotYet(why) = kept.shared else {
        panic!("it was refused")
    };
    assert!(why.contains("pre-receive hook declined"), "{why}");
    assert_eq!(kept.position, 1);
}

/// What countersign.toml calls a remote is the name of one, and never a command.
#[test]
fn a_remote_is_a_name_that_git_knows() {
    let shared = remote();
    let mut one = shared.clone("one");
    let mark = shared.dir.path().join("mark");
    for name in [
        format!("ext::sh -c touch% {}", mark.display()),
        format!("--upload-pack=touch {}", mark.display()),
        "elsewhere".into(),
        shared.url(),
    ] {
        one.remote = Some(name.clone());
        let seen = countersign::promotion::review::Seen {
            size: 0,
            root: Sha256::of(b""),
        };
        let told = audit::append_at(&one, &shared.scene.approval(0, 0, seen), "x").unwrap_err();
        assert!(matches!(told, AuditError::NoRemote(_)), "{name}: {told}");
        assert!(audit::share_at(&one).is_err());
    }
    assert!(!mark.exists());
}
