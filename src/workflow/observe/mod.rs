//! Phase 4, Observe: what was merged is watched for as long as the base branch says.
//!
//! [`standings`] says of each promotion how it stands, without a network: from git's
//! objects, the log and what this machine has seen. [`look()`] asks the metrics once and
//! judges. Both decide nothing. [`watch()`] does both for as long as it runs, writes into the
//! log what changed, and has done what follows.

mod act;
mod board;
mod control;
mod error;
mod fetch;
mod finish;
mod join;
mod journal;
mod look;
mod metrics;
mod nights;
mod record;
mod said;
mod serve;
mod source;
mod standing;
mod watch;

pub use control::{LONGEST_PAUSE, Order, control, key_of_a_person};
pub use error::ObserveError;
pub use fetch::fetch;
pub use finish::{Finish, finish};
pub use journal::{Journal, Past, PastSignal};
pub use look::{Seen, look, look_at_all};
pub use said::{Acknowledged, Control, Heard, Pause, Verdicts};
pub use source::{NoSource, server, server_in};
pub use standing::{Armed, Standing, find, standings};
pub use watch::{Options, Watched, watch};
