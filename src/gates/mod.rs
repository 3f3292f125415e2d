//! Gates: checks that run tools and yield evidence.
//!
//! [`pipeline`] runs the gates of [`checks`] in parallel; each has its tools
//! from [`toolchain`], started by [`process`] under [`supervise`]. What they
//! found is set against the merge-base by [`baseline`] and kept by [`cache`].

pub mod cache;
pub mod environment;
pub mod process;
pub mod scratch;
pub mod supervise;
pub mod toolchain;
pub mod trouble;

pub use trouble::Trouble;
