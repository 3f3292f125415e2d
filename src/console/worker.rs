//! Carries out effects away from the drawing thread and sends back messages.

mod background;
mod branches;
mod canary;
mod errand;
mod log;
mod promote;
mod propose;
mod pull_request;
mod pulls;
mod raw;
mod reading;
mod roll_back;
mod sign_off;
mod standing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::diff;
use super::effect::Effect;
use super::event::{Event, Generation, Loading, Message, Millis};
use super::model::{Gate, Header};
use super::terminal;
use crate::promotion::{GateEvent, GateEventKind, ModuleId, ModuleTree, text};
use crate::workflow::sign_off::{Desk, States};
use crate::workflow::validate::{self, CheckRequest};
use crate::workflow::{RepoError, Workspace, impact, triage};
use background::Background;
use canary::Canaries;
use errand::Errands;
use propose::Proposals;
use reading::Keeping;
use sign_off::Reviews;

/// How long gates may take to end once we leave.
const FAREWELL: Duration = Duration::from_secs(2);
/// How many modules' states are read before they are shown.
const BATCH: usize = 256;

/// How to open the repository again.
#[derive(Clone, Debug)]
pub struct Source {
    /// Somewhere in it.
    pub path: std::path::PathBuf,
    /// The revision that was asked for.
    pub rev: Option<String>,
}

/// Carries out effects.
pub struct Worker {
    source: Source,
    /// What the console was opened on, by its name.
    opened: String,
    workspace: Arc<Mutex<Workspace>>,
    events: UnboundedSender<Event>,
    /// Ends everything.
    all: CancellationToken,
    load: CancellationToken,
    dossier: CancellationToken,
    diff: CancellationToken,
    impact: CancellationToken,
    standing: CancellationToken,
    background: Background,
    checks: HashMap<u64, (CancellationToken, JoinHandle<()>)>,
    reviews: Reviews,
    proposals: Proposals,
    errands: Errands,
    canaries: Canaries,
    keeping: Keeping,
    /// The log that is shown, with what it is held against.
    log: Arc<Mutex<Option<Arc<Desk>>>>,
    loaded: bool,
    jobs: usize,
}

/// Sends messages of one job; says that it is over when it is dropped.
struct Job {
    events: UnboundedSender<Event>,
}

impl Job {
    fn send(&self, message: Message) {
        // Nobody listens once the console is left: that is no error.
        let _ = self.events.send(Event::Message(message));
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(panic) = terminal::take_panic() {
            self.send(Message::Notice(format!(
                "something went wrong in the background: {panic}"
            )));
        }
        let _ = self.events.send(Event::JobEnded);
    }
}

impl Worker {
    /// A worker for that repository.
    pub fn new(source: Source, workspace: Workspace, events: UnboundedSender<Event>) -> Self {
        let all = CancellationToken::new();
        Self {
            source,
            opened: workspace.revision().to_owned(),
            workspace: Arc::new(Mutex::new(workspace)),
            events,
            load: all.child_token(),
            dossier: all.child_token(),
            diff: all.child_token(),
            impact: all.child_token(),
            standing: all.child_token(),
            all,
            background: Background::default(),
            checks: HashMap::new(),
            reviews: Reviews::default(),
            proposals: Proposals::default(),
            errands: Errands::default(),
            canaries: Canaries::default(),
            keeping: Keeping::default(),
            log: Arc::default(),
            loaded: false,
            jobs: 0,
        }
    }

    /// The repository as it was last read.
    pub fn workspace(&self) -> Workspace {
        lock(&self.workspace).clone()
    }

    /// A job that was started has ended.
    pub fn job_ended(&mut self) {
        self.jobs = self.jobs.saturating_sub(1);
    }

    /// True while some job is at work.
    pub fn is_busy(&self) -> bool {
        self.jobs > 0
    }

    /// True while something is at work that one waits for: not gates, which take minutes.
    pub fn is_briefly_busy(&self) -> bool {
        let checks = self.checks.values().filter(|(_, it)| !it.is_finished());
        let long = checks.count() + usize::from(self.errands.is_running());
        self.jobs > long
    }

    /// Carries out an effect; those of the terminal are the loop's.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Load { generation, branch } => self.load(generation, branch),
            Effect::CompareHead { generation, branch } => {
                let source = self.source.clone();
                self.blocking(move |ws, job| {
                    let rev = branch.as_deref().or(source.rev.as_deref());
                    // Who cannot open it hears so when they ask for it.
                    let now = Workspace::open(&source.path, rev).ok();
                    let moved = |now: &Workspace| {
                        (now.commit(), now.revision()) != (ws.commit(), ws.revision())
                    };
                    if now.as_ref().is_some_and(moved) {
                        job.send(Message::Behind { generation });
                    }
                });
            }
            Effect::Branches { generation } => {
                let opened = self.opened.clone();
                self.blocking(move |ws, job| {
                    let result = branches::read(&ws, &opened);
                    job.send(Message::Branches { generation, result });
                });
            }
            Effect::States { generation, ids } => {
                let cancel = self.load.clone();
                self.blocking(move |ws, job| {
                    if let Ok(tree) = ws.modules() {
                        states(&ws, &tree, &ids, generation, &cancel, job);
                    }
                });
            }
            Effect::Dossier { generation, id } => {
                self.dossier.cancel();
                self.dossier = self.all.child_token();
                let cancel = self.dossier.clone();
                self.blocking(move |ws, job| {
                    if cancel.is_cancelled() {
                        return;
                    }
                    let result = ws
                        .modules()
                        .and_then(|tree| triage::dossier(&ws, &tree, id))
                        .map(Box::new)
                        .map_err(|e| e.to_string());
                    job.send(Message::Dossier { generation, result });
                });
            }
            Effect::Impact { generation, id } => {
                self.impact.cancel();
                self.impact = self.all.child_token();
                let cancel = self.impact.clone();
                self.blocking(move |ws, job| {
                    if cancel.is_cancelled() {
                        return;
                    }
                    let result = ws.modules().and_then(|tree| match tree.get(id) {
                        Some(module) => {
                            let shims = ws.config().promote.shims;
                            impact::impact(&ws, module, None, shims)
                        }
                        None => Err(RepoError::Cancelled),
                    });
                    let result = result.map(Box::new).map_err(|e| e.to_string());
                    job.send(Message::Impact { generation, result });
                });
            }
            Effect::Check { run, module } => self.check(run, module),
            Effect::CancelCheck { run } => {
                if let Some((cancel, _)) = self.checks.get(&run) {
                    cancel.cancel();
                }
            }
            Effect::Raw {
                generation,
                evidence,
            } => self.blocking(move |_, job| {
                let result = Ok(raw::lines(&evidence));
                job.send(Message::Raw { generation, result });
            }),
            Effect::Diff(request) => {
                if request.supersedes() {
                    self.drop_diff();
                }
                let cancel = self.diff.clone();
                self.blocking(move |ws, job| {
                    let reply = diff::execute(&ws, request, &|| cancel.is_cancelled());
                    if !cancel.is_cancelled() {
                        job.send(Message::Diff(reply));
                    }
                });
            }
            Effect::DropDiff => self.drop_diff(),
            Effect::Jot(jot) => self.jot(jot),
            Effect::Standing { generation } => self.standing(generation),
            Effect::Sheet {
                generation,
                module,
                role,
            } => self.sheet(generation, module, role),
            Effect::KeepAnswers(kept) => self.keep_answers(kept),
            Effect::Propose(proposing) => self.propose(proposing),
            Effect::Errand(doing) => self.errand(doing),
            Effect::Pulls { generation } => self.blocking(move |ws, job| {
                if let Ok(tree) = ws.modules() {
                    pulls::tell(&ws, &tree, generation, job);
                }
            }),
            Effect::Log { generation } => self.log(generation),
            Effect::LogEntry {
                generation,
                position,
            } => self.log_entry(generation, position),
            Effect::Canary(watching) => self.canary(watching),
            Effect::Quit
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Copy(_)
            | Effect::Edit { .. }
            | Effect::WriteNote { .. }
            | Effect::Sign(_)
            | Effect::Say(_)
            | Effect::Record { .. }
            | Effect::RecordPromotion { .. } => {}
        }
    }

    fn drop_diff(&mut self) {
        self.diff.cancel();
        self.diff = self.all.child_token();
    }

    /// Ends everything, and waits for gates to have ended their tools.
    pub async fn farewell(self) {
        self.all.cancel();
        let ends = self.checks.into_values().map(|(_, handle)| handle);
        let ends = ends.chain(self.errands.running());
        let all = futures_util::future::join_all(ends);
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }

    fn job(&mut self) -> Job {
        self.jobs += 1;
        Job {
            events: self.events.clone(),
        }
    }

    fn blocking(&mut self, work: impl FnOnce(Workspace, &Job) + Send + 'static) {
        let job = self.job();
        let workspace = self.workspace();
        tokio::task::spawn_blocking(move || work(workspace, &job));
    }

    fn load(&mut self, generation: Generation, branch: Option<String>) {
        self.load.cancel();
        self.load = self.all.child_token();
        let cancel = self.load.clone();
        let again = std::mem::replace(&mut self.loaded, true);
        if !again {
            self.read_what_was_read();
        }
        let job = self.job();
        // Facts and states are read beside each other: each is a job of its own.
        let (facts_job, states_job, standing_job) = (self.job(), self.job(), self.job());
        let pulls_job = self.job();
        self.standing.cancel();
        self.standing = cancel.child_token();
        let standing = self.standing.clone();
        let shared = self.workspace.clone();
        let source = self.source.clone();
        tokio::task::spawn_blocking(move || {
            if again {
                let rev = branch.as_deref().or(source.rev.as_deref());
                match Workspace::open(&source.path, rev) {
                    // What a newer request wants is not replaced by what an older one found.
                    Ok(_) if cancel.is_cancelled() => return,
                    Ok(opened) => *lock(&shared) = opened,
                    Err(error) => {
                        let why = error.to_string();
                        job.send(Message::Lost { generation, why });
                        if branch.is_some() {
                            return;
                        }
                    }
                }
            }
            let ws = lock(&shared).clone();
            if again {
                job.send(told(&ws, generation, false));
            }
            let result = ws.modules().map_err(|e| e.to_string());
            let tree = result.as_ref().ok().cloned();
            job.send(Message::Tree { generation, result });
            let Some(tree) = tree else { return };
            let asked = (ws.clone(), tree.clone());
            tokio::task::spawn_blocking(move || {
                let (ws, tree) = asked;
                pulls::tell(&ws, &tree, generation, &pulls_job);
            });
            let beside = (ws.clone(), tree.clone(), cancel.clone());
            tokio::task::spawn_blocking(move || {
                let (ws, tree, cancel) = beside;
                let ids: Vec<_> = tree.ids().collect();
                states(&ws, &tree, &ids, generation, &cancel, &states_job);
                states_job.send(Message::Loaded {
                    generation,
                    what: Loading::States,
                    result: Ok(()),
                });
                drop(states_job);
                // After the states: they have read what this needs.
                let standings = standing::standings(&ws, &tree, &standing);
                if !standing.is_cancelled() {
                    standing_job.send(Message::Standing {
                        generation,
                        standings: Box::new(standings),
                    });
                }
            });
            let result = triage::facts(&ws, &tree, &cancel, &mut |batch| {
                facts_job.send(Message::Facts { generation, batch });
            });
            facts_job.send(Message::Loaded {
                generation,
                what: Loading::Facts,
                result: result.map_err(|e| e.to_string()),
            });
            if !cancel.is_cancelled() {
                job.send(told(&ws, generation, true));
            }
        });
    }

    fn check(&mut self, run: u64, module: crate::promotion::RepoPath) {
        let cancel = self.all.child_token();
        let job = self.job();
        let ws = self.workspace();
        let token = cancel.clone();
        let handle = self.background.spawn(async move {
            let (sender, receiver) = mpsc::channel(256);
            let request = CheckRequest {
                modules: vec![module],
                only: Vec::new(),
                jobs: std::thread::available_parallelism().map_or(2, usize::from),
                use_cache: true,
            };
            let forward = forward(receiver, |event| {
                let at = now();
                job.send(Message::Gate { run, at, event });
            });
            let check = validate::check(ws, request, sender, token);
            let (result, ()) = tokio::join!(check, forward);
            job.send(Message::CheckEnded {
                run,
                at: now(),
                result: result.map(|_| ()).map_err(|e| e.to_string()),
            });
        });
        self.checks.retain(|_, (_, handle)| !handle.is_finished());
        self.checks.insert(run, (cancel, handle));
    }
}

/// Passes on what running gates tell. Of lines that arrive together only the
/// last is shown, so only that one is sent.
async fn forward(mut from: mpsc::Receiver<GateEvent>, tell: impl Fn(GateEvent)) {
    let mut batch = Vec::with_capacity(64);
    while from.recv_many(&mut batch, 64).await > 0 {
        let last_line = batch
            .iter()
            .rposition(|e| matches!(e.kind, GateEventKind::Output(_)));
        for (at, event) in batch.drain(..).enumerate() {
            let is_line = matches!(event.kind, GateEventKind::Output(_));
            if !is_line || last_line == Some(at) {
                tell(event);
            }
        }
    }
}

fn states(
    ws: &Workspace,
    tree: &ModuleTree,
    ids: &[ModuleId],
    generation: Generation,
    cancel: &CancellationToken,
    job: &Job,
) {
    let reviewers = States::read(ws);
    for ids in ids.chunks(BATCH) {
        if cancel.is_cancelled() {
            return;
        }
        let states = triage::states(ws, tree, ids, &reviewers);
        job.send(Message::States {
            generation,
            batch: ids.iter().copied().zip(states).collect(),
        });
    }
}

fn told(ws: &Workspace, generation: Generation, with_base: bool) -> Message {
    Message::Header {
        generation,
        header: Box::new(header(ws, with_base)),
        gates: gates(ws),
    }
}

/// The gates there are.
pub fn gates(ws: &Workspace) -> Vec<Gate> {
    let all = validate::gates(&ws.config().policy).into_iter();
    all.map(|gate| Gate {
        id: gate.id,
        criterion: gate.criterion,
        title: gate.title,
    })
    .collect()
}

/// What the repository says of itself. The base takes a walk through the
/// history, so it comes later.
pub fn header(ws: &Workspace, with_base: bool) -> Header {
    let root = ws.root();
    let name = root
        .file_name()
        .filter(|name| *name != ".git")
        .or_else(|| root.parent()?.file_name())
        .map(|name| text::visible(&name.to_string_lossy()).into_owned())
        .unwrap_or_default();
    Header {
        repository: name,
        revision: text::visible(short(ws.revision())).into_owned(),
        commit: ws.commit().map(|c| c.short()).unwrap_or_default(),
        base: with_base
            .then(|| ws.base())
            .flatten()
            .map(|base| match ws.is_its_own_base() {
                true => format!("{} (itself: nothing is new)", base.short()),
                false => base.short(),
            })
            .unwrap_or_default(),
        lanes: ws.config().lanes.clone(),
    }
}

/// A branch by its name alone.
fn short(revision: &str) -> &str {
    revision.strip_prefix("refs/heads/").unwrap_or(revision)
}

/// What came of saying something of a watch, as it is told.
pub fn said(generation: Generation, result: Result<String, String>) -> Message {
    Message::Canary {
        generation,
        at: now(),
        told: super::model::canary::Told::Said(result),
    }
}

/// The clock.
pub fn now() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as Millis)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
