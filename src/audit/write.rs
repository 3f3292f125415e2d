//! Writes entries behind a log: so much as they take, however long the log is.

use std::collections::BTreeSet;

use git2::{Oid, Signature, Time};

use super::chunks::{self, FILES, MOST_DIRECTORIES};
use super::flush::flush;
use super::line;
use super::store::{CHECKPOINT, LOG, MODE, Store, StoreError, git};
use super::stored::{DIRECTORY, Kept, Stored};
use super::turn::Turn;

/// What is to be written.
pub struct Next<'a> {
    /// The branch as it has to be still.
    pub was: Option<Oid>,
    /// The commit to follow: what the branch has, or what a remote has.
    pub parent: Option<Oid>,
    /// The log that the lines go behind.
    pub behind: &'a Stored,
    /// The lines.
    pub lines: &'a [u8],
    /// The checkpoint beside it.
    pub checkpoint: Option<&'a str>,
    /// What the commit says.
    pub message: &'a str,
    /// When, in seconds since 1970 UTC.
    pub time: i64,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The commit.
    pub commit: Oid,
    /// The directory of the log.
    pub tree: Oid,
}

impl Store {
    /// Writes lines behind a log, with the turn taken already. When this returns, they
    /// are on disk, and the branch has them.
    pub fn write(&self, turn: &mut Turn, next: &Next<'_>) -> Result<Written, StoreError> {
        let written = self.make(next)?;
        self.move_to(turn, next.was, written.commit, next.message)?;
        Ok(written)
    }

    /// The same, but for the branch: the commit is on disk, and nothing names it.
    pub fn make(&self, next: &Next<'_>) -> Result<Written, StoreError> {
        let write = git("write the log");
        let mut objects = Vec::new();
        let log = self.write_behind(next.behind, next.lines, &mut objects)?;
        let mut tree = self.repo().treebuilder(None).map_err(&write)?;
        tree.insert(LOG, log, DIRECTORY).map_err(&write)?;
        if let Some(checkpoint) = next.checkpoint {
            let blob = self.repo().blob(checkpoint.as_bytes()).map_err(&write)?;
            tree.insert(CHECKPOINT, blob, MODE).map_err(&write)?;
            objects.push(blob);
        }
        let tree = tree.write().map_err(&write)?;
        objects.push(tree);
        let tree = self.repo().find_tree(tree).map_err(&write)?;
        // Nobody's name: who signed is in the entries, and this proves nothing.
        let at = Time::new(next.time, 0);
        let who = Signature::new("countersign", "countersign@localhost", &at).map_err(&write)?;
        let parent = next.parent.map(|commit| self.repo().find_commit(commit));
        let parent = parent.transpose().map_err(&write)?;
        let parents: Vec<_> = parent.iter().collect();
        let commit = self
            .repo()
            .commit(None, &who, &who, next.message, &tree, &parents)
            .map_err(&write)?;
        objects.push(commit);
        self.flush_objects(&objects)?;
        Ok(Written { commit, tree: log })
    }

    /// Writes the directory of a log with more lines: its last file anew, and what
    /// follows. A line that was not finished is left out.
    fn write_behind(
        &self,
        behind: &Stored,
        lines: &[u8],
        objects: &mut Vec<Oid>,
    ) -> Result<Oid, StoreError> {
        let write = git("write the log");
        let (tree, before, mut bytes) = match &behind.kept {
            Kept::Nothing => (None, 0, Vec::new()),
            Kept::Whole(log) => (None, 0, log[..line::whole(log)].to_vec()),
            Kept::Cut(cut) => {
                let tree = self.repo().find_tree(cut.tree).map_err(&write)?;
                let last = cut.last[..line::whole(&cut.last)].to_vec();
                match chunks::is_full(&last) && !lines.is_empty() {
                    true => (Some(tree), cut.files_before() + 1, Vec::new()),
                    false => (Some(tree), cut.files_before(), last),
                }
            }
        };
        bytes.extend_from_slice(lines);
        let mut top = self.repo().treebuilder(tree.as_ref()).map_err(&write)?;
        let mut number = before / FILES;
        let mut below = match &behind.kept {
            Kept::Cut(cut) if number < cut.directories.len() => {
                let tree = self.repo().find_tree(cut.directories[number]);
                let tree = tree.map_err(&write)?;
                self.repo().treebuilder(Some(&tree)).map_err(&write)?
            }
            _ => self.repo().treebuilder(None).map_err(&write)?,
        };
        if bytes.is_empty() && before > 0 {
            // The last file held nothing but a line that was not finished.
            if before.is_multiple_of(FILES) {
                top.remove(chunks::directory(number)).map_err(&write)?;
            } else {
                let name = chunks::file(before % FILES);
                below.remove(name).map_err(&write)?;
                let directory = below.write().map_err(&write)?;
                top.insert(chunks::directory(number), directory, DIRECTORY)
                    .map_err(&write)?;
                objects.push(directory);
            }
            let top = top.write().map_err(&write)?;
            objects.push(top);
            return Ok(top);
        }
        let files = chunks::cut(&bytes);
        for (at, content) in files.iter().enumerate() {
            let file = before + at;
            let blob = self.repo().blob(content).map_err(&write)?;
            below
                .insert(chunks::file(file % FILES), blob, MODE)
                .map_err(&write)?;
            objects.push(blob);
            if (file + 1).is_multiple_of(FILES) || at + 1 == files.len() {
                let directory = below.write().map_err(&write)?;
                top.insert(chunks::directory(number), directory, DIRECTORY)
                    .map_err(&write)?;
                objects.push(directory);
                below = self.repo().treebuilder(None).map_err(&write)?;
                number += 1;
            }
        }
        if number > MOST_DIRECTORIES {
            return Err(StoreError::Full);
        }
        let top = top.write().map_err(&write)?;
        objects.push(top);
        Ok(top)
    }

    /// An object that was there before, in a pack say, is on disk already.
    fn flush_objects(&self, objects: &[Oid]) -> Result<(), StoreError> {
        let all = self.repo().commondir().join("objects");
        let mut paths = BTreeSet::new();
        for object in objects {
            let name = object.to_string();
            let directory = all.join(&name[..2]);
            let file = directory.join(&name[2..]);
            if file.exists() {
                paths.extend([file, directory, all.clone()]);
            }
        }
        flush(&paths.into_iter().collect::<Vec<_>>())
    }
}
