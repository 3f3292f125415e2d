//! What is kept in the cache, and taking out of it what was of no use for longest.
//!
//! Any number of processes may be at work meanwhile. What one of them finds
//! absent it makes again; what one has in its hands is left alone: scratch
//! directories and environments are locked, checkouts are taken by renaming
//! them, and of the store nothing goes that was written or of use since the
//! oldest run that is still going on began.

mod inventory;

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::gates::cache;
use crate::repo::checkout;

use super::dirs::{self, NoHome};
use inventory::{Inventory, Item, TREES, store};

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

/// What is in this person's cache.
pub fn usage() -> Result<Usage, NoHome> {
    let directory = dirs::cache_dir()?;
    let Inventory { items, fixed, .. } = Inventory::of(&directory);
    let kinds = Kind::ALL.map(|kind| {
        let mut held = inventory::held(kind, 0, 0);
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

fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
