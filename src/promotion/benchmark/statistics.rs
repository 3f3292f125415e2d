//! What follows from pairs: how many times as long, how sure that is, and whether
//! it is too long.
//!
//! - Of each pair the log-ratio `ln(head / base)`: twice as slow and twice as fast
//!   are equally far from the same.
//! - Their median: a pair that something disturbed does not move it. Its exponential
//!   is the ratio that is shown.
//! - A 90 % interval by the bootstrap (Efron and Tibshirani, "An introduction to the
//!   bootstrap", 1993, chapter 13: the percentile interval): as many log-ratios are
//!   drawn with replacement as there are, the median of those is taken, two thousand
//!   times; what lies between the 5th and the 95th percentile is the interval.
//! - The rule, with `limit = 1 + budget`: regressed if the lower end is above the
//!   limit, within the budget if the upper end is below it. Else there is no verdict
//!   yet: more pairs, up to thirty, then it is inconclusive.
//! - Who looks often errs often. So before the last pair the ends are those of a 99 %
//!   interval (the idea of O'Brien and Fleming, "A multiple testing procedure for
//!   clinical trials", 1979: early looks have to be surer): on a quiet machine both
//!   intervals are narrow and ten pairs do, on a busy one more are run.
//!
//! So identical code fails only where an interval lies wholly above the limit, which
//! its own noise has to lift there first; and a pass says that the code is not
//! slower than the limit, not merely that nothing was seen.

use serde::{Deserialize, Serialize};

use super::random::Random;
use super::{Pair, Verdict};

/// How often is drawn.
const DRAWS: usize = 2000;

/// The part below and the part above the interval.
const TAIL: f64 = 0.05;

/// The same where more pairs may follow.
const EARLY_TAIL: f64 = 0.005;

/// How many times as long as before, with a 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The median ratio: 1.08 is 8 % slower.
    pub ratio: f64,
    /// The interval's lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// To four decimals, as it is kept and shown. What is judged is not rounded.
    pub fn rounded(self) -> Self {
        let round = |value: f64| (value * 1e4).round() / 1e4;
        Self {
            ratio: round(self.ratio),
            low: round(self.low),
            high: round(self.high),
        }
    }
}

/// What is asked of a benchmark, and how long it is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// How much slower it may be, in percent.
    pub budget: f64,
    /// So many pairs before anything is judged.
    pub least: usize,
    /// So many at the most.
    pub most: usize,
    /// So many more before it is judged again.
    pub step: usize,
}

impl Rule {
    /// With that budget in percent, and as many pairs as is usual.
    pub fn with(budget: f64) -> Self {
        Self {
            budget,
            least: 10,
            most: 30,
            step: 4,
        }
    }

    /// True where so many pairs are to be judged.
    fn judges(&self, pairs: usize) -> bool {
        pairs >= self.most
            || (pairs >= self.least && (pairs - self.least).is_multiple_of(self.step.max(1)))
    }

    /// The verdict on pairs; `None` while more are wanted.
    pub fn verdict(&self, pairs: &[Pair], seed: u32) -> Option<Verdict> {
        if !self.judges(pairs.len()) {
            return None;
        }
        let last = pairs.len() >= self.most;
        let tail = if last { TAIL } else { EARLY_TAIL };
        let interval = ends(pairs, seed, tail)?;
        let limit = 1.0 + self.budget / 100.0;
        if interval.low > limit {
            Some(Verdict::Regressed)
        } else if interval.high < limit {
            Some(Verdict::Holds)
        } else {
            last.then_some(Verdict::Inconclusive)
        }
    }
}

/// The median ratio and its 90 % interval. `None` without pairs, or with one that
/// holds no time.
pub fn interval(pairs: &[Pair], seed: u32) -> Option<Interval> {
    ends(pairs, seed, TAIL)
}

/// The median ratio, and what lies between so much below and so much above.
fn ends(pairs: &[Pair], seed: u32, tail: f64) -> Option<Interval> {
    if pairs.is_empty() || pairs.iter().any(|pair| pair.base == 0 || pair.head == 0) {
        return None;
    }
    let ratios: Vec<f64> = pairs
        .iter()
        .map(|pair| (pair.head as f64 / pair.base as f64).ln())
        .collect();
    let mut random = Random::new(seed.into());
    let mut drawn = vec![0.0; ratios.len()];
    let mut medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            for value in &mut drawn {
                *value = ratios[random.below(ratios.len())];
            }
            median(&mut drawn)
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    let tail = (tail * DRAWS as f64) as usize;
    Some(Interval {
        ratio: median(&mut ratios.clone()).exp(),
        low: medians[tail].exp(),
        high: medians[DRAWS - 1 - tail].exp(),
    })
}

/// The median; the values are put in another order.
fn median(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(before) if values.len().is_multiple_of(2) => (before + middle) / 2.0,
        _ => middle,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(ratios: &[f64]) -> Vec<Pair> {
        let base = 1_000_000_000;
        let pair = |ratio: &f64| Pair {
            base,
            head: (base as f64 * ratio) as u64,
        };
        ratios.iter().map(pair).collect()
    }

    #[test]
    fn one_disturbed_pair_moves_nothing() {
        let mut ratios = vec![1.01; 10];
        ratios[3] = 9.0;
        let interval = interval(&pairs(&ratios), 7).unwrap().rounded();
        assert_eq!((interval.ratio, interval.low), (1.01, 1.01));
        assert!(interval.high < 1.05);
        assert_eq!(
            Rule::with(5.0).verdict(&pairs(&ratios), 7),
            Some(Verdict::Holds)
        );
    }

    #[test]
    fn what_the_interval_holds_is_not_decided() {
        let rule = Rule::with(5.0);
        let wide: Vec<f64> = (0..30).map(|n| [0.9, 1.2][n % 2]).collect();
        assert_eq!(rule.verdict(&pairs(&wide[..9]), 1), None, "too few");
        assert_eq!(rule.verdict(&pairs(&wide[..10]), 1), None, "more");
        assert_eq!(rule.verdict(&pairs(&wide[..11]), 1), None, "not asked");
        assert_eq!(rule.verdict(&pairs(&wide), 1), Some(Verdict::Inconclusive));
        let slower = pairs(&[1.08; 10]);
        assert_eq!(rule.verdict(&slower, 1), Some(Verdict::Regressed));
        // Exactly the limit is neither above nor below it.
        assert_eq!(rule.verdict(&pairs(&[1.05; 14]), 1), None);
    }

    #[test]
    fn no_time_is_no_interval() {
        assert_eq!(interval(&[], 1), None);
        let stopped = Pair { base: 5, head: 0 };
        assert_eq!(interval(&[stopped; 12], 1), None);
        assert_eq!(Rule::with(5.0).verdict(&[stopped; 30], 1), None);
    }

    /// How the machine disturbs one run: never faster than the code is; a little,
    /// as a rule, sometimes by half, seldom by several times.
    fn noise(random: &mut Random) -> f64 {
        // About exponential, with the mean of one.
        let little = -(1.0 - random.part()).ln();
        match random.below(20) {
            0 => 1.0 + 3.0 * random.part(),
            1..3 => 1.0 + 0.5 * random.part(),
            _ => 1.0 + 0.012 * little,
        }
    }

    /// How a machine disturbs a run on which far more wants to run than it can:
    /// every run, and by anything up to a half.
    fn storm(random: &mut Random) -> f64 {
        1.0 + 0.5 * random.part()
    }

    /// The verdict on code `slower` times as long, on a machine that becomes
    /// slower and faster while it is measured.
    fn simulated(slower: f64, seed: u64, noise: fn(&mut Random) -> f64) -> Verdict {
        let rule = Rule::with(5.0);
        let mut random = Random::new(seed);
        let mut pairs = Vec::new();
        loop {
            let drift = 1.0 + 0.15 * (pairs.len() as f64 / 5.0 + seed as f64).sin();
            // Within a pair it drifts a little as well, to the same side.
            let first = random.coin();
            let mut run = |cost: f64, second: bool| {
                let late = if second { 1.004 } else { 1.0 };
                (1e9 * cost * drift * late * noise(&mut random)) as u64
            };
            let base = run(1.0, !first);
            let head = run(slower, first);
            pairs.push(Pair { base, head });
            if let Some(verdict) = rule.verdict(&pairs, seed as u32) {
                return verdict;
            }
        }
    }

    /// Slower, holds, inconclusive: of two hundred.
    fn counted(slower: f64, noise: fn(&mut Random) -> f64) -> [usize; 3] {
        let verdicts: Vec<_> = (0..200)
            .map(|seed| simulated(slower, seed, noise))
            .collect();
        let count = |wanted| {
            verdicts
                .iter()
                .filter(|verdict| **verdict == wanted)
                .count()
        };
        [Verdict::Regressed, Verdict::Holds, Verdict::Inconclusive].map(count)
    }

    /// The figures that are promised, on noise with heavy tails and drift.
    #[test]
    fn the_rule_keeps_what_it_promises() {
        let same = counted(1.0, noise);
        assert!(same[0] <= 2 && same[1] >= 190, "{same:?}");
        let slower = counted(1.08, noise);
        assert!(slower[0] >= 190 && slower[1] <= 2, "{slower:?}");
    }

    /// Where nothing can be known, hardly anything wrong is said.
    #[test]
    fn in_a_storm_the_rule_says_that_it_does_not_know() {
        let same = counted(1.0, storm);
        assert!(same[0] <= 2 && same[2] > 0, "{same:?}");
        let slower = counted(1.08, storm);
        assert!(slower[1] <= 4 && slower[2] > 0, "{slower:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_ratio_lies_in_its_interval(
            ratios in proptest::collection::vec(0.2..5.0f64, 1..31),
            seed in any::<u32>(),
        ) {
            let interval = interval(&pairs(&ratios), seed).unwrap();
            prop_assert!(interval.low <= interval.ratio && interval.ratio <= interval.high);
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            prop_assert!(interval.low > least - 1e-6 && interval.high < most + 1e-6);
        }

        #[test]
        fn swapping_sides_turns_the_verdict_round(
            ratios in proptest::collection::vec(0.5..2.0f64, 10..31),
        ) {
            let there = interval(&pairs(&ratios), 3).unwrap();
            let back: Vec<Pair> = pairs(&ratios)
                .iter()
                .map(|pair| Pair { base: pair.head, head: pair.base })
                .collect();
            let back = interval(&back, 3).unwrap();
            prop_assert!((there.ratio * back.ratio - 1.0).abs() < 1e-6);
        }
    }
}
