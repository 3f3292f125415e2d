//! Which decisions still hold, and whether a module is signed off.
//!
//! A decision was made for exact content, evidence and rules. Where any of them
//! differs now it is stale: not wrong, but about something else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{RepoPath, sha256::Sha256};
use super::decision::{Repository, Subject};
use super::rules::seat;
use super::{Decision, Role, Rules, Verb};

/// A decision whose signature was checked, from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Where in the log it is.
    pub position: u64,
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub decision: Decision,
    /// Why it counts for nothing though its signature is good: its key was
    /// compromised, say. In words.
    pub void: Option<String>,
}

/// Somebody of the keyring, as known at the base commit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    /// Their line or lines of the keyring.
    pub entries: Vec<Sha256>,
    /// E-mail addresses, in lower case.
    pub emails: Vec<String>,
    /// Their account at the forge, in lower case.
    pub account: Option<String>,
}

/// What decisions are held against.
#[derive(Clone, Debug)]
pub struct Now<'a> {
    /// The module and its digests.
    pub subject: &'a Subject,
    /// The gate report's core; `None` where Gate 1 has not ended.
    pub gate_report: Option<Sha256>,
    /// The policy at the base commit.
    pub policy: Sha256,
    /// The repository.
    pub repository: &'a Repository,
    /// The pull request.
    pub pull_request: Option<u64>,
    /// The branch it is to go to.
    pub base_ref: &'a str,
    /// Where it would be.
    pub to: &'a RepoPath,
    /// True where the ethics gate applies.
    pub ethics_applies: bool,
    /// The keyring's persons, by principal.
    pub people: &'a BTreeMap<String, Person>,
    /// Who made the change: author, committer, co-author, opener. E-mail
    /// addresses and accounts, in lower case.
    pub authors: &'a [String],
}

/// Why a decision counts no longer, or never did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Reason {
    /// It was given in another repository.
    Repository,
    /// The content is another.
    Content {
        /// What was signed: a digest.
        was: String,
        /// What is there.
        now: String,
    },
    /// The gates came to another result.
    GateReport {
        /// What was signed.
        was: Sha256,
        /// What is there.
        now: Option<Sha256>,
    },
    /// The policy is another.
    Policy {
        /// What was signed.
        was: Sha256,
        /// What is there.
        now: Sha256,
    },
    /// The signer's line of the keyring is another, or gone.
    KeyringEntry,
    /// It would go to another place.
    Target {
        /// What was signed.
        was: RepoPath,
        /// What is there.
        now: RepoPath,
    },
    /// Another pull request.
    PullRequest {
        /// What was signed.
        was: Option<u64>,
        /// What is there.
        now: Option<u64>,
    },
    /// Another branch.
    BaseRef {
        /// What was signed.
        was: String,
        /// What is there.
        now: String,
    },
    /// Nobody approves their own work.
    OwnWork,
    /// The role approves nothing.
    NoReviewer,
    /// Its key counts for nothing.
    Void {
        /// Why.
        why: String,
    },
}

impl Reason {
    /// In words, to follow "stale: ".
    pub fn words(&self) -> String {
        let number = |pr: &Option<u64>| match pr {
            Some(number) => format!("pull request {number}"),
            None => "no pull request".into(),
        };
        match self {
            Self::Repository => "given in another repository".into(),
            Self::Content { was, now } => {
                format!("given for content {}, now {}", short(was), short(now))
            }
            Self::GateReport {
                was,
                now: Some(now),
            } => format!("given for gate report {}, now {}", was.short(), now.short()),
            Self::GateReport { was, now: None } => format!(
                "given for gate report {}, and Gate 1 has no result now",
                was.short()
            ),
            Self::Policy { was, now } => {
                format!("given under policy {}, now {}", was.short(), now.short())
            }
            Self::KeyringEntry => "the signer's line of the keyring was changed".into(),
            Self::Target { was, now } => format!("given for the move to {was}, now {now}"),
            Self::PullRequest { was, now } => {
                format!("given for {}, now {}", number(was), number(now))
            }
            Self::BaseRef { was, now } => format!("given for {was}, now {now}"),
            Self::OwnWork => "nobody approves their own work".into(),
            Self::NoReviewer => "this role approves nothing".into(),
            Self::Void { why } => why.clone(),
        }
    }
}

/// The beginning of a digest; words stay whole.
fn short(digest: &str) -> &str {
    match digest.contains(' ') {
        true => digest,
        false => digest.get(..10).unwrap_or(digest),
    }
}

/// What became of one person's last word in one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    /// Who.
    pub principal: String,
    /// In which role.
    pub role: Role,
    /// What.
    pub decision: Verb,
    /// Where in the log.
    pub position: u64,
    /// Why it does not count; empty where it does.
    pub reasons: Vec<Reason>,
}

impl State {
    /// True where it counts.
    pub fn holds(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Whether a module is signed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignOff {
    /// Everybody's last word in each role, in the order of the log.
    pub states: Vec<State>,
    /// What is missing, in words; empty where it is signed off.
    pub missing: Vec<String>,
}

impl SignOff {
    /// True where nothing is missing.
    pub fn holds(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Holds the decisions about one module against what is there now. `decisions`
/// are in the order of the log; those about other modules are passed over.
pub fn sign_off(decisions: &[Signed], rules: &Rules, now: &Now<'_>) -> SignOff {
    let mut last: BTreeMap<(&str, Role), &Signed> = BTreeMap::new();
    let here = decisions
        .iter()
        .filter(|it| it.subject.name == now.subject.name);
    for signed in here {
        last.insert((&signed.decision.principal, signed.decision.role), signed);
    }
    let mut states: Vec<State> = last
        .into_values()
        .map(|signed| State {
            principal: signed.decision.principal.clone(),
            role: signed.decision.role,
            decision: signed.decision.decision,
            position: signed.position,
            reasons: reasons(signed, now),
        })
        .collect();
    states.sort_by_key(|state| state.position);
    let missing = missing(&states, rules, now.ethics_applies);
    SignOff { states, missing }
}

fn reasons(signed: &Signed, now: &Now<'_>) -> Vec<Reason> {
    let decision = &signed.decision;
    let person = now.people.get(&decision.principal);
    let mut reasons = Vec::new();
    let mut differs = |yes: bool, reason: Reason| {
        if yes {
            reasons.push(reason);
        }
    };
    if let Some(why) = &signed.void {
        differs(true, Reason::Void { why: why.clone() });
    }
    differs(
        decision.repository.id != now.repository.id,
        Reason::Repository,
    );
    differs(!decision.role.is_reviewer(), Reason::NoReviewer);
    differs(
        is_author(&decision.principal, person, now.authors),
        Reason::OwnWork,
    );
    // The first that differs, so that no two equal digests are set side by side.
    let kind = ["gitTree", "gitBlob", "dirHash"]
        .into_iter()
        .find(|kind| signed.subject.digest.get(*kind) != now.subject.digest.get(*kind))
        .unwrap_or("dirHash");
    let content = |subject: &Subject| match subject.digest.get(kind) {
        Some(digest) => digest.clone(),
        None => format!("without {kind}"),
    };
    differs(
        // All digests, and none may be left out on either side.
        signed.subject.digest != now.subject.digest || signed.subject.digest.is_empty(),
        Reason::Content {
            was: content(&signed.subject),
            now: content(now.subject),
        },
    );
    differs(
        Some(decision.gate_report) != now.gate_report,
        Reason::GateReport {
            was: decision.gate_report,
            now: now.gate_report,
        },
    );
    differs(
        decision.policy.sha256 != now.policy,
        Reason::Policy {
            was: decision.policy.sha256,
            now: now.policy,
        },
    );
    differs(
        !person.is_some_and(|it| it.entries.contains(&decision.keyring_entry)),
        Reason::KeyringEntry,
    );
    differs(
        decision.from != now.subject.name || decision.to != *now.to,
        Reason::Target {
            was: decision.to.clone(),
            now: now.to.clone(),
        },
    );
    differs(
        decision.pull_request != now.pull_request,
        Reason::PullRequest {
            was: decision.pull_request,
            now: now.pull_request,
        },
    );
    differs(
        decision.base_ref != now.base_ref,
        Reason::BaseRef {
            was: decision.base_ref.clone(),
            now: now.base_ref.to_owned(),
        },
    );
    reasons
}

fn is_author(principal: &str, person: Option<&Person>, authors: &[String]) -> bool {
    let wrote = |name: &str| {
        authors
            .iter()
            .any(|author| author.eq_ignore_ascii_case(name))
    };
    wrote(principal)
        || person.is_some_and(|it| it.emails.iter().chain(&it.account).any(|name| wrote(name)))
}

fn missing(states: &[State], rules: &Rules, ethics_applies: bool) -> Vec<String> {
    let mut missing: Vec<String> = states
        .iter()
        .filter(|state| state.decision == Verb::Reject && state.holds())
        .map(|state| format!("rejected by {} ({})", state.principal, state.role))
        .collect();
    let approvals: Vec<&State> = states
        .iter()
        .filter(|state| state.decision == Verb::Approve && state.holds())
        .collect();
    let mut persons: Vec<&str> = approvals.iter().map(|it| it.principal.as_str()).collect();
    persons.sort_unstable();
    persons.dedup();
    let seats: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| role.is_reviewer())
        .flat_map(|role| std::iter::repeat_n(role, rules.needed(role, ethics_applies)))
        .collect();
    let fits: Vec<Vec<usize>> = seats
        .iter()
        .map(|role| {
            let may = |person: &&str| {
                approvals
                    .iter()
                    .any(|it| it.role == *role && it.principal == **person)
            };
            (0..persons.len()).filter(|at| may(&persons[*at])).collect()
        })
        .collect();
    for (role, taken) in seats.iter().zip(seat(&fits)) {
        if taken.is_none() {
            let stale = states.iter().filter(|state| {
                state.role == *role && state.decision == Verb::Approve && !state.holds()
            });
            let stale: Vec<_> = stale
                .map(|state| format!("that of {} is stale", state.principal))
                .collect();
            let double = approvals.iter().any(|it| it.role == *role);
            let why = match (double, stale.is_empty()) {
                (true, _) => " by somebody who signs in no other role".to_owned(),
                (false, true) => String::new(),
                (false, false) => format!(" ({})", stale.join(", ")),
            };
            missing.push(format!("an approval as {role}{why}"));
        }
    }
    // Where a role lacks somebody, that says it already.
    if missing.is_empty() && persons.len() < rules.approvals {
        missing.push(format!(
            "approvals by {} persons: there are {}",
            rules.approvals,
            persons.len()
        ));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::super::decision::tests::{decision, subject};
    use super::*;
    use crate::promotion::ObjectId;

    /// Everything as it was when it was signed.
    struct Scene {
        subject: Subject,
        repository: Repository,
        to: RepoPath,
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
                pull_request: None,
                base_ref: "refs/heads/main",
                to: &self.to,
                ethics_applies: self.ethics,
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
            ("given for the move", |it| {
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
}
