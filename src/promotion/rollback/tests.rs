use super::*;
use crate::promotion::review::Role;
use crate::promotion::review::Seen;
use crate::promotion::review::decision::{Record, RecordKind, Repository};
use crate::promotion::{ObjectId, Sha256};

fn id(n: u8) -> ObjectId {
    ObjectId::from_bytes([n; 20])
}

/// A record of the rollback of promotion 1.
fn record(state: &str, claim: &str, commit: Option<ObjectId>, more: &[(&str, &str)]) -> Record {
    let mut facts: std::collections::BTreeMap<String, String> = [
        ("rollback", id(1).to_string()),
        ("state", state.to_owned()),
        ("claim", claim.to_owned()),
        ("until", "100".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    facts.extend(more.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())));
    Record {
        base_ref: "refs/heads/main".into(),
        commit,
        facts,
        from: "candidate/fees".into(),
        head: id(9),
        keyring: Sha256::of(b"ring"),
        keyring_entry: Sha256::of(b"line"),
        kind: RecordKind::Rollback,
        nonce: "0".repeat(32),
        note: String::new(),
        principal: "watcher".into(),
        pull_request: None,
        repository: Repository {
            id: id(7),
            name: "shop".into(),
        },
        role: Role::Automation,
        seen: Seen {
            root: Sha256::of(b""),
            size: 0,
        },
        signed_at: 10,
        to: "core/fees".into(),
    }
}

fn decided(mode: &str, cause: &str) -> Record {
    let (before, after) = (id(2).to_string(), id(3).to_string());
    let more = [
        ("mode", mode),
        ("cause", cause),
        ("why", "errors"),
        ("before", before.as_str()),
        ("after", after.as_str()),
    ];
    record("decided", "", Some(id(3)), &more)
}

fn story(records: &[Record]) -> Option<Rollback> {
    let entries = records.iter().enumerate().map(|(at, record)| Entry {
        position: at as u64,
        record,
    });
    Rollback::of(entries, id(1))
}

fn whole() -> Vec<Record> {
    let base = id(4).to_string();
    vec![
        decided("auto", "canary"),
        record("claimed", "a", None, &[]),
        record("prepared", "a", Some(id(5)), &[("base", &base)]),
        record("reverted", "a", Some(id(5)), &[("how", "pushed")]),
        record(
            "hotfix-branched",
            "a",
            Some(id(6)),
            &[("branch", "hotfix/fees")],
        ),
        record("re-validating", "a", Some(id(6)), &[]),
        record("rolled-back", "a", Some(id(6)), &[("gates", "holds")]),
        record("told", "a", None, &[("told", "reverted rolled-back")]),
    ]
}

#[test]
fn each_record_brings_it_one_step_further() {
    let all = whole();
    let states: Vec<_> = (1..=all.len())
        .map(|many| story(&all[..many]).unwrap().state.word())
        .collect();
    assert_eq!(
        states,
        [
            "decided",
            "claimed",
            "prepared",
            "reverted",
            "hotfix-branched",
            "re-validating",
            "rolled-back",
            "rolled-back"
        ]
    );
    let it = story(&all).unwrap();
    assert!(it.was_told(State::Reverted) && !it.was_told(State::Decided));
    assert_eq!(it.steps.len(), 8);
    assert_eq!(
        it.gates,
        Some(Gates {
            holds: true,
            failing: Vec::new()
        })
    );
    assert_eq!(story(&all[1..]), None, "nobody decided it");
}

#[test]
fn what_was_said_twice_counts_once() {
    let mut all = whole();
    let mut again = all[3].clone();
    again.commit = Some(id(8));
    all.insert(4, again);
    let mut other = decided("hold", "by-hand");
    other.principal = "somebody".into();
    all.insert(1, other);
    let it = story(&all).unwrap();
    assert_eq!(it.reverted.unwrap().commit, id(5));
    assert_eq!(it.decided.by, "watcher");
    assert_eq!(it.steps.len(), 8);
}

#[test]
fn who_was_overtaken_says_nothing_any_more() {
    let base = id(4).to_string();
    let taken = record("claimed", "b", None, &[("over", "a")]);
    let late = record("prepared", "a", Some(id(5)), &[("base", &base)]);
    let stolen = record("claimed", "c", None, &[("over", "a")]);
    let mut all = whole();
    all.truncate(2);
    all.extend([taken, late, stolen]);
    let it = story(&all).unwrap();
    assert_eq!(
        (it.state, it.claim.unwrap().nonce.as_str()),
        (State::Claimed, "b")
    );
}

#[test]
fn a_record_of_another_promotion_is_none_of_it() {
    let mut all = whole();
    for record in &mut all[2..] {
        let other = id(11).to_string();
        record.facts.insert("rollback".into(), other);
    }
    assert_eq!(story(&all).unwrap().state, State::Claimed);
    let mut all = whole();
    all.iter_mut().for_each(|it| it.kind = RecordKind::Verdict);
    assert_eq!(story(&all), None);
}

fn sight() -> Sight {
    Sight {
        now: 50,
        mine: Some("a".into()),
        base: Some(id(4)),
        ..Sight::default()
    }
}

fn step_after(many: usize, bend: impl FnOnce(&mut Sight)) -> Step {
    let mut sight = sight();
    bend(&mut sight);
    next(&story(&whole()[..many]).unwrap(), &sight)
}

#[test]
fn the_steps_follow_one_another() {
    let steps: Vec<_> = (1..=8).map(|many| step_after(many, |_| ())).collect();
    assert_eq!(
        steps,
        [
            Step::Claim { over: None },
            Step::Prepare,
            Step::Revert,
            Step::Branch,
            Step::Revalidate,
            Step::Finish,
            Step::End,
            Step::End,
        ]
    );
}

#[test]
fn only_who_holds_the_claim_does_anything() {
    for many in 2..=6 {
        let other = step_after(many, |it| it.mine = None);
        assert!(
            matches!(other, Step::Wait(Wait::Other { until: 100, .. })),
            "{other:?}"
        );
        let over = Some("a".to_owned());
        let late = step_after(many, |it| (it.mine, it.now) = (None, 100));
        assert_eq!(late, Step::Claim { over: over.clone() });
        let taken = step_after(many, |it| {
            (it.mine, it.take_over) = (Some("b".into()), true)
        });
        assert_eq!(taken, Step::Claim { over });
    }
}

#[test]
fn whatever_a_person_did_by_hand_is_noted() {
    for many in 2..=3 {
        let step = step_after(many, |it| it.back = Some(id(8)));
        assert_eq!(step, Step::NoteBack(id(8)));
    }
    let step = step_after(4, |it| it.back = Some(id(8)));
    assert_eq!(step, Step::Branch, "it is noted already");
}

#[test]
fn a_base_branch_that_moved_or_takes_no_push_is_heeded() {
    assert_eq!(step_after(3, |it| it.base = Some(id(10))), Step::Prepare);
    assert_eq!(step_after(3, |it| it.refused = true), Step::AskForMerge);
    let step = step_after(3, |it| (it.refused, it.base) = (true, Some(id(10))));
    assert_eq!(step, Step::Prepare);
}

#[test]
fn what_cannot_be_taken_back_so_is_frozen() {
    let why = || Some("a migration".to_owned());
    for many in 2..=3 {
        let step = step_after(many, |it| it.irreversible = why());
        assert_eq!(step, Step::Freeze("a migration".into()));
    }
    let step = step_after(4, |it| it.irreversible = why());
    assert_eq!(step, Step::Branch, "it was taken back already");
}

#[test]
fn without_a_person_nothing_happens_that_was_only_proposed() {
    let mut all = whole();
    all[0] = decided("propose", "canary");
    let it = story(&all[..2]).unwrap();
    assert_eq!(next(&it, &sight()), Step::Wait(Wait::Agreement));
    let here = Sight {
        by_hand: true,
        ..sight()
    };
    let over = Some("a".to_owned());
    assert_eq!(next(&it, &here), Step::Claim { over: over.clone() });
    let elsewhere = Sight { mine: None, ..here };
    assert_eq!(next(&it, &elsewhere), Step::Claim { over });
    all[1].facts.insert("by-hand".into(), "yes".into());
    let it = story(&all[..2]).unwrap();
    assert_eq!(next(&it, &sight()), Step::Prepare);
    let it = story(&[decided("propose", "by-hand")]).unwrap();
    assert!(it.agreed, "who decides by hand agrees");
}

#[test]
fn a_switch_stops_everything_but_a_person() {
    for many in 1..=6 {
        let stop = |it: &mut Sight| it.stopped = Some("stopped".into());
        let step = step_after(many, stop);
        assert_eq!(step, Step::Wait(Wait::Stopped("stopped".into())));
        let by_hand = step_after(many, |it| {
            stop(it);
            it.by_hand = true;
        });
        assert!(!matches!(by_hand, Step::Wait(_)), "{by_hand:?}");
    }
}

#[test]
fn who_is_to_be_told_is_told_by_the_holder_of_the_claim_alone() {
    assert_eq!(step_after(4, |it| it.untold = true), Step::Tell);
    assert_eq!(step_after(7, |it| it.untold = true), Step::Tell);
    let other = step_after(7, |it| (it.untold, it.mine) = (true, None));
    assert!(matches!(other, Step::Wait(Wait::Other { .. })), "{other:?}");
    assert_eq!(step_after(7, |it| it.mine = None), Step::End);
}

/// Otherwise two watchers would hand on a rollback that waits for a person for days, an
/// entry each time.
#[test]
fn who_could_only_wait_takes_nothing_over() {
    let mut all = whole();
    all[0] = decided("propose", "canary");
    let it = story(&all[..2]).unwrap();
    let elsewhere = Sight {
        mine: None,
        now: 1_000_000,
        ..sight()
    };
    assert_eq!(next(&it, &elsewhere), Step::Wait(Wait::Agreement));
    let stuck = [
        decided("auto", "canary"),
        record("claimed", "a", None, &[]),
        record(
            "needs-human",
            "a",
            None,
            &[("files", "a.py"), ("why", "it conflicts")],
        ),
    ];
    let it = story(&stuck).unwrap();
    let still = Sight {
        stuck: true,
        ..elsewhere.clone()
    };
    assert_eq!(next(&it, &still), Step::Wait(Wait::Person));
    // What came since may have solved it.
    let over = Some("a".to_owned());
    assert_eq!(next(&it, &elsewhere), Step::Claim { over });
    // What does not arrive is handed on, but each time only after twice as long.
    let told = |now| step_after(7, |it| (it.untold, it.mine, it.now) = (true, None, now));
    assert!(matches!(
        told(189),
        Step::Wait(Wait::Other { until: 190, .. })
    ));
    assert!(matches!(told(190), Step::Claim { over: Some(_) }));
}

#[test]
fn a_line_says_how_far_it_is() {
    for (state, said) in [
        (
            State::Decided,
            "✓ decided ▸ claimed · revert · hotfix · re-validate",
        ),
        (
            State::Prepared,
            "✓ decided ✓ claimed ▸ revert · hotfix · re-validate",
        ),
        (
            State::NeedsHuman,
            "✓ decided ✓ claimed ! revert · hotfix · re-validate",
        ),
        (
            State::Reverted,
            "✓ decided ✓ claimed ✓ revert ▸ hotfix · re-validate",
        ),
        (
            State::RolledBack,
            "✓ decided ✓ claimed ✓ revert ✓ hotfix ✓ re-validate",
        ),
    ] {
        assert_eq!(line(state), said);
    }
}

#[test]
fn words_are_found_again() {
    for state in State::ALL {
        assert_eq!(State::named(state.word()), Some(state));
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(json, format!("\"{}\"", state.word()));
    }
    for word in Mode::WORDS {
        assert_eq!(Mode::named(word).map(Mode::word), Some(word));
    }
    assert_eq!(State::named("told"), None);
}
