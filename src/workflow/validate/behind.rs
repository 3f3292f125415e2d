//! What of a module is behind it: its lines and its tests at the merge-base.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::checkouts::Checkouts;
use super::inputs::{Behind, Keys, Place};
use super::located::{Located, tests_of};
use crate::gates::cache::Store;
use crate::gates::checks::suite::{
    BaseSuite, ChangedLines, Checkout, Compare, Compared, Line, Read,
};
use crate::gates::checks::{Check as _, coverage::CoverageGate};
use crate::gates::toolchain::Toolbox;
use crate::promotion::{Module, ObjectId, RepoPath};
use crate::python;
use crate::repo::RepoError;
use crate::repo::diff::{Lines, changed};
use crate::workflow::python_index;
use crate::workflow::workspace::Workspace;

/// A module at a revision, and what is needed to find it at the merge-base.
#[derive(Clone)]
pub(super) struct Past {
    pub ws: Workspace,
    pub module: Module,
    pub located: Arc<Located>,
    pub toolbox: Option<Toolbox>,
    pub checkouts: Arc<Checkouts>,
    pub store: Store,
    /// Where the import index is kept.
    pub cache: std::path::PathBuf,
}

/// Why there is nothing to compare with.
const NO_BASE: &str = "there is no merge-base to compare with: see `base` in countersign.toml";

impl Past {
    /// Finds what the module's coverage at the merge-base is measured by.
    pub fn compare(self) -> Compare {
        // Several gates ask.
        let known = OnceLock::new();
        Arc::new(move || {
            let find = || {
                let compared = self.compared();
                compared.map_err(|error| format!("it could not be looked for: {error}"))?
            };
            known.get_or_init(find).clone()
        })
    }

    fn compared(&self) -> Result<Result<Compared, String>, RepoError> {
        let ws = &self.ws;
        let Some((base, commit)) = ws.base().zip(ws.commit()) else {
            return Ok(Err(NO_BASE.into()));
        };
        let advisories = super::advisories(ws);
        let keys = Keys::new(ws, self.toolbox.as_ref(), &advisories, &self.store, false)?;
        let options = ws.config().policy.gate(&CoverageGate.id());
        let key = |keys: &Keys<'_>, place: Place<'_>| {
            keys.measure(&CoverageGate, &options, &self.module, place)
        };
        let now = &self.located;
        let head = Place {
            commit,
            path: &self.module.path,
            files: &now.files,
            tests: &now.tests,
        };
        let head = key(&keys, head)?;
        match keys.behind(&CoverageGate, &options, &self.module, now, &head)? {
            Behind::Unknown => return Ok(Err(NO_BASE.into())),
            Behind::Absent => return Ok(Ok(Compared::Absent)),
            Behind::Same => return Ok(Ok(Compared::Same)),
            Behind::Differs(_) => {}
        }
        let Some(there) = &now.base else {
            return Ok(Ok(Compared::Absent));
        };
        let index = python_index::build(ws.repo(), base, ws.config(), Some(&self.cache))?;
        let index = Arc::new(index);
        let tests = tests_of(ws, &index, &there.module)?;
        let files: Vec<RepoPath> = there
            .files
            .iter()
            .filter(|file| file.is_within(&there.module))
            .cloned()
            .collect();
        let place = Place {
            commit: base,
            path: &there.module,
            files: &files,
            tests: &tests,
        };
        let key = key(&keys.at_base(index), place)?;
        Ok(Ok(Compared::Differs(BaseSuite {
            key: crate::gates::cache::key_of(&("coverage at the merge-base", key)),
            is_file: there.module.is_python() && files == [there.module.clone()],
            module: there.module.clone(),
            files,
            tests,
            checkout: checkout(&self.checkouts, base),
            read: reader(&self.ws, base),
            renames: self.located.renames.clone(),
        })))
    }

    /// The lines that the merge-base did not have, or had otherwise.
    pub fn changed_lines(&self) -> Result<ChangedLines, String> {
        let Some((base, commit)) = self.ws.base().zip(self.ws.commit()) else {
            return Err(NO_BASE.into());
        };
        let lines = self.lines_since(base, commit);
        lines.map_err(|error| format!("the files could not be compared: {error}"))
    }

    fn lines_since(&self, base: ObjectId, commit: ObjectId) -> Result<ChangedLines, RepoError> {
        let repo = self.ws.repo();
        let before: HashMap<&RepoPath, &RepoPath> = self
            .located
            .renames
            .iter()
            .map(|(old, new)| (new, old))
            .collect();
        let blob = |commit, path: &RepoPath| -> Result<Option<ObjectId>, RepoError> {
            let entry = repo
                .entry(commit, path)?
                .filter(|entry| entry.mode.is_file());
            Ok(entry.map(|entry| entry.id))
        };
        let mut all = ChangedLines::new();
        let sources = self
            .located
            .files
            .iter()
            .filter(|file| file.as_bytes().ends_with(b".py"));
        for path in sources {
            let new = blob(commit, path)?;
            let old = blob(base, before.get(path).copied().unwrap_or(path))?;
            let Some(new) = new.filter(|new| Some(*new) != old) else {
                continue;
            };
            let new = repo.read_blob(new)?;
            let old = old
                .map(|old| repo.read_blob(old))
                .transpose()?
                .unwrap_or_default();
            all.insert(path.clone(), changed_lines(old, new));
        }
        Ok(all)
    }
}

/// The lines of `new` that `old` does not have.
fn changed_lines(old: Vec<u8>, new: Vec<u8>) -> Vec<Line> {
    let begins = python::statements(&new);
    changed::lines(&Lines::new(old), &Lines::new(new))
        .map(|line| Line {
            line,
            begins: begins.get(line as usize - 1).copied().unwrap_or(line),
        })
        .collect()
}

/// Reads files of that commit.
fn reader(ws: &Workspace, commit: ObjectId) -> Read {
    let repo = ws.repo().clone();
    Arc::new(move |path| {
        let entry = repo.entry(commit, path).ok()??;
        let blob = || repo.read_blob(entry.id).ok();
        entry.mode.is_file().then(blob)?
    })
}

/// A tree of that commit.
pub(super) fn checkout(checkouts: &Arc<Checkouts>, commit: ObjectId) -> Checkout {
    let (making, giving) = (checkouts.clone(), checkouts.clone());
    Checkout {
        make: Arc::new(move |to: &Path| making.make(commit, to, &mut |_, _| {}).map(drop)),
        done: Arc::new(move |at: &Path| giving.give_back(at)),
    }
}
