//! Module discovery: what lies under the source lanes at one commit.

use crate::promotion::{Lane, Module, ModuleId, ModuleKind, ModuleTree, ObjectId, RepoPath};

use super::glob::Globs;
use super::tree::{self, Mode, TreeEntry, oid};
use super::{Repo, RepoError};

/// Which of the modules count.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Globs of modules that count; empty: all.
    pub include: Globs,
    /// Globs of modules that don't.
    pub exclude: Globs,
}

/// Every module of every lane at `commit`: each directory below a lane that
/// holds Python at any depth, and each `.py` file but `__init__.py`.
///
/// Links and submodules are not followed: what they hold is not in this tree.
pub fn discover(
    repo: &Repo,
    commit: ObjectId,
    lanes: &[Lane],
    filter: &Filter,
) -> Result<ModuleTree, RepoError> {
    let git = repo.open_git()?;
    let odb = git
        .odb()
        .map_err(RepoError::git("open the object database"))?;
    let mut walk = Walk {
        git: &git,
        odb: &odb,
        filter,
        lane: 0,
        nodes: Vec::new(),
    };
    for (lane, Lane { source, .. }) in lanes.iter().enumerate() {
        walk.lane = lane;
        if let Some(TreeEntry {
            id,
            mode: Mode::Tree,
        }) = tree::entry(&git, commit, source)?
        {
            walk.directory(source, id, None, 0)?;
        }
    }
    Ok(ModuleTree::from_preorder(walk.nodes))
}

struct Walk<'a> {
    git: &'a git2::Repository,
    odb: &'a git2::Odb<'a>,
    filter: &'a Filter,
    lane: usize,
    nodes: Vec<Module>,
}

/// What a directory holds, at every depth.
#[derive(Clone, Copy, Default)]
struct Held {
    files: u32,
    bytes: u64,
    package: bool,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        path: &RepoPath,
        id: ObjectId,
        parent: Option<ModuleId>,
        depth: u16,
    ) -> Result<Held, RepoError> {
        if usize::from(depth) > tree::MAX_DEPTH {
            return Err(RepoError::UnsafeName { path: path.clone() });
        }
        let tree = tree::subtree(self.git, id)?;
        let mut held = Held::default();
        let mut directories = Vec::new();
        let mut files = Vec::new();
        for entry in &tree {
            let name = entry.name_bytes();
            let TreeEntry { id, mode } = TreeEntry::of(&entry);
            match mode {
                Mode::Tree => {
                    directories.push((path.join(name), id));
                }
                Mode::File | Mode::Executable if name.ends_with(b".py") => {
                    files.push((name.to_vec(), id));
                }
                _ => {}
            }
        }
        // Git sorts directories as if their names ended in a slash; people don't.
        directories.sort();
        for (below, id) in directories {
            let child = self.module(below, id, parent, depth)?;
            held.files += child.files;
            held.bytes += child.bytes;
        }
        for (name, id) in files {
            let file = path.join(&name);
            let init = name == b"__init__.py";
            held.package |= init;
            if !self.counts(&file, false) {
                continue;
            }
            // A blob that a partial clone lacks has no size we could know.
            let bytes = self.odb.read_header(oid(id)).map_or(0, |(size, _)| size) as u64;
            held.files += 1;
            held.bytes += bytes;
            if !init {
                self.nodes.push(Module {
                    path: file,
                    kind: ModuleKind::File,
                    object: id,
                    lane: self.lane,
                    files: 1,
                    bytes,
                    parent,
                    depth,
                });
            }
        }
        Ok(held)
    }

    /// A directory that may be a module: it stays where it holds Python.
    fn module(
        &mut self,
        path: RepoPath,
        id: ObjectId,
        parent: Option<ModuleId>,
        depth: u16,
    ) -> Result<Held, RepoError> {
        if !self.counts(&path, true) {
            return Ok(Held::default());
        }
        let at = self.nodes.len();
        self.nodes.push(Module {
            path: path.clone(),
            kind: ModuleKind::Namespace,
            object: id,
            lane: self.lane,
            files: 0,
            bytes: 0,
            parent,
            depth,
        });
        let held = self.directory(&path, id, Some(ModuleId(at as u32)), depth + 1)?;
        if held.files == 0 {
            self.nodes.truncate(at);
        } else {
            let node = &mut self.nodes[at];
            node.files = held.files;
            node.bytes = held.bytes;
            if held.package {
                node.kind = ModuleKind::Package;
            }
        }
        Ok(held)
    }

    /// Excluding a directory excludes all in it; including a file includes the
    /// directories it lies in, so directories always stay until they are found empty.
    fn counts(&self, path: &RepoPath, is_dir: bool) -> bool {
        !self.filter.exclude.matches(path, is_dir)
            && (is_dir
                || self.filter.include.is_empty()
                || self.filter.include.matches(path, false))
    }
}
