//! Why nothing is proposed.

use std::path::PathBuf;

use crate::promotion::RepoPath;
use crate::promotion::proposal::Open;
use crate::repo::RepoError;
use crate::repo::land::LandError;
use crate::workflow::dirs::NoHome;

use super::AnswersError;

/// Why nothing is proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The module is not there.
    #[error("the module is not at {0} any more: read the repository again")]
    NoModule(String),
    /// Its lane leads nowhere.
    #[error("{0} has nowhere to go: set targets for its lane in countersign.toml")]
    NoTarget(RepoPath),
    /// No branch can be called that.
    #[error("{0:?} is no name for a branch: give another one with --branch")]
    BranchName(String),
    /// A form that is no text.
    #[error(
        "{0} is no UTF-8: write it anew, or name another one as `template` in countersign.toml"
    )]
    NoText(RepoPath),
    /// Something is still to be answered.
    #[error("{}", open(.0))]
    Open(Vec<Open>),
    /// The branch is there, with something else on it.
    #[error(
        "the branch {0} is there already, with other content. To add a commit to it: --branch {0}; \
         to begin anew: --branch with another name"
    )]
    Taken(String),
    /// The branch has moved it already.
    #[error("{module} was promoted on {branch}, which is to be merged next")]
    Promoted {
        /// The module.
        module: RepoPath,
        /// The branch.
        branch: String,
    },
    /// The branch cannot be moved, or git did not do it.
    #[error(transparent)]
    Land(#[from] LandError),
    /// A file of answers.
    #[error("{}: {source}", path.display())]
    Answers {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: AnswersError,
    },
    /// Countersign's own directory, or a temporary one.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nowhere to keep anything.
    #[error(transparent)]
    Home(#[from] NoHome),
}

impl ProposeError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::NoText(_)
            | Self::NoTarget(_)
            | Self::BranchName(_)
            | Self::Taken(_)
            | Self::Promoted { .. }
            | Self::Answers { .. } => true,
            _ => false,
        }
    }

    /// True where the documents are not ready.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Open(_) => true,
            Self::Land(error) => !matches!(error, LandError::Repo(_) | LandError::Git { .. }),
            _ => false,
        }
    }
}

fn open(all: &[Open]) -> String {
    let mut text = match all.len() {
        1 => "one answer is missing or wrong:".to_owned(),
        n => format!("{n} answers are missing or wrong:"),
    };
    for open in all {
        let place = format!("{}, {} ({})", open.which.title(), open.label, open.id);
        text.push_str(&format!("\n  {place}: {}", open.problem));
    }
    text
}
