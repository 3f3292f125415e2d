//! The audit log of a repository: read and verified, appended to, exported.
//!
//! What a log says counts by what it proves, line by line: `check` holds every line
//! against the chain, the tree, its signature and the keyrings of the base branch;
//! `read` holds the whole against the remote's and against what this console saw
//! before (`pin`). `append` writes one more line; `remote` shares it.

mod append;
mod check;
mod copy;
mod document;
mod export;
mod ground;
mod grown;
mod known;
mod open;
mod pin;
mod problem;
mod read;
pub(in crate::workflow) mod remote;
mod revoke;
mod together;
mod void;

use bytes::Bytes;

use crate::audit::merkle::Head;
use crate::audit::tree::Tree;
use crate::promotion::review::decision::Record;
use crate::promotion::review::{Seen, Signed, Subject};
use crate::promotion::{ObjectId, Sha256};
use crate::review::{Envelope, Verified};
use crate::workflow::Workspace;
use crate::workflow::sign_off::Authority;

pub use append::{Appended, Shared, append_at, share_at};
pub use check::{Checked, check, check_on};
pub use document::{HeadDocument, Mark, Row, SaidRow, Says, Verdict, Wrong};
pub use export::{Exported, armoured, export};
pub use ground::Ground;
pub use open::{Opened, open};
pub use problem::{AuditError, Fault, Problem};
pub use read::{read_at, read_bytes};
pub use revoke::{Revocation, revoke};
pub use together::{Addition, Along, Outcome, TogetherError, append_together};

/// One line of the log.
#[derive(Debug)]
pub struct Entry {
    /// Where it stands, from 0.
    pub position: u64,
    /// The line with its newline.
    pub line: Bytes,
    /// What it says and who says it, or why it proves nothing.
    pub is: Result<Verified, Fault>,
    /// Why it counts for nothing though its signature is good: its key was declared
    /// compromised, say. In words.
    pub void: Option<String>,
    /// Where the same statement stands before: it counts there, and once.
    pub twice: Option<u64>,
}

/// A log that was read and verified.
#[derive(Debug)]
pub struct Log {
    /// Line by line.
    pub entries: Vec<Entry>,
    /// Its size and root.
    pub head: Head,
    /// What is wrong with it as a whole. What is wrong with a line is there.
    pub problems: Vec<Problem>,
    /// The commit it was read from; `None` where nothing was ever written.
    pub tip: Option<ObjectId>,
    /// Where it is shared: what of it the remote had when it was last asked.
    pub shared: Option<Head>,
    /// What this console knew of it before, and held it against.
    pub pinned: Option<Head>,
    /// Whether it is kept as many files, as it is written today.
    pub is_cut: bool,
    /// The digest of its bytes.
    pub digest: Sha256,
    /// Its tree, for proofs.
    pub tree: Tree,
}

impl Log {
    /// The first line that proves nothing.
    pub fn first_wrong(&self) -> Option<(&Entry, &Fault)> {
        self.entries
            .iter()
            .find_map(|entry| Some((entry, entry.fault()?)))
    }

    /// Why nothing in it can be relied on: something was changed, taken out or put
    /// in. `None` where only single lines prove nothing, or none.
    pub fn broken(&self) -> Option<String> {
        let problem = self.problems.iter().find(|problem| problem.breaks());
        let line = || {
            let mut faults = self.entries.iter().filter_map(|entry| {
                let fault = entry.fault().filter(|fault| fault.breaks())?;
                Some(format!("entry {}: {fault}", entry.position))
            });
            faults.next()
        };
        problem.map(ToString::to_string).or_else(line)
    }

    /// True where every line and the whole are as they have to be.
    pub fn holds(&self) -> bool {
        self.problems.is_empty() && self.first_wrong().is_none()
    }

    /// The decisions in it that are known to be somebody's, each once. Where the log
    /// is broken they are all void: one that was taken out might say otherwise.
    pub fn decisions(&self) -> Vec<Signed> {
        let broken = self.void();
        let signed = |entry: &Entry| {
            let verified = entry.is.as_ref().ok().filter(|_| entry.twice.is_none())?;
            Some(Signed {
                position: entry.position,
                subject: verified.statement.subject.first()?.clone(),
                decision: verified.statement.predicate.decision()?.clone(),
                void: entry.void.clone().or_else(|| broken.clone()),
            })
        };
        self.entries.iter().filter_map(signed).collect()
    }

    /// The records in it, as [`Log::decisions`] gives the decisions.
    pub fn records(&self) -> Vec<Recorded> {
        let broken = self.void();
        let recorded = |entry: &Entry| {
            let verified = entry.is.as_ref().ok().filter(|_| entry.twice.is_none())?;
            Some(Recorded {
                position: entry.position,
                subject: verified.statement.subject.first()?.clone(),
                record: verified.statement.predicate.record()?.clone(),
                void: entry.void.clone().or_else(|| broken.clone()),
            })
        };
        self.entries.iter().filter_map(recorded).collect()
    }

    /// Why nothing in it counts; `None` where it is whole.
    fn void(&self) -> Option<String> {
        self.broken()
            .map(|why| format!("the audit log is broken: {why}"))
    }
}

/// A record whose signature was checked, from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where in the log it is.
    pub position: u64,
    /// What it is about.
    pub subject: Subject,
    /// What it says.
    pub record: Record,
    /// Why it counts for nothing though its signature is good. In words.
    pub void: Option<String>,
}

impl Entry {
    /// Why it proves nothing.
    pub fn fault(&self) -> Option<&Fault> {
        self.is.as_ref().err()
    }
}

/// What somebody who signs now has seen of the log. Where it is shared that is what
/// others have as well: what stands only here may yet move behind theirs.
pub fn seen(log: &Log) -> Seen {
    let head = match log.shared {
        Some(shared) if shared.size < log.head.size => shared,
        _ => log.head,
    };
    Seen {
        size: head.size,
        root: Sha256::from_bytes(head.root),
    }
}

/// Reads and verifies the log, as it is here and as its remote was when it was last
/// asked. Asks nobody over a network.
pub fn read(ws: &Workspace, authority: &Authority) -> Result<Log, AuditError> {
    let mut log = read_at(&Ground::of(ws, authority)?)?;
    let copy = copy::problem(ws, authority, &log)
        .map_err(|error| AuditError::Authority(Box::new(error.into())))?;
    log.problems.extend(copy);
    Ok(log)
}

/// Adds an envelope to the log and shares it, where it is shared. When this returns
/// it is on disk. The same envelope again stands in the log once.
pub fn append(
    ws: &Workspace,
    authority: &Authority,
    envelope: &Envelope,
    message: &str,
) -> Result<Appended, AuditError> {
    append_at(&Ground::of(ws, authority)?, envelope, message)
}

/// The same, as the entry behind the log that was read or not at all: `None` where somebody
/// else wrote meanwhile. Where the log is shared it goes to the remote first, so that of a
/// machine that stops in between nothing stands here that others have said too.
pub fn append_next(
    ws: &Workspace,
    authority: &Authority,
    log: &Log,
    envelope: &Envelope,
    message: &str,
) -> Result<Option<Appended>, AuditError> {
    let ground = Ground::of(ws, authority)?;
    let not_shared = |why| AuditError::NotShared {
        remote: ground.remote.clone().unwrap_or_default(),
        why,
    };
    let addition = Addition {
        envelope,
        message,
        behind: log.tip,
        along: &[],
    };
    match append_together::<TogetherError>(&ground, &addition, &|_| Ok(true), &|_| ()) {
        Ok(Outcome::Won(appended)) => Ok(Some(appended)),
        Ok(Outcome::Late) => Ok(None),
        Ok(Outcome::Refused(why)) | Err(TogetherError::Unknown(why)) => Err(not_shared(why)),
        Err(TogetherError::Audit(error)) => Err(error),
    }
}

/// Brings here what the remote has and there what it lacks.
pub fn share(ws: &Workspace, authority: &Authority) -> Result<Shared, AuditError> {
    share_at(&Ground::of(ws, authority)?)
}

impl Entry {
    /// How it is marked, in a word or two, and why; empty where it holds.
    pub fn mark(&self) -> (&'static str, String) {
        match (&self.is, &self.void, self.twice) {
            (Err(fault), _, _) => ("not verified", fault.to_string()),
            (Ok(_), Some(why), _) => ("void", why.clone()),
            (Ok(_), None, Some(first)) => (
                "twice",
                format!("the same statement is entry {first}, and counts there"),
            ),
            (Ok(_), None, None) => ("verified", String::new()),
        }
    }
}
