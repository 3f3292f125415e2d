//! Decisions with good signatures, used for what they were not given for. Each test has
//! one defence; `docs/threat-model.md` says which.
#![allow(clippy::unwrap_used)]

#[path = "verify_walk/scene.rs"]
#[allow(dead_code)] // the walk uses more of it
mod scene;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use countersign::promotion::review::standing::Signed;
use countersign::promotion::review::{
    Decision, Now, Person, Predicate, Reason, Role, Rules, SignOff, Subject, Verb, sign_off,
};
use countersign::promotion::{ObjectId, RepoPath, Sha256};
use countersign::review::{Envelope, Keyring, Refused, Verified, verify};
use countersign::workflow::Workspace;
use countersign::workflow::sign_off::authority::{self, authority};

use scene::{KEYRING, Scene, address, keygen, keyring_line};

/// What decisions are held against: everything as it was signed.
struct There {
    subject: Subject,
    to: RepoPath,
    decision: Decision,
    people: BTreeMap<String, Person>,
    pull_request: Option<u64>,
    authors: Vec<String>,
}

impl There {
    fn of(scene: &Scene) -> Self {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for entry in &scene.ring.entries {
            let person = people.entry(entry.principal.clone()).or_default();
            person.entries.push(entry.digest);
            person.emails = vec![entry.principal.clone()];
        }
        Self {
            subject: scene.subject(),
            to: scene.target.as_str().into(),
            decision: scene.decision("priya", Role::Tech, Verb::Approve),
            people,
            pull_request: None,
            authors: vec![address("mara")],
        }
    }

    fn holds(&self, decisions: &[Signed]) -> SignOff {
        let now = Now {
            subject: &self.subject,
            gate_report: Some(self.decision.gate_report),
            policy: self.decision.policy.sha256,
            repository: &self.decision.repository,
            since: None,
            pull_request: self.pull_request,
            base_ref: &self.decision.base_ref,
            to: &self.to,
            ethics_applies: false,
            departures: &[],
            checklists: &BTreeMap::new(),
            people: &self.people,
            authors: &self.authors,
        };
        sign_off(decisions, &Rules::default(), &now)
    }
}

fn checked(scene: &Scene, envelope: &Envelope) -> Result<Verified, Refused> {
    verify(envelope, &|digest| {
        (*digest == scene.ring.digest).then(|| scene.ring.clone())
    })
}

fn signed(position: u64, verified: &Verified) -> Signed {
    let Predicate::Decision(decision) = &verified.statement.predicate else {
        panic!("a decision")
    };
    Signed {
        position,
        subject: verified.statement.subject[0].clone(),
        decision: (**decision).clone(),
        void: None,
    }
}

/// Approvals by two persons, with good signatures.
fn approvals(scene: &Scene) -> Vec<Signed> {
    [("priya", Role::Tech), ("jonas", Role::Security)]
        .into_iter()
        .zip(0..)
        .map(|((who, role), position)| {
            let payload = scene.statement(scene.decision(who, role, Verb::Approve));
            let envelope = scene.sealed(&scene.key(who), role.namespace(), &payload);
            signed(position, &checked(scene, &envelope).unwrap())
        })
        .collect()
}

/// Both are stale, for that reason and no other.
#[track_caller]
fn stale(off: &SignOff, reason: impl Fn(&Reason) -> bool) {
    assert!(!off.holds());
    assert_eq!(off.states.len(), 2);
    for state in &off.states {
        let [only] = &state.reasons[..] else {
            panic!("{:?}", state.reasons)
        };
        assert!(reason(only), "{only:?}");
    }
}

#[test]
fn with_nothing_changed_both_count() {
    let scene = Scene::new();
    let off = There::of(&scene).holds(&approvals(&scene));
    assert_eq!(off.missing, Vec::<String>::new());
}

/// A copy of a module has the same digests.
#[test]
fn a_decision_is_not_replayed_to_another_module() {
    let scene = Scene::new();
    let mut there = There::of(&scene);
    there.subject.name = "candidate/copy".into();
    let off = there.holds(&approvals(&scene));
    assert!(off.states.is_empty(), "{:?}", off.states);
    assert_eq!(off.missing.len(), 2);
}

/// Who signs chooses every field: a subject that the move does not begin at counts not.
#[test]
fn a_decision_that_is_about_one_module_and_moves_another_is_stale() {
    let mut scene = Scene::new();
    scene.module = "candidate/retry".into();
    let mut all = approvals(&scene);
    for signed in &mut all {
        signed.decision.from = "candidate/other".into();
    }
    stale(&There::of(&scene).holds(&all), |it| {
        matches!(it, Reason::Target { .. })
    });
}

#[test]
fn a_decision_is_not_replayed_to_another_target() {
    let scene = Scene::new();
    let mut there = There::of(&scene);
    there.to = "lukhas/retry".into();
    stale(&there.holds(&approvals(&scene)), |it| {
        matches!(it, Reason::Target { .. })
    });
}

#[test]
fn a_decision_is_not_replayed_to_another_pull_request() {
    let scene = Scene::new();
    let mut there = There::of(&scene);
    there.pull_request = Some(8);
    stale(&there.holds(&approvals(&scene)), |it| {
        matches!(it, Reason::PullRequest { .. })
    });
}

#[test]
fn a_decision_is_not_replayed_to_another_branch() {
    let scene = Scene::new();
    let mut there = There::of(&scene);
    there.decision.base_ref = "refs/heads/release".into();
    stale(&there.holds(&approvals(&scene)), |it| {
        matches!(it, Reason::BaseRef { .. })
    });
}

/// A fork begins with other commits, or with the same: its name does not matter.
#[test]
fn a_decision_is_not_replayed_to_another_repository() {
    let scene = Scene::new();
    let mut there = There::of(&scene);
    there.decision.repository.name = "renamed".into();
    assert!(there.holds(&approvals(&scene)).holds());
    there.decision.repository.id = ObjectId::from_bytes([9; 20]);
    stale(&there.holds(&approvals(&scene)), |it| {
        *it == Reason::Repository
    });
}

/// By somebody who may sign in both, so that only the namespace tells them apart.
#[test]
fn a_decision_is_not_replayed_to_another_role() {
    let scene = Scene::new();
    let payload = scene.statement(scene.decision("priya", Role::Security, Verb::Approve));
    let as_tech = scene.sealed(&scene.key("priya"), Role::Tech.namespace(), &payload);
    let told = checked(&scene, &as_tech);
    assert!(
        matches!(
            told,
            Err(Refused::Role {
                said: Role::Security,
                signed: Role::Tech
            })
        ),
        "{told:?}"
    );
}

#[test]
fn content_that_moved_on_is_not_what_was_approved() {
    let scene = Scene::new();
    let all = approvals(&scene);
    scene.write("candidate/retry/__init__.py", "import os\n");
    scene.commit("Slip something in");
    let mut there = There::of(&scene);
    there.decision = scene.decision("priya", Role::Tech, Verb::Approve);
    stale(&there.holds(&all), |it| {
        matches!(it, Reason::Content { .. })
    });
}

/// Both digests must be right, not one of them.
#[test]
fn one_digest_that_is_right_is_not_enough() {
    let scene = Scene::new();
    for (kind, length) in [("gitTree", 20), ("dirHash", 32)] {
        let mut there = There::of(&scene);
        there
            .subject
            .digest
            .insert(kind.into(), "00".repeat(length));
        stale(&there.holds(&approvals(&scene)), |it| {
            matches!(it, Reason::Content { .. })
        });
    }
}

#[test]
fn a_second_key_is_no_second_person() {
    let mut scene = Scene::new();
    let second = scene.key("second");
    keygen(&second);
    let text = fs::read_to_string(scene.repo().join(KEYRING)).unwrap()
        + &keyring_line(&second, "priya", &[Role::Security]);
    scene.write(KEYRING, &text);
    scene.ring = Arc::new(Keyring::read(text.as_bytes()).unwrap());
    let mut all = approvals(&scene);
    let mut decision = scene.decision("priya", Role::Security, Verb::Approve);
    decision.keyring_entry = scene.ring.entries.last().unwrap().digest;
    let payload = scene.statement(decision);
    let envelope = scene.sealed(&second, Role::Security.namespace(), &payload);
    all[1] = signed(1, &checked(&scene, &envelope).unwrap());
    let off = There::of(&scene).holds(&all);
    assert!(
        off.states.iter().all(|state| state.holds()),
        "{:?}",
        off.states
    );
    assert_eq!(off.missing.len(), 1, "{:?}", off.missing);
}

/// The keyring itself refuses one key under two names, and one name in two spellings.
#[test]
fn one_key_or_one_name_makes_no_two_persons() {
    let scene = Scene::new();
    let text = fs::read_to_string(scene.repo().join(KEYRING)).unwrap();
    let again = keyring_line(&scene.key("priya"), "other", &[Role::Security]);
    assert!(Keyring::read((text.clone() + &again).as_bytes()).is_err());
    let third = scene.key("third");
    keygen(&third);
    let shouted = keyring_line(&third, "PRIYA", &[Role::Security]);
    assert!(Keyring::read((text + &shouted).as_bytes()).is_err());
}

#[test]
fn the_author_does_not_approve() {
    let scene = Scene::new();
    let payload = scene.statement(scene.decision("mara", Role::Tech, Verb::Approve));
    let envelope = scene.sealed(&scene.key("mara"), Role::Tech.namespace(), &payload);
    let mut all = approvals(&scene);
    all[0] = signed(0, &checked(&scene, &envelope).unwrap());
    let off = There::of(&scene).holds(&all);
    assert_eq!(off.states[0].reasons, [Reason::OwnWork]);
    assert_eq!(off.missing.len(), 1);
}

/// The branch under review lets mallory sign, and asks for nobody else.
#[test]
fn what_a_branch_says_of_its_own_review_does_not_count() {
    let mut scene = Scene::new();
    let key = scene.key("mallory");
    keygen(&key);
    let theirs = fs::read_to_string(scene.repo().join(KEYRING)).unwrap()
        + &keyring_line(&key, "mallory", &[Role::Tech, Role::Security]);
    let ours = scene.ring.digest;
    let policy = scene.decision("priya", Role::Tech, Verb::Approve).policy;
    scene.write(KEYRING, &theirs);
    scene.write(
        "countersign.toml",
        "[sign_off]\napprovals = 1\nroles = { tech = 0, security = 0, ethics = 0 }\n",
    );
    scene.commit("Let me");
    let ws = Workspace::open(&scene.repo(), None).unwrap();
    let authority = authority(&ws).unwrap();
    assert_eq!(authority.policy, policy);
    assert_eq!(authority.rules, Rules::default());
    assert_eq!(authority.keyring.digest, ours);

    scene.ring = Arc::new(Keyring::read(theirs.as_bytes()).unwrap());
    let payload = scene.statement(scene.decision("mallory", Role::Tech, Verb::Approve));
    let envelope = scene.sealed(&key, Role::Tech.namespace(), &payload);
    assert!(
        checked(&scene, &envelope).is_ok(),
        "by their own keyring it is good"
    );
    let keyrings = authority::keyrings(&ws, &authority).unwrap();
    assert!(keyrings.contains_key(&ours));
    let told = verify(&envelope, &|digest| keyrings.get(digest).cloned());
    let theirs = Sha256::of(theirs.as_bytes());
    assert!(
        matches!(&told, Err(Refused::Keyring(it)) if *it == theirs),
        "{told:?}"
    );
}

/// Each field of a decision is signed: none can be another afterwards.
#[test]
fn no_field_of_a_signed_decision_can_be_another() {
    let scene = Scene::new();
    let payload = scene.statement(scene.decision("priya", Role::Tech, Verb::Approve));
    let envelope = scene.sealed(&scene.key("priya"), Role::Tech.namespace(), &payload);
    let (keyid, blob) = envelope.signature().unwrap();
    let text = String::from_utf8(payload).unwrap();
    for (from, to) in [
        ("\"decision\":\"approve\"", "\"decision\":\"reject\""),
        ("candidate/retry", "candidate/other"),
        ("core/retry", "lukhas/retry"),
        ("\"pullRequest\":null", "\"pullRequest\":8"),
        ("\"role\":\"tech\"", "\"role\":\"security\""),
        ("priya@", "jonas@"),
        ("refs/heads/main", "refs/heads/dev"),
        ("\"size\":0", "\"size\":1"),
    ] {
        assert!(text.contains(from), "{from}");
        let bent = text.replace(from, to);
        let bent = Envelope::new(envelope.payload_type(), bent.as_bytes(), keyid, &blob);
        let told = checked(&scene, &bent);
        assert!(
            matches!(told, Err(Refused::Signature(_))),
            "{from}: {told:?}"
        );
    }
}
