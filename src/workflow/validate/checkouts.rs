//! The trees that tools run on: exported, used, and kept for the next run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::gates::{Trouble, supervise};
use crate::promotion::{Isolation, ObjectId, RepoPath};
use crate::repo::{self, Checkout, Pool, Repo, RepoError};
use crate::workflow::workspace::Workspace;

/// The checkouts of one run. They go to the pool when it is over.
pub(in crate::workflow) struct Checkouts {
    repo: Repo,
    /// `None` where tools are not confined: they could write into the pool itself.
    pool: Option<Pool>,
    cancel: CancellationToken,
    out: Mutex<HashMap<PathBuf, Checkout>>,
}

impl Checkouts {
    pub fn new(ws: &Workspace, cache: &Path, cancel: CancellationToken) -> Self {
        let confined = supervise::isolation() >= Isolation::Landlock;
        Self {
            repo: ws.repo().clone(),
            pool: confined.then(|| Pool::new(cache.join("trees"), ws.repo())),
            cancel,
            out: Mutex::default(),
        }
    }

    /// Writes the tree of a commit to `to`. Gives what a reader of the evidence
    /// has to know of it.
    pub fn make(
        &self,
        commit: ObjectId,
        to: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<String>, Trouble> {
        let made = match &self.pool {
            Some(pool) => pool.checkout(&self.repo, commit, to, progress, &self.cancel),
            None => repo::export(&self.repo, commit, to, progress, &self.cancel)
                .map(|summary| (summary, None)),
        };
        match made {
            Ok((summary, checkout)) => {
                if let Some(checkout) = checkout {
                    self.out().insert(to.to_owned(), checkout);
                }
                Ok(missing(&summary.missing))
            }
            Err(RepoError::Cancelled) => Err(Trouble::Cancelled),
            Err(error) => Err(Trouble::new(
                format!("the tree could not be exported: {error}"),
                "make room in the cache directory (COUNTERSIGN_CACHE_DIR), or repair the \
                 repository",
            )),
        }
    }

    /// Nobody needs the tree at `at` any more.
    pub fn give_back(&self, at: &Path) {
        let checkout = self.out().remove(at);
        if let Some((pool, checkout)) = self.pool.as_ref().zip(checkout) {
            pool.give_back(checkout);
        }
    }

    fn out(&self) -> MutexGuard<'_, HashMap<PathBuf, Checkout>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Checkouts {
    fn drop(&mut self) {
        let all: Vec<_> = self.out().keys().cloned().collect();
        all.iter().for_each(|at| self.give_back(at));
    }
}

/// What to say of files whose content the repository does not have.
fn missing(files: &[RepoPath]) -> Vec<String> {
    let first: Vec<_> = files.iter().take(3).map(RepoPath::to_text).collect();
    let more = match files.len().saturating_sub(first.len()) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match files.len() {
        0 => Vec::new(),
        n => vec![format!(
            "{n} file(s) of the commit were not there, their content is not in this repository (a \
             partial clone?): {}{more}",
            first.join(", ")
        )],
    }
}
