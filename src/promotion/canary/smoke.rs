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
    fn a_missed_night_can_be_made_up_for_a_failed_one_cannot() {
        let good = Night::of(0, Passed);
        assert_eq!(word(&[good, Night::of(0, NotRun), good]), Word::Pass);
        assert_eq!(
            word(&[good, night(Failed, Failed, Passed), good]),
            Word::Fail
        );
    }
}
