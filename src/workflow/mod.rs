//! The phases of a promotion, one file each, and what they share.

pub mod audit;
pub mod cache;
pub mod ci;
pub mod colours;
pub mod compare;
pub mod demo;
pub mod dirs;
pub mod doctor;
pub mod drawer;
pub mod editor;
pub mod fix;
pub mod impact;
pub mod init;
mod kept;
pub mod notify;
pub mod observe;
pub mod promote;
pub mod propose;
pub mod pull_request;
mod python_index;
pub mod record;
pub mod report;
pub mod roll_back;
pub mod select;
pub mod sign_off;
pub mod triage;
pub mod validate;
pub mod workspace;

// Errors of the instruments, for the faces that tell them.
pub use crate::config::ConfigError;
pub use crate::repo::RepoError;
pub use workspace::{OpenError, Workspace};
