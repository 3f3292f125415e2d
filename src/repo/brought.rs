//! What brought a promotion onto a branch, whole: by a merge, squashed into one commit,
//! rebased, or as it was (fast-forward).

use std::collections::BTreeSet;

use crate::promotion::{ObjectId, RepoPath};

use super::revert::{self, Change};
use super::tree::{self, object_id, oid};
use super::{Repo, RepoError, merge_base};

/// How far back the commits of one promotion are looked for.
const MOST: usize = 64;

/// The commits of a promotion on its own branch.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// What it was planned on.
    pub head: ObjectId,
    /// The pure move.
    pub moved: ObjectId,
    /// The promotion itself.
    pub commit: ObjectId,
    /// Where the module was.
    pub from: &'a RepoPath,
    /// Where it went.
    pub to: &'a RepoPath,
}

/// What became of what on the branch when it got the promotion. `line`: the commits of the
/// branch itself, newest first; `merge`: one of them, that brought it. Where more came
/// along with it than its own branch had, that stays, and the promotion's own commits
/// count. In words, why it cannot be said.
pub fn whole(
    repo: &Repo,
    line: &[ObjectId],
    merge: ObjectId,
    marks: Marks<'_>,
) -> Result<Result<Change, String>, RepoError> {
    let own = Change {
        before: marks.head,
        after: marks.commit,
    };
    let Some(found) = bounds(repo, line, merge, marks)? else {
        return Ok(Err(format!(
            "{} moves the module, and what rewrites the names of it does not follow",
            merge.short()
        )));
    };
    let own_paths: BTreeSet<RepoPath> = branch(repo, found.before, own)?.into_iter().collect();
    let brought = revert::paths(repo, found)?;
    let is_own = |path: &RepoPath| {
        own_paths.contains(path) || path.is_within(marks.to) || path.is_within(marks.from)
    };
    Ok(Ok(match brought.iter().all(is_own) {
        true => found,
        false => own,
    }))
}

/// The paths that the branch of a promotion changed: also those of the commits that made
/// the module, where they are not on the base branch otherwise.
fn branch(repo: &Repo, base: ObjectId, own: Change) -> Result<Vec<RepoPath>, RepoError> {
    let mut paths = revert::paths(repo, own)?;
    if let Some(before) = merge_base::merge_base(repo, base, own.after)? {
        let after = own.after;
        paths.extend(revert::paths(repo, Change { before, after })?);
    }
    Ok(paths)
}

/// The first and the last state of the branch itself.
fn bounds(
    repo: &Repo,
    line: &[ObjectId],
    merge: ObjectId,
    marks: Marks<'_>,
) -> Result<Option<Change>, RepoError> {
    let git = repo.open_git()?;
    let parents = |commit: ObjectId| -> Result<Vec<ObjectId>, RepoError> {
        let found = git.find_commit(oid(commit));
        let found = found.map_err(RepoError::git("read a commit of the base branch"))?;
        Ok(found.parent_ids().map(object_id).collect())
    };
    let has = |commit| Ok::<_, RepoError>(tree::entry(&git, commit, marks.to)?.is_some());
    let mut first = merge;
    let mut before = None;
    for _ in 0..MOST {
        // The first parent is what the branch was: a merge is one step of it.
        let Some(parent) = parents(first)?.first().copied() else {
            break;
        };
        if !has(parent)? {
            before = Some(parent);
            break;
        }
        first = parent;
    }
    let Some(before) = before else {
        return Ok(None);
    };
    let is_move = patch(&git, first, before)? == patch(&git, marks.moved, marks.head)?;
    if first != merge || parents(merge)?.len() > 1 || !is_move {
        let after = merge;
        return Ok(Some(Change { before, after }));
    }
    // Rebased: the rest follows.
    let at = line.iter().position(|it| *it == merge);
    let next = at.and_then(|at| line.get(at.checked_sub(1)?)).copied();
    let Some(next) = next else { return Ok(None) };
    let message = |commit: ObjectId| {
        let found = git.find_commit(oid(commit));
        found.map(|it| it.message_bytes().to_vec()).ok()
    };
    let is_rest = patch(&git, next, merge)? == patch(&git, marks.commit, marks.moved)?
        || message(next) == message(marks.commit);
    Ok(is_rest.then_some(Change {
        before,
        after: next,
    }))
}

/// What git calls the same change wherever it is made.
fn patch(
    git: &git2::Repository,
    commit: ObjectId,
    parent: ObjectId,
) -> Result<git2::Oid, RepoError> {
    let (old, new) = (tree::root(git, parent)?, tree::root(git, commit)?);
    git.diff_tree_to_tree(Some(&old), Some(&new), None)
        .and_then(|diff| diff.patchid(None))
        .map_err(RepoError::git("compare two commits"))
}
