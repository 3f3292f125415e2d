//! Why a rollback did not go on.

use crate::promotion::RepoPath;
use crate::repo::RepoError;
use crate::repo::land::LandError;
use crate::workflow::audit::AuditError;
use crate::workflow::dirs::NoHome;
use crate::workflow::pull_request::PullRequestError;
use crate::workflow::sign_off::{AuthorityError, SignOffError};
use crate::workflow::validate::CheckError;

/// Why a rollback did not go on.
#[derive(Debug, thiserror::Error)]
pub enum RollBackError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// Who signs, and the log.
    #[error(transparent)]
    SignOff(#[from] SignOffError),
    /// The gates.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The branch and the work tree.
    #[error(transparent)]
    Land(#[from] LandError),
    /// Nowhere to keep what this machine has to remember.
    #[error(transparent)]
    Home(#[from] NoHome),
    /// The pull request.
    #[error(transparent)]
    PullRequest(#[from] PullRequestError),
    /// What this machine has to remember could not be kept.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nothing of the kind was promoted.
    #[error("no promotion of {module} is known: neither the audit log nor a branch has one")]
    NotPromoted {
        /// What was asked for.
        module: String,
    },
    /// The base branch does not have it.
    #[error("{base} does not hold the promotion of {module}: there is nothing to take back")]
    NotMerged {
        /// The module.
        module: RepoPath,
        /// The base branch.
        base: String,
    },
    /// Nobody decided it, and it was asked to go on.
    #[error(
        "no rollback of {module} is under way: start one with countersign rollback {module} \
         --reason WHY"
    )]
    NotDecided {
        /// The module.
        module: RepoPath,
    },
    /// The rules say no.
    #[error("{module} is not rolled back: {why}")]
    Refused {
        /// The module.
        module: RepoPath,
        /// Why, in words.
        why: String,
    },
    /// The promotion is not to be told apart from what came with it.
    #[error("the promotion of {module} cannot be told apart from what came with it: {why}")]
    Unclear {
        /// The module.
        module: RepoPath,
        /// Why, in words.
        why: String,
    },
    /// The remote.
    #[error(
        "the remote {remote} could not be asked or written to: {why}. Nothing was done that is not in the log; it goes on from there"
    )]
    Remote {
        /// Its name.
        remote: String,
        /// What git said.
        why: String,
    },
    /// The remote says no.
    #[error("the remote {remote} refused {what}: {why}")]
    Rejected {
        /// Its name.
        remote: String,
        /// What was pushed.
        what: String,
        /// What it said.
        why: String,
    },
    /// The log does not hold.
    #[error("the audit log does not hold, and nothing is done on it: {0}")]
    Log(String),
    /// Everything moved all the time.
    #[error("others moved the base branch or the log all the time. Try it again")]
    Busy,
}

impl From<AuthorityError> for RollBackError {
    fn from(error: AuthorityError) -> Self {
        Self::SignOff(error.into())
    }
}

impl From<AuditError> for RollBackError {
    fn from(error: AuditError) -> Self {
        Self::SignOff(error.into())
    }
}

impl RollBackError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::SignOff(error) => error.is_usage(),
            Self::NotPromoted { .. } | Self::NotDecided { .. } => true,
            _ => false,
        }
    }

    /// True where the answer is no.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::SignOff(error) => error.is_refusal(),
            Self::Land(
                LandError::Elsewhere { .. }
                | LandError::UnderWay { .. }
                | LandError::InTheWay { .. }
                | LandError::Moved { .. },
            )
            | Self::NotMerged { .. }
            | Self::Refused { .. }
            | Self::Unclear { .. } => true,
            _ => false,
        }
    }
}
