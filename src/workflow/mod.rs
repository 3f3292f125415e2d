//! The phases of a promotion, one file each, and what they share.

pub mod dirs;
pub mod triage;
pub mod workspace;

pub use workspace::{OpenError, Workspace};
pub mod validate;
