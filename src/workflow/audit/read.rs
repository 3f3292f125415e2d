//! Reads a log where it is: here, and as its remote was when it was last asked.

use bytes::Bytes;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::line;
use crate::audit::merkle::Head;
use crate::audit::store::Store;
use crate::audit::stored::Stored;
use crate::audit::tree::Roots;
use crate::promotion::{ObjectId, Sha256};

use super::check::{self, Checked, check};
use super::pin::{Pin, Pinned};
use super::{AuditError, Entry, Ground, Log, Problem, remote};

/// How the log here and that of the remote go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// What is here begins with what the remote has, or there is none.
    Ahead,
    /// The remote's begins with what is here, and goes on.
    Behind,
    /// Both go on differently after so many entries.
    Apart(u64),
}

/// Both.
pub(super) struct Look {
    /// The branch here.
    pub local: Stored,
    /// What the remote had when it was last asked; `None` without one.
    pub remote: Option<Stored>,
    pub relation: Relation,
}

impl Look {
    pub fn at(ground: &Ground, store: &Store) -> Result<Self, AuditError> {
        let local = store.end()?;
        let remote = match &ground.remote {
            Some(name) => {
                remote::known(ground, store)?;
                Some(store.look(&remote::tracking(name, &ground.branch))?)
            }
            None => None,
        };
        let relation = match &remote {
            Some(remote) => relation(store, &local, remote)?,
            None => Relation::Ahead,
        };
        Ok(Self {
            local,
            remote,
            relation,
        })
    }

    /// The one that the next entry goes behind.
    pub fn base(&self) -> &Stored {
        match (&self.relation, &self.remote) {
            (Relation::Behind | Relation::Apart(_), Some(remote)) => remote,
            _ => &self.local,
        }
    }
}

fn relation(store: &Store, local: &Stored, remote: &Stored) -> Result<Relation, AuditError> {
    let common = store.common(local, remote)?;
    Ok(if common == remote.size() {
        Relation::Ahead
    } else if common == local.size() {
        Relation::Behind
    } else {
        Relation::Apart(common)
    })
}

/// The entries here that follow the first `common`, where all of them can go behind the
/// remote's: they prove something, and their signers had seen no more than both have.
/// Else the two are a fork. `roots`: of a log with the same beginning.
pub(super) fn own(
    ground: &Ground,
    store: &Store,
    local: &Stored,
    common: u64,
    roots: &dyn Roots,
) -> Result<Result<Vec<Entry>, Vec<Entry>>, AuditError> {
    let (start, bytes) = store.from(local, common.saturating_sub(1))?;
    let lines: Vec<&[u8]> = line::lines(&bytes).collect();
    let (first, lines) = check::behind(&lines, start, common);
    let entries = check::check_at(lines, first, roots, ground);
    let movable = |entry: &Entry| {
        let seen = |it: &crate::review::Verified| it.statement.predicate.said().seen.size;
        entry.is.as_ref().is_ok_and(|it| seen(it) <= common)
    };
    Ok(match entries.iter().all(movable) {
        true => Ok(entries),
        false => Err(entries),
    })
}

/// Reads and verifies the log there. Keeps in mind what was seen of it.
pub fn read_at(ground: &Ground) -> Result<Log, AuditError> {
    let store = Store::open(&ground.git_dir, &ground.branch)?;
    let look = Look::at(ground, &store)?;
    let mut pinned = Pinned::read(ground);
    let mut problems = Vec::from_iter(pinned.problem.clone());
    let tip = match look.relation {
        Relation::Apart(common) => {
            let (tip, problem) = apart(ground, &store, &look, common)?;
            problems.push(problem);
            tip
        }
        _ => look.base(),
    };
    let id = &ground.repository.id;
    let bytes = Bytes::from(store.all(tip)?);
    let checked = check(&bytes, 0, &ground.keyrings, id);
    problems.extend(torn(&checked));
    problems.extend(pinned.against(&checked.tree));
    problems.extend(
        tip.checkpoint
            .as_deref()
            .and_then(|note| checkpoint(note, &checked.tree)),
    );
    let known = pinned.pin.as_ref().map(Pin::head);
    let shared = match &look.remote {
        Some(remote) if store.common(tip, remote)? == remote.size() => {
            let size = remote.size();
            let root = checked.tree.root_at(size);
            root.map(|root| Head { size, root })
        }
        _ => None,
    };
    let log = Log {
        head: checked.tree.head(),
        entries: checked.entries,
        problems,
        tip: tip.commit.and_then(object_id),
        is_cut: tip.tree().is_some(),
        shared,
        pinned: known,
        digest: Sha256::of(&bytes[..line::whole(&bytes)]),
        tree: checked.tree,
    };
    let seen = match look.remote {
        Some(_) => shared,
        None => Some(log.head),
    };
    if let Some(head) = seen
        && log.broken().is_none()
        && log
            .first_wrong()
            .is_none_or(|(it, _)| it.position >= head.size)
    {
        // Nowhere to keep it: then it is not held against anything next time.
        let _ = pinned.keep(Pin::of(&head));
    }
    Ok(log)
}

/// Which of two logs is read, and what is told of the other.
fn apart<'a>(
    ground: &Ground,
    store: &Store,
    look: &'a Look,
    common: u64,
) -> Result<(&'a Stored, Problem), AuditError> {
    let theirs = look.base();
    let name = ground.remote.clone().unwrap_or_default();
    let there = theirs.size() - common;
    let roots = check::tree_of(&store.all(theirs)?);
    Ok(match own(ground, store, &look.local, common, &roots)? {
        Ok(entries) => (
            theirs,
            Problem::Apart {
                remote: name,
                here: entries.len() as u64,
                there,
            },
        ),
        Err(entries) => (
            &look.local,
            Problem::Fork {
                remote: name,
                common,
                here: entries.len() as u64,
                there,
            },
        ),
    })
}

/// Verifies a log that is in no repository: a copy that somebody handed over.
pub fn read_bytes(ground: &Ground, log: &Bytes) -> Log {
    let checked = check(log, 0, &ground.keyrings, &ground.repository.id);
    Log {
        problems: torn(&checked).into_iter().collect(),
        head: checked.tree.head(),
        entries: checked.entries,
        tip: None,
        is_cut: false,
        shared: None,
        pinned: None,
        digest: Sha256::of(&log[..line::whole(log)]),
        tree: checked.tree,
    }
}

fn torn(checked: &Checked) -> Option<Problem> {
    let bytes = checked.torn;
    (bytes > 0).then_some(Problem::Torn { bytes })
}

/// What is wrong with a checkpoint beside the log. Who signed it is not asked: what
/// it says has to be so, whoever says it.
pub(super) fn checkpoint(note: &str, tree: &dyn Roots) -> Option<Problem> {
    let said = match Checkpoint::said(note) {
        Ok(said) => said,
        Err(why) => return Some(Problem::Checkpoint(why.to_string())),
    };
    match tree.root_at(said.head.size) {
        Some(root) if root == said.head.root => None,
        Some(_) => Some(Problem::Checkpoint(format!(
            "its root is not that of the first {} entries",
            said.head.size
        ))),
        None => Some(Problem::Checkpoint(format!(
            "it promises {} entries, and there are {}",
            said.head.size,
            tree.size()
        ))),
    }
}

pub(super) fn object_id(oid: git2::Oid) -> Option<ObjectId> {
    Some(ObjectId::from_bytes(oid.as_bytes().try_into().ok()?))
}
