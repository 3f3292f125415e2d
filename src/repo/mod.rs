//! Git, read on objects and never through the work tree: revisions, trees,
//! blobs, owners, history, exports. What moves a module is made on objects as well
//! (`relocate`), and put onto a branch at once (`land`).

mod bits;
pub mod branch;
pub mod brought;
pub mod checkout;
pub mod diff;
pub mod error;
pub mod export;
pub mod glob;
pub mod history;
mod history_trie;
pub mod identities;
pub mod land;
pub mod line;
pub mod links;
pub mod merge_base;
pub mod modules;
pub mod open;
pub mod owners;
pub mod people;
pub mod relocate;
pub mod revert;
pub mod status;
pub mod tree;

pub use checkout::{Checkout, Pool};
pub use error::RepoError;
pub use export::{ExportSummary, export};
pub use open::Repo;
pub use tree::{Mode, TreeEntry};
