//! How long Gate 1 takes on one module, against its tools alone and against prek:
//!
//! ```text
//! COUNTERSIGN_TEST_TOOLS=VENV cargo bench --bench gates
//! ```
//!
//! The environment holds the tools of `assets/tools.lock` and `tests/tools.lock`.
//! Two modules: one that is made here (20 files on a branch, tests that compute
//! for a second or two, old findings) and `candidate/retry` of the demo.
//! The binary is that of the same profile, or `COUNTERSIGN_BENCH_BINARY`.
//! Everything is measured in turn, `COUNTERSIGN_BENCH_RUNS` times (5), and the
//! medians are set against each other. "CPU" is user and system time of all
//! processes: it says how far the machine could be used better.
//!
//! Cold is: no evidence and no baselines (`--no-cache`); the environment with the
//! tools, the exported trees and what was made of the environment alone are
//! there, as on the second run of a day. A change is: one file of the module got a
//! comment, so that every gate has to run, and what the merge-base gave is kept.
//! Tools by hand start without caches of
//! their own, but with Python's compiled files, as they do in anybody's hands.

#[path = "gates/hand.rs"]
mod hand;
#[path = "gates/made.rs"]
mod made;
#[path = "gates/prek.rs"]
mod prek;
#[path = "gates/took.rs"]
mod took;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use took::{Took, middle};

/// The gates that have a counterpart in the hooks given to prek.
const STATIC: &str = "compile,lint,types,format,imports";

fn main() {
    let tools = std::env::var_os("COUNTERSIGN_TEST_TOOLS")
        .map(PathBuf::from)
        .expect("COUNTERSIGN_TEST_TOOLS names an environment with the tools: see tests/run");
    let runs = std::env::var("COUNTERSIGN_BENCH_RUNS")
        .ok()
        .and_then(|runs| runs.parse().ok())
        .unwrap_or(5);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores, medians of {runs} runs, {}", load());
    let temp = tempfile::tempdir().expect("a temporary directory");
    let demo = temp.path().join("demo");
    let status = Command::new(binary())
        .args(["demo", "--no-console", "--at"])
        .arg(&demo)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "no demo");
    let settings = made::settings(&tools, &temp.path().join("osv"));
    made::settle(&demo, &settings);
    let own = temp.path().join("made");
    made::repository(&own, &settings);
    for (root, module) in [(own, made::MODULE), (demo, "candidate/retry")] {
        Bench {
            tools: tools.clone(),
            work: root.with_extension("work"),
            root,
            module,
            runs,
        }
        .run();
    }
    println!("\nat the end: {}", load());
}

fn binary() -> PathBuf {
    let named = std::env::var_os("COUNTERSIGN_BENCH_BINARY").map(PathBuf::from);
    named.map_or_else(
        || env!("CARGO_BIN_EXE_countersign").into(),
        |path| path.canonicalize().expect("the binary is there"),
    )
}

/// What else the machine has to do: figures from a busy one say little.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("load {}", load.split(' ').next().unwrap_or("unknown"))
}

/// One module of one repository.
struct Bench {
    tools: PathBuf,
    root: PathBuf,
    work: PathBuf,
    module: &'static str,
    runs: usize,
}

impl Bench {
    fn run(&self) {
        println!("\n## {}", self.module);
        std::fs::create_dir_all(&self.work).expect("a directory to work in");
        let (first, report) = self.check(&[]);
        println!("very first run, nothing known{first:>42}");
        let hand = hand::Hand::of(self, &report);
        let peer = prek::Prek::of(self);
        let (mut cold, mut same, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        let mut changed = Vec::new();
        let (mut cold_static, mut same_static) = (Vec::new(), Vec::new());
        let (mut prek_cold, mut prek_same) = (Vec::new(), Vec::new());
        for n in 0..self.runs {
            made::change(&self.root, self.module, n);
            changed.push(self.check(&[]).0);
            cold.push(self.check(&["--no-cache"]).0);
            same.push(self.check(&[]).0);
            alone.push(hand.run());
            prek_cold.push(peer.cold());
            cold_static.push(self.check(&["--only", STATIC, "--no-cache"]).0);
            prek_same.push(peer.run());
            same_static.push(self.check(&["--only", STATIC]).0);
        }
        let [cold, same, changed] = [cold, same, changed].map(middle);
        let [cold_static, same_static] = [cold_static, same_static].map(middle);
        let [prek_cold, prek_same] = [prek_cold, prek_same].map(middle);
        let alone = hand::Alone::of(alone);
        print!("{alone}");
        let line = |what: &str, took: Took| println!("{what:60}{took}");
        line("longest chain of the tools alone", alone.longest());
        line(
            "longest chain of gates, each with both its trees",
            alone.gates(),
        );
        line("all of them, one after the other", alone.sum());
        line("check, cold", cold);
        line("check of a change, the merge-base known", changed);
        line("check, unchanged", same);
        line("check of what prek checks, cold", cold_static);
        line("prek, cold", prek_cold);
        line("check of what prek checks, unchanged", same_static);
        line("prek, unchanged", prek_same);
        let ratio = |what: &str, wanted: &str, one: Took, other: Took| {
            println!(
                "{what:60}{:8.2}   wanted: {wanted}",
                one.wall.as_secs_f64() / other.wall.as_secs_f64()
            );
        };
        ratio(
            "check, cold / longest chain",
            "≤ 1.25 on 2 cores",
            cold,
            alone.longest(),
        );
        ratio(
            "check of a change, the merge-base known / longest chain",
            "≤ 1.25 on 2 cores",
            changed,
            alone.longest(),
        );
        ratio(
            "check, cold / longest chain of gates, each with both its trees",
            "≤ 1.25 on 2 cores",
            cold,
            alone.gates(),
        );
        ratio(
            "check, cold / all one after the other",
            "",
            cold,
            alone.sum(),
        );
        ratio("check, cold / prek, cold", "≤ 1", cold_static, prek_cold);
        ratio(
            "prek, unchanged / check, unchanged",
            "≥ 5",
            prek_same,
            same_static,
        );
        println!(
            "{:60}{:8.0} ms   wanted: ≤ 150",
            "check, unchanged",
            same.wall.as_secs_f64() * 1000.0
        );
        println!(
            "{:60}{:8.2}   if both cores did nothing else and never waited",
            "CPU of the cold check / 2 / longest chain",
            cold.cpu.as_secs_f64() / 2.0 / alone.longest().wall.as_secs_f64()
        );
    }

    fn countersign(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .current_dir(&self.root)
            .env("COUNTERSIGN_CACHE_DIR", self.work.join("cache"))
            .env("COUNTERSIGN_CONFIG_DIR", self.work.join("config"));
        command
    }

    fn check(&self, more: &[&str]) -> (Took, Value) {
        let mut command = self.countersign();
        command.args(["check", self.module, "--json"]).args(more);
        let (took, output) = took::output(&mut command);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            panic!("no report of {}: {error}: {said}", self.module)
        });
        for gate in report["modules"][0]["gates"]
            .as_array()
            .into_iter()
            .flatten()
        {
            assert_ne!(gate["status"], "error", "{}: {gate}", self.module);
        }
        (took, report)
    }

    /// A tool of the environment.
    fn tool(&self, name: &str) -> PathBuf {
        self.tools.join("bin").join(name)
    }

    /// The tree of a revision, for tools by hand.
    fn tree(&self, name: &str, revision: &str) -> PathBuf {
        let at = self.work.join(name);
        let git = git2::Repository::clone(&self.root.to_string_lossy(), &at).expect("a clone");
        let commit = git
            .revparse_single(revision)
            .and_then(|object| object.peel_to_commit())
            .expect("a commit");
        git.checkout_tree(
            commit.as_object(),
            Some(git2::build::CheckoutBuilder::new().force()),
        )
        .and_then(|()| git.set_head_detached(commit.id()))
        .expect("its tree");
        at
    }
}

/// The Python files below a directory, relative to `root`, sorted.
fn python_files(root: &Path, below: &str) -> Vec<String> {
    let mut found: Vec<String> = ignore::Walk::new(root.join(below))
        .flatten()
        .map(|entry| entry.into_path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "py"))
        .filter_map(|path| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned()))
        .collect();
    found.sort();
    found
}
