//! Python source: what imports what. One index a commit, built from blobs,
//! each read once and remembered by its id.

mod docstring;
pub mod imports;
pub mod index;
mod links;
mod mentions;
pub mod mirror;
mod resolve;
pub mod reverse;
pub mod rewrite;
mod scan;
mod statements;
mod store;
mod visit;
pub mod words;

pub use docstring::docstring;
pub use imports::{Import, ImportKind, Scan, ScanState};
pub use index::{Index, Options};
pub use reverse::{Edge, Reverse};
pub use rewrite::{Rewriter, Rewriting};
pub use scan::{Blob, BlobSource, MOST_BYTES, STACK_BYTES, SourceFile};
pub use statements::statements;
pub use words::Words;
