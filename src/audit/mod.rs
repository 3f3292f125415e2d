//! The audit log: entries that nobody can change, take out or put in unseen.

pub mod checkpoint;
pub mod chunks;
mod flush;
pub mod line;
pub mod merkle;
pub mod recent;
pub mod store;
pub mod stored;
pub mod tree;
pub mod turn;
pub mod write;
