//! Telling people, so that nobody is told twice or not at all.
//!
//! Before anything is sent it is on disk that it will be, and afterwards that it was. A
//! machine that stopped in between sends it again with the same key: who receives it
//! drops what it had. Whose turn it is to tell, the log says (see
//! [`roll_back`](crate::workflow::roll_back)); this only sends.

mod channel;
mod outbox;

use serde::Serialize;

use crate::promotion::rollback::State;
use crate::promotion::{ObjectId, RepoPath};

pub use channel::{Channel, channels};
pub use outbox::Outbox;

/// The header, and the variable of a command, that hold the key.
pub const KEY_HEADER: &str = "Idempotency-Key";
/// See [`KEY_HEADER`].
pub const KEY_VARIABLE: &str = "COUNTERSIGN_NOTIFICATION_KEY";

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What tells this from every other: the same however often it is sent.
    pub key: String,
    /// How far it has come.
    pub state: State,
    /// What is called the repository.
    pub repository: String,
    /// Where the module was before the promotion.
    pub from: RepoPath,
    /// Where the promotion brought it.
    pub to: RepoPath,
    /// The promotion, by its commit.
    pub promotion: ObjectId,
    /// The commit that this is about; `None` where there is none.
    pub commit: Option<ObjectId>,
    /// Why it is rolled back.
    pub why: String,
    /// Who decided that.
    pub by: String,
    /// All of it in a sentence, with what to do.
    pub words: String,
}

/// Tells a notice by every channel that did not get it yet. `at` hears of each instant.
/// In words, which did not get it now; it is tried again when this is called again.
pub fn tell(
    outbox: &Outbox,
    channels: &[Channel],
    notice: &Notice,
    at: &dyn Fn(&'static str),
) -> Result<(), String> {
    let mut failed = Vec::new();
    for channel in channels {
        if let Err(why) = outbox.once(channel.word(), &notice.key, at, &|| channel.send(notice)) {
            failed.push(format!("{}: {why}", channel.word()));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("; ")),
    }
}
