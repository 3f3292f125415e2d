//! Verdicts: five words, and what may be done about each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::burn::Burn;
use super::estimate::Difference;
use super::quality::Quality;

/// What a signal says, and all of them together; the worst last but for `Fail`, which
/// comes before all others wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Word {
    /// No harm is seen, by enough data to see it.
    Pass,
    /// Too little to tell: few samples, holes, a missed night, harm that is not
    /// harm enough to roll back.
    Insufficient,
    /// There is nothing to judge.
    NoData,
    /// The source cannot be believed.
    SourceError,
    /// Harm.
    Fail,
}

impl Word {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Insufficient,
        Self::NoData,
        Self::SourceError,
        Self::Fail,
    ];
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "PASS",
            Self::Insufficient => "INSUFFICIENT",
            Self::NoData => "NO_DATA",
            Self::SourceError => "SOURCE_ERROR",
            Self::Fail => "FAIL",
        })
    }
}

/// What a verdict allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Take it back.
    RollBack,
    /// Nothing: go on watching.
    Hold,
    /// The promotion is complete.
    Complete,
}

/// One part of a signal's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it says.
    pub word: Word,
    /// Why, with its numbers.
    pub why: String,
}

impl Finding {
    /// A finding.
    pub fn new(word: Word, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { word, why }
    }

    /// The one that decides: the worst, of equals the first.
    pub fn worst(findings: &[Self]) -> Option<&Self> {
        findings.iter().rev().max_by_key(|finding| finding.word)
    }
}

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalVerdict {
    /// Its name.
    pub signal: String,
    /// The worst of the findings.
    pub word: Word,
    /// What decided, with its numbers.
    pub why: String,
    /// Every finding, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// How good the data is, where there is any.
    pub quality: Option<Quality>,
    /// Canary, base and their difference, of events.
    pub difference: Option<Difference>,
    /// How fast the budget burns, at each pair of windows that could be judged.
    pub burns: Vec<Burn>,
    /// Evidence of relative harm, and what it has to reach.
    pub evidence: Option<[f64; 2]>,
}

impl SignalVerdict {
    /// True where it fails though neither its evidence nor its burn is there: by the ceiling of
    /// its own that `max` sets.
    pub fn is_above_max(&self) -> bool {
        let by_evidence = self.evidence.is_some_and(|[value, limit]| value >= limit);
        let mut burns = self.burns.iter();
        let by_burn = burns.any(|it| it.rolls_back && it.burning());
        self.word == Word::Fail && !by_evidence && !by_burn
    }

    /// A signal with these findings and no figures.
    pub fn of(signal: &str, findings: Vec<Finding>) -> Self {
        let nothing = Finding::new(Word::Insufficient, "nothing is judged of it");
        let worst = Finding::worst(&findings).unwrap_or(&nothing).clone();
        Self {
            signal: signal.to_owned(),
            word: worst.word,
            why: worst.why,
            findings,
            quality: None,
            difference: None,
            burns: Vec::new(),
            evidence: None,
        }
    }
}

/// What all signals say together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// When it was looked, in Unix seconds.
    pub at: i64,
    /// The word.
    pub word: Word,
    /// What it allows.
    pub action: Action,
    /// Why, with its numbers.
    pub why: String,
    /// How long it has been watched, in seconds, of how long.
    pub watched: [u64; 2],
    /// When both arms of every signal last had data, in Unix seconds.
    pub last_good: Option<i64>,
    /// Each signal; the nightly runs come last.
    pub signals: Vec<SignalVerdict>,
}

/// A span of time for people: `45s`, `35m`, `31h`, `3d`.
pub fn span(seconds: u64) -> String {
    match seconds {
        s if s < 120 => format!("{s}s"),
        s if s < 7_200 => format!("{}m", s / 60),
        s if s < 259_200 => match s % 3_600 / 60 {
            0 => format!("{}h", s / 3_600),
            minutes => format!("{}h{minutes:02}m", s / 3_600),
        },
        s => format!("{}d", s / 86_400),
    }
}

/// A part for people, in percent: `0.21 %`.
pub fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_comes_before_everything() {
        use Word::{Fail, Insufficient, NoData, Pass, SourceError};
        let of = |words: &[Word]| {
            let findings: Vec<_> = words.iter().map(|word| Finding::new(*word, "")).collect();
            Finding::worst(&findings).map(|finding| finding.word)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[Pass, Insufficient]), Some(Insufficient));
        assert_eq!(of(&[SourceError, NoData, Pass]), Some(SourceError));
        assert_eq!(of(&[SourceError, Fail, NoData]), Some(Fail));
    }

    #[test]
    fn what_fails_by_its_ceiling_alone_says_so() {
        let of = |word, evidence, rolls_back, burn| SignalVerdict {
            evidence: Some([evidence, 100.0]),
            burns: vec![Burn {
                factor: 6.0,
                windows: [3_600, 300],
                burns: [burn; 2],
                base: [None; 2],
                errors: 9,
                rolls_back,
            }],
            ..SignalVerdict::of("errors", vec![Finding::new(word, "")])
        };
        assert!(of(Word::Fail, 0.9, true, 5.9).is_above_max());
        assert!(of(Word::Fail, 0.9, false, 6.0).is_above_max(), "that holds");
        assert!(!of(Word::Fail, 0.9, true, 6.0).is_above_max());
        assert!(!of(Word::Fail, 100.0, true, 0.0).is_above_max());
        assert!(!of(Word::Pass, 0.9, true, 0.0).is_above_max());
    }

    #[test]
    fn words_are_the_same_in_json() {
        for word in Word::ALL {
            assert_eq!(serde_json::to_string(&word).unwrap(), format!("\"{word}\""));
        }
    }

    #[test]
    fn spans_are_short() {
        for (seconds, said) in [
            (45, "45s"),
            (2_100, "35m"),
            (111_600, "31h"),
            (9_000, "2h30m"),
            (604_800, "7d"),
        ] {
            assert_eq!(span(seconds), said);
        }
    }
}
