//! Slow answers as events: those slower than `T`, from the buckets of a histogram.
//!
//! A quantile of a histogram is interpolated, has no counts, and cannot be added over
//! instances. "Slower than `T`" is exact where `T` is the bound of a bucket, and goes
//! through the same tests as errors.

use super::Counts;

/// One cumulative bucket: how many answers took at most `le` seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The bound; infinite for the last.
    pub le: f64,
    /// How many.
    pub count: u64,
}

/// Why buckets say nothing of `T`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// No bucket ends there.
    #[error("no bucket ends at {limit}; the bounds are {}. Name one of them", bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", "))]
    NoSuchBound {
        /// `T`.
        limit: f64,
        /// The bounds there are.
        bounds: Vec<f64>,
    },
    /// The last bucket is missing.
    #[error("the bucket of all answers (le=\"+Inf\") is missing")]
    NoTotal,
    /// A larger bucket has fewer answers.
    #[error("{within} answers took at most {limit} s, but only {total} were given")]
    NotCumulative {
        /// `T`.
        limit: f64,
        /// Those within `T`.
        within: u64,
        /// All.
        total: u64,
    },
}

/// Whether a bound is `limit`: both were read from text, and may be written otherwise.
pub fn is_bound(le: f64, limit: f64) -> bool {
    (le - limit).abs() <= limit.abs() * 1e-9
}

/// All answers, and those slower than `limit` seconds.
pub fn slower_than(buckets: &[Bucket], limit: f64) -> Result<Counts, Unfit> {
    let total = buckets.iter().find(|bucket| bucket.le == f64::INFINITY);
    let total = total.ok_or(Unfit::NoTotal)?.count;
    let within = buckets.iter().find(|bucket| is_bound(bucket.le, limit));
    let within = within.map(|bucket| bucket.count).ok_or_else(|| {
        let bounds = buckets.iter().map(|bucket| bucket.le);
        Unfit::NoSuchBound {
            limit,
            bounds: bounds.filter(|le| le.is_finite()).collect(),
        }
    })?;
    let bad = total.checked_sub(within).ok_or(Unfit::NotCumulative {
        limit,
        within,
        total,
    })?;
    Ok(Counts { total, bad })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(all: &[(f64, u64)]) -> Vec<Bucket> {
        let bucket = |(le, count): &(f64, u64)| Bucket {
            le: *le,
            count: *count,
        };
        all.iter().map(bucket).collect()
    }

    #[test]
    fn slow_ones_are_all_but_those_within() {
        let all = buckets(&[(0.1, 40), (0.5, 90), (f64::INFINITY, 100)]);
        assert_eq!(
            slower_than(&all, 0.5),
            Ok(Counts {
                total: 100,
                bad: 10
            })
        );
        assert_eq!(slower_than(&all, 0.1).unwrap().bad, 60);
    }

    #[test]
    fn nothing_is_interpolated() {
        let all = buckets(&[(0.1, 40), (0.5, 90), (f64::INFINITY, 100)]);
        let error = slower_than(&all, 0.3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no bucket ends at 0.3; the bounds are 0.1, 0.5. Name one of them"
        );
        assert_eq!(slower_than(&all[..2], 0.5), Err(Unfit::NoTotal));
        let all = buckets(&[(0.5, 90), (f64::INFINITY, 80)]);
        assert!(matches!(
            slower_than(&all, 0.5),
            Err(Unfit::NotCumulative { .. })
        ));
    }
}
