//! The diff on real repositories: what is compared with what, and how it looks
//! in the console.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "diff/comments.rs"]
mod comments;
#[path = "diff/compare.rs"]
mod compare;
#[path = "diff/halves.rs"]
mod halves;
#[path = "diff/moved.rs"]
mod moved;
#[path = "diff/pane.rs"]
mod pane;
#[path = "diff/place.rs"]
mod place;
#[path = "diff/viewed.rs"]
mod viewed;
#[path = "diff/whitespace.rs"]
mod whitespace;
#[path = "diff/wrap.rs"]
mod wrap;
