//! One module of a run: planned, carried out, and told.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio::sync::mpsc::Sender;

use super::behind::{self, Past};
use super::checkouts::Checkouts;
use super::inputs::Keys;
use super::located::Located;
use super::{CheckError, ModuleReport};
use crate::gates::Trouble;
use crate::gates::baseline::Base;
use crate::gates::cache::Store;
use crate::gates::checks::{self, suite};
use crate::gates::job::{Bench, Reporter};
use crate::gates::pipeline::{self, Export, ModuleRun, Task, Tree};
use crate::gates::subject::Subject;
use crate::gates::toolchain::Toolbox;
use crate::promotion::renames::Renames;
use crate::promotion::report::Baseline;
use crate::promotion::{
    Evidence, GateEvent, GateEventKind, GateId, Lane, Module, Outcome, RepoPath,
};
use crate::workflow::dirs;
use crate::workflow::workspace::Workspace;

/// One module with everything that is to be done on it.
pub(super) struct Plan {
    run: Arc<ModuleRun>,
    /// Gates that have to run.
    pub tasks: Vec<Task>,
    /// Evidence that is current.
    current: Vec<Arc<Evidence>>,
    /// What "new" is measured against.
    baseline: Option<Baseline>,
    /// The gates, in the order of the pipeline.
    order: Vec<GateId>,
}

/// Finds out what of a module is current, and what has to run.
#[allow(clippy::too_many_arguments)] // wiring: everything meets here
pub(super) fn plan(
    ws: &Workspace,
    keys: &Keys<'_>,
    module: Module,
    toolbox: Result<Toolbox, Trouble>,
    chosen: &[Arc<dyn checks::Check>],
    trees: Trees,
    bench: Arc<Bench>,
    events: Sender<GateEvent>,
    use_cache: bool,
) -> Result<Plan, CheckError> {
    let commit = ws.require_commit()?;
    let located = Located::of(ws, &module)?;
    let baseline = located.baseline(ws, &module.path)?;
    let target = super::target(ws, &module);
    let lanes: Arc<[Lane]> = ws.config().lanes.as_slice().into();
    let is_file = |path: &RepoPath| path.is_python();
    let subject = Subject {
        module: module.path.clone(),
        is_file: is_file(&module.path) && located.files == [module.path.clone()],
        files: located.files.clone(),
        tests: located.tests.clone(),
        target: target.clone(),
        owner: located.owner.clone(),
        lanes: lanes.clone(),
        tree: trees.head.path().to_owned(),
    };
    let base = trees.base.as_ref().map(|tree| Base {
        subject: located.base.as_ref().map(|base| Subject {
            module: base.module.clone(),
            is_file: is_file(&base.module),
            files: base.files.clone(),
            tests: Vec::new(),
            target: super::target_from(ws, &module, &base.module),
            owner: located.owner.clone(),
            lanes: lanes.clone(),
            tree: tree.path().to_owned(),
        }),
        renames: Renames::new(
            located.renames.clone(),
            located
                .base
                .as_ref()
                .map(|base| (&base.module, &module.path)),
        ),
    });
    let located = Arc::new(located);
    let past = Past {
        ws: ws.clone(),
        module: module.clone(),
        located: located.clone(),
        toolbox: toolbox.clone().ok(),
        checkouts: trees.checkouts.clone(),
        store: bench.store.clone(),
        cache: dirs::cache_dir()?,
    };
    let run = ModuleRun {
        repository: super::repository(ws),
        subject,
        object: module.object,
        commit,
        base_commit: ws.base(),
        base,
        tree: trees.head.clone(),
        base_tree: trees.base.clone(),
        toolbox,
        pins: super::pins(ws)?,
        pinned_python: ws.config().tools.pinned_python,
        suite: Arc::new(suite::Shared {
            options: ws.config().policy.gate(&GateId::new("tests")),
            integration: ws.config().policy.gate(&GateId::new("integration")),
            checkout: behind::checkout(&trees.checkouts, commit),
            base: past.clone().compare(),
            changed: Box::new(move || past.changed_lines()),
            use_cache,
            cell: OnceCell::new(),
        }),
        bench,
        events,
        use_cache,
    };
    let (mut tasks, mut current) = (Vec::new(), Vec::new());
    for check in chosen {
        let options = ws.config().policy.gate(&check.id());
        let key = keys.of(check.as_ref(), &options, &module, &located)?;
        let found = run.bench.store.evidence(&key.evidence);
        match found.filter(|e| use_cache && !matches!(e.outcome, Outcome::Error { .. })) {
            Some(evidence) => current.push(Arc::new(evidence)),
            None => {
                // Where it cannot be kept, only `--explain` has less to say.
                let _ = key.manifest.keep(&run.bench.store);
                tasks.push(Task {
                    check: check.clone(),
                    options,
                    key: key.evidence,
                    measure_key: key.measure,
                    base_key: key.base,
                });
            }
        }
    }
    Ok(Plan {
        run: Arc::new(run),
        tasks,
        current,
        baseline,
        order: chosen.iter().map(|check| check.id()).collect(),
    })
}

/// Runs what has to run; evidence comes in the order of the pipeline.
pub(super) async fn one(plan: Plan) -> Result<ModuleReport, CheckError> {
    let Plan {
        run,
        tasks,
        mut current,
        baseline,
        order,
    } = plan;
    let mut report = ModuleReport {
        module: run.subject.module.clone(),
        object: run.object,
        target: run.subject.target.clone(),
        baseline,
        evidence: Vec::new(),
    };
    let whole = pipeline::whole(&run.subject.module, &run.events);
    let store = run.bench.store.clone();
    tell_damaged(&store, &whole);
    for evidence in &current {
        store.used_evidence(evidence);
        // Another commit, or another clone, may have been checked since.
        let _ = store.set_latest(
            &run.repository,
            &evidence.module,
            &evidence.gate,
            &evidence.key,
        );
        run.reporter(&evidence.gate)
            .tell(GateEventKind::Finished {
                evidence: evidence.clone(),
                cached: true,
            })
            .await;
    }
    let result = pipeline::run(run, tasks).await;
    tell_damaged(&store, &whole);
    whole.tell(GateEventKind::Done).await;
    current.extend(result?);
    current.sort_by_key(|evidence| order.iter().position(|gate| *gate == evidence.gate));
    report.evidence = current;
    Ok(report)
}

/// The exported trees all modules share.
#[derive(Clone)]
pub(super) struct Trees {
    head: Arc<Tree>,
    base: Option<Arc<Tree>>,
    checkouts: Arc<Checkouts>,
}

impl Trees {
    pub fn of(ws: &Workspace, bench: &Bench, cache: &Path) -> Result<Self, CheckError> {
        let checkouts = Arc::new(Checkouts::new(ws, cache, bench.cancel.clone()));
        let export: Export = {
            let checkouts = checkouts.clone();
            Arc::new(move |commit, to, progress| checkouts.make(commit, to, progress))
        };
        // Tools report real paths: compare with real ones.
        let root = bench.scratch.root();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        // In a directory of its own: mypy looks above a root that is a package,
        // and may look at nothing else there.
        let tree = |commit, name| {
            let at = root.join(name).join("tree");
            Arc::new(Tree::new(commit, at, export.clone()))
        };
        Ok(Self {
            head: tree(ws.require_commit()?, "head"),
            base: ws.base().map(|commit| tree(commit, "base")),
            checkouts,
        })
    }
}

/// Says what was found damaged in the store. It is made again by itself.
fn tell_damaged(store: &Store, to: &Reporter) {
    for what in store.damaged() {
        to.preparing(format!("damaged in the cache, made again: {what}"), None);
    }
}
