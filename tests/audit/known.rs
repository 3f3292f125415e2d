//! What is remembered of a log so that the next entry costs less: it may be lost,
//! damaged or forged, and nothing counts for it.

use std::path::PathBuf;

use countersign::audit::store::{LOG, Store};
use countersign::promotion::Sha256;
use countersign::promotion::review::Seen;
use countersign::workflow::audit::{self, AuditError};

use super::write::{Place, append, bytes, place, put};
use crate::log::{Growing, lines};

/// Where it is kept; `None` where it is not.
fn known(place: &Place) -> Option<PathBuf> {
    let files = std::fs::read_dir(place.ground.state.as_ref().unwrap()).ok()?;
    let mut files = files.map(|it| it.unwrap().path());
    files.find(|it| it.extension().is_some_and(|it| it == "known"))
}

/// What somebody has seen who saw the first `size` entries.
fn seen_at(place: &Place, size: usize) -> Seen {
    let mut log = Growing::default();
    for line in lines(&bytes(&place.ground)).iter().take(size) {
        log.add(line);
    }
    log.seen()
}

#[test]
fn lost_or_damaged_it_makes_no_difference() {
    let place = place();
    put(&place.ground.git_dir, &place.scene.log(300));
    append(&place, 300).unwrap();
    let kept = known(&place).expect("it is kept");
    let good = std::fs::read_to_string(&kept).unwrap();
    let leaf = &good[good.find("\"leaves\":[\"").unwrap() + 11..][..64];
    let other = Sha256::of(b"another").to_string();
    let tree = &good[good.find("\"tree\":\"").unwrap() + 8..][..40];
    let bent = [
        "".to_owned(),
        "{".into(),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace(leaf, &other),
        good.replace(tree, &other[..40]),
        good.replace(tree, "x"),
        good.replace("\"forgotten\":", "\"forgotten\":1"),
        good.replace("\"leaves\":[", &format!("\"leaves\":[\"{other}\",")),
    ];
    for (n, bent) in bent.iter().enumerate() {
        assert_ne!(*bent, good, "{n}");
        std::fs::write(&kept, bent).unwrap();
        let appended = append(&place, 301 + n as u64).unwrap();
        assert_eq!(appended.position, 301 + n as u64);
        let log = audit::read_at(&place.ground).unwrap();
        assert!(
            log.holds(),
            "{n}: {:?} {:?}",
            log.problems,
            log.first_wrong()
        );
        assert_eq!(log.head, appended.head);
        assert!(
            serde_json::from_slice::<serde_json::Value>(&std::fs::read(&kept).unwrap()).is_ok()
        );
    }
    // That of an earlier state is as good.
    std::fs::write(&kept, good).unwrap();
    append(&place, 400).unwrap();
    std::fs::remove_file(&kept).unwrap();
    append(&place, 401).unwrap();
    assert!(audit::read_at(&place.ground).unwrap().holds());
}

/// Who signed long ago is believed, and the same statement stands there once, however
/// far back.
#[test]
fn what_was_seen_long_ago_is_known_still() {
    let place = place();
    put(&place.ground.git_dir, &place.scene.log(400));
    let old = place.scene.approval(0, 1_000, seen_at(&place, 3));
    let appended = audit::append_at(&place.ground, &old, "x").unwrap();
    assert_eq!(appended.position, 400);
    for n in 0..150 {
        let next = place
            .scene
            .approval(1, 2_000 + n, seen_at(&place, 401 + n as usize));
        audit::append_at(&place.ground, &next, "x").unwrap();
    }
    let again = audit::append_at(&place.ground, &old, "x").unwrap();
    assert_eq!((again.position, again.head.size), (400, 551));
    let other = Seen {
        root: Sha256::of(b"x"),
        ..seen_at(&place, 3)
    };
    let bad = place.scene.approval(0, 1_001, other);
    let told = audit::append_at(&place.ground, &bad, "x").unwrap_err();
    assert!(matches!(told, AuditError::Refused(_)), "{told}");
    let log = audit::read_at(&place.ground).unwrap();
    assert!(log.holds() && log.entries.iter().all(|it| it.twice.is_none()));
}

/// Somebody else's lines behind what is known are verified like all others.
#[test]
fn what_is_new_is_verified() {
    let place = place();
    put(&place.ground.git_dir, &place.scene.log(200));
    append(&place, 200).unwrap();
    let whole = bytes(&place.ground);
    let mut bent = lines(&place.scene.log(203))[202].clone();
    bent[100] ^= 1;
    put(&place.ground.git_dir, &[&whole[..], &bent].concat());
    let seen = seen_at(&place, 201);
    let told = audit::append_at(&place.ground, &place.scene.approval(0, 7, seen), "x");
    let told = told.unwrap_err().to_string();
    assert!(told.contains("entry 201"), "{told}");
    // And what was known, where it was changed.
    let mut changed = lines(&whole);
    changed[50][100] ^= 1;
    put(&place.ground.git_dir, &changed.concat());
    let told = audit::append_at(&place.ground, &place.scene.approval(0, 7, seen), "x");
    let told = told.unwrap_err().to_string();
    assert!(told.contains("entry 51"), "{told}");
}

/// Who can forge it gets an entry put behind a log that does not hold; and who reads
/// that log finds out as before.
#[test]
fn forged_it_makes_nothing_count() {
    let place = place();
    put(&place.ground.git_dir, &place.scene.log(200));
    append(&place, 200).unwrap();
    let kept = known(&place).unwrap();
    let good = std::fs::read_to_string(&kept).unwrap();
    let tree = &good[good.find("\"tree\":\"").unwrap() + 8..][..40];
    let seen = seen_at(&place, 201);
    let mut changed = lines(&bytes(&place.ground));
    changed[50][100] ^= 1;
    put(&place.ground.git_dir, &changed.concat());
    let store = Store::open(&place.ground.git_dir, "promotion-audit").unwrap();
    let forged = store.end().unwrap().tree().unwrap().to_string();
    std::fs::write(&kept, good.replace(tree, &forged)).unwrap();
    audit::append_at(&place.ground, &place.scene.approval(0, 7, seen), "x").unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    assert_eq!(log.first_wrong().unwrap().0.position, 50);
    assert!(log.broken().is_some());
    assert!(log.decisions().iter().all(|it| it.void.is_some()));
}

/// The bytes of all objects in a repository.
fn objects(place: &Place) -> u64 {
    let git = git2::Repository::open(&place.ground.git_dir).unwrap();
    let odb = git.odb().unwrap();
    let mut all = 0;
    odb.foreach(|id| {
        all += odb.read_header(*id).unwrap().0 as u64;
        true
    })
    .unwrap();
    all
}

/// However long the log is, one more entry writes no more than its file, and the names
/// of those around it.
#[test]
fn an_entry_writes_what_it_takes() {
    let place = place();
    put(&place.ground.git_dir, &place.scene.log(1_995));
    append(&place, 1_995).unwrap();
    let line = lines(&bytes(&place.ground))[1_995].len() as u64;
    for n in 1_996..2_012 {
        let before = objects(&place);
        append(&place, n).unwrap();
        let written = objects(&place) - before;
        assert!(written < 11 * line + 5_000, "entry {n}: {written} bytes");
    }
    assert!(audit::read_at(&place.ground).unwrap().holds());
}

/// A log that was written as one file goes on, and nothing of it is lost.
#[test]
fn a_log_of_before_goes_on() {
    let place = place();
    let whole = place.scene.log(123);
    let git = git2::Repository::open(&place.ground.git_dir).unwrap();
    let who = git2::Signature::new("a", "a@example.org", &git2::Time::new(0, 0)).unwrap();
    let mut tree = git.treebuilder(None).unwrap();
    let blob = git.blob(&whole).unwrap();
    tree.insert(LOG, blob, 0o100_644).unwrap();
    let tree = git.find_tree(tree.write().unwrap()).unwrap();
    git.commit(
        Some("refs/heads/promotion-audit"),
        &who,
        &who,
        "As one file",
        &tree,
        &[],
    )
    .unwrap();
    let log = audit::read_at(&place.ground).unwrap();
    assert!(log.holds() && !log.is_cut);
    for n in 123..126 {
        assert_eq!(append(&place, n).unwrap().position, n);
    }
    let log = audit::read_at(&place.ground).unwrap();
    assert!(log.holds() && log.is_cut && log.entries.len() == 126);
    assert!(bytes(&place.ground).starts_with(&whole));
}
