//! Where the work tree differs from what is checked out.

use crate::promotion::RepoPath;

use super::{Repo, RepoError};

/// Every path below `under` that differs between the work tree (and its index)
/// and `HEAD`: changed, added, deleted, or not tracked and not ignored. Sorted.
/// Nothing in a bare clone.
pub fn uncommitted(repo: &Repo, under: &[RepoPath]) -> Result<Vec<RepoPath>, RepoError> {
    if repo.work_tree().is_none() || under.is_empty() {
        return Ok(Vec::new());
    }
    let git = repo.open_git()?;
    let mut options = git2::StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .include_ignored(false)
        .include_unmodified(false)
        .exclude_submodules(true)
        // Paths are names here, not patterns: `[x]` is a directory.
        .disable_pathspec_match(true);
    for path in under.iter().filter(|path| !path.is_root()) {
        options.pathspec(path.to_fs());
    }
    let statuses = git
        .statuses(Some(&mut options))
        .map_err(RepoError::git("compare the work tree with HEAD"))?;
    let mut changed: Vec<RepoPath> = statuses
        .iter()
        .map(|entry| RepoPath::from_bytes(entry.path_bytes()))
        .collect();
    changed.sort();
    changed.dedup();
    Ok(changed)
}
