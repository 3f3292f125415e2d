//! (being written) CODEOWNERS.
