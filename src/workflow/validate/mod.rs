//! Phase 1, Validate: runs Gate 1 on modules, and says what is known of them.

mod behind;
pub(super) mod branch;
mod checkouts;
mod content;
mod expected;
mod explain;
mod inputs;
mod known;
mod located;
mod plan;
pub(super) mod reach;
mod schedule;
mod states;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::gates::Trouble;
use crate::gates::cache::Store;
use crate::gates::checks::lane_imports::Mention;
use crate::gates::checks::supply_chain::export::Advisories;
use crate::gates::checks::{self, supply_chain};
use crate::gates::interpreter::{self, Pins};
use crate::gates::job::Bench;
use crate::gates::pipeline;
use crate::gates::places::Places;
use crate::gates::scratch::Scratch;
use crate::gates::toolchain::{Settings, Toolbox};
use crate::promotion::report::Baseline;
use crate::promotion::{
    Criterion, Evidence, GateEvent, GateId, Module, ObjectId, Policy, RepoPath, ToolRun,
};
use crate::python::{ImportKind, Scan};
use crate::repo::RepoError;
use crate::workflow::dirs::{self, NoHome};
use crate::workflow::python_index;
use crate::workflow::workspace::Workspace;
pub(super) use checkouts::Checkouts;
use inputs::Keys;
use plan::{Plan, Trees, one, plan};

pub use expected::{Expected, ExpectedGate, Machine, expected};
pub use explain::{Change, Explained, Input, Why, explain};
pub use known::{KnownReport, known};
pub(super) use located::tests_of;
pub use states::{states, why};

/// What to check.
#[derive(Clone, Debug)]
pub struct CheckRequest {
    /// The modules, by their paths.
    pub modules: Vec<RepoPath>,
    /// Only these gates; empty: all.
    pub only: Vec<GateId>,
    /// How many tools may run at the same time.
    pub jobs: usize,
    /// False: run every gate, even where there is current evidence.
    pub use_cache: bool,
}

/// What came out for one module.
#[derive(Clone, Debug)]
pub struct ModuleReport {
    /// The module.
    pub module: RepoPath,
    /// Its tree or blob.
    pub object: ObjectId,
    /// Where it would be promoted to.
    pub target: Option<RepoPath>,
    /// What "new" is measured against; `None` without a merge-base.
    pub baseline: Option<Baseline>,
    /// The evidence of each gate, in the order of the pipeline.
    pub evidence: Vec<Arc<Evidence>>,
}

/// One gate, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateInfo {
    /// Its name.
    pub id: GateId,
    /// The criterion it speaks for.
    pub criterion: Criterion,
    /// What it checks, in a few words.
    pub title: String,
}

/// Why nothing could be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// Nowhere to work.
    #[error(transparent)]
    Home(#[from] NoHome),
    /// A gate that does not exist.
    #[error("there is no gate {name:?}; there are {known}")]
    NoSuchGate {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// Something else keeps every gate from running.
    #[error("{why}. To do: {help}")]
    Trouble {
        /// What happened.
        why: String,
        /// What a person can do.
        help: String,
    },
    /// Somebody cancelled it.
    #[error("cancelled")]
    Cancelled,
}

impl CheckError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::NoSuchGate { .. } => true,
            Self::Repo(error) => error.is_usage(),
            _ => false,
        }
    }
}

impl From<Trouble> for CheckError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Error { why, help } => Self::Trouble { why, help },
            Trouble::Cancelled => Self::Cancelled,
        }
    }
}

/// A task of our own did not come to its end.
impl From<tokio::task::JoinError> for CheckError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Trouble {
            why: format!("Countersign itself failed: {error}"),
            help: "report this".into(),
        }
    }
}

/// The gates, in the order of the pipeline, with those of the team's own.
pub fn gates(policy: &Policy) -> Vec<GateInfo> {
    checks::all(policy)
        .iter()
        .map(|check| GateInfo {
            id: check.id(),
            criterion: check.criterion(),
            title: check.title().to_owned(),
        })
        .collect()
}

/// Runs the gates on modules. Output events may be dropped when nobody keeps
/// up; all others arrive.
pub async fn check(
    ws: Workspace,
    request: CheckRequest,
    events: Sender<GateEvent>,
    cancel: CancellationToken,
) -> Result<Vec<ModuleReport>, CheckError> {
    let chosen = choose(&ws, &request.only)?;
    let cache = dirs::cache_dir()?;
    let store = store(&cache);
    let bench = bench(&ws, &cache, request.jobs, cancel.clone())?;
    let (modules, settings) = {
        let (ws, store, cache) = (ws.clone(), store.clone(), cache.clone());
        let paths = request.modules.clone();
        blocking(move || -> Result<_, CheckError> {
            let found = find(&ws, &paths)?;
            let settings = settings(&ws, &cache, store)?;
            Ok((found, settings))
        })
        .await?
    };
    let toolbox = prepare(&settings, &bench, &modules, &events, &cancel).await?;

    let trees = Trees::of(&ws, &bench, &cache)?;
    let reports = {
        let (ws, bench, trees) = (ws.clone(), bench.clone(), trees.clone());
        let cheap_first = modules.len() > 1;
        let plan_all = move |sink: &mut dyn FnMut(Plan) -> bool| -> Result<(), CheckError> {
            let known = toolbox.clone().ok();
            let keys = Keys::new(&ws, known.as_ref(), &bench.advisories, &bench.store, true)?;
            for module in modules {
                let mut plan = plan(
                    &ws,
                    &keys,
                    module,
                    toolbox.clone(),
                    &chosen,
                    trees.clone(),
                    bench.clone(),
                    events.clone(),
                    request.use_cache,
                )?;
                if cheap_first {
                    plan.tasks.sort_by_key(|task| task.check.scope());
                }
                if bench.cancel.is_cancelled() || !sink(plan) {
                    break;
                }
            }
            Ok(())
        };
        schedule::all(request.jobs, plan_all, one).await
    };
    let reports = match cancel.is_cancelled() {
        true => Err(CheckError::Cancelled),
        false => reports,
    };
    // Removing what is large takes its time, and is not for an async thread.
    drop(trees);
    let _ = tokio::task::spawn_blocking(move || drop(bench)).await;
    reports
}

/// What all gates of a run share.
pub(super) fn bench(
    ws: &Workspace,
    cache: &Path,
    jobs: usize,
    cancel: CancellationToken,
) -> Result<Arc<Bench>, CheckError> {
    let scratch = Scratch::create(&cache.join("scratch"))
        .map_err(|error| Trouble::disk(&cache.join("scratch"), &error))?;
    Ok(Arc::new(Bench {
        scratch,
        store: store(cache),
        places: Places::new(jobs),
        advisories: Arc::new(advisories(ws)),
        imports: supply_chain::Imports {
            of: imports,
            mentions,
            roots: python_index::roots(ws.repo(), ws.require_commit()?, ws.config())?,
        },
        changed: branch::changed(ws)?,
        cancel,
    }))
}

/// Where a module would be promoted to.
pub(super) fn target(ws: &Workspace, module: &Module) -> Option<RepoPath> {
    ws.config().destination(module.lane, &module.path)
}

/// The same for where it was at the merge-base: what was moved since went where it is.
pub(super) fn target_from(ws: &Workspace, module: &Module, was: &RepoPath) -> Option<RepoPath> {
    let moved = || (*was != module.path).then(|| module.path.clone());
    target(ws, module).or_else(moved)
}

/// The tools. Not having any is no reason to stop: every gate says so.
async fn prepare(
    settings: &Settings,
    bench: &Bench,
    modules: &[Module],
    events: &Sender<GateEvent>,
    cancel: &CancellationToken,
) -> Result<Result<Toolbox, Trouble>, CheckError> {
    let reporters: Vec<_> = modules
        .iter()
        .map(|module| pipeline::whole(&module.path, events))
        .collect();
    let progress = |what: String| {
        for reporter in &reporters {
            reporter.preparing(what.clone(), None);
        }
    };
    match settings.prepare(&bench.scratch, &progress, cancel).await {
        Err(Trouble::Cancelled) => Err(CheckError::Cancelled),
        toolbox => Ok(toolbox),
    }
}

/// The gates that are meant, in the order of the pipeline.
pub(in crate::workflow) fn choose(
    ws: &Workspace,
    only: &[GateId],
) -> Result<Vec<Arc<dyn checks::Check>>, CheckError> {
    let all = checks::all(&ws.config().policy);
    if let Some(unknown) = only.iter().find(|id| !all.iter().any(|c| c.id() == **id)) {
        let known: Vec<_> = all.iter().map(|check| check.id().to_string()).collect();
        return Err(CheckError::NoSuchGate {
            name: unknown.to_string(),
            known: known.join(", "),
        });
    }
    let wanted = |id: &GateId| only.is_empty() || only.contains(id);
    Ok(all.into_iter().filter(|c| wanted(&c.id())).collect())
}

fn find(ws: &Workspace, paths: &[RepoPath]) -> Result<Vec<Module>, CheckError> {
    let tree = ws.modules()?;
    paths
        .iter()
        .map(|path| {
            let module = tree.modules().iter().find(|module| module.path == *path);
            module.cloned().ok_or_else(|| {
                CheckError::Repo(RepoError::NoSuchModule {
                    name: path.to_string(),
                    revision: ws.revision().to_owned(),
                    hint: String::new(),
                })
            })
        })
        .collect()
}

/// The tools, as far as they are known without starting anything.
pub(super) fn known_tools(ws: &Workspace) -> Option<Toolbox> {
    let cache = dirs::cache_dir().ok()?;
    settings(ws, &cache, store(&cache)).ok()?.known()
}

/// Where the tools of a workspace come from.
pub(super) fn settings(ws: &Workspace, cache: &Path, store: Store) -> Result<Settings, RepoError> {
    let tools = &ws.config().tools;
    let mut requirements = Vec::new();
    if let Some(commit) = ws.commit() {
        for path in &tools.requirements {
            if let Some(entry) = ws.repo().entry(commit, path)?
                && entry.mode.is_file()
            {
                requirements.push((path.clone(), ws.repo().read_blob(entry.id)?));
            }
        }
    }
    Ok(Settings {
        work_tree: ws.repo().work_tree().map(Into::into),
        environment: tools.environment.clone(),
        python: tools.python.clone(),
        requirements,
        directory: cache.join("tools"),
        store,
    })
}

/// What the commit pins of Python.
fn pins(ws: &Workspace) -> Result<Pins, RepoError> {
    let mut files = [None, None, None];
    if let Some(commit) = ws.commit() {
        for (name, file) in interpreter::FILES.iter().zip(&mut files) {
            if let Some(entry) = ws.repo().entry(commit, &RepoPath::from(*name))?
                && entry.mode.is_file()
            {
                *file = Some(ws.repo().read_blob(entry.id)?);
            }
        }
    }
    let files = files.each_ref().map(Option::as_deref);
    Ok(Pins::of(files, ws.config().tools.python.as_deref()))
}

fn store(cache: &Path) -> Store {
    Store::new(cache.join("evidence"))
}

/// What a tool wrote, by the digest that a `ToolRun` names; `None` where it is
/// not kept any more.
pub fn output(digest: &str) -> Option<Vec<u8>> {
    store(&dirs::cache_dir().ok()?).blob(digest)
}

/// What of a run has to fail, in words; see [`checks::trial`].
pub fn trial(run: &ToolRun) -> Option<String> {
    checks::trial(run)
}

/// What the key of evidence was made of; `None` where it is not kept any more.
pub fn inputs_of(key: &str) -> Option<Vec<u8>> {
    store(&dirs::cache_dir().ok()?).inputs(key)
}

/// The advisories that are configured.
pub(in crate::workflow) fn advisories(ws: &Workspace) -> Advisories {
    let gate = ws.config().policy.gate(&GateId::new(supply_chain::ID));
    let place = gate.osv.map(|directory| ws.root().join(directory));
    Advisories::new(place, gate.osv_max_age_s)
}

/// The first parts of the absolute names that a file imports, with their lines.
pub(super) fn imports(source: &[u8]) -> Vec<(String, u32)> {
    let imports = Scan::of(source).imports;
    let runs = imports.iter().filter(|it| {
        it.level == 0 && !it.typing && !matches!(it.kind, ImportKind::Text | ImportKind::Mention)
    });
    runs.map(|import| {
        let first = import.module.split('.').next().unwrap_or_default();
        (first.to_owned(), import.line)
    })
    .collect()
}

/// Every module that a file names, however.
fn mentions(source: &[u8]) -> Vec<Mention> {
    let imports = Scan::of(source).imports;
    let mention = |import: &crate::python::Import| Mention {
        level: import.level,
        module: import.module.to_string(),
        name: import.name.as_deref().map(str::to_owned),
        line: import.line,
        imports: import.kind != ImportKind::Mention,
    };
    imports.iter().map(mention).collect()
}

/// What tells repositories apart: where their objects are.
fn repository(ws: &Workspace) -> String {
    ws.repo().common_dir().to_string_lossy().into_owned()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CheckError> + Send + 'static,
) -> Result<T, CheckError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(error.into()),
    }
}
