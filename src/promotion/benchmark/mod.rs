//! Benchmarks at the merge-base and now: pairs of runs on one machine, and what
//! follows from them.
//!
//! A pair is one run at the merge-base and one now, directly one after the other,
//! in an order drawn by lot: what the machine does beside it falls on both alike.
//! Each run is one process; its time is the least of its rounds, for whatever
//! else runs only ever adds to it (Chen and Revels, "Robust benchmarking in noisy
//! environments", 2016). What is judged is the ratio of both, never a time: see
//! [`statistics`].

pub mod random;
pub mod session;
pub mod statistics;
mod words;

use serde::{Deserialize, Serialize};

use super::{Evidence, RepoPath};

pub use session::{Session, Side, Turn};
pub use statistics::{Interval, Rule};
pub use words::time;

/// The time of one run at the merge-base and of one now, in picoseconds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// At the merge-base.
    pub base: u64,
    /// Now.
    pub head: u64,
}

/// What became of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Slower than the budget allows: the whole interval lies above it.
    Regressed,
    /// The interval holds the budget's end, after all pairs there may be.
    Inconclusive,
    /// It was there at the merge-base and is not any more.
    Removed,
    /// The merge-base does not have it: nothing is known of what it was.
    NoBaseline,
    /// Within the budget: the whole interval lies below its end.
    Holds,
}

/// One benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// Its name: a pytest node id, or what a command calls it.
    pub name: String,
    /// The file it is in; of a removed one where it was. Empty: not known.
    pub path: RepoPath,
    /// Where it begins, from 1; 0 where that is not known.
    pub line: u32,
    /// What became of it.
    pub verdict: Verdict,
    /// The median time of a call at the merge-base, in picoseconds.
    pub base: Option<u64>,
    /// The same now.
    pub head: Option<u64>,
    /// How many times as long it takes now, with what is known of that.
    pub interval: Option<Interval>,
    /// Every pair that was run, in this order.
    pub pairs: Vec<Pair>,
}

/// What a gate measured of a module's benchmarks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Benchmarks {
    /// How much slower one may be, in percent.
    pub budget: f64,
    /// What the order within the pairs and the intervals were drawn from.
    pub seed: u32,
    /// The benchmarks, sorted by name.
    pub list: Vec<Benchmark>,
    /// Why there is nothing to compare with, where there is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_base: Option<String>,
}

impl Benchmarks {
    /// Those among evidence, if any were run.
    pub fn among<'a>(evidence: impl IntoIterator<Item = &'a Evidence>) -> Option<&'a Self> {
        evidence
            .into_iter()
            .filter_map(|evidence| evidence.benchmarks.as_ref())
            .find(|benchmarks| !benchmarks.list.is_empty())
    }

    /// How many came out like that.
    pub fn count(&self, verdict: Verdict) -> usize {
        let list = self.list.iter();
        list.filter(|benchmark| benchmark.verdict == verdict)
            .count()
    }

    /// How many could be compared.
    pub fn compared(&self) -> usize {
        let list = self.list.iter();
        list.filter(|benchmark| benchmark.interval.is_some())
            .count()
    }

    /// One part of what is judged: `1 + budget`.
    pub fn limit(&self) -> f64 {
        1.0 + self.budget / 100.0
    }
}

/// The middle of some times; of an even number the mean of both middle ones.
pub fn middle(times: impl Iterator<Item = u64>) -> Option<u64> {
    let mut all: Vec<u64> = times.collect();
    all.sort_unstable();
    let half = all.len() / 2;
    match all.len() {
        0 => None,
        n if n % 2 == 1 => Some(all[half]),
        _ => Some(all[half - 1] / 2 + all[half] / 2 + (all[half - 1] % 2 + all[half] % 2) / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_exact() {
        assert_eq!(middle([].into_iter()), None);
        assert_eq!(middle([3, 1, 2].into_iter()), Some(2));
        assert_eq!(middle([4, 1, 7, 5].into_iter()), Some(4));
        assert_eq!(middle([u64::MAX, u64::MAX].into_iter()), Some(u64::MAX));
    }
}
