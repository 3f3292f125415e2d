//! Where the commit that is looked at says otherwise than the base branch.

use crate::config::project::FILE_NAME;
use crate::promotion::RepoPath;
use crate::repo::merge_base;
use crate::workflow::Workspace;

use super::{Authority, AuthorityError};

/// A file of policy that the commit looked at has otherwise than the base branch. What
/// it says there does not count; and a change that it makes cannot be promoted along
/// with a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// `countersign.toml`, the keyring, or the directory of checklists.
    pub path: RepoPath,
    /// True where this branch changed it; else the base branch did, since they parted.
    pub changed_here: bool,
}

impl Departure {
    /// In words, to follow what it is told of.
    pub fn words(&self, base: &str) -> String {
        let path = &self.path;
        match self.changed_here {
            true => format!("{path} is changed on this branch: that of {base} counts"),
            false => format!("{path} is older than that of {base}, which counts"),
        }
    }
}

/// What the commit that is looked at has otherwise than the base branch.
pub fn departures(ws: &Workspace, authority: &Authority) -> Result<Vec<Departure>, AuthorityError> {
    let repo = ws.repo();
    let Some(head) = ws.commit() else {
        return Ok(Vec::new());
    };
    let parted = merge_base::merge_base(repo, head, authority.commit)?;
    let mut found = Vec::new();
    for path in [
        &RepoPath::from(FILE_NAME),
        &authority.keyring_path,
        &authority.checklists_path,
    ] {
        let here = repo.entry(head, path)?;
        if here == repo.entry(authority.commit, path)? {
            continue;
        }
        let before = match parted {
            Some(parted) => repo.entry(parted, path)?,
            None => None,
        };
        found.push(Departure {
            path: path.clone(),
            changed_here: here != before,
        });
    }
    Ok(found)
}
