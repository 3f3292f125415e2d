//! What is asked for a signal.

use serde::{Deserialize, Serialize};

use super::selectors::Template;

/// What is asked for a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The signal's name.
    pub signal: String,
    /// The queries.
    pub what: What,
}

/// The queries of a signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Two counters: of all requests, and of those that failed.
    Errors {
        /// All.
        total: Template,
        /// Those that failed.
        bad: Template,
    },
    /// A histogram's buckets, and the bound beyond which an answer is slow.
    Slow {
        /// The counters whose names end with `_bucket`.
        buckets: Template,
        /// The bound, in the histogram's unit.
        limit: f64,
    },
    /// One value for each arm.
    Value(Template),
}
