//! What a log says, in rows and in words: for both faces.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::merkle::Head;
use crate::promotion::review::decision::{Change, RecordKind};
use crate::promotion::review::{Predicate, Role, Verb};
use crate::promotion::{ObjectId, RepoPath, Sha256};

use super::{Entry, Log, Problem};

/// Size and root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HeadDocument {
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Sha256,
}

impl From<Head> for HeadDocument {
    fn from(head: Head) -> Self {
        Self {
            size: head.size,
            root: Sha256::from_bytes(head.root),
        }
    }
}

/// Whether an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It does.
    Verified,
    /// It proves nothing.
    NotVerified,
    /// Its signature is good, and its key counts for nothing.
    Void,
    /// It stands in the log before, and counts there.
    Twice,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Says {
    /// Somebody decided.
    Decision {
        /// What.
        decision: Verb,
        /// On what.
        module: RepoPath,
    },
    /// A key counts no longer.
    KeyChange {
        /// What became of it.
        change: Change,
        /// Whose it is.
        holder: String,
        /// The key.
        revoked: String,
        /// From where on its entries are void, where it is compromised.
        from: Option<u64>,
    },
    /// Something happened to a promotion.
    Record {
        /// What.
        kind: RecordKind,
        /// To what.
        module: RepoPath,
        /// Where that goes.
        to: RepoPath,
        /// The commit that came of it.
        commit: Option<ObjectId>,
        /// What else is said of it.
        facts: BTreeMap<String, String>,
    },
}

/// One entry, for a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where it stands, from 0.
    pub position: u64,
    /// The digest of its line.
    pub line: Sha256,
    /// Whether it counts.
    pub mark: Mark,
    /// Why not; empty where it does.
    pub why: String,
    /// What was verified; `None` where nothing was.
    pub said: Option<SaidRow>,
}

/// What an entry is known to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaidRow {
    /// When, by the clock of who signed: advice, not proof.
    pub time: i64,
    /// Who.
    pub principal: String,
    /// As what.
    pub role: Role,
    /// With which key.
    pub key: String,
    /// What.
    #[serde(flatten)]
    pub says: Says,
    /// The digest of the statement.
    pub statement: Sha256,
    /// How many entries its signer had seen.
    pub seen: u64,
}

impl Row {
    /// That of an entry.
    pub fn of(entry: &Entry) -> Self {
        let (_, why) = entry.mark();
        let mark = match (&entry.is, &entry.void, entry.twice) {
            (Err(_), _, _) => Mark::NotVerified,
            (Ok(_), Some(_), _) => Mark::Void,
            (Ok(_), None, Some(_)) => Mark::Twice,
            (Ok(_), None, None) => Mark::Verified,
        };
        // What was read can be written, so its digest is never missing.
        let said = entry.is.as_ref().ok().and_then(|verified| {
            let predicate = &verified.statement.predicate;
            let said = predicate.said();
            let subject = verified.statement.subject.first();
            Some(SaidRow {
                time: said.signed_at,
                principal: said.principal.to_owned(),
                role: verified.role,
                key: verified.key.clone(),
                says: match predicate {
                    Predicate::Decision(it) => Says::Decision {
                        decision: it.decision,
                        module: subject.map_or_else(|| it.from.clone(), |it| it.name.clone()),
                    },
                    Predicate::KeyChange(it) => Says::KeyChange {
                        change: it.change,
                        holder: it.holder.clone(),
                        revoked: it.key.clone(),
                        from: it.from,
                    },
                    Predicate::Record(it) => Says::Record {
                        kind: it.kind,
                        module: it.from.clone(),
                        to: it.to.clone(),
                        commit: it.commit,
                        facts: it.facts.clone(),
                    },
                },
                statement: verified.statement.digest().ok()?,
                seen: said.seen.size,
            })
        });
        Self {
            position: entry.position,
            line: Sha256::of(&entry.line),
            mark,
            why,
            said,
        }
    }
}

/// A line that proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// Where it stands, from 0.
    pub position: u64,
    /// What is wrong with it.
    pub why: String,
}

/// What verifying a log came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// True where every line and the whole are as they have to be.
    pub holds: bool,
    /// False where something that is needed to tell is not here.
    pub known: bool,
    /// Size and root.
    pub head: HeadDocument,
    /// The digest of the whole lines.
    pub log: Sha256,
    /// How many entries count.
    pub verified: u64,
    /// How many are void.
    pub void: u64,
    /// How many stand there once more.
    pub twice: u64,
    /// How many prove nothing.
    pub wrong: u64,
    /// The first of those.
    pub first_wrong: Option<Wrong>,
    /// Why nothing in it can be relied on.
    pub broken: Option<String>,
    /// What else is wrong with the log, or to be known.
    pub problems: Vec<String>,
    /// What this console had seen of it before.
    pub pinned: Option<HeadDocument>,
    /// What of it the remote had when it was last asked.
    pub shared: Option<HeadDocument>,
    /// How many entries from the first on somebody has vouched for.
    pub vouched: u64,
    /// What nothing protects, in words; `None` where there is nothing.
    pub unprotected: Option<String>,
}

impl Verdict {
    /// That on a log.
    pub fn of(log: &Log) -> Self {
        let count = |mark: &str| {
            let all = log.entries.iter().filter(|entry| entry.mark().0 == mark);
            all.count() as u64
        };
        let unknown = |it: &Problem| matches!(it, Problem::Behind { .. } | Problem::Pin { .. });
        let told = |it: &Problem| unknown(it) || matches!(it, Problem::Apart { .. });
        let wrong = count("not verified");
        let vouched = vouched(log);
        Self {
            holds: wrong == 0 && log.problems.iter().all(told),
            known: !log.problems.iter().any(unknown),
            head: log.head.into(),
            log: log.digest,
            verified: count("verified"),
            void: count("void"),
            twice: count("twice"),
            wrong,
            first_wrong: log.first_wrong().map(|(entry, fault)| Wrong {
                position: entry.position,
                why: fault.to_string(),
            }),
            broken: log.broken(),
            problems: log.problems.iter().map(ToString::to_string).collect(),
            pinned: log.pinned.map(Into::into),
            shared: log.shared.map(Into::into),
            vouched,
            unprotected: unprotected(vouched, log.head.size),
        }
    }
}

/// How many entries a later signature of the log vouches for, or this console has
/// seen before.
fn vouched(log: &Log) -> u64 {
    if log.broken().is_some() {
        return 0;
    }
    let seen = log.entries.iter().filter_map(|entry| {
        let verified = entry.is.as_ref().ok()?;
        Some(verified.statement.predicate.said().seen.size)
    });
    let pinned = log.pinned.map(|head| head.size);
    seen.chain(pinned).max().unwrap_or(0)
}

fn unprotected(vouched: u64, size: u64) -> Option<String> {
    let which = match size.checked_sub(vouched)? {
        0 => return None,
        1 => format!("entry {vouched} is"),
        _ => format!("entries {vouched} to {} are", size - 1),
    };
    Some(format!(
        "{which} behind everything that a later signature, or what this console saw before, \
         vouches for. That nothing was cut off there, or behind the end, this log cannot show: \
         only a copy that somebody else has can"
    ))
}
