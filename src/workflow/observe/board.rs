//! What a watcher reads of the repository once for many rounds.

use super::ObserveError;
use super::standing::{Board, Standing};
use crate::promotion::Sha256;
use crate::repo::RepoError;
use crate::workflow::Workspace;
use crate::workflow::sign_off::Desk;

/// The base branch, the log, and the promotions, as long as no reference moves.
pub(super) struct Ground {
    pub desk: Desk,
    board: Board,
    references: Sha256,
}

impl Ground {
    /// Reads it.
    pub fn read(ws: &Workspace) -> Result<Self, ObserveError> {
        // Before, so that what moves meanwhile is read again.
        let references = references(ws)?;
        let desk = Desk::open(ws)?;
        Ok(Self {
            board: Board::read(ws, &desk)?,
            desk,
            references,
        })
    }

    /// True where nothing moved since.
    pub fn is_current(&self, ws: &Workspace) -> Result<bool, ObserveError> {
        Ok(self.references == references(ws)?)
    }

    /// How each promotion stands as of `now`.
    pub fn standings(&self, now: i64) -> Vec<Standing> {
        self.board.standings(&self.desk, now)
    }
}

/// A digest of every reference.
fn references(ws: &Workspace) -> Result<Sha256, RepoError> {
    let git = ws.repo().open_git()?;
    let failed = || RepoError::git("read the references");
    let mut all = Vec::new();
    for reference in git.references().map_err(failed())? {
        let reference = reference.map_err(failed())?;
        all.extend_from_slice(reference.name_bytes());
        all.push(0);
        match (reference.target(), reference.symbolic_target_bytes()) {
            (Some(id), _) => all.extend_from_slice(id.as_bytes()),
            (None, Some(name)) => all.extend_from_slice(name),
            (None, None) => {}
        }
        all.push(0);
    }
    Ok(Sha256::of(&all))
}
