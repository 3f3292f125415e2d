//! The same module at the merge-base: the tests it had there, run on the tree
//! that it had there. Whatever keeps that from being done is told, and no more.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::{Checkout, Shared, run};
use crate::gates::Trouble;
use crate::gates::job::{Job, Log};
use crate::gates::subject::Subject;
use crate::promotion::coverage::AtBase;
use crate::promotion::{FileCoverage, Isolation, RepoPath, ToolRun};

/// How the module stands to the merge-base.
#[derive(Clone)]
pub enum Compared {
    /// Nothing that its coverage depends on differs.
    Same,
    /// It was not there.
    Absent,
    /// It differs.
    Differs(BaseSuite),
}

/// Finds out; or says why that is not known.
pub type Compare = Arc<dyn Fn() -> Result<Compared, String> + Send + Sync>;

/// Reads a file of a tree that is not there.
pub type Read = Arc<dyn Fn(&RepoPath) -> Option<Vec<u8>> + Send + Sync>;

/// The module at the merge-base, with its tests.
#[derive(Clone)]
pub struct BaseSuite {
    /// The key of what is measured.
    pub key: String,
    /// Its path there.
    pub module: RepoPath,
    /// True where it is a single file.
    pub is_file: bool,
    /// Its Python files there.
    pub files: Vec<RepoPath>,
    /// Its tests there.
    pub tests: Vec<RepoPath>,
    /// The tree there.
    pub checkout: Checkout,
    /// Its files, without it.
    pub read: Read,
    /// Paths there that have another one now.
    pub renames: HashMap<RepoPath, RepoPath>,
}

impl BaseSuite {
    /// The module there, in that tree.
    pub fn subject(&self, tree: PathBuf) -> Subject {
        Subject {
            module: self.module.clone(),
            is_file: self.is_file,
            files: self.files.clone(),
            tests: self.tests.clone(),
            target: None,
            owner: None,
            lanes: Arc::new([]),
            tree,
        }
    }
}

/// What was measured there, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Known {
    files: Vec<FileCoverage>,
    note: Option<String>,
    runs: Vec<ToolRun>,
    isolation: Option<Isolation>,
}

/// `None`: what is measured now holds there too. Only cancelling is trouble.
pub(super) async fn measure(job: &Job<'_>, shared: &Shared) -> Result<Option<AtBase>, Trouble> {
    let unknown = |why: String| Ok(Some(AtBase::Unknown { why }));
    let compare = shared.base.clone();
    let suite = match tokio::task::spawn_blocking(move || compare()).await {
        Ok(Ok(Compared::Same)) => return Ok(None),
        Ok(Ok(Compared::Absent)) => return Ok(Some(AtBase::Absent)),
        Ok(Ok(Compared::Differs(suite))) => suite,
        Ok(Err(why)) => return unknown(why),
        Err(error) => return unknown(format!("it could not be looked for: {error}")),
    };
    if suite.tests.is_empty() {
        return unknown("it had no tests there".into());
    }
    let store = &job.bench.store;
    let kept = store.get::<Known>(&suite.key);
    let known = match kept.filter(|_| shared.use_cache) {
        Some(known) => known,
        None => match measured(job, shared, &suite).await {
            Ok(known) => {
                // Not kept, it is only measured again.
                let _ = store.keep(&suite.key, &known);
                known
            }
            Err(Trouble::Cancelled) => return Err(Trouble::Cancelled),
            Err(Trouble::Error { why, .. }) => return unknown(why),
        },
    };
    let mut runs = known.runs;
    runs.iter_mut().for_each(|run| run.baseline = true);
    job.add_log(&Log {
        runs,
        isolation: known.isolation,
        notes: Vec::new(),
    });
    let mut files: Vec<FileCoverage> = known
        .files
        .into_iter()
        .map(|file| match suite.renames.get(&file.path) {
            Some(now) => FileCoverage {
                was: Some(file.path),
                path: now.clone(),
                ..file
            },
            None => file,
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Some(AtBase::Known {
        files,
        note: known.note,
    }))
}

async fn measured(job: &Job<'_>, shared: &Shared, suite: &BaseSuite) -> Result<Known, Trouble> {
    let place = job.place()?;
    let subject = suite.subject(place.work.join("tree"));
    let there = Job {
        subject: &subject,
        options: job.options,
        toolbox: job.toolbox,
        baseline: true,
        head: job.head,
        bench: job.bench,
        reporter: job.reporter.clone(),
        suite: None,
        log: Mutex::default(),
    };
    let ran = run(&there, &place, shared, &suite.checkout).await?;
    let coverage = ran.coverage?;
    let why = coverage.measure.fails.clone();
    let files = coverage.measure.coverage.ok_or_else(|| {
        Trouble::new(
            why.unwrap_or_else(|| "nothing was measured there".into()),
            "",
        )
    })?;
    if !ran.lacking.is_empty() {
        let undecided = ran.lacking.undecided("its coverage there");
        return Err(Trouble::new(undecided.why, undecided.help));
    }
    let failed = ran.tests?.fails;
    let log = there.log_so_far();
    Ok(Known {
        files: files.files,
        note: failed.map(|failed| format!("its tests failed there: {failed}")),
        runs: log.runs,
        isolation: log.isolation,
    })
}
