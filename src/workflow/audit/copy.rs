//! The copy of the log that each promotion leaves on the base branch: whoever cuts or
//! rewrites the log would have to rewrite the base branch as well.

use crate::repo::RepoError;
use crate::workflow::Workspace;
use crate::workflow::sign_off::Authority;

use super::{Log, Problem};

/// What is wrong with the log by the copy on the base branch; `None` where it begins with
/// it, where there is no copy, and where there is no log here at all.
pub(super) fn problem(
    ws: &Workspace,
    authority: &Authority,
    log: &Log,
) -> Result<Option<Problem>, RepoError> {
    let repo = ws.repo();
    let path = &authority.log_copy;
    let Some(entry) = repo.entry(authority.commit, path)? else {
        return Ok(None);
    };
    if log.tip.is_none() || !entry.mode.is_file() {
        return Ok(None);
    }
    let copy = repo.read_blob(entry.id)?;
    let mut rest = copy.as_slice();
    for entry in &log.entries {
        if rest.is_empty() {
            break;
        }
        match rest.strip_prefix(entry.line.as_ref()) {
            Some(behind) => rest = behind,
            None => {
                return Ok(Some(Problem::Copy {
                    path: path.clone(),
                    branch: authority.branch().to_owned(),
                    position: entry.position,
                }));
            }
        }
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let size = copy.iter().filter(|b| **b == b'\n').count() as u64;
    Ok(Some(match authority.remote {
        Some(_) => Problem::Behind {
            size,
            there: log.head.size,
        },
        None => Problem::Copy {
            path: path.clone(),
            branch: authority.branch().to_owned(),
            position: log.head.size,
        },
    }))
}
