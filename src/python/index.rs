//! (being written) The import index of one commit.

use std::collections::BTreeSet;

use crate::promotion::{ObjectId, RepoPath, TestLink};

/// A Python file of the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: RepoPath,
    /// Its content.
    pub blob: ObjectId,
}

/// Where the index reads contents. Called from several threads at once, each
/// with its own share of the blobs.
pub trait BlobSource: Sync {
    /// Calls `each` with the content of every blob; `None` where it cannot be read.
    fn read_each(&self, blobs: &[ObjectId], each: &mut dyn FnMut(ObjectId, Option<&[u8]>));
}

/// What imports what at one commit.
#[derive(Debug, Default)]
pub struct Index {}

impl Index {
    /// The test files of a module, sorted by path.
    pub fn tests_of(&self, _module: &RepoPath) -> Vec<TestLink> {
        Vec::new()
    }

    /// The same for several at once, in their order.
    pub fn tests_of_all(&self, modules: &[&RepoPath]) -> Vec<Vec<TestLink>> {
        modules.iter().map(|module| self.tests_of(module)).collect()
    }

    /// Every file of the repository that running `paths` (files or directories)
    /// may import, transitively, themselves included.
    pub fn closure(&self, _paths: &[RepoPath]) -> BTreeSet<RepoPath> {
        BTreeSet::new()
    }
}
