//! The evidence store: content-addressed files that can be deleted at any time.
//!
//! Everything is written to a temporary file, flushed to the disk and renamed;
//! records carry their own checksum. So what is half written, damaged or of
//! another version reads as absent, and never as evidence.
//!
//! ```text
//! blobs/ab/cdef…         what tools wrote, by sha256
//! records/ab/cdef…       evidence and measurements, by key
//! latest/<repo>/<module>-<gate>   the key of the newest evidence
//! ```

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::process::hex;
use crate::promotion::{GateId, RepoPath};

/// A store below one directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
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

impl Store {
    /// The store below `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Keeps a file under its sha256, which the caller knows.
    pub fn keep_blob(&self, sha256: &str, file: &Path) -> Result<(), StoreError> {
        let Some(to) = self.place("blobs", sha256) else {
            return Ok(());
        };
        if to.exists() {
            return Ok(());
        }
        self.atomically(&to, |out| io::copy(&mut File::open(file)?, out).map(|_| ()))
    }

    /// The content of a blob; `None` where it is absent or damaged.
    pub fn blob(&self, sha256: &str) -> Option<Vec<u8>> {
        let content = fs::read(self.place("blobs", sha256)?).ok()?;
        (digest(&content) == sha256).then_some(content)
    }

    /// Keeps a record under a key (lower-case hexadecimal).
    pub fn keep(&self, key: &str, record: &impl Serialize) -> Result<(), StoreError> {
        let Some(to) = self.place("records", key) else {
            return Ok(());
        };
        self.atomically(&to, |out| {
            let body = serde_json::to_vec(record)?;
            out.write_all(digest(&body).as_bytes())?;
            out.write_all(b"\n")?;
            out.write_all(&body)
        })
    }

    /// The record of a key; `None` where it is absent, damaged or of another layout.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let content = fs::read(self.place("records", key)?).ok()?;
        let (checksum, body) = content.split_at_checked(64)?;
        let body = body.strip_prefix(b"\n")?;
        (digest(body).as_bytes() == checksum).then_some(())?;
        serde_json::from_slice(body).ok()
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
        let to = self.latest_dir(repository).join(pointer(module, gate));
        self.atomically(&to, |out| out.write_all(key.as_bytes()))
    }

    /// What is known of a repository, listed once.
    pub fn latest(&self, repository: &str) -> Latest {
        let directory = self.latest_dir(repository);
        let known = fs::read_dir(&directory)
            .map(|entries| {
                entries
                    .flatten()
                    .filter_map(|e| e.file_name().into_string().ok())
                    .collect()
            })
            .unwrap_or_default();
        let known: HashSet<String> = known;
        let modules = known
            .iter()
            .filter_map(|name| name.get(..32).map(str::to_owned))
            .collect();
        Latest {
            directory,
            known,
            modules,
        }
    }

    fn latest_dir(&self, repository: &str) -> PathBuf {
        let id = digest(repository.as_bytes());
        self.root.join("latest").join(&id[..32])
    }

    fn place(&self, kind: &str, key: &str) -> Option<PathBuf> {
        let valid = key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit());
        valid.then(|| self.root.join(kind).join(&key[..2]).join(&key[2..]))
    }

    /// Writes beside the goal, flushes, renames: it is there whole or not at all.
    fn atomically(
        &self,
        to: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let directory = to.parent().unwrap_or(&self.root);
        let attempt = || -> io::Result<()> {
            fs::create_dir_all(directory)?;
            let mut file = tempfile::Builder::new()
                .prefix(".new-")
                .tempfile_in(directory)?;
            write(file.as_file_mut())?;
            file.as_file().sync_all()?;
            file.persist(to).map_err(|error| error.error)?;
            File::open(directory)?.sync_all()
        };
        attempt().map_err(|source| StoreError {
            directory: self.root.clone(),
            source,
        })
    }
}

/// The newest evidence of a repository's modules.
#[derive(Clone, Debug)]
pub struct Latest {
    directory: PathBuf,
    known: HashSet<String>,
    modules: HashSet<String>,
}

impl Latest {
    /// True where nothing was ever checked.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// True where some gate was run on a module.
    pub fn any(&self, module: &RepoPath) -> bool {
        self.modules.contains(&digest(module.as_bytes())[..32])
    }

    /// The key of the newest evidence of a gate for a module.
    pub fn key(&self, module: &RepoPath, gate: &GateId) -> Option<String> {
        let name = pointer(module, gate);
        if !self.known.contains(&name) {
            return None;
        }
        fs::read_to_string(self.directory.join(name)).ok()
    }
}

fn pointer(module: &RepoPath, gate: &GateId) -> String {
    format!("{}-{gate}", &digest(module.as_bytes())[..32])
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
    }

    #[test]
    fn a_damaged_record_is_absent() {
        let (dir, store) = store();
        let key = digest(b"key");
        store.keep(&key, &vec![1, 2, 3]).unwrap();
        let file = dir.path().join("records").join(&key[..2]).join(&key[2..]);
        let whole = fs::read(&file).unwrap();
        for end in 0..whole.len() {
            fs::write(&file, &whole[..end]).unwrap();
            assert_eq!(store.get::<Vec<u32>>(&key), None, "cut at {end}");
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&file, changed).unwrap();
        assert_eq!(store.get::<Vec<u32>>(&key), None);
    }

    #[test]
    fn a_damaged_blob_is_absent() {
        let (dir, store) = store();
        let source = dir.path().join("source");
        fs::write(&source, "out").unwrap();
        let key = digest(b"out");
        store.keep_blob(&key, &source).unwrap();
        assert_eq!(store.blob(&key).as_deref(), Some(b"out".as_slice()));
        fs::write(store.place("blobs", &key).unwrap(), "oth").unwrap();
        assert_eq!(store.blob(&key), None);
    }

    #[test]
    fn the_newest_is_found_by_module_gate_and_repository() {
        let (_dir, store) = store();
        let (module, gate) = (RepoPath::from("candidate/x"), GateId::new("lint"));
        store.set_latest("a", &module, &gate, "k1").unwrap();
        store.set_latest("a", &module, &gate, "k2").unwrap();
        assert_eq!(store.latest("a").key(&module, &gate).as_deref(), Some("k2"));
        assert_eq!(store.latest("b").key(&module, &gate), None);
        assert_eq!(store.latest("a").key(&"candidate".into(), &gate), None);
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
