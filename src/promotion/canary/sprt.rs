//! Relative harm: a test of the canary against the base that may be looked at as
//! often as one likes.
//!
//! **The hypothesis.** Events (errors, slow answers) come to the canary at no more
//! than `allowed` times the rate at which they come to the base.
//!
//! **Exact counts.** In a bin with `m` events in both arms and `c` and `b` requests,
//! `x` of the events are the canary's. If its rate is `r` times the base's, `x` is
//! binomial of `m` with `π(r) = r·c / (r·c + b)`, whatever the rate itself is and
//! however it moves: two Poisson counts, given their sum (Przyborowski and Wilenski,
//! *Biometrika* 31, 1940). The likelihood ratio against the edge of the hypothesis is
//!
//! `L(r) = Π (π(r)/π(allowed))^x · ((1-π(r))/(1-π(allowed)))^(m-x)`
//!
//! For every `r > allowed` it is a supermartingale under the whole hypothesis, since
//! it falls with each event of the base and rises with each of the canary.
//!
//! **Mixture.** How harmful, and since when, is not known. So `E = Σ w·L` over a
//! fixed list of ratios and of beginnings, with weights that add up to one: again a
//! supermartingale that begins at 1. By Ville's inequality (Ville, *Étude critique de
//! la notion de collectif*, 1939) the chance that `E` *ever* reaches `1/α` is at most
//! `α`: Robbins' mixture SPRT (Robbins, *Ann. Math. Statist.* 41, 1970; Johari, Pekelis
//! and Walsh, "Always valid inference", 2015). Beginnings are mixed in as in
//! e-detectors (Shin, Ramdas and Rinaldo, 2022), so that a day of health does not hide
//! an hour of harm.
//!
//! **Over-dispersion.** Events that come in clusters of φ bring as much evidence as
//! one: `L^(1/φ)` (quasi-likelihood: Wedderburn, *Biometrika* 61, 1974), exact for
//! clusters of φ each. φ is estimated, at the span over which the evidence was
//! gathered, from the time before the merge and from the canary itself, whichever is
//! greater ([`super::dispersion`]). Where the time before does not tell it, evidence
//! counts for nothing (`L⁰ = 1`): a first burst looks like harm to everyone who has
//! not seen bursts before. And one bin alone never reaches the limit: it brings at
//! most half the way there.
//!
//! With φ estimated, the bound α is no theorem any more. What it is in fact is
//! simulated in `tests/canary_judge.rs`.

use super::dispersion::{Dispersion, Neighbours};
use super::{Bin, Counts};

/// How many times the allowed ratio the alternatives are.
const BEYOND: [f64; 8] = [1.4, 2.0, 2.7, 3.6, 4.8, 6.5, 10.0, 20.0];

/// The weight of harm that begins with the merge: code is as it is from its first
/// request on. What is left is shared among the later beginnings.
const AT_ONCE: f64 = 0.9;

/// What is tested, and how strictly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// How many times the base's rate the canary's may be.
    pub allowed: f64,
    /// The chance of a false alarm over all looks.
    pub alpha: f64,
    /// After how many bins each a later beginning is looked for.
    pub every: usize,
    /// How many later beginnings there are, at most.
    pub beginnings: usize,
}

impl Rule {
    /// What `E` has to reach.
    pub fn limit(&self) -> f64 {
        1.0 / self.alpha
    }
}

/// The test, as far as it has come. Bins come in one by one.
#[derive(Clone, Debug)]
pub struct Sprt {
    rule: Rule,
    before: Dispersion,
    since: Neighbours,
    bins: usize,
    events: u64,
    /// Of all bins, `ln L` for each ratio.
    sums: [f64; BEYOND.len()],
    /// The bin each beginning is at, and the sums up to it.
    starts: Vec<(usize, [f64; BEYOND.len()])>,
}

/// Where the test stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `E`: the evidence for harm.
    pub value: f64,
    /// What it has to reach.
    pub limit: f64,
    /// What it would be if events came one by one: the most it may mean.
    pub at_most: f64,
    /// φ over the whole time; nothing where it is not known yet.
    pub dispersion: Option<f64>,
    /// How many events it rests on, of both arms.
    pub events: u64,
}

impl Evidence {
    /// Whether harm is shown.
    pub fn shown(&self) -> bool {
        self.value >= self.limit
    }
}

impl Sprt {
    /// The test before its first bin, with what was learned before the merge.
    pub fn new(rule: Rule, before: Dispersion) -> Self {
        Self {
            rule,
            before,
            since: Neighbours::default(),
            bins: 0,
            events: 0,
            sums: [0.0; BEYOND.len()],
            starts: vec![(0, [0.0; BEYOND.len()])],
        }
    }

    /// Takes the next bin in. One that lacks an arm, or requests in one, says nothing.
    pub fn push(&mut self, bin: &Bin<Counts>) {
        let (Some(canary), Some(base)) = (bin.canary, bin.base) else {
            return;
        };
        if canary.total == 0 || base.total == 0 {
            return;
        }
        if self.bins > 0
            && self.bins.is_multiple_of(self.rule.every)
            && self.starts.len() <= self.rule.beginnings
        {
            self.starts.push((self.bins, self.sums));
        }
        let most = self.rule.limit().ln() / 2.0 * self.dispersion().greatest();
        let (c, b) = (canary.total as f64, base.total as f64);
        let (x, y) = (canary.bad as f64, base.bad as f64);
        let part = |ratio: f64| ratio * c / (ratio * c + b);
        let edge = part(self.rule.allowed);
        for (sum, beyond) in self.sums.iter_mut().zip(BEYOND) {
            let at = part(self.rule.allowed * beyond);
            let gain = x * (at / edge).ln() + y * ((1.0 - at) / (1.0 - edge)).ln();
            *sum += gain.min(most);
        }
        self.events += canary.bad + base.bad;
        self.bins += 1;
        self.since.push(canary, base);
    }

    /// What is known of φ by now.
    fn dispersion(&self) -> Dispersion {
        self.before.raised_by(&self.since.dispersion())
    }

    /// Where it stands after the bins so far.
    pub fn evidence(&self) -> Evidence {
        let dispersion = self.dispersion();
        let scale = |bins: usize| dispersion.at(bins).map_or(0.0, |phi| 1.0 / phi);
        Evidence {
            value: self.value(scale),
            limit: self.rule.limit(),
            at_most: self.value(|_| 1.0),
            dispersion: dispersion.at(self.bins),
            events: self.events,
        }
    }

    /// `E`, with `ln L` multiplied by what belongs to so many bins.
    fn value(&self, scale: impl Fn(usize) -> f64) -> f64 {
        let later = (1.0 - AT_ONCE) / self.rule.beginnings.max(1) as f64;
        // What has not begun counts as the 1 it begins with.
        let unused = (self.rule.beginnings + 1).saturating_sub(self.starts.len());
        let mut value = later * unused as f64;
        for (at, (start, sums)) in self.starts.iter().enumerate() {
            let weight = if at == 0 { AT_ONCE } else { later };
            let scale = scale(self.bins - start);
            let each = self.sums.iter().zip(sums);
            let sum: f64 = each.map(|(now, then)| ((now - then) * scale).exp()).sum();
            value += weight * sum / BEYOND.len() as f64;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule {
        allowed: 1.25,
        alpha: 0.01,
        every: 12,
        beginnings: 48,
    };

    fn bin(canary: u64, base: u64) -> Bin<Counts> {
        let of = |bad| Some(Counts { total: 750, bad });
        Bin {
            end: 0,
            canary: of(canary),
            base: of(base),
        }
    }

    /// A quiet week: now and then one error, no bursts.
    fn quiet() -> Dispersion {
        let bins: Vec<_> = (0..2_016u64)
            .map(|n| Bin {
                canary: None,
                ..bin(0, n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63)
            })
            .collect();
        Dispersion::before(&bins)
    }

    fn after(bins: impl IntoIterator<Item = Bin<Counts>>, before: Dispersion) -> Evidence {
        let mut sprt = Sprt::new(RULE, before);
        bins.into_iter().for_each(|bin| sprt.push(&bin));
        sprt.evidence()
    }

    #[test]
    fn it_begins_at_one() {
        let it = after([], quiet());
        assert!((it.value - 1.0).abs() < 1e-12 && !it.shown());
        assert_eq!(it.limit, 100.0);
    }

    #[test]
    fn a_lasting_rise_is_shown_and_equality_is_not() {
        assert!(after(vec![bin(5, 1); 8], quiet()).shown());
        assert!(after(vec![bin(1, 1); 500], quiet()).value < 1.0);
        assert!(after(vec![bin(1, 5); 500], quiet()).value < 1.0);
    }

    #[test]
    fn a_day_of_health_does_not_hide_harm() {
        let mut bins = vec![bin(1, 1); 288];
        bins.extend(vec![bin(5, 1); 36]);
        assert!(after(bins, quiet()).shown());
    }

    #[test]
    fn one_bin_alone_shows_nothing() {
        let it = after([bin(700, 0)], quiet());
        assert!(it.value > 5.0 && !it.shown(), "{it:?}");
    }

    #[test]
    fn known_bursts_take_evidence_away() {
        // Seven errors at a time, now and then.
        let bins: Vec<_> = (0..2_016u64)
            .map(|n| Bin {
                canary: None,
                ..bin(
                    0,
                    7 * u64::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61 == 0),
                )
            })
            .collect();
        let rise = || vec![bin(5, 1); 8];
        let bursty = after(rise(), Dispersion::before(&bins));
        assert!(bursty.dispersion.unwrap() > 4.0, "{bursty:?}");
        assert!(after(rise(), quiet()).shown() && !bursty.shown());
        assert!(after(vec![bin(5, 1); 100], Dispersion::before(&bins)).shown());
    }

    #[test]
    fn without_the_time_before_nothing_is_shown() {
        let it = after(vec![bin(50, 1); 500], Dispersion::default());
        assert!(!it.shown() && it.dispersion.is_none());
        assert!(it.at_most > it.limit);
    }

    #[test]
    fn an_arm_that_is_gone_says_nothing() {
        let gone = Bin {
            base: None,
            ..bin(700, 0)
        };
        assert_eq!(after(vec![gone; 50], quiet()), after([], quiet()));
        let idle = Bin {
            base: Some(Counts::default()),
            ..bin(700, 0)
        };
        assert_eq!(after(vec![idle; 50], quiet()), after([], quiet()));
    }

    proptest! {
        /// One more bin, whatever it is expected to hold under the edge of the
        /// hypothesis, leaves `E` as it is on average: binomial chances, summed up.
        #[test]
        fn at_the_edge_it_gains_nothing_on_average(
            past in proptest::collection::vec((0..4u64, 0..4u64), 0..20),
            canary in 1..2_000u64,
            base in 1..2_000u64,
            events in 0..12u64,
        ) {
            let mut sprt = Sprt::new(RULE, Dispersion::default());
            past.iter().for_each(|(x, y)| sprt.push(&bin(*x, *y)));
            let now = sprt.evidence().at_most;
            let part = 1.25 * canary as f64 / (1.25 * canary as f64 + base as f64);
            let mut mean = 0.0;
            let mut ways = 1.0;
            for x in 0..=events {
                let chance = ways * part.powi(x as i32) * (1.0 - part).powi((events - x) as i32);
                ways *= (events - x) as f64 / (x + 1) as f64;
                let mut next = sprt.clone();
                next.push(&Bin {
                    end: 0,
                    canary: Some(Counts { total: canary, bad: x }),
                    base: Some(Counts { total: base, bad: events - x }),
                });
                mean += chance * next.evidence().at_most;
            }
            prop_assert!(mean <= now * (1.0 + 1e-9), "{} {}", mean, now);
        }

        #[test]
        fn an_error_of_the_base_is_no_evidence(x in 0..6u64, y in 0..6u64) {
            let one = after(vec![bin(x, y); 6], quiet());
            let more = after(vec![bin(x, y + 1); 6], quiet());
            prop_assert!(more.at_most <= one.at_most);
        }
    }
}
