//! The nightly runs: the smoke test on a clean export of the base branch as it is, as a
//! gate is run, and again where it fails, there and on what was there before the merge.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{ObserveError, Standing};
use crate::config::ProjectConfig;
use crate::promotion::canary::smoke::{Night, Run};
use crate::promotion::{GateStatus, Module, ModuleKind, ModuleTree, ObjectId, RepoPath};
use crate::repo::{RepoError, tree};
use crate::workflow::Workspace;
use crate::workflow::promote::{Smoke, smoke_of};
use crate::workflow::sign_off::Desk;
use crate::workflow::validate::{self, CheckError, CheckRequest};

/// How far back the commit before the merge is looked for.
const MOST: usize = 1_000;

/// A night that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How.
    pub night: Night,
    /// On which commit.
    pub commit: ObjectId,
    /// What was said of the last run that did not pass.
    pub why: String,
}

/// Runs the night that is due. `None` where somebody asked it to stop.
pub(super) async fn run(
    ws: &Workspace,
    desk: &Desk,
    standing: &Standing,
    due: i64,
    cancel: CancellationToken,
) -> Result<Option<Ran>, ObserveError> {
    let tip = desk.authority.commit;
    let mut ran = Ran {
        night: Night::of(due, Run::NotRun),
        commit: tip,
        why: String::new(),
    };
    let trial = Trial {
        ws,
        config: &desk.authority.config,
        standing,
        cancel: &cancel,
    };
    let at = |run: Outcome, into: &mut Run, why: &mut String| {
        *into = run.0;
        if run.0 != Run::Passed {
            *why = run.1;
        }
        run.0 == Run::Failed
    };
    let to = &standing.promotion.to;
    let again = match at(trial.on(tip, to).await?, &mut ran.night.first, &mut ran.why) {
        true => at(trial.on(tip, to).await?, &mut ran.night.again, &mut ran.why),
        false => false,
    };
    if again && let Some((commit, path)) = before(ws, standing)? {
        ran.night.base = trial.on(commit, &path).await?.0;
    }
    Ok((!cancel.is_cancelled()).then_some(ran))
}

/// How a run ended, and why.
struct Outcome(Run, String);

struct Trial<'a> {
    ws: &'a Workspace,
    config: &'a ProjectConfig,
    standing: &'a Standing,
    cancel: &'a CancellationToken,
}

impl Trial<'_> {
    /// Runs it on a commit, in which the module stands at `path`.
    async fn on(&self, commit: ObjectId, path: &RepoPath) -> Result<Outcome, ObserveError> {
        let own = self.standing.watch.smoke.as_ref();
        let configured = own.or(self.config.promote.smoke.as_ref());
        let smoke = smoke_of(self.ws, configured, commit)?;
        let gate = match (smoke.as_gate(), smoke) {
            (Some(gate), _) => gate,
            (None, Smoke::None { why }) => return Ok(Outcome(Run::NotRun, why)),
            (None, _) => return Ok(Outcome(Run::NotRun, "there is no smoke test".into())),
        };
        let mut config = self.config.clone();
        config.policy.custom.retain(|it| it.name != gate.name);
        config.policy.gates.remove(&gate.name);
        config.policy.custom.push(gate);
        let entry = tree::entry(&self.ws.repo().open_git()?, commit, path)?;
        let Some(entry) = entry else {
            let why = format!("{path} is not in {}", commit.short());
            return Ok(Outcome(Run::NotRun, why));
        };
        let kind = match entry.mode.is_file() {
            true => ModuleKind::File,
            false => ModuleKind::Package,
        };
        let modules = ModuleTree::from_preorder(vec![Module {
            path: path.clone(),
            kind,
            object: entry.id,
            lane: 0,
            files: 0,
            bytes: 0,
            parent: None,
            depth: 0,
        }]);
        let request = CheckRequest {
            modules: vec![path.clone()],
            only: vec![Smoke::gate()],
            jobs: 1,
            use_cache: false,
        };
        let aside = self.ws.aside(commit, config, modules);
        // Nobody looks on: what is told is thrown away as it comes.
        let (events, mut told) = mpsc::channel(64);
        let sink = tokio::spawn(async move { while told.recv().await.is_some() {} });
        let done = validate::check(aside, request, events, self.cancel.clone()).await;
        sink.await?;
        let report = match done {
            Ok(mut reports) => reports.pop(),
            Err(CheckError::Cancelled) => {
                return Ok(Outcome(Run::NotRun, "it was asked to stop".into()));
            }
            Err(error) => return Ok(Outcome(Run::NotRun, error.to_string())),
        };
        let evidence = report.and_then(|report| report.evidence.into_iter().next_back());
        let evidence = evidence.filter(|it| it.gate == Smoke::gate());
        Ok(match evidence {
            Some(it) => Outcome(
                match it.status() {
                    GateStatus::Passed => Run::Passed,
                    GateStatus::Failed => Run::Failed,
                    _ => Run::NotRun,
                },
                it.why().to_string(),
            ),
            None => Outcome(Run::NotRun, "the run left no evidence".into()),
        })
    }
}

/// What the base branch was before the promotion, and where the module stood there; the
/// module itself need not have been on it.
fn before(ws: &Workspace, it: &Standing) -> Result<Option<(ObjectId, RepoPath)>, RepoError> {
    let git = ws.repo().open_git()?;
    let mut commit = it.merge;
    for _ in 0..MOST {
        if tree::entry(&git, commit, &it.promotion.to)?.is_none() {
            let from = &it.promotion.from;
            let place = match tree::entry(&git, commit, from)?.is_some() {
                true => from.clone(),
                // Nothing of it was there: the lane it went to stands for it.
                false => match it.promotion.to.parent() {
                    Some(lane) if tree::entry(&git, commit, &lane)?.is_some() => lane,
                    _ => return Ok(None),
                },
            };
            return Ok(Some((commit, place)));
        }
        let found = git.find_commit(tree::oid(commit));
        let parent = found.and_then(|it| it.parent_id(0));
        match parent {
            Ok(parent) => commit = tree::object_id(parent),
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}
