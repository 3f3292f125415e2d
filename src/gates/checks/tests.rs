//! `tests`: the module's tests run, and none fails.

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope, suite};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::{Criterion, GateId};

/// The gate.
pub struct Tests;

impl Check for Tests {
    fn id(&self) -> GateId {
        GateId::new("tests")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Tests
    }

    fn title(&self) -> &'static str {
        "The module's tests pass"
    }

    fn definition(&self) -> u32 {
        6
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

    fn inapplicable(&self, _: &Subject) -> Option<String> {
        // Whatever it holds, a module without tests is not ready.
        None
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            if job.subject.tests.is_empty() {
                return Ok(suite::no_tests(job.subject));
            }
            suite::of(job).await?.ran.tests
        })
    }
}
