//! Makes the commits of a promotion aside, and has smoke test and gates judge the result.
//! No reference names them until everything holds.

use std::collections::BTreeMap;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::promotion::{GateEvent, GateStatus, Module, ModuleTree, ObjectId, RepoPath};
use crate::repo::land::{self, Landing};
use crate::repo::relocate::{self, Written};
use crate::repo::{RepoError, tree};
use crate::workflow::Workspace;
use crate::workflow::validate::{self, CheckRequest, ModuleReport};

use super::smoke::Smoke;
use super::{Plan, PromoteError, Why};

/// Commits that nothing names yet, with what was found out about them.
#[derive(Clone, Debug)]
pub struct Proven {
    /// What was planned.
    pub plan: Plan,
    /// The pure move: history follows it.
    pub moved: ObjectId,
    /// The promotion itself: imports, papers, the copy of the log.
    pub commit: ObjectId,
    /// What smoke test and gates say of it; `None` where there are neither.
    pub report: Option<ModuleReport>,
    landing: Landing,
}

/// How the result was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds.
    Holds,
    /// Something does not.
    Failed,
    /// Something could not be found out.
    Unknown,
}

impl Proven {
    /// What smoke test and gates amount to. What nobody found out is not "holds".
    pub fn verdict(&self) -> Verdict {
        let statuses = || {
            let evidence = self.report.iter().flat_map(|report| &report.evidence);
            evidence.map(|it| it.status())
        };
        match () {
            () if statuses().any(|it| it == GateStatus::Error) => Verdict::Unknown,
            () if statuses().all(GateStatus::holds) => Verdict::Holds,
            () => Verdict::Failed,
        }
    }

    /// Puts the commits onto the branch: all of it, or nothing.
    pub fn land(&self, ws: &Workspace) -> Result<(), PromoteError> {
        let message = format!("countersign: promote {}", self.plan.relocation.to);
        self.landing.land(ws.repo(), self.commit, &message)?;
        Ok(())
    }

    /// Files that git does not track and that the module left behind in the work tree.
    pub fn leftovers(&self, most: usize) -> (Vec<String>, usize) {
        match &self.landing.standing {
            land::Standing::Here(at) if !self.plan.makes_branch => {
                land::leftovers(at, &self.plan.relocation.from, most)
            }
            _ => (Vec::new(), 0),
        }
    }
}

/// Makes the commits, refuses where they could not land, and runs what has to hold.
pub async fn prove(
    ws: Workspace,
    module: Module,
    plan: Plan,
    jobs: usize,
    events: Sender<GateEvent>,
    cancel: CancellationToken,
) -> Result<Proven, PromoteError> {
    if !plan.may() {
        return Err(PromoteError::Blocked {
            module: plan.relocation.from.clone(),
            why: plan.blocked,
        });
    }
    let (made, aside, module) = {
        let ws = ws.clone();
        let work = tokio::task::spawn_blocking(move || -> Result<_, PromoteError> {
            let made = make(&ws, plan)?;
            let (aside, module) = aside(&ws, &module, &made)?;
            Ok((made, aside, module))
        });
        work.await.map_err(validate::CheckError::from)??
    };
    let mut only = made.plan.stages.clone();
    if matches!(made.plan.smoke, Smoke::Command { .. }) {
        only.push(Smoke::gate());
    }
    let report = match only.is_empty() {
        true => None,
        false => {
            let request = CheckRequest {
                modules: vec![module],
                only,
                jobs,
                // What holds is to hold again, on this very tree.
                use_cache: false,
            };
            validate::check(aside, request, events, cancel).await?.pop()
        }
    };
    Ok(Proven { report, ..made })
}

fn make(ws: &Workspace, plan: Plan) -> Result<Proven, PromoteError> {
    let repo = ws.repo();
    let tree = relocate::moved(repo, plan.head, &plan.moves)?;
    let moved = land::commit(repo, tree, plan.head, &move_message(&plan))?;
    let writes: BTreeMap<RepoPath, Written> = plan
        .writes
        .iter()
        .map(|write| {
            let written = Written {
                content: write.after.clone(),
                mode: write.mode,
            };
            (write.path.clone(), written)
        })
        .collect();
    let tree = relocate::written(repo, tree, &writes)?;
    let commit = land::commit(repo, tree, moved, &message(&plan))?;
    let mut landing = Landing::of(repo, &plan.branch)?;
    // What was planned is what is done: a branch that appeared, or moved, meanwhile is
    // another one.
    landing.was = (!plan.makes_branch).then_some(plan.head);
    landing.may(repo, commit)?;
    Ok(Proven {
        plan,
        moved,
        commit,
        report: None,
        landing,
    })
}

fn move_message(plan: &Plan) -> String {
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    format!(
        "Move {from} to {to}\n\nNothing in it is changed, so that its history follows. What names \
         it is rewritten by\nthe next commit.\n"
    )
}

/// The trailer says how long the log was: what is cut off it later shows.
fn message(plan: &Plan) -> String {
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    let count = |why: Why| plan.writes.iter().filter(|it| it.why == why).count();
    let mut said = vec![format!(
        "Imports are rewritten in {} files.",
        count(Why::Imports)
    )];
    if count(Why::Shim) > 0 {
        said.push("The old name goes on working, with a DeprecationWarning.".into());
    }
    format!(
        "Promote {from} to {to}\n\n{}\n\nPromotion-Checkpoint: {} {}\n",
        said.join(" "),
        plan.log.size,
        plan.log.root
    )
}

/// The result as a workspace of its own, in which the module is one where it is now.
fn aside(
    ws: &Workspace,
    module: &Module,
    made: &Proven,
) -> Result<(Workspace, RepoPath), PromoteError> {
    let git = ws.repo().open_git()?;
    let to = made.plan.relocation.to.clone();
    let Some(entry) = tree::entry(&git, made.commit, &to)? else {
        return Err(RepoError::MissingObject {
            id: made.commit,
            what: to.to_string(),
        }
        .into());
    };
    let mut config = ws.config().clone();
    let named = to.to_text().into_owned();
    config.tests.modules.insert(named, made.plan.tests.clone());
    if let Some(gate) = made.plan.smoke.as_gate() {
        config.policy.custom.retain(|it| it.name != gate.name);
        config.policy.gates.remove(&gate.name);
        config.policy.custom.push(gate);
    }
    let modules = ModuleTree::from_preorder(vec![Module {
        path: to.clone(),
        object: entry.id,
        parent: None,
        depth: 0,
        ..module.clone()
    }]);
    Ok((ws.aside(made.commit, config, modules), to))
}
