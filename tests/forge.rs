//! GitHub, as far as it can be had here: one of our own that answers by GitHub's rules,
//! with a bare git repository behind it and faults on request.
//!
//! What passes is held against GitHub's own description (`COUNTERSIGN_TEST_OPENAPI`,
//! `COUNTERSIGN_TEST_GRAPHQL`), and Debian's `gh` reads what we made.
#![allow(clippy::unwrap_used)]
#![recursion_limit = "256"]

#[path = "forge/by_hand.rs"]
mod by_hand;
#[path = "forge/console.rs"]
mod console;
#[path = "forge/day_owner.rs"]
mod day_owner;
#[path = "support/forge/mod.rs"]
mod fake;
#[path = "forge/faults.rs"]
mod faults;
mod gates_support;
#[path = "forge/outside.rs"]
mod outside;
#[path = "forge/pulls.rs"]
mod pulls;
#[path = "forge/reviews.rs"]
mod reviews;
#[path = "forge/scene.rs"]
mod scene;
#[path = "support/schemas.rs"]
mod schemas;
#[path = "support/terminal.rs"]
mod terminal;
