//! The exact tree of a commit, written to a directory: what tools run on.
//!
//! Written from objects, so neither the work tree nor filters and attributes
//! have a say. A tree is hostile input: names are checked before anything is
//! written, links are made last (no file is ever written through one), and a
//! link that leaves the tree becomes a plain file. It is made beside its place
//! and renamed there when whole, so that half an export never reads as one.

use std::collections::{HashMap, HashSet};
use std::fs::{DirBuilder, Metadata, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::promotion::{ObjectId, RepoPath};

use super::links::Links;
use super::tree::{self, Mode, TreeEntry, oid};
use super::{Repo, RepoError};

/// What an export wrote, and what it could not write as it is in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// Files and links written.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Links whose target lies outside the tree: written as plain files that hold the target's text.
    pub neutralised: Vec<RepoPath>,
    /// Submodules: written as empty directories.
    pub submodules: Vec<RepoPath>,
    /// Files whose content the repository does not have (a partial clone): not written.
    pub missing: Vec<RepoPath>,
}

/// Writes the tree of `commit` to `dest`, which must not exist yet; its parent
/// must. `progress` is told how many files of how many are written. On an error
/// or a cancellation nothing is left at `dest`.
pub fn export(
    repo: &Repo,
    commit: ObjectId,
    dest: &Path,
    progress: &mut dyn FnMut(usize, usize),
    cancel: &CancellationToken,
) -> Result<ExportSummary, RepoError> {
    if dest.symlink_metadata().is_ok() {
        return Err(RepoError::io("export to", dest)(
            std::io::ErrorKind::AlreadyExists.into(),
        ));
    }
    let parent = dest.parent().filter(|p| !p.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let making = tempfile::Builder::new()
        .prefix(".countersign-export-")
        .tempdir_in(parent)
        .map_err(RepoError::io("make a directory in", parent))?;

    let plan = Plan::of(repo.walk(commit, &RepoPath::default())?)?;
    let summary = plan
        .write(repo, making.path(), Kept::default(), progress, cancel)?
        .0;

    std::fs::rename(making.path(), dest).map_err(RepoError::io("rename the export to", dest))?;
    // The directory has its name now; there is nothing left to remove.
    let _ = making.keep();
    Ok(summary)
}

/// A tree, checked and sorted into what has to be made.
pub(super) struct Plan {
    pub files: Vec<(RepoPath, TreeEntry)>,
    links: Vec<(RepoPath, TreeEntry)>,
    submodules: Vec<RepoPath>,
    pub directories: Vec<RepoPath>,
}

/// What is there already, and is as it has to be.
#[derive(Default)]
pub(super) struct Kept {
    pub files: HashMap<RepoPath, Stamp>,
    pub directories: HashSet<RepoPath>,
}

/// A file as the kernel knows it: it gets another one with every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    inode: u64,
    pub size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl From<&Metadata> for Stamp {
    fn from(meta: &Metadata) -> Self {
        Self {
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

impl Plan {
    pub fn of(entries: Vec<(RepoPath, TreeEntry)>) -> Result<Self, RepoError> {
        let mut plan = Self {
            files: Vec::with_capacity(entries.len()),
            links: Vec::new(),
            submodules: Vec::new(),
            directories: Vec::new(),
        };
        let mut names = HashSet::with_capacity(entries.len());
        let mut directories = HashSet::new();
        for (path, entry) in entries {
            // Twice the same name is how a link and a directory would meet.
            if !path.is_safe() || !names.insert(path.clone()) {
                return Err(RepoError::UnsafeName { path });
            }
            let mut above = path.parent();
            while let Some(directory) = above.filter(|directory| !directory.is_root()) {
                above = directory.parent();
                if !directories.insert(directory) {
                    break;
                }
            }
            match entry.mode {
                Mode::Symlink => plan.links.push((path, entry)),
                Mode::Gitlink => plan.submodules.push(path),
                _ => plan.files.push((path, entry)),
            }
        }
        if let Some(clash) = names.intersection(&directories).next() {
            return Err(RepoError::UnsafeName {
                path: clash.clone(),
            });
        }
        plan.directories = directories.into_iter().collect();
        plan.directories.extend_from_slice(&plan.submodules);
        // Parents before what lies in them.
        plan.directories.sort();
        Ok(plan)
    }

    /// Writes below `root` whatever is not there yet. Gives every regular file
    /// of the tree with its stamp.
    pub fn write(
        &self,
        repo: &Repo,
        root: &Path,
        kept: Kept,
        progress: &mut dyn FnMut(usize, usize),
        cancel: &CancellationToken,
    ) -> Result<(ExportSummary, HashMap<RepoPath, Stamp>), RepoError> {
        self.make_directories(root, &kept.directories)?;
        let mut stamps = kept.files;
        let missing = |(path, _): &&(RepoPath, TreeEntry)| !stamps.contains_key(path);
        let files: Vec<_> = self.files.iter().filter(missing).collect();
        let mut summary = ExportSummary {
            files: stamps.len(),
            bytes: stamps.values().map(|stamp| stamp.size).sum(),
            ..ExportSummary::default()
        };
        write_files(
            repo,
            &files,
            root,
            &mut summary,
            &mut stamps,
            progress,
            cancel,
        )?;
        write_links(repo, self, root, &mut summary)?;
        summary.submodules = self.submodules.clone();
        Ok((summary, stamps))
    }

    fn make_directories(&self, root: &Path, there: &HashSet<RepoPath>) -> Result<(), RepoError> {
        let mut make = DirBuilder::new();
        make.mode(0o755);
        let missing = |directory: &&RepoPath| !there.contains(directory);
        self.directories
            .iter()
            .filter(missing)
            .try_for_each(|directory| {
                let path = root.join(directory.to_fs());
                make.create(&path)
                    .map_err(RepoError::io("make the directory", path))
            })
    }
}

/// Neighbours go to one thread: two that write into the same directory wait for each other.
const SHARE: usize = 64;

/// What one file came to.
enum Written {
    File(usize, Stamp),
    Missing(usize),
}

fn write_files(
    repo: &Repo,
    files: &[&(RepoPath, TreeEntry)],
    root: &Path,
    summary: &mut ExportSummary,
    stamps: &mut HashMap<RepoPath, Stamp>,
    progress: &mut dyn FnMut(usize, usize),
    cancel: &CancellationToken,
) -> Result<(), RepoError> {
    let next = AtomicUsize::new(0);
    let (send, written) = mpsc::channel();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(files.len()))
            .map(|_| {
                let (send, next) = (send.clone(), &next);
                scope.spawn(move || {
                    let result = write_share(repo, files, root, next, &send, cancel);
                    if result.is_err() {
                        // The others need not go on.
                        next.store(files.len(), Ordering::Relaxed);
                    }
                    result
                })
            })
            .collect();
        drop(send);
        for (done, what) in written.into_iter().enumerate() {
            match what {
                Written::File(at, stamp) => {
                    summary.files += 1;
                    summary.bytes += stamp.size;
                    stamps.insert(files[at].0.clone(), stamp);
                }
                Written::Missing(at) => summary.missing.push(files[at].0.clone()),
            }
            progress(done + 1, files.len());
        }
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    summary.missing.sort();
    Ok(())
}

fn write_share(
    repo: &Repo,
    files: &[&(RepoPath, TreeEntry)],
    root: &Path,
    next: &AtomicUsize,
    written: &mpsc::Sender<Written>,
    cancel: &CancellationToken,
) -> Result<(), RepoError> {
    let git = repo.open_git()?;
    let odb = git
        .odb()
        .map_err(RepoError::git("open the object database"))?;
    let mut share = 0..0;
    loop {
        let Some(at) = share.next() else {
            let from = next.fetch_add(SHARE, Ordering::Relaxed);
            if from >= files.len() {
                return Ok(());
            }
            share = from..(from + SHARE).min(files.len());
            continue;
        };
        let (path, entry) = files[at];
        if cancel.is_cancelled() {
            return Err(RepoError::Cancelled);
        }
        let what = match odb.read(oid(entry.id)) {
            Ok(blob) => {
                let mode = match entry.mode {
                    Mode::Executable => 0o755,
                    _ => 0o644,
                };
                let stamp = write_file(&root.join(path.to_fs()), blob.data(), mode)?;
                Written::File(at, stamp)
            }
            Err(e) if e.code() == git2::ErrorCode::NotFound => Written::Missing(at),
            Err(e) => return Err(RepoError::git(format!("read {path:?}"))(e)),
        };
        // The receiver outlives the workers.
        let _ = written.send(what);
    }
}

fn write_file(path: &Path, content: &[u8], mode: u32) -> Result<Stamp, RepoError> {
    OpenOptions::new()
        .write(true)
        // Never an existing file, never through a link.
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| {
            file.write_all(content)?;
            Ok(Stamp::from(&file.metadata()?))
        })
        .map_err(RepoError::io("write", path))
}

fn write_links(
    repo: &Repo,
    plan: &Plan,
    root: &Path,
    summary: &mut ExportSummary,
) -> Result<(), RepoError> {
    let git = repo.open_git()?;
    let mut links = Links::default();
    for (path, entry) in &plan.links {
        match tree::read_blob(&git, entry.id) {
            Ok(target) => links.insert(path.clone(), target),
            Err(RepoError::MissingObject { .. }) => summary.missing.push(path.clone()),
            Err(e) => return Err(e),
        }
    }
    for (path, target) in links.iter() {
        let place = root.join(path.to_fs());
        if links.stays_inside(path) {
            std::os::unix::fs::symlink(RepoTarget(target).as_os(), &place)
                .map_err(RepoError::io("make the link", place))?;
        } else {
            write_file(&place, target, 0o644)?;
            summary.neutralised.push(path.clone());
        }
        summary.files += 1;
        summary.bytes += target.len() as u64;
    }
    Ok(())
}

/// A link's target, as the file system takes it.
struct RepoTarget<'a>(&'a [u8]);

impl RepoTarget<'_> {
    fn as_os(&self) -> &std::ffi::OsStr {
        std::os::unix::ffi::OsStrExt::from_bytes(self.0)
    }
}
