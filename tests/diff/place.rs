//! Small repositories, made commit by commit.

use std::path::Path;

use countersign::workflow::Workspace;
use git2::{Oid, Repository, Signature, Time};

/// What is written at a path.
#[derive(Clone)]
pub enum Put {
    File(Vec<u8>),
    Executable(Vec<u8>),
    Link(&'static str),
    Gitlink,
    Nothing,
}

pub fn text(text: impl Into<Vec<u8>>) -> Put {
    Put::File(text.into())
}

/// A repository in a directory of its own.
pub struct Place {
    dir: tempfile::TempDir,
    commits: i64,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main");
        Repository::init_opts(dir.path(), &options).unwrap();
        Self { dir, commits: 0 }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What `countersign diff candidate/q` prints.
    #[allow(dead_code, reason = "the benchmarks do without")]
    pub fn command(&self, args: &[&str]) -> String {
        let home = tempfile::tempdir().unwrap();
        let out = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["diff", "candidate/q"])
            .args(args)
            .current_dir(self.path())
            .env("HOME", home.path())
            .env("COUNTERSIGN_CACHE_DIR", home.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{said}");
        String::from_utf8(out.stdout).unwrap()
    }

    /// Commits these changes on a branch, which is checked out (as far as HEAD
    /// goes; the work tree stays empty).
    pub fn commit(&mut self, branch: &str, changes: &[(&str, Put)]) -> Oid {
        let repo = Repository::open(self.dir.path()).unwrap();
        let parent = repo.head().ok().and_then(|head| head.peel_to_commit().ok());
        let mut index = git2::Index::new().unwrap();
        repo.set_index(&mut index).unwrap();
        if let Some(parent) = &parent {
            index.read_tree(&parent.tree().unwrap()).unwrap();
        }
        for (path, put) in changes {
            let (mode, id) = match put {
                Put::File(bytes) => (0o100644, repo.blob(bytes).unwrap()),
                Put::Executable(bytes) => (0o100755, repo.blob(bytes).unwrap()),
                Put::Link(target) => (0o120000, repo.blob(target.as_bytes()).unwrap()),
                Put::Gitlink => (0o160000, Oid::from_str(&"ab".repeat(20)).unwrap()),
                Put::Nothing => {
                    index.remove_path(Path::new(path)).unwrap();
                    continue;
                }
            };
            let entry = git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode,
                uid: 0,
                gid: 0,
                file_size: 0,
                id,
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).unwrap();
        }
        let tree = repo.find_tree(index.write_tree_to(&repo).unwrap()).unwrap();
        self.commits += 1;
        let time = Time::new(1_700_000_000 + self.commits * 60, 0);
        let who = Signature::new("Ada", "ada@example.org", &time).unwrap();
        let name = format!("refs/heads/{branch}");
        let parents: Vec<_> = parent.iter().collect();
        let id = repo
            .commit(None, &who, &who, "change", &tree, &parents)
            .unwrap();
        repo.reference(&name, id, true, "test").unwrap();
        repo.set_head(&name).unwrap();
        id
    }

    pub fn workspace(&self) -> Workspace {
        let repo = Repository::open(self.dir.path()).unwrap();
        let head = repo.head().unwrap();
        Workspace::open(self.path(), head.shorthand().ok()).unwrap()
    }
}
