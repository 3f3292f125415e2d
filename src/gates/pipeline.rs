//! Running gates: in parallel, each on its own, whatever happens to the others.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use tokio::sync::mpsc::Sender;

use super::Trouble;
use super::baseline::{self, Base};
use super::cache::digest;
use super::checks::suite::Shared;
use super::checks::{Check, Measure};
use super::interpreter::Pins;
use super::job::{Bench, Job, Log, Reporter};
use super::subject::{Finder, Subject};
use super::toolchain::Toolbox;
use crate::promotion::evidence::EVIDENCE_VERSION;
use crate::promotion::policy::{GateOptions, PinnedPython};
use crate::promotion::{
    Evidence, GateEvent, GateEventKind, GateId, Isolation, ObjectId, Outcome, RepoPath, ToolRun,
};

/// Writes the tree of a commit to a directory; told what of how much is done.
pub type Export = Arc<
    dyn Fn(ObjectId, &Path, &mut dyn FnMut(usize, usize)) -> Result<Vec<String>, Trouble>
        + Send
        + Sync,
>;

/// The exported tree of one commit, made when first needed, shared and read only.
pub struct Tree {
    commit: ObjectId,
    path: PathBuf,
    export: Export,
    made: OnceCell<Result<Vec<String>, Trouble>>,
}

impl Tree {
    /// The tree of `commit`, to be made at `path`.
    pub fn new(commit: ObjectId, path: PathBuf, export: Export) -> Self {
        Self {
            commit,
            path,
            export,
            made: OnceCell::new(),
        }
    }

    /// Where it is, or will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, unless it is there. Gives what a reader of the evidence has to
    /// know of it.
    async fn make(&self, reporter: &Reporter) -> Result<Vec<String>, Trouble> {
        self.made
            .get_or_init(|| async {
                let (export, commit, path) = (self.export.clone(), self.commit, self.path.clone());
                let reporter = Reporter {
                    gate: None,
                    ..reporter.clone()
                };
                tokio::task::spawn_blocking(move || {
                    let what = format!("exporting {}", commit.short());
                    if let Some(parent) = path.parent() {
                        std::fs::create_dir_all(parent).map_err(|e| Trouble::disk(parent, &e))?;
                    }
                    export(commit, &path, &mut |done, all| {
                        if done % 256 == 0 || done == all {
                            let part = done as f32 / all.max(1) as f32;
                            reporter.preparing(what.clone(), Some(part));
                        }
                    })
                })
                .await
                .unwrap_or_else(|error| Err(internal(&error)))
            })
            .await
            .clone()
    }
}

/// One gate to be run on one module.
pub struct Task {
    /// The gate.
    pub check: Arc<dyn Check>,
    /// What it is told.
    pub options: GateOptions,
    /// The key of its evidence.
    pub key: String,
    /// The key of what it measures, if that is kept apart.
    pub measure_key: Option<String>,
    /// The same at the merge-base.
    pub base_key: Option<String>,
}

/// Everything about one module that its gates share.
pub struct ModuleRun {
    /// Tells repositories apart in the store.
    pub repository: String,
    /// The module, as exported.
    pub subject: Subject,
    /// The module's tree or blob.
    pub object: ObjectId,
    /// The commit.
    pub commit: ObjectId,
    /// The merge-base.
    pub base_commit: Option<ObjectId>,
    /// The module there; `None` where there is no merge-base.
    pub base: Option<Base>,
    /// The exported tree.
    pub tree: Arc<Tree>,
    /// That of the merge-base.
    pub base_tree: Option<Arc<Tree>>,
    /// The tools, or why there are none.
    pub toolbox: Result<Toolbox, Trouble>,
    /// What the repository pins of Python.
    pub pins: Pins,
    /// Which Python counts as pinned.
    pub pinned_python: PinnedPython,
    /// The run of its tests.
    pub suite: Arc<Shared>,
    /// What all gates share.
    pub bench: Arc<Bench>,
    /// Those who watch.
    pub events: Sender<GateEvent>,
    /// False: measure again, even what is known.
    pub use_cache: bool,
}

/// Runs gates at the same time; their evidence comes in the order of `tasks`.
/// Only a person's cancelling ends it early.
pub async fn run(module: Arc<ModuleRun>, tasks: Vec<Task>) -> Result<Vec<Arc<Evidence>>, Trouble> {
    let tasks: Vec<Arc<Task>> = tasks.into_iter().map(Arc::new).collect();
    for task in &tasks {
        module
            .reporter(&task.check.id())
            .tell(GateEventKind::Queued)
            .await;
    }
    // A task of its own for each: one that panics takes nobody with it.
    let running: Vec<_> = tasks
        .iter()
        .map(|task| tokio::spawn(gate(module.clone(), task.clone())))
        .collect();
    let mut all = Vec::new();
    let mut cancelled = false;
    for (task, handle) in tasks.iter().zip(running) {
        let evidence = match handle.await {
            Ok(Ok(evidence)) => evidence,
            Ok(Err(Trouble::Cancelled)) => {
                cancelled = true;
                continue;
            }
            Ok(Err(trouble)) => module.broken(task, trouble),
            Err(error) => module.broken(task, internal(&error)),
        };
        all.push(evidence);
    }
    match cancelled {
        true => Err(Trouble::Cancelled),
        false => Ok(all),
    }
}

/// One gate, from its question to its evidence.
async fn gate(module: Arc<ModuleRun>, task: Arc<Task>) -> Result<Arc<Evidence>, Trouble> {
    let reporter = module.reporter(&task.check.id());
    let started = SystemTime::now();
    let clock = Instant::now();
    let mut evidence = module.blank(&task);
    evidence.started = started
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64);
    match judge(&module, &task, &reporter, &mut evidence).await {
        Ok(()) => {}
        Err(Trouble::Cancelled) => return Err(Trouble::Cancelled),
        Err(Trouble::Error { why, help }) => {
            evidence.summary = why.clone();
            evidence.outcome = Outcome::Error { why, help };
        }
    }
    evidence.duration_ms = clock.elapsed().as_millis() as u64;
    if let Err(error) = module.keep(&evidence) {
        // Evidence that cannot be kept is none.
        if let Trouble::Error { why, help } = error.into() {
            evidence.summary = why.clone();
            evidence.outcome = Outcome::Error { why, help };
        }
    }
    let evidence = Arc::new(evidence);
    reporter
        .tell(GateEventKind::Finished {
            evidence: evidence.clone(),
            cached: false,
        })
        .await;
    Ok(evidence)
}

async fn judge(
    module: &ModuleRun,
    task: &Task,
    reporter: &Reporter,
    evidence: &mut Evidence,
) -> Result<(), Trouble> {
    if !task.options.enabled {
        evidence.outcome = Outcome::NotApplicable {
            why: task.check.off().into(),
        };
        return Ok(());
    }
    if let Some(why) = task.check.inapplicable(&module.subject) {
        evidence.outcome = Outcome::NotApplicable { why };
        return Ok(());
    }
    let toolbox = module.toolbox.as_ref().map_err(Clone::clone)?;
    if task.check.runs_code() {
        let version = &toolbox.python_version;
        evidence.interpreter = Some(module.pins.record(version));
        module.pins.allow(version, module.pinned_python)?;
    }
    let head = Side {
        subject: &module.subject,
        tree: &module.tree,
        key: task.measure_key.as_deref(),
        baseline: false,
    };
    let compare = task.base_key.is_some();
    let at_base = module
        .base
        .as_ref()
        .filter(|_| compare)
        .zip(module.base_tree.as_ref());
    let same = task.base_key == task.measure_key;
    let base_key = task
        .base_key
        .as_ref()
        .map(|key| match task.check.differs_at_base() {
            true => digest(format!("{key} at the merge-base").as_bytes()),
            false => key.clone(),
        });
    let (head, base) = tokio::join!(head.measure(module, task, toolbox, reporter), async {
        let Some((base, tree)) = at_base.filter(|_| !same) else {
            return Ok(None);
        };
        let Some(subject) = base.subject.as_ref().filter(|s| !s.files.is_empty()) else {
            return Ok(Some(Known::default())); // the module is new
        };
        let side = Side {
            subject,
            tree,
            key: base_key.as_deref(),
            baseline: true,
        };
        side.measure(module, task, toolbox, reporter)
            .await
            .map(Some)
    });
    let (mut head, base) = match (head, base) {
        (Err(failed), _) => {
            evidence.take(failed.log, &module.subject);
            return Err(failed.trouble);
        }
        (Ok(head), Err(failed)) => {
            evidence.take(head.log, &module.subject);
            evidence.take(failed.log, &module.subject);
            return Err(match failed.trouble {
                Trouble::Error { why, help } => {
                    Trouble::new(format!("on the merge-base: {why}"), help)
                }
                Trouble::Cancelled => Trouble::Cancelled,
            });
        }
        (Ok(head), Ok(base)) => (head, base),
    };
    evidence.take(head.log, &module.subject);
    let notes = std::mem::take(&mut evidence.findings);
    let none = Default::default();
    let renames = module.base.as_ref().map_or(&none, |base| &base.renames);
    evidence.work = head.measure.work.clone();
    evidence.coverage = head.measure.coverage.clone();
    evidence.api = head.measure.api.clone();
    evidence.benchmarks = head.measure.benchmarks.clone();
    let against = match base {
        // Nothing differs: what is found here is found there.
        None if compare && same => Some(head.measure.clone()),
        None => None,
        Some(base) => {
            evidence.runs.extend(base.log.runs);
            Some(base.measure)
        }
    };
    let (check, known) = (&task.check, against.as_ref());
    check.compare(&module.subject, &mut head.measure, known);
    let verdict = match against {
        Some(base) if same => baseline::weigh(head.measure, Some((base, &none))),
        Some(base) => baseline::weigh(head.measure, Some((base, renames))),
        None => baseline::weigh(head.measure, None),
    };
    evidence.findings = verdict.findings;
    evidence.findings.extend(notes);
    evidence.outcome = verdict.outcome;
    evidence.summary = verdict.summary;
    Ok(())
}

/// A gate on one of the two trees.
struct Side<'a> {
    subject: &'a Subject,
    tree: &'a Tree,
    key: Option<&'a str>,
    baseline: bool,
}

/// A measure, with how it came to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    measure: Measure,
    log: KnownLog,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct KnownLog {
    runs: Vec<ToolRun>,
    isolation: Option<Isolation>,
    notes: Vec<String>,
}

impl From<Log> for KnownLog {
    fn from(log: Log) -> Self {
        Self {
            runs: log.runs,
            isolation: log.isolation,
            notes: log.notes,
        }
    }
}

/// Trouble, with what was run until then.
struct FailedRun {
    trouble: Trouble,
    log: KnownLog,
}

impl Side<'_> {
    async fn measure(
        &self,
        module: &ModuleRun,
        task: &Task,
        toolbox: &Toolbox,
        reporter: &Reporter,
    ) -> Result<Known, FailedRun> {
        let store = &module.bench.store;
        if let Some(mut known) = self
            .key
            .filter(|_| module.use_cache)
            .and_then(|key| store.get::<Known>(key))
        {
            for run in &mut known.log.runs {
                run.baseline = self.baseline;
            }
            return Ok(known);
        }
        let job = Job {
            subject: self.subject,
            options: &task.options,
            toolbox,
            baseline: self.baseline,
            head: &module.subject.tree,
            bench: &module.bench,
            reporter: reporter.clone(),
            suite: (!self.baseline).then(|| module.suite.clone()),
            log: Mutex::default(),
        };
        let mut made = self.tree.make(reporter).await;
        if self.baseline && !task.check.parts().is_empty() {
            // What the gate is made of comes from there.
            made = made.and(module.tree.make(reporter).await);
        }
        let measured = match made {
            Ok(notes) => {
                notes.into_iter().for_each(|note| job.note(note));
                task.check.measure(&job).await
            }
            Err(trouble) => Err(trouble),
        };
        let log = KnownLog::from(job.log_so_far());
        let measure = match measured {
            Ok(measure) => measure,
            Err(trouble) => return Err(FailedRun { trouble, log }),
        };
        let known = Known { measure, log };
        // What could not be decided may be decided the next time.
        if let Some(key) = self.key.filter(|_| known.measure.undecided.is_none())
            && let Err(error) = store.keep(key, &known)
        {
            return Err(FailedRun {
                trouble: error.into(),
                log: known.log,
            });
        }
        Ok(known)
    }
}

/// What a tool's run adds to evidence.
trait Take {
    fn take(&mut self, log: KnownLog, subject: &Subject);
}

impl Take for Evidence {
    fn take(&mut self, log: KnownLog, subject: &Subject) {
        self.runs.extend(log.runs);
        if let Some(isolation) = log.isolation {
            self.isolation = isolation;
        }
        let finder = Finder::new(&subject.tree);
        self.findings.extend(
            log.notes
                .iter()
                .map(|note| finder.note("note", note, &subject.module, 0, 0)),
        );
    }
}

impl ModuleRun {
    /// Tells those who watch what a gate does.
    pub fn reporter(&self, gate: &GateId) -> Reporter {
        Reporter {
            module: self.subject.module.clone(),
            gate: Some(gate.clone()),
            events: self.events.clone(),
        }
    }

    fn blank(&self, task: &Task) -> Evidence {
        Evidence {
            version: EVIDENCE_VERSION,
            gate: task.check.id(),
            module: self.subject.module.clone(),
            object: self.object,
            commit: self.commit,
            base: self.base_commit.filter(|_| task.base_key.is_some()),
            key: task.key.clone(),
            // Until something else is known.
            outcome: Outcome::Error {
                why: "the gate came to no verdict".into(),
                help: "run it again".into(),
            },
            summary: String::new(),
            work: Vec::new(),
            findings: Vec::new(),
            coverage: None,
            api: Vec::new(),
            benchmarks: None,
            interpreter: None,
            runs: Vec::new(),
            isolation: Isolation::Process,
            started: 0,
            duration_ms: 0,
        }
    }

    fn keep(&self, evidence: &Evidence) -> Result<(), super::cache::StoreError> {
        let store = &self.bench.store;
        store.keep_evidence(evidence)?;
        store.set_latest(
            &self.repository,
            &evidence.module,
            &evidence.gate,
            &evidence.key,
        )
    }

    /// The evidence of a gate that broke down.
    fn broken(&self, task: &Task, trouble: Trouble) -> Arc<Evidence> {
        let mut evidence = self.blank(task);
        let (why, help) = match trouble {
            Trouble::Error { why, help } => (why, help),
            Trouble::Cancelled => ("cancelled".into(), "run it again".into()),
        };
        evidence.summary = why.clone();
        evidence.outcome = Outcome::Error { why, help };
        Arc::new(evidence)
    }
}

/// A panic or the like: our own mistake.
fn internal(error: &tokio::task::JoinError) -> Trouble {
    Trouble::new(
        format!("Countersign itself failed: {error}"),
        "report this, with the output of `countersign check --only` for this gate",
    )
}

/// Where a module's own reporter goes for the whole run.
pub fn whole(module: &RepoPath, events: &Sender<GateEvent>) -> Reporter {
    Reporter {
        module: module.clone(),
        gate: None,
        events: events.clone(),
    }
}
