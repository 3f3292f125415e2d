//! What is watched, and how strictly.

use serde::{Deserialize, Serialize};

use super::threshold::Threshold;

const HOUR: u64 = 3_600;

/// What is watched. Spans are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// How long.
    pub window: u64,
    /// How long a bin is.
    pub bin: u64,
    /// Which part of the time since the merge must have data.
    pub coverage: f64,
    /// How old the newest sample may be.
    pub fresh: u64,
    /// How far the server's clock may be off.
    pub skew: u64,
    /// How many requests each arm must have had.
    pub requests: u64,
    /// How many errors there must be before a budget can burn.
    pub errors: u64,
    /// The chance of a false rollback for relative harm, shared among the signals.
    pub alpha: f64,
    /// How much of the time before the merge must be known, for relative harm.
    pub before: u64,
    /// The signals.
    pub signals: Vec<Signal>,
    /// How many nightly runs must pass.
    pub nights: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            window: 48 * HOUR,
            bin: 300,
            coverage: 0.95,
            fresh: 600,
            skew: 30,
            requests: 100,
            errors: 10,
            alpha: 0.01,
            before: 144 * HOUR,
            signals: Vec::new(),
            nights: 2,
        }
    }
}

impl Policy {
    /// α of one signal: shared equally (Bonferroni).
    pub fn share(&self) -> f64 {
        let relative = self.signals.iter().filter(
            |signal| matches!(&signal.kind, Kind::Events(events) if events.allowed.is_some()),
        );
        self.alpha / relative.count().max(1) as f64
    }
}

/// One thing that is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// How it is judged.
    pub kind: Kind,
}

/// How a signal is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Events among requests: errors, slow answers.
    Events(Events),
    /// A value.
    Gauge(Gauge),
}

/// The rules for events; each that is there is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Events {
    /// The objective: the part of requests that must be good (`0.999`).
    pub objective: Option<f64>,
    /// How many times the base's rate is allowed (`1.25`).
    pub allowed: Option<f64>,
    /// A plain limit.
    pub threshold: Option<Threshold>,
}

/// The rule for a value. It can hold, never roll back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    /// Whether more of it is worse; else less is.
    pub more_is_worse: bool,
    /// How far apart samples must be to count as independent.
    pub thin: u64,
    /// When it is looked at, in seconds after the merge: declared beforehand.
    pub looks: Vec<u64>,
    /// The chance of a false hold, over all these looks.
    pub alpha: f64,
}
