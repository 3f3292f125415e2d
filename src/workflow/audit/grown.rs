//! A log that is there, verified, and what goes behind it: in memory.

use crate::audit::line::{self, Line, Place};
use crate::audit::merkle;
use crate::audit::tree::Tree;
use crate::promotion::Sha256;
use crate::review::Envelope;

use super::append::New;
use super::check;
use super::pin::{Pin, Pinned};
use super::read::{self, Look, whole};
use super::{AuditError, Fault, Ground};

/// A log that grows in memory.
pub(super) struct Grown {
    pub log: Vec<u8>,
    pub leaves: Vec<merkle::Hash>,
    place: Place,
    /// Lines before this one were verified when they were last seen.
    from: usize,
    /// Of the lines behind: whether they prove something.
    proves: Vec<bool>,
    /// Every line does.
    pub clean: bool,
}

impl Grown {
    /// The log that entries go behind, if it holds.
    pub fn verified(ground: &Ground, pinned: &Pinned<'_>, look: &Look) -> Result<Self, AuditError> {
        let base = look.base();
        let log = whole(base).to_vec();
        let known = pinned.pin.as_ref().map(Pin::head);
        let checked = check::check_behind(known, &log, &ground.keyrings, &ground.repository.id);
        let broken = |what: String| Err(AuditError::Broken(what));
        for entry in &checked.entries {
            if let Some(fault) = entry.fault().filter(|fault| fault.breaks()) {
                return broken(format!("entry {}: {fault}", entry.position));
            }
        }
        let note = base.checkpoint.as_deref();
        let note = note.and_then(|note| read::checkpoint(note, &checked.tree));
        if let Some(problem) = pinned.against(&checked.tree).or(note) {
            return broken(problem.to_string());
        }
        let last = line::lines(&log).last();
        let place = last.map_or(Place::first(), |last| Place {
            seq: checked.tree.size(),
            prev: Sha256::of(last),
        });
        let proves: Vec<bool> = checked.entries.iter().map(|it| it.is.is_ok()).collect();
        Ok(Self {
            clean: proves.iter().all(|it| *it),
            leaves: checked.tree.leaves().to_vec(),
            log,
            place,
            from: checked.from,
            proves,
        })
    }

    /// Puts entries that stand only here behind those of the remote.
    pub fn add_own(
        &mut self,
        ground: &Ground,
        look: &Look,
        common: usize,
    ) -> Result<(), AuditError> {
        let own = read::own(ground, whole(&look.local), common).map_err(|entries| {
            AuditError::Remote {
                remote: ground.remote.clone().unwrap_or_default(),
                why: format!(
                    "{} entries here are not in it, and were signed by people who had seen \
                     something else than it has: the two are a fork. `countersign audit \
                     verify` says more",
                    entries.len()
                ),
            }
        })?;
        for entry in own {
            let text = entry.line.strip_suffix(b"\n").unwrap_or(&entry.line);
            let line: Line<Envelope> = serde_json::from_slice(text)?;
            if self.position_of(&line.envelope)?.is_none() {
                self.push(&line.envelope)?;
            }
        }
        Ok(())
    }

    /// Adds a new entry, or finds it where it stands.
    pub fn add(&mut self, new: &New<'_>) -> Result<u64, AuditError> {
        if let Some(position) = self.position_of(new.envelope)? {
            return Ok(position);
        }
        let position = self.place.seq;
        let tree = Tree::new(self.leaves.clone());
        check::seen_before(new.verified, position, &tree).map_err(AuditError::Refused)?;
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
        self.leaves.push(merkle::leaf(&line));
        self.proves.push(true);
        self.log.extend(line);
        Ok(())
    }

    /// Where the same statement stands, and proves something: a line that only looks
    /// like it must not keep the real one out.
    fn position_of(&self, envelope: &Envelope) -> Result<Option<u64>, AuditError> {
        let mut text = serde_json_canonicalizer::to_vec(envelope)?;
        // The payload and its type stand first in a line, as RFC 8785 sorts them.
        let end = memchr::memmem::find(&text, b",\"signatures\":");
        text.truncate(end.unwrap_or(text.len()));
        let found = memchr::memmem::find_iter(&self.log, &text).filter_map(|at| {
            let begins = at == 0 || self.log[at - 1] == b'\n';
            begins.then(|| memchr::memchr_iter(b'\n', &self.log[..at]).count())
        });
        let proves = |at: &usize| at.checked_sub(self.from).is_none_or(|at| self.proves[at]);
        Ok(found.into_iter().find(proves).map(|at| at as u64))
    }
}
