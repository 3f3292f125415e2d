//! The newest evidence of each gate for each module.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::digest;
use crate::promotion::{GateId, RepoPath};

/// The newest evidence of a repository's modules.
#[derive(Clone, Debug)]
pub struct Latest {
    directory: PathBuf,
    known: HashSet<String>,
    modules: HashSet<String>,
}

impl Latest {
    pub(super) fn of(root: &Path, repository: &str) -> Self {
        let directory = directory(root, repository);
        let known: HashSet<String> = fs::read_dir(&directory)
            .map(|entries| {
                entries
                    .flatten()
                    .filter_map(|e| e.file_name().into_string().ok())
                    .collect()
            })
            .unwrap_or_default();
        let modules = known
            .iter()
            .filter_map(|name| name.get(..32).map(str::to_owned))
            .collect();
        Self {
            directory,
            known,
            modules,
        }
    }

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

/// Where the key of the newest evidence is.
pub(super) fn place(root: &Path, repository: &str, module: &RepoPath, gate: &GateId) -> PathBuf {
    directory(root, repository).join(pointer(module, gate))
}

fn directory(root: &Path, repository: &str) -> PathBuf {
    let id = digest(repository.as_bytes());
    root.join("latest").join(&id[..32])
}

fn pointer(module: &RepoPath, gate: &GateId) -> String {
    format!("{}-{gate}", &digest(module.as_bytes())[..32])
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn the_newest_is_found_by_module_gate_and_repository() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let (module, gate) = (RepoPath::from("candidate/x"), GateId::new("lint"));
        store.set_latest("a", &module, &gate, "k1").unwrap();
        store.set_latest("a", &module, &gate, "k2").unwrap();
        assert_eq!(store.latest("a").key(&module, &gate).as_deref(), Some("k2"));
        assert_eq!(store.latest("b").key(&module, &gate), None);
        assert_eq!(store.latest("a").key(&"candidate".into(), &gate), None);
    }
}
