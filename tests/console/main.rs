//! The console: pictures of its screens, what events do to its model, and the
//! whole program in a pseudo-terminal.

#![allow(clippy::unwrap_used)]

mod branches;
mod canary;
mod day_reviewer;
mod diffs;
mod elsewhere;
mod errand;
mod every;
mod fixture;
mod gallery;
#[path = "../gates_support/mod.rs"]
mod gates_support;
mod hostile;
mod impact;
mod keys;
mod linear;
mod links;
mod log;
mod mouse;
mod palette;
mod picture;
mod pictures;
mod pty;
mod reasons;
mod review;
mod screens;
mod session;
mod sign_off;
mod standing;
mod storm;
mod update;
mod viewed;
mod wizard;
