//! What the gates say of documents that are not committed yet: the gates themselves look,
//! at a tree with nothing in it but what they read.

use crate::gates::checks::{Measure, ethics, owner, promote};
use crate::gates::subject::Subject;
use crate::promotion::proposal::{Answers, Proposal};
use crate::promotion::{GateId, GateStatus, Module, ModuleKind, RepoPath, Severity};
use crate::workflow::{Workspace, validate};

use super::ProposeError;
use super::facts::Facts;
use super::forms::Forms;

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The gate.
    pub gate: GateId,
    /// What would come out.
    pub status: GateStatus,
    /// Why, in words; not yet safe to show.
    pub why: String,
}

/// A tree for the gates to look at.
pub(super) struct Bench {
    tree: tempfile::TempDir,
    subject: Subject,
}

impl Bench {
    pub fn new(
        ws: &Workspace,
        module: &Module,
        target: &RepoPath,
        facts: &Facts,
        forms: &Forms,
    ) -> Result<Self, ProposeError> {
        let tree = tempfile::Builder::new()
            .prefix("countersign-propose-")
            .tempdir()
            .map_err(|source| ProposeError::Disk {
                path: std::env::temp_dir(),
                source,
            })?;
        let subject = Subject {
            module: module.path.clone(),
            is_file: module.kind == ModuleKind::File,
            files: facts.files.clone(),
            tests: Vec::new(),
            target: Some(target.clone()),
            // A hint from history is nobody's word, to that gate too.
            owner: facts.known.owner.clone(),
            lanes: ws.config().lanes.clone().into(),
            tree: tree.path().to_owned(),
        };
        let bench = Self { tree, subject };
        // Files in which nothing was seen say nothing there either.
        for (path, content) in &facts.telling {
            bench.put(path, content)?;
        }
        for source in [&forms.promote, &forms.ethics] {
            if let (Some(path), text) = &source.form {
                bench.put(path, text.as_bytes())?;
            }
        }
        Ok(bench)
    }

    fn put(&self, path: &RepoPath, content: &[u8]) -> Result<(), ProposeError> {
        let place = self.tree.path().join(path.to_fs());
        let failed = |source| ProposeError::Disk {
            path: place.clone(),
            source,
        };
        if !path.is_safe() {
            return Ok(());
        }
        if let Some(directory) = place.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        std::fs::write(&place, content).map_err(failed)
    }

    /// Has the gates look at the documents with these answers.
    pub fn judge(
        &self,
        ws: &Workspace,
        proposal: &Proposal,
        answers: &Answers,
    ) -> Result<Vec<Judged>, ProposeError> {
        // What is not written must not be seen.
        let ethics = self.tree.path().join(proposal.ethics.path.to_fs());
        let _ = std::fs::remove_file(ethics);
        for (path, text) in proposal.documents(answers) {
            self.put(&path, text.as_bytes())?;
        }
        let subject = &self.subject;
        let options = |gate| ws.config().policy.gate(&GateId::new(gate));
        let (promoted, assessed) = (options("promote"), options("ethics"));
        let mut notes = Vec::new();
        let about = crate::gates::checks::About::of(subject, &promoted);
        let promote = promote::measure(subject, about, &mut |note| notes.push(note));
        let mut judged = vec![judge("promote", &promote, promoted.enabled)];
        if let (Some(first), Some(note)) = (judged.first_mut(), notes.into_iter().next()) {
            first.why = format!("{}; {note}", first.why);
        }
        if let Some(ethics) = ethics_measure(subject, &assessed) {
            judged.push(judge("ethics", &ethics, assessed.enabled));
        }
        let owned = owner::measure(subject);
        judged.push(judge("owner", &owned, options("owner").enabled));
        // What needs the whole module is not looked at anew: what is known is said.
        let known = proposal.evidenced.gates.iter();
        let known = known.filter(|it| it.gate.as_str() == "documentation");
        judged.extend(known.map(|it| Judged {
            gate: it.gate.clone(),
            status: it.status,
            why: it.why.clone(),
        }));
        Ok(judged)
    }
}

/// Reading Python takes a deep stack, so it has one.
fn ethics_measure(
    subject: &Subject,
    options: &crate::promotion::policy::GateOptions,
) -> Option<Measure> {
    ethics::measure_aside(subject, options, validate::imports)
}

fn judge(gate: &'static str, measure: &Measure, enabled: bool) -> Judged {
    let gate = GateId::new(gate);
    let error = |it: &&crate::promotion::Finding| it.severity == Severity::Error;
    let found: Vec<String> = measure
        .findings
        .iter()
        .filter(error)
        .map(|it| it.message.clone())
        .collect();
    let (status, why) = match (&measure.inapplicable, &measure.fails) {
        _ if !enabled => (
            GateStatus::NotApplicable,
            "turned off in countersign.toml".to_owned(),
        ),
        (Some(why), _) => (GateStatus::NotApplicable, why.clone()),
        (None, Some(why)) if found.len() < 2 => (GateStatus::Failed, why.clone()),
        (None, Some(why)) => (GateStatus::Failed, format!("{why}: {}", found.join("; "))),
        (None, None) => (
            GateStatus::Passed,
            measure.summary.clone().unwrap_or_default(),
        ),
    };
    Judged { gate, status, why }
}
