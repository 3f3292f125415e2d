//! Reads every Python file of a commit, on all cores, each content once ever.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::promotion::{ObjectId, RepoPath};

use super::imports::{Scan, ScanState};
use super::store::{self, Scans};

/// A larger file is not source that anybody reads.
pub const MOST_BYTES: usize = 4 << 20;

/// The parser grows its own stack; what looks at its tree has this.
pub const STACK_BYTES: usize = 64 << 20;

/// A Python file of the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: RepoPath,
    /// Its content.
    pub blob: ObjectId,
}

/// A content, if it is to be had.
#[derive(Clone, Copy, Debug)]
pub enum Blob<'a> {
    /// Here it is.
    Content(&'a [u8]),
    /// Larger than [`MOST_BYTES`].
    TooLarge,
    /// The repository does not have it, or cannot read it.
    Missing,
}

/// Where contents are read. Called on several threads at once, each of which
/// asks for one blob after the other until there are none left.
pub trait BlobSource: Sync {
    /// Calls `each` for every blob that `next` names.
    fn read_each(
        &self,
        next: &mut dyn FnMut() -> Option<ObjectId>,
        each: &mut dyn FnMut(ObjectId, Blob<'_>),
    );
}

/// What every file says, from the cache or read now. Contents that cannot be
/// had are left out, and not remembered. The cache is a convenience: one that
/// cannot be written changes nothing but the time this takes.
pub fn scan_all(files: &[SourceFile], source: &dyn BlobSource, cache: Option<&Path>) -> Scans {
    scan_all_with(files, source, cache, &Scan::of)
}

/// Reads one content.
pub type Look<'a> = &'a (dyn Fn(&[u8]) -> Scan + Sync);

/// The same for another way to look at a content, which has a cache of its own.
pub fn scan_all_with(
    files: &[SourceFile],
    source: &dyn BlobSource,
    cache: Option<&Path>,
    look: Look<'_>,
) -> Scans {
    let mut known = cache.map(store::load).unwrap_or_default();
    let mut current = Scans::with_capacity(files.len());
    let mut wanted = Vec::new();
    let mut seen = HashSet::with_capacity(files.len());
    for file in files.iter().filter(|file| seen.insert(file.blob)) {
        match known.remove(&file.blob) {
            Some(scan) => {
                current.insert(file.blob, scan);
            }
            None => wanted.push(file.blob),
        }
    }
    if wanted.is_empty() {
        return current;
    }
    current.extend(scan_blobs(&wanted, source, look));
    if let Some(path) = cache
        && let Err(error) = store::save(path, &current, &known)
    {
        tracing::warn!(%error, path = %path.display(), "the import index cannot be kept");
    }
    current
}

fn scan_blobs(
    blobs: &[ObjectId],
    source: &dyn BlobSource,
    look: Look<'_>,
) -> Vec<(ObjectId, Arc<Scan>)> {
    let at = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        source.read_each(
            &mut || blobs.get(at.fetch_add(1, Ordering::Relaxed)).copied(),
            &mut |id, blob| {
                let scan = match blob {
                    Blob::Missing => return,
                    Blob::Content(content) if content.len() <= MOST_BYTES => {
                        scan_one(content, look)
                    }
                    Blob::Content(_) | Blob::TooLarge => Scan {
                        state: ScanState::TooLarge,
                        imports: Vec::new(),
                    },
                };
                found.push((id, Arc::new(scan)));
            },
        );
        found
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(blobs.len()))
            .filter_map(|_| {
                std::thread::Builder::new()
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, work)
                    .ok()
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .flatten()
            .collect()
    })
}

/// A parser that gives up on one file must not take the others with it.
fn scan_one(content: &[u8], look: Look<'_>) -> Scan {
    catch_unwind(AssertUnwindSafe(|| look(content))).unwrap_or(Scan {
        state: ScanState::Broken,
        imports: Vec::new(),
    })
}
