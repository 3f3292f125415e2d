//! The evidence store: content-addressed files that can be deleted at any time.
//!
//! Everything is written to a temporary file and renamed, and carries a digest
//! of its own: of its content, and of the key it stands under. So what is half
//! written, damaged, put in another's place or of another version is never
//! evidence, several processes need no lock, and nothing is lost with it but
//! the time to make it again. What is damaged is told, see [`Store::damaged`].
//!
//! ```text
//! evidence/ab/cdef…      what gates concluded, by key
//! inputs/ab/cdef…        what a conclusion depended on, by its own sha256
//! measures/ab/cdef…      what gates measured, and other answers, by key
//! outputs/ab/cdef…       what tools wrote, by its own sha256
//! latest/<repo>/<module>-<gate>   the key of the newest evidence
//! ```

mod latest;
pub mod usage;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::process::hex;
use crate::promotion::{Evidence, GateId, RepoPath};
pub use latest::Latest;

/// The first line of a record, before its digest.
const MAGIC: &[u8] = b"countersign record 1 ";
/// What was used is not noted more often than this.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A store below one directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    damaged: Arc<Mutex<Vec<String>>>,
}

/// The store could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep evidence in {}: {source}", directory.display())]
pub struct StoreError {
    /// The directory.
    pub directory: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// A kind of entries, with the name of its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What gates concluded.
    Evidence,
    /// What a conclusion depended on.
    Inputs,
    /// What gates measured, and other answers.
    Measures,
    /// What tools wrote.
    Outputs,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Evidence, Self::Inputs, Self::Measures, Self::Outputs];

    /// The name of its directory.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Inputs => "inputs",
            Self::Measures => "measures",
            Self::Outputs => "outputs",
        }
    }
}

impl Store {
    /// The store below `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            damaged: Arc::default(),
        }
    }

    /// Keeps what a tool wrote under its sha256, which the caller knows.
    pub fn keep_blob(&self, sha256: &str, file: &Path) -> Result<(), StoreError> {
        match self.read(Kind::Outputs, sha256) {
            Some(content) if digest(&content) == sha256 => {
                self.used(Kind::Outputs, sha256);
                Ok(())
            }
            _ => self.write(Kind::Outputs, sha256, |out| {
                io::copy(&mut File::open(file)?, out).map(drop)
            }),
        }
    }

    /// What a tool wrote; `None` where it is absent or damaged.
    pub fn blob(&self, sha256: &str) -> Option<Vec<u8>> {
        self.by_content(Kind::Outputs, sha256)
    }

    /// Keeps what a conclusion depends on; gives its sha256, by which it is found.
    pub fn keep_inputs(&self, inputs: &[u8]) -> Result<String, StoreError> {
        let key = digest(inputs);
        if self.by_content(Kind::Inputs, &key).is_none() {
            self.write(Kind::Inputs, &key, |out| out.write_all(inputs))?;
        } else {
            self.used(Kind::Inputs, &key);
        }
        Ok(key)
    }

    /// What a conclusion depended on; `None` where it is absent or damaged.
    pub fn inputs(&self, sha256: &str) -> Option<Vec<u8>> {
        self.by_content(Kind::Inputs, sha256)
    }

    /// Keeps evidence under its key.
    pub fn keep_evidence(&self, evidence: &Evidence) -> Result<(), StoreError> {
        self.keep_record(Kind::Evidence, &evidence.key, evidence)
    }

    /// The evidence of a key; `None` where it is absent, damaged or of another layout.
    pub fn evidence(&self, key: &str) -> Option<Evidence> {
        self.record(Kind::Evidence, key)
    }

    /// Notes that evidence was of use, with what it stands on: pruning takes
    /// first what was of no use for longest.
    pub fn used_evidence(&self, evidence: &Evidence) {
        if !self.used(Kind::Evidence, &evidence.key) {
            return;
        }
        self.used(Kind::Inputs, &evidence.key);
        for run in &evidence.runs {
            self.used(Kind::Outputs, &run.stdout);
            self.used(Kind::Outputs, &run.stderr);
        }
    }

    /// Keeps a measure, or another answer, under a key (lower-case hexadecimal).
    pub fn keep(&self, key: &str, record: &impl Serialize) -> Result<(), StoreError> {
        self.keep_record(Kind::Measures, key, record)
    }

    /// What was kept under a key; `None` where it is absent, damaged or of another layout.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let found = self.record(Kind::Measures, key)?;
        self.used(Kind::Measures, key);
        Some(found)
    }

    /// Notes that the newest evidence of a gate for a module has this key.
    /// `repository` tells repositories apart.
    pub fn set_latest(
        &self,
        repository: &str,
        module: &RepoPath,
        gate: &GateId,
        key: &str,
    ) -> Result<(), StoreError> {
        let to = latest::place(&self.root, repository, module, gate);
        if fs::read(&to).is_ok_and(|there| there == key.as_bytes()) {
            return Ok(());
        }
        self.atomically(&to, |out| out.write_all(key.as_bytes()))
    }

    /// What is known of a repository, listed once.
    pub fn latest(&self, repository: &str) -> Latest {
        Latest::of(&self.root, repository)
    }

    /// What was found damaged since this was asked last, for people.
    pub fn damaged(&self) -> Vec<String> {
        std::mem::take(&mut *self.damages())
    }

    fn damages(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_record(
        &self,
        kind: Kind,
        key: &str,
        record: &impl Serialize,
    ) -> Result<(), StoreError> {
        self.write(kind, key, |out| {
            let body = serde_json::to_vec(record)?;
            out.write_all(MAGIC)?;
            out.write_all(seal(key, &body).as_bytes())?;
            out.write_all(b"\n")?;
            out.write_all(&body)
        })
    }

    fn record<T: DeserializeOwned>(&self, kind: Kind, key: &str) -> Option<T> {
        let content = self.read(kind, key)?;
        let body = match unsealed(key, &content) {
            Some(body) => body,
            None => {
                self.found_damaged(kind, key, "its digest does not fit");
                return None;
            }
        };
        // Sound, but not of this version: nothing to worry anybody with.
        serde_json::from_slice(body).ok()
    }

    fn by_content(&self, kind: Kind, sha256: &str) -> Option<Vec<u8>> {
        let content = self.read(kind, sha256)?;
        if digest(&content) == sha256 {
            return Some(content);
        }
        self.found_damaged(kind, sha256, "its digest does not fit");
        None
    }

    fn read(&self, kind: Kind, key: &str) -> Option<Vec<u8>> {
        match read_file(&self.place(kind, key)?) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                self.found_damaged(kind, key, &error.to_string());
                None
            }
        }
    }

    fn found_damaged(&self, kind: Kind, key: &str, why: &str) {
        let what = format!(
            "{}/{}/{}: {why}",
            kind.directory(),
            key.get(..2).unwrap_or_default(),
            key.get(2..).unwrap_or_default()
        );
        tracing::warn!("damaged and made again: {what}");
        let mut damages = self.damages();
        if !damages.contains(&what) {
            damages.push(what);
        }
    }

    fn place(&self, kind: Kind, key: &str) -> Option<PathBuf> {
        let valid = key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then(|| {
            let directory = self.root.join(kind.directory());
            directory.join(&key[..2]).join(&key[2..])
        })
    }

    /// Notes that an entry was of use, at most once a day; true where that was due.
    fn used(&self, kind: Kind, key: &str) -> bool {
        self.place(kind, key).is_some_and(|place| used(&place))
    }

    fn write(
        &self,
        kind: Kind,
        key: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        match self.place(kind, key) {
            Some(to) => self.atomically(&to, write),
            None => Ok(()),
        }
    }

    /// Writes beside the goal and renames: it is there whole or not at all. Not
    /// flushed: what a power failure takes is seen by its digest.
    fn atomically(
        &self,
        to: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let directory = to.parent().unwrap_or(&self.root);
        let attempt = || -> io::Result<()> {
            make_directory(directory, &self.root)?;
            let mut file = tempfile::Builder::new()
                .prefix(NEW)
                .tempfile_in(directory)?;
            write(file.as_file_mut())?;
            file.persist(to).map(drop).or_else(|failed| {
                if !to.symlink_metadata()?.is_dir() {
                    return Err(failed.error);
                }
                // Damage: an entry is never a directory. Renamed, not removed in
                // its place: another process may be replacing it as well.
                let aside = tempfile::tempdir_in(directory)?;
                let _ = fs::rename(to, aside.path().join("damaged"));
                failed.file.persist(to).map(drop).map_err(|e| e.error)
            })
        };
        attempt().map_err(|source| StoreError {
            directory: self.root.clone(),
            source,
        })
    }
}

/// How files begin that are being written.
const NEW: &str = ".new-";

/// Makes a directory of the store, even where damage put a file in its place.
fn make_directory(directory: &Path, root: &Path) -> io::Result<()> {
    fs::create_dir_all(directory).or_else(|error| {
        let is_file = |path: &&Path| path.symlink_metadata().is_ok_and(|meta| !meta.is_dir());
        let below = directory.ancestors().take_while(|path| *path != root);
        match below.filter(is_file).last() {
            Some(file) => fs::remove_file(file).and_then(|()| fs::create_dir_all(directory)),
            None => Err(error),
        }
    })
}

/// The content of a regular file. Nothing else is waited for.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut content = Vec::with_capacity(meta.len() as usize);
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Notes that a file was of use, at most once a day; true where that was due.
pub fn used(place: &Path) -> bool {
    let since = place.metadata().and_then(|meta| meta.modified());
    let due = since.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > DAY));
    due && File::open(place).is_ok_and(|file| file.set_modified(SystemTime::now()).is_ok())
}

/// The digest of a record: of its content and of the key it stands under.
fn seal(key: &str, body: &[u8]) -> String {
    let mut sha = Sha256::new();
    sha.update(key);
    sha.update(b"\n");
    sha.update(body);
    hex(&sha.finalize())
}

/// What a record holds, if it is whole and in its place.
fn unsealed<'a>(key: &str, content: &'a [u8]) -> Option<&'a [u8]> {
    let (digest, body) = content.strip_prefix(MAGIC)?.split_at_checked(64)?;
    let body = body.strip_prefix(b"\n")?;
    (seal(key, body).as_bytes() == digest).then_some(body)
}

/// sha256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The key of anything that can be written as JSON: equal content, equal key.
pub fn key_of(content: &impl Serialize) -> String {
    // Plain data without maps keyed by anything but text: it can always be written.
    digest(&serde_json::to_vec(content).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        (dir, store)
    }

    #[test]
    fn what_is_kept_is_found() {
        let (_dir, store) = store();
        let key = digest(b"key");
        assert_eq!(store.get::<Vec<u32>>(&key), None);
        store.keep(&key, &vec![1, 2, 3]).unwrap();
        assert_eq!(store.get::<Vec<u32>>(&key), Some(vec![1, 2, 3]));
        assert!(store.damaged().is_empty());
        assert_eq!(store.get::<String>(&key), None, "of another layout");
        assert!(store.damaged().is_empty());
    }

    #[test]
    fn a_damaged_record_is_absent_and_told_and_made_again() {
        let (_dir, store) = store();
        let key = digest(b"key");
        store.keep(&key, &vec![1, 2, 3]).unwrap();
        let file = store.place(Kind::Measures, &key).unwrap();
        let whole = fs::read(&file).unwrap();
        for end in 0..whole.len() {
            fs::write(&file, &whole[..end]).unwrap();
            assert_eq!(store.get::<Vec<u32>>(&key), None, "cut at {end}");
            assert_eq!(store.damaged().len(), 1);
        }
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            fs::write(&file, changed).unwrap();
            assert_eq!(store.get::<Vec<u32>>(&key), None, "bit {bit}");
        }
        store.keep(&key, &vec![4]).unwrap();
        assert_eq!(store.get::<Vec<u32>>(&key), Some(vec![4]));
    }

    #[test]
    fn a_record_in_the_place_of_another_is_not_believed() {
        let (_dir, store) = store();
        let (one, two) = (digest(b"one"), digest(b"two"));
        store.keep(&one, &1).unwrap();
        store.keep(&two, &2).unwrap();
        let place = |key| store.place(Kind::Measures, key).unwrap();
        fs::copy(place(&one), place(&two)).unwrap();
        assert_eq!(store.get::<u32>(&two), None);
        assert_eq!(store.get::<u32>(&one), Some(1));
    }

    #[test]
    fn what_is_no_file_is_replaced() {
        let (dir, store) = store();
        let key = digest(b"key");
        let place = store.place(Kind::Measures, &key).unwrap();
        fs::create_dir_all(place.join("deeper")).unwrap();
        assert_eq!(store.get::<u32>(&key), None);
        assert_eq!(store.damaged().len(), 1);
        store.keep(&key, &1).unwrap();
        assert_eq!(store.get::<u32>(&key), Some(1));
        fs::remove_dir_all(dir.path().join("measures")).unwrap();
        fs::write(dir.path().join("measures"), "").unwrap();
        store.keep(&key, &1).unwrap();
        assert_eq!(store.get::<u32>(&key), Some(1));
        fs::remove_file(&place).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &place,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(store.get::<u32>(&key), None, "nobody waits for a pipe");
    }

    #[test]
    fn a_damaged_output_is_absent_until_it_is_kept_again() {
        let (dir, store) = store();
        let source = dir.path().join("source");
        fs::write(&source, "out").unwrap();
        let key = digest(b"out");
        store.keep_blob(&key, &source).unwrap();
        assert_eq!(store.blob(&key).as_deref(), Some(b"out".as_slice()));
        fs::write(store.place(Kind::Outputs, &key).unwrap(), "oth").unwrap();
        assert_eq!(store.blob(&key), None);
        store.keep_blob(&key, &source).unwrap();
        assert_eq!(store.blob(&key).as_deref(), Some(b"out".as_slice()));
    }

    #[test]
    fn inputs_are_found_by_what_they_are() {
        let (_dir, store) = store();
        let key = store.keep_inputs(b"{}").unwrap();
        assert_eq!(key, digest(b"{}"));
        assert_eq!(store.inputs(&key).as_deref(), Some(b"{}".as_slice()));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Store::new(&file).keep(&digest(b"k"), &1).unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()));
    }
}
