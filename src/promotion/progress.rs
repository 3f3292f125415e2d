//! What running gates tell those who watch.

use std::sync::Arc;

use super::{Evidence, GateId, RepoPath};

/// Something happened to a run of gates on one module.
#[derive(Clone, Debug)]
pub struct GateEvent {
    /// The module.
    pub module: RepoPath,
    /// The gate; `None` for what concerns the whole run.
    pub gate: Option<GateId>,
    /// What happened.
    pub kind: GateEventKind,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum GateEventKind {
    /// Making ready (export, tools): what, and how far if it is known (0 to 1).
    Preparing {
        /// In words: "exporting 1f2e…", "installing mypy 2.4".
        what: String,
        /// 0 to 1.
        done: Option<f32>,
    },
    /// The gate waits for others or for a place.
    Queued,
    /// A tool was started.
    Started {
        /// Its command, as it would be typed.
        command: String,
    },
    /// A line a tool wrote: untouched, hostile until shown through `text::visible`.
    Output(String),
    /// The gate is done.
    Finished {
        /// Its evidence.
        evidence: Arc<Evidence>,
        /// True where it was found and nothing had to run.
        cached: bool,
    },
    /// The whole run is over.
    Done,
}
