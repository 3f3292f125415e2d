//! The audit log: written by many at once and by who is killed, shared, exported.
#![allow(clippy::unwrap_used)]

#[path = "audit/command.rs"]
mod command;
#[path = "audit/crowd.rs"]
mod crowd;
#[path = "audit/keys.rs"]
mod keys;
#[path = "audit/killed.rs"]
mod killed;
#[path = "support/log.rs"]
mod log;
#[path = "audit/records.rs"]
mod records;
#[path = "audit/remotes.rs"]
mod remotes;
#[path = "audit/write.rs"]
mod write;
