//! The document of `promote --json`.

use serde::Serialize;

use crate::promotion::impact::Class;
use crate::promotion::review::Seen;
use crate::promotion::review::decision::RecordKind;
use crate::promotion::{GateId, GateStatus, ObjectId, RepoPath};
use crate::workflow::audit::Appended;
use crate::workflow::promote::{Left, Merged, Plan, Promotion, Proven, Smoke, Verdict, Why};

/// What is planned, and what was done.
#[derive(Serialize)]
pub struct Document<'a> {
    module: &'a RepoPath,
    to: &'a RepoPath,
    head: ObjectId,
    branch: &'a str,
    makes_branch: bool,
    may: bool,
    blocked: &'a [String],
    notices: &'a [String],
    files: Vec<File<'a>>,
    writes: Vec<Write<'a>>,
    left: &'a [Left],
    rewritten: usize,
    shimmed: usize,
    smoke: &'a Smoke,
    stages: &'a [GateId],
    log: Seen,
    log_path: &'a RepoPath,
    done: Option<Done>,
}

#[derive(Serialize)]
struct File<'a> {
    from: &'a RepoPath,
    to: &'a RepoPath,
}

#[derive(Serialize)]
struct Write<'a> {
    path: &'a RepoPath,
    why: Why,
    new: bool,
}

/// What came of it.
#[derive(Serialize)]
pub struct Done {
    landed: bool,
    verdict: &'static str,
    moved: ObjectId,
    commit: ObjectId,
    gates: Vec<Gate>,
    entry: Option<u64>,
    shared: Option<bool>,
}

#[derive(Serialize)]
struct Gate {
    gate: GateId,
    status: GateStatus,
    why: String,
}

/// What `--record` and `--merged` found, and what the log says of it.
#[derive(Serialize)]
pub struct Recorded<'a> {
    kind: RecordKind,
    module: &'a RepoPath,
    to: &'a RepoPath,
    commit: ObjectId,
    branch: &'a str,
    merge: Option<ObjectId>,
    merged_by: Option<&'a str>,
    entry: u64,
    /// True where this signed it, false where it was there before.
    signed: bool,
    /// Whether the remote has it, where this signed it.
    shared: Option<bool>,
}

impl<'a> Recorded<'a> {
    /// That a promotion was carried out, or that somebody merged it.
    pub fn of(promotion: &'a Promotion, merged: Option<&'a Merged>, entry: u64) -> Self {
        Self {
            kind: match merged {
                Some(_) => RecordKind::Merge,
                None => RecordKind::Promotion,
            },
            module: &promotion.from,
            to: &promotion.to,
            commit: promotion.commit,
            branch: &promotion.branch,
            merge: merged.map(|it| it.commit),
            merged_by: merged.map(|it| it.by.as_str()),
            entry,
            signed: false,
            shared: None,
        }
    }

    /// The same, signed now.
    pub fn signed(self, appended: &Appended) -> Self {
        Self {
            signed: true,
            shared: appended.shared.known(),
            ..self
        }
    }
}

impl<'a> Document<'a> {
    /// Of a plan.
    pub fn of(plan: &'a Plan, done: Option<Done>) -> Self {
        Self {
            module: &plan.relocation.from,
            to: &plan.relocation.to,
            head: plan.head,
            branch: &plan.branch,
            makes_branch: plan.makes_branch,
            may: plan.may(),
            blocked: &plan.blocked,
            notices: &plan.notices,
            files: plan
                .files
                .iter()
                .map(|(from, to)| File { from, to })
                .collect(),
            writes: plan
                .writes
                .iter()
                .map(|it| Write {
                    path: &it.path,
                    why: it.why,
                    new: it.before.is_none(),
                })
                .collect(),
            left: &plan.left,
            rewritten: plan.rewritten(),
            shimmed: plan.impact.count(Class::Shimmed),
            smoke: &plan.smoke,
            stages: &plan.stages,
            log: plan.log,
            log_path: &plan.log_path,
            done,
        }
    }
}

impl Done {
    /// What was proven, and whether it is on the branch and in the log.
    pub fn of(proven: &Proven, landed: bool, entry: Option<&Appended>) -> Self {
        let evidence = proven.report.iter().flat_map(|it| &it.evidence);
        Self {
            landed,
            verdict: match proven.verdict() {
                Verdict::Holds => "holds",
                Verdict::Failed => "failed",
                Verdict::Unknown => "unknown",
            },
            moved: proven.moved,
            commit: proven.commit,
            gates: evidence
                .map(|it| Gate {
                    gate: it.gate.clone(),
                    status: it.status(),
                    why: it.why().to_owned(),
                })
                .collect(),
            entry: entry.map(|it| it.position),
            shared: entry.and_then(|it| it.shared.known()),
        }
    }
}
