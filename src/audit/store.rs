//! Where the log is kept: on a branch of its own, written as git objects and never
//! through a work tree. How it is cut into files is said in `chunks`.
//!
//! An entry is there when the branch points to a commit that holds it. The branch
//! moves only from the commit that the entry was made for (compare and swap), so of
//! two that write at the same time one has to look again. Objects and the branch
//! are flushed to disk before anybody is told.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ErrorCode, Oid, Repository};

use super::flush::flush;
use super::stored::Stored;
use super::turn::Turn;
use super::write::Next;

/// Where the log is on its branch.
pub const LOG: &str = "promotion-audit.log";
/// The checkpoint's.
pub const CHECKPOINT: &str = "promotion-audit.checkpoint";
/// How long others of ours are waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Regular files, for git.
pub(super) const MODE: i32 = 0o100_644;

/// A log in a repository.
pub struct Store {
    repo: Repository,
    /// `refs/heads/promotion-audit`
    reference: String,
}

/// A state of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// The commit; `None` where nothing was ever written.
    pub commit: Option<Oid>,
    /// The whole log.
    pub log: Vec<u8>,
    /// The newest checkpoint.
    pub checkpoint: Option<String>,
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first: look again.
    #[error("the log has grown meanwhile")]
    Moved,
    /// The branch holds something else.
    #[error("the branch {branch} is no audit log: {why}")]
    NotALog {
        /// The branch.
        branch: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// git.
    #[error("git could not {what}: {source}")]
    Git {
        /// What it was to do.
        what: &'static str,
        /// Why it did not.
        source: git2::Error,
    },
    /// More than has a place.
    #[error("the log has more entries than there are names for its files")]
    Full,
    /// Somebody holds the branch and does not let go.
    #[error("{} is there: another git writes to the branch, or one ended without taking it away. If none runs, remove it", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// The disk.
    #[error("{} could not be flushed to disk: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

pub(super) fn git(what: &'static str) -> impl Fn(git2::Error) -> StoreError {
    move |source| StoreError::Git { what, source }
}

impl Store {
    /// The log on that branch (`promotion-audit`) of the repository at `path`.
    pub fn open(path: &Path, branch: &str) -> Result<Self, StoreError> {
        Ok(Self {
            repo: Repository::open(path).map_err(git("open the repository"))?,
            reference: format!("refs/heads/{branch}"),
        })
    }

    /// The log as it is now. A branch that is not there is an empty log.
    pub fn tip(&self) -> Result<Tip, StoreError> {
        match self.commit_of(&self.reference)? {
            None => Ok(Tip::default()),
            Some(commit) => self.at(commit),
        }
    }

    /// The end of the log as it is now.
    pub fn end(&self) -> Result<Stored, StoreError> {
        self.look(&self.reference)
    }

    /// The commit of a reference; `None` where it is not there.
    pub fn commit_of(&self, reference: &str) -> Result<Option<Oid>, StoreError> {
        match self.repo.find_reference(reference) {
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(git("read the branch of the log")(error)),
            Ok(reference) => match reference.target() {
                None => Err(self.no_log("it is a symbolic ref")),
                commit => Ok(commit),
            },
        }
    }

    /// Waits until no other Countersign writes here, and keeps others waiting.
    pub fn turn(&self) -> Result<Turn, StoreError> {
        Turn::take(self.repo.commondir(), &self.reference, PATIENCE)
    }

    /// The repository.
    pub fn repo(&self) -> &Repository {
        &self.repo
    }

    /// The log as that commit has it.
    pub fn at(&self, commit: Oid) -> Result<Tip, StoreError> {
        let stored = self.look_at(commit)?;
        Ok(Tip {
            commit: stored.commit,
            log: self.all(&stored)?,
            checkpoint: stored.checkpoint,
        })
    }

    pub(super) fn no_log(&self, why: &'static str) -> StoreError {
        StoreError::NotALog {
            branch: self.reference.clone(),
            why,
        }
    }

    /// Writes `log` and `checkpoint` in the place of `tip`, if that is still the
    /// newest. `time` is in seconds since 1970 UTC. When this returns, it is on disk.
    pub fn replace(
        &self,
        tip: &Tip,
        log: &[u8],
        checkpoint: Option<&str>,
        message: &str,
        time: i64,
    ) -> Result<Tip, StoreError> {
        let next = Next {
            was: tip.commit,
            parent: tip.commit,
            behind: &Stored::default(),
            lines: log,
            checkpoint,
            message,
            time,
        };
        let written = self.write(&mut self.turn()?, &next)?;
        Ok(Tip {
            commit: Some(written.commit),
            log: log.to_vec(),
            checkpoint: checkpoint.map(str::to_owned),
        })
    }

    /// Moves the branch from one commit to another, which is there already.
    pub fn move_to(
        &self,
        turn: &mut Turn,
        was: Option<Oid>,
        to: Oid,
        message: &str,
    ) -> Result<(), StoreError> {
        turn.swap(|| self.swap(was, to, message))?;
        self.flush_reference()
    }

    fn swap(&self, from: Option<Oid>, to: Oid, message: &str) -> Result<(), StoreError> {
        // No commit at all: that there is no branch is compared under its lock, too.
        let from = from.unwrap_or(Oid::ZERO_SHA1);
        let moved = self
            .repo
            .reference_matching(&self.reference, to, true, from, message);
        match moved {
            Ok(_) => Ok(()),
            Err(error) if error.code() == ErrorCode::Locked => {
                Err(StoreError::Locked { path: self.lock() })
            }
            Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::NotFound) => {
                Err(StoreError::Moved)
            }
            Err(error) => Err(git("move the branch of the log")(error)),
        }
    }

    /// What git makes beside the branch while it is written.
    fn lock(&self) -> PathBuf {
        self.repo
            .commondir()
            .join(format!("{}.lock", self.reference))
    }

    /// A branch that was packed meanwhile is on disk already: git sees to that.
    fn flush_reference(&self) -> Result<(), StoreError> {
        let file = self.repo.commondir().join(&self.reference);
        if !file.exists() {
            return Ok(());
        }
        let directory = file.parent().map(Path::to_owned);
        flush(&[vec![file], Vec::from_iter(directory)].concat())
    }
}

#[cfg(test)]
mod tests {
    use git2::Signature;

    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        Repository::init(dir.path()).unwrap();
        let store = Store::open(dir.path(), "promotion-audit").unwrap();
        (dir, store)
    }

    #[test]
    fn what_is_written_is_there_and_the_work_tree_is_left_alone() {
        let (dir, store) = store();
        let nothing = store.tip().unwrap();
        assert_eq!(nothing, Tip::default());
        let one = store
            .replace(&nothing, b"a\n", None, "Add entry 0", 7)
            .unwrap();
        let two = store
            .replace(&one, b"a\nb\n", Some("checkpoint"), "Add entry 1", 8)
            .unwrap();
        assert_eq!(store.tip().unwrap(), two);
        assert_eq!(store.at(one.commit.unwrap()).unwrap(), one);
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only .git: {left:?}");
        let commit = store.repo.find_commit(two.commit.unwrap()).unwrap();
        assert_eq!(commit.parent_id(0).ok(), one.commit);
    }

    #[test]
    fn of_two_that_write_at_once_one_has_to_look_again() {
        let (dir, store) = store();
        let other = Store::open(dir.path(), "promotion-audit").unwrap();
        let nothing = store.tip().unwrap();
        let one = store.replace(&nothing, b"a\n", None, "a", 0).unwrap();
        let late = other.replace(&nothing, b"b\n", None, "b", 0);
        assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
        other.replace(&one, b"a\nb\n", None, "b", 0).unwrap();
        let late = store.replace(&one, b"a\nc\n", None, "c", 0);
        assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
        assert_eq!(store.tip().unwrap().log, b"a\nb\n");
    }

    #[test]
    fn a_branch_that_holds_something_else_is_no_log() {
        let (_dir, store) = store();
        let who = Signature::now("a", "a@example.org").unwrap();
        let mut tree = store.repo.treebuilder(None).unwrap();
        let blob = store.repo.blob(b"/etc/passwd").unwrap();
        tree.insert(LOG, blob, 0o120_000).unwrap();
        let tree = store.repo.find_tree(tree.write().unwrap()).unwrap();
        store
            .repo
            .commit(Some(&store.reference), &who, &who, "x", &tree, &[])
            .unwrap();
        let tip = store.tip();
        assert!(matches!(tip, Err(StoreError::NotALog { .. })), "{tip:?}");
    }
}
