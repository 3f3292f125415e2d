//! The console: pictures of its screens, what events do to its model, and the
//! whole program in a pseudo-terminal.

#![allow(clippy::unwrap_used)]

mod errand;
mod fixture;
mod hostile;
mod impact;
mod log;
mod picture;
mod pty;
mod review;
mod screens;
mod sign_off;
mod standing;
mod update;
mod wizard;
