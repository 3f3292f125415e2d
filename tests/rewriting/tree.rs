//! A tree of Python files in memory, indexed by us and run by Python.

use std::collections::{BTreeMap, HashMap};
use std::process::Command;

use countersign::promotion::{ObjectId, RepoPath};
use countersign::python::{Blob, BlobSource, Index, Options, SourceFile};

/// Files by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Their contents.
    pub files: BTreeMap<RepoPath, Vec<u8>>,
}

struct Contents<'a>(Vec<&'a [u8]>);

impl BlobSource for Contents<'_> {
    fn read_each(
        &self,
        next: &mut dyn FnMut() -> Option<ObjectId>,
        each: &mut dyn FnMut(ObjectId, Blob<'_>),
    ) {
        while let Some(id) = next() {
            let at = u32::from_be_bytes(id.as_bytes()[..4].try_into().unwrap());
            each(id, Blob::Content(self.0[at as usize]));
        }
    }
}

impl Tree {
    /// Adds a file.
    pub fn add(&mut self, path: &str, source: &str) {
        self.files.insert(path.into(), source.as_bytes().to_vec());
    }

    /// What imports what.
    pub fn index(&self) -> Index {
        let id = |at: usize| {
            let mut bytes = [0; 20];
            bytes[..4].copy_from_slice(&(at as u32).to_be_bytes());
            ObjectId::from_bytes(bytes)
        };
        let files = self.files.keys().enumerate();
        let files = files.map(|(at, path)| SourceFile {
            path: path.clone(),
            blob: id(at),
        });
        let options = Options {
            roots: vec!["".into()],
            lanes: vec!["candidate".into(), "pkg/sandbox".into()],
            tests: Vec::new(),
        };
        let contents = Contents(self.files.values().map(Vec::as_slice).collect());
        Index::build(files.collect(), options, &contents, None)
    }

    /// What comes of importing each of these files.
    pub fn run(&self, paths: &[RepoPath]) -> HashMap<RepoPath, serde_json::Value> {
        let dir = tempfile::tempdir().unwrap();
        for (path, source) in &self.files {
            let at = dir.path().join(path.to_fs());
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, source).unwrap();
        }
        let names: Vec<String> = paths.iter().map(|path| path.dotted().unwrap()).collect();
        let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rewriting/driver.py");
        let output = Command::new("python3")
            .args(["-I", driver, dir.path().to_str().unwrap()])
            .args(&names)
            .current_dir(dir.path())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let found: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"));
        let found = paths.iter().map(|path| {
            let mut outcome = found[&path.dotted().unwrap()].clone();
            // The name of a module in a message may well differ.
            if outcome[0] == "failed" {
                outcome[2] = "".into();
            }
            (path.clone(), outcome)
        });
        found.collect()
    }
}
