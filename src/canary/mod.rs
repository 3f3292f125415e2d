//! Reading what a canary does from Prometheus. What is read is judged by
//! [`crate::promotion::canary`]; nothing is judged here.
//!
//! No answer is ever taken for a good one: what did not come, came late, came in part,
//! with warnings, or makes no sense is an error, and says so in the look.

pub mod answer;
pub mod counted;
pub mod counters;
pub mod credentials;
pub mod known;
pub mod look;
pub mod prometheus;

pub use crate::promotion::canary::{Arms, Ask, Matchers, SelectorError, Template, What};
pub use answer::{Answered, Sampled, SourceError};
pub use credentials::Credentials;
pub use known::Known;
pub use look::{Reader, Span};
pub use prometheus::{Limits, Prometheus};
