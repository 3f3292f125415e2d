//! A log that is there, verified, and what goes behind it: in memory.

use std::collections::BTreeSet;

use git2::Oid;

use crate::audit::line::{self, Line, Place};
use crate::audit::merkle::{self, Head};
use crate::audit::recent::{Growing, Recent};
use crate::audit::store::Store;
use crate::audit::tree::Roots as _;
use crate::review::Envelope;

use super::append::New;
use super::check;
use super::known::Known;
use super::pin::{Pin, Pinned};
use super::read::{self, Look, Relation};
use super::{AuditError, Fault, Ground};

/// More new lines than these are verified with the whole log: that takes no longer.
const MOST_NEW: u64 = 128;

/// What a log grows from.
pub(super) struct Soil<'a> {
    pub ground: &'a Ground,
    pub store: &'a Store,
    pub pinned: &'a Pinned<'a>,
    pub look: &'a Look,
}

/// A log that grows in memory.
pub(super) struct Grown {
    tree: Growing,
    /// How many entries it had.
    from: u64,
    place: Place,
    /// The entries that prove nothing.
    wrong: BTreeSet<u64>,
    /// What goes behind it.
    pub added: Vec<u8>,
    /// Where the new entry stands.
    pub position: Option<u64>,
}

impl Soil<'_> {
    /// The log that entries go behind, if it holds, with those that stand only here and
    /// the new one. By what was verified before, where that will do.
    pub fn grow(&self, known: Option<&Known>, new: Option<&New<'_>>) -> Result<Grown, AuditError> {
        match known.and_then(|known| self.grow_behind(known, new)) {
            Some(grown) => grown,
            None => {
                let mut grown = self.verified(None)?;
                grown.fill(self, new)?;
                Ok(grown)
            }
        }
    }

    /// `None` where something is asked for that is not known any more.
    fn grow_behind(
        &self,
        known: &Known,
        new: Option<&New<'_>>,
    ) -> Option<Result<Grown, AuditError>> {
        let base = self.look.base();
        // What cannot be read is told when all of it is.
        let common = known.common(self.store, base).ok()??;
        let mut recent = known.recent.clone();
        if base.size() - common > MOST_NEW || !recent.truncate(common) {
            return None;
        }
        let wrong = known.wrong.range(..common).copied().collect();
        let grown = self.verified(Some(Verified { recent, wrong }));
        let mut grown = match grown {
            Ok(grown) => grown,
            // Found in the whole log it is found at the first line that is wrong.
            Err(_) => return None,
        };
        let filled = grown.fill(self, new);
        (!grown.tree.forgot()).then(|| filled.map(|()| grown))
    }

    /// The log that is there, where it holds. `before`: a beginning of it that does.
    fn verified(&self, before: Option<Verified>) -> Result<Grown, AuditError> {
        let base = self.look.base();
        let common = before.as_ref().map_or(0, |it| it.recent.size());
        let (start, bytes) = self.store.from(base, common.saturating_sub(1))?;
        let lines: Vec<&[u8]> = line::lines(&bytes).collect();
        let (tree, mut wrong, from) = match before {
            Some(Verified { mut recent, wrong }) => {
                let (_, new) = check::behind(&lines, start, common);
                new.iter().for_each(|line| recent.push(merkle::leaf(line)));
                (Growing::new(recent, None), wrong, common)
            }
            None => {
                let tree = check::tree_of(&bytes);
                let pin = self.pinned.pin.as_ref().map(Pin::head);
                let same = pin.filter(|pin| tree.root_at(pin.size) == Some(pin.root));
                let from = same.map_or(0, |pin| pin.size);
                (
                    Growing::new(Recent::of(&tree), Some(tree)),
                    BTreeSet::new(),
                    from,
                )
            }
        };
        let broken = |what: String| Err(AuditError::Broken(what));
        let (first, new) = check::behind(&lines, start, from);
        let mut place = first;
        for entry in check::check_at(new, first, &tree, self.ground) {
            if let Some(fault) = entry.fault() {
                if fault.breaks() {
                    return broken(format!("entry {}: {fault}", entry.position));
                }
                wrong.insert(entry.position);
            }
            place = place.after(&entry.line);
        }
        let note = base.checkpoint.as_deref();
        let note = note.and_then(|note| read::checkpoint(note, &tree));
        if let Some(problem) = self.pinned.against(&tree).or(note) {
            return broken(problem.to_string());
        }
        if tree.forgot() {
            return broken("its older entries were not looked at".into());
        }
        Ok(Grown {
            from: tree.size(),
            tree,
            place,
            wrong,
            added: Vec::new(),
            position: None,
        })
    }
}

/// A beginning of a log that was verified before.
struct Verified {
    recent: Recent,
    wrong: BTreeSet<u64>,
}

impl Grown {
    /// Size and root.
    pub fn head(&self) -> Head {
        self.tree.recent.head()
    }

    /// True where every line proves something.
    pub fn clean(&self) -> bool {
        self.wrong.is_empty()
    }

    /// What is to be known of it next time, when it is in that directory of git's. The
    /// roots of these sizes will be asked for again.
    pub fn known(self, tree: Oid, sizes: &[u64]) -> Known {
        let mut recent = self.tree.recent;
        if let Some(whole) = self.tree.whole {
            let head = |size: &u64| {
                Some(Head {
                    size: *size,
                    root: whole.root_at(*size)?,
                })
            };
            sizes.iter().filter_map(head).for_each(|it| recent.hold(it));
        }
        recent.forget(sizes);
        Known::new(tree, self.wrong, recent)
    }

    fn fill(&mut self, soil: &Soil<'_>, new: Option<&New<'_>>) -> Result<(), AuditError> {
        if let Relation::Apart(common) = soil.look.relation {
            self.add_own(soil, common)?;
        }
        self.position = new.map(|new| self.add(soil, new)).transpose()?;
        Ok(())
    }

    /// Puts entries that stand only here behind those of the remote.
    fn add_own(&mut self, soil: &Soil<'_>, common: u64) -> Result<(), AuditError> {
        let (ground, local) = (soil.ground, &soil.look.local);
        let own = read::own(ground, soil.store, local, common, &self.tree)?;
        let own = own.map_err(|entries| AuditError::Remote {
            remote: ground.remote.clone().unwrap_or_default(),
            why: format!(
                "{} entries here are not in it, and were signed by people who had seen \
                 something else than it has: the two are a fork. `countersign audit \
                 verify` says more",
                entries.len()
            ),
        })?;
        for entry in own {
            let Ok(verified) = &entry.is else { continue };
            let seen = verified.statement.predicate.said().seen.size;
            let text = entry.line.strip_suffix(b"\n").unwrap_or(&entry.line);
            let line: Line<Envelope> = serde_json::from_slice(text)?;
            if self.position_of(soil, &line.envelope, seen)?.is_none() {
                self.push(&line.envelope)?;
            }
        }
        Ok(())
    }

    /// Adds a new entry, or finds it where it stands.
    fn add(&mut self, soil: &Soil<'_>, new: &New<'_>) -> Result<u64, AuditError> {
        let seen = new.verified.statement.predicate.said().seen.size;
        if let Some(position) = self.position_of(soil, new.envelope, seen)? {
            return Ok(position);
        }
        let position = self.place.seq;
        check::seen_before(new.verified, position, &self.tree).map_err(AuditError::Refused)?;
        self.push(new.envelope)?;
        Ok(position)
    }

    fn push(&mut self, envelope: &Envelope) -> Result<(), AuditError> {
        let line = line::write(envelope, self.place)?;
        if line.len() > line::MOST_BYTES {
            return Err(AuditError::Refused(Fault::Line(line::Fault::TooLong(
                line.len(),
            ))));
        }
        self.place = self.place.after(&line);
        self.tree.recent.push(merkle::leaf(&line));
        self.added.extend(line);
        Ok(())
    }

    /// Where the same statement stands, and proves something: a line that only looks
    /// like it must not keep the real one out. Before what its signer had seen it cannot
    /// stand.
    fn position_of(
        &self,
        soil: &Soil<'_>,
        envelope: &Envelope,
        seen: u64,
    ) -> Result<Option<u64>, AuditError> {
        let mut text = serde_json_canonicalizer::to_vec(envelope)?;
        // The payload and its type stand first in a line, as RFC 8785 sorts them.
        let end = memchr::memmem::find(&text, b",\"signatures\":");
        text.truncate(end.unwrap_or(text.len()));
        let (start, there) = match seen < self.from {
            true => soil.store.from(soil.look.base(), seen)?,
            false => (self.from as usize, Vec::new()),
        };
        let of = |start: usize, lines: &[u8]| -> Vec<u64> {
            let found = memchr::memmem::find_iter(lines, &text).filter_map(|at| {
                let begins = at == 0 || lines[at - 1] == b'\n';
                let before = || memchr::memchr_iter(b'\n', &lines[..at]).count();
                begins.then(|| (start + before()) as u64)
            });
            found.collect()
        };
        let found = of(start, &there);
        let mut found = found.into_iter().chain(of(self.from as usize, &self.added));
        Ok(found.find(|at| !self.wrong.contains(at)))
    }
}
