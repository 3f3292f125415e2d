//! Holds the lines of a log against what they have to be. Pure: bytes in, verdicts
//! out.
//!
//! A line by itself needs only the one before: all cores do that. Then the tree is
//! made of all leaves, and what each signer had seen is held against it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::audit::line::{self, Place};
use crate::audit::merkle::{self, Hash};
use crate::audit::tree::Tree;
use crate::promotion::{ObjectId, Sha256};
use crate::review::{Envelope, Keyring, Verified, verify};

use super::{Entry, Fault, void};

/// How many lines a core takes at a time.
const BLOCK: usize = 128;

/// What came out.
#[derive(Debug)]
pub struct Checked {
    /// The lines from that asked for on.
    pub entries: Vec<Entry>,
    /// The tree of all of them.
    pub tree: Tree,
    /// How many bytes behind the last newline there are.
    pub torn: usize,
}

/// Checks the lines of a log from number `from` on; those before are only hashed.
/// `keyrings` are those that stood on the base branch of the repository `id`.
pub fn check(
    log: &[u8],
    from: usize,
    keyrings: &BTreeMap<Sha256, Arc<Keyring>>,
    id: &ObjectId,
) -> Checked {
    check_on(cores(), log, from, keyrings, id)
}

/// How many cores there are.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The same, on so many cores.
pub fn check_on(
    cores: usize,
    log: &[u8],
    from: usize,
    keyrings: &BTreeMap<Sha256, Arc<Keyring>>,
    id: &ObjectId,
) -> Checked {
    let whole = line::whole(log);
    let torn = log.len() - whole;
    let lines: Vec<&[u8]> = line::lines(&log[..whole]).collect();
    let by = |digest: &Sha256| keyrings.get(digest).cloned();
    let read = in_parallel(cores, lines.len(), |range| {
        let mut place = place(&lines, range.start);
        let one = |at: usize| {
            let leaf = merkle::leaf(lines[at]);
            let is = (at >= from).then(|| one_line(lines[at], place, &by, id));
            place = place.after(lines[at]);
            (leaf, is)
        };
        range.map(one).collect()
    });
    let (leaves, verdicts): (Vec<Hash>, Vec<_>) = read.into_iter().unzip();
    let tree = Tree::new(leaves);
    let mut entries: Vec<Entry> = verdicts
        .into_iter()
        .enumerate()
        .filter_map(|(at, is)| Some((at, is?)))
        .map(|(at, is)| Entry {
            position: at as u64,
            line: lines[at].to_vec(),
            is,
            void: None,
            twice: None,
        })
        .collect();
    let unseen = in_parallel(cores, entries.len(), |range| {
        range.map(|at| seen(&entries[at], &tree)).collect()
    });
    for (entry, fault) in entries.iter_mut().zip(unseen) {
        if let Some(fault) = fault {
            entry.is = Err(fault);
        }
    }
    twice(&mut entries);
    void::mark(&mut entries);
    Checked {
        entries,
        tree,
        torn,
    }
}

/// Where the line of that number stands.
fn place(lines: &[&[u8]], at: usize) -> Place {
    match at.checked_sub(1) {
        None => Place::first(),
        Some(before) => Place {
            seq: at as u64,
            prev: Sha256::of(lines[before]),
        },
    }
}

fn one_line(
    bytes: &[u8],
    place: Place,
    keyrings: &dyn Fn(&Sha256) -> Option<Arc<Keyring>>,
    id: &ObjectId,
) -> Result<Verified, Fault> {
    let line = line::read::<Envelope>(bytes, place)?;
    envelope(&line.envelope, keyrings, id)
}

/// Whether an envelope proves something in that repository.
pub(super) fn envelope(
    envelope: &Envelope,
    keyrings: &dyn Fn(&Sha256) -> Option<Arc<Keyring>>,
    id: &ObjectId,
) -> Result<Verified, Fault> {
    let verified = verify(envelope, keyrings)?;
    let repository = verified.statement.predicate.said().repository;
    match repository.id == *id {
        true => Ok(verified),
        false => Err(Fault::Repository {
            name: repository.name.clone(),
            id: repository.id.short(),
        }),
    }
}

/// Whether what the signer of an entry had seen is what stands before it.
fn seen(entry: &Entry, tree: &Tree) -> Option<Fault> {
    let verified = entry.is.as_ref().ok()?;
    seen_before(verified, entry.position, tree).err()
}

/// The same, for an entry that is to stand at that position.
pub(super) fn seen_before(verified: &Verified, position: u64, tree: &Tree) -> Result<(), Fault> {
    let seen = verified.statement.predicate.said().seen;
    match tree.root_at(seen.size) {
        Some(_) if seen.size > position => Err(Fault::SeenMore {
            size: seen.size,
            position,
        }),
        None => Err(Fault::SeenMore {
            size: seen.size,
            position,
        }),
        Some(root) if root != *seen.root.as_bytes() => Err(Fault::SeenOther {
            size: seen.size,
            was: seen.root,
            is: Sha256::from_bytes(root),
        }),
        Some(_) => Ok(()),
    }
}

/// The same statement once more: whoever put it there, it was made once.
fn twice(entries: &mut [Entry]) {
    let mut first: HashMap<Sha256, u64> = HashMap::with_capacity(entries.len());
    for entry in entries {
        if let Ok(verified) = &entry.is {
            match first.get(&verified.digest) {
                Some(position) => entry.twice = Some(*position),
                None => drop(first.insert(verified.digest, entry.position)),
            }
        }
    }
}

/// Does something for each of `n` on so many cores, a block at a time.
fn in_parallel<T: Send>(
    cores: usize,
    n: usize,
    work: impl Fn(Range<usize>) -> Vec<T> + Sync,
) -> Vec<T> {
    let cores = cores.min(n.div_ceil(BLOCK)).max(1);
    if cores == 1 {
        return work(0..n);
    }
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let start = next.fetch_add(BLOCK, Ordering::Relaxed);
            if start >= n {
                return done;
            }
            done.push((start, work(start..(start + BLOCK).min(n))));
        }
    };
    let mut blocks = std::thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(some)).collect();
        let mut blocks = some();
        for other in others {
            let done = other.join();
            blocks.extend(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        blocks
    });
    blocks.sort_by_key(|(start, _)| *start);
    blocks.into_iter().flat_map(|(_, done)| done).collect()
}
