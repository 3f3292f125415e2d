//! What one arm did in each bin, from the series of an answer.

use std::collections::BTreeMap;

use super::answer::Sampled;
use super::counters::{NoCounter, Targets, growth};
use crate::promotion::canary::Counts;
use crate::promotion::canary::latency::{Bucket, Unfit, is_bound, slower_than};

/// What one arm did.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<T> {
    /// By the end of the bin.
    pub bins: BTreeMap<i64, T>,
    /// How often a counter began anew.
    pub resets: u32,
    /// How many samples were no number.
    pub not_a_number: u32,
}

/// Why series say nothing, although there are some.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unusable {
    /// They are no counters.
    #[error(transparent)]
    NoCounter(#[from] NoCounter),
    /// Their buckets do not end where they must.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// More failed than there were.
    #[error("{bad} failures of {total} requests: both queries must ask for the same requests")]
    TooMany {
        /// Those that failed.
        bad: u64,
        /// All.
        total: u64,
    },
}

/// Requests and failures, in bins of so many seconds.
pub fn errors(all: &[Sampled], failed: &[Sampled], bin: u64) -> Result<Counted<Counts>, Unusable> {
    let step = (bin as i64).max(1);
    let targets = Targets::of(all);
    let all = growth(all, &targets, step)?;
    let failed = growth(failed, &targets, step)?;
    let mut bins = BTreeMap::new();
    for (end, total) in all.bins {
        let bad = failed.bins.get(&end).copied().unwrap_or(0);
        if bad > total {
            return Err(Unusable::TooMany { bad, total });
        }
        bins.insert(end, Counts { total, bad });
    }
    Ok(Counted {
        bins,
        resets: all.resets + failed.resets,
        not_a_number: all.not_a_number + failed.not_a_number,
    })
}

/// Answers, and those slower than `limit`, from all buckets of a histogram.
pub fn slow(buckets: &[Sampled], limit: f64, bin: u64) -> Result<Counted<Counts>, Unusable> {
    let step = (bin as i64).max(1);
    // Says which bounds there are, where none is the one.
    let bounds = buckets.iter().filter_map(bound);
    let mut bounds: Vec<Bucket> = bounds.map(|le| Bucket { le, count: 0 }).collect();
    bounds.sort_by(|a, b| a.le.total_cmp(&b.le));
    bounds.dedup_by(|a, b| a.le == b.le);
    slower_than(&bounds, limit)?;
    let targets = Targets::of(buckets);
    let of = |it: &dyn Fn(f64) -> bool| {
        let chosen = buckets.iter().filter(|one| bound(one).is_some_and(it));
        growth(&chosen.cloned().collect::<Vec<_>>(), &targets, step)
    };
    let total = of(&|le| le == f64::INFINITY)?;
    let within = of(&|le| is_bound(le, limit))?;
    let mut bins = BTreeMap::new();
    for (end, all) in &total.bins {
        if let Some(within) = within.bins.get(end) {
            let bucket = |le: f64, count: &u64| Bucket { le, count: *count };
            let both = [bucket(limit, within), bucket(f64::INFINITY, all)];
            bins.insert(*end, slower_than(&both, limit)?);
        }
    }
    Ok(Counted {
        bins,
        resets: total.resets + within.resets,
        not_a_number: total.not_a_number + within.not_a_number,
    })
}

/// Values; what is no finite number is left out, and counted.
pub fn values(series: &[Sampled]) -> Counted<f64> {
    let mut counted = Counted {
        bins: BTreeMap::new(),
        resets: 0,
        not_a_number: 0,
    };
    for (time, value) in series.iter().flat_map(|it| &it.samples) {
        match value.is_finite() {
            true => {
                counted.bins.insert(*time as i64, *value);
            }
            false => counted.not_a_number += 1,
        }
    }
    counted
}

/// A bucket's bound.
fn bound(series: &Sampled) -> Option<f64> {
    match series.labels.get("le")?.as_str() {
        "+Inf" => Some(f64::INFINITY),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(le: &str, values: &[f64]) -> Sampled {
        Sampled {
            labels: BTreeMap::from([("le".to_owned(), le.to_owned())]),
            samples: (0..)
                .map(|n| f64::from(n * 10))
                .zip(values.iter().copied())
                .collect(),
        }
    }

    #[test]
    fn slow_ones_are_counted_by_bin() {
        let all = [
            series("0.1", &[0.0, 3.0, 3.0]),
            series("0.50", &[0.0, 8.0, 9.0]),
            series("+Inf", &[0.0, 10.0, 14.0]),
        ];
        let it = slow(&all, 0.5, 10).unwrap();
        let of = |total, bad| Counts { total, bad };
        assert_eq!(it.bins, BTreeMap::from([(10, of(10, 2)), (20, of(4, 3))]));
        let error = slow(&all, 0.3, 10).unwrap_err().to_string();
        assert!(error.contains("0.1, 0.5"), "{error}");
    }

    #[test]
    fn more_failures_than_requests_are_no_counts() {
        let (all, failed) = ([series("", &[0.0, 5.0])], [series("x", &[0.0, 6.0])]);
        assert!(matches!(
            errors(&all, &failed, 10),
            Err(Unusable::TooMany { .. })
        ));
        let it = errors(&failed, &all, 10).unwrap();
        assert_eq!(it.bins[&10], Counts { total: 6, bad: 5 });
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let it = values(&[series("", &[1.0, f64::NAN, f64::INFINITY])]);
        assert_eq!((it.bins.len(), it.not_a_number), (1, 2));
    }
}
