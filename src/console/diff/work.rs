//! What takes time: done on a worker, and sent back.

use std::sync::Arc;

use super::highlight::{self, Colours, Resume};
use crate::console::event::Generation;
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::Workspace;
use crate::workflow::compare::{self, Against, Lines, ModuleDiff, Side, Spaces};

/// Work for the diff pane, done by [`execute`] on a blocking worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub(super) generation: Generation,
    pub(super) work: Work,
}

impl Request {
    /// True where nothing that was asked for before is wanted any more.
    pub fn supersedes(&self) -> bool {
        matches!(self.work, Work::Open { .. } | Work::Compare { .. })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Work {
    /// Find what the module can be compared with, and compare it with the first: what
    /// it was in that commit, where one is given.
    Open {
        module: RepoPath,
        since: Option<ObjectId>,
    },
    /// Compare it with that.
    Compare {
        ask: u64,
        module: RepoPath,
        against: Against,
        spaces: Spaces,
    },
    /// Colour a stretch of lines.
    Colour {
        ask: u64,
        file: usize,
        side: Side,
        path: RepoPath,
        lines: Arc<Lines>,
        from: usize,
        resume: Option<Resume>,
    },
}

/// What came of a [`Request`].
#[derive(Debug)]
pub struct Reply {
    pub(super) generation: Generation,
    pub(super) done: Done,
}

#[derive(Debug)]
pub(super) enum Done {
    Opened(Result<(Vec<Against>, Arc<ModuleDiff>), String>),
    Compared {
        ask: u64,
        result: Result<Arc<ModuleDiff>, String>,
    },
    Coloured {
        ask: u64,
        file: usize,
        side: Side,
        from: usize,
        result: Option<Box<(Colours, Resume)>>,
    },
}

/// Does the work. Blocking; `cancelled` turns true when nobody wants the result.
pub fn execute(ws: &Workspace, request: Request, cancelled: &dyn Fn() -> bool) -> Reply {
    let compare = |module: &RepoPath, against: &Against, spaces: Spaces| {
        compare::compare_unless(ws, module, against, spaces, cancelled)
            .map(Arc::new)
            .map_err(|e| e.to_string())
    };
    let done = match request.work {
        Work::Open { module, since } => Done::Opened(
            compare::against_choices(ws, &module)
                .map_err(|e| e.to_string())
                .and_then(|mut choices| {
                    choices.splice(0..0, since.map(Against::At));
                    let first = choices.first().unwrap_or(&Against::Base);
                    let diff = compare(&module, first, Spaces::Count)?;
                    Ok((choices, diff))
                }),
        ),
        Work::Compare {
            ask,
            module,
            against,
            spaces,
        } => Done::Compared {
            ask,
            result: compare(&module, &against, spaces),
        },
        Work::Colour {
            ask,
            file,
            side,
            path,
            lines,
            from,
            resume,
        } => Done::Coloured {
            ask,
            file,
            side,
            from,
            result: highlight::stretch(&path, &lines, from, resume, cancelled).map(Box::new),
        },
    };
    Reply {
        generation: request.generation,
        done,
    }
}
