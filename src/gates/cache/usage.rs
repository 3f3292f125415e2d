//! What the store holds, and taking entries out of it.
//!
//! Taking any out is always safe: who looks for it finds it absent, and makes
//! it again.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Kind, NEW, Store};

/// After so long nobody is writing a file any more that was begun.
const ABANDONED: Duration = Duration::from_secs(3600);

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its file.
    pub path: PathBuf,
    /// What it takes on the disk.
    pub bytes: u64,
    /// When it was made, or of use: noted once a day.
    pub used: SystemTime,
}

impl Store {
    /// Every entry.
    pub fn entries(&self) -> Vec<Entry> {
        let of = |kind: Kind| {
            let directories = list(&self.root.join(kind.directory()));
            let files = directories.into_iter().flat_map(|dir| list(&dir));
            files.filter_map(move |path| {
                let meta = path.symlink_metadata().ok()?;
                let used = meta.modified().ok()?;
                if begins(&path, NEW) && !is_abandoned(used) {
                    return None;
                }
                Some(Entry {
                    kind,
                    bytes: meta.blocks() * 512,
                    used,
                    path,
                })
            })
        };
        Kind::ALL.into_iter().flat_map(of).collect()
    }

    /// Takes an entry out, unless it was of use since it was listed.
    pub fn remove(&self, entry: &Entry) -> io::Result<bool> {
        let meta = match entry.path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            meta => meta?,
        };
        if meta.modified()? > entry.used {
            return Ok(false);
        }
        match meta.is_dir() {
            true => fs::remove_dir_all(&entry.path)?,
            false => fs::remove_file(&entry.path)?,
        }
        Ok(true)
    }

    /// Forgets which evidence was the newest, where it is not there any more.
    pub fn forget_lost(&self) {
        for repository in list(&self.root.join("latest")) {
            for pointer in list(&repository) {
                let key = fs::read_to_string(&pointer).unwrap_or_default();
                let place = self.place(Kind::Evidence, &key);
                if !place.is_some_and(|place| place.exists()) && !begins(&pointer, NEW) {
                    let _ = fs::remove_file(pointer);
                }
            }
            let _ = fs::remove_dir(repository); // if it is empty
        }
    }
}

fn is_abandoned(used: SystemTime) -> bool {
    used.elapsed().is_ok_and(|age| age > ABANDONED)
}

fn begins(path: &Path, with: &str) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_bytes().starts_with(with.as_bytes())
}

fn list(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
