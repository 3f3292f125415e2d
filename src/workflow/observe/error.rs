//! Why something was not watched.

use std::path::PathBuf;

use crate::promotion::RepoPath;
use crate::repo::RepoError;
use crate::workflow::dirs::NoHome;
use crate::workflow::sign_off::SignOffError;

/// Why something was not watched.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The base branch's policy, the keyring or the log.
    #[error(transparent)]
    SignOff(#[from] SignOffError),
    /// Taking it back.
    #[error(transparent)]
    RollBack(#[from] crate::workflow::roll_back::RollBackError),
    /// The gates' tools, for a nightly run.
    #[error(transparent)]
    Check(#[from] crate::workflow::validate::CheckError),
    /// No such promotion is on the base branch.
    #[error(
        "{module} is not watched: no promotion of it is on the base branch. \
         countersign list says what was promoted"
    )]
    NotMerged {
        /// What was asked for.
        module: String,
    },
    /// It was watched to the end, or taken back.
    #[error("{module} is not watched any more: it is {stage}")]
    Over {
        /// The module.
        module: RepoPath,
        /// What it is.
        stage: &'static str,
    },
    /// It was not watched to the end.
    #[error("{module} was not watched to the end: it is {stage}")]
    NotCompleted {
        /// The module.
        module: RepoPath,
        /// What it is.
        stage: &'static str,
    },
    /// The transparency scorecard cannot be written.
    #[error("{scorecard} gets no line: {why}")]
    Scorecard {
        /// Where it is.
        scorecard: RepoPath,
        /// Why.
        why: &'static str,
    },
    /// Something else is on the branch.
    #[error("the branch {branch} is there and holds something else: merge or delete it first")]
    Taken {
        /// Which.
        branch: String,
    },
    /// The branch could not be made.
    #[error(transparent)]
    Land(#[from] crate::repo::land::LandError),
    /// No key may sign what has to be signed.
    #[error("{0}")]
    NoKey(String),
    /// Nowhere to keep anything.
    #[error(transparent)]
    Home(#[from] NoHome),
    /// Countersign's own directory.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was seen has no canonical form.
    #[error("what was seen could not be written: {0}")]
    Document(#[from] serde_json::Error),
    /// A task ended unexpectedly.
    #[error("a part of the watcher ended unexpectedly: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The address it is to answer at.
    #[error("nothing can listen at {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}

impl ObserveError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::SignOff(error) => error.is_usage(),
            Self::Check(error) => error.is_usage(),
            Self::RollBack(error) => error.is_usage(),
            Self::NotMerged { .. }
            | Self::Over { .. }
            | Self::NotCompleted { .. }
            | Self::Scorecard { .. }
            | Self::Taken { .. }
            | Self::NoKey(_)
            | Self::Listen { .. } => true,
            _ => false,
        }
    }

    /// For an error of the disk there.
    pub(super) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { path, source }
    }
}
