//! The benchmarks pane's state: what is selected.

use super::module::Cursor;
use crate::promotion::{Benchmark, Benchmarks, RepoPath};

/// The pane's state.
#[derive(Clone, Debug, Default)]
pub struct BenchmarksView {
    /// The selected row.
    pub row: Cursor,
}

impl BenchmarksView {
    /// The selected benchmark.
    pub fn selected<'a>(&self, benchmarks: &'a Benchmarks) -> Option<&'a Benchmark> {
        benchmarks.list.get(self.row.at)
    }

    /// Where the selected benchmark is, if it still is somewhere.
    pub fn target(&self, benchmarks: &Benchmarks) -> Option<(RepoPath, u32)> {
        let benchmark = self.selected(benchmarks)?;
        benchmark.head?;
        (!benchmark.path.is_root()).then(|| (benchmark.path.clone(), benchmark.line.max(1)))
    }
}
