//! What this console has seen of a log, so that a later one that lacks it is found
//! out. Kept outside the repository, where who can write to that cannot.
//!
//! One file a log: that of a remote, or that of one repository on this machine. With
//! a remote only what it had is kept: what stands here alone may still move. Without
//! one a mark in the git directory tells a repository from another that stood in the
//! same place before.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::audit::merkle::Head;
use crate::audit::tree::Roots;
use crate::promotion::Sha256;

use super::{AuditError, Ground, Problem};

/// A verified beginning of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The layout: 1.
    version: u32,
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Sha256,
}

impl Pin {
    /// That of a log that was verified.
    pub fn of(head: &Head) -> Self {
        Self {
            version: 1,
            size: head.size,
            root: Sha256::from_bytes(head.root),
        }
    }

    /// What was seen.
    pub fn head(&self) -> Head {
        Head {
            size: self.size,
            root: *self.root.as_bytes(),
        }
    }
}

/// Where what was seen of a log is kept, and what it is.
#[derive(Clone, Debug)]
pub struct Pinned<'a> {
    ground: &'a Ground,
    /// `None` where nothing is kept, or not yet.
    path: Option<PathBuf>,
    /// What was seen.
    pub pin: Option<Pin>,
    /// Why it could not be read.
    pub problem: Option<Problem>,
}

impl<'a> Pinned<'a> {
    /// Reads it.
    pub fn read(ground: &'a Ground) -> Self {
        let path = path(ground, false);
        let (pin, problem) = match path.as_deref().map(load) {
            None => (None, None),
            Some(Ok(pin)) => (pin, None),
            Some(Err(why)) => {
                let path = path.clone().unwrap_or_default();
                (None, Some(Problem::Pin { path, why }))
            }
        };
        Self {
            ground,
            path,
            pin,
            problem,
        }
    }

    /// Holds a log against what was seen.
    pub fn against(&self, tree: &dyn Roots) -> Option<Problem> {
        let (pin, path) = (self.pin.as_ref()?, self.path.clone()?);
        let is = tree.root_at(pin.size).map(Sha256::from_bytes);
        match is {
            Some(is) if is == pin.root => None,
            None if self.ground.remote.is_some() => Some(Problem::Behind {
                size: pin.size,
                there: tree.size(),
            }),
            is => Some(Problem::Rewritten {
                size: pin.size,
                was: pin.root,
                is,
                there: tree.size(),
                path,
            }),
        }
    }

    /// Keeps what was seen, where it is more than before.
    pub fn keep(&mut self, pin: Pin) -> Result<(), AuditError> {
        // Of nothing there is nothing to be missed.
        if pin.size == 0 {
            return Ok(());
        }
        if self.path.is_none() {
            self.path = path(self.ground, true);
        }
        let Some(path) = &self.path else {
            return Ok(());
        };
        if self.problem.is_some() || self.pin.as_ref().is_some_and(|old| old.size >= pin.size) {
            return Ok(());
        }
        let directory = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(AuditError::disk(directory))?;
        let file =
            tempfile::NamedTempFile::new_in(directory).map_err(AuditError::disk(directory))?;
        serde_json::to_writer(&file, &pin)?;
        file.persist(path)
            .map_err(|error| AuditError::disk(path)(error.error))?;
        self.pin = Some(pin);
        Ok(())
    }
}

fn load(path: &Path) -> Result<Option<Pin>, String> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let pin: Pin = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    match pin.version {
        1 => Ok(Some(pin)),
        other => Err(format!("it is of version {other}, not 1")),
    }
}

/// Where it is kept. `make`: a repository that has no mark yet gets one.
fn path(ground: &Ground, make: bool) -> Option<PathBuf> {
    let place = match &ground.remote {
        Some(remote) => {
            let git = git2::Repository::open(&ground.git_dir).ok()?;
            let remote = git.find_remote(remote).ok()?;
            format!("remote {}", super::remote::without_user(remote.url().ok()?))
        }
        None => here(ground, make)?,
    };
    file(ground, &place, "json")
}

/// What tells this clone from every other.
pub(super) fn here(ground: &Ground, make: bool) -> Option<String> {
    let place = ground.git_dir.canonicalize().ok()?;
    Some(format!("here {} {}", place.display(), mark(&place, make)?))
}

/// A file about the log that is at a place.
pub(super) fn file(ground: &Ground, place: &str, extension: &str) -> Option<PathBuf> {
    let id = ground.repository.id;
    let which = Sha256::of(format!("{id}\n{}\n{place}", ground.branch).as_bytes());
    let name = format!("{}-{}.{extension}", id.short(), which.short());
    Some(ground.state.as_ref()?.join(name))
}

/// What tells this git directory from every other.
fn mark(git_dir: &Path, make: bool) -> Option<String> {
    let directory = git_dir.join("countersign");
    let file = directory.join("id");
    let read = || {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|it| !it.is_empty())
    };
    let there = read();
    if there.is_some() || !make {
        return there;
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    let mark = bytes.map(|byte| format!("{byte:02x}")).concat();
    std::fs::create_dir_all(&directory).ok()?;
    let made = tempfile::NamedTempFile::new_in(&directory).ok()?;
    std::fs::write(made.path(), mark).ok()?;
    // Whoever was first made it.
    let _ = made.persist_noclobber(&file);
    read()
}
