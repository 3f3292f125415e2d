//! A repository made for one test.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use countersign::promotion::{Facts, ModuleTree, RepoPath};
use countersign::workflow::{OpenError, Workspace, triage};
use git2::{Oid, Repository, Signature, Time};
use tokio_util::sync::CancellationToken;

pub struct Fixture {
    pub dir: tempfile::TempDir,
    pub git: Repository,
    /// Seconds since 1970 of the next commit.
    now: Cell<i64>,
    author: RefCell<(String, String)>,
}

impl Fixture {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let git = init(dir.path(), false);
        Self {
            dir,
            git,
            now: Cell::new(1_700_000_000),
            author: RefCell::new(("Ada".into(), "ada@example.org".into())),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn by(&self, name: &str) -> &Self {
        *self.author.borrow_mut() = (name.into(), format!("{}@example.org", name.to_lowercase()));
        self
    }

    /// Writes into the work tree, names being bytes.
    pub fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        let path = self
            .path()
            .join(RepoPath::from_bytes(path.as_ref()).to_fs());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub fn remove(&self, path: &str) -> &Self {
        let path = self.path().join(path);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
        self
    }

    pub fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// Commits the whole work tree on top of what is checked out.
    pub fn commit(&self, message: &str) -> Oid {
        let parents: Vec<Oid> = self
            .git
            .head()
            .ok()
            .and_then(|h| h.target())
            .into_iter()
            .collect();
        self.commit_on(&parents, message)
    }

    /// Commits the whole work tree with these parents, and moves the branch there.
    pub fn commit_on(&self, parents: &[Oid], message: &str) -> Oid {
        let mut index = self.git.index().unwrap();
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = index.write_tree().unwrap();
        self.commit_tree(tree, parents, message)
    }

    pub fn commit_tree(&self, tree: Oid, parents: &[Oid], message: &str) -> Oid {
        self.now.set(self.now.get() + 60);
        let author = self.author.borrow();
        let who = Signature::new(&author.0, &author.1, &Time::new(self.now.get(), 0)).unwrap();
        let tree = self.git.find_tree(tree).unwrap();
        let parents: Vec<_> = parents
            .iter()
            .map(|id| self.git.find_commit(*id).unwrap())
            .collect();
        let parents: Vec<_> = parents.iter().collect();
        let id = self
            .git
            .commit(None, &who, &who, message, &tree, &parents)
            .unwrap();
        let branch = self
            .git
            .find_reference("HEAD")
            .unwrap()
            .symbolic_target()
            .unwrap()
            .unwrap()
            .to_owned();
        self.git.reference(&branch, id, true, message).unwrap();
        id
    }

    /// Makes the work tree that of a commit, without a trace of another.
    pub fn check_out(&self, commit: Oid) {
        let object = self.git.find_object(commit, None).unwrap();
        let mut options = git2::build::CheckoutBuilder::new();
        options.force().remove_untracked(true);
        self.git
            .reset(&object, git2::ResetType::Hard, Some(&mut options))
            .unwrap();
    }

    pub fn open(&self) -> Workspace {
        open(self.path(), None).unwrap()
    }

    pub fn at(&self, rev: &str) -> Workspace {
        open(self.path(), Some(rev)).unwrap()
    }
}

/// Keeps nothing on this machine.
pub fn open(path: &Path, rev: Option<&str>) -> Result<Workspace, OpenError> {
    Workspace::open_caching(path, rev, None)
}

/// `main` is the branch whatever this machine's git is set to.
pub fn init(path: &Path, bare: bool) -> Repository {
    let mut options = git2::RepositoryInitOptions::new();
    options
        .initial_head("main")
        .bare(bare)
        .external_template(false);
    Repository::init_opts(path, &options).unwrap()
}

/// `path kind files`, one a module.
pub fn listed(ws: &Workspace) -> Vec<String> {
    let tree = ws.modules().unwrap();
    let show = |m: &countersign::promotion::Module| format!("{} {:?} {}", m.path, m.kind, m.files);
    tree.modules().iter().map(show).collect()
}

pub fn paths(ws: &Workspace) -> Vec<String> {
    ws.modules()
        .unwrap()
        .modules()
        .iter()
        .map(|m| m.path.to_string())
        .collect()
}

/// The facts of every module, once all are in.
pub fn facts(ws: &Workspace) -> (std::sync::Arc<ModuleTree>, Vec<Facts>) {
    let tree = ws.modules().unwrap();
    let mut known = vec![Facts::default(); tree.len()];
    triage::facts(ws, &tree, &CancellationToken::new(), &mut |batch| {
        for (id, facts) in batch {
            known[id.0 as usize] = facts;
        }
    })
    .unwrap();
    (tree, known)
}

/// The facts of one module.
pub fn facts_of(ws: &Workspace, module: &str) -> Facts {
    let (tree, mut known) = facts(ws);
    known.swap_remove(tree.find(module).unwrap().0 as usize)
}

pub fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap()
}
