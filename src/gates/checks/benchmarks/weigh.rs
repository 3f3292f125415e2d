//! What all that was measured amounts to.

use std::collections::BTreeMap;

use super::side::{Ran, Spot};
use crate::gates::checks::{Measure, Undecided};
use crate::gates::job::Job;
use crate::gates::subject::Finder;
use crate::promotion::benchmark::statistics::interval;
use crate::promotion::benchmark::{Benchmark, Benchmarks, Pair, Verdict, middle};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Finding, RepoPath};

/// What was found in both trees.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where the benchmarks are now.
    pub spots: BTreeMap<String, Spot>,
    /// The time of each, of one run.
    pub times: BTreeMap<String, u64>,
    /// What failed.
    pub failed: BTreeMap<String, String>,
    /// What measured nothing.
    pub idle: Vec<String>,
    /// Files that could not be collected.
    pub uncollected: Vec<String>,
    /// What the merge-base had.
    pub removed: BTreeMap<String, (Spot, u64)>,
    /// What was compared.
    pub compared: BTreeMap<String, (Vec<Pair>, Verdict)>,
    /// Why nothing is, where that is so.
    pub no_base: Option<String>,
    /// The time was up before all was decided.
    pub out_of_time: bool,
    /// What the intervals are drawn from.
    pub seed: u32,
}

impl Found {
    /// What there is now.
    pub fn of(now: Ran) -> Self {
        Self {
            spots: now.spots,
            times: now.times,
            failed: now.failed,
            idle: now.idle,
            uncollected: now.uncollected,
            ..Self::default()
        }
    }

    fn list(&self) -> Vec<Benchmark> {
        let mut list: BTreeMap<&String, Benchmark> = BTreeMap::new();
        let place = |name: &str| self.spots.get(name).cloned().unwrap_or_default();
        for (name, time) in &self.times {
            let (pairs, verdict) = match self.compared.get(name) {
                Some((pairs, verdict)) => (pairs.clone(), *verdict),
                None => (Vec::new(), Verdict::NoBaseline),
            };
            let Spot { path, line } = place(name);
            let of = |side: fn(&Pair) -> u64| middle(pairs.iter().map(side));
            let benchmark = Benchmark {
                name: name.clone(),
                path,
                line,
                verdict,
                base: of(|pair| pair.base),
                head: of(|pair| pair.head).or(Some(*time)),
                interval: interval(&pairs, self.seed).map(|it| it.rounded()),
                pairs,
            };
            list.insert(name, benchmark);
        }
        for (name, (spot, time)) in &self.removed {
            let benchmark = Benchmark {
                name: name.clone(),
                path: spot.path.clone(),
                line: spot.line,
                verdict: Verdict::Removed,
                base: Some(*time),
                head: None,
                interval: None,
                pairs: Vec::new(),
            };
            list.insert(name, benchmark);
        }
        list.into_values().collect()
    }
}

/// The measure of a gate.
pub(super) fn weigh(found: Found, job: &Job<'_>) -> Measure {
    let finder = Finder::new(&job.subject.tree);
    let exists = |path: &RepoPath| job.subject.on_disk(path).is_file();
    measure(found, job.options, &job.subject.module, &finder, &exists)
}

fn measure(
    found: Found,
    options: &GateOptions,
    module: &RepoPath,
    finder: &Finder<'_>,
    exists: &dyn Fn(&RepoPath) -> bool,
) -> Measure {
    let benchmarks = Benchmarks {
        budget: options.budget,
        seed: found.seed,
        list: found.list(),
        no_base: found.no_base.clone(),
    };
    let budget = options.budget;
    let mut measure = Measure {
        work: vec![("benchmarks".into(), benchmarks.compared() as u64)],
        summary: Some(benchmarks.summary()),
        ..Measure::default()
    };
    let findings = &mut measure.findings;
    for file in &found.uncollected {
        let path = RepoPath::from(file.split("::").next().unwrap_or(file));
        let message = "the file cannot be collected: its benchmarks are not known";
        findings.push(finder.note("collection", message, &path, 0, 0));
    }
    for (name, exception) in &found.failed {
        let spot = found.spots.get(name).cloned().unwrap_or_default();
        let message = format!("{name} fails: {exception}");
        findings.push(finder.error("failed", &message, &spot.path, spot.line, 0));
    }
    for name in &found.idle {
        let spot = found.spots.get(name).cloned().unwrap_or_default();
        let message = format!("{name} asks for `benchmark` and measures nothing");
        findings.push(finder.note("unmeasured", &message, &spot.path, spot.line, 0));
    }
    let mut regressed = Vec::new();
    let mut removed = Vec::new();
    let mut open = Vec::new();
    for benchmark in &benchmarks.list {
        let name = benchmark.short_name();
        // Without numbers: those are other ones on every run.
        let (rule, message, counts) = match benchmark.verdict {
            Verdict::Holds => continue,
            Verdict::Regressed => {
                regressed.push(name);
                let message = format!("{name} is slower than the budget of {budget} % allows");
                ("regression", message, true)
            }
            Verdict::Inconclusive => {
                open.push(benchmark);
                ("inconclusive", format!("{name} is undecided"), false)
            }
            Verdict::NoBaseline => ("no-baseline", format!("{name} has no baseline"), false),
            Verdict::Removed => {
                let allowed = options.removed.contains(&benchmark.name);
                if !allowed {
                    removed.push(name);
                }
                let message = format!("{name} was there at the merge-base and is not any more");
                ("removed", message, !allowed)
            }
        };
        let place = match exists(&benchmark.path) {
            true => &benchmark.path,
            false => module,
        };
        let finding = Finding {
            detail: match benchmark.interval {
                Some(_) => benchmark.words(budget),
                None => String::new(),
            },
            ..match counts {
                true => finder.error(rule, &message, place, benchmark.line, 0),
                false => finder.note(rule, &message, place, benchmark.line, 0),
            }
        };
        findings.push(finding);
    }
    let mut why = Vec::new();
    for (what, names) in [
        (
            format!("slower than the budget of {budget} % allows"),
            &regressed,
        ),
        ("removed".to_owned(), &removed),
    ] {
        if !names.is_empty() {
            why.push(format!("{what}: {}", names.join(", ")));
        }
    }
    if !found.failed.is_empty() {
        let names: Vec<&str> = found.failed.keys().map(String::as_str).collect();
        why.push(format!("failed: {}", names.join(", ")));
    }
    if !why.is_empty() {
        measure.fails = Some(why.join("; "));
    } else if let Some(first) = open.first() {
        measure.undecided = Some(undecided(first, open.len(), budget, found.out_of_time));
    } else if let Some(file) = found.uncollected.first() {
        measure.undecided = Some(Undecided {
            why: format!("{file} could not be collected: which benchmarks it has is not known"),
            help: "the gate `tests` says why".into(),
        });
    } else if benchmarks.compared() == 0 {
        measure.inapplicable = Some(match (&benchmarks.no_base, benchmarks.list.is_empty()) {
            (_, true) => "there is no benchmark among its tests".into(),
            (Some(why), false) => format!("no baseline: {why}"),
            (None, false) => "no baseline: its benchmarks of the merge-base were removed".into(),
        });
    }
    measure.benchmarks = Some(benchmarks);
    measure
}

fn undecided(first: &Benchmark, open: usize, budget: f64, out_of_time: bool) -> Undecided {
    let more = match open - 1 {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    let mut why = format!("{}: {}{more}", first.short_name(), first.words(budget));
    if out_of_time {
        why.push_str("; the time was up");
    }
    Undecided {
        why,
        help: match out_of_time {
            true => "raise `timeout` of [gates.benchmarks], or make its rounds shorter",
            false => {
                "run it again when the machine has less to do, make each round of the benchmark \
                 do more, or change `budget` of [gates.benchmarks]"
            }
        }
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::Severity;

    fn judged(found: Found, options: GateOptions) -> Measure {
        let tree = tempfile::tempdir().unwrap();
        let finder = Finder::new(tree.path());
        measure(found, &options, &"candidate/m".into(), &finder, &|_| true)
    }

    fn found(benchmarks: &[(&str, u64, Verdict)]) -> Found {
        let mut found = Found::default();
        for (name, head, verdict) in benchmarks {
            let spot = Spot {
                path: "t.py".into(),
                line: 7,
            };
            let name = format!("t.py::{name}");
            match verdict {
                Verdict::Removed => {
                    found.removed.insert(name, (spot, *head));
                    continue;
                }
                Verdict::NoBaseline => {}
                verdict => {
                    let pairs = vec![
                        Pair {
                            base: 100,
                            head: *head
                        };
                        10
                    ];
                    found.compared.insert(name.clone(), (pairs, *verdict));
                }
            }
            found.times.insert(name.clone(), *head);
            found.spots.insert(name, spot);
        }
        found
    }

    fn counting(measure: &Measure) -> Vec<&str> {
        let errors = measure
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error);
        errors.map(|f| f.rule.as_str()).collect()
    }

    #[test]
    fn what_is_slower_or_gone_fails_and_is_named_without_numbers() {
        let all = [
            ("a", 150, Verdict::Regressed),
            ("b", 100, Verdict::Holds),
            ("c", 100, Verdict::Removed),
            ("d", 104, Verdict::Inconclusive),
            ("e", 100, Verdict::NoBaseline),
        ];
        let measure = judged(found(&all), GateOptions::default());
        assert_eq!(
            measure.fails.as_deref(),
            Some("slower than the budget of 5 % allows: a; removed: c")
        );
        assert_eq!(counting(&measure), ["regression", "removed"]);
        assert!(measure.undecided.is_none() && measure.inapplicable.is_none());
        assert_eq!(measure.work, [("benchmarks".to_owned(), 3)]);
        let regression = measure.findings.iter().find(|f| f.rule == "regression");
        let regression = regression.unwrap();
        assert_eq!(
            regression.message,
            "a is slower than the budget of 5 % allows"
        );
        assert!(regression.detail.contains("+50.0"), "{}", regression.detail);
        assert_eq!(regression.line, 7);
    }

    #[test]
    fn what_may_be_gone_does_not_count() {
        let options = GateOptions {
            removed: vec!["t.py::c".into()],
            ..GateOptions::default()
        };
        let all = [("b", 100, Verdict::Holds), ("c", 100, Verdict::Removed)];
        let measure = judged(found(&all), options.clone());
        assert_eq!((measure.fails.clone(), counting(&measure).len()), (None, 0));
        assert_eq!(
            measure.summary.as_deref(),
            Some("1 benchmark, +0.0 %, 1 removed")
        );
        // And what is left is nothing that could pass.
        let measure = judged(found(&all[1..]), options);
        assert!(measure.inapplicable.is_some());
    }

    #[test]
    fn what_is_undecided_says_so_and_is_no_pass() {
        let all = [
            ("b", 100, Verdict::Holds),
            ("d", 104, Verdict::Inconclusive),
        ];
        let measure = judged(found(&all), GateOptions::default());
        let Undecided { why, .. } = measure.undecided.unwrap();
        assert!(why.starts_with("d: inconclusive after 10 pairs"), "{why}");
        let mut late = found(&all);
        late.out_of_time = true;
        let Undecided { why, help } = judged(late, GateOptions::default()).undecided.unwrap();
        assert!(why.ends_with("the time was up") && help.contains("timeout"));
        let mut uncollected = found(&all[..1]);
        uncollected.uncollected = vec!["t.py".into()];
        assert!(
            judged(uncollected, GateOptions::default())
                .undecided
                .is_some()
        );
    }

    #[test]
    fn no_baseline_is_never_a_pass() {
        let mut new = found(&[("e", 100, Verdict::NoBaseline)]);
        new.no_base = Some("the module is not there at the merge-base".into());
        let measure = judged(new, GateOptions::default());
        assert_eq!(
            measure.inapplicable.as_deref(),
            Some("no baseline: the module is not there at the merge-base")
        );
        assert_eq!(measure.benchmarks.unwrap().list.len(), 1);
        let mut failing = found(&[]);
        failing.failed.insert("t.py::a".into(), "ValueError".into());
        let measure = judged(failing, GateOptions::default());
        assert_eq!(measure.fails.as_deref(), Some("failed: t.py::a"));
        assert_eq!(counting(&measure), ["failed"]);
    }
}
