use super::super::decision::tests::{decision, subject};
use super::*;
use crate::promotion::ObjectId;
use crate::promotion::review::{Answer, Answered, Checklist, Item, Seen};

/// Everything as it was when it was signed.
struct Scene {
    subject: Subject,
    repository: Repository,
    to: RepoPath,
    departures: Vec<String>,
    checklists: BTreeMap<Role, Checklist>,
    people: BTreeMap<String, Person>,
    authors: Vec<String>,
    rules: Rules,
    ethics: bool,
}

impl Scene {
    fn new() -> Self {
        let person = |email: &str| Person {
            entries: vec![Sha256::of(b"entry")],
            emails: vec![email.into()],
            account: None,
        };
        let people = ["priya", "jonas", "noor"].map(|name| {
            let principal = format!("{name}@example.org");
            (principal.clone(), person(&principal))
        });
        let decision = decision();
        Self {
            subject: subject(),
            repository: decision.repository.clone(),
            to: decision.to.clone(),
            departures: Vec::new(),
            checklists: BTreeMap::new(),
            people: people.into(),
            authors: vec!["mara@example.org".into()],
            rules: Rules::default(),
            ethics: false,
        }
    }

    fn now(&self) -> Now<'_> {
        Now {
            subject: &self.subject,
            gate_report: Some(Sha256::of(b"report")),
            policy: Sha256::of(b"policy"),
            repository: &self.repository,
            since: None,
            pull_request: None,
            base_ref: "refs/heads/main",
            to: &self.to,
            ethics_applies: self.ethics,
            departures: &self.departures,
            checklists: &self.checklists,
            people: &self.people,
            authors: &self.authors,
        }
    }

    fn holds(&self, decisions: &[Signed]) -> SignOff {
        sign_off(decisions, &self.rules, &self.now())
    }
}

fn signed(position: u64, who: &str, role: Role, verb: Verb) -> Signed {
    Signed {
        position,
        subject: subject(),
        decision: Decision {
            decision: verb,
            role,
            principal: format!("{who}@example.org"),
            ..decision()
        },
        void: None,
    }
}

fn both() -> [Signed; 2] {
    [
        signed(0, "priya", Role::Tech, Verb::Approve),
        signed(1, "jonas", Role::Security, Verb::Approve),
    ]
}

#[test]
fn two_persons_in_two_roles_sign_off() {
    let scene = Scene::new();
    assert_eq!(scene.holds(&both()).missing, Vec::<String>::new());
    assert_eq!(
        scene.holds(&both()[..1]).missing,
        ["an approval as security"]
    );
    assert_eq!(
        scene.holds(&[]).missing,
        ["an approval as tech", "an approval as security"]
    );
}

#[test]
fn an_approval_is_wanted_where_it_brings_a_sign_off_nearer() {
    let mut scene = Scene::new();
    let wanted = |scene: &Scene, decisions: &[Signed], who: &str, role| {
        let off = scene.holds(decisions);
        is_wanted(&off, &scene.rules, scene.ethics, who, role)
    };
    let (priya, noor) = ("priya@example.org", "noor@example.org");
    let first = &both()[..1];
    assert!(wanted(&scene, &[], priya, Role::Tech));
    assert!(
        !wanted(&scene, &[], priya, Role::Ethics),
        "it does not apply"
    );
    // Nobody has two seats; of a seat that is taken nobody else is asked for.
    assert!(!wanted(&scene, first, priya, Role::Security));
    assert!(!wanted(&scene, first, noor, Role::Tech));
    assert!(wanted(&scene, first, noor, Role::Security));
    // Who could sit elsewhere makes room.
    let two = [
        signed(0, "priya", Role::Tech, Verb::Approve),
        signed(1, "noor", Role::Tech, Verb::Approve),
    ];
    assert!(wanted(&scene, &two, priya, Role::Security));
    // Where only persons are missing, anybody else does.
    scene.rules.roles = [(Role::Tech, 1)].into();
    assert!(!wanted(&scene, first, priya, Role::Security));
    assert!(wanted(&scene, first, noor, Role::Tech));
    assert!(!wanted(&scene, &both(), noor, Role::Tech));
}

#[test]
fn one_person_is_not_two() {
    let scene = Scene::new();
    let alone = [
        signed(0, "priya", Role::Tech, Verb::Approve),
        signed(1, "priya", Role::Security, Verb::Approve),
    ];
    let missing = scene.holds(&alone).missing;
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0].contains("somebody who signs in no other role"));
    let [tech, security] = alone;
    let third = signed(2, "jonas", Role::Tech, Verb::Approve);
    assert!(scene.holds(&[tech, security, third]).holds());
}

#[test]
fn ethics_signs_where_it_applies() {
    let mut scene = Scene::new();
    scene.ethics = true;
    assert_eq!(scene.holds(&both()).missing, ["an approval as ethics"]);
    let [tech, security] = both();
    let ethics = signed(2, "noor", Role::Ethics, Verb::Approve);
    assert!(scene.holds(&[tech, security, ethics]).holds());
}

#[test]
fn the_author_is_refused_by_address_and_by_account() {
    let mut scene = Scene::new();
    scene.authors.push("PRIYA@example.org".into());
    let off = scene.holds(&both());
    assert_eq!(off.states[0].reasons, [Reason::OwnWork]);
    assert!(!off.holds());
    scene.authors[1] = "prian".into();
    assert!(scene.holds(&both()).holds());
    scene.people.get_mut("priya@example.org").unwrap().account = Some("prian".into());
    assert!(!scene.holds(&both()).holds());
}

#[test]
fn the_last_word_counts() {
    let scene = Scene::new();
    let [tech, security] = both();
    let word = |verb| signed(2, "priya", Role::Tech, verb);
    let after = |verb| scene.holds(&[tech.clone(), security.clone(), word(verb)]);
    assert_eq!(
        after(Verb::Reject).missing,
        [
            "rejected by priya@example.org (tech)",
            "an approval as tech"
        ]
    );
    assert_eq!(after(Verb::Withdraw).missing, ["an approval as tech"]);
    assert!(after(Verb::Approve).holds());
}

#[test]
fn nothing_old_takes_back_what_was_said_since() {
    let scene = Scene::new();
    let [tech, security] = both();
    let seen = |position, verb, size| {
        let mut signed = signed(position, "priya", Role::Tech, verb);
        signed.decision.seen.size = size;
        signed
    };
    let approval = Signed {
        decision: Decision {
            seen: Seen {
                size: 0,
                ..tech.decision.seen
            },
            ..tech.decision.clone()
        },
        ..tech
    };
    let again = Signed {
        position: 3,
        ..approval.clone()
    };
    let states = |decisions: &[Signed]| {
        let off = scene.holds(decisions);
        let tech = off.states.iter().find(|it| it.role == Role::Tech).unwrap();
        (tech.decision, tech.position, off.holds())
    };
    // The same envelope once more, or one that was kept back until now.
    for verb in [Verb::Reject, Verb::Withdraw] {
        let since = seen(2, verb, 2);
        let log = [approval.clone(), security.clone(), since, again.clone()];
        assert_eq!(states(&log), (verb, 2, false));
    }
    let log = [
        approval.clone(),
        security.clone(),
        seen(2, Verb::Reject, 2),
        seen(3, Verb::Withdraw, 2),
    ];
    assert_eq!(states(&log), (Verb::Reject, 2, false));
    // By somebody who knew what they had said it does.
    let log = [
        approval.clone(),
        security.clone(),
        seen(2, Verb::Reject, 2),
        seen(3, Verb::Approve, 3),
    ];
    assert_eq!(states(&log), (Verb::Approve, 3, true));
    // To reject is possible at any time.
    let log = [approval, security, seen(2, Verb::Reject, 0)];
    assert_eq!(states(&log), (Verb::Reject, 2, false));
}

#[test]
fn what_holds_no_longer_takes_no_rejection_back() {
    type Change = fn(&mut Signed);
    let changes: [Change; 4] = [
        |it| it.decision.repository.id = ObjectId::from_bytes([8; 20]),
        |it| it.decision.pull_request = Some(7),
        |it| it.decision.gate_report = Sha256::of(b"another"),
        |it| it.void = Some("its key was compromised before".into()),
    ];
    let scene = Scene::new();
    let [tech, security] = both();
    for change in changes {
        for verb in [Verb::Approve, Verb::Withdraw, Verb::Reject] {
            let no = signed(2, "noor", Role::Tech, Verb::Reject);
            let mut other = signed(3, "noor", Role::Tech, verb);
            other.decision.seen.size = 3;
            change(&mut other);
            let mut held_back = signed(4, "noor", Role::Tech, Verb::Approve);
            held_back.decision.seen.size = 3;
            let log = [tech.clone(), security.clone(), no, other, held_back];
            let missing = scene.holds(&log).missing;
            assert_eq!(missing, ["rejected by noor@example.org (tech)"], "{verb:?}");
        }
    }
}

#[test]
fn a_rejection_holds_until_what_it_was_about_changes() {
    let scene = Scene::new();
    let [tech, security] = both();
    let mut no = signed(2, "noor", Role::Ethics, Verb::Reject);
    assert!(
        !scene
            .holds(&[tech.clone(), security.clone(), no.clone()])
            .holds()
    );
    no.decision.gate_report = Sha256::of(b"an older one");
    assert!(scene.holds(&[tech, security, no]).holds());
}

#[test]
fn whatever_differs_makes_it_stale_and_says_what() {
    type Change = fn(&mut Signed);
    let changes: [(&str, Change); 13] = [
        ("given for content 0303030303, now 0202020202", |it| {
            it.subject.digest.insert("gitTree".into(), "03".repeat(20));
        }),
        ("given for content", |it| {
            it.subject.digest.insert("dirHash".into(), "03".repeat(32));
        }),
        ("given for content", |it| {
            it.subject.digest.remove("dirHash");
        }),
        ("given for gate report", |it| {
            it.decision.gate_report = Sha256::of(b"x");
        }),
        ("given under policy", |it| {
            it.decision.policy.sha256 = Sha256::of(b"x");
        }),
        ("line of the keyring", |it| {
            it.decision.keyring_entry = Sha256::of(b"x");
        }),
        ("line of the keyring", |it| {
            it.decision.principal = "nobody@example.org".into();
        }),
        ("given for the move to lukhas/retry", |it| {
            it.decision.to = "lukhas/retry".into();
        }),
        ("given for a module elsewhere", |it| {
            it.decision.from = "candidate/other".into();
        }),
        ("given for pull request 7, now no pull request", |it| {
            it.decision.pull_request = Some(7);
        }),
        ("given for refs/heads/dev", |it| {
            it.decision.base_ref = "refs/heads/dev".into();
        }),
        ("another repository", |it| {
            it.decision.repository.id = ObjectId::from_bytes([8; 20]);
        }),
        ("compromised", |it| {
            it.void = Some("its key was compromised before".into());
        }),
    ];
    let scene = Scene::new();
    for (words, change) in changes {
        let mut decisions = both();
        change(&mut decisions[0]);
        let off = scene.holds(&decisions);
        let state = off.states.iter().find(|it| it.role == Role::Tech).unwrap();
        let told: Vec<_> = state.reasons.iter().map(Reason::words).collect();
        assert_eq!(told.len(), 1, "{words}: {told:?}");
        assert!(told[0].contains(words), "{words}: {told:?}");
        assert!(!off.holds());
    }
}

#[test]
fn what_leaves_the_content_alone_leaves_the_decision_alone() {
    let scene = Scene::new();
    let mut decisions = both();
    // A rebase: another head, another time, a longer log, another keyring
    // in which the signer's line is the same.
    for signed in &mut decisions {
        signed.decision.head = ObjectId::from_bytes([9; 20]);
        signed.decision.keyring = Sha256::of(b"another");
        signed.decision.seen.size = 99;
        signed.decision.signed_at = 0;
    }
    assert!(scene.holds(&decisions).holds());
}

#[test]
fn about_another_module_is_about_nothing_here() {
    let scene = Scene::new();
    let mut decisions = both();
    decisions[0].subject.name = "candidate/other".into();
    let off = scene.holds(&decisions);
    assert_eq!(off.states.len(), 1);
    assert_eq!(off.missing, ["an approval as tech"]);
}

#[test]
fn who_demands_what_nobody_can_give_gets_no_sign_off() {
    let mut scene = Scene::new();
    scene.rules.roles.insert(Role::Owner, 1);
    let [tech, security] = both();
    let owner = signed(2, "noor", Role::Owner, Verb::Approve);
    assert_eq!(
        scene.holds(&[tech, security, owner]).missing,
        ["an approval as owner (that of noor@example.org is stale)"]
    );
}

#[test]
fn a_machine_and_an_owner_approve_nothing() {
    let scene = Scene::new();
    let mut decisions = both();
    for role in [Role::Automation, Role::Owner, Role::Release] {
        decisions[0].decision.role = role;
        assert_eq!(
            scene.holds(&decisions).missing,
            ["an approval as tech"],
            "{role}"
        );
    }
}

#[test]
fn an_approval_that_is_too_old_is_stale() {
    let scene = Scene::new();
    let decisions = both();
    let at = decisions[0].decision.signed_at;
    let holds = |since| {
        let now = Now {
            since,
            ..scene.now()
        };
        sign_off(&decisions, &scene.rules, &now)
    };
    assert!(holds(Some(at)).holds());
    let off = holds(Some(at + 1));
    assert!(!off.holds());
    assert_eq!(off.states[0].reasons, [Reason::Expired]);
}

#[test]
fn answers_that_do_not_fit_the_checklist_approve_nothing() {
    let mut scene = Scene::new();
    let item = |id: &str| Item {
        id: id.into(),
        title: id.into(),
        question: format!("Is {id} good?"),
        evidence: Vec::new(),
    };
    let list = |items: Vec<Item>| Checklist {
        version: 1,
        role: Role::Tech,
        items,
    };
    let asks = |scene: &mut Scene, items| scene.checklists = [(Role::Tech, list(items))].into();
    asks(&mut scene, vec![item("design")]);
    let mut decisions = both();
    assert!(scene.holds(&decisions).holds());
    // A signer with another program can answer what they like.
    decisions[0].decision.checklist[0].answer = Answer::Concern;
    decisions[0].decision.checklist[0].note = "it is bad".into();
    let off = scene.holds(&decisions);
    assert!(matches!(
        off.states[0].reasons[..],
        [Reason::Checklist { .. }]
    ));
    decisions[0].decision.checklist = Vec::<Answered>::new();
    let off = scene.holds(&decisions);
    assert!(
        off.states[0].reasons[0]
            .words()
            .contains("not answered yet: design")
    );
    // And a team can ask for more than was answered.
    asks(&mut scene, vec![item("design"), item("tests")]);
    assert!(!scene.holds(&both()).holds());
}

#[test]
fn a_branch_that_brings_its_own_rules_is_not_signed_off() {
    let mut scene = Scene::new();
    scene.departures = vec!["countersign.toml is changed on this branch".into()];
    let off = scene.holds(&both());
    assert!(!off.holds());
    assert!(matches!(
        off.states[0].reasons[..],
        [Reason::Departure { .. }]
    ));
}
