//! What happened to a promotion: who may say it, and that it decides nothing.

use countersign::promotion::review::decision::{Record, RecordKind};
use countersign::promotion::review::{Role, Subject};
use countersign::review::Refused;
use countersign::workflow::audit::{Fault, Row, Says};

use crate::log::{Growing, Scene};

const OWNER: usize = 2;

/// Why the one record of a log proves nothing.
fn refused(scene: &Scene, log: &Growing) -> Option<String> {
    let checked = scene.check(&log.bytes);
    let fault = checked.entries.last().unwrap().fault()?;
    assert!(
        matches!(fault, Fault::Refused(Refused::Record(_))),
        "{fault}"
    );
    Some(fault.to_string())
}

#[test]
fn a_record_by_a_role_that_may_not_sign_its_kind_is_refused() {
    let scene = Scene::new();
    for kind in RecordKind::ALL {
        for (by, person) in scene.people.iter().enumerate() {
            let mut log = Growing::default();
            log.push(&scene.record(by, kind, log.seen(), |_, _| {}));
            let may = kind.signers().contains(&person.role);
            assert_eq!(
                refused(&scene, &log).is_none(),
                may,
                "{kind} {}",
                person.role
            );
            assert!(!may || !person.role.is_reviewer(), "{kind} {}", person.role);
        }
    }
}

#[test]
fn a_machine_proposes_and_promotes_nothing() {
    for kind in [RecordKind::Proposal, RecordKind::Promotion] {
        assert!(!kind.signers().contains(&Role::Automation), "{kind}");
    }
}

#[test]
fn a_record_says_what_it_has_to_and_nothing_else() {
    let scene = Scene::new();
    type Bend = fn(&mut Record, &mut Subject);
    let cases: [(&str, Bend); 4] = [
        ("another module", |it, _| it.from = "candidate/other".into()),
        ("another module", |_, it| it.name = "candidate/other".into()),
        ("no commit", |it, _| it.commit = None),
        ("a name that none may have", |it, _| {
            it.facts.insert("\u{e9}".into(), "x".into());
        }),
    ];
    for (told, bend) in cases {
        let mut log = Growing::default();
        log.push(&scene.record(OWNER, RecordKind::Promotion, log.seen(), bend));
        let why = refused(&scene, &log).unwrap();
        assert!(why.contains(told), "{told}: {why}");
    }
}

/// Of a log with an approval and all records only the approval is a decision.
#[test]
fn a_record_counts_as_no_decision() {
    let scene = Scene::new();
    let dir = tempfile::tempdir().unwrap();
    let git = crate::log::bare(&dir.path().join("repo"));
    let ground = scene.ground(&git, &dir.path().join("state"), None);
    let add = |envelope: &_| {
        countersign::workflow::audit::append_at(&ground, envelope, "Add").unwrap();
    };
    let seen = || {
        let log = countersign::workflow::audit::read_at(&ground).unwrap();
        countersign::workflow::audit::seen(&log)
    };
    add(&scene.approval(0, 0, seen()));
    for kind in RecordKind::ALL {
        add(&scene.record(OWNER, kind, seen(), |_, _| {}));
    }
    let log = countersign::workflow::audit::read_at(&ground).unwrap();
    assert!(log.holds());
    assert_eq!(log.decisions().len(), 1);
    let kinds: Vec<_> = log.records().iter().map(|it| it.record.kind).collect();
    assert_eq!(kinds, RecordKind::ALL);
    let said = Row::of(&log.entries[2]).said.unwrap();
    assert!(matches!(
        said.says,
        Says::Record {
            kind: RecordKind::Promotion,
            ..
        }
    ));
    // What the roles may not say is not taken either.
    let tech = scene.record(0, RecordKind::Promotion, seen(), |_, _| {});
    assert!(countersign::workflow::audit::append_at(&ground, &tech, "Add").is_err());
}
