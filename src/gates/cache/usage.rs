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

/// The directory that says which evidence is the newest.
const LATEST: &str = "latest";

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
            let ours = directories.into_iter().filter(|dir| is_hex(dir, 2));
            let files = ours.flat_map(|dir| list(&dir));
            files.filter_map(move |path| {
                let meta = path.symlink_metadata().ok()?;
                let used = meta.modified().ok()?;
                let begun = begins(&path, NEW);
                // Somebody may have given us a directory that holds other things as well.
                if begun && !is_abandoned(used) || !begun && !is_hex(&path, 62) {
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
    /// What was noted at or after `since` is left alone: somebody is at work.
    pub fn forget_lost(&self, since: Option<SystemTime>) {
        for repository in list(&self.root.join(LATEST)) {
            for pointer in list(&repository) {
                let noted = pointer.symlink_metadata().and_then(|meta| meta.modified());
                if since.is_some_and(|since| noted.is_ok_and(|noted| noted >= since)) {
                    continue;
                }
                let key = fs::read_to_string(&pointer).unwrap_or_default();
                let place = self.place(Kind::Evidence, &key);
                if !place.is_some_and(|place| place.exists()) && !begins(&pointer, NEW) {
                    let _ = fs::remove_file(pointer);
                }
            }
        }
    }

    /// How many notes there are of which evidence is the newest, and what they take.
    pub fn latest_usage(&self) -> (usize, u64) {
        let repositories = list(&self.root.join(LATEST));
        let count = repositories.iter().map(|dir| list(dir).len()).sum();
        (count, size_of(&self.root.join(LATEST)))
    }
}

/// What a file or a directory takes on the disk, with all that is in it. Links
/// are not followed.
pub fn size_of(path: &Path) -> u64 {
    let Ok(meta) = path.symlink_metadata() else {
        return 0;
    };
    let own = meta.blocks() * 512;
    match meta.is_dir() {
        true => list(path).iter().map(|path| size_of(path)).sum::<u64>() + own,
        false => own,
    }
}

/// True where a name is that many lower-case hexadecimal digits.
pub fn is_hex(path: &Path, digits: usize) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    name.len() == digits && name.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// True where nobody is writing a file any more that was begun then.
pub fn is_abandoned(used: SystemTime) -> bool {
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
