//! What a branch changes beside the module that is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::gates::checks::privilege;
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::RepoError;
use crate::repo::tree::oid;
use crate::workflow::workspace::Workspace;

/// Paths of infrastructure whose content differs from the merge-base, sorted;
/// `None` where there is none to differ from.
pub(super) fn changed(ws: &Workspace) -> Result<Option<Arc<[RepoPath]>>, RepoError> {
    let (commit, Some(base)) = (ws.require_commit()?, ws.base()) else {
        return Ok(None);
    };
    let paths = differing(ws, base, commit)?.into_iter();
    Ok(Some(paths.filter(privilege::concerns).collect()))
}

/// The paths at which a commit differs from the merge-base.
pub(in crate::workflow) fn differing(
    ws: &Workspace,
    base: ObjectId,
    commit: ObjectId,
) -> Result<BTreeSet<RepoPath>, RepoError> {
    if commit == base {
        return Ok(BTreeSet::new());
    }
    let git = ws.repo().open_git()?;
    let attempt = || -> Result<_, git2::Error> {
        let old = git.find_commit(oid(base))?.tree()?;
        let new = git.find_commit(oid(commit))?.tree()?;
        let diff = git.diff_tree_to_tree(Some(&old), Some(&new), None)?;
        let paths = diff.deltas().flat_map(|delta| {
            let path = |file: git2::DiffFile<'_>| file.path_bytes().map(RepoPath::from_bytes);
            [path(delta.old_file()), path(delta.new_file())]
        });
        Ok(paths.flatten().collect())
    };
    attempt().map_err(RepoError::git("compare the commit with its merge-base"))
}
