//! The nightly runs.
//!
//! A run that did not happen says nothing. One that failed is run again on the same
//! revision, and on the base: tests flake, and networks fail; only a failure that
//! comes again and that the base does not share is the promotion's.

use serde::{Deserialize, Serialize};

use super::Word;
use super::verdict::Finding;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Run {
    /// Well.
    Passed,
    /// Not.
    Failed,
    /// It did not happen, or nobody knows how it ended.
    NotRun,
}

/// One night's runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Night {
    /// When it was due, in Unix seconds.
    pub due: i64,
    /// The run.
    pub first: Run,
    /// The same again, after it failed.
    pub again: Run,
    /// On the base, after that failed too.
    pub base: Run,
}

impl Night {
    /// A night, by its first run.
    pub fn of(due: i64, first: Run) -> Self {
        Self {
            due,
            first,
            again: Run::NotRun,
            base: Run::NotRun,
        }
    }

    /// What it says; `number` is which one it is, from 1.
    pub fn judge(&self, number: usize) -> Finding {
        let night = format!("night {number}");
        let (word, why) = match (self.first, self.again, self.base) {
            (Run::NotRun, ..) => (Word::Insufficient, "the run did not happen"),
            (Run::Passed, ..) => (Word::Pass, "passed"),
            (Run::Failed, Run::Passed, _) => (Word::Pass, "failed once, passed when run again"),
            (Run::Failed, Run::NotRun, _) => {
                (Word::Insufficient, "failed, and was not run again yet")
            }
            (Run::Failed, Run::Failed, Run::NotRun) => (
                Word::Insufficient,
                "failed twice; the base was not run yet, which may fail as well",
            ),
            (Run::Failed, Run::Failed, Run::Failed) => (
                Word::Insufficient,
                "failed twice, and the base fails as well",
            ),
            (Run::Failed, Run::Failed, Run::Passed) => {
                (Word::Fail, "failed twice, and the base passes")
            }
        };
        Finding::new(word, format!("{night}: {why}"))
    }
}

/// A day, in seconds.
const DAY: u64 = 86_400;
/// How late a run may be at most, in seconds.
const LATEST: u64 = 6 * 3_600;
/// More nights than these are not waited for.
const MOST: usize = 1_000;

/// When nights are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// When the promotion was merged, in Unix seconds.
    pub merged: i64,
    /// The time of day, in seconds after midnight UTC.
    pub at: u64,
    /// From one to the next, in seconds. Only with a whole day the time of day counts.
    pub every: u64,
}

/// The nights so far, and what comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nights {
    /// Those that are over.
    pub over: Vec<Night>,
    /// When the next is due, in Unix seconds; not later than now where it is to be run
    /// now. Nothing where no more are needed.
    pub next: Option<i64>,
}

impl Schedule {
    /// When the night of that number is due, from 0.
    pub fn due(&self, number: usize) -> i64 {
        let every = self.every.max(1) as i64;
        let first = match self.every {
            DAY => {
                let (day, at) = (DAY as i64, self.at as i64);
                let since = (self.merged - at).rem_euclid(day);
                self.merged + day - since
            }
            _ => self.merged + every,
        };
        first.saturating_add(every.saturating_mul(number as i64))
    }

    /// How late a run may begin, in seconds.
    pub fn grace(&self) -> u64 {
        (self.every / 2).clamp(1, LATEST)
    }

    /// True where a run that ended at `time` was that night's.
    pub fn is_in_time(&self, due: i64, time: i64) -> bool {
        time >= due && time < due.saturating_add_unsigned(self.every.max(1))
    }

    /// What was run, by when it was due, as the nights so far: what nobody ran in time
    /// did not happen.
    pub fn nights(&self, ran: &[Night], needed: u32, now: i64) -> Nights {
        let mut nights = Nights::default();
        let mut passed = 0;
        for number in 0..MOST {
            if passed >= needed {
                return nights;
            }
            let due = self.due(number);
            let night = ran.iter().find(|night| night.due == due).copied();
            let late = now >= due.saturating_add_unsigned(self.grace());
            match night.or(late.then(|| Night::of(due, Run::NotRun))) {
                Some(night) => {
                    let good = night.judge(number + 1).word == Word::Pass;
                    passed += u32::from(good);
                    nights.over.push(night);
                }
                None => {
                    nights.next = Some(due);
                    return nights;
                }
            }
        }
        nights
    }
}

/// What the nights say together, of which so many must pass.
pub fn judge(nights: &[Night], needed: u32) -> Vec<Finding> {
    let mut findings: Vec<Finding> = (1..)
        .zip(nights)
        .map(|(number, night)| night.judge(number))
        .collect();
    let passed = findings.iter().filter(|it| it.word == Word::Pass).count();
    let why = format!("{passed} of {needed} nights passed");
    if passed < needed as usize {
        findings.insert(0, Finding::new(Word::Insufficient, why));
    } else {
        // A night made up for is no reason to hold any more.
        findings.retain(|it| matches!(it.word, Word::Pass | Word::Fail));
        findings.insert(0, Finding::new(Word::Pass, why));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use Run::{Failed, NotRun, Passed};

    fn night(first: Run, again: Run, base: Run) -> Night {
        Night {
            due: 0,
            first,
            again,
            base,
        }
    }

    fn word(nights: &[Night]) -> Word {
        Finding::worst(&judge(nights, 2)).unwrap().word
    }

    #[test]
    fn only_a_failure_the_base_does_not_share_counts() {
        let good = Night::of(0, Passed);
        assert_eq!(word(&[]), Word::Insufficient);
        assert_eq!(word(&[good]), Word::Insufficient);
        assert_eq!(word(&[good, good]), Word::Pass);
        for (first, again, base, expected) in [
            (NotRun, NotRun, NotRun, Word::Insufficient),
            (Failed, NotRun, NotRun, Word::Insufficient),
            (Failed, Passed, NotRun, Word::Pass),
            (Failed, Failed, NotRun, Word::Insufficient),
            (Failed, Failed, Failed, Word::Insufficient),
            (Failed, Failed, Passed, Word::Fail),
        ] {
            assert_eq!(word(&[good, night(first, again, base)]), expected);
        }
    }

    #[test]
    fn nights_are_due_after_the_merge() {
        let daily = |merged| Schedule {
            merged,
            at: 7_200,
            every: 86_400,
        };
        assert_eq!(daily(0).due(0), 7_200);
        assert_eq!(daily(7_199).due(0), 7_200);
        // Merged at that very time, the night is the next.
        assert_eq!(daily(7_200).due(0), 93_600);
        assert_eq!(daily(7_200).due(1), 180_000);
        let often = Schedule {
            every: 60,
            ..daily(1_000)
        };
        assert_eq!([often.due(0), often.due(2)], [1_060, 1_180]);
        assert_eq!((daily(0).grace(), often.grace()), (21_600, 30));
    }

    #[test]
    fn what_nobody_ran_in_time_did_not_happen() {
        let schedule = Schedule {
            merged: 0,
            at: 0,
            every: 100,
        };
        let at = |ran: &[Night], now: i64| schedule.nights(ran, 2, now);
        assert_eq!(at(&[], 0).next, Some(100));
        assert_eq!(at(&[], 149).next, Some(100), "it may be late");
        let missed = at(&[], 150);
        assert_eq!(missed.over, [Night::of(100, NotRun)]);
        assert_eq!(missed.next, Some(200));
        // Made up for by a third; then no more are asked for.
        let good = |due| Night::of(due, Passed);
        let made_up = at(&[good(200), good(300)], 300);
        assert_eq!(made_up.over.len(), 3);
        assert_eq!(made_up.next, None);
        assert_eq!(schedule.nights(&[], 0, 999).next, None);
        assert!(schedule.is_in_time(100, 199) && !schedule.is_in_time(100, 200));
        assert_eq!(at(&[], i64::MAX / 2).over.len(), MOST);
    }

    #[test]
    fn a_missed_night_can_be_made_up_for_a_failed_one_cannot() {
        let good = Night::of(0, Passed);
        assert_eq!(word(&[good, Night::of(0, NotRun), good]), Word::Pass);
        assert_eq!(
            word(&[good, night(Failed, Failed, Passed), good]),
            Word::Fail
        );
    }
}
