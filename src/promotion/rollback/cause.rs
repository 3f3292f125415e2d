//! Why something is taken back, frozen as it was when that was decided.

use std::collections::BTreeMap;

use crate::promotion::Sha256;
use crate::promotion::canary::{Verdict, Word};

/// Bytes of one fact at most: a record is a line of the log.
const LONGEST: usize = 16 << 10;

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A person wants it.
    ByHand {
        /// Why, in their words.
        why: String,
    },
    /// The canary does harm.
    Canary(Frozen),
}

/// What was judged, so that everybody can judge it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// When it was looked, in Unix seconds.
    pub at: i64,
    /// What the judge said. Only `FAIL` can take anything back.
    pub word: Word,
    /// Why, with its numbers.
    pub why: String,
    /// Each signal in a line: its name, its word, why.
    pub signals: Vec<String>,
    /// What was asked, in PromQL.
    pub queries: Vec<String>,
    /// The digest of the raw answers.
    pub answers: Sha256,
    /// What it was held against, a line each.
    pub thresholds: Vec<String>,
}

impl Frozen {
    /// A verdict with what it was made of.
    pub fn of(
        verdict: &Verdict,
        queries: Vec<String>,
        answers: Sha256,
        thresholds: Vec<String>,
    ) -> Self {
        let signals = verdict.signals.iter();
        Self {
            at: verdict.at,
            word: verdict.word,
            why: verdict.why.clone(),
            signals: signals
                .map(|it| format!("{}: {}: {}", it.signal, it.word, it.why))
                .collect(),
            queries,
            answers,
            thresholds,
        }
    }
}

impl Cause {
    /// True where a person wants it.
    pub fn is_by_hand(&self) -> bool {
        matches!(self, Self::ByHand { .. })
    }

    /// The word in records.
    pub fn word(&self) -> &'static str {
        match self {
            Self::ByHand { .. } => "by-hand",
            Self::Canary(_) => "canary",
        }
    }

    /// Why, in words.
    pub fn why(&self) -> &str {
        match self {
            Self::ByHand { why } => why,
            Self::Canary(frozen) => &frozen.why,
        }
    }

    /// Why nothing can be taken back for it, in words; `None` where it can.
    pub fn unfit(&self) -> Option<String> {
        match self {
            Self::ByHand { why } if why.trim().is_empty() => {
                Some("it is not said why: say it with --reason".into())
            }
            Self::Canary(frozen) if frozen.word != Word::Fail => Some(format!(
                "the canary says {}, and only FAIL takes anything back",
                frozen.word
            )),
            _ => None,
        }
    }

    /// What a record says of it.
    pub fn facts(&self) -> BTreeMap<String, String> {
        let mut facts: BTreeMap<String, String> =
            [("cause", self.word().to_owned()), ("why", cut(self.why()))]
                .map(|(name, value)| (name.to_owned(), value))
                .into();
        if let Self::Canary(frozen) = self {
            let lines = |all: &[String]| cut(&all.join("\n"));
            facts.extend(
                [
                    ("answers", frozen.answers.to_string()),
                    ("looked-at", frozen.at.to_string()),
                    ("queries", lines(&frozen.queries)),
                    ("signals", lines(&frozen.signals)),
                    ("thresholds", lines(&frozen.thresholds)),
                    ("verdict", frozen.word.to_string()),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        facts
    }
}

/// A text of bounded length; what is left out is counted.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at));
    let kept = &text[..end.unwrap_or(0)];
    format!("{kept}\n… and {} bytes more", text.len() - kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn frozen(word: Word) -> Frozen {
        Frozen {
            at: 7,
            word,
            why: "errors burn".into(),
            signals: vec!["errors: FAIL: burns at 15".into()],
            queries: vec!["sum(a)".into(), "sum(b)".into()],
            answers: Sha256::of(b"x"),
            thresholds: vec!["14.4 over 1h".into()],
        }
    }

    #[test]
    fn only_harm_takes_anything_back() {
        for word in [
            Word::Pass,
            Word::Insufficient,
            Word::NoData,
            Word::SourceError,
        ] {
            let why = Cause::Canary(frozen(word)).unfit();
            assert!(why.is_some_and(|it| it.contains("only FAIL")), "{word}");
        }
        assert_eq!(Cause::Canary(frozen(Word::Fail)).unfit(), None);
        let by_hand = |why: &str| Cause::ByHand { why: why.into() };
        assert!(by_hand(" ").unfit().is_some());
        assert_eq!(by_hand("it is slow").unfit(), None);
    }

    #[test]
    fn what_was_judged_is_frozen() {
        let facts = Cause::Canary(frozen(Word::Fail)).facts();
        assert_eq!(facts["verdict"], "FAIL");
        assert_eq!(facts["queries"], "sum(a)\nsum(b)");
        assert_eq!(facts["answers"], Sha256::of(b"x").to_string());
        let facts = Cause::ByHand {
            why: "é".repeat(LONGEST),
        }
        .facts();
        assert!(facts["why"].len() < LONGEST + 64);
        assert!(facts["why"].ends_with("bytes more"));
        assert!(!facts.contains_key("verdict"));
    }
}
