//! Adds an entry behind exactly the log that its signer had seen, and moves other branches
//! in the same step: all of it, or nothing.
//!
//! This is for entries that follow from those before them. Whoever loses a race has to
//! look again, for what they signed may not be so any more: so nothing is written again
//! in another place, as [`append_at`](super::append_at) does.

use git2::Oid;

use crate::audit::merkle::Head;
use crate::audit::store::StoreError;
use crate::audit::turn::Turn;
use crate::audit::write::{Next, Written};
use crate::promotion::ObjectId;
use crate::review::{Envelope, Verified};

use super::append::{Appended, New, Shared, Writer, now};
use super::grown::{Grown, Soil};
use super::pin::Pin;
use super::read::Look;
use super::remote::{self, Move};
use super::{AuditError, Ground, check};

/// A branch that moves along with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Along {
    /// Its full name: `refs/heads/main`.
    pub reference: String,
    /// Where it has to be; `None`: nowhere.
    pub was: Option<ObjectId>,
    /// Where it goes: to a commit that follows what it was.
    pub to: ObjectId,
}

/// What is to be added, and behind what.
pub struct Addition<'a> {
    /// The entry.
    pub envelope: &'a Envelope,
    /// For the history of the log's branch.
    pub message: &'a str,
    /// The commit that the log was read from; `None` where nothing was ever written.
    pub behind: Option<ObjectId>,
    /// What moves along.
    pub along: &'a [Along],
}

/// How that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is done.
    Won(Appended),
    /// Somebody else was faster. Nothing was done.
    Late,
    /// The remote does not want it. Nothing was done. In its words.
    Refused(String),
}

/// Why nothing was done, where it is not known whether anything was: the remote, in words.
#[derive(Debug, thiserror::Error)]
pub enum TogetherError {
    /// The log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// It could not be asked, or did not say how it ended.
    #[error("{0}")]
    Unknown(String),
}

/// Adds it. Where the log is shared everything happens at the remote first, in one push.
/// Where it is not, `land` moves the branches here, one by one, before the log follows:
/// of a machine that stops in between the branches say what happened. `Ok(false)` of it:
/// one was elsewhere. `at` hears of each instant.
pub fn append_together<E: From<TogetherError>>(
    ground: &Ground,
    addition: &Addition<'_>,
    land: &dyn Fn(&Along) -> Result<bool, E>,
    at: &dyn Fn(&'static str),
) -> Result<Outcome, E> {
    let wrong = |error: AuditError| E::from(TogetherError::from(error));
    let by = |digest: &_| ground.keyrings.get(digest).cloned();
    let verified = check::envelope(addition.envelope, &by, &ground.repository.id);
    let verified = verified.map_err(AuditError::from).map_err(wrong)?;
    let mut writer = Writer::open(ground).map_err(wrong)?;
    let made = Made::of(&writer, addition, &verified).map_err(wrong)?;
    let Some(made) = made else {
        return Ok(Outcome::Late);
    };
    at("made");
    match &ground.remote {
        Some(name) => {
            let pushed = push(ground, name, addition, &made);
            at("pushed");
            match pushed.map_err(|why| E::from(TogetherError::Unknown(why)))? {
                remote::Together::Late => return Ok(Outcome::Late),
                remote::Together::Refused(why) => return Ok(Outcome::Refused(why)),
                remote::Together::Done => {}
            }
            // The log here goes along. Where it does not, the next look brings it.
            if let Ok(Some(mut turn)) = made.turn(&writer) {
                let _ = made.move_here(&writer, &mut turn, addition);
            }
            let pin = made.grown.clean().then(|| Pin::of(&made.grown.head()));
            writer.shared(name, made.was, made.written.commit, pin);
        }
        None => {
            // Nobody else of ours writes to the log meanwhile.
            let mut turn = made.turn(&writer).map_err(wrong)?;
            let Some(turn) = &mut turn else {
                return Ok(Outcome::Late);
            };
            for along in addition.along {
                if !land(along)? {
                    return Ok(Outcome::Late);
                }
                at("landed");
            }
            match made.move_here(&writer, turn, addition) {
                Ok(()) => {}
                Err(AuditError::Store(StoreError::Moved)) => return Ok(Outcome::Late),
                Err(error) => return Err(wrong(error)),
            }
            if made.grown.clean() {
                // Nowhere to keep it: the entry is in the log all the same.
                let _ = writer.pinned.keep(Pin::of(&made.grown.head()));
            }
        }
    }
    at("done");
    Ok(Outcome::Won(made.kept(&mut writer)))
}

/// A commit of the log that nothing names yet.
struct Made {
    /// Where the log was, here and at the remote.
    was: Option<Oid>,
    written: Written,
    grown: Grown,
    position: u64,
    head: Head,
    checkpoint: Option<String>,
    shared: Shared,
}

impl Made {
    /// `None` where the log is not what its signer had seen.
    fn of(
        writer: &Writer<'_>,
        addition: &Addition<'_>,
        verified: &Verified,
    ) -> Result<Option<Self>, AuditError> {
        let behind = addition.behind.map(crate::repo::tree::oid);
        let look = Look::at(writer.ground, &writer.store)?;
        let same = |it: &crate::audit::stored::Stored| it.commit == behind;
        if !same(&look.local) || !look.remote.as_ref().is_none_or(same) {
            return Ok(None);
        }
        let soil = Soil {
            ground: writer.ground,
            store: &writer.store,
            pinned: &writer.pinned,
            look: &look,
        };
        let new = New {
            envelope: addition.envelope,
            verified,
            message: addition.message,
        };
        let grown = soil.grow(writer.known.as_ref(), Some(&new))?;
        let base = look.base();
        let written = writer.store.make(&Next {
            was: behind,
            parent: behind,
            behind: base,
            lines: &grown.added,
            checkpoint: base.checkpoint.as_deref(),
            message: addition.message,
            time: now(),
        })?;
        Ok(Some(Self {
            was: behind,
            written,
            position: grown.position.unwrap_or(0),
            head: grown.head(),
            checkpoint: base.checkpoint.clone(),
            shared: match look.remote {
                Some(_) => Shared::Yes,
                None => Shared::Alone,
            },
            grown,
        }))
    }

    /// `None` where the log here is another one by now.
    fn turn(&self, writer: &Writer<'_>) -> Result<Option<Turn>, AuditError> {
        let turn = writer.store.turn()?;
        let is = writer.store.end()?.commit;
        Ok((is == self.was).then_some(turn))
    }

    fn move_here(
        &self,
        writer: &Writer<'_>,
        turn: &mut Turn,
        addition: &Addition<'_>,
    ) -> Result<(), AuditError> {
        let (was, to) = (self.was, self.written.commit);
        Ok(writer.store.move_to(turn, was, to, addition.message)?)
    }

    fn kept(self, writer: &mut Writer<'_>) -> Appended {
        let note = self.checkpoint.as_deref();
        writer.remember_tree(self.grown, self.written.tree, note);
        Appended {
            position: self.position,
            head: self.head,
            shared: self.shared,
            repaired: 0,
        }
    }
}

fn push(
    ground: &Ground,
    name: &str,
    addition: &Addition<'_>,
    made: &Made,
) -> Result<remote::Together, String> {
    let log = Move {
        reference: format!("refs/heads/{}", ground.branch),
        was: made.was,
        to: made.written.commit,
    };
    let along = addition.along.iter().map(|it| Move {
        reference: it.reference.clone(),
        was: it.was.map(crate::repo::tree::oid),
        to: crate::repo::tree::oid(it.to),
    });
    let moves: Vec<Move> = std::iter::once(log).chain(along).collect();
    remote::push_together(ground, name, &moves)
}
