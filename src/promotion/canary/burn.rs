//! Absolute harm: how fast the error budget of an objective burns.
//!
//! `burn = (bad / total) / (1 - objective)`: at 1 the budget of the period lasts
//! exactly that period. An alert fires when the burn is at least `factor` over a long
//! window and over a twelfth of it, so that it ends soon after the harm does. The factor
//! is that at which the long window uses up a set part of the budget:
//!
//! `factor = part · period / window`
//!
//! With 2 % in an hour, 5 % in six hours, 10 % in a day and 10 % in three days of a
//! period of 30 days: 14.4, 6, 3 and 1 (Beyer et al., *The Site Reliability Workbook*,
//! 2018, ch. 5, "Multiwindow, Multi-Burn-Rate Alerts").
//!
//! No window reaches back across the merge: one that would is as long as the time since
//! then, but not shorter than its short one. A minimum number of errors keeps a single
//! one among few requests from burning anything.

use serde::{Deserialize, Serialize};

use super::quality::sum;
use super::verdict::{Finding, span};
use super::{Bin, Counts, Policy, Word};

const HOUR: u64 = 3_600;

/// The period a budget is for, in seconds.
pub const PERIOD: u64 = 30 * 24 * HOUR;

/// One pair of windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alert {
    /// The part of the period's budget that the long window uses up.
    pub part: f64,
    /// The long window, in seconds.
    pub long: u64,
    /// The short one.
    pub short: u64,
    /// Whether it rolls back; else it holds.
    pub rolls_back: bool,
}

/// All of them, fastest first.
pub const ALERTS: [Alert; 4] = [
    Alert {
        part: 0.02,
        long: HOUR,
        short: HOUR / 12,
        rolls_back: true,
    },
    Alert {
        part: 0.05,
        long: 6 * HOUR,
        short: HOUR / 2,
        rolls_back: true,
    },
    Alert {
        part: 0.10,
        long: 24 * HOUR,
        short: 2 * HOUR,
        rolls_back: false,
    },
    Alert {
        part: 0.10,
        long: 72 * HOUR,
        short: 6 * HOUR,
        rolls_back: false,
    },
];

impl Alert {
    /// The burn from which on it fires.
    pub fn factor(&self) -> f64 {
        self.part * PERIOD as f64 / self.long as f64
    }
}

/// What a pair of windows says of the canary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// The burn from which on it fires.
    pub factor: f64,
    /// The windows, in seconds; the long one as long as it could be.
    pub windows: [u64; 2],
    /// The burn over these.
    pub burns: [f64; 2],
    /// The base's burn over these, where it had requests.
    pub base: [Option<f64>; 2],
    /// Errors of the canary in the long window.
    pub errors: u64,
    /// Whether it rolls back; else it holds.
    pub rolls_back: bool,
}

impl Burn {
    /// Whether both windows burn that fast.
    pub fn burning(&self) -> bool {
        self.burns.iter().all(|burn| *burn >= self.factor)
    }
}

/// What can be said of each pair of windows, of bins since the merge.
pub fn burns(
    bins: &[&Bin<Counts>],
    merged: i64,
    at: i64,
    objective: f64,
    policy: &Policy,
) -> Vec<Burn> {
    let since = (at - merged).max(0) as u64;
    let window = |seconds: u64| {
        // A window shorter than a bin is one bin.
        let seconds = seconds.max(policy.bin);
        let within = |bin: &&&Bin<Counts>| bin.end > at.saturating_sub_unsigned(seconds);
        let inside: Vec<_> = bins.iter().filter(within).collect();
        let canary = sum(inside.iter().map(|bin| bin.canary));
        let base = sum(inside.iter().map(|bin| bin.base));
        let there = inside.iter().filter(|bin| bin.canary.is_some()).count() as u64;
        (canary, base, there * policy.bin * 2 >= seconds)
    };
    let burn = |counts: Counts| counts.ratio().map(|ratio| ratio / (1.0 - objective));
    let judged = ALERTS.iter().filter(|alert| alert.short <= since);
    judged
        .filter_map(|alert| {
            let long_for = alert.long.min(since);
            let (long, long_base, enough) = window(long_for);
            let (short, short_base, some) = window(alert.short);
            // With more holes than data nothing is said.
            (enough && some).then_some(())?;
            Some(Burn {
                factor: alert.factor(),
                windows: [long_for, alert.short],
                burns: [burn(long)?, burn(short)?],
                base: [burn(long_base), burn(short_base)],
                errors: long.bad,
                rolls_back: alert.rolls_back,
            })
        })
        .collect()
}

/// What follows from them.
pub fn judge(burns: &[Burn], policy: &Policy) -> Finding {
    let firing = |it: &&Burn| it.burning() && it.errors >= policy.errors;
    if let Some(burn) = burns.iter().find(firing) {
        let mut why = format!(
            "burns {:.1} over {} and {:.1} over {}, limit {}; {} errors",
            burn.burns[0],
            span(burn.windows[0]),
            burn.burns[1],
            span(burn.windows[1]),
            round(burn.factor),
            burn.errors
        );
        if let [Some(long), Some(short)] = burn.base {
            why.push_str(&format!("; the base burns {long:.1} and {short:.1}"));
        }
        return match burn.rolls_back {
            true => Finding::new(Word::Fail, why),
            false => Finding::new(
                Word::Insufficient,
                format!("{why}: holds, does not roll back"),
            ),
        };
    }
    if let Some(burn) = burns.iter().find(|burn| burn.burning()) {
        let why = format!(
            "burns {:.1} over {}, but with {} errors of the {} it takes",
            burn.burns[0],
            span(burn.windows[0]),
            burn.errors,
            policy.errors
        );
        return Finding::new(Word::Insufficient, why);
    }
    match burns.first() {
        Some(burn) => {
            let why = format!(
                "burns {:.1} over {} and {:.1} over {}, limit {}",
                burn.burns[0],
                span(burn.windows[0]),
                burn.burns[1],
                span(burn.windows[1]),
                round(burn.factor)
            );
            Finding::new(Word::Pass, why)
        }
        None => Finding::new(
            Word::Insufficient,
            "no window has enough data since the merge to see the budget burn",
        ),
    }
}

fn round(factor: f64) -> f64 {
    (factor * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_factors_follow_from_the_formula() {
        let factors = ALERTS.map(|alert| round(alert.factor()));
        assert_eq!(factors, [14.4, 6.0, 3.0, 1.0]);
        for alert in ALERTS {
            assert_eq!(alert.short * 12, alert.long);
        }
    }

    /// Bins of five minutes, 1,000 requests each, with these errors.
    fn bins(bad: impl IntoIterator<Item = u64>) -> Vec<Bin<Counts>> {
        (1..)
            .zip(bad)
            .map(|(n, bad)| Bin {
                end: n * 300,
                canary: Some(Counts { total: 1_000, bad }),
                base: Some(Counts {
                    total: 1_000,
                    bad: 0,
                }),
            })
            .collect()
    }

    fn look(bins: &[Bin<Counts>], merged: i64) -> (Vec<Burn>, Finding) {
        let at = bins.iter().map(|bin| bin.end).max().unwrap_or(0);
        let policy = Policy::default();
        let since: Vec<_> = bins.iter().filter(|bin| bin.end >= merged + 300).collect();
        let burns = burns(&since, merged, at, 0.999, &policy);
        let finding = judge(&burns, &policy);
        (burns, finding)
    }

    #[test]
    fn fast_burns_roll_back_slow_ones_hold() {
        let word = |bad: u64, bins_: usize| look(&bins(vec![bad; bins_]), 0).1.word;
        // 1,000 requests a bin at 99.9 %: each error of a bin burns 1.
        assert_eq!(word(15, 12), Word::Fail);
        assert_eq!(word(14, 6), Word::Fail, "6 over the half hour there is");
        assert_eq!(word(14, 5), Word::Pass, "not for half an hour yet");
        assert_eq!(word(7, 72), Word::Fail);
        assert_eq!(word(5, 72), Word::Insufficient, "3 holds");
        assert_eq!(word(2, 864), Word::Insufficient, "1 holds");
        assert_eq!(word(0, 864), Word::Pass);
        let (burns, _) = look(&bins(vec![2; 864]), 0);
        assert_eq!(burns.len(), 4);
        assert_eq!(burns[3].windows, [259_200, 21_600]);
    }

    #[test]
    fn harm_that_is_over_rolls_nothing_back() {
        let mut bad = vec![0; 24];
        bad[..11].fill(40);
        let (burns, finding) = look(&bins(bad[..12].iter().copied()), 0);
        assert!(!burns[0].burning(), "not in the last five minutes");
        assert_eq!(finding.word, Word::Fail, "but in the last half hour");
        let (_, finding) = look(&bins(bad), 0);
        assert_eq!(finding.word, Word::Insufficient, "{}", finding.why);
        assert!(finding.why.ends_with("holds, does not roll back"));
    }

    #[test]
    fn no_window_reaches_back_across_the_merge() {
        let mut bad = vec![500; 24];
        bad[12..].fill(0);
        let bins = bins(bad);
        let (burns, finding) = look(&bins, 12 * 300);
        assert_eq!(finding.word, Word::Pass, "{}", finding.why);
        assert!(
            burns
                .iter()
                .all(|burn| burn.windows[0] <= 3_600 && burn.errors == 0)
        );
    }

    #[test]
    fn a_few_errors_burn_nothing() {
        let few: Vec<_> = (1..=6)
            .map(|n| Bin {
                end: n * 300,
                canary: Some(Counts { total: 20, bad: 1 }),
                base: None,
            })
            .collect();
        let (_, finding) = look(&few, 0);
        assert_eq!(finding.word, Word::Insufficient);
        assert!(
            finding.why.contains("6 errors of the 10"),
            "{}",
            finding.why
        );
    }

    #[test]
    fn holes_say_nothing() {
        let mut bins = bins(vec![100; 12]);
        bins.retain(|bin| bin.end > 3_000);
        let (burns, finding) = look(&bins, 0);
        assert_eq!(burns, []);
        assert_eq!(finding.word, Word::Insufficient);
    }
}
