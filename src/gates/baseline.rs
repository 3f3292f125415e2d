//! "Zero new": the same gate on the merge-base, and what follows from both.

use super::checks::{Measure, Undecided};
use super::subject::Subject;
use crate::promotion::renames::Renames;
use crate::promotion::{Finding, Novelty, Outcome, Severity, novelty};

/// The module at the merge-base.
#[derive(Clone, Debug)]
pub struct Base {
    /// The module there; `None` where it did not exist.
    pub subject: Option<Subject>,
    /// What is called otherwise now.
    pub renames: Renames,
}

/// What counts, and what it amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// New ones first, then old, then fixed.
    pub findings: Vec<Finding>,
    /// Passed or failed.
    pub outcome: Outcome,
    /// In numbers.
    pub summary: String,
}

/// Sets a measure against that of the merge-base; without one everything counts.
pub fn weigh(head: Measure, base: Option<(Measure, &Renames)>) -> Verdict {
    let compared = base.is_some();
    let mut findings = match base {
        Some((base, renames)) => novelty::classify(head.findings, base.findings, renames),
        None => head.findings,
    };
    findings.sort_by_key(|finding| (finding.novelty, finding.severity)); // stable
    let count = |novelty| {
        findings
            .iter()
            .filter(|f| f.novelty == novelty && f.severity == Severity::Error)
            .count()
    };
    let (new, old, fixed) = (
        count(Novelty::New),
        count(Novelty::Old),
        count(Novelty::Fixed),
    );
    let numbers = match (compared, new, old, fixed) {
        (false, 0, ..) | (true, 0, 0, 0) => "no findings".to_owned(),
        (false, 1, ..) => "1 finding".to_owned(),
        (false, n, ..) => format!("{n} findings"),
        (true, new, old, 0) => format!("{new} new, {old} old"),
        (true, new, old, fixed) => format!("{new} new, {old} old, {fixed} fixed"),
    };
    if let Some(why) = head.inapplicable {
        return Verdict {
            findings,
            outcome: Outcome::NotApplicable { why },
            summary: String::new(),
        };
    }
    let idle = head.work.iter().find(|(_, n)| *n == 0);
    if let Some(Undecided { why, help }) = head.undecided {
        // What was found is shown, and may not be all there is.
        return Verdict {
            findings,
            outcome: Outcome::Error { why, help },
            summary: numbers,
        };
    }
    let outcome = match (head.fails, new) {
        (Some(why), _) => Outcome::Failed { why },
        (None, 1..) => Outcome::Failed {
            why: numbers.clone(),
        },
        (None, 0) if head.work.is_empty() || idle.is_some() => Outcome::Error {
            why: "the tool did not prove that it looked at anything".into(),
            help: "see the raw output; run the command shown by hand".into(),
        },
        (None, 0) => Outcome::Passed,
    };
    Verdict {
        outcome,
        summary: head.summary.filter(|_| !compared).unwrap_or(numbers),
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(messages: &[&str]) -> Measure {
        Measure {
            findings: messages
                .iter()
                .map(|message| Finding {
                    rule: "R".into(),
                    message: (*message).into(),
                    detail: String::new(),
                    path: "m.py".into(),
                    line: 1,
                    column: 1,
                    source: String::new(),
                    severity: Severity::Error,
                    novelty: Novelty::New,
                })
                .collect(),
            work: vec![("files".into(), 1)],
            ..Measure::default()
        }
    }

    #[test]
    fn only_what_is_new_counts_against_a_baseline() {
        let renames = Renames::default();
        let verdict = weigh(measure(&["a", "b"]), Some((measure(&["a", "c"]), &renames)));
        assert_eq!(verdict.summary, "1 new, 1 old, 1 fixed");
        assert!(matches!(verdict.outcome, Outcome::Failed { .. }));
        assert_eq!(verdict.findings[0].novelty, Novelty::New);
        let verdict = weigh(measure(&["a"]), Some((measure(&["a"]), &renames)));
        assert_eq!(verdict.outcome, Outcome::Passed);
    }

    #[test]
    fn everything_counts_without_one() {
        assert!(matches!(
            weigh(measure(&["a"]), None).outcome,
            Outcome::Failed { .. }
        ));
        assert_eq!(weigh(measure(&[]), None).outcome, Outcome::Passed);
    }

    #[test]
    fn nothing_looked_at_is_no_pass() {
        for work in [vec![], vec![("files".to_owned(), 0)]] {
            let idle = Measure {
                work,
                ..measure(&[])
            };
            assert!(matches!(weigh(idle, None).outcome, Outcome::Error { .. }));
        }
    }
}
