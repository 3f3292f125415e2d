//! The branch of a promotion at the remote, with the user's own git: a plain push of
//! that one branch, never forced.

use crate::promotion::ObjectId;
use crate::workflow::Workspace;
use crate::workflow::audit::remote::{git, words};

use super::PullRequestError;

/// Sends a branch. `false`: the remote had it.
pub(super) fn push(
    ws: &Workspace,
    remote: &str,
    branch: &str,
    commit: ObjectId,
) -> Result<bool, PullRequestError> {
    let wrong = |why: String| PullRequestError::Push {
        branch: branch.to_owned(),
        remote: remote.to_owned(),
        why,
    };
    let refspec = format!("{commit}:refs/heads/{branch}");
    let done = git(
        ws.repo().common_dir(),
        &[
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--",
            remote,
            &refspec,
        ],
    )
    .map_err(wrong)?;
    let out = String::from_utf8_lossy(&done.stdout);
    if done.status.success() {
        return Ok(!out.lines().any(|line| line.starts_with('=')));
    }
    let refused = out.lines().find(|line| line.starts_with('!'));
    let why = match refused {
        Some(line) if line.contains("[rejected]") => {
            "somebody pushed other commits there. Fetch, and look at them".to_owned()
        }
        Some(line) => words(line.rsplit('\t').next().unwrap_or(line)),
        None => words(&String::from_utf8_lossy(&done.stderr)),
    };
    Err(wrong(why))
}
