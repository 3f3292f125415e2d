//! (being written) Last changes and frequent authors.
