//! `countersign demo canary`: a promotion that is merged, does harm, is caught by the watcher
//! and taken back, in minutes. Git, Prometheus, the service and the watcher are real; only the
//! time is shorter: one minute stands for an hour.

mod place;
mod processes;
mod scene;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::DemoError;
use crate::promotion::rollback::State;
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::RepoError;
use crate::workflow::OpenError;
use crate::workflow::observe::{self, ObserveError, Options};
use crate::workflow::promote::PromoteError;
use crate::workflow::roll_back::RollBackError;
use crate::workflow::sign_off::SignOffError;

use place::Place;
use processes::{Prometheus, Service};
use scene::Scene;

/// What the time is held against, for whoever looks on.
pub const SCALE: &str = "1 minute here stands for 1 hour";
/// How long the base is there before the merge: `learn` of the settings, and two bins.
const LEARN: Duration = Duration::from_secs(70);
/// From then on; it takes less than one minute.
const MOST: Duration = Duration::from_secs(180);
/// From when it is taken back: Gate 1 on the branch for the fix may have to fetch its tools.
const REST: Duration = Duration::from_secs(90);
/// From one look at the log to the next.
const PAUSE: Duration = Duration::from_secs(1);
/// Failures of the base, and of the canary.
const SHARES: [f64; 2] = [0.01, 0.2];

/// Why it was not shown.
#[derive(Debug, thiserror::Error)]
pub enum CanaryDemoError {
    /// What is there is not ours to remove.
    #[error(
        "{} holds something that countersign demo canary did not make, so it is left alone. To \
         do: remove it yourself, or name an empty or new directory with `--at DIR`",
        path.display()
    )]
    Occupied {
        /// The place asked for.
        path: PathBuf,
    },
    /// Another run has it.
    #[error(
        "{} is being used by another countersign demo canary. To do: wait for it or end it with \
         Ctrl-C, or name another directory with `--at DIR`",
        path.display()
    )]
    Busy {
        /// The place asked for.
        path: PathBuf,
    },
    /// The sample repository.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// A program is not installed.
    #[error(
        "{program} is not installed, or not in PATH. To do: apt-get install {package} (Debian, \
         Ubuntu), and again"
    )]
    Missing {
        /// It.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// A program did not do what it should.
    #[error("{program} did not come up: {why}")]
    Program {
        /// It.
        program: &'static str,
        /// What happened.
        why: String,
    },
    /// A file of it.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Git.
    #[error("the promotion could not be made: {0}")]
    Git(#[from] git2::Error),
    /// The sample repository could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be read.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The log, or a key.
    #[error(transparent)]
    SignOff(#[from] SignOffError),
    /// The promotion.
    #[error(transparent)]
    Promote(#[from] PromoteError),
    /// The rollback.
    #[error(transparent)]
    RollBack(#[from] RollBackError),
    /// The watcher.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A part of it ended unexpectedly.
    #[error("a part of the demo ended unexpectedly: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// It takes too long.
    #[error(
        "after {} s it was not taken back ({how}); see what the watcher said above, and \
         countersign canary -C {}", MOST.as_secs(), path.display()
    )]
    TooLong {
        /// How far it came.
        how: String,
        /// The repository.
        path: PathBuf,
    },
}

/// What is heard while it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something is done, in words.
    Line(String),
    /// How far learning is, in seconds.
    Learned {
        /// That many have gone by.
        done: u64,
        /// Of so many.
        of: u64,
    },
}

/// What was caught, and taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// The repository.
    pub path: PathBuf,
    /// The module.
    pub module: RepoPath,
    /// The commit that merged the harm.
    pub merge: ObjectId,
    /// The commit that took it back.
    pub revert: ObjectId,
    /// Its first line.
    pub summary: String,
    /// From the merge until the base branch was as before, in seconds.
    pub took: i64,
    /// How far the rest is: beyond that Gate 1 has judged the branch for the fix.
    pub state: State,
}

/// Shows it, in a directory that is new, empty, or that of an earlier run, which is removed;
/// `tell` hears in words what is being done, and the watcher says the rest by
/// `tracing`. `None` where it was stopped. Whatever it started has ended when this returns.
pub async fn run(
    at: &Path,
    tell: &(dyn Fn(Told) + Sync),
    stop: CancellationToken,
) -> Result<Option<Caught>, CanaryDemoError> {
    processes::present()?;
    let place = Place::take(at)?;
    let say = |line| tell(Told::Line(line));
    if place.again {
        say(format!("removed the earlier run in {}", at.display()));
    }
    let scene = Scene::make(at)?;
    say(format!("the sample repository is {}", scene.path.display()));
    let prometheus = tokio::select! {
        started = Prometheus::start(at) => started?,
        () = stop.cancelled() => return Ok(None),
    };
    let base = Service::start(at, SHARES[0])?;
    prometheus.scrape(&[&base])?;
    say(format!(
        "Prometheus runs at {}, and version 1 of fees under load: {} % of requests fail",
        prometheus.url,
        SHARES[0] * 100.0
    ));
    say(format!(
        "for {} s it learns how that is on an ordinary day",
        LEARN.as_secs()
    ));
    tokio::select! {
        () = learn(tell) => {}
        () = stop.cancelled() => return Ok(None),
    }
    let merged = scene.promote(&prometheus.url)?;
    let canary = Service::start(at, SHARES[1])?;
    prometheus.scrape(&[&base, &canary])?;
    say(format!(
        "candidate/fees was promoted and merged ({}), and version 2 gets half of the requests: {} \
         % fail",
        merged.merge.short(),
        SHARES[1] * 100.0
    ));
    watch(&scene, merged, stop).await
}

/// Has it run undisturbed, and tells each second how far that is.
async fn learn(tell: &(dyn Fn(Told) + Sync)) {
    let of = LEARN.as_secs();
    for done in 1..=of {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tell(Told::Learned { done, of });
    }
}

async fn watch(
    scene: &Scene,
    merged: scene::Merged,
    stop: CancellationToken,
) -> Result<Option<Caught>, CanaryDemoError> {
    let options = Options {
        key: Some(merged.watcher.clone()),
        dry_run: false,
        once: false,
        listen: None,
        fetch: false,
        name: "demo".into(),
    };
    let done = stop.child_token();
    let watching = async {
        let watched = observe::watch(scene.open()?, options, done.clone()).await;
        // It ends before only where it cannot go on.
        done.cancel();
        Ok::<_, CanaryDemoError>(watched?)
    };
    let looking = async {
        let seen = tokio::select! {
            seen = taken_back(scene, &merged) => seen,
            () = tokio::time::sleep(MOST) => too_long(scene, &merged),
            () = done.cancelled() => Ok(None),
        };
        done.cancel();
        seen
    };
    let (watched, seen) = tokio::join!(watching, looking);
    watched?;
    seen
}

fn too_long(scene: &Scene, merged: &scene::Merged) -> Result<Option<Caught>, CanaryDemoError> {
    let rollback = scene.rollback(merged)?;
    Err(CanaryDemoError::TooLong {
        how: rollback.map_or_else(|| "not decided".into(), |it| it.state.to_string()),
        path: scene.path.clone(),
    })
}

/// Waits until the log says that all of it is done, or that what matters is and the rest
/// takes long.
async fn taken_back(
    scene: &Scene,
    merged: &scene::Merged,
) -> Result<Option<Caught>, CanaryDemoError> {
    let mut back: Option<(Instant, i64)> = None;
    loop {
        let (of, by) = (scene.clone(), merged.clone());
        let rollback = tokio::task::spawn_blocking(move || of.rollback(&by)).await??;
        if let Some(it) = rollback
            && let Some(reverted) = it.reverted
        {
            let now = jiff::Timestamp::now().as_second();
            let (since, at) = *back.get_or_insert_with(|| (Instant::now(), now));
            if it.state == State::RolledBack || since.elapsed() > REST {
                let caught = scene.caught(merged, reverted.commit, at, it.state);
                return Ok(Some(caught?));
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
