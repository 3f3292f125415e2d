//! A plain limit, for those who want just that: `max = 0.01, for = "10m"`.
//!
//! Like an alert's `for` in Prometheus: above it in every bin, for that long. A bin
//! without data, or without requests, breaks it off.

use serde::{Deserialize, Serialize};

use super::verdict::{Finding, percent, span};
use super::{Bin, Counts, Word};

/// The limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The greatest part of the canary's requests that may go wrong.
    pub max: f64,
    /// How long it must be above, in seconds.
    #[serde(rename = "for")]
    pub lasting: u64,
}

/// Judges the canary's bins up to `at`, each `bin` seconds long.
pub fn judge(bins: &[&Bin<Counts>], at: i64, bin: u64, rule: Threshold) -> Finding {
    let bin = bin.max(1) as i64;
    let needed = (rule.lasting as i64).max(1).div_euclid(bin)
        + i64::from((rule.lasting as i64).rem_euclid(bin) != 0);
    let needed = needed.max(1);
    let last = at.div_euclid(bin) * bin;
    let ratio = |end: i64| {
        let found = bins.iter().find(|it| it.end == end)?;
        found.canary?.ratio()
    };
    let recent: Vec<Option<f64>> = (0..needed).map(|ago| ratio(last - ago * bin)).collect();
    let worst = recent.iter().flatten().copied().fold(0.0, f64::max);
    let over = |it: &&Option<f64>| it.is_some_and(|ratio| ratio > rule.max);
    let (limit, lasting) = (percent(rule.max), span(rule.lasting));
    if recent.iter().all(|it| over(&it)) {
        let least = recent
            .iter()
            .flatten()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let why = format!(
            "at least {} for {lasting}, more than {limit}",
            percent(least)
        );
        return Finding::new(Word::Fail, why);
    }
    match recent.iter().filter(over).count() {
        0 if recent.iter().all(Option::is_none) => Finding::new(
            Word::Insufficient,
            format!("no requests to the canary in the last {lasting}"),
        ),
        0 => Finding::new(
            Word::Pass,
            format!(
                "at most {} in the last {lasting}, limit {limit}",
                percent(worst)
            ),
        ),
        n => Finding::new(
            Word::Insufficient,
            format!(
                "{} is more than {limit}, but not for {lasting} yet ({})",
                percent(worst),
                span((n as i64 * bin) as u64)
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(bad: &[Option<u64>]) -> Word {
        let bins: Vec<_> = (1..)
            .zip(bad)
            .map(|(n, bad)| Bin {
                end: n * 300,
                canary: bad.map(|bad| Counts { total: 100, bad }),
                base: None,
            })
            .collect();
        let bins: Vec<_> = bins.iter().collect();
        let rule = Threshold {
            max: 0.01,
            lasting: 600,
        };
        judge(&bins, bins.len() as i64 * 300 + 20, 300, rule).word
    }

    #[test]
    fn it_must_last() {
        assert_eq!(word(&[Some(0), Some(1)]), Word::Pass);
        assert_eq!(word(&[Some(0), Some(2)]), Word::Insufficient);
        assert_eq!(word(&[Some(2), Some(2)]), Word::Fail);
        assert_eq!(word(&[Some(9), Some(9), Some(0), Some(0)]), Word::Pass);
    }

    #[test]
    fn a_gap_is_no_harm_and_no_health() {
        assert_eq!(word(&[Some(2), None]), Word::Insufficient);
        assert_eq!(word(&[Some(2), None, Some(2)]), Word::Insufficient);
        assert_eq!(word(&[None, None]), Word::Insufficient);
        assert_eq!(word(&[]), Word::Insufficient);
    }
}
