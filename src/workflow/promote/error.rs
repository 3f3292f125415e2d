//! Why a module was not promoted.

use crate::promotion::RepoPath;
use crate::repo::RepoError;
use crate::repo::land::LandError;
use crate::workflow::audit::AuditError;
use crate::workflow::sign_off::{AuthorityError, SignOffError};
use crate::workflow::validate::CheckError;

/// Why a module was not promoted.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// Who signed, and the log.
    #[error(transparent)]
    SignOff(#[from] SignOffError),
    /// The gates.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The branch and the work tree.
    #[error(transparent)]
    Land(#[from] LandError),
    /// A gate that is to hold again and is not known.
    #[error("[promote] stages in countersign.toml names {name}, and there is no such gate")]
    Stage {
        /// Which.
        name: String,
    },
    /// It may not be.
    #[error("{module} is not promoted: {}", .why.join("; "))]
    Blocked {
        /// The module.
        module: RepoPath,
        /// Why, in words.
        why: Vec<String>,
    },
    /// Nothing of the kind was promoted.
    #[error("no promotion of {module} is known: neither the audit log nor a branch has one")]
    NotPromoted {
        /// What was asked for.
        module: String,
    },
    /// The base branch does not have it.
    #[error("{base} does not hold the promotion of {module} yet: nobody merged it")]
    NotMerged {
        /// The module.
        module: RepoPath,
        /// The base branch.
        base: String,
    },
}

impl From<AuthorityError> for PromoteError {
    fn from(error: AuthorityError) -> Self {
        Self::SignOff(error.into())
    }
}

impl From<AuditError> for PromoteError {
    fn from(error: AuditError) -> Self {
        Self::SignOff(error.into())
    }
}

impl PromoteError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::SignOff(error) => error.is_usage(),
            Self::Check(error) => error.is_usage(),
            Self::Stage { .. } | Self::NotPromoted { .. } => true,
            Self::Land(_) | Self::Blocked { .. } | Self::NotMerged { .. } => false,
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
            | Self::Blocked { .. }
            | Self::NotMerged { .. } => true,
            _ => false,
        }
    }
}
