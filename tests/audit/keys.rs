//! Keys that count no longer.

use countersign::promotion::review::Seen;
use countersign::review::Refused;
use countersign::workflow::audit::{Entry, Fault};

use crate::log::{Growing, Scene};

const TECH: usize = 0;
const SECURITY: usize = 1;
const OWNER: usize = 2;
const RELEASE: usize = 3;

/// Which entries are void, and the first word of why.
fn void(scene: &Scene, log: &Growing) -> Vec<u64> {
    let checked = scene.check(&log.bytes);
    for entry in &checked.entries {
        assert!(entry.is.is_ok(), "{:?}", entry.fault());
    }
    let void = checked.entries.iter().filter(|it| it.void.is_some());
    void.map(|it| it.position).collect()
}

/// Four approvals, by tech and security in turn.
fn begun(scene: &Scene) -> Growing {
    let mut log = Growing::default();
    for n in 0..4 {
        let seen = log.seen();
        log.push(&scene.approval((n % 2) as usize, n, seen));
    }
    log
}

fn say(scene: &Scene, log: &mut Growing, by: usize, of: usize, from: Option<u64>) {
    let seen = log.seen();
    log.push(&scene.change(by, of, from, seen, |_, _| {}));
}

fn approve(scene: &Scene, log: &mut Growing, by: usize) {
    let seen = log.seen();
    log.push(&scene.approval(by, 100 + seen.size, seen));
}

#[test]
fn what_a_superseded_key_signed_before_stays() {
    let scene = Scene::new();
    let mut log = begun(&scene);
    say(&scene, &mut log, OWNER, TECH, None);
    approve(&scene, &mut log, TECH);
    approve(&scene, &mut log, SECURITY);
    assert_eq!(void(&scene, &log), [5]);
}

#[test]
fn what_a_compromised_key_signed_is_void_from_there_on() {
    for (from, expected) in [
        (0, vec![0, 2, 5]),
        (1, vec![2, 5]),
        (2, vec![2, 5]),
        (3, vec![5]),
    ] {
        let scene = Scene::new();
        let mut log = begun(&scene);
        say(&scene, &mut log, RELEASE, TECH, Some(from));
        approve(&scene, &mut log, TECH);
        assert_eq!(void(&scene, &log), expected, "from {from}");
        let checked = scene.check(&log.bytes);
        let why = checked.entries[5].void.clone().unwrap();
        assert!(why.contains("by entry 4 of elif@example.org"), "{why}");
    }
}

#[test]
fn reviewers_say_nothing_of_keys_and_no_key_of_itself() {
    let scene = Scene::new();
    let refused = |by: usize, of: usize, from: Option<u64>| {
        let mut log = begun(&scene);
        say(&scene, &mut log, by, of, from);
        why(&scene, &log)
    };
    assert!(refused(TECH, SECURITY, None).contains("only an owner or who releases"));
    assert!(refused(OWNER, OWNER, None).contains("says nothing of itself"));
    assert!(refused(OWNER, OWNER, Some(3)).contains("says nothing of itself"));
}

fn why(scene: &Scene, log: &Growing) -> String {
    let checked = scene.check(&log.bytes);
    let last: &Entry = checked.entries.last().unwrap();
    let fault = last.fault().unwrap();
    assert!(
        matches!(fault, Fault::Refused(Refused::KeyChange(_))),
        "{fault}"
    );
    fault.to_string()
}

#[test]
fn a_change_says_what_it_has_to_and_nothing_else() {
    use countersign::promotion::review::Subject;
    use countersign::promotion::review::decision::KeyChange;

    let scene = Scene::new();
    type Bend = fn(&mut KeyChange, &mut Subject);
    let cases: [(Option<u64>, &str, Bend); 5] = [
        (None, "no other", |it, _| it.from = Some(1)),
        (Some(1), "no other", |it, _| it.from = None),
        (None, "somebody else's", |it, _| it.holder = "x".into()),
        (None, "another key", |_, it| {
            it.digest.insert("sha256".into(), "00".repeat(32));
        }),
        (None, "another key", |it, _| it.key = "SHA256:x".into()),
    ];
    for (from, told, bend) in cases {
        let mut log = begun(&scene);
        let seen: Seen = log.seen();
        log.push(&scene.change(OWNER, TECH, from, seen, bend));
        let why = why(&scene, &log);
        assert!(why.contains(told), "{told}: {why}");
    }
}

/// Two accuse each other: the first is heard. A third ends it.
#[test]
fn who_speaks_first_is_heard_until_a_third_does() {
    let scene = Scene::new();
    let mut log = begun(&scene);
    say(&scene, &mut log, OWNER, RELEASE, Some(0)); // 4
    say(&scene, &mut log, RELEASE, OWNER, Some(0)); // 5: not heard
    approve(&scene, &mut log, TECH); // 6
    assert_eq!(void(&scene, &log), [5]);

    // What a stolen key said of others counts no longer from where it was stolen on.
    let mut log = begun(&scene);
    say(&scene, &mut log, OWNER, TECH, Some(0)); // 4
    assert_eq!(void(&scene, &log), [0, 2]);
    say(&scene, &mut log, RELEASE, OWNER, Some(4)); // 5
    assert_eq!(void(&scene, &log), [4]);
    // Before that it does.
    let mut log = begun(&scene);
    say(&scene, &mut log, OWNER, TECH, Some(0)); // 4
    say(&scene, &mut log, RELEASE, OWNER, Some(5)); // 5
    assert_eq!(void(&scene, &log), [0, 2]);
}
