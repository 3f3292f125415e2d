//! (being written) Uncommitted changes.
