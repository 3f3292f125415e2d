//! Python's compiled files of an environment, where tools may use them.
//!
//! Compiled files that lie in a tree under test must never be used: they may say
//! something else than the source beside them. So Python is told to look for all
//! of them below a directory of ours, and without more it would compile its own
//! library, and the tools, at every start: most of what a tool takes. Here that
//! directory is filled with links to what the environment itself has, and with
//! nothing else. Tools can read it and not write to it.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::probe::{Facts, Stamp};
use crate::gates::cache::key_of;

/// What is left out of the standard library: other packages, and what no tool needs.
const NOT_OF_THE_LIBRARY: [&str; 6] = [
    "site-packages",
    "dist-packages",
    "test",
    "idlelib",
    "turtledemo",
    "__pycache__",
];
/// More links than this are not made; what is left out is only slower.
const MOST: usize = 100_000;

/// The directory, for environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    prefix: PathBuf,
    roots: Vec<PathBuf>,
}

impl Compiled {
    /// Makes it below `directory`, unless it is there.
    pub fn make(directory: &Path, environments: &[Facts]) -> io::Result<Self> {
        let mut roots: Vec<(PathBuf, &str)> = Vec::new();
        for facts in environments {
            let tag = facts.cache_tag.as_deref();
            let paths = facts.path.iter().filter(|path| path.is_dir());
            // An environment may be reached through a link; its scripts name it themselves.
            let paths = paths.flat_map(|path| [Some(path.clone()), path.canonicalize().ok()]);
            roots.extend(paths.flatten().zip(tag.into_iter().cycle()));
        }
        roots.sort();
        roots.dedup();
        let place = key_of(&("compiled", 1, &roots));
        let stamps: Vec<_> = roots.iter().map(|(root, _)| Stamp::of(root)).collect();
        let name = format!("{}-{}", &place[..16], &key_of(&stamps)[..16]);
        let prefix = directory.join(&name);
        if !prefix.is_dir() {
            fs::create_dir_all(directory)?;
            forget(directory, &place[..16]);
            let making = tempfile::Builder::new()
                .prefix(".new-")
                .tempdir_in(directory)?;
            let mut left = MOST;
            for (root, tag) in &roots {
                let library = root.join("os.py").exists();
                link(root, making.path(), tag, library, &mut left)?;
            }
            match fs::rename(making.path(), &prefix) {
                Ok(()) => drop(making.keep()),
                Err(_) if prefix.is_dir() => {} // another process was faster
                Err(error) => return Err(error),
            }
        }
        let roots = roots.into_iter().map(|(root, _)| root);
        Ok(Self {
            prefix,
            roots: outermost(roots.collect()),
        })
    }

    /// What `PYTHONPYCACHEPREFIX` is to name.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Makes the same visible below `own`, which may be written to beside it: for
    /// code that compiles files itself. What that code changes there must not be
    /// used for anything else.
    pub fn show_in(&self, own: &Path) -> io::Result<()> {
        for root in &self.roots {
            let there = below(own, root);
            if let Some(parent) = there.parent() {
                fs::create_dir_all(parent)?;
            }
            symlink(below(&self.prefix, root), there)?;
        }
        Ok(())
    }
}

/// An absolute path as Python finds it below a prefix.
fn below(prefix: &Path, path: &Path) -> PathBuf {
    prefix.join(path.strip_prefix("/").unwrap_or(path))
}

/// Those that lie in no other one.
fn outermost(mut roots: Vec<PathBuf>) -> Vec<PathBuf> {
    roots.sort();
    roots.dedup_by(|later, earlier| later.starts_with(earlier));
    roots
}

/// What was made for the same environments when they were different.
fn forget(directory: &Path, place: &str) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(place) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A link for every source file below `dir`, whether it is compiled yet or not.
/// Python checks what it finds against the source.
fn link(dir: &Path, prefix: &Path, tag: &str, library: bool, left: &mut usize) -> io::Result<()> {
    let there = below(prefix, dir);
    fs::create_dir_all(&there)?;
    let Ok(entries) = fs::read_dir(dir) else {
        return Ok(()); // nothing that could be imported either
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let Some(text) = name.to_str() else { continue };
        if kind.is_dir() {
            let skipped = match library {
                true => NOT_OF_THE_LIBRARY.contains(&text),
                false => text == "__pycache__",
            };
            if !skipped {
                link(&entry.path(), prefix, tag, false, left)?;
            }
        } else if let Some(stem) = text.strip_suffix(".py")
            && *left > 0
        {
            *left -= 1;
            let compiled = format!("{stem}.{tag}.pyc");
            let from = dir.join("__pycache__").join(&compiled);
            match symlink(from, there.join(compiled)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &[&Path]) -> Facts {
        let path: Vec<_> = path.to_vec();
        let value = serde_json::json!({
            "python": "3.12.1", "implementation": "cpython", "cache_tag": "cpython-312",
            "command": "/usr/bin/python3", "executable": "/usr/bin/python3",
            "prefixes": [], "path": path, "site": "/", "scripts": "/usr/bin", "tools": {},
            "packages": "",
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_source_has_its_link_and_packages_of_others_have_none() {
        let dir = tempfile::tempdir().unwrap();
        let library = dir.path().join("lib");
        let site = library.join("site-packages");
        fs::create_dir_all(library.join("json/__pycache__")).unwrap();
        fs::create_dir_all(site.join("other")).unwrap();
        for file in ["os.py", "json/decoder.py", "site-packages/other/a.py"] {
            fs::write(library.join(file), "").unwrap();
        }
        let pyc = library.join("json/__pycache__/decoder.cpython-312.pyc");
        fs::write(&pyc, "compiled").unwrap();
        let at = dir.path().join("compiled");
        let made = Compiled::make(&at, &[facts(&[&library])]).unwrap();
        let linked = below(made.prefix(), &library);
        let decoder = linked.join("json/decoder.cpython-312.pyc");
        assert_eq!(fs::read(decoder).unwrap(), b"compiled");
        assert!(linked.join("os.cpython-312.pyc").is_symlink());
        assert!(!linked.join("site-packages").exists());
        assert!(!linked.join("json/__pycache__").exists());

        let both = Compiled::make(&at, &[facts(&[&library, &site])]).unwrap();
        assert_ne!(both, made);
        assert!(below(both.prefix(), &site).join("other").is_dir());

        let own = dir.path().join("own");
        both.show_in(&own).unwrap();
        let through = below(&own, &library).join("json/decoder.cpython-312.pyc");
        assert_eq!(fs::read(through).unwrap(), b"compiled");
    }

    #[test]
    fn it_is_made_anew_when_the_environment_changed() {
        let dir = tempfile::tempdir().unwrap();
        let site = dir.path().join("site");
        fs::create_dir(&site).unwrap();
        let at = dir.path().join("compiled");
        let one = Compiled::make(&at, &[facts(&[&site])]).unwrap();
        assert_eq!(Compiled::make(&at, &[facts(&[&site])]).unwrap(), one);
        fs::write(site.join("new.py"), "").unwrap();
        let other = Compiled::make(&at, &[facts(&[&site])]).unwrap();
        let link = below(other.prefix(), &site).join("new.cpython-312.pyc");
        assert!(link.is_symlink());
        assert!(!one.prefix().exists());
        assert_eq!(fs::read_dir(&at).unwrap().count(), 1);
    }
}
