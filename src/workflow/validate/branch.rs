//! What a branch changes beside the module that is looked at.

use std::sync::Arc;

use crate::gates::checks::privilege;
use crate::promotion::RepoPath;
use crate::repo::RepoError;
use crate::repo::tree::oid;
use crate::workflow::workspace::Workspace;

/// Paths of infrastructure whose content differs from the merge-base, sorted;
/// `None` where there is none to differ from.
pub(super) fn changed(ws: &Workspace) -> Result<Option<Arc<[RepoPath]>>, RepoError> {
    let (commit, Some(base)) = (ws.require_commit()?, ws.base()) else {
        return Ok(None);
    };
    let mut paths: Vec<RepoPath> = Vec::new();
    if commit != base {
        let git = ws.repo().open_git()?;
        let mut attempt = || -> Result<_, git2::Error> {
            let old = git.find_commit(oid(base))?.tree()?;
            let new = git.find_commit(oid(commit))?.tree()?;
            let diff = git.diff_tree_to_tree(Some(&old), Some(&new), None)?;
            for delta in diff.deltas() {
                let files = [delta.old_file(), delta.new_file()];
                paths.extend(
                    files
                        .iter()
                        .filter_map(|f| f.path_bytes())
                        .map(RepoPath::from_bytes),
                );
            }
            Ok(())
        };
        attempt().map_err(RepoError::git("compare the commit with its merge-base"))?;
        paths.retain(privilege::concerns);
        paths.sort();
        paths.dedup();
    }
    Ok(Some(paths.into()))
}
