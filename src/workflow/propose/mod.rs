//! Phase 0, Propose: an owner writes why a module is to be promoted, on which terms, and
//! what it touches. Facts fill in what they can; evidence ticks what holds; the branch
//! gets one commit that its author read first.

mod answers;
mod draft;
mod error;
mod facts;
mod forms;
mod judge;
mod plan;
mod prefill;
mod recording;

use crate::gates::checks::About as Place;
use crate::promotion::proposal::{Answers, Evidenced, Proposal};
use crate::promotion::{Module, ModuleId, ModuleTree, ObjectId, RepoPath, Sha256};
use crate::repo::land::Landing;
use crate::repo::{RepoError, branch, merge_base};
use crate::workflow::sign_off::{self, Present};
use crate::workflow::{Workspace, pull_request, triage, validate};

pub use answers::{AnswersError, read_answers, write_answers};
pub use draft::{Draft, Drafts};
pub use error::ProposeError;
pub use judge::Judged;
pub use plan::{Document, Plan, Standing, Written, changes};
pub use recording::Recorder;

use facts::Facts;
use judge::Bench;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The day that is written, `YYYY-MM-DD`; `None`: today.
    pub date: Option<String>,
    /// The branch; `None`: `promote/<module>-YYYYMMDD`.
    pub branch: Option<String>,
}

/// A module with everything it takes to propose it.
pub struct Sitting {
    ws: Workspace,
    module: Module,
    /// What is asked, and what is known.
    pub proposal: Proposal,
    /// The branch.
    pub branch: String,
    /// Where it is now.
    landing: Landing,
    /// True where the person named the branch: it is gone on with.
    named: bool,
    /// The commit that the branch begins at.
    start: ObjectId,
    /// That commit, in words.
    pub start_words: String,
    bench: Bench,
    forms: Sha256,
    drafts: Option<Drafts>,
}

impl Sitting {
    /// Reads everything. Blocks, and starts no process.
    pub fn open(
        ws: &Workspace,
        tree: &ModuleTree,
        id: ModuleId,
        ask: Ask,
    ) -> Result<Self, ProposeError> {
        let head = ws.require_commit()?;
        let module = tree.get(id).cloned();
        let module = module.ok_or_else(|| ProposeError::NoModule(ws.revision().to_owned()))?;
        let target = validate::target(ws, &module);
        let target = target.ok_or_else(|| ProposeError::NoTarget(module.path.clone()))?;
        let date = match ask.date {
            Some(date) => date,
            None => jiff::Timestamp::now()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .date()
                .to_string(),
        };
        // What is looked at is gone on with, where it is a branch of this very module.
        let asked = match ask.branch {
            Some(name) => Some(name),
            None => here(ws, &module)?,
        };
        let named = asked.is_some();
        let name = asked.unwrap_or_else(|| plan::branch_name(ws, &module, &date));
        if !branch::is_name(&name) {
            return Err(ProposeError::BranchName(name));
        }
        let landing = Landing::of(ws.repo(), &name)?;
        let (start, start_words) = start(ws, &module, head)?;
        if let Some(tip) = landing.was.filter(|_| named)
            && is_moved(ws, &module, tip)?
        {
            let module = module.path;
            return Err(ProposeError::Promoted {
                module,
                branch: name,
            });
        }
        // What is on the branch already is gone on with.
        let read = landing.was.filter(|_| named).unwrap_or(start);

        let facts = Facts::of(ws, &module, head)?;
        let evidenced = evidenced(ws, tree, id, &module)?;
        let forms = forms::Forms::read(ws, tree, &module, &target, read)?;
        let bench = Bench::new(ws, &module, &target, &facts, &forms)?;
        let digest = forms.digest();
        let mut notes = facts.notes(ws, &module);
        notes.extend(forms.notes.iter().cloned());
        let given = prefill::Given {
            module: &module,
            target: &target,
            date: &date,
            branch: &name,
            facts: &facts,
            evidenced: &evidenced,
        };
        let (promote, ethics) = forms.fill(&given);
        Ok(Self {
            proposal: Proposal {
                module: module.path.clone(),
                target,
                promote,
                ethics,
                touches: facts.touches.iter().map(|it| it.words()).collect(),
                evidenced,
                notes,
            },
            drafts: Drafts::of(ws),
            ws: ws.clone(),
            module,
            branch: name,
            landing,
            named,
            start,
            start_words,
            bench,
            forms: digest,
        })
    }

    /// What was answered before, where it was interrupted; and what changed since, in
    /// words.
    pub fn draft(&self) -> Option<(Answers, Vec<String>)> {
        let draft = self.drafts.as_ref()?.read(&self.module.path)?;
        let mut since = Vec::new();
        if draft.object != self.module.object {
            since.push(format!(
                "{} changed since you began: look at what you wrote about it again",
                self.module.path
            ));
        }
        if draft.forms != self.forms {
            since.push("the forms changed since you began: some answers may have no place".into());
        }
        Some((draft.answers, since))
    }

    /// Keeps what was answered so far. It is on the disk when this returns.
    pub fn keep(&self, answers: &Answers) -> Result<(), ProposeError> {
        let Some(drafts) = &self.drafts else {
            return Ok(());
        };
        let draft = Draft {
            version: draft::VERSION,
            module: self.module.path.clone(),
            object: self.module.object,
            forms: self.forms,
            answers: answers.clone(),
        };
        drafts.write(&draft)
    }

    /// Forgets it.
    pub fn forget(&self) -> Result<(), ProposeError> {
        match &self.drafts {
            Some(drafts) => drafts.forget(&self.module.path),
            None => Ok(()),
        }
    }

    /// What the gates say of the documents as they would be written.
    pub fn judge(&self, answers: &Answers) -> Result<Vec<Judged>, ProposeError> {
        self.bench.judge(&self.ws, &self.proposal, answers)
    }
}

/// The branch that is looked at, where the module is promoted on it.
fn here(ws: &Workspace, module: &Module) -> Result<Option<String>, ProposeError> {
    let revision = ws.revision();
    let branch = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    let own = pull_request::branches(ws, &module.path)?;
    Ok(own.into_iter().find(|it| it == branch))
}

/// True where a commit has the module in one of its target lanes, and in its own no more.
fn is_moved(ws: &Workspace, module: &Module, at: ObjectId) -> Result<bool, RepoError> {
    let has = |path: &RepoPath| Ok::<_, RepoError>(ws.repo().entry(at, path)?.is_some());
    let Some(lane) = ws.config().lanes.get(module.lane) else {
        return Ok(false);
    };
    if has(&module.path)? {
        return Ok(false);
    }
    for target in &lane.targets {
        if let Some(to) = lane.destination(&module.path, target)
            && has(&to)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where the branch begins: at the tip of the base branch, where the module is there as
/// it is here; else at what is looked at.
fn start(
    ws: &Workspace,
    module: &Module,
    head: ObjectId,
) -> Result<(ObjectId, String), ProposeError> {
    let base = merge_base::base_branch(ws.repo(), ws.config().base.as_deref())?;
    let Some((name, tip)) = base else {
        return Ok((head, format!("{} ({})", ws.revision(), head.short())));
    };
    let there = ws.repo().entry(tip, &module.path)?;
    if there.is_some_and(|it| it.id == module.object) {
        return Ok((tip, format!("{name} ({})", tip.short())));
    }
    let how = match there {
        Some(_) => "has another one",
        None => "has none yet",
    };
    let words = format!("{} ({}): {name} {how}", ws.revision(), head.short());
    Ok((head, words))
}

/// What the gates said of the module as it is.
fn evidenced(
    ws: &Workspace,
    tree: &ModuleTree,
    id: ModuleId,
    module: &Module,
) -> Result<Evidenced, ProposeError> {
    let gates = triage::states(ws, tree, &[id], &sign_off::States::read(ws));
    let gates = gates.into_iter().next().unwrap_or_default();
    let known = gates.iter().map(|it| it.gate.clone());
    let off = known.filter(|gate| ws.config().policy.is_off(gate));
    let present = Present::of(ws, module);
    let report = present.ok().and_then(|present| {
        if present.report.gates.is_empty() {
            return None;
        }
        let bytes = present.report.canonical().ok()?;
        Some((Sha256::of(&bytes).to_string(), present.missing.is_empty()))
    });
    Ok(Evidenced {
        off: off.collect(),
        gates,
        report,
        commit: ws.commit().map(|it| it.short()).unwrap_or_default(),
        command: format!("countersign check {}", module.path),
    })
}

/// What a gate is asked about.
fn place<'a>(
    ws: &'a Workspace,
    module: &'a Module,
    target: &'a crate::promotion::RepoPath,
    options: &'a crate::promotion::policy::GateOptions,
) -> Place<'a> {
    Place {
        module: &module.path,
        target: Some(target),
        lanes: &ws.config().lanes,
        options,
    }
}
