//! What this clone verified of its log when it last wrote, so that the next entry costs
//! what is new and not what is there.
//!
//! Only writing asks this, and only to write sooner: what counts is read from the first
//! line on, each time. Who can change this file can have an entry put behind a log that
//! does not hold, and that is found by whoever reads it. Lost, it is made anew.

use std::collections::BTreeSet;
use std::path::PathBuf;

use git2::Oid;
use serde::{Deserialize, Serialize};

use crate::audit::recent::Recent;
use crate::audit::store::{Store, StoreError};
use crate::audit::stored::Stored;

use super::{Ground, pin};

/// The layout.
const VERSION: u32 = 1;

/// A log that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    version: u32,
    /// git's directory of it: that log and no other.
    tree: String,
    /// The entries in it that prove nothing.
    pub wrong: BTreeSet<u64>,
    /// The end of its tree.
    pub recent: Recent,
}

impl Known {
    pub fn new(tree: Oid, wrong: BTreeSet<u64>, recent: Recent) -> Self {
        Self {
            version: VERSION,
            tree: tree.to_string(),
            wrong,
            recent,
        }
    }

    /// That of this clone. `None` where there is none that can be read: it is no more
    /// than a shorter way.
    pub fn read(ground: &Ground) -> Option<Self> {
        let bytes = std::fs::read(path(ground, false)?).ok()?;
        let known: Self = serde_json::from_slice(&bytes).ok()?;
        (known.version == VERSION).then_some(known)
    }

    /// Keeps it for next time, where that is possible.
    pub fn keep(&self, ground: &Ground) {
        let Some(path) = path(ground, true) else {
            return;
        };
        let Some(directory) = path.parent() else {
            return;
        };
        let kept = || -> std::io::Result<()> {
            std::fs::create_dir_all(directory)?;
            let file = tempfile::NamedTempFile::new_in(directory)?;
            std::fs::write(file.path(), serde_json::to_vec(self)?)?;
            file.persist(&path)?;
            Ok(())
        };
        // Next time everything is verified anew.
        let _ = kept();
    }

    /// How many entries a log has in common with it; `None` where that cannot be told any
    /// more.
    pub fn common(&self, store: &Store, log: &Stored) -> Result<Option<u64>, StoreError> {
        let Ok(tree) = self.tree.parse::<Oid>() else {
            return Ok(None);
        };
        if log.tree() == Some(tree) {
            return Ok((log.size() == self.recent.size()).then_some(log.size()));
        }
        match store.look_in(tree)? {
            Some(was) if was.size() == self.recent.size() => store.common(&was, log).map(Some),
            _ => Ok(None),
        }
    }
}

fn path(ground: &Ground, make: bool) -> Option<PathBuf> {
    // Where nothing is kept, nothing has to be told apart.
    ground.state.as_ref()?;
    pin::file(ground, &pin::here(ground, make)?, "known")
}
