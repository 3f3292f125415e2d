//! Contents that are asked for again and again, kept in memory: a few large files, lists
//! and reports, name most modules of a repository, and the files of a module are read for
//! what they name and for what they offer. To unpack and check them takes longer than to
//! look through them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::promotion::ObjectId;
use crate::repo::{Repo, RepoError, tree};

/// What has so many bytes is large.
const LARGE: usize = 32 << 10;

/// So many bytes of large files are kept; what comes later is read each time.
const MOST_LARGE: usize = 32 << 20;

/// So many bytes of small ones are kept; then all anew, from the next one on.
const MOST_SMALL: usize = 8 << 20;

/// So many handles wait to be used again.
const MOST_HANDLES: usize = 4;

/// Contents by their objects, which never change, and handles to read them with.
#[derive(Default)]
pub(super) struct Kept {
    blobs: Mutex<Blobs>,
    handles: Mutex<Vec<git2::Repository>>,
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

#[derive(Default)]
struct Blobs {
    large: Shelf,
    small: Shelf,
}

#[derive(Default)]
struct Shelf {
    by_id: HashMap<ObjectId, Arc<Vec<u8>>>,
    bytes: usize,
}

impl Kept {
    /// A file's content.
    pub fn read(&self, git: &git2::Repository, id: ObjectId) -> Result<Arc<Vec<u8>>, RepoError> {
        if let Some(content) = lock(&self.blobs).get(&id) {
            return Ok(content);
        }
        let content = Arc::new(tree::read_blob(git, id)?);
        lock(&self.blobs).put(id, content.clone());
        Ok(content)
    }

    /// Does something with a handle that is kept for the next one: it need not open the
    /// packs again, nor unpack what others of them are made from.
    pub fn with_git<T>(
        &self,
        repo: &Repo,
        work: impl FnOnce(&git2::Repository) -> T,
    ) -> Result<T, RepoError> {
        let waiting = lock(&self.handles).pop();
        let git = match waiting {
            Some(git) => git,
            None => repo.open_git()?,
        };
        let done = work(&git);
        let mut handles = lock(&self.handles);
        if handles.len() < MOST_HANDLES {
            handles.push(git);
        }
        Ok(done)
    }
}

impl Blobs {
    fn get(&self, id: &ObjectId) -> Option<Arc<Vec<u8>>> {
        let mut shelves = [&self.small, &self.large].into_iter();
        shelves.find_map(|shelf| shelf.by_id.get(id).cloned())
    }

    fn put(&mut self, id: ObjectId, content: Arc<Vec<u8>>) {
        let size = content.len();
        let shelf = match size < LARGE {
            true => {
                if self.small.bytes + size > MOST_SMALL {
                    self.small = Shelf::default();
                }
                &mut self.small
            }
            false if self.large.bytes + size > MOST_LARGE => return,
            false => &mut self.large,
        };
        if shelf.by_id.insert(id, content).is_none() {
            shelf.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let place = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(place.path()).unwrap();
        let kept = Kept::default();
        let read = |byte: u8, size: usize| {
            let content = vec![byte; size];
            let id = tree::object_id(git.blob(&content).unwrap());
            for _ in 0..2 {
                assert_eq!(*kept.read(&git, id).unwrap(), content);
            }
            id
        };
        let first = read(b'a', LARGE - 1);
        let (list, over, last) = (
            read(b'b', MOST_LARGE - LARGE),
            read(b'c', LARGE + 1),
            read(b'd', LARGE),
        );
        let small = MOST_SMALL / (LARGE - 2);
        let later: Vec<_> = (0..small).map(|n| read(n as u8, LARGE - 2)).collect();
        let blobs = kept.blobs.lock().unwrap();
        let holds = |id| blobs.get(&id).is_some();
        assert!(holds(list) && !holds(over) && holds(last));
        assert_eq!(blobs.large.bytes, MOST_LARGE);
        assert!(!holds(first) && holds(later[small - 1]));
        assert!(blobs.small.bytes <= MOST_SMALL);
    }
}
