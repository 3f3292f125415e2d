//! What a module offers to others, read from its source.

mod class;
mod function;
mod imports;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::syntax;
use crate::gates::subject::{Subject, import_root};
use crate::promotion::RepoPath;
use crate::promotion::api::Api;

pub use read::Read;

/// A module's files that are not tests, with what was read of them.
#[derive(Debug, Default)]
pub struct Public {
    /// By their names below the module, as in [`Api::files`].
    pub files: BTreeMap<String, Found>,
}

/// One file.
#[derive(Debug)]
pub struct Found {
    /// Where it is.
    pub path: RepoPath,
    /// True where others may import it.
    pub public: bool,
    /// What it has; `None` where it does not parse.
    pub read: Option<Read>,
}

/// Where a file stands in its module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The parts of the module's dotted name.
    pub module: &'a [String],
    /// The file's name below it.
    pub file: &'a str,
    /// True for an `__init__.py`.
    pub is_package: bool,
    /// The names of all files below the module.
    pub files: &'a BTreeSet<String>,
}

impl Public {
    /// Reads the files of a subject; recurses through syntax.
    pub fn of(subject: &Subject) -> Self {
        Self::at(&subject.tree, &subject.module, &subject.files)
    }

    /// Reads these files of the module at `module`.
    pub fn at(tree: &Path, module: &RepoPath, files: &[RepoPath]) -> Self {
        let root = import_root(module, tree);
        let dotted = module.strip(&root).unwrap_or_else(|| module.clone());
        let read = |path: &RepoPath| std::fs::read(tree.join(path.to_fs())).ok();
        Self::with(module, &dotted.dotted().unwrap_or_default(), files, &read)
    }

    /// The same wherever contents come from; `dotted` is the module's name.
    pub fn with(
        module: &RepoPath,
        dotted: &str,
        files: &[RepoPath],
        content: &dyn Fn(&RepoPath) -> Option<Vec<u8>>,
    ) -> Self {
        let mut named: BTreeMap<String, &RepoPath> = BTreeMap::new();
        for path in files {
            let Some(rest) = path.strip(module).filter(|rest| !is_test(rest)) else {
                continue;
            };
            let name = file_name(&rest);
            // A stub speaks for what has no source.
            let is_stub = path.as_bytes().ends_with(b".pyi");
            if !is_stub || !named.contains_key(&name) {
                named.insert(name, path);
            }
        }
        let names: BTreeSet<String> = named.keys().cloned().collect();
        let parts: Vec<String> = dotted.split('.').map(str::to_owned).collect();
        let files = named.into_iter().map(|(name, path)| {
            let place = Place {
                module: &parts,
                file: &name,
                is_package: path.name().starts_with(b"__init__."),
                files: &names,
            };
            let read = content(path)
                .and_then(|content| syntax::read(&content, |source| read::file(source, place)));
            let found = Found {
                path: path.clone(),
                public: is_public(&name),
                read,
            };
            (name, found)
        });
        Self {
            files: files.collect(),
        }
    }

    /// The files that could not be read.
    pub fn unread(&self) -> impl Iterator<Item = &RepoPath> {
        let unread = self.files.values().filter(|found| found.read.is_none());
        unread.map(|found| &found.path)
    }

    /// What others may use; of what does not parse, nothing.
    pub fn api(&self) -> Api {
        let files = self.files.iter().filter_map(|(name, found)| {
            let read = found.read.as_ref()?;
            let mut file = read.file.clone();
            file.path = found.path.clone();
            // `python -m` runs it, nobody imports it.
            file.public = found.public && !is_main(name);
            Some((name.clone(), file))
        });
        Api {
            files: files.collect(),
        }
    }
}

/// The name of a file below its module, from its path there.
fn file_name(rest: &RepoPath) -> String {
    match rest.is_root() {
        true => String::new(),
        false => rest
            .dotted()
            .unwrap_or_else(|| String::from_utf8_lossy(rest.as_bytes()).replace('/', ".")),
    }
}

/// True for what only tests use, by its path below the module.
fn is_test(rest: &RepoPath) -> bool {
    let mut parts = rest.as_bytes().split(|b| *b == b'/').rev();
    let name = parts.next().unwrap_or_default();
    name == b"conftest.py"
        || name.starts_with(b"test_")
        || name.ends_with(b"_test.py")
        || parts.any(|part| part == b"tests" || part == b"test")
}

fn is_public(name: &str) -> bool {
    let private = |part: &str| part.starts_with('_') && part != "__main__";
    !name.split('.').any(private)
}

fn is_main(name: &str) -> bool {
    name == "__main__" || name.ends_with(".__main__")
}

#[cfg(test)]
mod tests;
