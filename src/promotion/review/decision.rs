//! What is signed: an in-toto Statement about a module, with a predicate that
//! says what was decided, by whom, on what, having seen what.
//!
//! The bytes are those of RFC 8785 (JCS): one statement has one form, so a reader
//! can refuse every other. Names of fields are in camelCase, as in-toto has them.

mod key_change;
mod record;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::{ObjectId, RepoPath, sha256::Sha256};
use super::{Answered, Role};
pub use key_change::{Change, KeyChange};
pub use record::{Record, RecordKind, is_fact_name};

/// The type of an in-toto Statement, version 1.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The media type that DSSE carries it as.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The type of a decision.
const DECISION: &str = "urn:countersign:decision:v1";
/// The type of a change of a key.
const KEY_CHANGE: &str = "urn:countersign:key-change:v1";
/// The type of a record.
const RECORD: &str = "urn:countersign:record:v1";
/// The longest statement that is read, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// An in-toto Statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// `gitTree` or `gitBlob`, and `dirHash`, in hexadecimal.
    pub digest: BTreeMap<String, String>,
    /// The module's path.
    pub name: RepoPath,
}

/// What a statement says, by its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "predicateType", content = "predicate")]
pub enum Predicate {
    /// A reviewer's decision.
    #[serde(rename = "urn:countersign:decision:v1")]
    Decision(Box<Decision>),
    /// A key that counts no longer.
    #[serde(rename = "urn:countersign:key-change:v1")]
    KeyChange(Box<KeyChange>),
    /// That something happened to a promotion.
    #[serde(rename = "urn:countersign:record:v1")]
    Record(Box<Record>),
}

/// What every predicate says of who signs it, and in what surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// In which role.
    pub role: Role,
    /// What tells it from others.
    pub nonce: &'a str,
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
                    nonce: &$of.nonce,
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
            Self::Record(it) => said!(it),
        }
    }

    /// The decision, where it is one.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decision(it) => Some(it),
            Self::KeyChange(_) | Self::Record(_) => None,
        }
    }

    /// The record, where it is one.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Record(it) => Some(it),
            Self::Decision(_) | Self::KeyChange(_) => None,
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
    /// Its first commit: what a rename, a fork's name or a remote's place leaves alone.
    pub id: ObjectId,
    /// What people call it.
    pub name: String,
}

/// The log as the signer saw it: every decision vouches for what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seen {
    /// The root of their Merkle tree.
    pub root: Sha256,
    /// How many entries there were.
    pub size: u64,
}

/// The policy that was in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyAt {
    /// The digest of the file at the base commit.
    pub sha256: Sha256,
    /// Its version.
    pub version: u32,
}

/// A reviewer's decision. Its fields stand as RFC 8785 sorts them, see
/// [`Statement::read`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// The branch it is to go to: `refs/heads/main`.
    pub base_ref: String,
    /// What was answered.
    pub checklist: Vec<Answered>,
    /// What was decided.
    pub decision: Verb,
    /// Where the module is.
    pub from: RepoPath,
    /// The deterministic core of the gate report.
    pub gate_report: Sha256,
    /// The commit that was looked at.
    pub head: ObjectId,
    /// The keyring at the base commit.
    pub keyring: Sha256,
    /// The signer's line of it: a change of somebody else's leaves this decision alone.
    pub keyring_entry: Sha256,
    /// Tells two otherwise equal decisions apart: 32 hexadecimal digits.
    pub nonce: String,
    /// What else there is to say.
    pub note: String,
    /// The policy.
    pub policy: PolicyAt,
    /// Exactly what was shown.
    pub presented: Sha256,
    /// By whom, as the keyring has it.
    pub principal: String,
    /// The number of the pull request; `null` without a forge.
    pub pull_request: Option<u64>,
    /// Where.
    pub repository: Repository,
    /// In which role.
    pub role: Role,
    /// The log as it was seen.
    pub seen: Seen,
    /// When, in seconds since 1970 UTC by the signer's clock: advice, not proof.
    pub signed_at: i64,
    /// The entry this takes the place of, by the digest of its statement.
    pub supersedes: Option<Sha256>,
    /// Where it would be.
    pub to: RepoPath,
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
    /// Of a kind that nobody knows here.
    #[error("its predicate is {0:?}, which is not known here")]
    Predicate(String),
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

    /// The digest of those bytes, by which other statements name it.
    pub fn digest(&self) -> Result<Sha256, serde_json::Error> {
        Ok(Sha256::of(&self.bytes()?))
    }

    /// Whether all numbers are such that a double has them exactly: RFC 8785 writes
    /// others otherwise.
    fn has_plain_numbers(&self) -> bool {
        let said = self.predicate.said();
        let more = match &self.predicate {
            Predicate::Decision(it) => it.pull_request,
            Predicate::KeyChange(it) => it.from,
            Predicate::Record(it) => it.pull_request,
        };
        [said.seen.size, said.signed_at.unsigned_abs()]
            .into_iter()
            .chain(more)
            .all(|number| number < 1 << 53)
    }

    /// The bytes to sign as well, as long as every field stands where RFC 8785 sorts
    /// it: in a fifth of the time. Where one does not, these are other bytes.
    fn write_sorted(&self, to: impl io::Write) -> Result<(), serde_json::Error> {
        #[derive(Serialize)]
        struct Sorted<'a, P> {
            _type: &'a str,
            predicate: &'a P,
            #[serde(rename = "predicateType")]
            of_type: &'a str,
            subject: &'a [Subject],
        }
        fn write<P: Serialize>(
            to: impl io::Write,
            statement: &Statement,
            predicate: &P,
            of_type: &str,
        ) -> Result<(), serde_json::Error> {
            let sorted = Sorted {
                _type: &statement.kind,
                predicate,
                of_type,
                subject: &statement.subject,
            };
            serde_json::to_writer(to, &sorted)
        }
        match &self.predicate {
            Predicate::Decision(it) => write(to, self, it, DECISION),
            Predicate::KeyChange(it) => write(to, self, it, KEY_CHANGE),
            Predicate::Record(it) => write(to, self, it, RECORD),
        }
    }

    /// Whether these are the bytes of [`Statement::write_sorted`].
    fn is_sorted(&self, bytes: &[u8]) -> bool {
        let mut same = Same { rest: bytes };
        self.write_sorted(&mut same).is_ok() && same.rest.is_empty()
    }

    /// Reads signed bytes. They are checked against a signature before, never after.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAStatement> {
        if bytes.len() > MOST_BYTES {
            return Err(NotAStatement::TooLarge(bytes.len()));
        }
        // The predicate stands before its type: it is looked at when that is known.
        #[derive(Deserialize)]
        struct Outer<'a> {
            _type: String,
            #[serde(borrow)]
            predicate: &'a RawValue,
            #[serde(rename = "predicateType", borrow)]
            of_type: Cow<'a, str>,
            subject: Vec<Subject>,
        }
        let outer: Outer = serde_json::from_slice(bytes)?;
        let predicate = outer.predicate.get();
        let statement = Self {
            kind: outer._type,
            subject: outer.subject,
            predicate: match outer.of_type.as_ref() {
                DECISION => Predicate::Decision(serde_json::from_str(predicate)?),
                KEY_CHANGE => Predicate::KeyChange(serde_json::from_str(predicate)?),
                RECORD => Predicate::Record(serde_json::from_str(predicate)?),
                other => return Err(NotAStatement::Predicate(other.to_owned())),
            },
        };
        // A field that is there twice or unknown, and every other way to write it, is
        // seen here.
        let quick = statement.has_plain_numbers() && statement.is_sorted(bytes);
        if !quick && statement.bytes()? != bytes {
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

/// Holds what is written against bytes that are there, without keeping it.
struct Same<'a> {
    rest: &'a [u8],
}

impl io::Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest = self
            .rest
            .strip_prefix(bytes)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
