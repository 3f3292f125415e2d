//! (being written) The exact tree of a commit, written to a directory.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::promotion::{ObjectId, RepoPath};

use super::{Repo, RepoError};

/// What an export wrote, and what it could not write as it is in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// Files and links written.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Links whose target lies outside the tree: written as plain files that hold the target's text.
    pub neutralised: Vec<RepoPath>,
    /// Submodules: written as empty directories.
    pub submodules: Vec<RepoPath>,
    /// Files whose content the repository does not have (a partial clone): not written.
    pub missing: Vec<RepoPath>,
}

/// Writes the tree of `commit` to `dest`, which must not exist yet.
pub fn export(
    _repo: &Repo,
    _commit: ObjectId,
    dest: &Path,
    _progress: &mut dyn FnMut(usize, usize),
    _cancel: &CancellationToken,
) -> Result<ExportSummary, RepoError> {
    Err(RepoError::io("write", dest)(
        std::io::ErrorKind::Unsupported.into(),
    ))
}
