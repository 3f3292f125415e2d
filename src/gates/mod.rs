//! Gates: checks that run tools and yield evidence.
//!
//! [`pipeline`] runs the gates of [`checks`] in parallel; each has its tools
//! from [`toolchain`], started by [`process`] under [`supervise`]. What they
//! found is set against the merge-base by [`baseline`] and kept by [`cache`].

pub mod baseline;
pub mod cache;
pub mod checks;
pub mod environment;
pub mod fix;
pub mod interpreter;
pub mod job;
pub mod pipeline;
pub mod places;
pub mod process;
pub mod scratch;
pub mod settings;
pub mod subject;
pub mod supervise;
pub mod toolchain;
pub mod trouble;

pub use trouble::Trouble;
