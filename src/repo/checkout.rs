//! Exports that are used again: an export of a large tree costs many seconds,
//! most of them for making and removing files that are the same every time.
//!
//! A checkout that is not needed any more goes to the pool, with a manifest of
//! what was written there. The next one takes it by renaming it (so nobody else
//! has it), looks at every file, and writes only what differs from the tree
//! that is asked for. A file is taken for unchanged only while its inode, size,
//! modification and *change* time are those of the manifest: the kernel sets
//! the last with every write, rename, link or change of rights, and no program
//! can set it back. Everything else is removed and written anew from objects,
//! so that tests may do to their checkout what they like.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::export::{Kept, Plan, Stamp};
use super::{ExportSummary, Mode, Repo, RepoError, TreeEntry, export};
use crate::promotion::{ObjectId, RepoPath};

/// What a pool may hold.
const MOST_BYTES: u64 = 2 << 30;
/// More than this at once are never needed on one machine.
const MOST: usize = 8;
/// The kernel's clock for files is no finer than this.
const TICK: Duration = Duration::from_millis(20);

/// Checkouts of one repository that nobody uses at the moment.
#[derive(Clone, Debug)]
pub struct Pool {
    root: PathBuf,
    repository: String,
}

/// An export that can go to the pool.
#[derive(Debug)]
pub struct Checkout {
    path: PathBuf,
    manifest: Manifest,
    bytes: u64,
}

/// What was written: everything else in a checkout is not ours.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: Vec<(RepoPath, ObjectId, bool, Stamp)>,
}

const VERSION: u32 = 1;

impl Pool {
    /// The pool below `root`, which need not exist yet, for one repository.
    pub fn new(root: impl Into<PathBuf>, repo: &Repo) -> Self {
        let id = Sha256::digest(repo.common_dir().as_os_str().as_bytes());
        Self {
            root: root.into(),
            repository: id[..8].iter().map(|b| format!("{b:02x}")).collect(),
        }
    }

    /// Writes the tree of `commit` to `dest` as [`export`] does, from a checkout
    /// of the pool if there is one. `dest` must be on the same file system.
    pub fn checkout(
        &self,
        repo: &Repo,
        commit: ObjectId,
        dest: &Path,
        progress: &mut dyn FnMut(usize, usize),
        cancel: &CancellationToken,
    ) -> Result<(ExportSummary, Option<Checkout>), RepoError> {
        if dest.symlink_metadata().is_ok() || !has_change_times(dest) {
            let summary = export(repo, commit, dest, progress, cancel)?;
            return Ok((summary, None));
        }
        let parent = dest.parent().unwrap_or(Path::new("."));
        let making = tempfile::Builder::new()
            .prefix(".countersign-export-")
            .tempdir_in(parent)
            .map_err(RepoError::io("make a directory in", parent))?;
        let tree = making.path().join("tree");
        let plan = Plan::of(repo.walk(commit, &RepoPath::default())?)?;
        let kept = match self.take(&tree) {
            Some(manifest) => match tidy(&tree, &plan, &manifest) {
                Ok(kept) => kept,
                Err(error) => {
                    tracing::warn!("a checkout cannot be used again: {error}");
                    fs::rename(&tree, making.path().join("unusable"))
                        .map_err(RepoError::io("put aside", &tree))?;
                    Kept::default()
                }
            },
            None => Kept::default(),
        };
        if tree.symlink_metadata().is_err() {
            fs::create_dir(&tree).map_err(RepoError::io("make the directory", &tree))?;
        }
        let before = kept.files.len();
        let (summary, stamps) = plan.write(repo, &tree, kept, progress, cancel)?;
        if stamps.len() != before {
            // A change in the same tick would leave the same time.
            std::thread::sleep(TICK);
        }
        fs::rename(&tree, dest).map_err(RepoError::io("rename the export to", dest))?;
        let checkout = Checkout {
            path: dest.to_owned(),
            manifest: Manifest::of(&plan, &stamps),
            bytes: summary.bytes,
        };
        Ok((summary, Some(checkout)))
    }

    /// Takes a checkout for later use. Nobody may be using it any more. Where
    /// that fails it is simply lost.
    pub fn give_back(&self, checkout: Checkout) {
        if checkout.bytes <= MOST_BYTES
            && let Err(error) = self.keep(&checkout)
        {
            tracing::info!("a checkout is not kept: {error}");
        }
        self.prune();
    }

    fn keep(&self, checkout: &Checkout) -> io::Result<()> {
        fs::create_dir_all(&self.root)?;
        let making = tempfile::Builder::new()
            .prefix(".new-")
            .tempdir_in(&self.root)?;
        let body = serde_json::to_vec(&checkout.manifest)?;
        fs::write(making.path().join(MANIFEST), body)?;
        if !checkout.path.symlink_metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        fs::rename(&checkout.path, making.path().join(TREE))?;
        let unique = making.path().file_name().map(OsString::from);
        let unique = unique.unwrap_or_default();
        let unique = unique.to_string_lossy();
        let name = format!(
            "{}-{}-{}",
            self.repository,
            checkout.bytes,
            unique.trim_start_matches(".new-")
        );
        fs::rename(making.path(), self.root.join(name))?;
        let _ = making.keep();
        Ok(())
    }

    /// Moves the newest checkout of this repository to `to`; whoever renames
    /// first has it.
    fn take(&self, to: &Path) -> Option<Manifest> {
        for slot in kept(&self.root)
            .into_iter()
            .rev()
            .filter(|slot| slot.repository == self.repository)
        {
            let manifest = fs::read(slot.path.join(MANIFEST)).unwrap_or_default();
            if fs::rename(slot.path.join(TREE), to).is_err() {
                continue;
            }
            let _ = fs::remove_dir_all(&slot.path);
            let manifest: Option<Manifest> = serde_json::from_slice(&manifest).ok();
            return Some(
                manifest
                    .filter(|m| m.version == VERSION)
                    .unwrap_or(Manifest {
                        version: VERSION,
                        files: Vec::new(),
                    }),
            );
        }
        None
    }

    /// Removes the oldest checkouts of all repositories beyond what a pool may hold.
    fn prune(&self) {
        sweep(&self.root);
        let (mut bytes, mut count) = (0, 0);
        for kept in kept(&self.root).into_iter().rev() {
            bytes += kept.bytes;
            count += 1;
            if bytes > MOST_BYTES || count > MOST {
                let _ = kept.remove();
            }
        }
    }
}

/// Removes what processes left below a pool's root that were killed while they
/// made or removed a checkout: after an hour nobody is at it any more.
pub fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let half = HALF.iter().any(|half| name.as_bytes().starts_with(half));
        let abandoned = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age.as_secs() > 3600));
        if half && abandoned {
            let _ = remove_directory(&entry.path());
        }
    }
}

/// How directories begin that are half made, or half removed.
const HALF: [&[u8]; 2] = [b".new-", b".old-"];

const MANIFEST: &str = "manifest";
const TREE: &str = "tree";

/// A checkout in a pool, which nobody uses at the moment.
#[derive(Clone, Debug)]
pub struct KeptCheckout {
    /// Where it is.
    pub path: PathBuf,
    /// When it was of use.
    pub used: SystemTime,
    name: String,
    repository: String,
    bytes: u64,
}

impl KeptCheckout {
    /// Removes it; false where somebody took it first.
    pub fn remove(&self) -> io::Result<bool> {
        let aside = self.path.with_file_name(format!(".old-{}", self.name));
        // Whoever renames it has it.
        match fs::rename(&self.path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            result => result
                .and_then(|()| remove_directory(&aside))
                .map(|()| true),
        }
    }
}

/// The checkouts below a pool's root, of all repositories, oldest first.
pub fn kept(root: &Path) -> Vec<KeptCheckout> {
    let mut all: Vec<_> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let mut parts = name.splitn(3, '-');
            let repository = parts.next()?.to_owned();
            let bytes = parts.next()?.parse().ok()?;
            parts.next()?;
            let ours = repository.len() == 16 && repository.bytes().all(|b| b.is_ascii_hexdigit());
            ours.then_some(())?;
            Some(KeptCheckout {
                path: entry.path(),
                used: entry.metadata().ok()?.modified().ok()?,
                name,
                repository,
                bytes,
            })
        })
        .collect();
    all.sort_by(|a, b| (a.used, &a.name).cmp(&(b.used, &b.name)));
    all
}

impl Manifest {
    fn of(plan: &Plan, stamps: &HashMap<RepoPath, Stamp>) -> Self {
        let files = plan.files.iter().filter_map(|(path, entry)| {
            let stamp = *stamps.get(path)?;
            Some((path.clone(), entry.id, is_executable(entry), stamp))
        });
        Self {
            version: VERSION,
            files: files.collect(),
        }
    }
}

/// Removes whatever is not as the plan and the manifest have it; says what is left.
fn tidy(tree: &Path, plan: &Plan, manifest: &Manifest) -> io::Result<Kept> {
    // What tests left in its place may be a link to anywhere.
    if !tree.symlink_metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let ours: HashMap<&RepoPath, _> = manifest
        .files
        .iter()
        .map(|(path, id, executable, stamp)| (path, (*id, *executable, *stamp)))
        .collect();
    let mut tidy = Tidy {
        wanted: plan
            .files
            .iter()
            .filter_map(|(path, entry)| {
                let (id, executable, stamp) = ours.get(path)?;
                let same = *id == entry.id && *executable == is_executable(entry);
                same.then_some((path, *stamp))
            })
            .collect(),
        directories: plan.directories.iter().collect(),
        kept: Kept::default(),
    };
    tidy.directory(tree, &RepoPath::default())?;
    Ok(tidy.kept)
}

fn is_executable(entry: &TreeEntry) -> bool {
    entry.mode == Mode::Executable
}

struct Tidy<'a> {
    wanted: HashMap<&'a RepoPath, Stamp>,
    directories: HashSet<&'a RepoPath>,
    kept: Kept,
}

impl Tidy<'_> {
    fn directory(&mut self, at: &Path, path: &RepoPath) -> io::Result<()> {
        let mode = at.symlink_metadata()?.mode();
        if mode & 0o7777 & !0o022 != 0o755 {
            fs::set_permissions(at, fs::Permissions::from_mode(0o755))?;
        }
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let name = entry.file_name();
            let (child, place) = (path.join(name.as_bytes()), entry.path());
            let meta = entry.metadata()?; // of a link itself
            if meta.is_dir() {
                if self.directories.contains(&child) {
                    self.directory(&place, &child)?;
                    self.kept.directories.insert(child);
                } else {
                    remove_directory(&place)?;
                }
                continue;
            }
            let stamp = Stamp::from(&meta);
            // A second name would be a way to change it later.
            let same = meta.is_file() && meta.nlink() == 1;
            if same && self.wanted.get(&child) == Some(&stamp) {
                self.kept.files.insert(child, stamp);
            } else {
                fs::remove_file(&place)?;
            }
        }
        Ok(())
    }
}

/// Removes a directory, even one that was made unreadable.
fn remove_directory(at: &Path) -> io::Result<()> {
    fs::set_permissions(at, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(at)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => remove_directory(&entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    fs::remove_dir(at)
}

/// True on file systems that are known to keep change times as Linux does.
#[cfg(target_os = "linux")]
fn has_change_times(dest: &Path) -> bool {
    // ext, XFS, Btrfs, F2FS, tmpfs, overlayfs, ZFS, bcachefs
    const KNOWN: [u32; 8] = [
        0xEF53,
        0x5846_5342,
        0x9123_683E,
        0xF2F5_2010,
        0x0102_1994,
        0x794C_7630,
        0x2FC1_2FC1,
        0xCA45_1A4E,
    ];
    dest.parent()
        .and_then(|parent| rustix::fs::statfs(parent).ok())
        .is_some_and(|stat| KNOWN.contains(&(stat.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn has_change_times(_: &Path) -> bool {
    false
}
