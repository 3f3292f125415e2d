//! Gate 2, Sign off: who may decide, what a decision says, and whether it still
//! holds. Pure: signatures are checked elsewhere, times and digests come in.

pub mod checklist;
pub mod decision;
mod dir_hash;
pub mod role;
pub mod rules;
pub mod standing;

pub use checklist::{Answer, Answered, Checklist, Item, Unfit};
pub use decision::{Decision, Predicate, Seen, Statement, Subject, Verb};
pub use dir_hash::dir_hash;
pub use role::Role;
pub use rules::Rules;
pub use standing::{Now, Person, Reason, SignOff, Signed, State, reasons, sign_off};
