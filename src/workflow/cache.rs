//! What is kept in the cache, and taking out of it what was of no use for longest.
//!
//! Any number of processes may be at work meanwhile. What one of them finds
//! absent it makes again; what one has in its hands is left alone: scratch
//! directories and environments are locked, checkouts are taken by renaming
//! them, and of the store nothing goes that was written or of use since the
//! oldest run that is still going on began.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::gates::cache::usage::{self, Entry, is_abandoned, is_hex, size_of};
use crate::gates::cache::{self, Store};
use crate::gates::scratch;
use crate::gates::toolchain::Installed;
use crate::repo::checkout::{self, KeptCheckout};

use super::dirs::{self, NoHome};

/// Sorts of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What gates concluded.
    Evidence,
    /// What a conclusion depended on.
    Inputs,
    /// What gates measured, and other answers.
    Measures,
    /// What tools wrote.
    Outputs,
    /// Which evidence is the newest.
    Latest,
    /// Exported trees that are used again.
    Checkouts,
    /// What files import, by repository.
    Imports,
    /// Environments with tools.
    Tools,
    /// What Python and mypy need not find out again.
    Compiled,
    /// What runs of gates work in.
    Scratch,
    /// What Countersign does not know.
    Other,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Evidence,
        Self::Inputs,
        Self::Measures,
        Self::Outputs,
        Self::Latest,
        Self::Checkouts,
        Self::Imports,
        Self::Tools,
        Self::Compiled,
        Self::Scratch,
        Self::Other,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Inputs => "inputs",
            Self::Measures => "measures",
            Self::Outputs => "outputs",
            Self::Latest => "latest",
            Self::Checkouts => "checkouts",
            Self::Imports => "imports",
            Self::Tools => "tools",
            Self::Compiled => "compiled",
            Self::Scratch => "scratch",
            Self::Other => "other",
        }
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Evidence => "what gates concluded",
            Self::Inputs => "what that depended on",
            Self::Measures => "what gates measured",
            Self::Outputs => "what tools wrote",
            Self::Latest => "which evidence is the newest",
            Self::Checkouts => "exported trees, to be used again",
            Self::Imports => "what files import",
            Self::Tools => "environments with tools",
            Self::Compiled => "what Python and mypy know already",
            Self::Scratch => "what runs work in",
            Self::Other => "not known, left alone",
        }
    }
}

impl From<cache::Kind> for Kind {
    fn from(kind: cache::Kind) -> Self {
        match kind {
            cache::Kind::Evidence => Self::Evidence,
            cache::Kind::Inputs => Self::Inputs,
            cache::Kind::Measures => Self::Measures,
            cache::Kind::Outputs => Self::Outputs,
        }
    }
}

/// How much there is of a kind.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub entries: usize,
    /// What they take on the disk.
    pub bytes: u64,
    /// When the one was of use that was of no use for longest; noted once a day.
    pub oldest: Option<i64>,
    /// How many a running process has in its hands.
    pub in_use: usize,
}

/// What is in the cache.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    /// Where it is.
    pub directory: String,
    /// What all of it takes on the disk.
    pub bytes: u64,
    /// Each kind, whether there is any or not.
    pub kinds: Vec<Held>,
}

/// What is to be taken out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// What was of no use for so long.
    pub older_than: Option<Duration>,
    /// What was of no use for longest, until no more than so many bytes are left.
    pub max_bytes: Option<u64>,
    /// Everything that nobody uses.
    pub all: bool,
    /// Nothing: only say what would be.
    pub dry_run: bool,
}

/// What was taken out of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub entries: usize,
    /// What they took on the disk.
    pub bytes: u64,
}

/// What pruning did.
#[derive(Clone, Debug, Serialize)]
pub struct Pruned {
    /// Where the cache is.
    pub directory: String,
    /// True where nothing was done, but said.
    pub dry_run: bool,
    /// What was taken out, by kind; kinds of which nothing was are not named.
    pub removed: Vec<Removed>,
    /// How many were to go and were left, since a running process may need them.
    pub in_use: usize,
    /// What could not be taken out, and why.
    pub failed: Vec<String>,
    /// What is left takes so much.
    pub bytes: u64,
}

/// Something that can be taken out.
struct Item {
    kind: Kind,
    bytes: u64,
    used: SystemTime,
    in_use: bool,
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
struct Inventory {
    items: Vec<Item>,
    /// What cannot be taken out by itself.
    fixed: Vec<Held>,
    /// When the oldest run began that is going on.
    since: Option<SystemTime>,
}

/// What is in this person's cache.
pub fn usage() -> Result<Usage, NoHome> {
    let directory = dirs::cache_dir()?;
    let Inventory { items, fixed, .. } = Inventory::of(&directory);
    let kinds = Kind::ALL.map(|kind| {
        let mut held = Held {
            kind,
            entries: 0,
            bytes: 0,
            oldest: None,
            in_use: 0,
        };
        for item in items.iter().filter(|item| item.kind == kind) {
            held.entries += 1;
            held.bytes += item.bytes;
            held.in_use += usize::from(item.in_use);
            let used = seconds(item.used);
            held.oldest = Some(held.oldest.map_or(used, |oldest| oldest.min(used)));
        }
        for more in fixed.iter().filter(|held| held.kind == kind) {
            held.entries += more.entries;
            held.bytes += more.bytes;
        }
        held
    });
    Ok(Usage {
        directory: directory.display().to_string(),
        bytes: kinds.iter().map(|held| held.bytes).sum(),
        kinds: kinds.into(),
    })
}

/// Takes out of this person's cache what the rules say.
pub fn prune(rules: Rules) -> Result<Pruned, NoHome> {
    Ok(prune_in(&dirs::cache_dir()?, rules, SystemTime::now()))
}

fn prune_in(directory: &Path, rules: Rules, now: SystemTime) -> Pruned {
    let Inventory {
        mut items,
        fixed,
        since,
    } = Inventory::of(directory);
    let fixed: u64 = fixed.iter().map(|held| held.bytes).sum();
    let mut left = fixed + items.iter().map(|item| item.bytes).sum::<u64>();
    // Tools last: to make them again takes the package index.
    items.sort_by_key(|item| (item.kind == Kind::Tools, item.used));
    let mut pruned = Pruned {
        directory: directory.display().to_string(),
        dry_run: rules.dry_run,
        removed: Vec::new(),
        in_use: 0,
        failed: Vec::new(),
        bytes: 0,
    };
    for item in &items {
        let age = now.duration_since(item.used).unwrap_or_default();
        let wanted = match item.kind {
            Kind::Scratch => !item.in_use, // left over
            _ => {
                rules.all
                    || rules.older_than.is_some_and(|limit| age > limit)
                    || rules.max_bytes.is_some_and(|most| left > most)
            }
        };
        if !wanted {
            continue;
        }
        let gone = match item.in_use || rules.dry_run {
            true => Ok(!item.in_use),
            false => item.remove(directory),
        };
        match gone {
            Ok(true) => {
                left = left.saturating_sub(item.bytes);
                pruned.count(item);
            }
            Ok(false) => pruned.in_use += 1,
            Err(error) => pruned.failed.push(error.to_string()),
        }
    }
    if !rules.dry_run {
        store(directory).forget_lost(since);
        checkout::sweep(&directory.join(TREES));
    }
    pruned.removed.sort_by_key(|removed| removed.kind);
    pruned.bytes = left;
    pruned
}

impl Pruned {
    fn count(&mut self, item: &Item) {
        let kind = item.kind;
        match self.removed.iter_mut().find(|removed| removed.kind == kind) {
            Some(removed) => {
                removed.entries += 1;
                removed.bytes += item.bytes;
            }
            None => self.removed.push(Removed {
                kind,
                entries: 1,
                bytes: item.bytes,
            }),
        }
    }
}

impl Item {
    /// False where somebody has it in their hands.
    fn remove(&self, directory: &Path) -> io::Result<bool> {
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

const EVIDENCE: &str = "evidence";
const TREES: &str = "trees";
const IMPORTS: &str = "imports";
const TOOLS: &str = "tools";
const SCRATCH: &str = "scratch";

fn store(directory: &Path) -> Store {
    Store::new(directory.join(EVIDENCE))
}

impl Inventory {
    fn of(directory: &Path) -> Self {
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

fn held(kind: Kind, entries: usize, bytes: u64) -> Held {
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
        bytes += usage::size_of(&entry.path());
    }
    held(Kind::Other, count, bytes)
}

fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::cache::digest;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// A cache with an entry of each age in days, all of the same size.
    fn cache(ages: &[u64]) -> (tempfile::TempDir, SystemTime) {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for age in ages {
            let key = digest(&age.to_le_bytes());
            store(dir.path()).keep(&key, age).unwrap();
            let file = dir.path().join("evidence/measures");
            let file = file.join(&key[..2]).join(&key[2..]);
            let file = fs::File::options().write(true).open(file).unwrap();
            file.set_modified(now - DAY * u32::try_from(*age).unwrap())
                .unwrap();
        }
        (dir, now)
    }

    fn kept(dir: &Path, ages: &[u64]) -> Vec<u64> {
        let store = store(dir);
        let there = |age: &&u64| store.get::<u64>(&digest(&age.to_le_bytes())).is_some();
        ages.iter().filter(there).copied().collect()
    }

    #[test]
    fn what_was_of_no_use_for_longest_goes_first() {
        let ages = [1, 5, 40, 90];
        let (dir, now) = cache(&ages);
        let older = |days| Rules {
            older_than: Some(DAY * days),
            ..Rules::default()
        };
        let said = prune_in(
            dir.path(),
            Rules {
                dry_run: true,
                ..older(30)
            },
            now,
        );
        assert_eq!(said.removed[0].entries, 2);
        assert_eq!(kept(dir.path(), &ages), ages);
        let (dir, now) = cache(&ages);
        let done = prune_in(dir.path(), older(30), now);
        assert_eq!(done.removed, said.removed);
        assert_eq!(done.bytes, said.bytes);
        assert_eq!(kept(dir.path(), &ages), [1, 5]);

        let (dir, now) = cache(&ages);
        let all = Inventory::of(dir.path());
        let one = all.items[0].bytes;
        let fixed: u64 = all.fixed.iter().map(|held| held.bytes).sum();
        let rules = Rules {
            max_bytes: Some(fixed + 3 * one),
            ..Rules::default()
        };
        prune_in(dir.path(), rules, now);
        assert_eq!(kept(dir.path(), &ages), [1, 5, 40]);
        let all = Rules {
            all: true,
            ..Rules::default()
        };
        prune_in(dir.path(), all, now);
        assert_eq!(kept(dir.path(), &ages), [0; 0]);
    }

    #[test]
    fn what_a_run_may_need_is_left_and_what_a_dead_one_left_goes() {
        let (dir, now) = cache(&[0, 3]);
        let scratches = dir.path().join(SCRATCH);
        let run = scratch::Scratch::create(&scratches).unwrap();
        let dead = scratches.join("17-dead");
        fs::create_dir_all(dead.join("run-1")).unwrap();
        fs::write(dead.join("lock"), "").unwrap();
        // Written since the run began.
        store(dir.path()).keep(&digest(b"new"), &7).unwrap();
        let rules = Rules {
            all: true,
            ..Rules::default()
        };
        let done = prune_in(dir.path(), rules, now);
        assert_eq!(store(dir.path()).get::<u32>(&digest(b"new")), Some(7));
        assert_eq!(kept(dir.path(), &[3]), [0; 0]);
        assert!(done.in_use >= 1);
        assert!(run.root().exists() && !dead.exists());
        drop(run);
        assert_eq!(prune_in(dir.path(), rules, now).in_use, 0);
        assert_eq!(store(dir.path()).get::<u32>(&digest(b"new")), None);
    }

    #[test]
    fn what_tools_know_goes_where_no_run_may_use_it() {
        let (dir, now) = cache(&[]);
        let known = [
            format!("tools/compiled/{0}-{0}/usr/lib", "0a".repeat(8)),
            format!("tools/typeshed/{}/files", "0a".repeat(16)),
        ];
        for path in &known {
            fs::create_dir_all(dir.path().join(path)).unwrap();
        }
        let rules = Rules {
            all: true,
            ..Rules::default()
        };
        let run = scratch::Scratch::create(&dir.path().join(SCRATCH)).unwrap();
        assert_eq!(prune_in(dir.path(), rules, now).in_use, 2);
        assert!(known.iter().all(|path| dir.path().join(path).exists()));
        drop(run);
        let done = prune_in(dir.path(), rules, now);
        assert_eq!(
            (done.removed[0].kind, done.removed[0].entries),
            (Kind::Compiled, 2)
        );
        assert!(!known.iter().any(|path| dir.path().join(path).exists()));
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let (dir, now) = cache(&[]);
        let mine = [
            "notes.txt",
            "tools/hammer/handle",
            "trees/oak-1-x/leaf",
            "imports/wine.bin",
            "evidence/measures/ab/photo.png",
            "evidence/measures/zz/photo.png",
            "scratch/pad/page",
            "tools/compiled/notes/page",
            "tools/typeshed/notes/page",
        ];
        for file in mine {
            let file = dir.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "mine").unwrap();
        }
        let rules = Rules {
            all: true,
            older_than: Some(Duration::ZERO),
            max_bytes: Some(0),
            dry_run: false,
        };
        prune_in(dir.path(), rules, now + DAY);
        for file in mine {
            assert!(dir.path().join(file).exists(), "{file}");
        }
    }
}
