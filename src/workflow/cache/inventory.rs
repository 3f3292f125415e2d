//! Everything there is in the cache, with what it takes and how it is removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Held, Kind};
use crate::gates::cache::Store;
use crate::gates::cache::usage::{Entry, is_abandoned, is_hex, size_of};
use crate::gates::scratch;
use crate::gates::toolchain::Installed;
use crate::repo::checkout::{self, KeptCheckout};

const EVIDENCE: &str = "evidence";
pub(super) const TREES: &str = "trees";
const IMPORTS: &str = "imports";
const TOOLS: &str = "tools";
pub(super) const SCRATCH: &str = "scratch";

/// What gates concluded, measured and wrote.
pub(super) fn store(directory: &Path) -> Store {
    Store::new(directory.join(EVIDENCE))
}

/// Something that can be taken out.
pub(super) struct Item {
    pub kind: Kind,
    pub bytes: u64,
    pub used: SystemTime,
    pub in_use: bool,
    what: What,
}

enum What {
    Entry(Entry),
    Checkout(KeptCheckout),
    Tools(Installed),
    Scratch(scratch::Found),
    Imports(PathBuf),
    Compiled(PathBuf),
}

/// Everything there is.
pub(super) struct Inventory {
    pub items: Vec<Item>,
    /// What cannot be taken out by itself.
    pub fixed: Vec<Held>,
    /// When the oldest run began that is going on.
    pub since: Option<SystemTime>,
}

impl Item {
    /// False where somebody has it in their hands.
    pub fn remove(&self, directory: &Path) -> io::Result<bool> {
        let result = match &self.what {
            What::Entry(entry) => store(directory).remove(entry),
            What::Checkout(kept) => kept.remove(),
            What::Tools(installed) => installed.remove(),
            What::Scratch(found) => {
                found.remove();
                Ok(true)
            }
            What::Imports(file) => match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(true),
            },
            What::Compiled(kept) => remove_whole(kept),
        };
        result.map_err(|error| io::Error::other(format!("{}: {error}", self.place().display())))
    }

    fn place(&self) -> &Path {
        match &self.what {
            What::Entry(entry) => &entry.path,
            What::Checkout(kept) => &kept.path,
            What::Tools(installed) => &installed.dir,
            What::Scratch(found) => &found.path,
            What::Imports(path) | What::Compiled(path) => path,
        }
    }
}

impl Inventory {
    /// Looks at all of it.
    pub fn of(directory: &Path) -> Self {
        // First: what is written after this is not on the list.
        let runs = scratch::all(&directory.join(SCRATCH));
        let since = runs.iter().filter(|run| run.live).map(|run| run.since);
        let since = since.min();
        let mut items = Vec::new();
        let store = store(directory);
        items.extend(store.entries().into_iter().map(|entry| Item {
            kind: entry.kind.into(),
            bytes: entry.bytes,
            used: entry.used,
            in_use: since.is_some_and(|since| entry.used >= since),
            what: What::Entry(entry),
        }));
        let checkouts = checkout::kept(&directory.join(TREES));
        items.extend(checkouts.into_iter().map(|kept| Item {
            kind: Kind::Checkouts,
            bytes: size_of(&kept.path),
            used: kept.used,
            in_use: false, // one in use is in a scratch directory
            what: What::Checkout(kept),
        }));
        let tools = Installed::all(&directory.join(TOOLS));
        items.extend(tools.into_iter().map(|installed| Item {
            kind: Kind::Tools,
            bytes: size_of(&installed.dir),
            used: installed.used,
            in_use: installed.in_use(),
            what: What::Tools(installed),
        }));
        items.extend(runs.into_iter().map(|run| Item {
            kind: Kind::Scratch,
            bytes: size_of(&run.path),
            used: run.since,
            in_use: run.live,
            what: What::Scratch(run),
        }));
        items.extend(indexes(&directory.join(IMPORTS)));
        items.extend(compiled(&directory.join(TOOLS), since.is_some()));
        let (entries, bytes) = store.latest_usage();
        let latest = held(Kind::Latest, entries, bytes);
        Self {
            items,
            fixed: vec![latest, other(directory)],
            since,
        }
    }
}

/// So many of a kind, of which no more is known.
pub(super) fn held(kind: Kind, entries: usize, bytes: u64) -> Held {
    Held {
        kind,
        entries,
        bytes,
        oldest: None,
        in_use: 0,
    }
}

/// The files that say what files import.
fn indexes(directory: &Path) -> Vec<Item> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let path = entry.path();
        let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        let used = meta.modified().ok()?;
        let begun = path.file_name()?.to_str()?.starts_with(".tmp") && is_abandoned(used);
        let whole = path.extension()? == "bin" && is_hex(&path.with_extension(""), 16);
        (begun || whole).then(|| Item {
            kind: Kind::Imports,
            bytes: size_of(&path),
            used,
            in_use: false,
            what: What::Imports(path),
        })
    });
    found.collect()
}

/// What Python and mypy need not find out again. `running`: a run may use it.
fn compiled(tools: &Path, running: bool) -> Vec<Item> {
    let list = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let pairs = |path: &Path| {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        let parts = name.and_then(|name| name.split_once('-'));
        parts.is_some_and(|(a, b)| is_hex(Path::new(a), 16) && is_hex(Path::new(b), 16))
    };
    let mut found = list(&tools.join("compiled"));
    found.retain(|path| pairs(path));
    let mut types = list(&tools.join("typeshed"));
    types.retain(|path| is_hex(path, 32));
    found.extend(types);
    let item = |path: PathBuf| {
        let manifest = path.join("manifest.json").symlink_metadata();
        let meta = manifest.or_else(|_| path.symlink_metadata()).ok()?;
        Some(Item {
            kind: Kind::Compiled,
            bytes: size_of(&path),
            used: meta.modified().ok()?,
            in_use: running,
            what: What::Compiled(path),
        })
    };
    found.into_iter().filter_map(item).collect()
}

/// Removes a directory so that nobody finds half of it.
fn remove_whole(path: &Path) -> io::Result<bool> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let aside = tempfile::Builder::new()
        .prefix(".old-")
        .tempdir_in(parent)?;
    match fs::rename(path, aside.path().join("kept")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => aside.close().map(|()| true),
    }
}

/// What lies in the cache's directory and is none of ours.
fn other(directory: &Path) -> Held {
    const OURS: [&str; 5] = [EVIDENCE, TREES, IMPORTS, TOOLS, SCRATCH];
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let other = entries.filter(|entry| !OURS.iter().any(|ours| entry.file_name() == *ours));
    let (mut count, mut bytes) = (0, 0);
    for entry in other {
        count += 1;
        bytes += size_of(&entry.path());
    }
    held(Kind::Other, count, bytes)
}
