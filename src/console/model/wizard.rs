//! The wizard's state: what is asked of an owner, the answers so far, the last step.

use super::module::{Cursor, ModuleView, Pane};
use super::note::Note;
use crate::console::event::Generation;
use crate::promotion::RepoPath;
use crate::promotion::proposal::{Answers, Field, Form, Kind, Problem, Proposal, Which};
use crate::workflow::propose::{Judged, Plan};

/// What a worker read of a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What is asked, and what is known.
    pub proposal: Proposal,
    /// The branch that would be written.
    pub branch: String,
    /// What it begins at, in words.
    pub start: String,
    /// Answers that were kept when it was interrupted.
    pub answers: Answers,
    /// What changed since those, in words.
    pub since: Vec<String>,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// The heading of a section: nothing to select.
    Heading(Which, usize),
    /// A field, by its index.
    Field(Which, usize),
    /// The criteria of a section, by the index of the first.
    Criteria(Which, usize),
    /// Whether an assessment is written.
    Ethics,
    /// The last step.
    Finish,
}

/// How a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It may stand as it is.
    Done,
    /// It may be left as it is.
    Optional,
    /// Something is missing.
    Missing,
    /// Something in it is wrong.
    Wrong,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The answer to a field.
    Field(Which, String),
    /// Why no assessment is written.
    Because,
}

/// What is being written, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// What.
    pub subject: Subject,
    /// The text.
    pub note: Note,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Step {
    /// Fields are answered.
    #[default]
    Fill,
    /// The documents as they are now; scrolled by so many lines.
    Text(usize),
    /// The commit is made ready.
    Planning,
    /// The commit is read; scrolled by so many lines.
    Commit(Box<Plan>, usize),
    /// The branch is written.
    Writing,
    /// What came of it.
    Done(Box<Outcome>),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The branch is there.
    Written {
        /// Which.
        branch: String,
        /// Its commit, shortened.
        commit: String,
        /// What to do next.
        next: Vec<String>,
        /// Who could record it in the audit log; or why nobody can.
        recorder: Result<String, String>,
        /// The entry, or why there is none; `None` until it was asked for.
        recorded: Option<Result<u64, String>>,
    },
    /// It is not.
    Not(String),
}

/// The wizard's state.
#[derive(Clone, Debug)]
pub struct WizardView {
    /// The module.
    pub module: RepoPath,
    /// Which request it answers.
    pub generation: Generation,
    /// What is asked, once it is there, or why it is not.
    pub opened: Option<Result<Box<Opened>, String>>,
    /// The answers.
    pub answers: Answers,
    /// What the gates say of the documents with these answers.
    pub judged: Vec<Judged>,
    /// The selected row.
    pub row: Cursor,
    /// The first line beside it.
    pub top: usize,
    /// How far it is.
    pub step: Step,
    /// What is being written.
    pub writing: Option<Writing>,
    /// The branch to go on with, where it is there already.
    pub continues: Option<String>,
    /// The module screen that this was opened from.
    pub behind: Option<Box<ModuleView>>,
    /// The pane of it that going back leads to; `None`: to the dashboard.
    pub from: Option<Pane>,
}

impl WizardView {
    /// True once the branch is written, or is being.
    pub fn is_over(&self) -> bool {
        match &self.step {
            Step::Done(outcome) => matches!(**outcome, Outcome::Written { .. }),
            step => *step == Step::Writing,
        }
    }

    /// A wizard for that module.
    pub fn new(module: RepoPath, generation: Generation) -> Self {
        Self {
            module,
            generation,
            opened: None,
            answers: Answers::default(),
            judged: Vec::new(),
            row: Cursor::default(),
            top: 0,
            step: Step::Fill,
            writing: None,
            continues: None,
            behind: None,
            from: None,
        }
    }

    /// What is asked, where it is known.
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()?.as_ref().ok().map(|it| &**it)
    }

    /// What is asked and known.
    pub fn proposal(&self) -> Option<&Proposal> {
        Some(&self.opened()?.proposal)
    }

    /// Takes what was read; answers of this sitting stay.
    pub fn take(&mut self, opened: Opened) {
        if self.answers.is_empty() {
            self.answers = opened.answers.clone();
        }
        let first = self.opened().is_none();
        self.opened = Some(Ok(Box::new(opened)));
        (self.step, self.writing) = (Step::Fill, None);
        if first {
            self.row = Cursor::default();
            self.top = 0;
        }
        self.settle();
    }

    /// True where an assessment is written.
    pub fn is_with_ethics(&self) -> bool {
        let applies = self.proposal().map(|it| it.applies(&self.answers));
        applies.is_some_and(|it| it.holds())
    }

    /// The rows of the list.
    pub fn rows(&self) -> Vec<Row> {
        let Some(proposal) = self.proposal() else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        for which in [Which::Promote, Which::Ethics] {
            if which == Which::Ethics {
                rows.push(Row::Ethics);
                if !self.is_with_ethics() {
                    break;
                }
            }
            section_rows(proposal.form(which), &mut rows);
        }
        rows.push(Row::Finish);
        rows
    }

    /// The selected row.
    pub fn selected(&self) -> Option<Row> {
        self.rows().get(self.row.at).cloned()
    }

    /// The field of a row, with its form.
    pub fn field(&self, row: &Row) -> Option<(&Form, &Field)> {
        let (Row::Field(which, at) | Row::Criteria(which, at)) = row else {
            return None;
        };
        let form = self.proposal()?.form(*which);
        Some((form, form.template.fields().get(*at)?))
    }

    /// The selected field, with its form.
    pub fn in_hand(&self) -> Option<(&Form, &Field)> {
        match self.selected()? {
            row @ Row::Field(..) => self.field(&row),
            _ => None,
        }
    }

    /// What is suggested for the selected field.
    pub fn suggestion(&self) -> Option<(Which, String, String)> {
        let (form, field) = self.in_hand()?;
        let prefill = form.prefills.get(&field.id).filter(|it| it.suggests)?;
        Some((form.which, field.id.clone(), prefill.value.clone()))
    }

    /// True where the selected field is answered by one of a few words.
    pub fn is_choice(&self) -> bool {
        let field = self.in_hand().map(|(_, field)| &field.kind);
        matches!(field, Some(Kind::Choice(_)))
    }

    /// True where one of the words of the selected field was chosen.
    pub fn is_chosen(&self) -> bool {
        let value = self
            .in_hand()
            .and_then(|(form, field)| form.value(&self.answers, field));
        value.is_some()
    }

    /// What is wrong with a row.
    pub fn problems(&self, row: &Row) -> Vec<Problem> {
        match row {
            Row::Field(..) => self.field(row).map_or_else(Vec::new, |(form, field)| {
                form.problems(&self.answers, field)
            }),
            Row::Ethics => {
                let proposal = self.proposal();
                let problem = proposal.and_then(|it| it.unexplained(&self.answers));
                problem.into_iter().collect()
            }
            Row::Heading(..) | Row::Criteria(..) | Row::Finish => Vec::new(),
        }
    }

    /// How a row stands.
    pub fn mark(&self, row: &Row) -> Mark {
        let problems = self.problems(row);
        match (row, problems.first()) {
            (_, Some(Problem::Missing | Problem::SectionMissing | Problem::Undecided(_))) => {
                Mark::Missing
            }
            (_, Some(_)) => Mark::Wrong,
            (Row::Field(..), None) => {
                let value = self
                    .field(row)
                    .and_then(|(form, field)| form.value(&self.answers, field));
                match value {
                    Some(_) => Mark::Done,
                    None => Mark::Optional,
                }
            }
            (Row::Criteria(which, at), None) => {
                let (held, all) = self.criteria(*which, *at);
                match held == all {
                    true => Mark::Done,
                    false => Mark::Optional,
                }
            }
            (Row::Finish, None) => match self.open() {
                0 => Mark::Done,
                _ => Mark::Missing,
            },
            (_, None) => Mark::Done,
        }
    }

    /// The criteria that begin at that field.
    pub fn criteria_of(&self, which: Which, at: usize) -> Vec<&Field> {
        let Some(proposal) = self.proposal() else {
            return Vec::new();
        };
        let fields = proposal.form(which).template.fields().iter().skip(at);
        fields.take_while(|it| it.kind == Kind::Criterion).collect()
    }

    /// Of the criteria that begin at that field: how many hold, how many there are.
    pub fn criteria(&self, which: Which, at: usize) -> (usize, usize) {
        let Some(proposal) = self.proposal() else {
            return (0, 0);
        };
        let all = self.criteria_of(which, at);
        let form = proposal.form(which);
        let proofs = all
            .iter()
            .filter_map(|it| form.proof(it, &proposal.evidenced));
        (proofs.filter(|it| it.holds).count(), all.len())
    }

    /// How many answers are missing or wrong.
    pub fn open(&self) -> usize {
        self.proposal().map_or(0, |it| it.open(&self.answers).len())
    }

    /// Moves the selection, over headings.
    pub fn step(&mut self, by: isize, height: usize) {
        let rows = self.rows();
        self.row.step(by, rows.len(), height);
        let heading = |at: usize| matches!(rows.get(at), Some(Row::Heading(..)));
        while heading(self.row.at) {
            // Upwards the first has nothing above it.
            let up = by < 0 && self.row.at > 0;
            self.row.step(if up { -1 } else { 1 }, rows.len(), height);
        }
        // The heading above the first row is seen with it.
        if self.row.at > 0 && self.row.top == self.row.at && heading(self.row.at - 1) {
            self.row.top -= usize::from(height > 1);
        }
    }

    /// Keeps the selection on a row that there is.
    pub fn settle(&mut self) {
        self.step(0, usize::MAX);
    }
}

/// The rows of a form: its sections with what is asked in them.
fn section_rows(form: &Form, rows: &mut Vec<Row>) {
    let fields = form.template.fields();
    for section in form.template.sections() {
        let asked = |at: &usize| {
            let kind = fields.get(*at).map(|it| &it.kind);
            kind.is_some_and(|it| *it != Kind::Signature)
        };
        if !section.fields.clone().any(|at| asked(&at)) {
            continue;
        }
        if let Some(first) = section.fields.clone().find(asked)
            && !section.title.is_empty()
        {
            rows.push(Row::Heading(form.which, first));
        }
        let mut criteria = false;
        for at in section.fields.clone().filter(asked) {
            let is_one = fields.get(at).is_some_and(|it| it.kind == Kind::Criterion);
            match (is_one, criteria) {
                (true, true) => {}
                (true, false) => rows.push(Row::Criteria(form.which, at)),
                (false, _) => rows.push(Row::Field(form.which, at)),
            }
            criteria = is_one;
        }
    }
}
