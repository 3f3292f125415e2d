//! Gate 1 spread over many jobs: a plan of cells, each run by itself, and what
//! they left joined to the report that one machine would have made.
//!
//! Everything is bound to one commit: the plan follows from it, each cell says
//! of which plan it is, and each evidence's key is made again from the
//! repository. What digests cannot show is whether a cell that was run by
//! somebody else's rules tells the truth: see `docs/ci.md`.

mod artifact;
mod cell;
mod collect;
mod plan;
mod workflow;

use std::io;
use std::path::PathBuf;

use super::report::WriteError;
use super::select::SelectError;
use super::validate::CheckError;

pub use cell::{refuse_unless_empty, write as write_cell};
pub use collect::{Collected, Problem, collect};
pub use plan::{Cell, Matrix, Plan, PlanDocument, plan};
pub use workflow::{Workflow, WorkflowError, write as write_workflow};

/// Why there is no plan, or no cell.
#[derive(Debug, thiserror::Error)]
pub enum CiError {
    /// Which modules are meant.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The gates.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The result.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Jobs see commits only.
    #[error(
        "countersign.toml is not as it is committed, and jobs elsewhere see only the commit: \
         commit it first"
    )]
    Uncommitted,
    /// A file that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is no plan.
    #[error("{} is no plan of `countersign ci plan`: {why}", path.display())]
    NoPlan {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A plan that this repository does not give.
    #[error("the plan is not the one that this repository gives here: {0}. Plan again")]
    Foreign(String),
    /// A cell that is not in the plan.
    #[error("the plan has no cell {0:?}")]
    NoSuchCell(String),
    /// Too few cells allowed.
    #[error("{groups} gate groups do not fit into {most} cell(s): allow at least {groups}")]
    TooFew {
        /// How many groups there are.
        groups: usize,
        /// How many cells are allowed.
        most: usize,
    },
    /// What a tool wrote is gone.
    #[error(
        "{module}, {gate}: what its tools wrote is not in the cache any more. Run the cell with \
         --no-cache"
    )]
    Gone {
        /// The module.
        module: String,
        /// The gate.
        gate: String,
    },
    /// Something that cannot be written as JSON.
    #[error("this cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CiError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Select(error) => error.is_usage(),
            Self::Check(error) => error.is_usage(),
            Self::Write(error) => error.is_usage(),
            Self::Gone { .. } | Self::Json(_) => false,
            _ => true,
        }
    }
}
