//! Scratch directories: private to a run, gone afterwards, whatever happens.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

/// Held by the process that uses a scratch directory.
const LOCK: &str = "lock";

/// The scratch directory of one run of gates; removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    next: AtomicU32,
    // Held as long as the directory is in use: by this a later process knows
    // that it may not be swept.
    _lock: File,
}

/// A place for one run of a tool.
#[derive(Clone, Debug)]
pub struct Place {
    /// For us: the tool may not write to it.
    pub control: PathBuf,
    /// For the tool: its home, its temporary files, its caches, its reports.
    pub work: PathBuf,
}

impl Scratch {
    /// A new one below `parent`. Removes those of processes that were killed first.
    pub fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        sweep(parent);
        let root = tempfile::Builder::new()
            .prefix(&format!("{}-", std::process::id()))
            .tempdir_in(parent)?
            .keep();
        // Locked before it has its name: another process that sweeps at this
        // moment must not find a lock that nobody holds.
        let making = root.join("lock.new");
        let lock = File::create(&making)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        fs::rename(making, root.join(LOCK))?;
        Ok(Self {
            root,
            next: AtomicU32::new(1),
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A new place for one run of a tool.
    pub fn place(&self) -> io::Result<Place> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let root = self.root.join(format!("run-{n}"));
        let place = Place {
            control: root.join("control"),
            work: root.join("work"),
        };
        fs::create_dir_all(&place.control)?;
        for dir in ["home", "tmp", "cache", "config", "pycache"] {
            fs::create_dir_all(place.work.join(dir))?;
        }
        Ok(place)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(&self.root);
    }
}

/// A scratch directory that is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where.
    pub path: PathBuf,
    /// When its process made it.
    pub since: SystemTime,
    /// True where that process is at work, or may be.
    pub live: bool,
}

impl Found {
    /// Removes it, if its process is gone.
    pub fn remove(&self) {
        if !self.live {
            remove(&self.path);
        }
    }
}

/// The scratch directories below `parent`. Dead are those of which nobody holds
/// the lock. One without a lock file is being made at this moment, or was left
/// by a process killed in between: after an hour it is the latter.
pub fn all(parent: &Path) -> Vec<Found> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let (process, _) = name.split_once('-')?;
        let ours = process.bytes().all(|b| b.is_ascii_digit());
        let meta = entry.metadata().ok()?;
        if process.is_empty() || !ours || !meta.is_dir() {
            return None;
        }
        let path = entry.path();
        let (since, live) = match File::open(path.join(LOCK)) {
            Ok(lock) => (
                lock.metadata().and_then(|meta| meta.modified()).ok()?,
                flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err(),
            ),
            Err(_) => {
                let since = meta.modified().ok()?;
                let young = since.elapsed().map_or(true, |age| age.as_secs() <= 3600);
                (since, young)
            }
        };
        Some(Found { path, since, live })
    });
    found.collect()
}

/// Removes the directories of processes that are gone.
fn sweep(parent: &Path) {
    all(parent).iter().for_each(Found::remove);
}

/// Removes a tree, even where a tool took away the rights to do so. Never
/// follows a link out of it.
fn remove(root: &Path) {
    if fs::remove_dir_all(root).is_ok() {
        return;
    }
    make_writable(root);
    if let Err(error) = fs::remove_dir_all(root)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("cannot remove {}: {error}", root.display());
    }
}

fn make_writable(dir: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn nothing_is_left() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(parent.path()).unwrap();
        let place = scratch.place().unwrap();
        let sealed = place.work.join("sealed");
        fs::create_dir(&sealed).unwrap();
        fs::write(sealed.join("file"), "").unwrap();
        fs::set_permissions(&sealed, fs::Permissions::from_mode(0o000)).unwrap();
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn many_at_once_do_not_sweep_each_other() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let scratch = Scratch::create(parent.path()).unwrap();
                        scratch.place().unwrap();
                        assert!(scratch.root().join(LOCK).exists());
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_export_that_was_killed_is_swept_with_its_run() {
        let parent = tempfile::tempdir().unwrap();
        let half = parent.path().join("17-dead/head/.countersign-export-x");
        fs::create_dir_all(&half).unwrap();
        fs::write(half.join("file"), "").unwrap();
        fs::write(parent.path().join("17-dead").join(LOCK), "").unwrap();
        drop(Scratch::create(parent.path()).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["notes", "x-1", "-1"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            fs::write(parent.path().join(name).join(LOCK), "").unwrap();
        }
        fs::write(parent.path().join("17-file"), "").unwrap();
        drop(Scratch::create(parent.path()).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 4);
    }

    #[test]
    fn what_a_killed_run_left_is_swept_and_what_is_in_use_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let used = Scratch::create(parent.path()).unwrap();
        let dead = parent.path().join("17-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let other = Scratch::create(parent.path()).unwrap();
        assert!(!dead.exists());
        assert!(used.root().exists() && other.root().exists());
    }
}
