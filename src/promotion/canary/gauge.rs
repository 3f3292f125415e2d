//! Values that are no events (memory, queue lengths): advisory. They drift, they are
//! not independent, and no count stands behind them, so they can hold and never roll
//! back.
//!
//! Samples are thinned to bins so far apart that they count as independent, at least
//! [`LEAST`] of them, and looked at only when it was declared beforehand: at any other
//! time a test of this kind would find something sooner or later.

use super::mann_whitney::{median, shift, test};
use super::quality::judged;
use super::verdict::{Finding, span};
use super::{Gauge, Policy, Series, Word};

/// How many thinned samples each arm needs.
pub const LEAST: usize = 20;

/// Judges at the last declared look that is past, by what there was then.
pub fn judge(series: &Series<f64>, merged: i64, at: i64, rule: &Gauge, policy: &Policy) -> Finding {
    let mut looks: Vec<i64> = rule
        .looks
        .iter()
        .map(|it| merged.saturating_add_unsigned(*it))
        .collect();
    looks.sort_unstable();
    let Some(look) = looks.iter().rev().find(|look| **look <= at) else {
        let why = match looks.first() {
            Some(first) => format!("is first looked at in {}", span((first - at).max(0) as u64)),
            None => "no look is declared".to_owned(),
        };
        return Finding::new(Word::Insufficient, why);
    };
    let after = span((look - merged) as u64);
    let mut last = i64::MIN;
    let (mut canary, mut base) = (Vec::new(), Vec::new());
    for bin in judged(&series.since, merged, *look, policy) {
        if let (Some(ours), Some(theirs)) = (bin.canary, bin.base)
            && ours.is_finite()
            && theirs.is_finite()
            && last.saturating_add_unsigned(rule.thin) <= bin.end
        {
            last = bin.end;
            canary.push(ours);
            base.push(theirs);
        }
    }
    if canary.len() < LEAST {
        return Finding::new(
            Word::Insufficient,
            format!(
                "{} samples {} apart at {after}; it takes {LEAST}",
                canary.len(),
                span(rule.thin)
            ),
        );
    }
    let Some(found) = test(&canary, &base) else {
        return Finding::new(Word::Insufficient, "no samples");
    };
    let chance = if rule.more_is_worse {
        found.greater
    } else {
        found.less
    };
    let limit = rule.alpha / rule.looks.len().max(1) as f64;
    let medians = match (median(&canary, 0.95), median(&base, 0.95)) {
        (Some(ours), Some(theirs)) => format!(
            "median [{:.4}, {:.4}] against [{:.4}, {:.4}]",
            ours.low, ours.high, theirs.low, theirs.high
        ),
        _ => String::new(),
    };
    let shifted = shift(&canary, &base, 0.95)
        .map(|it| format!(", shifted by [{:.4}, {:.4}]", it.low, it.high))
        .unwrap_or_default();
    let why = format!(
        "at {after}: {medians}{shifted}, p = {chance:.4} of {limit:.4}, {} samples",
        canary.len()
    );
    match chance <= limit {
        true => Finding::new(
            Word::Insufficient,
            format!("worse {why}: holds, does not roll back"),
        ),
        false => Finding::new(Word::Pass, why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bin;
    use super::*;

    /// A day of bins; the canary's values are `shift` higher.
    fn series(hours: i64, shift: f64) -> Series<f64> {
        let value = |n: i64| ((n * 7919) % 101) as f64 / 101.0;
        Series {
            before: Vec::new(),
            since: (1..=hours * 12)
                .map(|n| Bin {
                    end: n * 300,
                    canary: Some(value(n) + shift),
                    base: Some(value(n + 50)),
                })
                .collect(),
            canary_newest: None,
            base_newest: None,
            resets: 0,
            not_a_number: 0,
        }
    }

    fn rule() -> Gauge {
        Gauge {
            more_is_worse: true,
            thin: 1_800,
            looks: vec![43_200, 86_400],
            alpha: 0.05,
        }
    }

    fn at(hours: i64, shift: f64) -> Finding {
        let policy = Policy::default();
        judge(&series(hours, shift), 0, hours * 3_600, &rule(), &policy)
    }

    #[test]
    fn it_holds_and_never_fails() {
        assert_eq!(at(24, 0.0).word, Word::Pass);
        let worse = at(24, 5.0);
        assert_eq!(worse.word, Word::Insufficient);
        assert!(worse.why.contains("does not roll back"), "{}", worse.why);
        assert_eq!(at(24, -5.0).word, Word::Pass);
    }

    #[test]
    fn it_is_looked_at_when_it_was_declared() {
        assert!(at(11, 5.0).why.contains("first looked at in 60m"));
        // What came after the declared look is no part of it.
        assert_eq!(at(13, 5.0).why, at(20, 5.0).why);
        let mut it = rule();
        it.looks = vec![18_000];
        let early = judge(&series(5, 5.0), 0, 18_000, &it, &Policy::default());
        assert!(early.why.starts_with("10 samples"), "{}", early.why);
    }
}
