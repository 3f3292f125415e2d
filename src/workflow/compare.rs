//! A module beside what it was, or what it will replace.

use serde::Serialize;

use crate::promotion::RepoPath;

pub use crate::repo::diff::{
    Alignment, Change, Content, Ending, Entry, EntryKind, FileDiff, Lines, ModuleDiff, Move, Row,
    Side, Stats,
};

/// What a module is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "lane")]
pub enum Against {
    /// The same module at the merge-base with the base branch.
    Base,
    /// What stands in that target lane in its place.
    Target(RepoPath),
}
