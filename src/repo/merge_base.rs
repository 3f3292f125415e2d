//! Where a revision left the branch that promotions go to.

use crate::promotion::ObjectId;

use super::tree::{object_id, oid};
use super::{Repo, RepoError};

/// The branch promotions go to: the configured one, else `origin/HEAD`, `main`
/// or `master`; its name and commit. `None` where there is none of them.
pub fn base_branch(
    repo: &Repo,
    configured: Option<&str>,
) -> Result<Option<(String, ObjectId)>, RepoError> {
    if let Some(name) = configured {
        // A checkout of one commit, as in CI, has no local branches.
        let tip = repo.resolve(name).or_else(|error| {
            let remote = repo.resolve(&format!("refs/remotes/origin/{name}"));
            remote.map_err(|_| error)
        })?;
        return Ok(Some((name.to_owned(), tip)));
    }
    let git = repo.open_git()?;
    let found = [
        ("origin/HEAD", "refs/remotes/origin/HEAD"),
        ("main", "refs/heads/main"),
        ("master", "refs/heads/master"),
        ("origin/main", "refs/remotes/origin/main"),
        ("origin/master", "refs/remotes/origin/master"),
    ]
    .into_iter()
    .find_map(|(name, reference)| {
        let commit = git.find_reference(reference).ok()?.peel_to_commit().ok()?;
        Some((name.to_owned(), object_id(commit.id())))
    });
    Ok(found)
}

/// The best common ancestor; `None` for unrelated histories.
pub fn merge_base(repo: &Repo, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, RepoError> {
    if a == b {
        return Ok(Some(a));
    }
    match repo.open_git()?.merge_base(oid(a), oid(b)) {
        Ok(base) => Ok(Some(object_id(base))),
        Err(e) if e.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(e) => Err(RepoError::git(format!(
            "find the merge-base of {} and {}",
            a.short(),
            b.short()
        ))(e)),
    }
}
