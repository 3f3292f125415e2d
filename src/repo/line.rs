//! What a branch itself was, commit by commit: its first parents.
//!
//! A merge brings the commits of another branch into the history. They never were
//! what this branch pointed to, so what they hold was never in force on it.

use std::collections::HashMap;

use crate::promotion::{ObjectId, RepoPath};

use super::tree::{self, Mode, TreeEntry, object_id, oid};
use super::{Repo, RepoError};

/// The line, newest first. It ends where the history does, or is cut off.
pub fn commits(repo: &Repo, tip: ObjectId) -> Result<Vec<ObjectId>, RepoError> {
    let git = repo.open_git()?;
    let walk = || -> Result<_, git2::Error> {
        let mut walk = git.revwalk()?;
        walk.simplify_first_parent()?;
        walk.push(oid(tip))?;
        walk.map(|commit| commit.map(object_id))
            .take_while(|commit| !is_missing(commit))
            .collect()
    };
    walk().map_err(RepoError::git("walk the base branch"))
}

fn is_missing<T>(found: &Result<T, git2::Error>) -> bool {
    matches!(found, Err(error) if error.code() == git2::ErrorCode::NotFound)
}

/// True where a commit has no parents by its own words. In a shallow clone git says so
/// of the last one that is here.
pub fn is_first(repo: &Repo, commit: ObjectId) -> Result<bool, RepoError> {
    let git = repo.open_git()?;
    let read = || RepoError::git("read the first commit of the base branch");
    let odb = git.odb().map_err(read())?;
    let object = odb.read(oid(commit)).map_err(read())?;
    let mut header = object.data().split(|byte| *byte == b'\n');
    Ok(!header
        .nth(1)
        .is_some_and(|line| line.starts_with(b"parent ")))
}

/// What stands at paths in many commits that differ little.
pub struct Entries {
    git: git2::Repository,
    /// What was found below a directory before: most commits leave most directories
    /// as they are.
    known: HashMap<(ObjectId, Vec<u8>), Option<TreeEntry>>,
}

impl Entries {
    /// Of that repository.
    pub fn of(repo: &Repo) -> Result<Self, RepoError> {
        Ok(Self {
            git: repo.open_git()?,
            known: HashMap::new(),
        })
    }

    /// What stands at a path in a commit.
    pub fn at(
        &mut self,
        commit: ObjectId,
        path: &RepoPath,
    ) -> Result<Option<TreeEntry>, RepoError> {
        let root = tree::root(&self.git, commit)?;
        let bytes = path.as_bytes();
        let (name, rest) = match memchr::memchr(b'/', bytes) {
            Some(at) => (&bytes[..at], &bytes[at + 1..]),
            None => (bytes, &[][..]),
        };
        let Some(found) = root.get_name_bytes(name).map(|it| TreeEntry::of(&it)) else {
            return Ok(None);
        };
        if rest.is_empty() {
            return Ok(Some(found));
        }
        if found.mode != Mode::Tree {
            return Ok(None);
        }
        let key = (found.id, rest.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let directory = tree::subtree(&self.git, found.id)?;
        let below = tree::entry_below(&self.git, directory, &RepoPath::from_bytes(rest))?;
        self.known.insert(key, below);
        Ok(below)
    }
}
