//! Contents that are asked for again and again, kept in memory: a few large files, lists
//! and reports, name most modules of a repository, and to inflate them takes longer than
//! to look through them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::promotion::ObjectId;
use crate::repo::{RepoError, tree};

/// What is smaller is read in no time.
const LEAST: usize = 32 << 10;

/// So many bytes are kept in all; what comes later is read each time.
const MOST: usize = 32 << 20;

/// Contents by their objects, which never change.
#[derive(Default)]
pub(super) struct Kept(Mutex<Blobs>);

#[derive(Default)]
struct Blobs {
    by_id: HashMap<ObjectId, Arc<Vec<u8>>>,
    bytes: usize,
}

impl Kept {
    /// A file's content.
    pub fn read(&self, git: &git2::Repository, id: ObjectId) -> Result<Arc<Vec<u8>>, RepoError> {
        let blobs = || self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(content) = blobs().by_id.get(&id) {
            return Ok(content.clone());
        }
        let content = Arc::new(tree::read_blob(git, id)?);
        let mut blobs = blobs();
        let fits = content.len() >= LEAST && blobs.bytes + content.len() <= MOST;
        if fits && blobs.by_id.insert(id, content.clone()).is_none() {
            blobs.bytes += content.len();
        }
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_is_kept_and_never_more_than_there_is_room_for() {
        let place = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(place.path()).unwrap();
        let blob = |byte: u8, size: usize| {
            let content = vec![byte; size];
            (tree::object_id(git.blob(&content).unwrap()), content)
        };
        let kept = Kept::default();
        let ((small, tiny), (large, list)) = (blob(b'a', LEAST - 1), blob(b'b', MOST - LEAST));
        for (id, content) in [(small, &tiny), (large, &list), (large, &list)] {
            assert_eq!(*kept.read(&git, id).unwrap(), *content);
        }
        let (more, (last, _)) = (blob(b'c', LEAST + 1), blob(b'd', LEAST));
        assert_eq!(*kept.read(&git, more.0).unwrap(), more.1);
        kept.read(&git, last).unwrap();
        let blobs = kept.0.lock().unwrap();
        let holds = |id| blobs.by_id.contains_key(&id);
        assert!(!holds(small) && holds(large) && !holds(more.0) && holds(last));
        assert_eq!(blobs.bytes, MOST);
    }
}
