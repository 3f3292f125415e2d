//! Finding and opening a repository, and resolving revisions.

use std::path::{Path, PathBuf};

use crate::promotion::{ObjectId, RepoPath};

use super::RepoError;
use super::tree::TreeEntry;

/// Branches that are named where there is none of the name that was asked for.
const MOST_NEAR: usize = 4;
/// From here on two names are taken to be spelt alike.
const ALIKE: f64 = 0.85;

/// Where a repository is. Cheap to clone and to share between threads: each
/// opens its own handle with [`Repo::open_git`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
}

impl Repo {
    /// Finds the repository that `path` lies in: a work tree (linked ones and
    /// submodules too) or a bare clone.
    pub fn discover(path: &Path) -> Result<Self, RepoError> {
        if !path.exists() {
            return Err(RepoError::NoSuchPath { path: path.into() });
        }
        let git = git2::Repository::open_ext(
            path,
            git2::RepositoryOpenFlags::empty(),
            std::iter::empty::<&Path>(),
        )
        .map_err(|e| refused(path, e))?;
        Ok(Self {
            git_dir: git.path().into(),
            common_dir: git.commondir().into(),
            work_tree: git.workdir().map(Into::into),
        })
    }

    /// A handle of one's own: libgit2's are not shared between threads.
    pub fn open_git(&self) -> Result<git2::Repository, RepoError> {
        git2::Repository::open_ext(
            &self.git_dir,
            git2::RepositoryOpenFlags::NO_SEARCH,
            std::iter::empty::<&Path>(),
        )
        .map_err(|e| refused(&self.git_dir, e))
    }

    /// The git directory: of a linked work tree its own, not the shared one.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all linked work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The work tree's root; `None` for a bare clone.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The work tree's root, or the git directory of a bare clone.
    pub fn root(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }

    /// The commit that `HEAD` names and what to call it (a branch, or a short
    /// id when detached); no commit on a branch without one.
    pub fn head(&self) -> Result<(Option<ObjectId>, String), RepoError> {
        let git = self.open_git()?;
        let head = match git.find_reference("HEAD") {
            Ok(head) => head,
            Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok((None, "HEAD".into())),
            Err(e) => return Err(RepoError::git("read HEAD")(e)),
        };
        let branch = head.symbolic_target_bytes().map(|target| {
            let name = target.strip_prefix(b"refs/heads/").unwrap_or(target);
            String::from_utf8_lossy(name).into_owned()
        });
        match head.peel_to_commit() {
            Ok(commit) => {
                let id = commit_id(&commit);
                Ok((Some(id), branch.unwrap_or_else(|| id.short())))
            }
            Err(e) if e.code() == git2::ErrorCode::NotFound || branch.is_some() && unborn(&git) => {
                Ok((None, branch.unwrap_or_else(|| "HEAD".into())))
            }
            Err(e) => Err(RepoError::git("resolve HEAD")(e)),
        }
    }

    /// The commit a revision names (`main`, `HEAD~3`, `1f2e3d`, a tag).
    pub fn resolve(&self, revision: &str) -> Result<ObjectId, RepoError> {
        let git = self.open_git()?;
        let none = || RepoError::NoSuchRevision {
            revision: revision.into(),
            path: self.root().into(),
            near: near(&git, revision),
        };
        let object = git.revparse_single(revision).map_err(|_| none())?;
        let commit = object.peel_to_commit().map_err(|_| none())?;
        Ok(commit_id(&commit))
    }

    /// A file's content.
    pub fn read_blob(&self, id: ObjectId) -> Result<Vec<u8>, RepoError> {
        super::tree::read_blob(&self.open_git()?, id)
    }

    /// What stands at `path` in a commit; the root gives its tree.
    pub fn entry(&self, commit: ObjectId, path: &RepoPath) -> Result<Option<TreeEntry>, RepoError> {
        super::tree::entry(&self.open_git()?, commit, path)
    }

    /// Everything below `under` but directories, in git's order. A file named
    /// by `under` gives just itself; a path that is not there gives nothing.
    pub fn walk(
        &self,
        commit: ObjectId,
        under: &RepoPath,
    ) -> Result<Vec<(RepoPath, TreeEntry)>, RepoError> {
        super::tree::walk(&self.open_git()?, commit, under)
    }
}

/// A few branches that may have been meant: first what is spelt much like it, then those of
/// promotions, nearer ones first.
fn near(git: &git2::Repository, revision: &str) -> Vec<String> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let branches = git.branches(None).into_iter().flatten().flatten();
    let names = branches.filter_map(|(it, _)| it.name().ok().flatten().map(str::to_owned));
    let mut scored: Vec<_> = names
        .map(|name| {
            let score = strsim::jaro_winkler(&name, revision)
                .max(strsim::jaro_winkler(&last(&name), &last(revision)));
            let alike = score > ALIKE;
            let first = alike || name.contains("promote/");
            (alike, first, score, name)
        })
        .collect();
    scored.sort_by(|a, b| {
        let order = (b.0, b.1).cmp(&(a.0, a.1));
        order.then(b.2.total_cmp(&a.2)).then(a.3.cmp(&b.3))
    });
    let named = scored.into_iter().take(MOST_NEAR);
    named.map(|(.., name)| name).collect()
}

fn commit_id(commit: &git2::Commit<'_>) -> ObjectId {
    super::tree::object_id(commit.id())
}

fn unborn(git: &git2::Repository) -> bool {
    git.head()
        .is_err_and(|e| e.code() == git2::ErrorCode::UnbornBranch)
}

/// What libgit2's refusal to open means for a person.
fn refused(path: &Path, error: git2::Error) -> RepoError {
    let path: PathBuf = path.into();
    let message = error.message().to_ascii_lowercase();
    match error.code() {
        git2::ErrorCode::NotFound => RepoError::NotARepository { path },
        git2::ErrorCode::Owner => RepoError::Ownership { path },
        _ if message.contains("sha256")
            || message.contains("object format")
            || message.contains("objectformat") =>
        {
            RepoError::Sha256 { path }
        }
        _ if message.contains("extension") || message.contains("repository version") => {
            RepoError::Unsupported {
                path,
                reason: error.message().into(),
            }
        }
        _ => RepoError::git(format!("open {}", path.display()))(error),
    }
}
