//! `benchmarks`: the module is not slower than it was, beyond the budget. Runs of
//! the merge-base and of now, in turn, on this machine, with nothing of ours beside
//! them: see [`crate::promotion::benchmark`].
//!
//! Each tree has its own tests: a benchmark of the merge-base runs on the code of
//! the merge-base, and is compared with the one of the same name now. What was
//! measured elsewhere, or at another time, is compared with nothing.

mod find;
mod report;
mod side;
mod weigh;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::suite::{self, BaseSuite, Checkout, Compared};
use super::{About, Check, Measure, Scope, Undecided, aside, count};
use crate::gates::Trouble;
use crate::gates::job::Job;
use crate::gates::subject::Subject;
use crate::promotion::benchmark::random::seed_of;
use crate::promotion::benchmark::{self, Pair, Rule, Session, Turn};
use crate::promotion::policy::GateOptions;
use crate::promotion::{Criterion, GateId, RepoPath};
use side::{Pace, Ran, Runner, Side, Spot};
use weigh::Found;

/// The gate.
pub struct BenchmarksGate;

/// Seconds that one run measures, all its benchmarks together.
const RUN: f64 = 0.6;

/// Seconds for one benchmark in a run, at least and at most.
const EACH: (f64, f64) = (0.02, 0.2);

/// Seconds for one benchmark when all that is wanted is to know what there is.
const LOOK: f64 = 0.02;

impl Check for BenchmarksGate {
    fn id(&self) -> GateId {
        GateId::new("benchmarks")
    }

    fn criterion(&self) -> Criterion {
        Criterion::Performance
    }

    fn title(&self) -> &'static str {
        "No benchmark is slower than the budget allows"
    }

    fn definition(&self) -> u32 {
        2
    }

    fn tools(&self) -> &'static [&'static str] {
        &["pytest", "pytest-benchmark"]
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
        serde_json::json!({
            "budget": options.budget,
            "command": options.command,
            "removed": options.removed,
        })
    }

    fn reads(&self, about: About<'_>) -> Vec<RepoPath> {
        // What of a command may be a file of the repository.
        let parts = about.options.command.iter();
        parts
            .filter(|part| !part.starts_with(['-', '/']) && !part.contains(".."))
            .map(|part| RepoPath::from(part.trim_start_matches("./")))
            .filter(|path| !path.is_root())
            .collect()
    }

    fn inapplicable(&self, subject: &Subject) -> Option<String> {
        let any = subject.files.iter().any(|f| f.as_bytes().ends_with(b".py"));
        (!any).then(|| "it holds no Python source to run".into())
    }

    fn measure<'a>(&'a self, job: &'a Job<'a>) -> BoxFuture<'a, Result<Measure, Trouble>> {
        Box::pin(measure(job))
    }
}

/// A gate that does not apply.
fn inapplicable(why: impl Into<String>) -> Measure {
    Measure {
        inapplicable: Some(why.into()),
        ..Measure::default()
    }
}

async fn measure(job: &Job<'_>) -> Result<Measure, Trouble> {
    let shared = suite::shared(job)?;
    let by_command = !job.options.command.is_empty();
    let head_tests = {
        let subject = job.subject.clone();
        let read = move |path: &RepoPath| std::fs::read(subject.on_disk(path)).ok();
        let tests = job.subject.tests.clone();
        aside(move || find::asking(&tests, read)).await?
    };
    let any = by_command || !head_tests.is_empty();
    let none = || inapplicable("there is no benchmark among its tests");
    let compare = shared.base.clone();
    let base = match aside(move || compare()).await? {
        Ok(Compared::Same) if any => {
            return Ok(inapplicable(
                "nothing that its benchmarks depend on has changed since the merge-base",
            ));
        }
        Ok(Compared::Same) => return Ok(none()),
        Ok(Compared::Differs(base)) => Some(base),
        Ok(Compared::Absent) if any => None,
        Err(why) if any => {
            return Ok(Measure {
                undecided: Some(Undecided {
                    why: format!("there is nothing to compare benchmarks with: {why}"),
                    help: "name a branch that this one comes from as `base` in countersign.toml"
                        .into(),
                }),
                ..Measure::default()
            });
        }
        Ok(Compared::Absent) | Err(_) => return Ok(none()),
    };
    let base_tests = match &base {
        Some(base) => {
            let (tests, read) = (base.tests.clone(), base.read.clone());
            aside(move || find::asking(&tests, |path| read(path))).await?
        }
        None => Vec::new(),
    };
    if !any && base_tests.is_empty() {
        return Ok(none());
    }
    let runner = match by_command {
        true => Runner::Command(&job.options.command),
        false => Runner::Pytest {
            tool: job.toolbox.get("pytest-benchmark")?,
            args: &shared.options.args,
        },
    };
    let trees = Trees {
        job,
        runner: &runner,
        head: &shared.checkout,
    };
    trees.compare(head_tests, base.zip(Some(base_tests))).await
}

/// What is needed to compare both trees.
struct Trees<'a> {
    job: &'a Job<'a>,
    runner: &'a Runner<'a>,
    head: &'a Checkout,
}

impl Trees<'_> {
    async fn compare(
        &self,
        head_tests: Vec<RepoPath>,
        base: Option<(BaseSuite, Vec<RepoPath>)>,
    ) -> Result<Measure, Trouble> {
        let place = self.job.place()?;
        let subject = Subject {
            tests: head_tests,
            tree: place.work.join("tree"),
            ..self.job.subject.clone()
        };
        let head = Side {
            job: self.job(&subject, false),
            place,
            checkout: self.head,
            runner: self.runner,
            runs: AtomicUsize::new(0),
        };
        let Some((suite, base_tests)) = base else {
            let measured = self.alone(&head).await;
            self.job.add_log(&head.job.log_so_far());
            return measured;
        };
        let place = self.job.place()?;
        let subject = Subject {
            tests: base_tests,
            ..suite.subject(place.work.join("tree"))
        };
        let base = Side {
            job: self.job(&subject, true),
            place,
            checkout: &suite.checkout,
            runner: self.runner,
            runs: AtomicUsize::new(0),
        };
        let measured = self.pairs(&head, &base, &suite.renames).await;
        self.job.add_log(&head.job.log_so_far());
        self.job.add_log(&base.job.log_so_far());
        measured
    }

    /// The work on one of the trees: not on the one that all gates share.
    fn job<'s>(&'s self, subject: &'s Subject, baseline: bool) -> Job<'s> {
        Job {
            subject,
            options: self.job.options,
            toolbox: self.job.toolbox,
            baseline,
            head: self.job.head,
            bench: self.job.bench,
            reporter: self.job.reporter.clone(),
            suite: None,
            log: Mutex::default(),
        }
    }

    /// What there is, where there is nothing to compare it with.
    async fn alone(&self, head: &Side<'_>) -> Result<Measure, Trouble> {
        let found = self.look(head).await;
        head.give_back().await;
        let mut found = Found::of(found?);
        found.no_base = Some("the module is not there at the merge-base".into());
        Ok(weigh::weigh(found, self.job))
    }

    /// Makes a tree and finds out what there is: the first run, which is not
    /// counted, for it also compiles.
    async fn look(&self, side: &Side<'_>) -> Result<Ran, Trouble> {
        side.prepare().await?;
        let pace = Pace {
            only: None,
            seconds: LOOK,
            alone: None,
        };
        match (side.runner, side.job.subject.tests.is_empty()) {
            // Without a file named pytest would look for tests by itself.
            (Runner::Pytest { .. }, true) => Ok(Ran::default()),
            _ => side.run(&pace, self.job.options).await,
        }
    }

    async fn pairs(
        &self,
        head: &Side<'_>,
        base: &Side<'_>,
        renames: &HashMap<RepoPath, RepoPath>,
    ) -> Result<Measure, Trouble> {
        let measured = self.measured(head, base, renames).await;
        head.give_back().await;
        base.give_back().await;
        measured
    }

    async fn measured(
        &self,
        head: &Side<'_>,
        base: &Side<'_>,
        renames: &HashMap<RepoPath, RepoPath>,
    ) -> Result<Measure, Trouble> {
        let (now, before) = tokio::join!(self.look(head), self.look(base));
        let now = now?;
        let before = match before {
            Err(Trouble::Error { why, .. }) if matches!(self.runner, Runner::Command(_)) => {
                // It may not have been there, or have had another report.
                self.job.note(format!("on the merge-base: {why}"));
                Ran::default()
            }
            before => before?,
        };
        let names = Names::of(&now, before, renames);
        for (name, exception) in &names.broken {
            let why = format!("{name} failed on the merge-base ({exception}): it has no baseline");
            self.job.note(why);
        }
        let mut found = Found::of(now);
        found.removed = names.removed;
        let module = &self.job.subject.module;
        let words = names.both.iter().map(|(name, _)| name.as_bytes());
        found.seed = seed_of(std::iter::once(module.as_bytes()).chain(words));
        if names.both.is_empty() {
            let nothing = "the merge-base has none of its benchmarks";
            found.no_base = (!found.spots.is_empty()).then(|| nothing.into());
            return Ok(weigh::weigh(found, self.job));
        }
        let rule = Rule::with(self.job.options.budget);
        let mut session = Session::new(names.both.len(), rule, found.seed);
        // Last of all gates: nothing else of ours shall run beside it.
        let alone = tokio::select! {
            alone = self.job.bench.places.take_all() => alone,
            () = self.job.bench.cancel.cancelled() => return Err(Trouble::Cancelled),
        };
        let limit = Duration::from_secs(self.job.options.timeout_s);
        let started = Instant::now();
        while let Some(turn) = session.turn() {
            if started.elapsed() > limit {
                found.out_of_time = true;
                break;
            }
            let open = turn.open.len();
            let what = count(open, "benchmark");
            let (n, least, most) = (turn.number, rule.least, rule.most);
            let line = match n > least {
                true => format!("pair {n} of at most {most}: {what} undecided"),
                false => format!("pair {n} of {least}: {what}"),
            };
            self.job.reporter.line(line);
            let mut times: HashMap<benchmark::Side, Ran> = HashMap::new();
            for which in turn.order {
                let side = match which {
                    benchmark::Side::Base => base,
                    benchmark::Side::Head => head,
                };
                let name = |at: &usize| match which {
                    benchmark::Side::Base => names.both[*at].1.clone(),
                    benchmark::Side::Head => names.both[*at].0.clone(),
                };
                let only: Vec<String> = turn.open.iter().map(name).collect();
                let pace = Pace {
                    only: Some(&only),
                    seconds: (RUN / open as f64).clamp(EACH.0, EACH.1),
                    alone: Some(&alone),
                };
                times.insert(which, side.run(&pace, self.job.options).await?);
            }
            add(&mut session, &turn, &names.both, &times)?;
        }
        drop(alone);
        for (at, (name, _)) in names.both.iter().enumerate() {
            let (pairs, verdict) = session.outcome(at);
            found
                .compared
                .insert(name.clone(), (pairs.to_vec(), verdict));
        }
        Ok(weigh::weigh(found, self.job))
    }
}

/// Adds what was measured in a pair: each benchmark that is open, in both trees.
fn add(
    session: &mut Session,
    turn: &Turn,
    both: &[(String, String)],
    times: &HashMap<benchmark::Side, Ran>,
) -> Result<(), Trouble> {
    let of = |side: benchmark::Side, name: &str| -> Result<u64, Trouble> {
        let ran = times.get(&side);
        let time = ran.and_then(|ran| ran.times.get(name).copied());
        time.ok_or_else(|| {
            let place = match side {
                benchmark::Side::Base => "on the merge-base",
                benchmark::Side::Head => "now",
            };
            let why = ran
                .and_then(|ran| ran.failed.get(name))
                .map_or("measured nothing", |_| "failed");
            Trouble::new(
                format!(
                    "{name} ran before, and {why} in pair {} {place}",
                    turn.number
                ),
                "a benchmark has to run every time alike: see the raw output",
            )
        })
    };
    for at in &turn.open {
        let (head, base) = &both[*at];
        let pair = Pair {
            base: of(benchmark::Side::Base, base)?,
            head: of(benchmark::Side::Head, head)?,
        };
        session.add(*at, pair);
    }
    Ok(())
}

/// Which benchmark of the merge-base is which now.
struct Names {
    /// Those that both have: the name now, and the name there.
    both: Vec<(String, String)>,
    /// What the merge-base measured and nothing measures now, by the name it would
    /// have.
    removed: BTreeMap<String, (Spot, u64)>,
    /// What failed there.
    broken: BTreeMap<String, String>,
}

impl Names {
    fn of(now: &Ran, before: Ran, renames: &HashMap<RepoPath, RepoPath>) -> Self {
        let renamed = |name: &str| -> String {
            let Some((file, rest)) = name.split_once("::") else {
                return name.to_owned();
            };
            match renames.get(&suite::path_of(file)) {
                Some(new) => format!("{new}::{rest}"),
                None => name.to_owned(),
            }
        };
        let mut names = Self {
            both: Vec::new(),
            removed: BTreeMap::new(),
            broken: before.failed,
        };
        let mut spots = before.spots;
        for (there, time) in before.times {
            let name = renamed(&there);
            // One that fails now is not gone: that it fails is what counts.
            if now.times.contains_key(&name) {
                names.both.push((name, there));
            } else if !now.failed.contains_key(&name) {
                let mut spot = spots.remove(&there).unwrap_or_default();
                spot.line = 0;
                if let Some(new) = renames.get(&spot.path) {
                    spot.path = new.clone();
                }
                names.removed.insert(name, (spot, time));
            }
        }
        names.both.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(names: &[&str]) -> Ran {
        Ran {
            times: names.iter().map(|name| ((*name).to_owned(), 5)).collect(),
            spots: names
                .iter()
                .map(|name| {
                    let path = suite::path_of(name.split("::").next().unwrap());
                    ((*name).to_owned(), Spot { path, line: 4 })
                })
                .collect(),
            ..Ran::default()
        }
    }

    #[test]
    fn a_benchmark_is_found_again_where_its_file_was_moved() {
        let now = ran(&["new/test_a.py::b", "test_c.py::d", "test_c.py::new"]);
        let before = ran(&[
            "old/test_a.py::b",
            "test_c.py::d",
            "test_c.py::gone",
            "plain",
        ]);
        let renames = HashMap::from([("old/test_a.py".into(), "new/test_a.py".into())]);
        let names = Names::of(&now, before, &renames);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            names.both,
            [
                pair("new/test_a.py::b", "old/test_a.py::b"),
                pair("test_c.py::d", "test_c.py::d")
            ]
        );
        let removed: Vec<_> = names.removed.keys().map(String::as_str).collect();
        assert_eq!(removed, ["plain", "test_c.py::gone"]);
    }

    #[test]
    fn what_does_not_run_every_time_is_trouble() {
        let both = vec![("a".to_owned(), "a".to_owned())];
        let rule = Rule::with(5.0);
        let mut session = Session::new(1, rule, 1);
        let turn = session.turn().unwrap();
        let whole = HashMap::from([
            (benchmark::Side::Base, ran(&["a"])),
            (benchmark::Side::Head, ran(&["a"])),
        ]);
        add(&mut session, &turn, &both, &whole).unwrap();
        assert_eq!(session.outcome(0).0, [Pair { base: 5, head: 5 }]);
        let half = HashMap::from([
            (benchmark::Side::Base, ran(&["a"])),
            (benchmark::Side::Head, ran(&[])),
        ]);
        let error = add(&mut session, &turn, &both, &half).unwrap_err();
        assert!(error.to_string().contains("in pair 1 now"), "{error}");
    }
}
