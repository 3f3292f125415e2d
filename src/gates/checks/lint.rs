//! `lint`: `ruff check` with the rules the guide asks for.

use futures_util::future::BoxFuture;

use super::{Check, Measure, ruff};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId};

/// The gate.
pub struct Lint;

impl Check for Lint {
    fn id(&self) -> GateId {
        GateId::new("lint")
    }

    fn criterion(&self) -> Criterion {
        Criterion::StaticAnalysis
    }

    fn title(&self) -> &'static str {
        "ruff finds nothing new"
    }

    fn definition(&self) -> u32 {
        3
    }

    fn tools(&self) -> &'static [&'static str] {
        &["ruff"]
    }

    fn has_baseline(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!({ "args": options.args, "select": options.select })
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(ruff::run(job, &job.options.select))
    }
}
