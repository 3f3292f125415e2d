//! What one look at the metrics read.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::smoke::Night;
use crate::promotion::Sha256;

/// Requests, and those among them that went wrong (failed, or were slow).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All requests.
    pub total: u64,
    /// Those that went wrong.
    pub bad: u64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            bad: self.bad + other.bad,
        }
    }
}

impl Counts {
    /// The part that went wrong; nothing without requests.
    pub fn ratio(self) -> Option<f64> {
        (self.total > 0).then(|| self.bad as f64 / self.total as f64)
    }
}

/// What both arms did in the same stretch of time. An arm that did not answer for it
/// has nothing, which is not the same as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin<T> {
    /// When it ended, in Unix seconds.
    pub end: i64,
    /// The canary.
    pub canary: Option<T>,
    /// The base.
    pub base: Option<T>,
}

/// One signal over time. Bins are sorted by their ends; one that nobody answered for
/// may be absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series<T> {
    /// Before the merge: to know how unevenly it goes. Never judged.
    pub before: Vec<Bin<T>>,
    /// Since the merge.
    pub since: Vec<Bin<T>>,
    /// When the canary's newest sample was taken, in Unix seconds.
    pub canary_newest: Option<i64>,
    /// The same of the base.
    pub base_newest: Option<i64>,
    /// How often a counter began anew.
    pub resets: u32,
    /// How many samples were no number.
    pub not_a_number: u32,
}

/// What came of asking for a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Counts of events.
    Counts(Series<Counts>),
    /// Values.
    Values(Series<f64>),
    /// There is no such series: an empty answer.
    Missing(String),
    /// No answer that can be believed: down, slow, garbage, with warnings.
    Failed(String),
}

/// A signal's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The signal's name.
    pub signal: String,
    /// What came of it.
    pub answer: Answer,
    /// The queries that were sent, each with the digest of the raw answer to it.
    pub asked: Vec<(String, Option<Sha256>)>,
}

/// Everything one look read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// What it looked at: the metrics as of then, in Unix seconds.
    pub at: i64,
    /// How far the server's clock is ahead of ours, in seconds; nothing where it does
    /// not say.
    pub skew: Option<i64>,
    /// One for each signal.
    pub readings: Vec<Reading>,
}

/// What is known beside the metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// When the promotion was merged, in Unix seconds. Nothing before is judged.
    pub merged: i64,
    /// The nights so far.
    pub nights: Vec<Night>,
    /// When an earlier look last had data of everything, in Unix seconds.
    pub last_good: Option<i64>,
}
