//! The log as git has it, read as far as is asked for.
//!
//! A log is a directory of files that are full but for the last (`chunks`). Two logs
//! that begin alike have the same objects there: what they have in common is told by
//! names of objects, without reading them. Logs that were written before there were
//! directories are one file, and are read as well.

use git2::{ErrorCode, ObjectType, Oid, Tree, TreeEntry};

use super::chunks::{self, FILES, LINES, MOST_DIRECTORIES};
use super::line;
use super::store::{CHECKPOINT, LOG, MODE, Store, StoreError, git};

/// Directories, for git.
pub(super) const DIRECTORY: i32 = 0o040_000;

/// A state of the log of which the end was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The commit; `None` where nothing was ever written.
    pub commit: Option<Oid>,
    /// The newest checkpoint.
    pub checkpoint: Option<String>,
    pub(super) kept: Kept,
}

/// How it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is none.
    #[default]
    Nothing,
    /// As one file.
    Whole(Vec<u8>),
    /// As a directory.
    Cut(Cut),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// The directory.
    pub tree: Oid,
    pub directories: Vec<Oid>,
    /// Those of the last directory.
    pub files: Vec<Oid>,
    /// The last file.
    pub last: Vec<u8>,
}

impl Stored {
    /// How many whole lines it has.
    pub fn size(&self) -> u64 {
        let lines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
        let size = match &self.kept {
            Kept::Nothing => 0,
            Kept::Whole(log) => lines(log),
            Kept::Cut(cut) => cut.files_before() * LINES + lines(&cut.last),
        };
        size as u64
    }

    /// How many bytes stand behind the last whole line.
    pub fn torn(&self) -> usize {
        let end = match &self.kept {
            Kept::Nothing => &[],
            Kept::Whole(log) => log.as_slice(),
            Kept::Cut(cut) => &cut.last,
        };
        end.len() - line::whole(end)
    }

    /// The directory it is in, by which its content is known again; `None` where it is
    /// in none.
    pub fn tree(&self) -> Option<Oid> {
        match &self.kept {
            Kept::Cut(cut) => Some(cut.tree),
            Kept::Nothing | Kept::Whole(_) => None,
        }
    }
}

impl Cut {
    /// How many files stand before the last.
    pub fn files_before(&self) -> usize {
        (self.directories.len() - 1) * FILES + self.files.len() - 1
    }
}

impl Store {
    /// The log as that reference has it. One that is not there is an empty log.
    pub fn look(&self, reference: &str) -> Result<Stored, StoreError> {
        match self.commit_of(reference)? {
            None => Ok(Stored::default()),
            Some(commit) => self.look_at(commit),
        }
    }

    /// The log as that commit has it.
    pub fn look_at(&self, commit: Oid) -> Result<Stored, StoreError> {
        let read = git("read the log");
        let tree = self.repo().find_commit(commit);
        let tree = tree.and_then(|commit| commit.tree()).map_err(read)?;
        let log = self.entry(&tree, LOG)?;
        let log = log.ok_or_else(|| self.no_log("it has no promotion-audit.log"))?;
        let kept = match log.kind() {
            Some(ObjectType::Tree) => Kept::Cut(self.cut(&log)?),
            _ => Kept::Whole(self.file(&log)?),
        };
        let checkpoint = self.entry(&tree, CHECKPOINT)?;
        let checkpoint = checkpoint.map(|entry| self.file(&entry)).transpose()?;
        let checkpoint = checkpoint.map(String::from_utf8).transpose();
        Ok(Stored {
            commit: Some(commit),
            checkpoint: checkpoint.map_err(|_| self.no_log("its checkpoint is no text"))?,
            kept,
        })
    }

    /// The log in that directory, whichever commit it was part of; `None` where git has
    /// no such object any more.
    pub fn look_in(&self, tree: Oid) -> Result<Option<Stored>, StoreError> {
        match self.repo().find_tree(tree) {
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(git("read the log")(error)),
            Ok(tree) => Ok(Some(Stored {
                kept: Kept::Cut(self.cut_of(&tree)?),
                ..Stored::default()
            })),
        }
    }

    /// Of one name there has to be one: which of two is read depends on who reads.
    fn entry(&self, tree: &Tree<'_>, name: &str) -> Result<Option<TreeEntry<'static>>, StoreError> {
        let mut all = tree.iter().filter(|it| it.name_bytes() == name.as_bytes());
        let first = all.next().map(|it| it.to_owned());
        match all.next() {
            None => Ok(first),
            Some(_) => Err(self.no_log("it has two files of one name")),
        }
    }

    fn file(&self, entry: &TreeEntry<'_>) -> Result<Vec<u8>, StoreError> {
        if entry.kind() != Some(ObjectType::Blob) || entry.filemode_raw() != MODE {
            return Err(self.no_log("its file is no regular file"));
        }
        self.content(entry.id())
    }

    fn content(&self, blob: Oid) -> Result<Vec<u8>, StoreError> {
        let blob = self.repo().find_blob(blob).map_err(git("read the log"))?;
        Ok(blob.content().to_vec())
    }

    fn cut(&self, entry: &TreeEntry<'_>) -> Result<Cut, StoreError> {
        if entry.filemode_raw() != DIRECTORY {
            return Err(self.no_log("its directory is none"));
        }
        let tree = self.repo().find_tree(entry.id());
        self.cut_of(&tree.map_err(git("read the log"))?)
    }

    fn cut_of(&self, tree: &Tree<'_>) -> Result<Cut, StoreError> {
        let directories = self.numbered(tree, DIRECTORY, MOST_DIRECTORIES, chunks::directory)?;
        let last = directories.last().copied();
        let last = last.ok_or_else(|| self.no_log("its directory is empty"))?;
        let files = self.files(last, false)?;
        let last = files.last().copied();
        let last = last.ok_or_else(|| self.no_log("a directory of it is empty"))?;
        let cut = Cut {
            tree: tree.id(),
            last: self.content(last)?,
            directories,
            files,
        };
        match chunks::can_be_last(&cut.last, cut.files_before() == 0) {
            true => Ok(cut),
            false => Err(self.no_log("its last file has no lines, or too many")),
        }
    }

    /// The files of a directory of it. `full`: others stand behind it.
    fn files(&self, directory: Oid, full: bool) -> Result<Vec<Oid>, StoreError> {
        let tree = self.repo().find_tree(directory);
        let tree = tree.map_err(git("read the log"))?;
        let files = self.numbered(&tree, MODE, FILES, chunks::file)?;
        match full && files.len() < FILES {
            true => Err(self.no_log("a directory of it is not full, and others follow")),
            false => Ok(files),
        }
    }

    /// What a directory holds, which has to be named by number, from 0 and in order: so
    /// nothing is missing, there twice, or anything else.
    fn numbered(
        &self,
        tree: &Tree<'_>,
        mode: i32,
        most: usize,
        name: fn(usize) -> String,
    ) -> Result<Vec<Oid>, StoreError> {
        if tree.len() > most {
            return Err(self.no_log("a directory of it has too many files"));
        }
        let one = |(number, entry): (usize, TreeEntry<'_>)| match entry.name_bytes()
            == name(number).as_bytes()
            && entry.filemode_raw() == mode
        {
            true => Ok(entry.id()),
            false => Err(self.no_log("its files are not those that a log has")),
        };
        tree.iter().enumerate().map(one).collect()
    }

    /// All of its bytes, with those of a line that was not finished.
    pub fn all(&self, stored: &Stored) -> Result<Vec<u8>, StoreError> {
        Ok(self.read_from(stored, 0)?.1)
    }

    /// Its whole lines from that of the entry at `position` on, or from a few before it:
    /// the number of the first, and the lines.
    pub fn from(&self, stored: &Stored, position: u64) -> Result<(usize, Vec<u8>), StoreError> {
        let (first, mut lines) = self.read_from(stored, position)?;
        lines.truncate(line::whole(&lines));
        Ok((first, lines))
    }

    fn read_from(&self, stored: &Stored, position: u64) -> Result<(usize, Vec<u8>), StoreError> {
        let cut = match &stored.kept {
            Kept::Nothing => return Ok((0, Vec::new())),
            Kept::Whole(log) => return Ok((0, log.clone())),
            Kept::Cut(cut) => cut,
        };
        let wanted = usize::try_from(position).unwrap_or(usize::MAX) / LINES;
        let first = wanted.min(cut.files_before());
        let mut lines = Vec::new();
        for number in first / FILES..cut.directories.len() {
            let files = match number + 1 == cut.directories.len() {
                true => cut.files.clone(),
                false => self.files(cut.directories[number], true)?,
            };
            let skipped = first.saturating_sub(number * FILES);
            for (at, file) in files.iter().enumerate().skip(skipped) {
                if number * FILES + at == cut.files_before() {
                    lines.extend_from_slice(&cut.last);
                    continue;
                }
                let content = self.content(*file)?;
                if !chunks::is_full(&content) {
                    return Err(self.no_log("a file of it is not full, and others follow"));
                }
                lines.extend(content);
            }
        }
        Ok((first * LINES, lines))
    }

    /// How many whole lines two logs have in common from the beginning on.
    pub fn common(&self, one: &Stored, other: &Stored) -> Result<u64, StoreError> {
        let most = one.size().min(other.size());
        if most == 0 {
            return Ok(0);
        }
        let (Kept::Cut(a), Kept::Cut(b)) = (&one.kept, &other.kept) else {
            return Ok(same_lines(&self.all(one)?, &self.all(other)?));
        };
        if a.tree == b.tree {
            return Ok(most);
        }
        let directory = same(&a.directories, &b.directories);
        let files = |cut: &Cut| match directory + 1 < cut.directories.len() {
            true => self.files(cut.directories[directory], true),
            false if directory < cut.directories.len() => Ok(cut.files.clone()),
            false => Ok(Vec::new()),
        };
        let (in_a, in_b) = (files(a)?, files(b)?);
        let file = same(&in_a, &in_b);
        let lines = match (in_a.get(file), in_b.get(file)) {
            (Some(a), Some(b)) => same_lines(&self.content(*a)?, &self.content(*b)?),
            _ => 0,
        };
        let before = (directory * FILES + file) * LINES;
        Ok((before as u64 + lines).min(most))
    }
}

fn same<T: PartialEq>(one: &[T], other: &[T]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

fn same_lines(one: &[u8], other: &[u8]) -> u64 {
    let whole = |log: &[u8]| line::whole(log);
    let (one, other) = (&one[..whole(one)], &other[..whole(other)]);
    let lines = line::lines(one).zip(line::lines(other));
    lines.take_while(|(a, b)| a == b).count() as u64
}

#[cfg(test)]
mod tests;
