//! Python source: what imports what.

pub mod index;

pub use index::{BlobSource, Index, SourceFile};
