//! Contents that are asked for again and again, kept in memory: a few large files, lists
//! and reports, name most modules of a repository, and the files of a module are read for
//! what they name and for what they offer. To unpack and check them takes longer than to
//! look through them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::promotion::ObjectId;
use crate::repo::{RepoError, tree};

/// What has so many bytes is large.
const LARGE: usize = 32 << 10;

/// So many bytes of large files are kept; what comes later is read each time.
const MOST_LARGE: usize = 32 << 20;

/// So many bytes of small ones are kept; then all anew, from the next one on.
const MOST_SMALL: usize = 8 << 20;

/// Contents by their objects, which never change.
#[derive(Default)]
pub(super) struct Kept(Mutex<Blobs>);

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
        let blobs = || self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(content) = blobs().get(&id) {
            return Ok(content);
        }
        let content = Arc::new(tree::read_blob(git, id)?);
        blobs().put(id, content.clone());
        Ok(content)
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
        let blobs = kept.0.lock().unwrap();
        let holds = |id| blobs.get(&id).is_some();
        assert!(holds(list) && !holds(over) && holds(last));
        assert_eq!(blobs.large.bytes, MOST_LARGE);
        assert!(!holds(first) && holds(later[small - 1]));
        assert!(blobs.small.bytes <= MOST_SMALL);
    }
}
