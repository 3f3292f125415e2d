//! The boxes of criteria: what evidence ticks, and what somebody ticked by hand.

use super::criteria::{gates, vouches};
use super::field::Kind;
use super::form::Answers;
use super::line::Line;
use super::template::{Asks, Piece, Template, evidence_mark};
use super::{Field, Proposal};

/// How the criteria of what is written stand to the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticks {
    /// How many there are.
    pub all: usize,
    /// How many evidence ticks.
    pub held: usize,
    /// How many are open because no gate looked at the content as it is.
    pub unseen: usize,
    /// How many it ticks that the document has open, from when it was written last.
    pub gained: usize,
    /// How many the document has ticked that would be open again.
    pub lost: usize,
}

impl Ticks {
    /// What there is to know before it is written; `None` where gates looked at all of it.
    pub fn unseen_words(&self) -> Option<String> {
        let Self { all, unseen, .. } = self;
        (*unseen > 0).then(|| {
            let lost = match self.lost {
                0 => String::new(),
                lost => format!("; {lost} that the document has ticked would be open again"),
            };
            format!(
                "{unseen} of {all} criteria have no evidence, for no gate looked at this content: \
                 they would be written as open{lost}"
            )
        })
    }

    /// That there is something to tick in a document that is there.
    pub fn gained_words(&self) -> Option<String> {
        match self.gained {
            0 => None,
            1 => Some("evidence ticks a criterion that the document has open".to_owned()),
            n => Some(format!(
                "evidence ticks {n} criteria that the document has open"
            )),
        }
    }
}

impl Proposal {
    /// How the criteria of what is written with these answers stand.
    pub fn ticks(&self, answers: &Answers) -> Ticks {
        let mut ticks = Ticks::default();
        for form in self.forms(answers) {
            for field in form.template.fields() {
                let Some(proof) = form.proof(field, &self.evidenced) else {
                    continue;
                };
                ticks.all += 1;
                ticks.held += usize::from(proof.holds);
                ticks.unseen += usize::from(proof.unseen);
                let before = field.evidence().is_some();
                ticks.gained += usize::from(before && !field.is_ticked() && proof.holds);
                ticks.lost += usize::from(field.is_ticked() && !proof.holds);
            }
        }
        ticks
    }
}

impl Field {
    /// True for a criterion whose box is ticked in the document.
    fn is_ticked(&self) -> bool {
        let first = self.raw.lines().next().unwrap_or_default();
        self.kind == Kind::Criterion && matches!(Line::of(first), Line::Task(_, _, true, _))
    }

    /// What the document says below a criterion of its evidence.
    fn evidence(&self) -> Option<&str> {
        let below = self.raw.lines().nth(1)?.trim_start();
        let words = below.strip_prefix("- ").unwrap_or(below);
        Some(words.strip_prefix(evidence_mark())?.trim())
    }
}

/// The criteria that a document has ticked though it names no evidence for them: each by
/// its line, from 1. Those that neither a gate nor the reviewers answer for are the
/// author's own.
pub fn by_hand(document: &str) -> Vec<(u32, String)> {
    let template = Template::parse(
        document,
        Asks {
            all: false,
            parts: &[],
        },
    );
    let mut found = Vec::new();
    let mut line = 1;
    for piece in &template.pieces {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Field(at) => {
                let Some(field) = template.fields().get(*at) else {
                    continue;
                };
                let vouched = field.evidence().is_some_and(vouches);
                let bound = || !gates(&field.hint, &[]).is_empty();
                if field.is_ticked() && !vouched && bound() {
                    found.push((line, field.label.clone()));
                }
                &field.raw
            }
        };
        line += text.matches('\n').count() as u32;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::FORM;
    use super::*;

    #[test]
    fn a_tick_without_evidence_is_one_by_hand() {
        assert_eq!(by_hand(FORM), []);
        let ticked = FORM.replace("[ ]", "[x]");
        let line = FORM.lines().position(|it| it.contains("`mypy`")).unwrap() as u32 + 1;
        // The cat is nobody's but the author's.
        assert_eq!(by_hand(&ticked), [(line, "mypy: nothing new".to_owned())]);
        let with = |words: &str| {
            let below = format!("nothing new\n  - Evidence: {words}\n");
            by_hand(&ticked.replace("nothing new\n", &below)).len()
        };
        let digest = "ab".repeat(32);
        assert_eq!(
            with(&format!(
                "types passed; gate report sha256:{digest} of 0123456"
            )),
            0
        );
        let part = "of 0123456, not every gate in it";
        assert_eq!(
            with(&format!("types passed; gate report sha256:{digest} {part}")),
            0
        );
        assert_eq!(with("types passed; of 0123456"), 0);
        assert_eq!(
            with("missing: types failed; countersign check candidate/x"),
            1
        );
        assert_eq!(with("I looked"), 1);
        assert_eq!(with("types passed; gate report sha256:ab of 0123456"), 1);
        assert_eq!(by_hand(&ticked.replace('\n', "\r\n")), by_hand(&ticked));
    }
}
