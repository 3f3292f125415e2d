//! A repository at a revision, with its configuration: what every phase starts from.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::config::ConfigError;
use crate::config::project::{self, ProjectConfig};
use crate::promotion::{ModuleTree, ObjectId, RepoPath, text};
use crate::python::{Index, Words};
use crate::repo::{Repo, RepoError, glob::Globs, merge_base, modules};

use super::kept::Kept;
use super::{dirs, python_index};

/// Why a workspace could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The repository or the revision.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// `countersign.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A repository at a revision, with its configuration. Cheap to clone; heavy
/// parts are read on first use, once, and shared.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

struct Inner {
    repo: Repo,
    cache: Option<PathBuf>,
    config: ProjectConfig,
    commit: Option<ObjectId>,
    revision: String,
    checked_out: bool,
    committed_config: bool,
    notices: Vec<String>,
    base: OnceLock<Option<ObjectId>>,
    modules: Memo<ModuleTree>,
    index: Memo<Index>,
    words: Memo<Words>,
    kept: Kept,
}

/// Made on first use by whoever comes first; others wait. A failure is not kept.
struct Memo<T> {
    value: OnceLock<Arc<T>>,
    making: std::sync::Mutex<()>,
}

impl<T> Memo<T> {
    fn new() -> Self {
        Self {
            value: OnceLock::new(),
            making: std::sync::Mutex::new(()),
        }
    }

    fn get<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(value) = self.value.get() {
            return Ok(value.clone());
        }
        // A panic in another maker leaves nothing half made behind.
        let _making = self.making.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(value) = self.value.get() {
            return Ok(value.clone());
        }
        let made = Arc::new(make()?);
        Ok(self.value.get_or_init(|| made).clone())
    }
}

impl Workspace {
    /// Finds the repository `path` lies in, resolves `rev` (or what is checked
    /// out) and reads the configuration.
    pub fn open(path: &Path, rev: Option<&str>) -> Result<Self, OpenError> {
        // Without a home nothing is kept, and everything works all the same.
        Self::open_caching(path, rev, dirs::cache_dir().ok())
    }

    /// The same, keeping what can be made again in `cache`, or nowhere.
    pub fn open_caching(
        path: &Path,
        rev: Option<&str>,
        cache: Option<PathBuf>,
    ) -> Result<Self, OpenError> {
        let repo = Repo::discover(path)?;
        let (commit, revision) = match rev {
            Some(rev) => {
                // A branch is called by its name, however it was asked for.
                let name = rev.strip_prefix("refs/heads/").unwrap_or(rev);
                (Some(repo.resolve(rev)?), name.to_owned())
            }
            None => repo.head()?,
        };
        let checked_out = rev.is_none() && repo.work_tree().is_some();
        let mut notices = Vec::new();
        let config = read_config(&repo, commit, checked_out, &mut notices)?;
        let committed_config = notices.is_empty();
        Ok(Self {
            inner: Arc::new(Inner {
                repo,
                cache,
                config,
                commit,
                revision,
                checked_out,
                committed_config,
                notices,
                base: OnceLock::new(),
                modules: Memo::new(),
                index: Memo::new(),
                words: Memo::new(),
                kept: Kept::default(),
            }),
        })
    }

    /// The same repository at another commit, by what is configured there.
    pub fn at(&self, commit: ObjectId) -> Result<Self, OpenError> {
        let rev = commit.to_string();
        Self::open_caching(self.root(), Some(&rev), self.inner.cache.clone())
    }

    /// The same repository at another commit, by a configuration of its own and with
    /// exactly these modules. For what is made aside and no reference names yet.
    pub(in crate::workflow) fn aside(
        &self,
        commit: ObjectId,
        config: ProjectConfig,
        modules: ModuleTree,
    ) -> Self {
        let known = Memo::new();
        let _ = known.value.set(Arc::new(modules));
        Self {
            inner: Arc::new(Inner {
                repo: self.inner.repo.clone(),
                cache: self.inner.cache.clone(),
                config,
                commit: Some(commit),
                revision: commit.to_string(),
                checked_out: false,
                committed_config: true,
                notices: Vec::new(),
                base: OnceLock::new(),
                modules: known,
                index: Memo::new(),
                words: Memo::new(),
                kept: Kept::default(),
            }),
        }
    }

    /// The repository.
    pub fn repo(&self) -> &Repo {
        &self.inner.repo
    }

    /// The work tree's root, or the git directory of a bare clone.
    pub fn root(&self) -> &Path {
        self.inner.repo.root()
    }

    /// The configuration, with defaults where it is silent.
    pub fn config(&self) -> &ProjectConfig {
        &self.inner.config
    }

    /// The commit that is looked at; `None` in a repository without one.
    pub fn commit(&self) -> Option<ObjectId> {
        self.inner.commit
    }

    /// The commit, or the error that there is none.
    pub fn require_commit(&self) -> Result<ObjectId, RepoError> {
        self.inner.commit.ok_or_else(|| RepoError::NoCommit {
            path: self.root().into(),
        })
    }

    /// True where the merge-base is the revision itself: it is on the base
    /// branch already, and under "zero new" nothing in it can count.
    pub fn is_its_own_base(&self) -> bool {
        self.commit().is_some() && self.base() == self.commit()
    }

    /// The merge-base of the revision and the base branch. Found on first use:
    /// far from the branch it takes a walk through the history.
    pub fn base(&self) -> Option<ObjectId> {
        *self
            .inner
            .base
            .get_or_init(|| self.find_base().ok().flatten())
    }

    /// The merge-base, found again, with the reason where it cannot be.
    pub fn find_base(&self) -> Result<Option<ObjectId>, RepoError> {
        let Some(commit) = self.inner.commit else {
            return Ok(None);
        };
        match merge_base::base_branch(&self.inner.repo, self.inner.config.base.as_deref())? {
            Some((_, tip)) => merge_base::merge_base(&self.inner.repo, commit, tip),
            None => Ok(None),
        }
    }

    /// What was asked for, or the branch that is checked out.
    pub fn revision(&self) -> &str {
        &self.inner.revision
    }

    /// True where the revision is what the work tree has checked out: only
    /// then do uncommitted changes mean anything.
    pub fn is_checked_out(&self) -> bool {
        self.inner.checked_out
    }

    /// True where the configuration that is used is the one of the commit.
    pub fn has_committed_config(&self) -> bool {
        self.inner.committed_config
    }

    /// What a person should know of how this was opened.
    pub fn notices(&self) -> &[String] {
        &self.inner.notices
    }

    /// Every module of every lane at the revision.
    pub fn modules(&self) -> Result<Arc<ModuleTree>, RepoError> {
        self.inner.modules.get(|| {
            let Some(commit) = self.inner.commit else {
                return Ok(ModuleTree::default());
            };
            let config = &self.inner.config;
            let filter = modules::Filter {
                include: Globs::new(config.include.iter().map(String::as_str))?,
                exclude: Globs::new(config.exclude.iter().map(String::as_str))?,
            };
            modules::discover(&self.inner.repo, commit, &config.lanes, &filter)
        })
    }

    /// What imports what at the revision. The first call reads every Python
    /// file that the cache does not know.
    pub fn index(&self) -> Result<Arc<Index>, RepoError> {
        self.inner.index.get(|| match self.inner.commit {
            Some(commit) => python_index::build(
                &self.inner.repo,
                commit,
                &self.inner.config,
                self.inner.cache.as_deref(),
            ),
            None => Ok(Index::default()),
        })
    }

    /// Large contents that were read before.
    pub(super) fn kept(&self) -> &Kept {
        &self.inner.kept
    }

    /// Which files say the name or the path of something in a source lane. The
    /// first call reads every text file that the cache does not know.
    pub fn words(&self) -> Result<Arc<Words>, RepoError> {
        self.inner.words.get(|| match self.inner.commit {
            Some(commit) => python_index::words(
                &self.inner.repo,
                commit,
                &self.inner.config,
                self.inner.cache.as_deref(),
            ),
            None => Ok(Words::default()),
        })
    }
}

/// Of the work tree where that is what is looked at and the file exists, else
/// of the revision, else the defaults.
fn read_config(
    repo: &Repo,
    commit: Option<ObjectId>,
    checked_out: bool,
    notices: &mut Vec<String>,
) -> Result<ProjectConfig, OpenError> {
    let path = RepoPath::from(project::FILE_NAME);
    let committed = match commit
        .map(|commit| repo.entry(commit, &path))
        .transpose()?
        .flatten()
    {
        Some(entry) if entry.mode.is_file() => Some(repo.read_blob(entry.id)?),
        _ => None,
    };
    let on_disk = match repo.work_tree().filter(|_| checked_out) {
        Some(root) => read_if_there(&root.join(project::FILE_NAME))?,
        None => None,
    };
    if let Some(on_disk) = &on_disk
        && commit.is_some()
        && Some(on_disk) != committed.as_ref()
    {
        notices.push(match committed {
            Some(_) => format!(
                "{} has uncommitted changes, and they are used",
                project::FILE_NAME
            ),
            None => format!(
                "{} is not committed yet, and it is used",
                project::FILE_NAME
            ),
        });
    }
    match on_disk.or(committed) {
        Some(bytes) => Ok(project::parse(&text::decode(&bytes), project::FILE_NAME)?),
        None => Ok(ProjectConfig::default()),
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RepoError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(RepoError::io("read", path)(e)),
    }
}
