//! The audit log: entries that nobody can change, take out or put in unseen.

pub mod checkpoint;
pub mod line;
pub mod merkle;
pub mod store;
pub mod tree;
pub mod turn;
