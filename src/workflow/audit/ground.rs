//! What reading and writing a log stand on: where it is, and whose keys count.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::promotion::Sha256;
use crate::promotion::review::decision::Repository;
use crate::review::Keyring;
use crate::workflow::sign_off::Authority;
use crate::workflow::{Workspace, dirs, sign_off};

use super::AuditError;

/// Where a repository's log is, and what its lines are held against.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The git directory that all work trees share.
    pub git_dir: PathBuf,
    /// The log's branch: `promotion-audit`.
    pub branch: String,
    /// The remote it is shared by.
    pub remote: Option<String>,
    /// The repository: what was signed for another counts for nothing.
    pub repository: Repository,
    /// The keyrings that ever stood on the base branch.
    pub keyrings: BTreeMap<Sha256, Arc<Keyring>>,
    /// Where it is kept what was seen of logs; `None`: nowhere.
    pub state: Option<PathBuf>,
}

impl Ground {
    /// That of a repository, by its base branch.
    pub fn of(ws: &Workspace, authority: &Authority) -> Result<Self, AuditError> {
        Ok(Self {
            git_dir: ws.repo().common_dir().to_owned(),
            branch: authority.audit_branch.clone(),
            remote: authority.remote.clone(),
            repository: authority.repository.clone(),
            keyrings: sign_off::authority::keyrings(ws, authority)
                .map_err(|error| AuditError::Authority(Box::new(error)))?,
            state: dirs::data_dir().ok().map(|data| data.join("audit")),
        })
    }
}
