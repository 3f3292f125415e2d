//! The commits of a rollback, on objects. They follow from the log and the base branch
//! alone, so that two machines make the same.

use crate::promotion::rollback::Rollback;
use crate::promotion::{ObjectId, RepoPath, branch_name, text};
use crate::repo::revert::{self, Change, Made, Words};
use crate::repo::{RepoError, tree};
use crate::workflow::Workspace;

use super::dependents::dependents;
use super::look::Seen;

/// Characters of a reason that stand in a commit's message.
const LONGEST: usize = 500;

/// What would take it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Revert {
    /// This commit, on top of the base branch as it is.
    Commit(ObjectId),
    /// Nothing: the base branch is as it would be.
    Nothing,
    /// It conflicts, at these paths.
    Conflict(Vec<RepoPath>),
    /// These came since, and import the module by its new name: they would break.
    Dependents(Vec<RepoPath>),
}

impl Revert {
    /// What keeps it from being made, where something does.
    pub fn paths(&self) -> Option<&[RepoPath]> {
        match self {
            Self::Conflict(paths) | Self::Dependents(paths) => Some(paths),
            Self::Commit(_) | Self::Nothing => None,
        }
    }
}

fn change(it: &Rollback) -> Change {
    Change {
        before: it.decided.before,
        after: it.decided.after,
    }
}

/// The commit that takes it back. The copy of the log stays as it is: it only grows.
pub(super) fn revert(ws: &Workspace, seen: &Seen, it: &Rollback) -> Result<Revert, RepoError> {
    let repo = ws.repo();
    let keep = [seen.desk.authority.log_copy.clone()];
    let moved = (&it.to, &it.from);
    let made = revert::applied(repo, change(it).back(), moved, seen.base, &keep)?;
    Ok(match made {
        Made::Conflict(paths) => Revert::Conflict(paths),
        Made::Tree(tree) if tree == revert::tree_of(repo, seen.base)? => Revert::Nothing,
        Made::Tree(tree) => {
            let title = format!("Roll back {} to {}", shown(&it.to), shown(&it.from));
            let said = format!(
                "This takes back {}, as decided by {}: {}",
                it.decided.merge,
                text::visible(&it.decided.by),
                one_line(&it.decided.why)
            );
            let commit = revert::commit(repo, tree, seen.base, &words(it, &title, &said))?;
            match dependents(ws, seen, it, commit)? {
                found if found.is_empty() => Revert::Commit(commit),
                found => Revert::Dependents(found),
            }
        }
    })
}

/// The commit that brings the module back, for the fix to go on top of it; `Err`: paths
/// that conflict. It stands on the commit that took it back.
pub(super) fn hotfix(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
    on: ObjectId,
) -> Result<Result<ObjectId, Vec<RepoPath>>, RepoError> {
    let repo = ws.repo();
    let ours = it
        .prepared
        .as_ref()
        .filter(|prepared| prepared.commit == on);
    let tree = match ours {
        Some(prepared) => revert::tree_of(repo, prepared.base)?,
        None => {
            let keep = [seen.desk.authority.log_copy.clone()];
            match revert::applied(repo, change(it), (&it.from, &it.to), on, &keep)? {
                Made::Tree(tree) => tree,
                Made::Conflict(paths) => return Ok(Err(paths)),
            }
        }
    };
    let title = format!("Bring {} back, for a fix", shown(&it.to));
    let said = format!(
        "This takes back {on}, which rolled it back: without it a merge of the old branch would \
         bring nothing. The fix goes on top; merging this branch brings the module back."
    );
    let commit = revert::commit(repo, tree, on, &words(it, &title, &said))?;
    Ok(Ok(commit))
}

fn words(it: &Rollback, title: &str, said: &str) -> Words {
    Words {
        message: format!("{title}\n\n{said}\n\nRollback-Of: {}\n", it.promotion),
        name: "countersign".into(),
        email: "countersign@localhost".into(),
        time: it.decided.at,
    }
}

/// Since which of its own commits the base branch is as it was; `None`: it is not, or it
/// is gone from both places.
pub(super) fn back(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
) -> Result<Option<ObjectId>, RepoError> {
    let repo = ws.repo();
    let is = |commit: ObjectId| -> Result<bool, RepoError> {
        let git = repo.open_git()?;
        let there = |commit: ObjectId, path: &RepoPath| tree::entry(&git, commit, path);
        Ok(there(commit, &it.to)?.is_none()
            && there(commit, &it.from)?.is_some() == there(it.decided.before, &it.from)?.is_some())
    };
    if !is(seen.base)? {
        return Ok(None);
    }
    if let Some(prepared) = &it.prepared
        && revert::holds(repo, seen.base, prepared.commit)?
    {
        return Ok(Some(prepared.commit));
    }
    let mut since = None;
    let mut parent = None;
    for commit in &seen.line {
        // Before the merge it was so, too.
        if *commit == it.decided.merge || !is(*commit)? {
            parent = Some(*commit);
            break;
        }
        since = Some(*commit);
    }
    let (Some(since), Some(parent)) = (since, parent) else {
        return Ok(None);
    };
    // Something else of that name may stand there by now.
    let git = repo.open_git()?;
    let there = |commit: ObjectId, path: &RepoPath| tree::entry(&git, commit, path);
    let is = there(since, &it.from)?;
    let was = [there(parent, &it.to)?, there(it.decided.before, &it.from)?];
    Ok((is.is_none() || was.contains(&is)).then_some(since))
}

/// What the branches for fixes begin with.
pub(super) const HOTFIX: &str = "hotfix";

/// True for the name of a branch for a fix.
pub fn is_fix(name: &str) -> bool {
    name.split_once('/').is_some_and(|it| it.0 == HOTFIX)
}

/// The name of a branch for it: `hotfix/fees-20261127`.
pub(super) fn branch(ws: &Workspace, it: &Rollback, before: &str) -> String {
    let short = ws.config().below_lane(&it.from);
    let day = jiff::Timestamp::from_second(it.decided.at).unwrap_or_default();
    let template = format!("{before}/{{module}}-{{date}}");
    branch_name::fill(&template, &short, &day.strftime("%Y%m%d").to_string())
}

fn shown(path: &RepoPath) -> String {
    text::visible(&path.to_text()).into_owned()
}

/// Somebody's words in one line, of bounded length.
pub(super) fn one_line(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let line = text::visible(&words.join(" ")).into_owned();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} …", &line[..at]),
        None => line,
    }
}

/// Makes the objects of the branch for the fix again, where another machine made it;
/// `false` where what came of it is another commit.
pub(super) fn hotfix_objects(
    ws: &Workspace,
    seen: &Seen,
    it: &Rollback,
) -> Result<bool, RepoError> {
    let (Some(reverted), Some(open)) = (&it.reverted, &it.hotfix) else {
        return Ok(false);
    };
    if ws
        .repo()
        .open_git()?
        .find_commit(tree::oid(open.commit))
        .is_ok()
    {
        return Ok(true);
    }
    let made = hotfix(ws, seen, it, reverted.commit)?;
    Ok(made == Ok(open.commit))
}
