//! What a reviewer answers before a signature is offered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::GateId;
use super::{Role, Verb};

/// The questions of one role. Data: ours are in `assets/checklists`, and a
/// repository may have its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// The layout: 1.
    pub version: u32,
    /// Who answers.
    pub role: Role,
    /// The questions, in the order they are asked.
    pub items: Vec<Item>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its name: what an answer is kept under.
    pub id: String,
    /// What it is about, in a word or two.
    pub title: String,
    /// The question, to be answered with yes.
    pub question: String,
    /// The gates whose evidence speaks to it.
    #[serde(default)]
    pub evidence: Vec<GateId>,
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It holds.
    Yes,
    /// It does not, or not surely: blocks approval.
    Concern,
    /// It does not apply, for the reason in the note.
    NotApplicable,
}

/// An answer as it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// The item.
    pub id: String,
    /// Why, in the reviewer's words; empty where there is nothing to add.
    pub note: String,
}

/// Why answers do not make a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Items without an answer.
    #[error("not answered yet: {}", .0.join(", "))]
    Open(Vec<String>),
    /// Answers to what is not asked.
    #[error("the checklist has no item {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// Two answers to one item.
    #[error("answered twice: {}", .0.join(", "))]
    Twice(Vec<String>),
    /// An answer that has to be explained and is not.
    #[error("a note is missing for {}: a concern, or what does not apply, is explained", .0.join(", "))]
    Unexplained(Vec<String>),
    /// Concerns, and approval all the same.
    #[error("there are concerns about {}: reject, or answer with a yes first", .0.join(", "))]
    Concerns(Vec<String>),
}

impl Checklist {
    /// What is wrong with the checklist itself, in words.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.version != 1 {
            problems.push(format!("version {} is not known: 1 is", self.version));
        }
        if !self.role.is_reviewer() {
            problems.push(format!("{} is no reviewer and answers nothing", self.role));
        }
        if self.items.is_empty() {
            problems.push("it asks nothing".into());
        }
        let mut seen = BTreeSet::new();
        for item in &self.items {
            if item.id.trim().is_empty() || item.question.trim().is_empty() {
                problems.push("an item has no id or no question".into());
            } else if !seen.insert(&item.id) {
                problems.push(format!("the item {:?} is there twice", item.id));
            }
        }
        problems
    }

    /// Whether these answers may be signed with that decision. A withdrawal
    /// needs no answers; with a concern there is no approval.
    pub fn fit(&self, verb: Verb, answers: &[Answered]) -> Result<(), Unfit> {
        let asked = |id: &str| self.items.iter().any(|item| item.id == id);
        let ids = |answers: &mut dyn Iterator<Item = &Answered>| {
            answers.map(|it| it.id.clone()).collect::<Vec<_>>()
        };
        let none = |found: Vec<String>, unfit: fn(Vec<String>) -> Unfit| match found.is_empty() {
            true => Ok(()),
            false => Err(unfit(found)),
        };
        none(
            ids(&mut answers.iter().filter(|it| !asked(&it.id))),
            Unfit::Unknown,
        )?;
        let mut seen = BTreeSet::new();
        none(
            ids(&mut answers.iter().filter(|it| !seen.insert(&it.id))),
            Unfit::Twice,
        )?;
        if verb == Verb::Withdraw {
            return Ok(());
        }
        let open = self.items.iter().filter(|item| !seen.contains(&item.id));
        none(open.map(|item| item.id.clone()).collect(), Unfit::Open)?;
        let unexplained = |it: &&Answered| it.answer != Answer::Yes && it.note.trim().is_empty();
        none(
            ids(&mut answers.iter().filter(unexplained)),
            Unfit::Unexplained,
        )?;
        if verb == Verb::Approve {
            let concerns = |it: &&Answered| it.answer == Answer::Concern;
            none(ids(&mut answers.iter().filter(concerns)), Unfit::Concerns)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checklist() -> Checklist {
        let item = |id: &str| Item {
            id: id.into(),
            title: id.into(),
            question: format!("Is {id} good?"),
            evidence: Vec::new(),
        };
        Checklist {
            version: 1,
            role: Role::Tech,
            items: vec![item("design"), item("tests")],
        }
    }

    fn answered(id: &str, answer: Answer, note: &str) -> Answered {
        Answered {
            id: id.into(),
            answer,
            note: note.into(),
        }
    }

    #[test]
    fn every_item_is_answered_once_before_anything_is_signed() {
        let list = checklist();
        let yes = |id| answered(id, Answer::Yes, "");
        assert_eq!(
            list.fit(Verb::Approve, &[yes("design"), yes("tests")]),
            Ok(())
        );
        for verb in [Verb::Approve, Verb::Reject] {
            let open = list.fit(verb, &[yes("design")]);
            assert_eq!(open, Err(Unfit::Open(vec!["tests".into()])));
            let twice = list.fit(verb, &[yes("design"), yes("tests"), yes("design")]);
            assert_eq!(twice, Err(Unfit::Twice(vec!["design".into()])));
            let unknown = list.fit(verb, &[yes("design"), yes("tests"), yes("x")]);
            assert_eq!(unknown, Err(Unfit::Unknown(vec!["x".into()])));
        }
        assert_eq!(list.fit(Verb::Withdraw, &[]), Ok(()));
    }

    #[test]
    fn a_concern_blocks_approval_and_is_explained() {
        let list = checklist();
        let with = |answer, note: &str| {
            [
                answered("design", Answer::Yes, ""),
                answered("tests", answer, note),
            ]
        };
        let concern = with(Answer::Concern, "one is flaky");
        assert_eq!(list.fit(Verb::Reject, &concern), Ok(()));
        assert_eq!(
            list.fit(Verb::Approve, &concern),
            Err(Unfit::Concerns(vec!["tests".into()]))
        );
        for answer in [Answer::Concern, Answer::NotApplicable] {
            assert_eq!(
                list.fit(Verb::Reject, &with(answer, "  ")),
                Err(Unfit::Unexplained(vec!["tests".into()]))
            );
        }
        let apart = with(Answer::NotApplicable, "there are none to write");
        assert_eq!(list.fit(Verb::Approve, &apart), Ok(()));
    }

    #[test]
    fn a_checklist_that_asks_nothing_is_none() {
        assert_eq!(checklist().problems(), Vec::<String>::new());
        let mut broken = checklist();
        broken.items[1].id = "design".into();
        broken.role = Role::Automation;
        broken.version = 2;
        assert_eq!(broken.problems().len(), 3);
        broken.items.clear();
        assert!(broken.problems().iter().any(|it| it.contains("nothing")));
    }
}
