//! Mann and Whitney's test, and intervals from order statistics: no distribution is
//! assumed of the values.
//!
//! `U` counts, over all pairs, those in which the canary's value is greater, ties by
//! half (Mann and Whitney, *Ann. Math. Statist.* 18, 1947).

use serde::{Deserialize, Serialize};

use super::normal;

/// Up to so many pairs `U`'s distribution is counted out; beyond, and with ties, it is
/// taken for normal.
pub const EXACT: usize = 900;

/// The outcome of a test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// `U` of the first sample.
    pub u: f64,
    /// The chance of such a `U` or a greater one, were both alike.
    pub greater: f64,
    /// The same for a smaller one.
    pub less: f64,
    /// Whether these are exact.
    pub exact: bool,
}

impl Test {
    /// The chance of a `U` as far from the middle, on either side.
    pub fn two_sided(&self) -> f64 {
        (2.0 * self.greater.min(self.less)).min(1.0)
    }
}

/// Compares two samples of numbers; nothing for an empty one.
pub fn test(first: &[f64], second: &[f64]) -> Option<Test> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let (u, ties) = u_and_ties(first, second);
    let pairs = first.len() * second.len();
    if ties == 0.0 && pairs <= EXACT {
        let (greater, less) = exact(first.len(), second.len(), u as usize);
        return Some(Test {
            u,
            greater,
            less,
            exact: true,
        });
    }
    // The variance falls by what ties take from it; half a step to either side makes
    // up for U's steps (Hollander, Wolfe and Chicken, *Nonparametric Statistical
    // Methods*, 3rd ed., 2014, ch. 4.1).
    let n = (first.len() + second.len()) as f64;
    let pairs = pairs as f64;
    let variance = pairs / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    let chance = |u: f64| match variance > 0.0 {
        true => normal::above((u - pairs / 2.0 - 0.5) / variance.sqrt()).min(1.0),
        false => 1.0,
    };
    Some(Test {
        u,
        greater: chance(u),
        less: chance(pairs - u),
        exact: false,
    })
}

/// `U` of the first sample, and `Σ (t³ - t)` over groups of `t` equal values.
fn u_and_ties(first: &[f64], second: &[f64]) -> (f64, f64) {
    let mut all: Vec<(f64, bool)> = first.iter().map(|value| (*value, true)).collect();
    all.extend(second.iter().map(|value| (*value, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut ties, mut before) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        let ours = group.iter().filter(|(_, first)| *first).count() as f64;
        ranks += ours * (before + (size + 1.0) / 2.0);
        ties += size * size * size - size;
        before += size;
    }
    let n = first.len() as f64;
    (ranks - n * (n + 1.0) / 2.0, ties)
}

/// `P(U ≥ u)` and `P(U ≤ u)` without ties, counted out.
fn exact(n: usize, m: usize, u: usize) -> (f64, f64) {
    let chances = distribution(n, m);
    let greater: f64 = chances[u.min(n * m)..].iter().sum();
    let less: f64 = chances[..=u.min(n * m)].iter().sum();
    (greater.min(1.0), less.min(1.0))
}

/// The chance of each `U` from 0 to `n·m`. The greatest of all values is of the first
/// sample with chance `n/(n+m)`, and then greater than all `m` of the second, so
/// `P(n, m, u) = n/(n+m) · P(n-1, m, u-m) + m/(n+m) · P(n, m-1, u)` (Mann and Whitney's own
/// recursion, in chances: nothing is subtracted, so nothing is lost).
fn distribution(n: usize, m: usize) -> Vec<f64> {
    // By `m` of the second, for the `n` of the first so far.
    let mut rows: Vec<Vec<f64>> = vec![vec![1.0]; m + 1];
    for first in 1..=n {
        let mut row: Vec<f64> = vec![1.0];
        for (second, before) in rows.iter_mut().enumerate() {
            let of = |count: usize| count as f64 / (first + second) as f64;
            let mut next = vec![0.0; first * second + 1];
            for (u, chance) in before.iter().enumerate() {
                next[u + second] += of(first) * chance;
            }
            if second > 0 {
                for (u, chance) in row.iter().enumerate() {
                    next[u] += of(second) * chance;
                }
            }
            row.clone_from(&next);
            *before = next;
        }
    }
    rows.pop().unwrap_or_default()
}

/// An interval of values, with the confidence it has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The chance that it holds the true value: at least what was asked for.
    pub confidence: f64,
}

/// By how much the first is shifted against the second: Hodges' and Lehmann's interval,
/// from the order statistics of all differences (*Ann. Math. Statist.* 34, 1963). Exact
/// as far as `U`'s distribution is; nothing where the samples are too small for it.
pub fn shift(first: &[f64], second: &[f64], confidence: f64) -> Option<Interval> {
    let (n, m) = (first.len(), second.len());
    let tail = (1.0 - confidence) / 2.0;
    // The most that can be cut off at each end: P(U < cut) stays within the tail.
    let (cut, outside) = if n * m <= EXACT {
        cut(&distribution(n, m), tail)?
    } else {
        let pairs = (n * m) as f64;
        let spread = (pairs * (n + m + 1) as f64 / 12.0).sqrt();
        let cut = (pairs / 2.0 - 0.5 - normal::quantile_above(tail) * spread).floor();
        (cut > 0.0).then_some((cut as usize, tail))?
    };
    let mut differences: Vec<f64> = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| a - b))
        .collect();
    differences.sort_by(f64::total_cmp);
    Some(Interval {
        low: differences[cut - 1],
        high: differences[n * m - cut],
        confidence: 1.0 - 2.0 * outside,
    })
}

/// The median's interval, from order statistics: as many of `n` values lie below the
/// median as of `n` coins show heads (Thompson, *Ann. Math. Statist.* 7, 1936).
pub fn median(values: &[f64], confidence: f64) -> Option<Interval> {
    let n = values.len();
    let mut chances = vec![0.5f64.powi(n.min(1_000) as i32)];
    for k in 0..n {
        chances.push(chances[k] * (n - k) as f64 / (k + 1) as f64);
    }
    let (cut, outside) = cut(&chances, (1.0 - confidence) / 2.0)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Interval {
        low: sorted[cut - 1],
        high: sorted[n - cut],
        confidence: 1.0 - 2.0 * outside,
    })
}

/// How many outcomes from 0 on fit into the tail, and their chance.
fn cut(chances: &[f64], tail: f64) -> Option<(usize, f64)> {
    let (mut cut, mut sum) = (0, 0.0);
    while cut < chances.len() && sum + chances[cut] <= tail {
        sum += chances[cut];
        cut += 1;
    }
    (cut > 0).then_some((cut, sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every way to draw `n` of `n + m` ranks, counted by hand.
    fn counted(n: usize, m: usize) -> Vec<f64> {
        let mut ways = vec![0.0; n * m + 1];
        let mut all = 0.0;
        for drawn in 0u32..1 << (n + m) {
            if drawn.count_ones() as usize == n {
                let ranks = (0..n + m).filter(|bit| drawn >> bit & 1 == 1);
                ways[ranks.sum::<usize>() - n * (n - 1) / 2] += 1.0;
                all += 1.0;
            }
        }
        ways.iter().map(|ways| ways / all).collect()
    }

    #[test]
    fn chances_are_those_counted_by_hand() {
        for (n, m) in [(1, 1), (1, 5), (2, 3), (4, 4), (5, 3), (6, 7)] {
            let chances = distribution(n, m);
            for (ours, counted) in chances.iter().zip(counted(n, m)) {
                assert!((ours - counted).abs() < 1e-12, "{n} {m}");
            }
        }
        let sum: f64 = distribution(30, 30).iter().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn the_medians_interval_is_that_of_the_tables() {
        // n = 20: the 6th and the 15th of 20 hold it with 95.86 %.
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        let it = median(&values, 0.95).unwrap();
        assert_eq!((it.low, it.high), (6.0, 15.0));
        assert!((it.confidence - 0.9586).abs() < 5e-5);
        assert_eq!(median(&values[..5], 0.95), None, "too few");
    }

    #[test]
    fn equal_samples_say_nothing() {
        let it = test(&[1.0; 9], &[1.0; 9]).unwrap();
        assert_eq!((it.greater, it.less, it.exact), (1.0, 1.0, false));
        assert_eq!(test(&[], &[1.0]), None);
    }

    proptest! {
        #[test]
        fn both_sides_mirror_each_other(
            first in proptest::collection::vec(-5..5i32, 1..30),
            second in proptest::collection::vec(-5..5i32, 1..30),
        ) {
            let of = |it: &[i32]| it.iter().map(|n| f64::from(*n)).collect::<Vec<_>>();
            let (first, second) = (of(&first), of(&second));
            let (one, other) = (test(&first, &second).unwrap(), test(&second, &first).unwrap());
            prop_assert_eq!(one.u + other.u, (first.len() * second.len()) as f64);
            prop_assert!((one.greater - other.less).abs() < 1e-9);
            prop_assert!(one.two_sided() <= 1.0);
        }

        #[test]
        fn a_shift_moves_its_interval(
            first in proptest::collection::vec(0.0..1.0f64, 8..20),
            second in proptest::collection::vec(0.0..1.0f64, 8..20),
        ) {
            let moved: Vec<f64> = first.iter().map(|value| value + 3.0).collect();
            let (a, b) = (shift(&first, &second, 0.95).unwrap(), shift(&moved, &second, 0.95).unwrap());
            prop_assert!((a.low + 3.0 - b.low).abs() < 1e-9 && (a.high + 3.0 - b.high).abs() < 1e-9);
            prop_assert!(a.low <= a.high && a.confidence >= 0.95);
        }
    }
}
