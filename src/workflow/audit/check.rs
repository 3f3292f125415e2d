//! Holds the lines of a log against what they have to be. Pure: bytes in, verdicts
//! out.
//!
//! A line by itself needs only the one before: all cores do that. Then the tree is
//! made of all leaves, and what each signer had seen is held against it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde::Deserialize;

use crate::audit::line::{self, Place};
use crate::audit::merkle;
use crate::audit::tree::{Roots, Tree};
use crate::promotion::{ObjectId, Sha256};
use crate::review::{Envelope, Keyring, Verified, verify};

use super::{Entry, Fault, Ground, void};

/// How many lines a core takes at a time.
const BLOCK: usize = 128;

/// What came out.
#[derive(Debug)]
pub struct Checked {
    /// The lines from that asked for on.
    pub entries: Vec<Entry>,
    /// The number of the first of them: those before were verified earlier.
    pub from: usize,
    /// The tree of all of them.
    pub tree: Tree,
    /// How many bytes behind the last newline there are.
    pub torn: usize,
}

/// Checks the lines of a log from number `from` on; those before are only hashed.
/// `keyrings` are those that stood on the base branch of the repository `id`.
pub fn check(
    log: &Bytes,
    from: usize,
    keyrings: &BTreeMap<Sha256, Arc<Keyring>>,
    id: &ObjectId,
) -> Checked {
    check_on(cores(), log, from, keyrings, id)
}

/// How many cores there are.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The same, on so many cores.
pub fn check_on(
    cores: usize,
    log: &Bytes,
    from: usize,
    keyrings: &BTreeMap<Sha256, Arc<Keyring>>,
    id: &ObjectId,
) -> Checked {
    let lines = lines(log);
    let tree = tree(cores, &lines);
    let (first, rest) = behind(&lines, 0, from as u64);
    let keep = |line: &[u8]| log.slice_ref(line);
    let entries = verified(cores, rest, first, &tree, keyrings, id, &keep);
    Checked {
        entries,
        from,
        tree,
        torn: log.len() - line::whole(log),
    }
}

/// The tree of a log, of which nothing is verified.
pub(super) fn tree_of(log: &[u8]) -> Tree {
    tree(cores(), &lines(log))
}

fn lines(log: &[u8]) -> Vec<&[u8]> {
    line::lines(&log[..line::whole(log)]).collect()
}

fn tree(cores: usize, lines: &[&[u8]]) -> Tree {
    let hash = |range: Range<usize>| range.map(|at| merkle::leaf(lines[at])).collect();
    Tree::new(in_parallel(cores, lines.len(), hash))
}

/// Checks lines that stand at `first` and behind, in a log with these roots.
pub(super) fn check_at(
    lines: &[&[u8]],
    first: Place,
    roots: &dyn Roots,
    ground: &Ground,
) -> Vec<Entry> {
    let (keyrings, id) = (&ground.keyrings, &ground.repository.id);
    verified(
        cores(),
        lines,
        first,
        roots,
        keyrings,
        id,
        &Bytes::copy_from_slice,
    )
}

/// Of lines that begin with that of number `start`: those from number `at` on, and where
/// the first of them stands.
pub(super) fn behind<'a, 'b>(
    lines: &'a [&'b [u8]],
    start: usize,
    at: u64,
) -> (Place, &'a [&'b [u8]]) {
    let skipped = usize::try_from(at).unwrap_or(usize::MAX);
    let skipped = skipped.saturating_sub(start).min(lines.len());
    let (before, rest) = lines.split_at(skipped);
    let first = before.last().map_or(Place::first(), |last| Place {
        seq: at,
        prev: Sha256::of(last),
    });
    (first, rest)
}

fn verified(
    cores: usize,
    lines: &[&[u8]],
    first: Place,
    roots: &dyn Roots,
    keyrings: &BTreeMap<Sha256, Arc<Keyring>>,
    id: &ObjectId,
    keep: &(dyn Fn(&[u8]) -> Bytes + Sync),
) -> Vec<Entry> {
    let by = |digest: &Sha256| keyrings.get(digest).cloned();
    let some = |range: Range<usize>| {
        let mut here = match range.start {
            0 => first,
            start => Place {
                seq: first.seq + start as u64,
                prev: Sha256::of(lines[start - 1]),
            },
        };
        let one = |at: usize| {
            let line = lines[at];
            let is = one_line(line, here, &by, id).and_then(|verified| {
                seen_before(&verified, here.seq, roots)?;
                Ok(verified)
            });
            let entry = Entry {
                position: here.seq,
                line: keep(line),
                is,
                void: None,
                twice: None,
            };
            here = here.after(line);
            entry
        };
        range.map(one).collect()
    };
    let mut entries = in_parallel(cores, lines.len(), some);
    twice(&mut entries);
    void::mark(&mut entries);
    entries
}

fn one_line(
    bytes: &[u8],
    place: Place,
    keyrings: &dyn Fn(&Sha256) -> Option<Arc<Keyring>>,
    id: &ObjectId,
) -> Result<Verified, Fault> {
    let read = match quick(bytes, place) {
        Some(envelope) => envelope,
        None => line::read::<Envelope>(bytes, place)?.envelope,
    };
    envelope(&read, keyrings, id)
}

/// A line as nearly all are: without an escape, for text that is borrowed has none. Then
/// it is easily told that it is what RFC 8785 makes of it. `None`: not such a line, or one
/// that something is wrong with.
fn quick(bytes: &[u8], place: Place) -> Option<Envelope> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Flat<'a> {
        payload: &'a str,
        payload_type: &'a str,
        prev: &'a str,
        seq: u64,
        #[serde(borrow)]
        signatures: [One<'a>; 1],
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct One<'a> {
        keyid: &'a str,
        sig: &'a str,
    }
    if bytes.len() > line::MOST_BYTES {
        return None;
    }
    let text = bytes.strip_suffix(b"\n")?;
    let Flat {
        payload,
        payload_type,
        prev,
        seq,
        signatures: [One { keyid, sig }],
    } = serde_json::from_slice(text).ok()?;
    let (number, digest) = (place.seq.to_string(), place.prev.to_string());
    let again = [
        "{\"payload\":\"",
        payload,
        "\",\"payloadType\":\"",
        payload_type,
        "\",\"prev\":\"",
        &digest,
        "\",\"seq\":",
        &number,
        ",\"signatures\":[{\"keyid\":\"",
        keyid,
        "\",\"sig\":\"",
        sig,
        "\"}]}",
    ];
    let rest = again
        .into_iter()
        .try_fold(text, |rest, part| rest.strip_prefix(part.as_bytes()));
    let is_it = rest.is_some_and(<[u8]>::is_empty) && seq == place.seq && prev == digest;
    is_it.then(|| Envelope::of_text(payload_type, payload, keyid, sig))
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

/// Whether what the signer of an entry had seen is what stands before its position.
pub(super) fn seen_before(
    verified: &Verified,
    position: u64,
    roots: &dyn Roots,
) -> Result<(), Fault> {
    let seen = verified.statement.predicate.said().seen;
    match roots.root_at(seen.size) {
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
    let mut nonces = HashSet::with_capacity(entries.len());
    let statements = entries.iter().filter_map(|it| it.is.as_ref().ok());
    // As good as always no two are the same; then none has to be hashed.
    let mut new = statements.map(|it| nonces.insert(it.statement.predicate.said().nonce));
    if new.all(|new| new) {
        return;
    }
    let mut first: HashMap<Vec<u8>, u64> = HashMap::new();
    for entry in entries {
        // What was read can be written.
        let Some(Ok(bytes)) = entry.is.as_ref().ok().map(|it| it.statement.bytes()) else {
            continue;
        };
        match first.get(&bytes) {
            Some(position) => entry.twice = Some(*position),
            None => drop(first.insert(bytes, entry.position)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> Vec<u8> {
        let envelope = Envelope::new("application/x", b"what was said", "SHA256:a+/b", b"sig");
        line::write(&envelope, place()).unwrap()
    }

    fn place() -> Place {
        Place::first().after(b"before\n")
    }

    #[test]
    fn a_line_as_it_is_written_is_read_quickly() {
        let read = line::read::<Envelope>(&line(), place()).unwrap();
        assert_eq!(quick(&line(), place()), Some(read.envelope));
        assert_eq!(quick(&line(), Place::first()), None);
    }

    /// What is read quickly is read slowly as well, and as the same.
    fn agree(bytes: &[u8]) {
        if let Some(envelope) = quick(bytes, place()) {
            let slow = line::read::<Envelope>(bytes, place()).map(|it| it.envelope);
            assert_eq!(slow, Ok(envelope), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn no_other_way_to_write_it_is_taken() {
        let text = String::from_utf8(line()).unwrap();
        let mut taken = 0;
        for (from, to) in [
            ("{\"payload\"", "{ \"payload\""),
            ("SHA256", "SHA\\u0032"),
            ("SHA256", "SHÄ"),
            ("SHA256", "SHA\u{7f}"),
            ("/x", "\\/x"),
            ("\"seq\":1", "\"seq\":1.0"),
            ("\"seq\":1", "\"seq\":1,\"seq\":1"),
            ("\"seq\":1", "\"more\":0,\"seq\":1"),
            ("}]}", "}],\"x\":1}"),
            ("}]}", "},{\"keyid\":\"\",\"sig\":\"\"}]}"),
            ("\n", "\r\n"),
            ("\n", ""),
            ("SHA256", "SHA 256"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            agree(other.as_bytes());
            taken += usize::from(quick(other.as_bytes(), place()).is_some());
        }
        assert_eq!(taken, 3, "those with another name of the key");
    }

    proptest! {
        #[test]
        fn every_byte_that_is_changed_is_read_as_slowly(at in 0usize..400, to in any::<u8>()) {
            let mut bytes = line();
            let at = at % bytes.len();
            bytes[at] = to;
            agree(&bytes);
        }
    }
}
