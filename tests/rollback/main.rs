//! `countersign rollback`: what was merged is taken back once, whoever does it, however it
//! was merged, and wherever it is killed.
#![allow(clippy::unwrap_used)]
#![recursion_limit = "256"]

#[path = "../canary_support/mod.rs"]
mod canary_support;
#[path = "../support/forge/mod.rs"]
#[allow(unused_imports)] // only a part of it is needed here
mod fake;
mod gone;
mod killed;
#[path = "../support/log.rs"]
mod log;
mod merges;
mod pulls;
mod receiver;
mod scene;
#[path = "../support/schemas.rs"]
mod schemas;
mod states;
mod told;
mod trees;
mod watched;

use canary_support::gates_support;
