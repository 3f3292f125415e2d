//! What a decision about a module is about now: its content, what the gates said of
//! it, who made it.

use std::collections::BTreeMap;

use crate::promotion::report::Report;
use crate::promotion::review::standing::Signed;
use crate::promotion::review::{Now, Person, Reason, Subject};
use crate::promotion::{GateId, GateStatus, Module, ObjectId, RepoPath, Sha256};
use crate::repo::tree::oid;
use crate::repo::{RepoError, people};
use crate::workflow::{Workspace, record, report, validate};

use super::{Desk, SignOffError};

/// One module as it is now.
pub struct Present {
    /// The module.
    pub module: Module,
    /// It with its digests: `gitTree` or `gitBlob`, and `dirHash`.
    pub subject: Subject,
    /// Where it would go: the first target of its lane.
    pub to: RepoPath,
    /// The commit.
    pub head: ObjectId,
    /// The gate report, whole or not.
    pub report: Report,
    /// The gates that have no current evidence.
    pub missing: Vec<GateId>,
    /// The digest of the report's core; `None` while a gate is missing.
    pub gate_report: Option<Sha256>,
    /// Who made the change: addresses and accounts, in lower case.
    pub authors: Vec<String>,
    /// False where the gate `ethics` found that it does not apply.
    pub ethics_applies: bool,
}

impl Present {
    /// Reads it. Blocks, and starts nothing.
    pub fn of(ws: &Workspace, module: &Module) -> Result<Self, SignOffError> {
        let head = ws.require_commit()?;
        let known = validate::known(ws, module)?;
        let report = report::of(ws, &known.report);
        let digest = match known.missing.is_empty() {
            true => report.canonical().ok().map(|bytes| Sha256::of(&bytes)),
            false => None,
        };
        let ethics = report
            .gates
            .iter()
            .find(|gate| gate.gate.as_str() == "ethics");
        let none = |gate: &crate::promotion::report::GateReport| {
            gate.evidence.status() == GateStatus::NotApplicable
        };
        Ok(Self {
            subject: record::subject(ws, head, &module.path, &module.path)?.ok_or_else(|| {
                RepoError::MissingObject {
                    id: module.object,
                    what: module.path.to_string(),
                }
            })?,
            to: known.report.target.unwrap_or_else(|| module.path.clone()),
            head,
            // What was never looked at may well apply.
            ethics_applies: !ethics.is_some_and(none),
            authors: people::authors(ws.repo(), ws.base(), head, &module.path)?,
            missing: known.missing,
            gate_report: digest,
            module: module.clone(),
            report,
        })
    }

    /// What decisions are held against.
    pub fn now<'a>(&'a self, desk: &'a Desk, people: &'a BTreeMap<String, Person>) -> Now<'a> {
        let authority = &desk.authority;
        let valid = authority.valid_days.map(|days| i64::from(days) * 86_400);
        Now {
            subject: &self.subject,
            gate_report: self.gate_report,
            policy: authority.policy.sha256,
            repository: &authority.repository,
            since: valid.map(|valid| jiff::Timestamp::now().as_second() - valid),
            pull_request: None,
            base_ref: &authority.base_ref,
            to: &self.to,
            ethics_applies: self.ethics_applies,
            departures: &desk.departures,
            checklists: &authority.checklists,
            people,
            authors: &self.authors,
        }
    }

    /// The gates that do not hold, by name.
    pub fn failing(&self) -> Vec<String> {
        let gates = self.report.gates.iter();
        gates
            .filter(|gate| !gate.evidence.status().holds())
            .map(|gate| gate.gate.to_string())
            .collect()
    }

    /// Says how many files differ from what was signed, where that is still there.
    pub(super) fn count_files(&self, ws: &Workspace, signed: &Signed, reasons: &mut [Reason]) {
        for reason in reasons {
            if let Reason::Content { files, .. } = reason {
                *files = self.differing(ws, signed).ok().flatten();
            }
        }
    }

    fn differing(&self, ws: &Workspace, signed: &Signed) -> Result<Option<usize>, RepoError> {
        let was = signed.subject.digest.get("gitTree");
        let Some(was) = was.and_then(|was| ObjectId::from_hex(was)) else {
            return Ok(None);
        };
        let git = ws.repo().open_git()?;
        let trees = [was, self.module.object].map(|id| git.find_tree(oid(id)).ok());
        let [Some(old), Some(new)] = &trees else {
            return Ok(None);
        };
        let diff = git.diff_tree_to_tree(Some(old), Some(new), None);
        let diff = diff.map_err(RepoError::git("compare with what was signed"))?;
        Ok(Some(diff.deltas().count()))
    }
}
