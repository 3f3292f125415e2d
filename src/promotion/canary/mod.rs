//! Watching what was merged: the judge. Pure: what was read goes in, a verdict with
//! its reasons comes out.
//!
//! Three things can be done with a verdict: roll back, complete, hold. Only a `FAIL`
//! rolls back; only a `PASS` of the whole window completes; everything else holds.
//! An outage of the metrics is neither: it holds, and says since when.
//!
//! - [`ask`], with [`selectors`]: what is asked, and of whom;
//! - [`quality`]: whether what was read can be judged at all;
//! - [`burn`]: absolute harm, against the objective of a service;
//! - [`sprt`], with [`dispersion`]: relative harm, canary against base;
//! - [`latency`]: slow answers as events, so that they go the same ways;
//! - [`threshold`]: a plain limit;
//! - [`gauge`], with [`mann_whitney`]: values that are no events; can only hold;
//! - [`smoke`]: the nightly runs.

pub mod ask;
pub mod burn;
pub mod dispersion;
pub mod estimate;
pub mod gauge;
pub mod judge;
pub mod latency;
pub mod look;
pub mod mann_whitney;
pub mod normal;
pub mod policy;
pub mod quality;
pub mod selectors;
pub mod smoke;
pub mod sprt;
pub mod threshold;
pub mod verdict;

pub use ask::{Ask, What};
pub use judge::judge;
pub use look::{Answer, Bin, Counts, History, Look, Reading, Series};
pub use policy::{Events, Gauge, Kind, Policy, Signal};
pub use selectors::{Arms, Matchers, SelectorError, Template};
pub use verdict::{Action, SignalVerdict, Verdict, Word};
