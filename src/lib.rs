//! Countersign: promote Python modules with evidence that can be reproduced and
//! signatures that can be checked.
//!
//! One direction of dependencies, checked by `tests/architecture.rs`:
//! faces ([`cli`], [`console`]) → phases ([`workflow`]) → instruments
//! ([`repo`], [`python`], [`gates`], [`review`], [`audit`], [`forge`], [`canary`],
//! [`config`]) → domain ([`promotion`]).
//! Start with `docs/architecture.md`.

pub mod audit;
pub mod canary;
pub mod cli;
pub mod config;
pub mod console;
pub mod forge;
pub mod gates;
pub mod promotion;
pub mod python;
pub mod repo;
pub mod review;
pub mod workflow;
