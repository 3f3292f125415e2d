//! One repository, one writer at a time.

use std::path::Path;

use countersign::audit::store::Store;
use countersign::promotion::review::Seen;
use countersign::promotion::{ObjectId, Sha256};
use countersign::workflow::audit::{self, AuditError, Ground, Problem, Shared};

use crate::log::{Scene, bare, lines};

pub struct Place {
    pub dir: tempfile::TempDir,
    pub scene: Scene,
    pub ground: Ground,
}

/// A directory in memory, where there is such a thing: that what is written is
/// flushed costs nothing there, and is not what these tests are about.
pub fn memory() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    match tempfile::tempdir_in(shared) {
        Ok(dir) => dir,
        Err(_) => tempfile::tempdir().unwrap(),
    }
}

pub fn place() -> Place {
    let dir = memory();
    let scene = Scene::new();
    let git = bare(&dir.path().join("repo"));
    let ground = scene.ground(&git, &dir.path().join("state"), None);
    Place { dir, scene, ground }
}

/// What the branch holds, replaced by hand.
pub fn put(git_dir: &Path, log: &[u8]) {
    put_with(git_dir, log, None);
}

pub fn put_with(git_dir: &Path, log: &[u8], checkpoint: Option<&str>) {
    let store = Store::open(git_dir, "promotion-audit").unwrap();
    let tip = store.tip().unwrap();
    store.replace(&tip, log, checkpoint, "By hand", 0).unwrap();
}

pub fn bytes(ground: &Ground) -> Vec<u8> {
    let store = Store::open(&ground.git_dir, &ground.branch).unwrap();
    store.tip().unwrap().log
}

/// Appends another approval by somebody who has seen everything.
pub fn append(place: &Place, n: u64) -> Result<audit::Appended, AuditError> {
    let log = audit::read_at(&place.ground).unwrap();
    let envelope = place.scene.approval(0, n, audit::seen(&log));
    audit::append_at(&place.ground, &envelope, "Approve")
}

#[test]
fn nothing_is_a_log_of_nothing() {
    let log = audit::read_at(&place().ground).unwrap();
    assert!(log.holds() && log.entries.is_empty() && log.tip.is_none());
    assert_eq!(Sha256::from_bytes(log.head.root), Sha256::of(b""));
}

#[test]
fn what_is_appended_is_read() {
    let place = place();
    for n in 0..5 {
        let appended = append(&place, n).unwrap();
        assert_eq!((appended.position, appended.head.size), (n, n + 1));
        assert_eq!(appended.shared, Shared::Alone);
        let log = audit::read_at(&place.ground).unwrap();
        assert!(log.holds(), "{:?}", log.problems);
        assert_eq!(log.head, appended.head);
        assert_eq!(log.decisions().len() as u64, n + 1);
    }
    assert_eq!(bytes(&place.ground), place.scene_log(5));
}

impl Place {
    /// The same, made in memory: signatures of Ed25519 are the same each time.
    fn scene_log(&self, size: u64) -> Vec<u8> {
        let mut log = crate::log::Growing::default();
        for n in 0..size {
            let seen = log.seen();
            log.push(&self.scene.approval(0, n, seen));
        }
        log.bytes
    }
}

#[test]
fn the_same_envelope_stands_in_it_once() {
    let place = place();
    append(&place, 0).unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    let envelope = place.scene.approval(0, 1, audit::seen(&log));
    for _ in 0..3 {
        let appended = audit::append_at(&place.ground, &envelope, "x").unwrap();
        assert_eq!(appended.position, 1);
        append(&place, 2).unwrap();
    }
    let positions = audit::read_at(&place.ground).unwrap();
    assert!(positions.holds());
    // Entry 2 was asked for three times; the second had seen another log.
    assert!(positions.entries.iter().all(|it| it.twice.is_none()));
}

/// A line that only looks like it must not keep the real one out.
#[test]
fn one_that_proves_nothing_does_not_stand_for_the_real_one() {
    let place = place();
    append(&place, 0).unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    let envelope = place.scene.approval(0, 1, audit::seen(&log));
    let other = place.scene.approval(0, 2, audit::seen(&log));
    // The payload of the one with the signature of the other.
    let payload = envelope.payload().unwrap();
    let (key, signature) = other.signature().unwrap();
    let fake =
        countersign::review::Envelope::new(envelope.payload_type(), &payload, key, &signature);
    let last = countersign::audit::line::Place::first().after(&bytes(&place.ground));
    let line = countersign::audit::line::write(&fake, last).unwrap();
    put(
        &place.ground.git_dir,
        &[bytes(&place.ground), line].concat(),
    );
    let appended = audit::append_at(&place.ground, &envelope, "x").unwrap();
    assert_eq!(appended.position, 2);
    let log = audit::read_at(&place.ground).unwrap();
    assert_eq!(log.first_wrong().unwrap().0.position, 1);
    assert!(
        log.broken().is_none(),
        "a line of a stranger breaks nothing"
    );
    let held: Vec<u64> = log.decisions().iter().map(|it| it.position).collect();
    assert_eq!(held, [0, 2]);
}

#[test]
fn what_nobody_would_believe_is_not_written() {
    let place = place();
    append(&place, 0).unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    let seen = audit::seen(&log);
    let elsewhere = Scene::of("other", ObjectId::from_bytes([8; 20]));
    let mut stranger = Scene::new();
    stranger.people[0] = crate::log::Person::new("priya@example.org", stranger.people[0].role, 9);
    let more = Seen { size: 9, ..seen };
    let other = Seen {
        root: Sha256::of(b"x"),
        ..seen
    };
    let before = bytes(&place.ground);
    for (envelope, why) in [
        (elsewhere.approval(0, 1, seen), "for another repository"),
        (stranger.approval(0, 1, seen), "does not let"),
        (place.scene.approval(0, 1, more), "some were taken out"),
        (place.scene.approval(0, 1, other), "are not those"),
    ] {
        let told = audit::append_at(&place.ground, &envelope, "x").unwrap_err();
        assert!(told.is_wrong() && told.to_string().contains(why), "{told}");
    }
    assert_eq!(bytes(&place.ground), before);
}

#[test]
fn behind_a_log_that_does_not_hold_nothing_is_written() {
    let place = place();
    let whole = place.scene.log(6);
    let all = lines(&whole);
    put(
        &place.ground.git_dir,
        &[&all[0][..], &all[2], &all[3]].concat(),
    );
    let before = bytes(&place.ground);
    let told = append(&place, 9).unwrap_err();
    assert!(matches!(told, AuditError::Broken(_)), "{told}");
    assert!(
        told.to_string()
            .contains("entry 1: it says that it is entry 2"),
        "{told}"
    );
    assert_eq!(bytes(&place.ground), before);
}

#[test]
fn a_torn_end_is_told_and_taken_away() {
    let place = place();
    let whole = place.scene.log(3);
    let all = lines(&whole);
    for cut in [1, 2, all[2].len() / 2, all[2].len() - 1] {
        let end = whole.len() - cut;
        put(&place.ground.git_dir, &whole[..end]);
        let log = audit::read_at(&place.ground).unwrap();
        let bytes_left = all[2].len() - cut;
        assert_eq!(log.problems, [Problem::Torn { bytes: bytes_left }]);
        assert_eq!(log.entries.len(), 2);
        assert!(log.broken().is_none());
        let appended = append(&place, 7).unwrap();
        assert_eq!((appended.position, appended.repaired), (2, bytes_left));
        let log = audit::read_at(&place.ground).unwrap();
        assert!(log.holds() && log.entries.len() == 3);
        assert!(bytes(&place.ground).starts_with(&all[..2].concat()));
        // As before: it was seen with three, so another repository goes on.
        std::fs::remove_dir_all(place.dir.path().join("state")).unwrap();
    }
}

/// Beside the log there may be a checkpoint. Whoever signed it, it has to be so.
#[test]
fn a_checkpoint_that_does_not_fit_breaks_the_log() {
    let place = place();
    let whole = place.scene.log(3);
    let head = place.scene.check(&whole).tree.head();
    let note = |size: u64, root| {
        let head = countersign::audit::merkle::Head { size, root };
        let origin = "countersign/lantern".into();
        let text = countersign::audit::checkpoint::Checkpoint { origin, head }.text();
        format!("{text}\n\u{2014} somebody AAAAAAAA\n")
    };
    put_with(&place.ground.git_dir, &whole, Some(&note(3, head.root)));
    assert!(audit::read_at(&place.ground).unwrap().holds());
    append(&place, 4).unwrap();
    for (size, root, why) in [
        (9, head.root, "it promises 9 entries, and there are 3"),
        (2, head.root, "its root is not that of the first 2"),
    ] {
        // What was seen would be missed first. Of a broken log nothing is kept.
        let _ = std::fs::remove_dir_all(place.dir.path().join("state"));
        put_with(&place.ground.git_dir, &whole, Some(&note(size, root)));
        let log = audit::read_at(&place.ground).unwrap();
        assert!(log.broken().unwrap().contains(why), "{:?}", log.problems);
        assert!(append(&place, 4).is_err());
    }
}

/// What is remembered of a log must not be trusted when it is damaged.
#[test]
fn what_was_seen_and_cannot_be_read_is_told() {
    let place = place();
    append(&place, 0).unwrap();
    let state = place.dir.path().join("state");
    let files = std::fs::read_dir(&state).unwrap();
    let mut files = files.map(|it| it.unwrap().path());
    let file = files
        .find(|it| it.extension().is_some_and(|it| it == "json"))
        .unwrap();
    std::fs::write(&file, "{\"version\":1,\"size\":").unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    assert!(
        matches!(&log.problems[..], [Problem::Pin { .. }]),
        "{:?}",
        log.problems
    );
    assert!(!log.holds() && log.broken().is_none());
    assert!(
        std::fs::read_to_string(&file).unwrap().ends_with(':'),
        "left as it is"
    );
}

/// A lock of git's that somebody left who was not us: told, and left alone.
#[test]
fn a_foreign_lock_is_named() {
    let place = place();
    append(&place, 0).unwrap();
    let lock = place.ground.git_dir.join("refs/heads/promotion-audit.lock");
    std::fs::write(&lock, "").unwrap();
    let told = append(&place, 1).unwrap_err().to_string();
    assert!(
        told.contains("promotion-audit.lock") && told.contains("remove it"),
        "{told}"
    );
    std::fs::remove_file(&lock).unwrap();
    append(&place, 1).unwrap();
}
