//! How often benchmarks get the right verdict, with the other cores loaded: of
//! code that is the same, and of code that is 8 % slower.
//!
//! ```text
//! cargo bench --bench verdicts                    100 verdicts each, by the pairs and the
//!                                                 statistics of the gate, on work done here
//! cargo bench --bench verdicts -- --engine 100    also by the whole gate, in its sandbox, with
//!                                                 a command that prints a report
//! cargo bench --bench verdicts -- --pytest 20     also by the whole gate and pytest-benchmark
//! cargo bench --bench verdicts -- --rounds 0      only those
//! cargo bench --bench verdicts -- --load 0        with nothing beside it
//! ```
//!
//! The gate needs COUNTERSIGN_TEST_TOOLS, as the tests of gates do. It fails when
//! the figures are not reached: of the same code 1 % may fail at most, of the slower
//! one 95 % have to.

#![allow(clippy::unwrap_used)]

#[path = "../tests/gates_support/mod.rs"]
mod gates_support;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use countersign::promotion::benchmark::random::Random;
use countersign::promotion::benchmark::{Pair, Rule, Session, Side, Verdict};
use gates_support::Repo;

/// The work of a call, and how much more 8 % are.
const WORK: u32 = 50_000;
const SLOWER: u32 = 54_000;

/// How long one run measures.
const RUN: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let (mut rounds, mut engine, mut pytest) = (100, 0, 0);
    let mut load = cores.saturating_sub(1).max(1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let target = match name.as_str() {
            "--rounds" => &mut rounds,
            "--engine" => &mut engine,
            "--pytest" => &mut pytest,
            "--load" => &mut load,
            "--bench" => continue, // cargo says so
            other => panic!("there is no option {other}"),
        };
        let value = arguments.next().and_then(|value| value.parse().ok());
        *target = value.unwrap_or_else(|| panic!("{name} needs a number"));
    }
    println!("{cores} cores, {load} of them loaded by us");
    println!(
        "{:32}{:>9}{:>8}{:>9}{:>14}{:>8}{:>10}",
        "", "verdicts", "slower", "holds", "inconclusive", "pairs", "s each"
    );
    let loaded = Load::start(load);
    let mut reached = true;
    if rounds > 0 {
        let same = Tally::of(rounds, |seed| here(WORK, seed));
        let slow = Tally::of(rounds, |seed| here(SLOWER, seed));
        reached &= report("pairs and statistics", &same, &slow);
    }
    for (what, rounds, by_pytest) in [
        ("the gate, a command", engine, false),
        ("the gate, pytest-benchmark", pytest, true),
    ] {
        if rounds > 0 {
            let same = repository(2_000, 2_000, by_pytest);
            let same = Tally::of(rounds, |_| verdict(&same));
            let slow = repository(2_000, 2_160, by_pytest);
            let slow = Tally::of(rounds, |_| verdict(&slow));
            reached &= report(what, &same, &slow);
        }
    }
    drop(loaded);
    match reached {
        true => ExitCode::SUCCESS,
        false => {
            println!("the figures were not reached");
            ExitCode::FAILURE
        }
    }
}

/// Prints what came out; true where it is what is promised.
fn report(what: &str, same: &Tally, slow: &Tally) -> bool {
    same.print(&format!("{what}: the same"));
    slow.print(&format!("{what}: +8 %"));
    same.slower * 100 <= same.all && slow.slower * 100 >= 95 * slow.all
}

/// What came out.
#[derive(Default)]
struct Tally {
    all: usize,
    slower: usize,
    holds: usize,
    inconclusive: usize,
    pairs: usize,
    took: Duration,
}

impl Tally {
    fn of(rounds: usize, mut verdict: impl FnMut(usize) -> (Verdict, usize)) -> Self {
        let mut tally = Self::default();
        let started = Instant::now();
        for round in 0..rounds {
            let (verdict, pairs) = verdict(round);
            tally.all += 1;
            tally.pairs += pairs;
            match verdict {
                Verdict::Regressed => tally.slower += 1,
                Verdict::Holds => tally.holds += 1,
                _ => tally.inconclusive += 1,
            }
        }
        tally.took = started.elapsed();
        tally
    }

    fn print(&self, what: &str) {
        let each = |value: f64| value / self.all.max(1) as f64;
        println!(
            "{what:36}{:>5}{:>8}{:>9}{:>14}{:>8.1}{:>10.2}",
            self.all,
            self.slower,
            self.holds,
            self.inconclusive,
            each(self.pairs as f64),
            each(self.took.as_secs_f64()),
        );
    }
}

/// Busy threads, for as long as it lives.
struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    fn start(threads: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let busy = |at: usize| {
            let stop = stop.clone();
            move || {
                // Not evenly: bursts of up to a tenth of a second.
                let mut random = Random::new(at as u64);
                while !stop.load(Ordering::Relaxed) {
                    let until = Instant::now() + Duration::from_micros(random.draw() % 100_000);
                    while Instant::now() < until {
                        black_box(work(1_000));
                    }
                    let pause = Duration::from_micros(random.draw() % 10_000);
                    std::thread::sleep(pause);
                }
            }
        };
        let threads = (0..threads)
            .map(|at| std::thread::spawn(busy(at)))
            .collect();
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(turns: u32) -> u32 {
    (0..black_box(turns)).fold(1, |sum, n| sum.wrapping_mul(31).wrapping_add(n))
}

/// A verdict on work done in this process, pair by pair.
fn here(now: u32, round: usize) -> (Verdict, usize) {
    let mut session = Session::new(1, Rule::with(5.0), round as u32);
    while let Some(turn) = session.turn() {
        let mut pair = Pair { base: 0, head: 0 };
        for side in turn.order {
            match side {
                Side::Base => pair.base = run(WORK),
                Side::Head => pair.head = run(now),
            }
        }
        session.add(0, pair);
    }
    let (pairs, verdict) = session.outcome(0);
    (verdict, pairs.len())
}

/// One run: the least of its rounds, in picoseconds.
fn run(turns: u32) -> u64 {
    let until = Instant::now() + RUN;
    let mut least = u64::MAX;
    let mut rounds = 0;
    while rounds < 5 || Instant::now() < until {
        let started = Instant::now();
        black_box(work(turns));
        least = least.min(started.elapsed().as_nanos() as u64 * 1000);
        rounds += 1;
    }
    least
}

const REPORT: &str = "\
import json, time
from candidate.m.a import work

data = []
until = time.perf_counter() + 0.2
while len(data) < 5 or time.perf_counter() < until:
    start = time.perf_counter()
    work()
    data.append(time.perf_counter() - start)
stats = {'min': min(data), 'max': max(data), 'mean': sum(data) / len(data)}
stats.update(rounds=len(data), data=data)
print(json.dumps({'version': '1', 'benchmarks': [{'name': 'work', 'stats': stats}]}))
";

const TEST: &str =
    "from candidate.m.a import work\n\n\ndef test_work(benchmark):\n    benchmark(work)\n";

/// A repository with a module that does so much, and a branch on which it does so
/// much.
fn repository(before: u32, now: u32, by_pytest: bool) -> Repo {
    let settings = match by_pytest {
        true => "",
        false => "[gates.benchmarks]\ncommand = [\"python\", \"-S\", \"bench.py\"]\n",
    };
    let repo = Repo::new(&[
        ("candidate/m/__init__.py", ""),
        ("candidate/m/a.py", &module(before, "before")),
        ("bench.py", REPORT),
        ("tests/test_m.py", TEST),
    ])
    .settings(settings);
    repo.branch();
    repo.commit(&[("candidate/m/a.py", &module(now, "now"))]);
    repo
}

/// What the gate says of it, and after how many pairs.
fn verdict(repo: &Repo) -> (Verdict, usize) {
    let checked = repo.check("candidate/m", &["--only", "benchmarks", "--no-cache"]);
    let evidence = &checked.gate("benchmarks")["evidence"];
    let one = &evidence["benchmarks"]["list"][0];
    let verdict = serde_json::from_value(one["verdict"].clone())
        .unwrap_or_else(|error| panic!("{error}: {}", evidence["outcome"]));
    let outcome = evidence["outcome"]["is"].as_str().unwrap();
    let expected = match verdict {
        Verdict::Holds => "passed",
        Verdict::Regressed => "failed",
        _ => "error",
    };
    assert_eq!(outcome, expected, "the gate says what the verdict says");
    (verdict, one["pairs"].as_array().unwrap().len())
}

fn module(turns: u32, what: &str) -> String {
    format!(
        "# {what}\ndef work():\n    total = 0\n    for i in range({turns}):\n        total += i * i % 7\n    return total\n"
    )
}
