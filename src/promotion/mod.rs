//! The domain: modules, criteria, evidence, stages. Pure: no I/O, no clock, no git.

pub mod api;
pub mod columns;
pub mod command;
pub mod coverage;
pub mod criterion;
pub mod dossier;
pub mod evidence;
pub mod facts;
pub mod finding;
pub mod gate;
pub mod lane;
pub mod marks;
pub mod module;
pub mod novelty;
pub mod object_id;
pub mod path;
pub mod policy;
pub mod progress;
pub mod renames;
pub mod report;
pub mod stage;
pub mod text;

pub use coverage::{Coverage, FileCoverage};
pub use criterion::Criterion;
pub use dossier::{Dossier, GateState};
pub use evidence::{Evidence, Interpreter, Isolation, Outcome, ToolExit, ToolRun};
pub use facts::{Change, Facts, Owner, OwnerSource, TestLink, TestReason};
pub use finding::{Finding, Novelty, Severity};
pub use gate::{GateId, GateStatus};
pub use lane::Lane;
pub use module::{Module, ModuleId, ModuleKind, ModuleTree};
pub use object_id::ObjectId;
pub use path::RepoPath;
pub use policy::Policy;
pub use progress::{GateEvent, GateEventKind};
pub use stage::Stage;
