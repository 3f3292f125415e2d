//! The branches that modules are promoted on.

use crate::promotion::{ObjectId, RepoPath, branch_name};
use crate::repo::RepoError;
use crate::repo::tree::object_id;
use crate::workflow::Workspace;

/// A branch of a promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// As git finds it: `refs/heads/promote/x`, or `refs/remotes/origin/promote/x`.
    pub reference: String,
    /// For people: `promote/x`, or `origin/promote/x`.
    pub name: String,
    /// Its newest commit.
    pub commit: ObjectId,
    /// When its newest commit was made, in seconds since 1970 UTC.
    pub time: i64,
    /// The first line of that commit.
    pub summary: String,
}

impl Branch {
    /// True for a branch of this repository, and not of a remote alone.
    pub fn is_here(&self) -> bool {
        self.reference.starts_with("refs/heads/")
    }
}

/// The newest branch of a module's promotion, where another commit is looked at: what is
/// decided here would not be decided about it.
pub fn elsewhere(ws: &Workspace, module: &RepoPath) -> Result<Option<Branch>, RepoError> {
    let template = &ws.config().promote.branch;
    let short = ws.config().below_lane(module);
    let own = |name: &str| {
        let behind = name.split_once('/').map_or(name, |it| it.1);
        branch_name::is_of(template, &short, name) || branch_name::is_of(template, &short, behind)
    };
    let newest = branches(ws)?.into_iter().find(|it| own(&it.name));
    Ok(newest.filter(|it| Some(it.commit) != ws.commit()))
}

/// All of them, the newest first: those that are here, and what remotes have beside.
pub fn branches(ws: &Workspace) -> Result<Vec<Branch>, RepoError> {
    let template = &ws.config().promote.branch;
    named(ws, |name| branch_name::is_one(template, name))
}

/// The same for branches whose names are such.
pub fn named(ws: &Workspace, is_one: impl Fn(&str) -> bool) -> Result<Vec<Branch>, RepoError> {
    let wrong = || RepoError::git("look for the branches of promotions");
    let git = ws.repo().open_git()?;
    let mut all: Vec<Branch> = Vec::new();
    for kind in [git2::BranchType::Local, git2::BranchType::Remote] {
        for found in git.branches(Some(kind)).map_err(wrong())? {
            let (branch, _) = found.map_err(wrong())?;
            let reference = branch.get().name_bytes();
            let (Ok(name), Ok(reference)) = (
                str::from_utf8(branch.name_bytes().map_err(wrong())?),
                str::from_utf8(reference),
            ) else {
                continue;
            };
            let own = match kind {
                git2::BranchType::Local => name,
                git2::BranchType::Remote => name.split_once('/').map_or(name, |it| it.1),
            };
            let is_here = all.iter().any(|it| it.name == own);
            if is_here || !is_one(own) {
                continue;
            }
            let Ok(commit) = branch.get().peel_to_commit() else {
                continue;
            };
            all.push(Branch {
                reference: reference.to_owned(),
                name: name.to_owned(),
                commit: object_id(commit.id()),
                time: commit.time().seconds(),
                summary: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default())
                    .into_owned(),
            });
        }
    }
    all.sort_by(|a, b| (b.time, &b.name).cmp(&(a.time, &a.name)));
    Ok(all)
}
