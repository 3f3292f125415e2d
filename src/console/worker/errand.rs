//! What is done once a person has read it. Exactly what was read is done, or nothing.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Job, Source, Worker, forward, lock, now, promote, pull_request, roll_back};
use crate::console::effect::Doing;
use crate::console::event::{Generation, Message};
use crate::console::model::errand::{Kind, Outcome, Sheet, Told};
use crate::promotion::{ModuleId, ModuleTree, RepoPath};
use crate::workflow::{Workspace, pull_request as pulls};
use promote::Read;

/// What the worker keeps for the errand that is shown.
#[derive(Default)]
pub(super) struct Errands {
    /// What is read: that very one is done, and once.
    ready: Arc<Mutex<Option<(Generation, Ready)>>>,
    /// What was promoted last, to be recorded.
    landed: Arc<Mutex<Option<(Generation, promote::Landed)>>>,
    /// What is at work with gates.
    running: Option<(Generation, CancellationToken, JoinHandle<()>)>,
}

impl Errands {
    /// True while gates try what is to be done.
    pub(super) fn is_running(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|(_, _, handle)| !handle.is_finished())
    }

    /// What has to end before we leave.
    pub(super) fn running(self) -> Option<JoinHandle<()>> {
        Some(self.running?.2)
    }
}

/// All that it takes to do what was read.
enum Ready {
    PullRequest(Box<pull_request::Ready>),
    Promotion(Box<promote::Ready>),
    RollBack(Box<roll_back::Ready>),
}

impl Worker {
    pub(super) fn errand(&mut self, doing: Doing) {
        match doing {
            Doing::Read {
                generation,
                kind,
                module,
                branch,
                links,
            } => self.read_errand(generation, kind, module, branch, links),
            Doing::ReadRollback {
                generation,
                promotion,
                reason,
            } => {
                let place = self.errands.ready.clone();
                self.blocking(move |ws, job| {
                    let read = roll_back::read(ws, promotion, &reason);
                    let read =
                        read.map(|(sheet, it)| (sheet, it.map(|it| Ready::RollBack(Box::new(it)))));
                    keep(&place, generation, read, job);
                });
            }
            Doing::Go { generation } => {
                let ready = {
                    let mut kept = lock(&self.errands.ready);
                    // Taken away: what was confirmed once is done once.
                    let fits = kept.as_ref().is_some_and(|(of, _)| *of == generation);
                    fits.then(|| kept.take()).flatten()
                };
                match ready {
                    Some((_, Ready::Promotion(ready))) => self.promote(generation, *ready),
                    Some((_, Ready::PullRequest(ready))) => self.blocking(move |_, job| {
                        let told = Told::Ended(Box::new(pull_request::send(&ready)));
                        job.send(Message::Errand { generation, told });
                    }),
                    Some((_, Ready::RollBack(ready))) => self.blocking(move |_, job| {
                        let step = |told| job.send(Message::Errand { generation, told });
                        let done = roll_back::carry_out(&ready, &|state| step(Told::Step(state)));
                        step(Told::Ended(Box::new(done)));
                    }),
                    None => self.blocking(move |_, job| {
                        let told = Told::Ended(Box::new(gone()));
                        job.send(Message::Errand { generation, told });
                    }),
                }
            }
            Doing::Cancel { generation } => {
                let running = self.errands.running.as_ref();
                if let Some((_, cancel, _)) = running.filter(|it| it.0 == generation) {
                    cancel.cancel();
                }
            }
        }
    }

    fn read_errand(
        &mut self,
        generation: Generation,
        kind: Kind,
        module: RepoPath,
        branch: Option<String>,
        links: Vec<String>,
    ) {
        let landed = self.errands.landed.clone();
        let (source, place) = (self.source.clone(), self.errands.ready.clone());
        self.blocking(move |ws, job| {
            let branch = branch.as_deref();
            let read = match kind {
                Kind::PullRequest => pull_request::read(&source, ws, &module, branch, &links)
                    .map(|(sheet, it)| (sheet, it.map(|it| Ready::PullRequest(Box::new(it))))),
                Kind::Promotion => match promote::read(&source, ws, &module, branch) {
                    Ok(Read::Plan(sheet, it)) => Ok((*sheet, it.map(Ready::Promotion))),
                    Ok(Read::Done(outcome, it)) => {
                        *lock(&landed) = Some((generation, *it));
                        let told = Told::Was(outcome);
                        return job.send(Message::Errand { generation, told });
                    }
                    Err(why) => Err(why),
                },
                Kind::RollBack => Err("that is read for a promotion, not for a module".into()),
            };
            keep(&place, generation, read, job);
        });
    }

    /// Has it made and tried, and puts it onto its branch where all of it holds.
    fn promote(&mut self, generation: Generation, ready: promote::Ready) {
        let cancel = self.all.child_token();
        let (job, token) = (self.job(), cancel.clone());
        let place = self.errands.landed.clone();
        let handle = self.background.spawn(async move {
            let (sender, receiver) = mpsc::channel(256);
            let forward = forward(receiver, |event| {
                let told = Told::Gate(now(), event);
                job.send(Message::Errand { generation, told });
            });
            let work = promote::carry_out(ready, sender, token);
            let ((outcome, landed), ()) = tokio::join!(work, forward);
            if let Some(landed) = landed {
                *lock(&place) = Some((generation, landed));
            }
            let told = Told::Ended(Box::new(outcome));
            job.send(Message::Errand { generation, told });
        });
        self.errands.running = Some((generation, cancel, handle));
    }

    /// What records a promotion; for a thread that may wait for a person.
    pub fn record_promotion(
        &mut self,
        generation: Generation,
    ) -> impl FnOnce() -> Result<u64, String> + Send + use<> {
        let place = self.errands.landed.clone();
        move || {
            let kept = lock(&place);
            match kept.as_ref().filter(|(of, _)| *of == generation) {
                Some((_, landed)) => promote::record(landed),
                None => Err("another promotion was carried out meanwhile".into()),
            }
        }
    }
}

/// Keeps what was read, to be done, and tells it.
fn keep(
    place: &Mutex<Option<(Generation, Ready)>>,
    generation: Generation,
    read: Result<(Sheet, Option<Ready>), String>,
    job: &Job,
) {
    let result = read.map(|(sheet, ready)| {
        let mut kept = lock(place);
        // Unless something newer was read meanwhile.
        if kept.as_ref().is_none_or(|(of, _)| *of < generation) {
            *kept = ready.map(|ready| (generation, ready));
        }
        Box::new(sheet)
    });
    let told = Told::Read(result);
    job.send(Message::Errand { generation, told });
}

/// The repository at the branch that is asked for, else as it is where it stands on a
/// branch of the module, else at the newest of those.
pub(super) fn on_branch(
    source: &Source,
    ws: Workspace,
    module: &RepoPath,
    branch: Option<&str>,
) -> Result<Workspace, String> {
    let open = |name: &str| {
        let name = format!("refs/heads/{name}");
        Workspace::open(&source.path, Some(&name)).map_err(|error| error.to_string())
    };
    if let Some(name) = branch {
        return open(name);
    }
    let own = pulls::branches(&ws, module).map_err(|error| error.to_string())?;
    let revision = ws.revision();
    let here = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    match own.first() {
        Some(newest) if !own.iter().any(|it| it == here) => open(newest),
        // Where there is none, it is said what one is called.
        _ => Ok(ws),
    }
}

/// The module, among all that are there.
pub(super) fn found(
    ws: &Workspace,
    module: &RepoPath,
) -> Result<(Arc<ModuleTree>, ModuleId), String> {
    let tree = ws.modules().map_err(|error| error.to_string())?;
    let mut ids = tree.ids();
    let id = ids.find(|id| tree.get(*id).is_some_and(|it| it.path == *module));
    let id = id.ok_or_else(|| format!("{module} is not on {}", ws.revision()))?;
    Ok((tree, id))
}

/// What was confirmed is not there any more.
fn gone() -> Outcome {
    Outcome {
        done: false,
        words: "what was read is not there any more: read it again. Nothing was done".into(),
        text: Vec::new(),
        record: None,
        branch: None,
    }
}
