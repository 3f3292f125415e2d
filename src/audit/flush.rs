//! Puts files on disk before anybody is told that something was written.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::store::StoreError;

/// How many are flushed at the same time.
const AT_ONCE: usize = 16;
/// Of more than these the whole file system is flushed at once: a log that comes here as
/// one, or that is cut for the first time.
#[cfg(target_os = "linux")]
const MANY: usize = 256;

/// Waits until all of these are on disk. At the same time, since a file system writes
/// several down in little more time than one.
pub(super) fn flush(paths: &[PathBuf]) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    if let Some(path) = paths.first().filter(|_| paths.len() > MANY) {
        let flushed = File::open(path).and_then(|file| Ok(rustix::fs::syncfs(file)?));
        return flushed.map_err(|source| StoreError::Disk {
            path: path.clone(),
            source,
        });
    }
    let some = |paths: &[PathBuf]| paths.iter().try_for_each(|path| flush_one(path));
    std::thread::scope(|scope| {
        let each = paths.len().div_ceil(AT_ONCE).max(1);
        let mut parts = paths.chunks(each);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || some(part))).collect();
        let mut done = some(first);
        for other in others {
            let flushed = other.join();
            let flushed = flushed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done = done.and(flushed);
        }
        done
    })
}

fn flush_one(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| StoreError::Disk {
            path: path.to_owned(),
            source,
        })
}
