//! Rolling back: what was merged is taken back, step by step, each of them once.
//!
//! The audit log is the only state. [`advance`] looks at the log and the base branch,
//! does what [`rollback::next`](crate::promotion::rollback::next) says, and logs it;
//! whoever comes after a crash, or from another machine, goes on from there.

mod error;
mod status;

use crate::promotion::rollback::{Cause, Rollback, State};
use crate::workflow::Workspace;
use crate::workflow::promote::Promotion;
use crate::workflow::sign_off::{Ask, Desk, Key};

pub use error::RollBackError;
pub use status::status;

/// Does steps until nothing is left, or until it has to wait: [`Rollback::waits`] says
/// for what. `report` hears of each state as it is reached.
pub fn advance(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    cause: &Cause,
    key: &Key,
    ask: Ask,
    report: &dyn Fn(State),
) -> Result<Rollback, RollBackError> {
    let _ = (ws, desk, cause, key, ask, report);
    Err(RollBackError::Refused {
        module: promotion.from.clone(),
        why: "it cannot be done yet".into(),
    })
}
