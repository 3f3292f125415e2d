//! Whether what was read can be judged at all. Comes first: a test on bad data gives
//! a good answer to the wrong question.
//!
//! Prometheus leaves out what it has no sample for: a gap is not `NaN` but nothing, and
//! a series that is gone is an empty list. So bins are matched by time, and missing ones
//! are counted against those that must be there.

use serde::{Deserialize, Serialize};

use super::verdict::{Finding, percent, span};
use super::{Bin, Counts, Look, Policy, Series, Word};

/// How good the data of a signal is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// How many bins there must be since the merge.
    pub expected: u64,
    /// In how many both arms have data.
    pub covered: u64,
    /// Requests (of a value: samples) of canary and base in these.
    pub samples: [u64; 2],
    /// How old the older arm's newest sample is, in seconds.
    pub age: Option<u64>,
    /// How often a counter began anew.
    pub resets: u32,
    /// How many samples were no number.
    pub not_a_number: u32,
}

impl Quality {
    /// The part of the bins that both arms have.
    pub fn coverage(&self) -> f64 {
        match self.expected {
            0 => 0.0,
            expected => self.covered as f64 / expected as f64,
        }
    }
}

/// What the source itself is good for; it says something only when that is nothing.
pub fn source(look: &Look, policy: &Policy) -> Option<Finding> {
    let skew = look.skew?;
    (skew.unsigned_abs() > policy.skew).then(|| {
        let way = if skew > 0 { "ahead of" } else { "behind" };
        Finding::new(
            Word::SourceError,
            format!(
                "the server's clock is {} {way} ours, more than {}",
                span(skew.unsigned_abs()),
                span(policy.skew)
            ),
        )
    })
}

/// How good a series is. `samples` says how many a bin's value stands for.
pub fn measure<T: Copy>(
    series: &Series<T>,
    merged: i64,
    at: i64,
    policy: &Policy,
    samples: impl Fn(T) -> u64,
) -> Quality {
    let both: Vec<(T, T)> = judged(&series.since, merged, at, policy)
        .filter_map(|bin| bin.canary.zip(bin.base))
        .collect();
    let newest = series.canary_newest.zip(series.base_newest);
    Quality {
        expected: expected(merged, at, policy.bin),
        covered: both.len() as u64,
        samples: [
            both.iter().map(|(canary, _)| samples(*canary)).sum(),
            both.iter().map(|(_, base)| samples(*base)).sum(),
        ],
        age: newest.map(|(canary, base)| (at - canary.min(base)).max(0) as u64),
        resets: series.resets,
        not_a_number: series.not_a_number,
    }
}

/// The bins that lie wholly between the merge and the look: none reaches back.
pub fn judged<'a, T>(
    bins: &'a [Bin<T>],
    merged: i64,
    at: i64,
    policy: &Policy,
) -> impl Iterator<Item = &'a Bin<T>> {
    let first = merged.saturating_add_unsigned(policy.bin);
    bins.iter()
        .filter(move |bin| bin.end >= first && bin.end <= at)
}

/// How many bins there must be: those that end on a multiple of their length.
fn expected(merged: i64, at: i64, bin: u64) -> u64 {
    let bin = (bin as i64).max(1);
    let (first, last) = (merged.div_euclid(bin), at.div_euclid(bin));
    let begun = i64::from(merged.rem_euclid(bin) != 0);
    (last - first - begun).max(0) as u64
}

/// What forbids a judgement.
pub fn forbids(quality: &Quality, policy: &Policy) -> Option<Finding> {
    if quality.covered == 0 {
        return Some(Finding::new(
            Word::NoData,
            format!(
                "none of {} bins since the merge has data of both canary and base",
                quality.expected
            ),
        ));
    }
    match quality.age {
        None => Some(Finding::new(
            Word::NoData,
            "there is no current sample of canary and base",
        )),
        Some(age) if age > policy.fresh => Some(Finding::new(
            Word::NoData,
            format!(
                "the newest sample is {} old, more than {}",
                span(age),
                span(policy.fresh)
            ),
        )),
        Some(_) => None,
    }
}

/// What forbids a judgement of requests beyond that.
pub fn too_few(quality: &Quality, policy: &Policy) -> Option<Finding> {
    let [canary, base] = quality.samples;
    (canary.min(base) < policy.requests).then(|| {
        Finding::new(
            Word::Insufficient,
            format!(
                "{canary} requests to the canary and {base} to the base; each needs {}",
                policy.requests
            ),
        )
    })
}

/// What forbids a `PASS`, but no `FAIL`.
pub fn holes(quality: &Quality, policy: &Policy) -> Option<Finding> {
    (quality.coverage() < policy.coverage).then(|| {
        Finding::new(
            Word::Insufficient,
            format!(
                "{} of {} bins have data of both ({}, less than {})",
                quality.covered,
                quality.expected,
                percent(quality.coverage()),
                percent(policy.coverage)
            ),
        )
    })
}

/// All of an arm's counts.
pub fn sum(counts: impl Iterator<Item = Option<Counts>>) -> Counts {
    counts.flatten().fold(Counts::default(), |sum, it| sum + it)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy::default()
    }

    fn series(ends: impl IntoIterator<Item = i64>) -> Series<Counts> {
        let counts = Some(Counts { total: 50, bad: 0 });
        Series {
            before: Vec::new(),
            since: ends
                .into_iter()
                .map(|end| Bin {
                    end,
                    canary: counts,
                    base: counts,
                })
                .collect(),
            canary_newest: Some(3_000),
            base_newest: Some(2_990),
            resets: 0,
            not_a_number: 0,
        }
    }

    fn of(series: &Series<Counts>, merged: i64, at: i64) -> Quality {
        measure(series, merged, at, &policy(), |it| it.total)
    }

    #[test]
    fn no_bin_reaches_back_across_the_merge() {
        // Merged in the middle of a bin: the next whole one is the first.
        let quality = of(&series((1..=10).map(|n| n * 300)), 450, 3_000);
        assert_eq!((quality.expected, quality.covered), (8, 8));
        let quality = of(&series((1..=10).map(|n| n * 300)), 600, 3_000);
        assert_eq!((quality.expected, quality.covered), (8, 8));
        assert_eq!(quality.age, Some(10));
        assert_eq!(of(&series([]), 3_000, 3_000).expected, 0);
    }

    #[test]
    fn gaps_that_are_left_out_count() {
        let quality = of(&series([300, 600, 1_500, 1_800]), 0, 1_800);
        assert_eq!((quality.expected, quality.covered), (6, 4));
        let found = holes(&quality, &policy()).unwrap();
        assert_eq!(found.word, Word::Insufficient);
        assert!(found.why.contains("4 of 6"), "{}", found.why);
        assert!(forbids(&quality, &policy()).is_none());
    }

    #[test]
    fn one_arm_is_no_data() {
        let mut it = series([300, 600]);
        it.since.iter_mut().for_each(|bin| bin.base = None);
        let quality = of(&it, 0, 600);
        assert_eq!(forbids(&quality, &policy()).unwrap().word, Word::NoData);
    }

    #[test]
    fn old_and_missing_samples_are_no_data() {
        let mut it = series([300, 600]);
        assert!(forbids(&of(&it, 0, 3_600), &policy()).is_some());
        it.base_newest = None;
        assert!(forbids(&of(&it, 0, 3_000), &policy()).is_some());
    }

    #[test]
    fn few_requests_are_insufficient() {
        let quality = of(&series([300]), 0, 300);
        assert_eq!(
            too_few(&quality, &policy()).unwrap().word,
            Word::Insufficient
        );
        let quality = of(&series([300, 600]), 0, 600);
        assert_eq!(too_few(&quality, &policy()), None);
    }

    #[test]
    fn a_clock_may_be_off_a_little() {
        let mut look = Look {
            at: 0,
            skew: Some(-30),
            readings: Vec::new(),
        };
        assert_eq!(source(&look, &policy()), None);
        look.skew = Some(-31);
        assert_eq!(source(&look, &policy()).unwrap().word, Word::SourceError);
        look.skew = None;
        assert_eq!(source(&look, &policy()), None);
    }
}
