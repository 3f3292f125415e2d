//! Of all Countersigns that write to one repository's log, one does at a time: the
//! others wait instead of doing in vain what they would have to do again.
//!
//! That is a kindness and no defence: the branch moves by compare and swap all the
//! same. But it tells whose a lock of git's is that nobody takes away: who died
//! while moving the branch left a mark here, and the next one removes what is left.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::store::StoreError;

/// How old a lock has to be to be that of somebody who died, and not of a git that
/// holds the branch for a moment.
const OLD: Duration = Duration::from_secs(1);
/// How long such a git is waited for.
const WAIT: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Held while somebody writes. Let go when it is dropped, and when its process ends,
/// however that comes.
#[derive(Debug)]
pub struct Turn {
    file: File,
    path: PathBuf,
    /// Who had it before died while moving the branch.
    unfinished: bool,
}

impl Turn {
    /// Takes it for that branch of the repository whose common git directory is
    /// `git_dir`, waiting for others so long.
    pub fn take(git_dir: &Path, reference: &str, patience: Duration) -> Result<Self, StoreError> {
        let directory = git_dir.join("countersign");
        let path = directory.join(format!("{}.turn", reference.replace('/', "-")));
        let wrong = |source| StoreError::Disk {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(&directory).map_err(wrong)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(wrong)?;
        let until = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { path }),
                Err(TryLockError::Error(error)) => return Err(wrong(error)),
            }
        }
        let mut mark = Vec::new();
        file.read_to_end(&mut mark).map_err(wrong)?;
        Ok(Self {
            file,
            path,
            unfinished: !mark.is_empty(),
        })
    }

    /// Moves the branch, with the mark set meanwhile. A lock that is in the way is
    /// waited for, or removed where somebody left it who died here.
    pub(super) fn swap(
        &mut self,
        swap: impl Fn() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.mark(b"moving the branch\n")?;
        let until = Instant::now() + WAIT;
        loop {
            match swap() {
                Err(StoreError::Locked { path }) => {
                    if self.unfinished && age(&path).is_some_and(|age| age >= OLD) {
                        // Gone meanwhile is as good.
                        let _ = std::fs::remove_file(&path);
                        self.unfinished = false;
                    } else if Instant::now() >= until {
                        if !self.unfinished {
                            self.mark(b"")?;
                        }
                        return Err(StoreError::Locked { path });
                    }
                    std::thread::sleep(PAUSE);
                }
                done => {
                    self.unfinished = false;
                    self.mark(b"")?;
                    return done;
                }
            }
        }
    }

    fn mark(&mut self, mark: &[u8]) -> Result<(), StoreError> {
        let written = self
            .file
            .rewind()
            .and_then(|()| self.file.write_all(mark))
            .and_then(|()| self.file.set_len(mark.len() as u64));
        written.map_err(|source| StoreError::Disk {
            path: self.path.clone(),
            source,
        })
    }
}

fn age(path: &Path) -> Option<Duration> {
    let changed = std::fs::metadata(path).and_then(|it| it.modified()).ok()?;
    SystemTime::now().duration_since(changed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCH: &str = "refs/heads/promotion-audit";

    fn take(dir: &Path) -> Result<Turn, StoreError> {
        Turn::take(dir, BRANCH, Duration::ZERO)
    }

    /// git's lock, made so long ago.
    fn lock(dir: &Path, ago: Duration) -> PathBuf {
        let path = dir.join("lock");
        let file = File::create(&path).unwrap();
        file.set_modified(SystemTime::now() - ago).unwrap();
        path
    }

    fn swap(turn: &mut Turn, lock: &Path) -> Result<(), StoreError> {
        turn.swap(|| match lock.exists() {
            true => Err(StoreError::Locked { path: lock.into() }),
            false => Ok(()),
        })
    }

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        assert!(matches!(take(dir.path()), Err(StoreError::Locked { .. })));
        drop(first);
        take(dir.path()).unwrap();
    }

    #[test]
    fn what_one_who_died_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut died = take(dir.path()).unwrap();
        died.mark(b"moving the branch\n").unwrap();
        drop(died);
        let lock = lock(dir.path(), OLD * 2);
        let mut next = take(dir.path()).unwrap();
        swap(&mut next, &lock).unwrap();
        drop(next);
        assert!(!take(dir.path()).unwrap().unfinished);
    }

    #[test]
    fn a_lock_of_somebody_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let lock = lock(dir.path(), OLD * 2);
        let mut turn = take(dir.path()).unwrap();
        let told = swap(&mut turn, &lock);
        assert!(matches!(told, Err(StoreError::Locked { .. })));
        assert!(lock.exists());
    }
}
