//! The tools alone, as a person would run them: the same tools on the same files
//! of both trees, one after the other, without caches of their own.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::took::{self, Took, middle};
use super::{Bench, python_files};

/// The chain of the tests and what is measured under them.
const SUITE: &str = "tests and coverage";

/// What must follow each other; chains may run beside each other.
struct Chain {
    name: String,
    steps: Vec<Step>,
}

/// A tool with its arguments.
type Words = (&'static str, Vec<String>);

enum Step {
    /// By hand.
    Tool { tree: PathBuf, argv: Vec<OsString> },
    /// A gate whose tool needs a service of ours, alone: what its runs took.
    Gate(String),
}

pub struct Hand<'a> {
    bench: &'a Bench,
    scratch: PathBuf,
    chains: Vec<Chain>,
}

impl<'a> Hand<'a> {
    /// From what the gates ran: `report` is a `check --json`.
    pub fn of(bench: &'a Bench, report: &Value) -> Self {
        let head = bench.tree("head", "HEAD");
        let base = report["base"].as_str().map(|base| bench.tree("base", base));
        let mut hand = Self {
            bench,
            scratch: bench.work.join("scratch"),
            chains: Vec::new(),
        };
        hand.tree("head", &head, tests(report, "tests", false));
        if let Some(base) = base.filter(|base| base.join(bench.module).exists()) {
            hand.tree("base", &base, tests(report, "coverage", true));
        }
        let known = [
            "compile", "lint", "types", "format", "imports", "tests", "coverage",
        ];
        for gate in report["modules"][0]["gates"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = gate["gate"].as_str().unwrap_or_default();
            let runs = gate["evidence"]["runs"].as_array().map_or(0, Vec::len);
            if runs > 0 && !known.contains(&name) {
                hand.chains.push(Chain {
                    name: format!("{name} (its tools, run by Countersign alone)"),
                    steps: vec![Step::Gate(name.to_owned())],
                });
            }
        }
        hand
    }

    fn tree(&mut self, name: &str, tree: &Path, tests: Vec<String>) {
        let bench = self.bench;
        let module = bench.module;
        let dotted = module.replace('/', ".");
        let files = || python_files(tree, module).into_iter();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let isort = std::fs::read_to_string(tree.join("pyproject.toml"))
            .is_ok_and(|text| text.contains("[tool.isort]"));
        let ruff = |select: &str| {
            let fixed = format!("check --no-cache --output-format json --select {select}");
            ("ruff", words(&fixed).into_iter().chain(files()).collect())
        };
        let cache = self.scratch.join("mypy");
        let mut chains: Vec<(&str, Vec<Words>)> = vec![
            ("lint", vec![ruff("E,F,W")]),
            (
                "types",
                vec![(
                    "mypy",
                    words(&format!(
                        "-O json --follow-imports=silent --cache-dir {} -p {dotted}",
                        cache.display()
                    )),
                )],
            ),
            (
                "format",
                vec![(
                    "black",
                    words("--check -v").into_iter().chain(files()).collect(),
                )],
            ),
            (
                "imports",
                vec![match isort {
                    true => (
                        "isort",
                        words("--check --diff").into_iter().chain(files()).collect(),
                    ),
                    false => ruff("I"),
                }],
            ),
        ];
        if name == "head" {
            let compile = words("-m py_compile").into_iter().chain(files()).collect();
            chains.push(("compile", vec![("python", compile)]));
        }
        if !tests.is_empty() {
            let run = format!("run --branch --source={module} -m pytest -p no:cacheprovider");
            let run = words(&run).into_iter().chain(tests).collect();
            chains.push((
                SUITE,
                vec![
                    ("coverage", run),
                    ("coverage", words("json -q --show-contexts")),
                ],
            ));
        }
        for (what, steps) in chains {
            let step = |(tool, args): Words| Step::Tool {
                tree: tree.to_owned(),
                argv: std::iter::once(bench.tool(tool).into())
                    .chain(args.into_iter().map(Into::into))
                    .collect(),
            };
            self.chains.push(Chain {
                name: format!("{what}, {name}"),
                steps: steps.into_iter().map(step).collect(),
            });
        }
    }

    /// What each chain took, in the order of the chains.
    pub fn run(&self) -> Vec<(String, Took)> {
        let one = |chain: &Chain| {
            let took = chain.steps.iter().map(|step| self.step(step)).sum();
            (chain.name.clone(), took)
        };
        self.chains.iter().map(one).collect()
    }

    fn step(&self, step: &Step) -> Took {
        let (tree, argv) = match step {
            Step::Tool { tree, argv } => (tree, argv),
            Step::Gate(name) => {
                let only = ["--only", name, "--jobs", "1", "--no-cache"];
                let (took, report) = self.bench.check(&only);
                let runs = &report["modules"][0]["gates"][0]["evidence"]["runs"];
                let runs = runs.as_array().into_iter().flatten();
                let wall = runs.filter_map(|run| run["duration_ms"].as_u64()).sum();
                return Took {
                    wall: Duration::from_millis(wall),
                    ..took
                };
            }
        };
        // Cold: nothing that a tool kept for itself.
        let _ = std::fs::remove_dir_all(&self.scratch);
        std::fs::create_dir_all(&self.scratch).expect("a place for caches");
        let mut command = Command::new(&argv[0]);
        command
            .args(&argv[1..])
            .current_dir(tree)
            .env("BLACK_CACHE_DIR", self.scratch.join("black"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", tree);
        let (took, output) = took::output(&mut command);
        // Findings are an answer; that a tool could not start is none.
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 1)),
            "{argv:?} ended with {code:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        took
    }
}

/// The test files that a gate ran.
fn tests(report: &Value, gate: &str, baseline: bool) -> Vec<String> {
    let gates = report["modules"][0]["gates"].as_array();
    let gate = gates.into_iter().flatten().find(|g| g["gate"] == gate);
    let runs = gate.and_then(|gate| gate["evidence"]["runs"].as_array());
    let run = runs
        .into_iter()
        .flatten()
        .find(|run| run["baseline"] == baseline && run["tool"] == "pytest");
    let words = run.and_then(|run| run["command"].as_array());
    words
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .skip_while(|word| *word != "--")
        .skip(1)
        .map(str::to_owned)
        .collect()
}

/// The medians of all chains.
pub struct Alone(Vec<(String, Took)>);

impl Alone {
    pub fn of(runs: Vec<Vec<(String, Took)>>) -> Self {
        let names = runs
            .first()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone());
        let chain = |at: usize| middle(runs.iter().map(|run| run[at].1).collect());
        Self(
            names
                .enumerate()
                .map(|(at, name)| (name, chain(at)))
                .collect(),
        )
    }

    pub fn longest(&self) -> Took {
        let all = self.0.iter().map(|(_, took)| *took);
        all.max_by_key(|took| took.wall).unwrap_or_default()
    }

    /// The gates that follow each other, each with all that its tools do: tests, then
    /// coverage, which sets the tests of the merge-base against them.
    pub fn gates(&self) -> Took {
        let suites = self.0.iter().filter(|(name, _)| name.starts_with(SUITE));
        suites.map(|(_, took)| *took).sum()
    }

    pub fn sum(&self) -> Took {
        self.0.iter().map(|(_, took)| *took).sum()
    }
}

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, took)| writeln!(f, "  {name:58}{took}"))
    }
}
