//! What can be wrong with a line, with a log, and with reading or writing one.

use std::io;
use std::path::PathBuf;

use crate::audit::line;
use crate::audit::store::StoreError;
use crate::promotion::{RepoPath, Sha256};
use crate::review::{Cannot, Refused};
use crate::workflow::sign_off::AuthorityError;

/// Why a line proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The line itself, or its place after the one before.
    #[error(transparent)]
    Line(#[from] line::Fault),
    /// Its envelope: signature, keyring, statement.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It was signed for another repository.
    #[error("it was signed for another repository, {name} ({id})")]
    Repository {
        /// What people call that.
        name: String,
        /// Its first commit, shortened.
        id: String,
    },
    /// Its signer had seen more than stands before it.
    #[error(
        "its signer had seen {size} entries, but only {position} stand before it: some were taken out"
    )]
    SeenMore {
        /// How many they had seen.
        size: u64,
        /// How many there are.
        position: u64,
    },
    /// Its signer had seen something else.
    #[error("the first {size} entries are not those that its signer had seen: their root is {}, and was {}", is.short(), was.short())]
    SeenOther {
        /// How many they had seen.
        size: u64,
        /// The root they had seen.
        was: Sha256,
        /// The root that is there.
        is: Sha256,
    },
}

impl Fault {
    /// True where something in the log was changed, taken out or put in, so that
    /// other lines may lack as well. Else only this line says nothing.
    pub fn breaks(&self) -> bool {
        match self {
            Self::Line(_) | Self::SeenMore { .. } | Self::SeenOther { .. } => true,
            Self::Refused(_) | Self::Repository { .. } => false,
        }
    }
}

/// What is wrong with a log as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something else wrote, and did not come to an end.
    #[error(
        "behind its last line stand {bytes} bytes of one that was not finished; they are taken away when the next one is written"
    )]
    Torn {
        /// How many.
        bytes: usize,
    },
    /// What this console saw is not in it.
    #[error("the log was rewritten or cut since you last saw it: then it had {size} entries with the root {}, now {}. Compare it with somebody else's copy; if it is known why, remove {}", was.short(), now(*is, *there), path.display())]
    Rewritten {
        /// How many entries were seen.
        size: u64,
        /// Their root.
        was: Sha256,
        /// The root of as many now; `None` where there are not so many.
        is: Option<Sha256>,
        /// How many there are now.
        there: u64,
        /// Where it is kept what was seen.
        path: PathBuf,
    },
    /// Less than what this console saw in another copy of the same remote.
    #[error(
        "this copy of the log has {there} entries, but you have seen {size} of the remote: bring them here with `countersign audit share`"
    )]
    Behind {
        /// How many were seen.
        size: u64,
        /// How many there are.
        there: u64,
    },
    /// Two logs that say different things.
    #[error(
        "the log here and that of {remote} are two: they have {common} entries in common, then {here} others here and {there} there, and neither can be told to be the right one"
    )]
    Fork {
        /// The remote.
        remote: String,
        /// How many entries they have in common.
        common: u64,
        /// How many follow here.
        here: u64,
        /// How many follow there.
        there: u64,
    },
    /// Entries of ours that still have to go behind those of others.
    #[error(
        "{here} entries here are not shared yet, and {remote} has {there} others meanwhile: they go behind these with `countersign audit share`"
    )]
    Apart {
        /// The remote.
        remote: String,
        /// How many entries are only here.
        here: u64,
        /// How many are only there.
        there: u64,
    },
    /// The checkpoint beside the log promises another one.
    #[error("the checkpoint on its branch does not fit it: {0}")]
    Checkpoint(String),
    /// Another one than the base branch has a copy of.
    #[error(
        "the log is not the one that promotions left a copy of on {branch} ({path}): from entry \
         {position} on something else, or nothing, stands there. It was cut or rewritten"
    )]
    Copy {
        /// Where the copy is.
        path: RepoPath,
        /// On which branch.
        branch: String,
        /// The first entry that differs.
        position: u64,
    },
    /// What was seen before could not be read.
    #[error("what you saw of the log before could not be read ({why}), so that it could not be held against it: {}", path.display())]
    Pin {
        /// Where it is kept.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

fn now(is: Option<Sha256>, there: u64) -> String {
    match is {
        Some(is) => format!("as many have {}", is.short()),
        None => format!("it has {there}"),
    }
}

impl Problem {
    /// True where nothing in the log can be relied on before it is solved.
    pub fn breaks(&self) -> bool {
        match self {
            Self::Rewritten { .. }
            | Self::Behind { .. }
            | Self::Fork { .. }
            | Self::Copy { .. }
            | Self::Checkpoint(_) => true,
            Self::Torn { .. } | Self::Apart { .. } | Self::Pin { .. } => false,
        }
    }
}

/// Why a log was not read, or not written.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Where it is kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyrings of the base branch.
    #[error(transparent)]
    Authority(Box<AuthorityError>),
    /// Nobody would believe what was to be added.
    #[error("it was not added to the audit log, for nobody would believe it: {0}")]
    Refused(#[from] Fault),
    /// The log that is there does not hold.
    #[error(
        "nothing was added to the audit log, for what is there does not hold: {0}. `countersign audit verify` says more"
    )]
    Broken(String),
    /// The remote's log does not hold, or does not go with ours.
    #[error("the log of {remote} was not taken over: {why}")]
    Remote {
        /// The remote.
        remote: String,
        /// What is wrong with it.
        why: String,
    },
    /// No remote of that name.
    #[error(
        "there is no remote {0:?}, by which [sign_off] in countersign.toml says the audit log is shared: add it with `git remote add`"
    )]
    NoRemote(String),
    /// Others wrote all the time.
    #[error("others wrote to the audit log all the time: try again")]
    Busy,
    /// What may be said once could not be said where everybody reads it.
    #[error("nothing was written down, for {remote} did not take it: {why}")]
    NotShared {
        /// The remote.
        remote: String,
        /// In words.
        why: String,
    },
    /// No such key in any keyring.
    #[error(
        "no keyring of the base branch ever had a key {0:?}: `ssh-keygen -l -f FILE` says how a key is called"
    )]
    NoKey(String),
    /// The key did not sign.
    #[error(transparent)]
    Cannot(#[from] Cannot),
    /// The line could not be written.
    #[error("the entry could not be written: {0}")]
    Line(#[from] serde_json::Error),
    /// A file.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory to export to that is in use.
    #[error("{} is not empty: name a directory that does not exist or is empty", .0.display())]
    Occupied(PathBuf),
    /// No entry there.
    #[error("the log has no entry {position}: it has {size}, counted from 0")]
    NoEntry {
        /// Which was asked for.
        position: u64,
        /// How many there are.
        size: u64,
    },
}

impl AuditError {
    /// A file that could not be read or written.
    pub(super) fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { path, source }
    }

    /// True where the question is wrong.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Occupied(_) | Self::NoEntry { .. } | Self::NoRemote(_) | Self::NoKey(_)
        )
    }

    /// True where it is known that something is wrong, not unknown.
    pub fn is_wrong(&self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::Broken(_) | Self::Remote { .. }
        )
    }
}
