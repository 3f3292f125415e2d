//! What a branch itself was, commit by commit: its first parents.
//!
//! A merge brings the commits of another branch into the history. They never were
//! what this branch pointed to, so what they hold was never in force on it.

use std::collections::HashMap;

use crate::promotion::{ObjectId, RepoPath};

use super::tree::{self, Mode, TreeEntry, object_id, oid};
use super::{Repo, RepoError};

const WALK: &str = "walk the base branch";

/// The first commit of the line, by which one repository is told from another.
/// `None` where the history is cut off before it: in a shallow clone.
pub fn first_commit(repo: &Repo, tip: ObjectId) -> Result<Option<ObjectId>, RepoError> {
    let git = repo.open_git()?;
    let mut first = oid(tip);
    for commit in walk(&git, tip)? {
        match commit {
            Ok(commit) => first = commit,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(RepoError::git(WALK)(error)),
        }
    }
    // git says of the last one that is here that it has no parents: its own words say
    // whether that is so.
    let odb = git.odb().map_err(RepoError::git(WALK))?;
    let object = odb.read(first).map_err(RepoError::git(WALK))?;
    let mut header = object.data().split(|byte| *byte == b'\n');
    let cut = header
        .nth(1)
        .is_some_and(|line| line.starts_with(b"parent "));
    Ok((!cut).then(|| object_id(first)))
}

/// Goes along the line, newest first, and gives what stands at each commit to
/// `visit`. Ends where the history does, or is cut off.
pub fn along(
    repo: &Repo,
    tip: ObjectId,
    visit: &mut dyn FnMut(&mut At<'_>) -> Result<(), RepoError>,
) -> Result<(), RepoError> {
    let git = repo.open_git()?;
    let mut known = Known::new();
    for commit in walk(&git, tip)? {
        let commit = match commit {
            Err(error) if error.code() == git2::ErrorCode::NotFound => break,
            commit => commit.map_err(RepoError::git(WALK))?,
        };
        let tree = tree::root(&git, object_id(commit))?;
        visit(&mut At {
            git: &git,
            tree,
            known: &mut known,
        })?;
    }
    Ok(())
}

fn walk(git: &git2::Repository, tip: ObjectId) -> Result<git2::Revwalk<'_>, RepoError> {
    let walk = || -> Result<_, git2::Error> {
        let mut walk = git.revwalk()?;
        walk.simplify_first_parent()?;
        walk.push(oid(tip))?;
        Ok(walk)
    };
    walk().map_err(RepoError::git(WALK))
}

/// What was found below a directory before: most commits leave most directories as
/// they are.
type Known = HashMap<(git2::Oid, Vec<u8>), Option<TreeEntry>>;

/// A commit of the line.
pub struct At<'a> {
    git: &'a git2::Repository,
    tree: git2::Tree<'a>,
    known: &'a mut Known,
}

impl At<'_> {
    /// What stands at a path.
    pub fn entry(&mut self, path: &RepoPath) -> Result<Option<TreeEntry>, RepoError> {
        let bytes = path.as_bytes();
        let (name, rest) = match memchr::memchr(b'/', bytes) {
            Some(at) => (&bytes[..at], &bytes[at + 1..]),
            None => (bytes, &[][..]),
        };
        let Some(entry) = self.tree.get_name_bytes(name) else {
            return Ok(None);
        };
        let found = TreeEntry::of(&entry);
        if rest.is_empty() {
            return Ok(Some(found));
        }
        if found.mode != Mode::Tree {
            return Ok(None);
        }
        let key = (entry.id(), rest.to_vec());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let directory = tree::subtree(self.git, found.id)?;
        let below = tree::entry_below(self.git, directory, &RepoPath::from_bytes(rest))?;
        self.known.insert(key, below);
        Ok(below)
    }
}
