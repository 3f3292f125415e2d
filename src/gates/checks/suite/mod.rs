//! The module's tests, run once under coverage, for all gates that need it; and
//! those it had at the merge-base, for what became of its coverage.

pub(super) mod arguments;
mod base;
mod changed;
pub(super) mod events;
mod integration;
pub(super) mod junit;
mod lacking;
mod measured;
pub(super) mod options;
mod run;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{Measure, aside};
use crate::gates::Trouble;
use crate::gates::job::{Job, Log};
use crate::gates::scratch::Place;
use crate::gates::subject::Subject;
use crate::promotion::RepoPath;
use crate::promotion::coverage::AtBase;
use crate::promotion::policy::GateOptions;

pub use arguments::import_paths;
pub use base::{BaseSuite, Compare, Compared, Read};
pub use changed::{ChangedLines, Line};
pub use lacking::Lacking;
pub use measured::Measured;
pub use run::{Ran, run};

type Make = dyn Fn(&Path) -> Result<(), Trouble> + Send + Sync;

/// A tree of its own for the tests: they may write into it.
#[derive(Clone)]
pub struct Checkout {
    /// Makes it at that place.
    pub make: Arc<Make>,
    /// Takes it from there, when nothing runs on it any more.
    pub done: Arc<dyn Fn(&Path) + Send + Sync>,
}

impl Checkout {
    /// Makes it at that place.
    pub async fn bring(&self, tree: &Path) -> Result<(), Trouble> {
        let (make, tree) = (self.make.clone(), tree.to_owned());
        aside(move || make(&tree)).await?
    }

    /// Nothing runs on it any more.
    pub async fn give_back(&self, tree: &Path) {
        let (done, tree) = (self.done.clone(), tree.to_owned());
        // It can only fail to be faster the next time.
        let _ = aside(move || done(&tree)).await;
    }
}

/// What the gates that need the tests' run share.
pub struct Shared {
    /// Options of the `tests` gate: they hold for the run.
    pub options: GateOptions,
    /// Options of the `integration` gate.
    pub integration: GateOptions,
    /// The tree the tests run in.
    pub checkout: Checkout,
    /// The lines that changed since the merge-base; or why that is not known.
    pub changed: Box<dyn Fn() -> Result<ChangedLines, String> + Send + Sync>,
    /// The module at the merge-base.
    pub base: Compare,
    /// False: measure the merge-base again, even where that is known.
    pub use_cache: bool,
    /// The run.
    pub cell: OnceCell<Suite>,
}

/// What came out of the run.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The run itself.
    pub ran: Ran,
    log: Log,
}

/// A module nobody tests is not a tested module.
pub fn no_tests(subject: &Subject) -> Measure {
    Measure {
        work: vec![("tests".into(), 0)],
        fails: Some(format!(
            "no tests found for {}: write some that import it, or name them under \
             [tests.modules] in countersign.toml",
            subject.module
        )),
        summary: Some("no tests".into()),
        ..Measure::default()
    }
}

/// The run: the first gate that asks does it, the others wait.
pub async fn of(job: &Job<'_>) -> Result<Suite, Trouble> {
    let shared = shared(job)?;
    let mut mine = false;
    let suite = shared
        .cell
        .get_or_init(|| async {
            mine = true;
            let ran = match job.place() {
                Ok(place) => run(job, &place, &shared, &shared.checkout).await,
                Err(trouble) => Err(trouble),
            };
            Suite {
                ran: ran.unwrap_or_else(|trouble| Ran {
                    tests: Err(trouble.clone()),
                    integration: Err(trouble.clone()),
                    coverage: Err(trouble),
                    lacking: Lacking::default(),
                }),
                log: job.log_so_far(),
            }
        })
        .await
        .clone();
    if !mine {
        job.add_log(&suite.log);
    }
    Ok(suite)
}

/// The coverage of the run, with what changed since the merge-base and what it
/// was there. A merge-base that cannot be measured is no trouble.
pub async fn coverage(job: &Job<'_>) -> Result<(Measure, Lacking), Trouble> {
    let shared = shared(job)?;
    let (suite, base) = tokio::join!(of(job), base::measure(job, &shared));
    let ran = suite?.ran;
    let mut measured = ran.coverage?;
    let base = base?;
    if let Some(coverage) = &mut measured.measure.coverage {
        coverage.changed = changed::ran(shared.changed.as_ref(), &measured.lines);
        coverage.base = base.unwrap_or_else(|| AtBase::Known {
            files: coverage.files.clone(),
            note: None,
        });
    }
    Ok((measured.measure, ran.lacking))
}

/// A tree that code may be run in, which it may write to.
pub struct OwnTree {
    checkout: Checkout,
    path: PathBuf,
}

/// Makes one in that place.
pub async fn checkout(job: &Job<'_>, place: &Place) -> Result<OwnTree, Trouble> {
    let own = OwnTree {
        checkout: shared(job)?.checkout.clone(),
        path: place.work.join("tree"),
    };
    own.checkout.bring(&own.path).await?;
    Ok(own)
}

impl OwnTree {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Nothing runs on it any more.
    pub async fn give_back(self) {
        self.checkout.give_back(&self.path).await;
    }
}

pub(super) fn shared(job: &Job<'_>) -> Result<Arc<Shared>, Trouble> {
    job.suite
        .clone()
        .ok_or_else(|| Trouble::new("tests cannot be run here", "report this"))
}

/// What tests wrote to a file, which may be anything, a link to somewhere else
/// too: nothing, where it is no regular file or too large to be read.
pub(super) fn written(file: &Path) -> Vec<u8> {
    const MOST: u64 = 256 << 20;
    match std::fs::symlink_metadata(file) {
        Ok(meta) if meta.is_file() && meta.len() <= MOST => std::fs::read(file).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The path a report names, relative to the tree.
pub(super) fn path_of(name: &str) -> RepoPath {
    RepoPath::from_bytes(name.trim_start_matches("./").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), "said").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        std::fs::create_dir(at("directory")).unwrap();
        assert_eq!(written(&at("file")), b"said");
        for none in ["link", "directory", "nothing"] {
            assert_eq!(written(&at(none)), b"", "{none}");
        }
    }
}
