//! What is signed of everything that happens to a promotion and is no decision: that
//! it was proposed, carried out, merged, watched, taken back, completed.
//!
//! A record says what happened. It approves nothing, whoever signs it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Repository, Seen, Subject};
use crate::promotion::review::Role;
use crate::promotion::rollback::{State, TOLD};
use crate::promotion::{ObjectId, RepoPath, Sha256};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// The promotion was proposed.
    Proposal,
    /// The module was moved, on a branch.
    Promotion,
    /// A person merged it.
    Merge,
    /// It was tried out after the merge.
    Smoke,
    /// The canary was judged.
    Verdict,
    /// It was taken back.
    Rollback,
    /// It was watched to the end.
    Completion,
}

/// Who may sign which record. A reviewer signs none: they decide.
const MAY: [(RecordKind, &[Role]); 7] = {
    use Role::{Automation, Owner, Release};
    [
        (RecordKind::Proposal, &[Owner]),
        (RecordKind::Promotion, &[Owner, Release]),
        (RecordKind::Merge, &[Owner, Release, Automation]),
        (RecordKind::Smoke, &[Automation, Release, Owner]),
        (RecordKind::Verdict, &[Automation, Release, Owner]),
        (RecordKind::Rollback, &[Release, Automation, Owner]),
        (RecordKind::Completion, &[Release, Automation, Owner]),
    ]
};

impl RecordKind {
    /// All of them, in the order they happen.
    pub const ALL: [Self; 7] = [
        Self::Proposal,
        Self::Promotion,
        Self::Merge,
        Self::Smoke,
        Self::Verdict,
        Self::Rollback,
        Self::Completion,
    ];

    /// The word for people, and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposal => "proposal",
            Self::Promotion => "promotion",
            Self::Merge => "merge",
            Self::Smoke => "smoke",
            Self::Verdict => "verdict",
            Self::Rollback => "rollback",
            Self::Completion => "completion",
        }
    }

    /// The roles that may sign it, those first that are asked first.
    pub fn signers(self) -> &'static [Role] {
        MAY.iter()
            .find(|(kind, _)| *kind == self)
            .map_or(&[], |(_, roles)| roles)
    }

    /// True where it says nothing without the commit that came of it.
    fn has_result(self) -> bool {
        matches!(self, Self::Promotion | Self::Merge)
    }
}

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// That something happened to a promotion. The subject is the module, named by the
/// path it came from. Its fields stand as RFC 8785 sorts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The branch it goes to: `refs/heads/main`.
    pub base_ref: String,
    /// The commit that came of it.
    pub commit: Option<ObjectId>,
    /// What else is to be known, by name: see [`is_fact_name`].
    pub facts: BTreeMap<String, String>,
    /// Where the module was.
    pub from: RepoPath,
    /// The commit that was looked at.
    pub head: ObjectId,
    /// The keyring at the base commit.
    pub keyring: Sha256,
    /// The signer's line of it.
    pub keyring_entry: Sha256,
    /// What happened.
    pub kind: RecordKind,
    /// Tells two otherwise equal ones apart: 32 hexadecimal digits.
    pub nonce: String,
    /// What else there is to say.
    pub note: String,
    /// Who signs.
    pub principal: String,
    /// The number of the pull request; `null` without a forge.
    pub pull_request: Option<u64>,
    /// Where.
    pub repository: Repository,
    /// As what the signer says it.
    pub role: Role,
    /// The log as it was seen.
    pub seen: Seen,
    /// When, in seconds since 1970 UTC by the signer's clock: advice, not proof.
    pub signed_at: i64,
    /// Where the module goes.
    pub to: RepoPath,
}

/// True where a fact may be called that: `a-z`, `0-9` and `-`, at most 64 of them. Names
/// outside of ASCII are sorted in several ways.
pub fn is_fact_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

impl Record {
    /// What is wrong with it though somebody signed it; `None` where nothing is.
    pub fn flaw(&self, subject: &[Subject]) -> Option<&'static str> {
        if !self.kind.signers().contains(&self.role) {
            return Some("the role it was signed in may not say that");
        }
        if subject.iter().any(|it| it.name != self.from) {
            return Some("its subject is another module than the one it names");
        }
        if self.kind.has_result() && self.commit.is_none() {
            return Some("it names no commit that came of it");
        }
        if self.kind == RecordKind::Rollback
            && let Some(flaw) = self.flaw_of_rollback()
        {
            return Some(flaw);
        }
        if !self.facts.keys().all(|name| is_fact_name(name)) {
            return Some("a fact in it has a name that none may have");
        }
        None
    }

    /// A rollback is told step by step: each names its state and which one it is of.
    fn flaw_of_rollback(&self) -> Option<&'static str> {
        let fact = |name: &str| self.facts.get(name).map_or("", String::as_str);
        if ObjectId::from_hex(fact("rollback")).is_none() {
            return Some("it does not say which promotion is rolled back");
        }
        match State::named(fact("state")) {
            Some(state) if state.has_result() && self.commit.is_none() => {
                Some("it names no commit that came of it")
            }
            None if fact("state") != TOLD => Some("it names no state of a rollback"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{decision, subject};
    use super::super::{Predicate, Statement};
    use super::*;

    pub(super) fn record(kind: RecordKind, role: Role) -> Record {
        let like = decision();
        Record {
            base_ref: like.base_ref,
            commit: Some(ObjectId::from_bytes([9; 20])),
            facts: [
                ("branch".to_owned(), "promote/retry \u{202e}".to_owned()),
                ("rollback".to_owned(), "09".repeat(20)),
                ("state".to_owned(), "reverted".to_owned()),
            ]
            .into(),
            from: like.from,
            head: like.head,
            keyring: like.keyring,
            keyring_entry: like.keyring_entry,
            kind,
            nonce: like.nonce,
            note: like.note,
            principal: like.principal,
            pull_request: Some(7),
            repository: like.repository,
            role,
            seen: like.seen,
            signed_at: like.signed_at,
            to: like.to,
        }
    }

    fn statement(record: Record) -> Statement {
        Statement::of(subject(), Predicate::Record(Box::new(record)))
    }

    #[test]
    fn each_kind_has_its_signers_and_reviewers_sign_none() {
        let table: Vec<_> = RecordKind::ALL
            .into_iter()
            .map(|kind| {
                let roles = Role::ALL.into_iter();
                let may = |role: &Role| record(kind, *role).flaw(&[subject()]).is_none();
                let words: Vec<_> = roles.filter(may).map(Role::word).collect();
                format!("{kind}: {}", words.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "proposal: owner",
                "promotion: owner release",
                "merge: owner release automation",
                "smoke: owner release automation",
                "verdict: owner release automation",
                "rollback: owner release automation",
                "completion: owner release automation",
            ]
        );
    }

    #[test]
    fn a_record_is_no_decision() {
        let statement = statement(record(RecordKind::Promotion, Role::Owner));
        assert!(statement.predicate.decision().is_none());
        assert_eq!(statement.predicate.said().role, Role::Owner);
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let statement = statement(record(RecordKind::Merge, Role::Automation));
        let bytes = statement.bytes().unwrap();
        assert!(statement.is_sorted(&bytes));
        assert_eq!(Statement::read(&bytes).unwrap(), statement);
        let text = String::from_utf8(bytes).unwrap();
        for (from, to) in [
            (r#""kind":"merge""#, r#""kind":"approve""#),
            (r#""kind":"merge""#, r#""kind":"merge","kind":"merge""#),
            (r#""note""#, r#""more":1,"note""#),
            (r#""to":"core/retry""#, r#""to":1"#),
            (r#""pullRequest":7"#, r#""pullRequest":7.0"#),
        ] {
            assert!(text.contains(from), "{text}");
            let changed = text.replacen(from, to, 1);
            assert!(Statement::read(changed.as_bytes()).is_err(), "{changed}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let flaw = |bend: fn(&mut Record)| {
            let mut it = record(RecordKind::Merge, Role::Owner);
            bend(&mut it);
            it.flaw(&[subject()])
        };
        assert_eq!(flaw(|_| ()), None);
        assert!(flaw(|it| it.from = "candidate/other".into()).is_some());
        assert!(flaw(|it| it.commit = None).is_some());
        for name in ["", "Branch", "é", "a b"] {
            let mut it = record(RecordKind::Merge, Role::Owner);
            it.facts.insert(name.into(), String::new());
            assert!(it.flaw(&[subject()]).is_some(), "{name}");
        }
        let rollback = |name: &str, value: &str| {
            let mut it = record(RecordKind::Rollback, Role::Automation);
            it.facts.insert(name.into(), value.into());
            it
        };
        assert_eq!(rollback("state", "frozen").flaw(&[subject()]), None);
        for (name, value) in [("state", "undone"), ("state", ""), ("rollback", "7")] {
            let it = rollback(name, value);
            assert!(it.flaw(&[subject()]).is_some(), "{name} {value}");
        }
        for (state, needs) in [("reverted", true), ("claimed", false), (TOLD, false)] {
            let mut it = rollback("state", state);
            it.commit = None;
            assert_eq!(it.flaw(&[subject()]).is_some(), needs, "{state}");
        }
        let mut smoke = record(RecordKind::Smoke, Role::Automation);
        smoke.commit = None;
        assert_eq!(smoke.flaw(&[subject()]), None);
    }
}
