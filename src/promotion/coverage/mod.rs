//! Coverage, in integers: percentages are computed here and never read from a tool.

mod compare;
mod ratio;
mod words;

use serde::{Deserialize, Serialize};

use super::RepoPath;

pub use compare::Pair;
pub use ratio::{Difference, Ratio};
pub use words::ranges;

/// Coverage of one function or method of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCoverage {
    /// `f`, `Class.method`; empty: what stands outside of functions.
    pub name: String,
    /// The line it begins on, from 1; 0 where it is not known.
    pub line: u32,
    /// Executable statements.
    pub statements: u32,
    /// Statements that ran.
    pub covered: u32,
    /// Branches there are.
    pub branches: u32,
    /// Branches that were taken.
    pub covered_branches: u32,
}

/// Coverage of one file of the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCoverage {
    /// The file. Of the merge-base: as it is called now, if it is still there.
    pub path: RepoPath,
    /// Of the merge-base: what it was called there, if otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<RepoPath>,
    /// Executable statements.
    pub statements: u32,
    /// Statements that ran.
    pub covered: u32,
    /// Branches there are.
    pub branches: u32,
    /// Branches that were taken.
    pub covered_branches: u32,
    /// Lines that hold statements which never ran, ascending, from 1.
    pub missing: Vec<u32>,
    /// Lines with a branch never taken, ascending, from 1.
    pub partial: Vec<u32>,
    /// Function by function, in the order of their lines; those without a
    /// statement are left out.
    #[serde(default)]
    pub functions: Vec<FunctionCoverage>,
}

/// Lines of one file that the merge-base did not have, or had otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// The file.
    pub path: RepoPath,
    /// How many lines were added or changed, blank ones and comments included.
    pub lines: u32,
    /// The statements they belong to.
    pub statements: u32,
    /// Those that ran.
    pub covered: u32,
    /// The lines of those that did not, ascending, from 1.
    pub missing: Vec<u32>,
}

/// The changed lines of a module, and how many of them ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Changed {
    /// File by file, sorted by path; files without a changed line are left out.
    Known {
        /// The files.
        files: Vec<ChangedFile>,
    },
    /// It cannot be said which lines changed.
    Unknown {
        /// Why.
        why: String,
    },
}

/// The same module at the merge-base, measured by the tests it had there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AtBase {
    /// It was measured, or nothing that it depends on has changed since.
    Known {
        /// File by file, sorted by path.
        files: Vec<FileCoverage>,
        /// What a reader has to know of it: tests that failed there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The module was not there.
    Absent,
    /// It could not be measured.
    Unknown {
        /// Why.
        why: String,
    },
}

/// How much of a test file reaches the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// The test file.
    pub path: RepoPath,
    /// Its tests that ran.
    pub tests: u32,
    /// Those that ran a line of the module.
    pub reached: u32,
}

/// Coverage of a module: every Python file of it, those never imported included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// File by file, sorted by path.
    pub files: Vec<FileCoverage>,
    /// The lines that changed since the merge-base.
    #[serde(default)]
    pub changed: Changed,
    /// The module at the merge-base.
    #[serde(default)]
    pub base: AtBase,
    /// The module's test files, sorted by path.
    #[serde(default)]
    pub tests: Vec<Reach>,
}

impl Default for Changed {
    fn default() -> Self {
        let why = "it was not looked for".into();
        Self::Unknown { why }
    }
}

impl Default for AtBase {
    fn default() -> Self {
        let why = "it was not measured".into();
        Self::Unknown { why }
    }
}

/// Covered and all of what has these four numbers.
fn ratio(statements: u32, covered: u32, branches: u32, covered_branches: u32) -> Ratio {
    Ratio {
        covered: u64::from(covered) + u64::from(covered_branches),
        total: u64::from(statements) + u64::from(branches),
    }
}

impl FunctionCoverage {
    /// Statements and branches together.
    pub fn ratio(&self) -> Ratio {
        ratio(
            self.statements,
            self.covered,
            self.branches,
            self.covered_branches,
        )
    }
}

impl FileCoverage {
    /// Statements and branches together.
    pub fn ratio(&self) -> Ratio {
        ratio(
            self.statements,
            self.covered,
            self.branches,
            self.covered_branches,
        )
    }
}

impl Changed {
    /// Of all changed lines together; `None` where they are not known.
    pub fn ratio(&self) -> Option<Ratio> {
        let Self::Known { files } = self else {
            return None;
        };
        let ratio = |file: &ChangedFile| Ratio {
            covered: file.covered.into(),
            total: file.statements.into(),
        };
        Some(files.iter().map(ratio).sum())
    }

    /// The changed lines of a file.
    pub fn file(&self, path: &RepoPath) -> Option<&ChangedFile> {
        match self {
            Self::Known { files } => files.iter().find(|file| file.path == *path),
            Self::Unknown { .. } => None,
        }
    }
}

impl AtBase {
    /// Of the whole module; `None` where it was not there or is not known.
    pub fn ratio(&self) -> Option<Ratio> {
        match self {
            Self::Known { files, .. } => Some(files.iter().map(FileCoverage::ratio).sum()),
            Self::Absent | Self::Unknown { .. } => None,
        }
    }

    fn files(&self) -> &[FileCoverage] {
        match self {
            Self::Known { files, .. } => files,
            Self::Absent | Self::Unknown { .. } => &[],
        }
    }
}
