//! What a promotion means for the rest of the repository: who imports the module,
//! what it imports across lanes, what the move rewrites and what it leaves.

use crate::promotion::impact::Impact;
use crate::promotion::{Module, RepoPath};
use crate::repo::RepoError;

use super::Workspace;

/// Reads it. `to` is where the module will be; by default its place in the first
/// target lane. With `shims` the old name goes on working for who is left. Blocks.
pub fn impact(
    ws: &Workspace,
    module: &Module,
    to: Option<RepoPath>,
    shims: bool,
) -> Result<Impact, RepoError> {
    let _ = (ws, to, shims);
    Err(RepoError::NoSuchModule {
        name: module.name(),
        revision: String::new(),
        hint: String::new(),
    })
}
