//! Adds an entry: here first, so that it is safe; then at the remote.
//!
//! The envelope is signed once. Whoever loses a race writes the same envelope again
//! in another place: `seq` and `prev` are not signed, and what the signer had seen
//! is still the beginning of the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use git2::Oid;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::merkle::Head;
use crate::audit::recent::Root;
use crate::audit::store::{Store, StoreError};
use crate::audit::stored::Stored;
use crate::audit::write::Next;
use crate::promotion::benchmark::random::Random;
use crate::review::{Envelope, Verified};

use super::check;
use super::grown::{Grown, Soil};
use super::known::Known;
use super::pin::{Pin, Pinned};
use super::read::Look;
use super::remote::{self, Fetched, Pushed};
use super::{AuditError, Ground};

/// How long others who write are given way to. What is not shared then goes with the
/// next entry: so many who write all the time come to write several at once.
const PATIENCE: Duration = Duration::from_secs(15);
/// The shortest and the longest that is waited for them at a time, in milliseconds.
const PAUSE: (u64, u64) = (5, 5_000);
/// How often the branch here may move under us: each time somebody else wrote.
const TRIES: usize = 20;

/// An entry that is in the log, on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where it stands. That can change as long as it is not shared.
    pub position: u64,
    /// The log with it.
    pub head: Head,
    /// Whether others have it.
    pub shared: Shared,
    /// How many bytes of a line that was not finished were taken away before.
    pub repaired: usize,
}

/// Whether the remote has what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    /// There is none.
    Alone,
    /// It has.
    Yes,
    /// It has not yet: why, in words. The next entry tries it again.
    NotYet(String),
}

impl Shared {
    /// For documents: whether the remote has it, `None` where there is none.
    pub fn known(&self) -> Option<bool> {
        match self {
            Self::Alone => None,
            Self::Yes => Some(true),
            Self::NotYet(_) => Some(false),
        }
    }
}

/// Adds an envelope to the log and shares it. When this returns it is on disk here.
pub fn append_at(
    ground: &Ground,
    envelope: &Envelope,
    message: &str,
) -> Result<Appended, AuditError> {
    let by = |digest: &_| ground.keyrings.get(digest).cloned();
    let verified = check::envelope(envelope, &by, &ground.repository.id)?;
    let new = New {
        envelope,
        verified: &verified,
        message,
    };
    let mut writer = Writer::open(ground)?;
    let mut put = match writer.put(Some(&new)) {
        // Another copy of the same remote has seen more, or what is here is old.
        Err(AuditError::Broken(why)) if ground.remote.is_some() => {
            writer.fetch().map_err(|_| AuditError::Broken(why))?;
            writer.put(Some(&new))?
        }
        put => put?,
    };
    let repaired = put.repaired;
    let shared = writer.share(Some(&new), &mut put);
    Ok(Appended {
        position: put.position.unwrap_or(0),
        head: put.head,
        shared,
        repaired,
    })
}

/// Brings here what the remote has and there what it lacks.
pub fn share_at(ground: &Ground) -> Result<Shared, AuditError> {
    let mut writer = Writer::open(ground)?;
    if ground.remote.is_none() {
        return Ok(Shared::Alone);
    }
    match writer.fetch() {
        Ok(()) => {}
        Err(Unasked::Unknown(why)) => return Ok(Shared::NotYet(why)),
        Err(Unasked::Wrong(error)) => return Err(error),
    }
    let mut put = writer.put(None)?;
    Ok(writer.share(None, &mut put))
}

/// Why it is not known what the remote has.
enum Unasked {
    /// It could not be asked. In words.
    Unknown(String),
    /// What it has is wrong.
    Wrong(AuditError),
}

impl From<Unasked> for String {
    fn from(unasked: Unasked) -> Self {
        match unasked {
            Unasked::Unknown(why) => why,
            Unasked::Wrong(error) => error.to_string(),
        }
    }
}

/// What is to be added.
pub(super) struct New<'a> {
    pub envelope: &'a Envelope,
    pub verified: &'a Verified,
    pub message: &'a str,
}

/// The log here after it was written, or found as it was to be.
struct Put {
    /// Where the new entry stands.
    position: Option<u64>,
    head: Head,
    /// The commit; `None` for a log of nothing.
    commit: Option<Oid>,
    /// What the remote was known to have.
    tracking: Option<Oid>,
    /// To be kept in mind when the remote has it: every line was verified.
    pin: Option<Pin>,
    repaired: usize,
}

pub(super) struct Writer<'a> {
    pub ground: &'a Ground,
    pub store: Store,
    pub pinned: Pinned<'a>,
    /// What was verified of it before.
    pub known: Option<Known>,
    random: Random,
}

impl<'a> Writer<'a> {
    pub fn open(ground: &'a Ground) -> Result<Self, AuditError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let seed =
            now.map_or(0, |now| now.as_nanos() as u64) ^ (u64::from(std::process::id()) << 32);
        let store = Store::open(&ground.git_dir, &ground.branch)?;
        remote::known(ground, &store)?;
        Ok(Self {
            ground,
            store,
            pinned: Pinned::read(ground),
            known: Known::read(ground),
            random: Random::new(seed),
        })
    }

    /// Writes the log here: behind what the remote is known to have, our entries that
    /// it lacks, and the new one.
    fn put(&mut self, new: Option<&New<'_>>) -> Result<Put, AuditError> {
        for _ in 0..TRIES {
            match self.put_once(new) {
                Err(AuditError::Store(StoreError::Moved)) => {}
                put => return put,
            }
        }
        Err(AuditError::Busy)
    }

    fn put_once(&mut self, new: Option<&New<'_>>) -> Result<Put, AuditError> {
        let mut turn = self.store.turn()?;
        let look = Look::at(self.ground, &self.store)?;
        let base = look.base();
        let soil = Soil {
            ground: self.ground,
            store: &self.store,
            pinned: &self.pinned,
            look: &look,
        };
        let grown = soil.grow(self.known.as_ref(), new)?;
        let (position, head) = (grown.position, grown.head());
        let message = new.map_or("Put entries behind those of the remote", |new| new.message);
        let repaired = match base.commit == look.local.commit {
            true => base.torn(),
            false => 0,
        };
        let was = look.local.commit;
        let behind = self.behind(&look);
        let (commit, tree) = if !grown.added.is_empty() || behind.is_some() {
            let next = Next {
                was,
                parent: behind.unwrap_or(base).commit,
                behind: base,
                lines: &grown.added,
                checkpoint: base.checkpoint.as_deref(),
                message,
                time: now(),
            };
            let written = self.store.write(&mut turn, &next)?;
            (Some(written.commit), Some(written.tree))
        } else {
            if let Some(to) = base.commit.filter(|_| base.commit != was) {
                self.store.move_to(&mut turn, was, to, message)?;
            }
            (base.commit, base.tree())
        };
        drop(turn);
        let pin = grown.clean().then(|| Pin::of(&head));
        if look.remote.is_none()
            && let Some(pin) = pin.clone()
        {
            // Nowhere to keep it: the entry is in the log all the same.
            let _ = self.pinned.keep(pin);
        }
        if let Some(tree) = tree {
            self.remember_tree(grown, tree, base.checkpoint.as_deref());
        }
        Ok(Put {
            position,
            head,
            commit,
            tracking: look.remote.and_then(|remote| remote.commit),
            pin,
            repaired,
        })
    }

    /// Keeps in mind what was verified, so that the next entry need not.
    pub fn remember_tree(&mut self, grown: Grown, tree: Oid, checkpoint: Option<&str>) {
        let promised = checkpoint.and_then(|note| Checkpoint::said(note).ok());
        let pinned = self.pinned.pin.as_ref().map(Pin::head);
        let heads = promised.map(|it| it.head).into_iter().chain(pinned);
        let sizes: Vec<u64> = heads.map(|head| head.size).collect();
        let known = grown.known(tree, &sizes);
        if self.known.as_ref() != Some(&known) {
            known.keep(self.ground);
            self.known = Some(known);
        }
    }

    /// What the next commit has to follow where that is not what it adds to: a remote
    /// whose log is the beginning of ours by other commits.
    fn behind<'b>(&self, look: &'b Look) -> Option<&'b Stored> {
        let remote = look.remote.as_ref()?;
        let theirs = remote.commit?;
        let Some(ours) = look.base().commit else {
            return Some(remote);
        };
        let git = self.store.repo();
        let follows = ours == theirs || git.graph_descendant_of(ours, theirs).unwrap_or(false);
        (!follows).then_some(remote)
    }

    /// Asks the remote what it has, and holds that against what was seen of it.
    fn fetch(&self) -> Result<(), Unasked> {
        let Some(name) = &self.ground.remote else {
            return Ok(());
        };
        let wrong = |error| Unasked::Wrong(error);
        let tracking = remote::tracking(name, &self.ground.branch);
        let known = self.store.commit_of(&tracking);
        let known = known.map_err(|error| wrong(error.into()))?;
        let fetched = remote::fetch(self.ground, name).map_err(Unasked::Unknown)?;
        let why = match fetched {
            Fetched::Nothing if known.is_none() && self.pinned.pin.is_none() => return Ok(()),
            Fetched::Nothing => format!(
                "it had one when it was last asked, and has none now: its branch {} was taken away",
                self.ground.branch
            ),
            Fetched::Log => {
                let missed = self.missed(&tracking).map_err(wrong)?;
                match missed {
                    Some(pin) => format!(
                        "it was rewritten or cut since you last saw it: then it had {} entries \
                         with the root {}, and these are not in it",
                        pin.size,
                        pin.root.short()
                    ),
                    None => return Ok(()),
                }
            }
        };
        Err(wrong(AuditError::Remote {
            remote: name.clone(),
            why,
        }))
    }

    /// What was seen of a log that is not in that one.
    fn missed(&self, reference: &str) -> Result<Option<&Pin>, AuditError> {
        let Some(pin) = self.pinned.pin.as_ref() else {
            return Ok(None);
        };
        let log = self.store.look(reference)?;
        if let Some(known) = &self.known
            && known.recent.root_at(pin.size) == Root::Is(pin.head().root)
            && known
                .common(&self.store, &log)?
                .is_some_and(|it| it >= pin.size)
        {
            return Ok(None);
        }
        let tree = check::tree_of(&self.store.all(&log)?);
        Ok(self.pinned.against(&tree).map(|_| pin))
    }

    /// Gets to the remote what is here, giving way to others who do the same.
    fn share(&mut self, new: Option<&New<'_>>, put: &mut Put) -> Shared {
        let Some(name) = self.ground.remote.clone() else {
            return Shared::Alone;
        };
        match self.share_with(&name, new, put) {
            Ok(()) => Shared::Yes,
            Err(NotShared(why)) => Shared::NotYet(why),
        }
    }

    fn share_with(
        &mut self,
        name: &str,
        new: Option<&New<'_>>,
        put: &mut Put,
    ) -> Result<(), NotShared> {
        let until = Instant::now() + PATIENCE;
        if put.tracking.is_none() {
            self.fetch()?;
            *put = self.put(new)?;
        }
        loop {
            let Some(commit) = put.commit else {
                return Ok(());
            };
            let late = put.tracking != Some(commit)
                && remote::push(self.ground, name, commit)? == Pushed::Late;
            if !late {
                self.remember(name, put, commit);
                crowd(false);
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(NotShared("others wrote all the time".into()));
            }
            let most = crowd(true);
            let pause = self.random.below(most as usize + 1) as u64;
            std::thread::sleep(Duration::from_millis(pause));
            self.fetch()?;
            *put = self.put(new)?;
        }
    }

    fn remember(&mut self, name: &str, put: &Put, commit: Oid) {
        self.shared(name, put.tracking, commit, put.pin.clone());
    }

    /// Keeps in mind what the remote has.
    pub fn shared(&mut self, name: &str, was: Option<Oid>, commit: Oid, pin: Option<Pin>) {
        let tracking = remote::tracking(name, &self.ground.branch);
        let was = was.unwrap_or(Oid::ZERO_SHA1);
        // git has done it already where it was told to, and somebody may have
        // brought more meanwhile: then this is not needed.
        let moved = self.store.repo();
        let _ = moved.reference_matching(&tracking, commit, true, was, "the log was shared");
        if let Some(pin) = pin {
            let _ = self.pinned.keep(pin);
        }
    }
}

/// How long to wait at most after losing a race, in milliseconds. Grows while races
/// are lost and shrinks while they are won: with many who write, each tries so
/// often that the remote is not idle, and not so often that all tread on each other.
fn crowd(lost: bool) -> u64 {
    static MOST: AtomicU64 = AtomicU64::new(PAUSE.0);
    let next = |most: u64| match lost {
        true => (most * 2).min(PAUSE.1),
        false => (most * 3 / 4).max(PAUSE.0),
    };
    let was = MOST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |most| {
        Some(next(most))
    });
    next(was.unwrap_or(PAUSE.0))
}

/// Why the remote does not have it, in words.
struct NotShared(String);

impl From<String> for NotShared {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<Unasked> for NotShared {
    fn from(unasked: Unasked) -> Self {
        Self(unasked.into())
    }
}

impl From<AuditError> for NotShared {
    fn from(error: AuditError) -> Self {
        Self(error.to_string())
    }
}

/// The time by this machine's clock, in seconds since 1970 UTC.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(0))
}
