//! Why it cannot be said who may sign.

use crate::config::ConfigError;
use crate::config::project::FILE_NAME;
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::RepoError;
use crate::review::Problem;

/// Why it cannot be said who may sign.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// No branch that promotions go to.
    #[error(
        "it is not known which branch promotions go to, and it alone says who may sign: there is \
         no origin/HEAD, main or master. The branch under review cannot name it. To do: \
         git remote set-head origin BRANCH"
    )]
    NoBase,
    /// The branch that is named is not here.
    #[error(
        "{FILE_NAME} of {by} says that promotions go to {name}, and there is no branch of that \
         name here. To do: git fetch origin, or correct `base` on {by}"
    )]
    NoBranch {
        /// The branch whose file says so.
        by: String,
        /// What it names.
        name: String,
    },
    /// `countersign.toml` there.
    #[error(
        "{FILE_NAME} of {on} cannot be understood, and sign-off goes by it alone. Correct it on \
         {on}:\n{error}"
    )]
    Config {
        /// Which branch and commit.
        on: On,
        /// What is wrong.
        error: ConfigError,
    },
    /// The keyring there.
    #[error(
        "{path} of {on} has lines that cannot stand, so it lets nobody sign. Correct it on \
         {on}: {}", joined(.problems)
    )]
    Keyring {
        /// The keyring.
        path: RepoPath,
        /// Which branch and commit.
        on: On,
        /// What is wrong, line by line.
        problems: Vec<Problem>,
    },
    /// A checklist there.
    #[error("{path} of {on} is no checklist. Correct it on {on}: {}", .problems.join("; "))]
    Checklist {
        /// The checklist.
        path: RepoPath,
        /// Which branch and commit.
        on: On,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// A link, a directory or a submodule where a file should be.
    #[error("{path} of {on} is no regular file. Put one in its place on {on}")]
    NotAFile {
        /// The path.
        path: RepoPath,
        /// Which branch and commit.
        on: On,
    },
    /// Larger than anybody writes it.
    #[error("{path} of {on} has {bytes} bytes, more than {most}")]
    TooLarge {
        /// The path.
        path: RepoPath,
        /// Which branch and commit.
        on: On,
        /// What it has.
        bytes: usize,
        /// What is read.
        most: usize,
    },
    /// The log would be written over the base branch.
    #[error(
        "{FILE_NAME} of {on} keeps the audit log on {branch}, which promotions go to. Give it a \
         branch of its own: [sign_off] branch"
    )]
    LogOnBase {
        /// Which branch and commit.
        on: On,
        /// The branch.
        branch: String,
    },
    /// A shallow clone.
    #[error(
        "the history of {on} is cut off (a shallow clone), so this repository cannot be told from \
         others. To do: git fetch --unshallow"
    )]
    Shallow {
        /// Which branch and commit.
        on: On,
    },
}

impl AuthorityError {
    /// True where somebody has to correct what is written; else it could not be found out.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::Shallow { .. } => false,
            _ => true,
        }
    }
}

/// A branch at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct On {
    /// The branch, for people.
    pub branch: String,
    /// The commit.
    pub commit: ObjectId,
}

impl std::fmt::Display for On {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.branch, self.commit.short())
    }
}

fn joined(problems: &[Problem]) -> String {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    problems.join("; ")
}
