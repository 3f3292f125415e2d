//! Whoever can write to the log's branch and has no key: each thing they can do is
//! found, and named at its line.
#![allow(clippy::unwrap_used)]

#[path = "support/log.rs"]
mod log;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use countersign::audit::line::{self, Place};
use countersign::audit::store::Store;
use countersign::promotion::Sha256;
use countersign::promotion::review::{Seen, Verb};
use countersign::review::{Envelope, verify};
use countersign::workflow::audit::{self, Fault, Problem};
use log::{Growing, Scene, bare, lines, sealed_again};

const SIZE: usize = 200;

/// The first line that is wrong, and what is wrong with it.
fn first_wrong(scene: &Scene, log: &[u8]) -> Option<(usize, String)> {
    first_wrong_from(scene, log, 0)
}

/// The same, where those before `from` are as they were.
fn first_wrong_from(scene: &Scene, log: &[u8], from: usize) -> Option<(usize, String)> {
    let log = Bytes::copy_from_slice(log);
    let checked = audit::check(&log, from, &scene.keyrings(), &scene.repository.id);
    let wrong = checked.entries.iter().find_map(|entry| {
        let fault = entry.fault()?;
        Some((entry.position as usize, fault.to_string()))
    });
    if checked.torn > 0 {
        return wrong.or(Some((from + checked.entries.len(), "torn".into())));
    }
    wrong
}

/// The same from `at` on, and only the next lines: what follows has no say in what
/// is wrong first.
fn first_near(scene: &Scene, log: &[u8], at: usize) -> Option<(usize, String)> {
    let some: Vec<u8> = lines(log).into_iter().take(at + 6).flatten().collect();
    first_wrong_from(scene, &some, at)
}

/// Made again from `at` on, as far as is looked at.
fn near(all: &[Vec<u8>], at: usize) -> Vec<u8> {
    sealed_again(&all[..(at + 6).min(all.len())], at)
}

#[test]
fn as_it_is_it_holds() {
    let scene = Scene::new();
    assert_eq!(first_wrong(&scene, &scene.log(SIZE as u64)), None);
}

/// Every byte of every line, by the line alone: nothing that follows is needed.
#[test]
fn every_byte_of_every_line_counts() {
    let scene = Scene::new();
    let whole = scene.log(SIZE as u64);
    let all = lines(&whole);
    let keyrings = scene.keyrings();
    let holds = |bytes: &[u8], place: Place| {
        let Ok(line) = line::read::<Envelope>(bytes, place) else {
            return false;
        };
        verify(&line.envelope, &|digest| keyrings.get(digest).cloned()).is_ok()
    };
    let places: Vec<Place> = all
        .iter()
        .scan(Place::first(), |place, line| {
            let here = *place;
            *place = here.after(line);
            Some(here)
        })
        .collect();
    let (next, flipped) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(line) = all.get(at) else { return };
                    assert!(holds(line, places[at]), "line {at} as it is");
                    // Each byte of the first, one in the middle and the last with all
                    // bits; of the others each seventh, another seventh in each line.
                    let (step, bits) = match at {
                        0 | 100 | 199 => (1, 8),
                        _ => (7, 1),
                    };
                    for byte in (at % step..line.len()).step_by(step) {
                        for bit in 0..bits {
                            let mut bent = line.clone();
                            bent[byte] ^= 1 << ((bit + byte + at) % 8);
                            assert!(!holds(&bent, places[at]), "line {at}, byte {byte}");
                            flipped.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    println!("{} flips, {:?}", flipped.into_inner(), began.elapsed());
}

#[test]
fn a_line_that_was_taken_out_is_found_at_its_place() {
    let scene = Scene::new();
    let whole = scene.log(SIZE as u64);
    let all = lines(&whole);
    for at in (0..SIZE - 1).step_by(3) {
        let mut less = all.clone();
        less.remove(at);
        let (wrong, why) = first_near(&scene, &less.concat(), at).unwrap();
        assert_eq!(wrong, at, "{why}");
        assert!(why.contains("it says that it is entry"), "{why}");
        // With numbers and digests made again, as anybody can.
        let (wrong, why) = first_near(&scene, &near(&less, at), at).unwrap();
        assert_eq!(wrong, at, "{why}");
        assert!(why.contains("some were taken out"), "{why}");
    }
}

#[test]
fn a_line_that_is_there_twice_is_found_at_its_place() {
    let scene = Scene::new();
    let whole = scene.log(SIZE as u64);
    let all = lines(&whole);
    for at in (0..SIZE).step_by(3) {
        let mut more = all.clone();
        more.insert(at + 1, all[at].clone());
        let (wrong, why) = first_near(&scene, &more.concat(), at).unwrap();
        assert_eq!(wrong, at + 1, "{why}");
        let again = Bytes::from(near(&more, at));
        let checked = audit::check(&again, at, &scene.keyrings(), &scene.repository.id);
        // It counts once; and who signed next but one had not seen it twice.
        assert_eq!(checked.entries[1].twice, Some(at as u64));
        if at + 3 < more.len() {
            let (wrong, why) = first_near(&scene, &again, at).unwrap();
            assert_eq!(wrong, at + 3, "{why}");
            assert!(
                why.contains("are not those that its signer had seen"),
                "{why}"
            );
        }
    }
}

#[test]
fn two_lines_that_were_swapped_are_found_at_the_first() {
    let scene = Scene::new();
    let whole = scene.log(SIZE as u64);
    let all = lines(&whole);
    for at in (0..SIZE - 1).step_by(3) {
        let mut swapped = all.clone();
        swapped.swap(at, at + 1);
        let (wrong, why) = first_near(&scene, &swapped.concat(), at).unwrap();
        assert_eq!(wrong, at, "{why}");
        let (wrong, why) = first_near(&scene, &near(&swapped, at), at).unwrap();
        assert_eq!(wrong, at, "{why}");
        assert!(why.contains("its signer had seen"), "{why}");
    }
}

/// A line that somebody put in, by a stranger and by nobody.
#[test]
fn a_line_that_was_put_in_is_found() {
    let scene = Scene::new();
    let whole = scene.log(SIZE as u64);
    let mut stranger = Scene::new();
    stranger.people[0] = log::Person::new("priya@example.org", stranger.people[0].role, 99);
    for at in [0, 1, 99, 198] {
        let before: Vec<u8> = lines(&whole)[..at].concat();
        let checked = scene.check(&before);
        let seen = Seen {
            size: at as u64,
            root: Sha256::from_bytes(checked.tree.head().root),
        };
        let mut log = Growing::default();
        for line in &lines(&whole)[..at] {
            let read: line::Line<Envelope> = serde_json::from_slice(line).unwrap();
            log.push(&read.envelope);
        }
        log.push(&stranger.approval(0, 1000, seen));
        for line in &lines(&whole)[at..] {
            let read: line::Line<Envelope> = serde_json::from_slice(line).unwrap();
            log.push(&read.envelope);
        }
        let (wrong, why) = first_wrong(&scene, &log.bytes).unwrap();
        assert_eq!(wrong, at, "{why}");
        assert!(why.contains("does not let priya@example.org"), "{why}");
        let (last, why) = {
            let checked = scene.check(&log.bytes);
            let last = checked.entries.last().unwrap();
            (last.position, last.fault().map(ToString::to_string))
        };
        assert_eq!(last, SIZE as u64);
        assert!(why.unwrap().contains("its signer had seen"));
    }
}

/// A repository with that log on its branch, as if somebody had written it by hand.
fn put(git_dir: &std::path::Path, log: &[u8]) {
    let store = Store::open(git_dir, "promotion-audit").unwrap();
    let tip = store.tip().unwrap();
    store.replace(&tip, log, None, "By hand", 0).unwrap();
}

#[test]
fn what_was_cut_off_is_missed_by_who_saw_it() {
    let scene = Scene::new();
    let dir = tempfile::tempdir().unwrap();
    let git = bare(&dir.path().join("repo"));
    let ground = scene.ground(&git, &dir.path().join("state"), None);
    let whole = scene.log(SIZE as u64);
    put(&git, &whole);
    let log = audit::read_at(&ground).unwrap();
    assert!(log.holds() && log.pinned.is_none());
    let all = lines(&whole);
    for left in [199, 198, 100, 1, 0] {
        put(&git, &all[..left].concat());
        let log = audit::read_at(&ground).unwrap();
        assert!(
            log.first_wrong().is_none(),
            "the file alone does not show it"
        );
        let [
            Problem::Rewritten {
                size: 200, there, ..
            },
        ] = &log.problems[..]
        else {
            panic!("{left}: {:?}", log.problems)
        };
        assert_eq!(*there, left as u64);
        assert!(log.broken().unwrap().contains("rewritten or cut"));
        assert!(log.decisions().iter().all(|it| it.void.is_some()));
        // Somebody who never saw it cannot know.
        let other = scene.ground(&git, &dir.path().join(format!("other{left}")), None);
        assert!(audit::read_at(&other).unwrap().holds());
        // And nothing is written behind it.
        let seen = audit::seen(&log);
        let told = audit::append_at(&ground, &scene.approval(0, 5000, seen), "x").unwrap_err();
        assert!(told.to_string().contains("rewritten or cut"), "{told}");
    }
    put(&git, &whole);
    assert!(audit::read_at(&ground).unwrap().holds());
}

/// Cut, and another signs behind it who saw it whole: their signature tells.
#[test]
fn what_was_cut_off_is_missed_by_the_next_signature() {
    let scene = Scene::new();
    let all = lines(&scene.log(SIZE as u64));
    let checked = scene.check(&all.concat());
    let seen = Seen {
        size: SIZE as u64,
        root: Sha256::from_bytes(checked.tree.head().root),
    };
    let next = scene.approval(0, 1000, seen);
    let mut log = Growing::default();
    for line in &all[..190] {
        let read: line::Line<Envelope> = serde_json::from_slice(line).unwrap();
        log.push(&read.envelope);
    }
    log.push(&next);
    let checked = scene.check(&log.bytes);
    let fault = checked.entries[190].fault().unwrap();
    assert!(matches!(
        fault,
        Fault::SeenMore {
            size: 200,
            position: 190
        }
    ));
}

#[test]
fn another_history_is_missed_by_who_saw_the_first() {
    let scene = Scene::new();
    let mut other = Scene::new();
    other.lot = "other".into();
    let dir = tempfile::tempdir().unwrap();
    let git = bare(&dir.path().join("repo"));
    let ground = scene.ground(&git, &dir.path().join("state"), None);
    let whole = scene.log(SIZE as u64);
    put(&git, &whole);
    assert!(audit::read_at(&ground).unwrap().holds());
    // The same people, and well signed: made by whoever held signatures back.
    let mut log = Growing::default();
    for (n, line) in lines(&whole).iter().enumerate() {
        let read: line::Line<Envelope> = serde_json::from_slice(line).unwrap();
        match n {
            0..150 => log.push(&read.envelope),
            _ => log.push(&other.approval(n % 2, n as u64, log.seen())),
        }
    }
    put(&git, &log.bytes);
    let read = audit::read_at(&ground).unwrap();
    assert!(read.first_wrong().is_none());
    let is_it = |it: &Problem| {
        matches!(
            it,
            Problem::Rewritten {
                size: 200,
                is: Some(_),
                ..
            }
        )
    };
    assert!(read.problems.iter().any(is_it), "{:?}", read.problems);
}

/// What was signed elsewhere, or before, counts for nothing here and now.
#[test]
fn what_was_signed_for_another_repository_counts_for_nothing() {
    let elsewhere = Scene::of(
        "other",
        countersign::promotion::ObjectId::from_bytes([8; 20]),
    );
    let scene = Scene::new();
    let mut log = Growing::default();
    log.push(&elsewhere.approval(0, 0, log.seen()));
    let (wrong, why) = first_wrong(&scene, &log.bytes).unwrap();
    assert_eq!(wrong, 0);
    assert!(why.contains("for another repository, other"), "{why}");
}

/// An approval that was taken back, put in once more: it counts where it stood.
#[test]
fn an_old_approval_put_in_again_counts_once() {
    let scene = Scene::new();
    let dir = tempfile::tempdir().unwrap();
    let git = bare(&dir.path().join("repo"));
    let ground = scene.ground(&git, &dir.path().join("state"), None);
    let mut log = Growing::default();
    let approval = scene.approval(0, 0, log.seen());
    log.push(&approval);
    let mut withdrawal = scene.decision(0, 1, log.seen());
    withdrawal.decision = Verb::Withdraw;
    log.push(&scene.decided(0, withdrawal));
    log.push(&approval);
    put(&git, &log.bytes);
    let read = audit::read_at(&ground).unwrap();
    assert!(read.holds());
    let positions: Vec<u64> = read.decisions().iter().map(|it| it.position).collect();
    assert_eq!(positions, [0, 1]);
    assert_eq!(read.entries[2].twice, Some(0));
    assert!(read.entries[2].mark().1.contains("entry 0"));
}
