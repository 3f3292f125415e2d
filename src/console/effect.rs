//! What `update` wants done. Effects are data; workers carry them out.

use super::diff;
use super::event::Generation;
use crate::promotion::{Evidence, ModuleId, RepoPath};
use std::sync::Arc;

/// Something to do outside the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Leave the console.
    Quit,
    /// Go back to the shell until continued.
    Suspend,
    /// Forget what is on the screen and draw all of it again.
    Redraw,
    /// Read modules, then facts and gate states.
    Load {
        /// Results of earlier generations are unwanted from now on.
        generation: Generation,
    },
    /// Read the gate states of these modules again.
    States {
        /// Of the current load.
        generation: Generation,
        /// Which.
        ids: Vec<ModuleId>,
    },
    /// Read everything known of one module.
    Dossier {
        /// The newest request wins.
        generation: Generation,
        /// Which.
        id: ModuleId,
    },
    /// Run the gates.
    Check {
        /// Its number.
        run: u64,
        /// On which module.
        module: RepoPath,
    },
    /// End a run.
    CancelCheck {
        /// Its number.
        run: u64,
    },
    /// Read what the tools of an evidence wrote.
    Raw {
        /// The newest request wins.
        generation: Generation,
        /// Of this evidence.
        evidence: Arc<Evidence>,
    },
    /// Open a file of the work tree in the person's editor.
    Edit {
        /// The file.
        path: RepoPath,
        /// The line, from 1; 0 for none.
        line: u32,
        /// The column, from 1; 0 for none.
        column: u32,
    },
    /// For the diff pane's worker.
    Diff(diff::Request),
    /// Nobody looks at the diff any more: drop what is being worked out for it.
    DropDiff,
}
