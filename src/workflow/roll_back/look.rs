//! What is there now: the log, the base branch, and whether somebody stopped everything.

use crate::promotion::ObjectId;
use crate::promotion::rollback::Rollback;
use crate::repo::tree::{object_id, oid};
use crate::repo::{RepoError, line};
use crate::workflow::Workspace;
use crate::workflow::audit::{self, Ground, Shared};
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::{Authority, Desk};

use super::{RollBackError, status};

/// While a branch of that name is there, here or at the remote, nothing goes on without
/// a person.
pub const SWITCH: &str = "countersign/no-rollback";
/// While this is set nothing goes on without a person on this machine.
pub const VARIABLE: &str = "COUNTERSIGN_NO_ROLLBACK";

/// What is there now.
pub(super) struct Seen {
    /// Policy, keyring and log, as they are now.
    pub desk: Desk,
    /// What writing to the log stands on.
    pub ground: Ground,
    /// The tip of the base branch: of the remote, where the log is shared.
    pub base: ObjectId,
    /// Its commits, newest first.
    pub line: Vec<ObjectId>,
    /// How far it has come.
    pub story: Option<Rollback>,
    /// Why nothing may go on without a person, in words.
    pub stopped: Option<String>,
}

impl Seen {
    /// The base branch, in full.
    pub fn base_ref(&self) -> &str {
        &self.desk.authority.base_ref
    }

    /// Without `refs/heads/`.
    pub fn branch(&self) -> &str {
        self.desk.authority.branch()
    }
}

/// Asks the remote, where there is one, and brings the log there and here together.
pub(super) fn fresh(
    ws: &Workspace,
    authority: &Authority,
    promotion: &Promotion,
) -> Result<Seen, RollBackError> {
    if let Some(remote) = &authority.remote {
        fetch(ws, authority, remote)?;
        let ground = Ground::of(ws, authority)?;
        match audit::share_at(&ground)? {
            Shared::Yes | Shared::Alone => {}
            Shared::NotYet(why) => {
                return Err(RollBackError::Remote {
                    remote: remote.clone(),
                    why,
                });
            }
        }
    }
    here(ws, promotion)
}

/// The same for who only looks: the log here is left as it is.
pub(super) fn look_only(
    ws: &Workspace,
    authority: &Authority,
    promotion: &Promotion,
) -> Result<Seen, RollBackError> {
    if let Some(remote) = &authority.remote {
        fetch(ws, authority, remote)?;
    }
    here(ws, promotion)
}

/// The same from what was brought before.
fn here(ws: &Workspace, promotion: &Promotion) -> Result<Seen, RollBackError> {
    let desk = Desk::open(ws)?;
    if let Some(why) = desk.log.broken() {
        return Err(RollBackError::Log(why));
    }
    let authority = &desk.authority;
    let at = |name: &str| match &authority.remote {
        Some(remote) => format!("refs/remotes/{remote}/{name}"),
        None => format!("refs/heads/{name}"),
    };
    let base = tip(ws, &at(authority.branch()))?;
    let base = base.ok_or_else(|| RollBackError::NotMerged {
        module: promotion.from.clone(),
        base: at(authority.branch()),
    })?;
    let stopped = stopped(ws, authority, &at(SWITCH))?;
    Ok(Seen {
        ground: Ground::of(ws, authority)?,
        line: line::commits(ws.repo(), base)?,
        base,
        story: status::of(&desk.log.records(), promotion),
        stopped,
        desk,
    })
}

fn stopped(
    ws: &Workspace,
    authority: &Authority,
    switch: &str,
) -> Result<Option<String>, RepoError> {
    if std::env::var_os(VARIABLE).is_some_and(|it| !it.is_empty()) {
        return Ok(Some(format!(
            "{VARIABLE} is set: rollbacks are stopped here"
        )));
    }
    for place in [switch, &format!("refs/heads/{SWITCH}")] {
        if tip(ws, place)?.is_some() {
            return Ok(Some(format!(
                "the branch {SWITCH} is there: all rollbacks are stopped"
            )));
        }
    }
    Ok((!authority.rollback.enabled).then(|| {
        format!(
            "countersign.toml on {} says rollback.enabled = false",
            authority.branch()
        )
    }))
}

/// The commit of a reference; `None` where it is not there.
pub(super) fn tip(ws: &Workspace, reference: &str) -> Result<Option<ObjectId>, RepoError> {
    let git = ws.repo().open_git()?;
    match git.find_reference(reference) {
        Ok(found) => {
            let commit = found.peel_to_commit();
            let commit = commit.map_err(RepoError::git(format!("read {reference}")))?;
            Ok(Some(object_id(commit.id())))
        }
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(RepoError::git(format!("read {reference}"))(error)),
    }
}

/// Brings the base branch and the switch of the remote.
fn fetch(ws: &Workspace, authority: &Authority, remote: &str) -> Result<(), RollBackError> {
    let wrong = |why: String| RollBackError::Remote {
        remote: remote.to_owned(),
        why,
    };
    let known = ws.repo().open_git()?.find_remote(remote).is_ok();
    if remote.starts_with('-') || !known {
        return Err(wrong("git knows no such remote here".into()));
    }
    let branch = authority.branch();
    let base = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    let switch = format!("+refs/heads/countersign/*:refs/remotes/{remote}/countersign/*");
    let arguments = [
        "fetch",
        "--quiet",
        "--prune",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--no-recurse-submodules",
        "--",
        remote,
        &base,
        &switch,
    ];
    let done = audit::remote::git(ws.repo().common_dir(), &arguments).map_err(wrong)?;
    let said = String::from_utf8_lossy(&done.stderr);
    match done.status.success() || said.contains("cannot lock ref") {
        true => Ok(()),
        false => Err(wrong(audit::remote::words(&said))),
    }
}

/// Where branches of the remote that begin like that are, or those here where there is
/// none: their full names.
pub(super) fn branches(
    ws: &Workspace,
    authority: &Authority,
    begins: &str,
) -> Result<Vec<(String, ObjectId)>, RollBackError> {
    let pattern = format!("refs/heads/{begins}*");
    let Some(remote) = &authority.remote else {
        let git = ws.repo().open_git()?;
        let wrong = || RepoError::git("read the branches");
        let mut found = Vec::new();
        for reference in git.references_glob(&pattern).map_err(wrong())? {
            let reference = reference.map_err(wrong())?;
            if let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) {
                found.push((name.to_owned(), object_id(commit.id())));
            }
        }
        return Ok(found);
    };
    let wrong = |why: String| RollBackError::Remote {
        remote: remote.clone(),
        why,
    };
    let arguments = ["ls-remote", "--heads", "--", remote, &pattern];
    let done = audit::remote::git(ws.repo().common_dir(), &arguments).map_err(wrong)?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(wrong(audit::remote::words(&said)));
    }
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let line = |line: &str| {
        let (id, name) = line.split_once('\t')?;
        Some((name.to_owned(), ObjectId::from_hex(id)?))
    };
    Ok(out.lines().filter_map(line).collect())
}

/// Brings a branch of the remote that somebody else made, so that it can be looked at.
pub(super) fn bring(
    ws: &Workspace,
    authority: &Authority,
    name: &str,
    commit: ObjectId,
) -> Result<(), RollBackError> {
    let has = ws.repo().open_git()?.find_commit(oid(commit)).is_ok();
    let Some(remote) = authority.remote.as_ref().filter(|_| !has) else {
        return Ok(());
    };
    let wrong = |why: String| RollBackError::Remote {
        remote: remote.clone(),
        why,
    };
    let short = name.strip_prefix("refs/heads/").unwrap_or(name);
    let refspec = format!("+{name}:refs/remotes/{remote}/{short}");
    let arguments = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--no-recurse-submodules",
        "--",
        remote,
        &refspec,
    ];
    let done = audit::remote::git(ws.repo().common_dir(), &arguments).map_err(wrong)?;
    match done.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&done.stderr);
            Err(wrong(audit::remote::words(&said)))
        }
    }
}
