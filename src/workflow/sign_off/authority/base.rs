//! The base branch, and what its newest commit holds.

use crate::config::project::{self, FILE_NAME, ProjectConfig};
use crate::promotion::{ObjectId, RepoPath, Sha256, text};
use crate::repo::branch::{self, Branch};
use crate::repo::{Repo, tree};
use crate::workflow::Workspace;

use super::AuthorityError;
use super::error::On;

/// The most that is read of `countersign.toml`, a keyring or a checklist, in bytes.
pub(super) const MOST: usize = 1 << 20;

/// The base branch with its policy.
pub(super) struct Base {
    pub branch: Branch,
    /// The digest of its `countersign.toml`; of nothing where there is none.
    pub policy: Sha256,
    pub config: ProjectConfig,
}

/// Finds the branch that promotions go to without asking the one under review: the
/// default branch of `origin`, or `main` or `master` here; and where the
/// `countersign.toml` of that one says `base`, the branch it names.
///
/// What the work tree says cannot count: a branch that named itself would sign off
/// itself.
pub(super) fn base(ws: &Workspace) -> Result<Base, AuthorityError> {
    let repo = ws.repo();
    let default = branch::default(repo)?.ok_or(AuthorityError::NoBase)?;
    let first = read(repo, default)?;
    let Some(name) = &first.config.base else {
        return Ok(first);
    };
    let Some(named) = branch::named(repo, name)? else {
        return Err(AuthorityError::NoBranch {
            by: first.branch.short().to_owned(),
            name: name.clone(),
        });
    };
    match named == first.branch {
        true => Ok(first),
        false => read(repo, named),
    }
}

fn read(repo: &Repo, branch: Branch) -> Result<Base, AuthorityError> {
    let there = There::new(repo, &branch)?;
    let bytes = there.file(&FILE_NAME.into())?.unwrap_or_default();
    let config = project::parse(&text::decode(&bytes), FILE_NAME).map_err(|error| {
        AuthorityError::Config {
            on: there.on(),
            error,
        }
    })?;
    Ok(Base {
        policy: Sha256::of(&bytes),
        config,
        branch,
    })
}

/// The files of a branch's newest commit.
pub(super) struct There<'a> {
    git: git2::Repository,
    branch: &'a Branch,
}

impl<'a> There<'a> {
    pub fn new(repo: &Repo, branch: &'a Branch) -> Result<Self, AuthorityError> {
        Ok(Self {
            git: repo.open_git()?,
            branch,
        })
    }

    /// What to call it.
    pub fn on(&self) -> On {
        On {
            branch: self.branch.short().to_owned(),
            commit: self.branch.tip,
        }
    }

    /// A regular file's content; `None` where nothing is.
    pub fn file(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, AuthorityError> {
        let Some(entry) = tree::entry(&self.git, self.branch.tip, path)? else {
            return Ok(None);
        };
        if !entry.mode.is_file() {
            return Err(AuthorityError::NotAFile {
                path: path.clone(),
                on: self.on(),
            });
        }
        match small(&self.git, entry.id)? {
            Ok(content) => Ok(Some(content)),
            Err(bytes) => Err(AuthorityError::TooLarge {
                path: path.clone(),
                on: self.on(),
                bytes,
                most: MOST,
            }),
        }
    }
}

/// A blob, or its size where that is more than anybody reads.
pub(super) fn small(
    git: &git2::Repository,
    id: ObjectId,
) -> Result<Result<Vec<u8>, usize>, AuthorityError> {
    let header = git.odb().and_then(|odb| odb.read_header(tree::oid(id)));
    Ok(match header {
        Ok((bytes, _)) if bytes > MOST => Err(bytes),
        // What is missing is told by who reads it.
        _ => Ok(tree::read_blob(git, id)?),
    })
}
