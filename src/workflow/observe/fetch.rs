//! What a long-lived watcher asks remotes for: the base branch, and the log.

use crate::workflow::Workspace;
use crate::workflow::audit::{self, remote};
use crate::workflow::sign_off::Desk;

/// The remote that the base branch is read from, where there is one.
const ORIGIN: &str = "origin";

/// Brings what is new. What went wrong is told, and keeps nobody from what is here.
pub fn fetch(ws: &Workspace, desk: &Desk) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Err(why) = base(ws, desk) {
        wrong.push(why);
    }
    match audit::share(ws, &desk.authority) {
        Ok(audit::Shared::NotYet(why)) => wrong.push(format!("the audit log: {why}")),
        Ok(_) => {}
        Err(error) => wrong.push(error.to_string()),
    }
    wrong
}

/// The base branch, where it is one of `origin`. Only what the remote had is moved.
fn base(ws: &Workspace, desk: &Desk) -> Result<(), String> {
    let git = ws.repo().open_git().map_err(|error| error.to_string())?;
    if git.find_remote(ORIGIN).is_err() {
        return Ok(());
    }
    let branch = desk.authority.branch();
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{ORIGIN}/{branch}");
    let fetched = remote::git(
        ws.repo().common_dir(),
        &[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--",
            ORIGIN,
            &refspec,
        ],
    )?;
    match fetched.status.success() {
        true => Ok(()),
        false => Err(remote::words(&String::from_utf8_lossy(&fetched.stderr))),
    }
}
