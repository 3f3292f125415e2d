//! Phase 3, Promote: a module goes into its target lane, with everything that names it.
//!
//! `plan` says what would be done, to the last byte, and why it may not be: only what is
//! signed off, and fresh, is moved. `prove` makes the commits aside, where no reference
//! names them, and runs smoke test and gates on the result. `Proven::land` puts them onto
//! the promotion branch with one swap of its reference. Nobody but a person merges it.

mod branches;
mod collisions;
mod error;
mod links;
mod merged;
mod owners;
mod papers;
mod plan;
mod prove;
mod record;
mod shims;
mod smoke;

use std::fmt;

use crate::promotion::impact::{Class, Impact, Reference};
use crate::promotion::review::Seen;
use crate::promotion::{GateId, ObjectId, Relocation, RepoPath, text};
use crate::repo::Mode;
use crate::repo::diff::{FileDiff, ModuleDiff};

pub use branches::{Branch, branches, elsewhere, named};
pub use error::PromoteError;
pub use merged::{Courses, Merged, Promoted, Promotion, find, merged, promotions};
pub(in crate::workflow) use papers::scorecard_at;
pub use plan::{Request, plan};
pub use prove::{Proven, Verdict, prove};
pub use record::{record_merge, record_promotion};
pub use smoke::Smoke;
pub(in crate::workflow) use smoke::of as smoke_of;

/// Everything that a promotion would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The module: from where, to where.
    pub relocation: Relocation,
    /// The commit it is planned on.
    pub head: ObjectId,
    /// The branch that gets the commits.
    pub branch: String,
    /// True where that branch is made.
    pub makes_branch: bool,
    /// Why it may not be done, in words; empty where it may.
    pub blocked: Vec<String>,
    /// What is to be known.
    pub notices: Vec<String>,
    /// What is moved as it is, whole: the module, and documents beside it.
    pub moves: Vec<(RepoPath, RepoPath)>,
    /// Each file of that, before and after.
    pub files: Vec<(RepoPath, RepoPath)>,
    /// What is written, by its path after the move.
    pub writes: Vec<Write>,
    /// What a person has to see to.
    pub left: Vec<Left>,
    /// What tries the result.
    pub smoke: Smoke,
    /// The gates that have to hold again.
    pub stages: Vec<GateId>,
    /// The tests of the module, where they are after the move.
    pub tests: Vec<RepoPath>,
    /// How much of the audit log goes along, and its root.
    pub log: Seen,
    /// Where that copy goes.
    pub log_path: RepoPath,
    /// Who names the module, and what is rewritten.
    pub impact: Impact,
}

/// Why a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It names the module.
    Imports,
    /// A link that leads into the module, or out of it.
    Link,
    /// A package that the module lies in now.
    Package,
    /// The old name goes on working.
    Shim,
    /// The changelog.
    Changelog,
    /// The transparency scorecard.
    Scorecard,
    /// CODEOWNERS.
    Owners,
    /// The copy of the audit log.
    Log,
}

impl Why {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Imports => "imports rewritten",
            Self::Link => "link follows",
            Self::Package => "package made",
            Self::Shim => "old name kept",
            Self::Changelog => "changelog note",
            Self::Scorecard => "scorecard entry",
            Self::Owners => "owners follow",
            Self::Log => "copy of the audit log",
        }
    }
}

/// A file that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where, after the move.
    pub path: RepoPath,
    /// Why.
    pub why: Why,
    /// What it is.
    pub mode: Mode,
    /// What it held; `None`: it is new.
    pub before: Option<Vec<u8>>,
    /// What it will hold.
    pub after: Vec<u8>,
}

/// Something a person has to see to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Left {
    /// Where.
    pub path: RepoPath,
    /// The line, from 1; 0: the file as a whole.
    pub line: u32,
    /// What, and why nobody else can.
    pub why: String,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.why),
            line => write!(f, "{}:{line}: {}", self.path, self.why),
        }
    }
}

impl From<&Reference> for Left {
    fn from(reference: &Reference) -> Self {
        let why = match reference.why.as_str() {
            "" => format!("names {}", reference.name),
            why => format!("{} ({})", why, reference.name),
        };
        Self {
            path: reference.path.clone(),
            line: reference.line,
            why,
        }
    }
}

impl Plan {
    /// What is moved, in words.
    pub fn moves(&self) -> String {
        let how = if self.files.len() == 1 {
            "as it is"
        } else {
            "as they are"
        };
        format!("{}, {how}", text::counted(self.files.len(), "file"))
    }

    /// True where nothing speaks against it.
    pub fn may(&self) -> bool {
        self.blocked.is_empty()
    }

    /// What is written, as a diff; without the copy of the log.
    pub fn diff(&self) -> ModuleDiff {
        let shown = self.writes.iter().filter(|it| it.why != Why::Log);
        let files = shown.map(|it| {
            let before = it.before.as_deref().unwrap_or_default();
            FileDiff::of_texts(&it.path, it.mode, before, &it.after)
        });
        ModuleDiff {
            left: format!("{} after the move", self.relocation.to),
            right: format!("{} as it is promoted", self.relocation.to),
            left_path: self.relocation.to.clone(),
            right_path: self.relocation.to.clone(),
            files: files.collect(),
        }
    }

    /// How many places are rewritten.
    pub fn rewritten(&self) -> usize {
        self.impact.count(Class::Rewritten)
    }
}
