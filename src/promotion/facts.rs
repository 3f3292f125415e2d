//! What is known of a module beside its content.

use serde::{Deserialize, Serialize};

use super::{ObjectId, RepoPath};

/// Where an owner's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerSource {
    /// `countersign.toml`.
    Config,
    /// The repository's CODEOWNERS.
    Codeowners,
    /// Who wrote most of its recent commits: a hint, not an assignment.
    History,
}

/// Who answers for a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// `@handle`, `@org/team`, an e-mail address or a name.
    pub name: String,
    /// Where that comes from.
    pub source: OwnerSource,
}

/// The last commit that touched a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// The commit.
    pub commit: ObjectId,
    /// Its author's name.
    pub author: String,
    /// Author time, seconds since 1970 UTC.
    pub time: i64,
    /// The first line of its message.
    pub summary: String,
}

/// Why a test file counts as a module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestReason {
    /// Named in `countersign.toml`.
    Config,
    /// It imports the module.
    Import,
    /// It names the module or one of its files in a string.
    Text,
    /// Its path mirrors the module's.
    Path,
}

/// A test file of a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TestLink {
    /// The test file.
    pub path: RepoPath,
    /// Why it counts.
    pub reason: TestReason,
}

/// What is known of one module beside its content. Filled in as it becomes
/// known: `None` and empty mean "not known (yet)", see [`Facts::complete`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The last commit that touched it.
    pub last_change: Option<Change>,
    /// Its test files, sorted by path.
    pub tests: Vec<TestLink>,
    /// True where the work tree differs from the revision within it.
    pub uncommitted: bool,
    /// True once every field above has been looked up.
    pub complete: bool,
}
