//! Rolling back: what was merged is taken back, step by step, each of them once.
//!
//! The audit log is the only state. [`advance()`] looks at the log and the base branch,
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

pub use error::RollBackError;
pub use look::{SWITCH, VARIABLE};
pub use make::is_fix;
pub use plan::{Plan, plan};
pub(in crate::workflow) use status::of;
pub use status::status;
pub use steps::{Order, advance};
pub(in crate::workflow) use tell::untold;
