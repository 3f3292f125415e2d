//! What tools can mend of a module by themselves: proposed as a diff, and
//! written to the work tree only when a person accepts it.
//!
//! The tools work on a disposable copy: the tree of what is checked out, with
//! the module as it stands in the work tree. No gate comes here: a gate judges
//! and changes nothing.

mod apply;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use crate::gates::fix::{self, Bay};
use crate::gates::job::{Bench, Reporter};
use crate::gates::subject::Subject;
use crate::gates::{Trouble, pipeline};
use crate::promotion::{GateEvent, RepoPath};
use crate::repo::diff::{FileDiff, ModuleDiff, moved};
use crate::repo::{Mode, RepoError, status, tree};

use super::Workspace;
use super::dirs;
use super::validate::{self, CheckError, Checkouts};
use apply::{Found, WorkTree};

pub use apply::ApplyError;

/// Why nothing can be proposed.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    /// There is nothing that could be changed.
    #[error("{} has no work tree: fix changes files, and a bare repository has none. Run it in a clone", .0.display())]
    Bare(PathBuf),
    /// Another revision than the one that is checked out.
    #[error("fix changes the files that are checked out: it cannot work on another revision")]
    Revision,
    /// Nothing is there to be mended.
    #[error("{0} has no Python file in the work tree that could be changed")]
    Nothing(RepoPath),
    /// The work tree could not be read.
    #[error("{path} in the work tree cannot be read: {source}")]
    Read {
        /// The file.
        path: RepoPath,
        /// Why.
        source: io::Error,
    },
    /// The tools, or what they need.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl FixError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Bare(_) | Self::Revision | Self::Nothing(_) => true,
            Self::Read { .. } => false,
            Self::Check(error) => error.is_usage(),
        }
    }
}

impl From<Trouble> for FixError {
    fn from(trouble: Trouble) -> Self {
        Self::Check(trouble.into())
    }
}

impl From<RepoError> for FixError {
    fn from(error: RepoError) -> Self {
        Self::Check(error.into())
    }
}

/// A file as it is in the work tree, and as it would be.
#[derive(Clone, Debug)]
pub struct Mended {
    /// Where.
    pub path: RepoPath,
    /// As it was read.
    pub before: Vec<u8>,
    /// As the tools left it.
    pub after: Vec<u8>,
    /// Its rights.
    pub mode: u32,
}

/// What the tools would change.
#[derive(Clone, Debug)]
pub struct Proposal {
    root: PathBuf,
    module: RepoPath,
    /// The files that change, by path.
    pub files: Vec<Mended>,
    /// What a person should know.
    pub notes: Vec<String>,
}

impl Proposal {
    /// As a diff: of one file, or of all.
    pub fn diff(&self, only: Option<&RepoPath>) -> ModuleDiff {
        let shown = self
            .files
            .iter()
            .filter(|file| only.is_none_or(|only| *only == file.path));
        let mode = |file: &Mended| match file.mode & 0o100 {
            0 => Mode::File,
            _ => Mode::Executable,
        };
        let mut files: Vec<_> = shown
            .map(|file| FileDiff::of_texts(&file.path, mode(file), &file.before, &file.after))
            .collect();
        moved::mark(&mut files);
        ModuleDiff {
            left: format!("{} in the work tree", self.module),
            right: format!("{} as the tools would have it", self.module),
            left_path: self.module.clone(),
            right_path: self.module.clone(),
            files,
        }
    }

    /// Writes those files to the work tree: all of them, or none. Only if each
    /// is still exactly as it was read.
    pub fn apply(&self, which: &[RepoPath]) -> Result<usize, ApplyError> {
        let chosen = self.files.iter().filter(|file| which.contains(&file.path));
        let chosen: Vec<_> = chosen.collect();
        WorkTree::open(&self.root)?.replace(&chosen)?;
        Ok(chosen.len())
    }
}

/// Has the tools mend a copy of a module as it is in the work tree.
pub async fn propose(
    ws: Workspace,
    module: RepoPath,
    events: Sender<GateEvent>,
    cancel: CancellationToken,
) -> Result<Proposal, FixError> {
    let Some(root) = ws.repo().work_tree().map(Path::to_owned) else {
        return Err(FixError::Bare(ws.root().to_owned()));
    };
    if !ws.is_checked_out() {
        return Err(FixError::Revision);
    }
    let cache = dirs::cache_dir().map_err(CheckError::from)?;
    let bench = validate::bench(&ws, &cache, 1, cancel.clone())?;
    let checkouts = Arc::new(Checkouts::new(&ws, &cache, cancel.clone()));
    let reporter = pipeline::whole(&module, &events);
    let shop = Shop {
        ws: ws.clone(),
        root,
        module,
        bench,
        checkouts,
        reporter,
    };
    let proposal = work(&shop, &cache, &cancel).await;
    // Removing what is large takes its time, and is not for an async thread.
    let _ = tokio::task::spawn_blocking(move || drop(shop)).await;
    match cancel.is_cancelled() {
        true => Err(CheckError::Cancelled.into()),
        false => proposal,
    }
}

/// Where the work is done, and on what.
#[derive(Clone)]
struct Shop {
    ws: Workspace,
    /// The work tree.
    root: PathBuf,
    module: RepoPath,
    // Before the bench: what they made goes to the pool before its place is removed.
    checkouts: Arc<Checkouts>,
    bench: Arc<Bench>,
    reporter: Reporter,
}

async fn work(shop: &Shop, cache: &Path, cancel: &CancellationToken) -> Result<Proposal, FixError> {
    let Shop {
        ws,
        root,
        module,
        bench,
        reporter,
        ..
    } = shop;
    let settings = validate::settings(ws, cache, bench.store.clone())?;
    let progress = |what: String| reporter.preparing(what, None);
    let toolbox = settings.prepare(&bench.scratch, &progress, cancel).await?;
    let (files, mut notes, tree) = {
        let shop = shop.clone();
        let copied = tokio::task::spawn_blocking(move || {
            let (files, notes) = read(&shop.ws, &shop.root, &shop.module)?;
            let tree = copy(&shop, &files)?;
            Ok::<_, FixError>((files, notes, tree))
        });
        copied.await.map_err(CheckError::from)??
    };
    let subject = Subject {
        is_file: files.len() == 1 && files[0].path == *module,
        module: module.clone(),
        files: files.iter().map(|file| file.path.clone()).collect(),
        tests: Vec::new(),
        target: None,
        owner: None,
        lanes: ws.config().lanes.as_slice().into(),
        tree,
    };
    let bay = Bay {
        subject: &subject,
        policy: &ws.config().policy,
        toolbox: &toolbox,
        bench,
        reporter,
    };
    notes.extend(fix::run(&bay).await?);
    let mut mended = Vec::new();
    for mut file in files {
        file.after = read_back(&subject.on_disk(&file.path))
            .map_err(|error| Trouble::disk(&subject.tree, &error))?;
        if file.after != file.before {
            mended.push(file);
        }
    }
    if !mended.is_empty() {
        let changed: Vec<_> = mended.iter().map(|file| file.path.clone()).collect();
        fix::compiles(&bay, &changed).await?;
    }
    Ok(Proposal {
        root: root.to_owned(),
        module: module.clone(),
        files: mended,
        notes,
    })
}

/// The Python files of a module as they are in the work tree: those that are
/// checked out, and those that are new.
fn read(
    ws: &Workspace,
    root: &Path,
    module: &RepoPath,
) -> Result<(Vec<Mended>, Vec<String>), FixError> {
    let commit = ws.require_commit()?;
    let git = ws.repo().open_git()?;
    let entries = tree::walk(&git, commit, module)?.into_iter();
    let mut paths: Vec<RepoPath> = entries
        .filter(|(_, entry)| entry.mode.is_file())
        .map(|(path, _)| path)
        .chain(status::uncommitted(
            ws.repo(),
            std::slice::from_ref(module),
        )?)
        .filter(|path| path.is_python() && path.is_within(module) && path.is_safe())
        .collect();
    paths.sort();
    paths.dedup();
    let failed = |path: &RepoPath| {
        let path = path.clone();
        move |source| FixError::Read { path, source }
    };
    let tree = WorkTree::open(root).map_err(|error| match error {
        ApplyError::Io { source, .. } => failed(module)(source),
        other => failed(module)(io::Error::other(other.to_string())),
    })?;
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for path in paths {
        match tree.read(&path).map_err(failed(&path))? {
            Found::Absent => {}
            Found::Odd(what) => notes.push(format!("{path} {what}: it is left alone")),
            Found::File { content, mode } => files.push(Mended {
                path,
                after: Vec::new(),
                before: content,
                mode,
            }),
        }
    }
    match files.is_empty() {
        true => Err(FixError::Nothing(module.clone())),
        false => Ok((files, notes)),
    }
}

/// The tree of what is checked out, with these files as they are in the work tree.
fn copy(shop: &Shop, files: &[Mended]) -> Result<PathBuf, FixError> {
    let commit = shop.ws.require_commit()?;
    // Tools report real paths: compare with real ones.
    let root = shop.bench.scratch.root();
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let at = root.join("head").join("tree");
    let disk = |error: io::Error| Trouble::disk(&root, &error);
    fs::create_dir_all(root.join("head")).map_err(disk)?;
    let what = format!("exporting {}", commit.short());
    let missing = shop.checkouts.make(commit, &at, &mut |done, all| {
        if done % 256 == 0 || done == all {
            let part = done as f32 / all.max(1) as f32;
            shop.reporter.preparing(what.clone(), Some(part));
        }
    })?;
    for what in missing {
        shop.reporter.preparing(what, None);
    }
    for file in files {
        put(&at, file).map_err(disk)?;
    }
    Ok(at)
}

/// Puts a file into the copy, never through a link.
fn put(tree: &Path, file: &Mended) -> io::Result<()> {
    let mut at = tree.to_owned();
    let path = file.path.to_fs();
    let above = path.parent().unwrap_or(Path::new(""));
    for part in above.components() {
        at.push(part);
        match at.symlink_metadata() {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                fs::remove_file(&at)?;
                fs::create_dir(&at)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&at)?,
            Err(error) => return Err(error),
        }
    }
    let to = tree.join(&path);
    match to.symlink_metadata() {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(&to)?,
        Ok(_) => fs::remove_file(&to)?,
        Err(_) => {}
    }
    fs::write(&to, &file.before)?;
    let mode = file.mode & 0o111 | 0o644;
    fs::set_permissions(&to, fs::Permissions::from_mode(mode))
}

/// What the tools left: a regular file, or something is wrong.
fn read_back(file: &Path) -> io::Result<Vec<u8>> {
    match file.symlink_metadata()?.is_file() {
        true => fs::read(file),
        false => Err(io::Error::other("a tool replaced a file by something else")),
    }
}
