//! `coverage`: how much of the module its tests run, in integers.

use futures_util::future::BoxFuture;

use super::{Check, Measure, Scope, Undecided, suite};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::coverage::{AtBase, Changed};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Coverage, Criterion, GateId};

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
        5
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

    fn looks_back(&self) -> bool {
        true
    }

    fn told(&self, options: &GateOptions) -> serde_json::Value {
        serde_json::json!([options.minimum, options.changed_minimum, options.max_drop])
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
            let (mut measure, lacking) = suite::coverage(job).await?;
            if let Some(coverage) = measure.coverage.take() {
                judge(&mut measure, &coverage, job.options);
                measure.coverage = Some(coverage);
            }
            if measure.fails.is_some() && !lacking.is_empty() {
                // With the tests that could not run it may be enough.
                measure.undecided = Some(lacking.undecided("the coverage"));
            }
            Ok(measure)
        })
    }
}

/// Whether it is enough, in integers.
fn judge(measure: &mut Measure, coverage: &Coverage, options: &GateOptions) {
    let ratio = coverage.ratio();
    let percent = ratio.percent().unwrap_or_else(|| "nothing to cover".into());
    let difference = coverage.pair().difference();
    let mut failed: Vec<String> = measure.fails.take().into_iter().collect();
    let mut unknown = Vec::new();
    if !ratio.reaches(options.minimum) {
        failed.push(format!(
            "{percent} of the module is covered ({} of {} statements and branches); {} % are asked for",
            ratio.covered, ratio.total, options.minimum
        ));
    }
    if let Some(minimum) = options.changed_minimum {
        match &coverage.changed {
            Changed::Unknown { why } => unknown.push(format!("which lines changed: {why}")),
            Changed::Known { .. } => {
                let changed = coverage.changed.ratio().unwrap_or_default();
                if !changed.reaches(minimum) {
                    failed.push(format!(
                        "{} of {} changed statements are covered; {minimum} % are asked for",
                        changed.covered, changed.total
                    ));
                }
            }
        }
    }
    if let Some(points) = options.max_drop {
        match &coverage.base {
            AtBase::Unknown { why } => {
                unknown.push(format!("what it was at the merge-base: {why}"))
            }
            AtBase::Absent | AtBase::Known { .. } => {
                if let Some(difference) = difference.filter(|it| it.drops_more_than(points)) {
                    failed.push(format!(
                        "coverage changed by {difference} points since the merge-base; at most \
                         {points} may be lost"
                    ));
                }
            }
        }
    }
    if !failed.is_empty() {
        measure.fails = Some(failed.join("; "));
    } else if !unknown.is_empty() {
        measure.undecided = Some(Undecided {
            why: format!("it is not known {}", unknown.join("; nor ")),
            help: "`changed_minimum` and `max_drop` of [gates.coverage] need a merge-base whose \
                   tests run"
                .into(),
        });
    }
    let moved = difference.filter(|it| it.sign() != std::cmp::Ordering::Equal);
    let moved = moved.map_or(String::new(), |it| format!(" ({it})"));
    let more = measure
        .summary
        .take()
        .map_or(String::new(), |more| format!(", {more}"));
    measure.summary = Some(format!("{percent}{moved}{more}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::FileCoverage;
    use crate::promotion::coverage::ChangedFile;

    fn file(covered: u32) -> FileCoverage {
        FileCoverage {
            path: "m.py".into(),
            statements: 100_000,
            covered,
            ..FileCoverage::default()
        }
    }

    fn judged(coverage: &Coverage, options: GateOptions) -> Measure {
        let mut measure = Measure::default();
        judge(&mut measure, coverage, &options);
        measure
    }

    #[test]
    fn what_is_almost_enough_is_not_enough() {
        let coverage = Coverage {
            files: vec![file(89_996)],
            base: AtBase::Known {
                files: vec![file(90_000)],
                note: None,
            },
            ..Coverage::default()
        };
        let measure = judged(&coverage, GateOptions::default());
        let why = measure.fails.unwrap();
        assert!(
            why.starts_with("89.9 % of the module is covered (89996 of 100000"),
            "{why}"
        );
        assert_eq!(measure.summary.as_deref(), Some("89.9 % (-0.0)"));
    }

    #[test]
    fn a_policy_may_demand_changed_lines_and_forbid_a_drop() {
        let mut coverage = Coverage {
            files: vec![file(95_000)],
            changed: Changed::Known {
                files: vec![ChangedFile {
                    path: "m.py".into(),
                    lines: 4,
                    statements: 3,
                    covered: 2,
                    missing: vec![7],
                }],
            },
            base: AtBase::Known {
                files: vec![file(96_000)],
                note: None,
            },
            ..Coverage::default()
        };
        let with = |changed_minimum, max_drop| GateOptions {
            changed_minimum,
            max_drop,
            ..GateOptions::default()
        };
        assert_eq!(judged(&coverage, with(None, None)).fails, None);
        assert_eq!(judged(&coverage, with(Some(66.6), Some(1.0))).fails, None);
        let why = judged(&coverage, with(Some(67.0), Some(0.9)))
            .fails
            .unwrap();
        assert_eq!(
            why,
            "2 of 3 changed statements are covered; 67 % are asked for; coverage changed by -1.0 \
             points since the merge-base; at most 0.9 may be lost"
        );
        coverage.base = AtBase::Absent;
        assert_eq!(judged(&coverage, with(None, Some(0.0))).fails, None);
        coverage.base = AtBase::default();
        let measure = judged(&coverage, with(None, Some(0.0)));
        assert!(measure.undecided.unwrap().why.contains("merge-base"));
        coverage.changed = Changed::default();
        assert!(judged(&coverage, with(Some(1.0), None)).undecided.is_some());
    }
}
