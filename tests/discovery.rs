//! Finding repositories, modules, owners, history and tests, in real
//! repositories of every shape.
#![allow(clippy::unwrap_used)]

#[path = "discovery/fixture.rs"]
mod fixture;

#[path = "discovery/checkout.rs"]
mod checkout;
#[path = "discovery/export.rs"]
mod export;
#[path = "discovery/facts.rs"]
mod facts;
#[path = "discovery/modules.rs"]
mod modules;
#[path = "discovery/open.rs"]
mod open;
