//! Python source: what imports what. One index a commit, built from blobs,
//! each read once and remembered by its id.

pub mod imports;
pub mod index;
mod links;
mod mentions;
pub mod mirror;
mod resolve;
pub mod rewrite;
mod scan;
mod statements;
mod store;
mod visit;

pub use imports::{Import, ImportKind, Scan, ScanState};
pub use index::{Index, Options};
pub use scan::{Blob, BlobSource, MOST_BYTES, SourceFile};
pub use statements::statements;
