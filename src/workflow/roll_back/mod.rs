//! Rolling back: what was merged is taken back, step by step, each of them once.
//!
//! The audit log is the only state. [`advance`] looks at the log and the base branch,
//! does what [`rollback::next`](crate::promotion::rollback::next) says, and logs it;
//! whoever comes after a crash, or from another machine, goes on from there. What a step
//! changes and its entry go out together, or neither does.

mod ask;
mod decide;
mod dependents;
mod error;
mod killed;
mod log;
mod look;
mod make;
mod memory;
mod plan;
mod revalidate;
mod status;
mod steps;
mod tell;

use crate::promotion::rollback::{Cause, Rollback, State};
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::{Ask, Desk, Key};

pub use error::RollBackError;
pub use look::{SWITCH, VARIABLE};
pub use plan::{Plan, plan};
pub(in crate::workflow) use status::of;
pub use status::status;
pub(in crate::workflow) use tell::untold;

/// Does steps until nothing is left, or until it has to wait: [`Rollback::waits`] says
/// for what. `report` hears of each state as it is reached. A cause that no person spoke
/// out does what the policy lets it; by hand it always goes, and goes on where it was
/// (then the reason may be empty).
pub fn advance(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    cause: &Cause,
    key: &Key,
    ask: Ask,
    report: &dyn Fn(State),
) -> Result<Rollback, RollBackError> {
    let order = steps::Order {
        ws,
        promotion,
        cause,
        key,
        ask,
        report,
        take_over: false,
    };
    steps::run(&order, desk)
}

/// The same by a person who takes it over from whoever carries it out, at once.
pub fn take_over(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    cause: &Cause,
    key: &Key,
    ask: Ask,
    report: &dyn Fn(State),
) -> Result<Rollback, RollBackError> {
    let order = steps::Order {
        ws,
        promotion,
        cause,
        key,
        ask,
        report,
        take_over: cause.is_by_hand(),
    };
    steps::run(&order, desk)
}
