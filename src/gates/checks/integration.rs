//! `integration`: where a module has integration or end-to-end tests, they ran
//! and none failed. They are part of the one run of its tests, and counted by
//! `tests` too: here they must speak for themselves.

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope, suite};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId};

/// The gate.
pub struct Integration;

impl Check for Integration {
    fn id(&self) -> GateId {
        GateId::new("integration")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Tests
    }

    fn title(&self) -> &'static str {
        "Integration tests pass, where there are any"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &["pytest", "coverage"]
    }

    fn runs_code(&self) -> bool {
        true
    }

    fn scope(&self) -> Scope {
        Scope::Tests
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({ "paths": options.paths, "markers": options.markers })
    }

    fn inapplicable(&self, subject: &Subject) -> Option<String> {
        // The gate `tests` says what follows from that.
        subject
            .tests
            .is_empty()
            .then(|| "no integration tests: the module has no tests at all".into())
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move { suite::of(job).await?.ran.integration })
    }
}
