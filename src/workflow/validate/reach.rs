//! What of a repository may change what the gates say of a module.

use std::collections::BTreeSet;

use super::located::tests_of;
use crate::promotion::{Module, RepoPath};
use crate::python::Index;
use crate::repo::RepoError;
use crate::workflow::workspace::Workspace;

/// What a module reaches beside itself.
pub(in crate::workflow) struct Reach {
    /// Its tests, and what it and they import.
    files: BTreeSet<RepoPath>,
    /// Where the data of its tests lies.
    data: BTreeSet<RepoPath>,
}

impl Reach {
    /// Of a module, at the revision that `index` is of.
    pub(in crate::workflow) fn of(
        ws: &Workspace,
        index: &Index,
        module: &Module,
    ) -> Result<Self, RepoError> {
        let tests = tests_of(ws, index, &module.path)?;
        let mut from = vec![module.path.clone()];
        from.extend(tests.iter().cloned());
        // Data that tests read mostly lies beside them.
        let beside = tests.iter().filter_map(RepoPath::parent);
        let data = beside.filter(|directory| !directory.is_root()).collect();
        let mut files = index.closure(&from);
        files.extend(tests);
        Ok(Self { files, data })
    }

    /// True where a change of that path may matter to the module.
    pub(in crate::workflow) fn has(&self, path: &RepoPath) -> bool {
        let is_data = || self.data.iter().any(|directory| path.is_within(directory));
        self.files.contains(path) || (!path.is_python() && is_data())
    }
}
