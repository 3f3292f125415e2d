//! `coverage`: how much of the module its tests run, in integers.

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope, suite};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId};

/// The gate.
pub struct CoverageGate;

impl Check for CoverageGate {
    fn id(&self) -> GateId {
        GateId::new("coverage")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Tests
    }

    fn title(&self) -> &'static str {
        "The tests cover the module"
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
        serde_json::json!({ "minimum": options.minimum })
    }

    fn inapplicable(&self, subject: &Subject) -> Option<String> {
        let any = subject.files.iter().any(|f| f.as_bytes().ends_with(b".py"));
        (!any).then(|| "it holds no Python source to run".into())
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(async move {
            if job.subject.tests.is_empty() {
                return Ok(suite::no_tests(job.subject));
            }
            let mut measure = suite::of(job).await?.coverage?;
            let Some(coverage) = &measure.coverage else {
                return Ok(measure);
            };
            let ratio = coverage.ratio();
            let percent = ratio
                .percent()
                .map_or("nothing to cover".to_owned(), percent);
            if !ratio.reaches(job.options.minimum) {
                measure.fails = Some(format!(
                    "{percent} of the module is covered ({} of {} statements and branches); \
                     {} % are asked for",
                    ratio.covered, ratio.total, job.options.minimum
                ));
            }
            measure.summary = Some(percent);
            Ok(measure)
        })
    }
}

/// In percent, cut and not rounded: 89.996 must not read as 90.0.
fn percent(value: f64) -> String {
    format!("{:.1} %", (value * 10.0).floor() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_not_rounded_up() {
        assert_eq!(percent(89.996), "89.9 %");
        assert_eq!(percent(90.0), "90.0 %");
    }
}
