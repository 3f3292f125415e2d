//! The document of `propose --json`.

use serde::Serialize;

use crate::promotion::proposal::{Answers, Applies, Open, Which};
use crate::promotion::{GateId, GateStatus, ObjectId, RepoPath};
use crate::workflow::propose::{Judged, Plan, Sitting, Standing, Written};

/// What there is to tell.
pub(super) struct Told<'a> {
    pub sitting: &'a Sitting,
    pub answers: &'a Answers,
    pub plan: &'a Plan,
    pub open: &'a [Open],
    pub judged: &'a [Judged],
    pub written: Option<&'a Written>,
    pub recorded: Option<u64>,
}

/// The document.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    module: &'a RepoPath,
    to: &'a RepoPath,
    branch: &'a str,
    state: &'static str,
    upon: &'a str,
    /// Nothing was written where there is none.
    commit: Option<ObjectId>,
    /// The entry of the audit log that says so.
    recorded: Option<u64>,
    author: &'a str,
    message: &'a str,
    ethics: Ethics,
    documents: Vec<File<'a>>,
    open: Vec<Missing<'a>>,
    gates: Vec<Gate<'a>>,
    notes: &'a [String],
    next: &'a [String],
}

#[derive(Serialize)]
struct Ethics {
    applies: bool,
    /// By a person, by what was found or answered; `null` where nothing says so.
    said_by: Option<&'static str>,
    because: String,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a RepoPath,
    before: Option<&'a str>,
    text: &'a str,
}

#[derive(Serialize)]
struct Missing<'a> {
    document: Which,
    field: &'a str,
    label: &'a str,
    problem: String,
}

#[derive(Serialize)]
struct Gate<'a> {
    gate: &'a GateId,
    status: GateStatus,
    why: &'a str,
}

impl<'a> Told<'a> {
    /// The document.
    pub fn document(&self) -> Document<'a> {
        let proposal = &self.sitting.proposal;
        let documents = self.plan.documents.iter();
        let open = self.open.iter();
        let gates = self.judged.iter();
        Document {
            module: &proposal.module,
            to: &proposal.target,
            branch: &self.plan.branch,
            state: match self.plan.standing {
                Standing::New => "new",
                Standing::Continued => "continued",
                Standing::Same => "same",
            },
            upon: &self.plan.upon,
            commit: self.written.map(|it| it.commit),
            recorded: self.recorded,
            author: &self.plan.author,
            message: &self.plan.message,
            ethics: self.ethics(),
            documents: documents
                .map(|it| File {
                    path: &it.path,
                    before: it.before.as_deref(),
                    text: &it.text,
                })
                .collect(),
            open: open
                .map(|it| Missing {
                    document: it.which,
                    field: &it.id,
                    label: &it.label,
                    problem: it.problem.to_string(),
                })
                .collect(),
            gates: gates
                .map(|it| Gate {
                    gate: &it.gate,
                    status: it.status,
                    why: &it.why,
                })
                .collect(),
            notes: &proposal.notes,
            next: self.written.map_or(&[], |it| it.next.as_slice()),
        }
    }

    fn ethics(&self) -> Ethics {
        let applies = self.sitting.proposal.applies(self.answers);
        let (said_by, because) = match &applies {
            Applies::Said(_) => (Some("person"), self.answers.because.clone()),
            Applies::Because(why) => (Some("facts"), why.clone()),
            Applies::Nothing => (None, String::new()),
        };
        Ethics {
            applies: applies.holds(),
            said_by,
            because,
        }
    }
}
