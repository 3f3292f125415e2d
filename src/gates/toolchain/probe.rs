//! What an environment has, asked once: the answer is kept until the
//! interpreter or its packages change.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::gates::cache::{Store, key_of};

/// What an environment says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Python's version.
    pub python: String,
    /// `cpython`, `pypy`, …
    pub implementation: String,
    /// What the names of its compiled files end in.
    pub cache_tag: Option<String>,
    /// The interpreter itself: what was asked may be a script that finds it.
    pub command: PathBuf,
    /// The same, links resolved.
    pub executable: PathBuf,
    /// Where it and its standard library live.
    pub prefixes: Vec<PathBuf>,
    /// Where it imports from.
    pub path: Vec<PathBuf>,
    /// Where its packages are.
    pub site: PathBuf,
    /// Where its console scripts are.
    pub scripts: PathBuf,
    /// The version of each tool it has.
    pub tools: BTreeMap<String, String>,
    /// A digest of everything installed in it, with versions.
    pub packages: String,
}

/// The answer with what it holds for.
#[derive(Serialize, Deserialize)]
struct Record {
    facts: Facts,
    site: Stamp,
}

/// Changes whenever a file is replaced, or a directory gains or loses an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    path: PathBuf,
    seconds: i64,
    nanoseconds: i64,
    size: u64,
    inode: u64,
}

impl Stamp {
    pub fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        Some(Self {
            path: path.to_owned(),
            seconds: meta.mtime(),
            nanoseconds: meta.mtime_nsec(),
            size: meta.len(),
            inode: meta.ino(),
        })
    }
}

/// The key under which the answer of `python` is kept.
fn key(python: &Path) -> Option<String> {
    Some(key_of(&("python facts", 4, Stamp::of(python)?)))
}

/// What is known of `python` without starting it.
pub fn known(store: &Store, python: &Path) -> Option<Facts> {
    let record: Record = store.get(&key(python)?)?;
    (Stamp::of(&record.facts.site).as_ref() == Some(&record.site)).then_some(record.facts)
}

/// Reads the answer of `probe.py` and keeps it. Not being able to keep it only
/// costs time.
pub fn learn(store: &Store, python: &Path, answer: &[u8]) -> Option<Facts> {
    let facts: Facts = serde_json::from_slice(answer).ok()?;
    if let (Some(key), Some(site)) = (key(python), Stamp::of(&facts.site)) {
        let facts = facts.clone();
        let _ = store.keep(&key, &Record { facts, site });
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_packages_change() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("store"));
        let site = dir.path().join("site");
        std::fs::create_dir(&site).unwrap();
        let python = dir.path().join("python");
        std::fs::write(&python, "").unwrap();
        let answer = serde_json::json!({
            "python": "3.12.1", "implementation": "cpython",
            "command": "/usr/bin/python3", "executable": "/usr/bin/python3",
            "prefixes": [], "path": [], "site": site, "scripts": "/usr/bin",
            "tools": {"ruff": "0.17.6"}, "packages": "f00d",
        });
        assert_eq!(known(&store, &python), None);
        assert_eq!(learn(&store, &python, b"not json"), None);
        learn(&store, &python, answer.to_string().as_bytes()).unwrap();
        assert_eq!(known(&store, &python).unwrap().tools["ruff"], "0.17.6");
        std::fs::create_dir(site.join("new-1.0.dist-info")).unwrap();
        assert_eq!(known(&store, &python), None);
    }
}
