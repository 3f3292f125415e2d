//! What is signed: an in-toto Statement about a module, with a predicate that
//! says what was decided, by whom, on what, having seen what.
//!
//! The bytes are those of RFC 8785 (JCS): one statement has one form, so a reader
//! can refuse every other. Names of fields are in camelCase, as in-toto has them.

mod key_change;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{ObjectId, RepoPath, sha256::Sha256};
use super::{Answered, Role};
pub use key_change::{Change, KeyChange};

/// The type of an in-toto Statement, version 1.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The media type that DSSE carries it as.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The longest statement that is read, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// An in-toto Statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// [`STATEMENT`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about: the module, and nothing else.
    pub subject: Vec<Subject>,
    /// What it says.
    #[serde(flatten)]
    pub predicate: Predicate,
}

/// What a statement is about. All of its digests must match, not any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The module's path.
    pub name: RepoPath,
    /// `gitTree` or `gitBlob`, and `dirHash`, in hexadecimal.
    pub digest: BTreeMap<String, String>,
}

/// What a statement says, by its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "predicateType", content = "predicate")]
pub enum Predicate {
    /// A reviewer's decision.
    #[serde(rename = "urn:countersign:decision:v1")]
    Decision(Box<Decision>),
    /// A key that counts no longer.
    #[serde(rename = "urn:countersign:key-change:v1")]
    KeyChange(Box<KeyChange>),
}

/// What every predicate says of who signs it, and in what surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// In which role.
    pub role: Role,
    /// By whom, as the keyring has it.
    pub principal: &'a str,
    /// Where.
    pub repository: &'a Repository,
    /// The keyring at the base commit.
    pub keyring: Sha256,
    /// The signer's line of it.
    pub keyring_entry: Sha256,
    /// The log as it was seen.
    pub seen: Seen,
    /// When, by the signer's clock.
    pub signed_at: i64,
}

impl Predicate {
    /// Who says it.
    pub fn said(&self) -> Said<'_> {
        macro_rules! said {
            ($of:expr) => {
                Said {
                    role: $of.role,
                    principal: &$of.principal,
                    repository: &$of.repository,
                    keyring: $of.keyring,
                    keyring_entry: $of.keyring_entry,
                    seen: $of.seen,
                    signed_at: $of.signed_at,
                }
            };
        }
        match self {
            Self::Decision(it) => said!(it),
            Self::KeyChange(it) => said!(it),
        }
    }

    /// The decision, where it is one.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decision(it) => Some(it),
            Self::KeyChange(_) => None,
        }
    }
}

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It may be promoted, as far as this role goes.
    Approve,
    /// It may not.
    Reject,
    /// What this person decided before holds no longer.
    Withdraw,
}

/// The repository, so that a decision cannot be replayed to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// What people call it.
    pub name: String,
    /// Its first commit: what a rename, a fork's name or a remote's place leaves alone.
    pub id: ObjectId,
}

/// The log as the signer saw it: every decision vouches for what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seen {
    /// How many entries there were.
    pub size: u64,
    /// The root of their Merkle tree.
    pub root: Sha256,
}

/// The policy that was in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyAt {
    /// Its version.
    pub version: u32,
    /// The digest of the file at the base commit.
    pub sha256: Sha256,
}

/// A reviewer's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// What was decided.
    pub decision: Verb,
    /// In which role.
    pub role: Role,
    /// By whom, as the keyring has it.
    pub principal: String,
    /// Where.
    pub repository: Repository,
    /// The number of the pull request; `null` without a forge.
    pub pull_request: Option<u64>,
    /// The commit that was looked at.
    pub head: ObjectId,
    /// The branch it is to go to: `refs/heads/main`.
    pub base_ref: String,
    /// Where the module is.
    pub from: RepoPath,
    /// Where it would be.
    pub to: RepoPath,
    /// The deterministic core of the gate report.
    pub gate_report: Sha256,
    /// The policy.
    pub policy: PolicyAt,
    /// The keyring at the base commit.
    pub keyring: Sha256,
    /// The signer's line of it: a change of somebody else's leaves this decision alone.
    pub keyring_entry: Sha256,
    /// Exactly what was shown.
    pub presented: Sha256,
    /// What was answered.
    pub checklist: Vec<Answered>,
    /// What else there is to say.
    pub note: String,
    /// The entry this takes the place of, by the digest of its statement.
    pub supersedes: Option<Sha256>,
    /// The log as it was seen.
    pub seen: Seen,
    /// Tells two otherwise equal decisions apart: 32 hexadecimal digits.
    pub nonce: String,
    /// When, in seconds since 1970 UTC by the signer's clock: advice, not proof.
    pub signed_at: i64,
}

/// Why bytes are no statement of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotAStatement {
    /// Too much to be one.
    #[error("it has {0} bytes, more than {MOST_BYTES}")]
    TooLarge(usize),
    /// Not JSON, fields that are not known or missing, or one of them twice.
    #[error("it is no statement that is known here: {0}")]
    Shape(#[from] serde_json::Error),
    /// Another way to write the same.
    #[error("it is not written as RFC 8785 says")]
    NotCanonical,
    /// Another type.
    #[error("its type is {0:?}, not {STATEMENT:?}")]
    Type(String),
    /// About nothing, or about several things.
    #[error("it is about {0} subjects, not one")]
    Subjects(usize),
}

impl Statement {
    /// A statement about one subject.
    pub fn of(subject: Subject, predicate: Predicate) -> Self {
        Self {
            kind: STATEMENT.into(),
            subject: vec![subject],
            predicate,
        }
    }

    /// The bytes to sign.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(self)
    }

    /// Reads signed bytes. They are checked against a signature before, never after.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAStatement> {
        if bytes.len() > MOST_BYTES {
            return Err(NotAStatement::TooLarge(bytes.len()));
        }
        let statement: Self = serde_json::from_slice(bytes)?;
        // A field that is there twice, and every other way to write it, is seen here.
        if statement.bytes()? != bytes {
            return Err(NotAStatement::NotCanonical);
        }
        if statement.kind != STATEMENT {
            return Err(NotAStatement::Type(statement.kind));
        }
        match statement.subject.len() {
            1 => Ok(statement),
            n => Err(NotAStatement::Subjects(n)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::promotion::review::Answer;
    use proptest::prelude::*;

    pub(in super::super) fn decision() -> Decision {
        Decision {
            decision: Verb::Approve,
            role: Role::Tech,
            principal: "priya@example.org".into(),
            repository: Repository {
                name: "lantern".into(),
                id: ObjectId::from_bytes([7; 20]),
            },
            pull_request: None,
            head: ObjectId::from_bytes([1; 20]),
            base_ref: "refs/heads/main".into(),
            from: "candidate/retry".into(),
            to: "core/retry".into(),
            gate_report: Sha256::of(b"report"),
            policy: PolicyAt {
                version: 1,
                sha256: Sha256::of(b"policy"),
            },
            keyring: Sha256::of(b"keyring"),
            keyring_entry: Sha256::of(b"entry"),
            presented: Sha256::of(b"presented"),
            checklist: vec![Answered {
                id: "design".into(),
                answer: Answer::Yes,
                note: String::new(),
            }],
            note: "good \u{202e} work\n".into(),
            supersedes: None,
            seen: Seen {
                size: 3,
                root: Sha256::of(b"root"),
            },
            nonce: "00".repeat(16),
            signed_at: 1_800_000_000,
        }
    }

    pub(in super::super) fn subject() -> Subject {
        let digest = [
            ("dirHash".to_owned(), Sha256::of(b"dir").to_string()),
            (
                "gitTree".to_owned(),
                ObjectId::from_bytes([2; 20]).to_string(),
            ),
        ];
        Subject {
            name: "candidate/retry".into(),
            digest: digest.into(),
        }
    }

    fn statement() -> Statement {
        Statement::of(subject(), Predicate::Decision(Box::new(decision())))
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = statement().bytes().unwrap();
        assert_eq!(Statement::read(&bytes).unwrap(), statement());
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.starts_with(
                r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"baseRef":"#
            ),
            "{text}"
        );
        assert!(text.contains(r#""predicateType":"urn:countersign:decision:v1""#));
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let text = String::from_utf8(statement().bytes().unwrap()).unwrap();
        let refused = |text: String| Statement::read(text.as_bytes()).is_err();
        assert!(refused(format!("{text}\n")));
        assert!(refused(text.replacen(':', ": ", 1)));
        assert!(refused(text.replace("approve", "\\u0061pprove")));
        // The same field twice: the last one would win, or the first.
        assert!(refused(text.replace(
            r#""decision":"approve""#,
            r#""decision":"reject","decision":"approve""#
        )));
        assert!(refused(text.replacen(
            "{",
            r#"{"_type":"https://in-toto.io/Statement/v1","#,
            1
        )));
        // Fields that we do not know could say anything.
        assert!(refused(text.replace(r#""note""#, r#""more":1,"note""#)));
        assert!(refused(text.replace("Statement/v1", "Statement/v2")));
        assert!(refused(text.replace("decision:v1", "decision:v2")));
        assert!(refused("[".repeat(200_000)));
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed_unseen(at in 0usize..10_000, to in any::<u8>()) {
            let bytes = statement().bytes().unwrap();
            let mut changed = bytes.clone();
            let at = at % changed.len();
            changed[at] = to;
            // What is still read says what it says, and not what was signed.
            if changed != bytes && let Ok(read) = Statement::read(&changed) {
                prop_assert_ne!(read, statement());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Statement::read(&bytes);
        }
    }
}
