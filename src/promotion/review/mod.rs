//! Gate 2, Sign off: who may decide, what a decision says, and whether it still
//! holds. Pure: signatures are checked elsewhere, times and digests come in.

pub mod checklist;
pub mod decision;
pub mod role;
pub mod rules;
pub mod standing;

pub use checklist::{Answer, Answered, Checklist, Item, Unfit};
pub use decision::{Decision, Predicate, Seen, Statement, Subject, Verb};
pub use role::Role;
pub use rules::Rules;
pub use standing::{Now, Person, Reason, SignOff, Signed, State, sign_off};
