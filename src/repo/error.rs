//! What can go wrong with a repository: what, where, and what to do.

use std::path::PathBuf;

use crate::promotion::{ObjectId, RepoPath, text};

/// Why a repository could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// The path does not exist.
    #[error("{path}: no such file or directory. Name a directory inside a git repository", path = shown(.path))]
    NoSuchPath {
        /// What was named.
        path: PathBuf,
    },
    /// No repository at the path or above it.
    #[error(
        "{path} is not inside a git repository. Name one (`countersign PATH`), or make one with `git init`",
        path = shown(.path)
    )]
    NotARepository {
        /// What was named.
        path: PathBuf,
    },
    /// The repository belongs to somebody else.
    #[error(
        "the repository at {path} belongs to another user, and git refuses it for that reason. If you trust it: git config --global --add safe.directory {path}",
        path = shown(.path)
    )]
    Ownership {
        /// The repository.
        path: PathBuf,
    },
    /// The repository names its objects by SHA-256.
    #[error(
        "the repository at {path} uses SHA-256 object names, which Countersign cannot read yet. A SHA-1 copy of it works: `git init --object-format=sha1 COPY`, then `git fast-export --all | git -C COPY fast-import`",
        path = shown(.path)
    )]
    Sha256 {
        /// The repository.
        path: PathBuf,
    },
    /// The repository uses something libgit2 does not know.
    #[error(
        "the repository at {path} uses a git feature that Countersign cannot read: {reason}. A plain full clone of it works (`git clone`, without --filter and with the default storage)",
        path = shown(.path)
    )]
    Unsupported {
        /// The repository.
        path: PathBuf,
        /// What git said.
        reason: String,
    },
    /// Nothing was ever committed.
    #[error("the repository at {path} has no commit yet. Commit something first (`git commit`)", path = shown(.path))]
    NoCommit {
        /// The repository.
        path: PathBuf,
    },
    /// A revision that names no commit.
    #[error(
        "{revision} names no commit in {path}{}. `git -C {} branch --all` lists all of them",
        branches(.near), text::shell_word(&path.to_string_lossy()),
        revision = text::visible(.revision), path = shown(.path)
    )]
    NoSuchRevision {
        /// What was asked for.
        revision: String,
        /// The repository.
        path: PathBuf,
        /// A few of its branches, the likeliest first.
        near: Vec<String>,
    },
    /// No such module at the revision.
    #[error("no module {name} at {revision}{hint}", name = text::visible(.name), revision = text::visible(.revision))]
    NoSuchModule {
        /// What was asked for.
        name: String,
        /// Where.
        revision: String,
        /// "; did you mean …?" or empty.
        hint: String,
    },
    /// A module has no such target lane.
    #[error(
        "{module} cannot go to {target}: its target lanes are {targets}. They are set in countersign.toml",
        module = named(.module), target = named(.target),
        targets = .targets.iter().map(named).collect::<Vec<_>>().join(", ")
    )]
    NoSuchTarget {
        /// The module.
        module: RepoPath,
        /// What was asked for.
        target: RepoPath,
        /// What there is.
        targets: Vec<RepoPath>,
    },
    /// An object that the repository should have is absent: a partial or damaged clone.
    #[error(
        "object {id} ({what}) is missing from the repository. In a partial clone `git fetch --refetch` brings it; else `git fsck` says what is damaged"
    )]
    MissingObject {
        /// The object.
        id: ObjectId,
        /// What it should be: a path, or "tree".
        what: String,
    },
    /// A tree names a file in a way that could leave its directory.
    #[error(
        "the tree holds the unsafe name {path:?}, which no honest git tree does. Nothing was exported; find the commit with `git fsck`"
    )]
    UnsafeName {
        /// The path.
        path: RepoPath,
    },
    /// A glob that cannot be read.
    #[error("the glob {glob:?} cannot be read: {reason}")]
    Glob {
        /// The glob.
        glob: String,
        /// Why.
        reason: String,
    },
    /// Git refused.
    #[error("git could not {doing}: {reason}", reason = text::visible(.error.message()))]
    Git {
        /// What was being done: "read the tree of 1f2e…".
        doing: String,
        /// What it said.
        error: git2::Error,
    },
    /// The file system refused.
    #[error("could not {doing} {path}: {error}", path = shown(.path))]
    Io {
        /// What was being done: "write".
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// Somebody asked for it to stop.
    #[error("cancelled")]
    Cancelled,
}

impl RepoError {
    /// True where the person asked for something that is not there: the
    /// question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoSuchPath { .. }
                | Self::NotARepository { .. }
                | Self::NoSuchRevision { .. }
                | Self::NoSuchModule { .. }
                | Self::NoSuchTarget { .. }
                | Self::Glob { .. }
        )
    }

    /// For `map_err`: what was being done when git refused.
    pub fn git(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let doing = doing.into();
        move |error| Self::Git { doing, error }
    }

    /// For `map_err`: what was being done to what when the file system refused.
    pub fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { doing, path, error }
    }
}

fn named(path: &RepoPath) -> String {
    if path.is_root() {
        return ".".into();
    }
    text::visible(&path.to_text()).into_owned()
}

fn branches(near: &[String]) -> String {
    let names: Vec<_> = near.iter().map(|it| text::visible(it)).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(". It has the branches {}", names.join(", ")),
    }
}

fn shown(path: &std::path::Path) -> String {
    text::visible(&path.to_string_lossy()).into_owned()
}
