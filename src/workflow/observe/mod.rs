//! Phase 4, Observe: what was merged is watched for as long as the base branch says.
//!
//! [`standings`] says of each promotion how it stands, without a network: from git's
//! objects, the log and what this machine has seen. [`look()`] asks the metrics once and
//! judges. Both decide nothing.

mod error;
mod join;
mod journal;
mod look;
mod said;
mod source;
mod standing;

pub use error::ObserveError;
pub use journal::{Journal, Past, PastSignal};
pub use look::{Seen, look, look_at_all};
pub use said::{Acknowledged, Control, Pause, Verdicts};
pub use source::{NoSource, server, server_in};
pub use standing::{Armed, Standing, find, standings};
