//! The review screen's state: a checklist, the answers so far, the last step.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::module::{Cursor, ModuleView, Pane};
use super::note::Note;
use crate::console::event::Generation;
use crate::promotion::review::{Answer, Answered, Checklist, Item, Role, Unfit, Verb};
use crate::promotion::{Evidence, GateId, GateStatus, ObjectId, RepoPath};
use crate::workflow::compare::Outline;

/// What is presented for a decision, as a worker read it. What is signed is this.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The module.
    pub module: RepoPath,
    /// Where it would go.
    pub target: RepoPath,
    /// In which role.
    pub role: Role,
    /// What they may sign, with whichever of their keys.
    pub roles: Vec<Role>,
    /// Who decides.
    pub principal: String,
    /// The key, for people.
    pub key: String,
    /// What answers are for: a digest of content, evidence, policy and questions.
    pub about: String,
    /// The questions.
    pub checklist: Checklist,
    /// The gates that speak to each question, as they were when it was made.
    pub evidence: Vec<Vec<Shown>>,
    /// What this person decided in this role last.
    pub last: Option<Last>,
    /// The branch of the module's promotion, where another commit is looked at.
    pub elsewhere: Option<String>,
    /// Why an approval of theirs would not count, whatever they answer, in words.
    pub barred: Vec<String>,
    /// Exactly what is signed as shown, line by line; not yet safe to show.
    pub text: Vec<String>,
    /// Answers that were kept when a review was interrupted.
    pub kept: Option<Kept>,
    /// The files of the diff; `None` where that cannot be made.
    pub diff: Option<Outline>,
}

impl Sheet {
    /// What a person has to know before they answer anything, the gravest first; not yet
    /// safe to show.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let elsewhere = self.elsewhere.iter().map(|branch| {
            format!("The promotion is on {branch}: what is signed here is not for it")
        });
        let barred = self.barred.iter();
        elsewhere.chain(barred.map(|why| format!("An approval would not count: {why}")))
    }
}

/// What a gate came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The gate.
    pub gate: GateId,
    /// What came out.
    pub status: GateStatus,
    /// In words; not yet safe to show.
    pub why: String,
    /// What it found, where it looked.
    pub evidence: Option<Arc<Evidence>>,
}

/// A decision of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// What was decided.
    pub verb: Verb,
    /// Where in the log.
    pub position: u64,
    /// When, in seconds since 1970 UTC, by the clock of that day.
    pub at: i64,
    /// The commit it was made at, where that is still here.
    pub head: Option<ObjectId>,
    /// What is different now, so that it counts no longer, in words; empty where it
    /// does.
    pub reasons: Vec<String>,
}

/// Answers as they are kept between visits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The layout: 1.
    pub version: u32,
    /// The module.
    pub module: RepoPath,
    /// In which role.
    pub role: Role,
    /// Whose they are.
    pub principal: String,
    /// What they are for: [`Sheet::about`].
    pub about: String,
    /// The answers, and notes without one.
    pub answers: BTreeMap<String, Given>,
    /// What else there was to say.
    pub note: String,
}

/// One answer, as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The answer; `None` while only a note was written.
    pub answer: Option<Answer>,
    /// The note.
    pub note: String,
}

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// What changed since the last decision.
    Changed,
    /// A question, by its index.
    Item(usize),
    /// The last step.
    Finish,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// The item it is the note of; `None`: that of the whole decision.
    pub item: Option<String>,
    /// The text.
    pub note: Note,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// Questions are answered.
    #[default]
    Answer,
    /// The whole text is read; scrolled by so many lines.
    Text(usize),
    /// A decision is chosen; scrolled by so many lines.
    Choose(Option<Verb>, usize),
    /// The terminal is OpenSSH's.
    Signing(Verb),
    /// What came of it.
    Done(Box<Outcome>),
}

/// What came of signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the log.
    Signed {
        /// What.
        verb: Verb,
        /// Where.
        position: u64,
        /// Whether others have it, in words.
        shared: String,
        /// True where others have it, or nobody is to.
        is_shared: bool,
    },
    /// It is not.
    Not {
        /// What.
        verb: Verb,
        /// Why, in words.
        why: String,
    },
}

impl Outcome {
    /// True where it is in the log.
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::Signed { .. })
    }
}

/// The review screen's state.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The module.
    pub module: RepoPath,
    /// The role that was asked for.
    pub role: Option<Role>,
    /// Which request the sheet answers.
    pub generation: Generation,
    /// The sheet, once it is there, or why there is none.
    pub sheet: Option<Result<Box<Sheet>, String>>,
    /// The answers, by item.
    pub answers: BTreeMap<String, Given>,
    /// Answers that were given for other content, by item: shown, and no more.
    pub older: BTreeMap<String, Given>,
    /// What else there is to say.
    pub note: String,
    /// The selected row.
    pub row: Cursor,
    /// Which gate of the item keys go to.
    pub gate: usize,
    /// The first line of the evidence.
    pub top: usize,
    /// How far it is.
    pub step: Step,
    /// The note being written.
    pub writing: Option<Writing>,
    /// The module screen: where this was opened from, or what was looked at since.
    pub behind: Option<Box<ModuleView>>,
    /// The pane of it that going back leads to; `None`: to the dashboard.
    pub from: Option<Pane>,
}

impl ReviewView {
    /// A review of that module.
    pub fn new(module: RepoPath, role: Option<Role>, generation: Generation) -> Self {
        Self {
            module,
            role,
            generation,
            sheet: None,
            answers: BTreeMap::new(),
            older: BTreeMap::new(),
            note: String::new(),
            row: Cursor::default(),
            gate: 0,
            top: 0,
            step: Step::default(),
            writing: None,
            behind: None,
            from: None,
        }
    }

    /// The sheet, where there is one.
    pub fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_ref()?.as_ref().ok().map(|sheet| &**sheet)
    }

    /// Takes a sheet; what was answered before stays only where it is for the same, and what
    /// is being done only where not a line of it is another.
    pub fn take(&mut self, sheet: Sheet) {
        let same = self
            .sheet()
            .is_some_and(|old| old.about == sheet.about && old.role == sheet.role);
        let to_the_line = same && self.sheet().is_some_and(|old| old.text == sheet.text);
        if !same {
            let answered = std::mem::take(&mut self.answers);
            let told = self.sheet().is_some_and(|old| old.role == sheet.role);
            self.older = if told { answered } else { BTreeMap::new() };
            self.note.clear();
            if let Some(kept) = &sheet.kept {
                let asked = |id: &str| sheet.checklist.items.iter().any(|it| it.id == id);
                let mut kept = kept.clone();
                kept.answers.retain(|id, _| asked(id));
                if kept.about == sheet.about {
                    self.answers = kept.answers;
                    self.note = kept.note;
                } else if self.older.is_empty() {
                    self.older = kept.answers;
                }
            }
            self.row = Cursor::default();
            self.top = 0;
            self.gate = 0;
        }
        self.role = Some(sheet.role);
        self.sheet = Some(Ok(Box::new(sheet)));
        if !to_the_line {
            if self.signed().is_some() {
                self.answers.clear();
                self.note.clear();
            }
            self.step = Step::Answer;
            self.writing = None;
        }
    }

    /// What was signed, and as which entry of the log: its answers are shown, and no more
    /// to be given.
    pub fn signed(&self) -> Option<(Verb, u64)> {
        match &self.step {
            Step::Done(outcome) => match **outcome {
                Outcome::Signed { verb, position, .. } => Some((verb, position)),
                Outcome::Not { .. } => None,
            },
            _ => None,
        }
    }

    /// The rows of the list.
    pub fn rows(&self) -> Vec<Row> {
        let Some(sheet) = self.sheet() else {
            return Vec::new();
        };
        let changed = sheet.last.is_some().then_some(Row::Changed);
        let items = (0..sheet.checklist.items.len()).map(Row::Item);
        changed
            .into_iter()
            .chain(items)
            .chain([Row::Finish])
            .collect()
    }

    /// The selected row.
    pub fn selected(&self) -> Option<Row> {
        self.rows().get(self.row.at).copied()
    }

    /// The selected question.
    pub fn item(&self) -> Option<&Item> {
        match self.selected()? {
            Row::Item(at) => self.sheet()?.checklist.items.get(at),
            Row::Changed | Row::Finish => None,
        }
    }

    /// What was answered to an item.
    pub fn answer(&self, id: &str) -> Option<Answer> {
        self.answers.get(id)?.answer
    }

    /// The answers, in the order of the questions.
    pub fn answered(&self) -> Vec<Answered> {
        let items = self.sheet().map(|sheet| sheet.checklist.items.as_slice());
        let items = items.unwrap_or_default().iter();
        items
            .filter_map(|item| {
                let given = self.answers.get(&item.id)?;
                Some(Answered {
                    id: item.id.clone(),
                    answer: given.answer?,
                    note: given.note.trim().to_owned(),
                })
            })
            .collect()
    }

    /// Whether this may be signed with that decision, as the domain sees it.
    pub fn fit(&self, verb: Verb) -> Result<(), Unfit> {
        match self.sheet() {
            Some(sheet) => sheet.checklist.fit(verb, &self.answered()),
            None => Err(Unfit::Open(Vec::new())),
        }
    }

    /// How many questions were answered, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let all = self.sheet().map_or(0, |it| it.checklist.items.len());
        (self.answered().len(), all)
    }

    /// The gates that speak to the selected question, as they were.
    pub fn evidence(&self) -> &[Shown] {
        match (self.selected(), self.sheet()) {
            (Some(Row::Item(at)), Some(sheet)) => sheet.evidence.get(at).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    /// What is kept when the review is left here.
    pub fn kept(&self) -> Option<Kept> {
        let sheet = self.sheet()?;
        Some(Kept {
            version: 1,
            module: sheet.module.clone(),
            role: sheet.role,
            principal: sheet.principal.clone(),
            about: sheet.about.clone(),
            answers: self.answers.clone(),
            note: self.note.clone(),
        })
    }
}

/// The word for an answer.
pub fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::Concern => "concern",
        Answer::NotApplicable => "not applicable",
    }
}

/// The word for a decision, as one chooses it.
pub fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "approve",
        Verb::Reject => "reject",
        Verb::Withdraw => "withdraw",
    }
}
