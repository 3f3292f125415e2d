//! The benchmarks in one of the two trees: a tree of their own, run as often as
//! is wanted.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::report::{self, Times};
use crate::gates::checks::suite::events::{self, Outcome, Session};
use crate::gates::checks::suite::options::has_safe_path;
use crate::gates::checks::suite::{Checkout, arguments, path_of, written};
use crate::gates::job::{Answer, Call, Job, Terms};
use crate::gates::places::Alone;
use crate::gates::scratch::Place;
use crate::gates::toolchain::Tool;
use crate::gates::{Trouble, environment};
use crate::promotion::policy::GateOptions;
use crate::promotion::{RepoPath, ToolExit};

/// What runs the benchmarks.
pub(super) enum Runner<'a> {
    /// pytest, with pytest-benchmark.
    Pytest {
        /// The latter; its interpreter has both.
        tool: &'a Tool,
        /// What the tests are told.
        args: &'a [String],
    },
    /// A command that prints the same report.
    Command(&'a [String]),
}

/// One of the trees. The job is on a subject whose tree is `tree`, and whose tests
/// are those that may hold benchmarks.
pub(super) struct Side<'a> {
    /// The work on it.
    pub job: Job<'a>,
    /// Where it is.
    pub place: Place,
    /// How it comes to be.
    pub checkout: &'a Checkout,
    /// What runs its benchmarks.
    pub runner: &'a Runner<'a>,
    /// How many runs there were.
    pub runs: AtomicUsize,
}

/// Where a benchmark is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// The file; that of the module where none is known.
    pub path: RepoPath,
    /// The line; 0 where none is known.
    pub line: u32,
}

/// What came out of one run.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// What was measured.
    pub times: Times,
    /// Where each is.
    pub spots: BTreeMap<String, Spot>,
    /// What failed, with its exception.
    pub failed: BTreeMap<String, String>,
    /// What ran, and measured nothing.
    pub idle: Vec<String>,
    /// Files that could not be collected.
    pub uncollected: Vec<String>,
}

/// Which benchmarks are run, and for how long each.
pub(super) struct Pace<'a> {
    /// `None`: all there are.
    pub only: Option<&'a [String]>,
    /// Seconds for each.
    pub seconds: f64,
    /// Every place, where nothing else may run.
    pub alone: Option<&'a Alone>,
}

impl Side<'_> {
    fn tree(&self) -> &Path {
        &self.job.subject.tree
    }

    /// Makes the tree.
    pub async fn prepare(&self) -> Result<(), Trouble> {
        self.checkout.bring(self.tree()).await?;
        self.job.own_compiled(&self.place)?;
        match self.runner {
            Runner::Pytest { .. } => arguments::write_files(&self.job, &self.place),
            Runner::Command(_) => Ok(()),
        }
    }

    /// The tree is not needed any more.
    pub async fn give_back(&self) {
        self.checkout.give_back(self.tree()).await;
    }

    /// Runs its benchmarks once.
    pub async fn run(&self, pace: &Pace<'_>, options: &GateOptions) -> Result<Ran, Trouble> {
        let ours = self.job.place()?;
        let place = Place {
            control: ours.control,
            work: self.place.work.clone(),
        };
        let terms = Terms {
            alone: pace.alone,
            ..Terms::of(options)
        };
        let n = self.runs.fetch_add(1, Ordering::Relaxed);
        match self.runner {
            Runner::Pytest { tool, args } => {
                let events = place.work.join(format!("events-{n}.jsonl"));
                let report = place.work.join(format!("report-{n}.json"));
                // Where nothing of theirs ever ran: in the place of the runs before
                // a link may lie under any name.
                let only = ours.work.join("only.json");
                let names = serde_json::to_vec(&pace.only).unwrap_or_default();
                self.job.write(&only, names)?;
                let mut call = Call::new(tool, Path::new(""), self.tree());
                call.argv = self.pytest(tool, args, pace, &report);
                call.readable.push(ours.work);
                call.env = vec![
                    ("PYTHONPATH", arguments::plugin(&place).into()),
                    ("COUNTERSIGN_EVENTS", (&events).into()),
                    ("COUNTERSIGN_BENCHMARKS", only.into()),
                    WITH_BYTECODE,
                    (environment::COMPILED, place.work.join("pycache").into()),
                ];
                let key = arguments::secret();
                call.stdin = Some(key.clone().into_bytes());
                let answer = self.job.run_on(&place, call, terms).await?;
                judge(&answer, (&written(&events), &key), &written(&report))
            }
            Runner::Command(command) => {
                let call = Call {
                    tool: "benchmark command",
                    version: "",
                    argv: self.command(command)?,
                    cwd: self.tree(),
                    stdin: None,
                    env: vec![
                        ("PYTHONPATH", self.tree().into()),
                        WITH_BYTECODE,
                        (environment::COMPILED, place.work.join("pycache").into()),
                    ],
                    readable: Vec::new(),
                    writable: Vec::new(),
                    stream_stdout: false,
                };
                let answer = self.job.run_on(&place, call, terms).await?;
                if answer.code != 0 {
                    return Err(answer.unexpected("the command for benchmarks"));
                }
                let times = report::read(&answer.stdout)
                    .map_err(|why| Trouble::unbelievable("the command for benchmarks", why))?;
                let spots = times.keys().map(|name| (name.clone(), self.spot(name)));
                Ok(Ran {
                    spots: spots.collect(),
                    times,
                    ..Ran::default()
                })
            }
        }
    }

    fn pytest(
        &self,
        tool: &Tool,
        args: &[String],
        pace: &Pace<'_>,
        report: &Path,
    ) -> Vec<OsString> {
        let mut argv: Vec<OsString> = vec![(&tool.python).into()];
        if has_safe_path(&tool.python_version) {
            argv.push("-P".into());
        }
        argv.push(arguments::script(&self.place).into());
        argv.extend(arguments::common(&self.job, self.tree(), &self.place));
        argv.extend(
            [
                "--continue-on-collection-errors",
                "--maxfail=0",
                "--tb=short",
                "--color=no",
                "--benchmark-enable",
                "--benchmark-warmup=off",
                "--benchmark-min-rounds=5",
            ]
            .map(OsString::from),
        );
        argv.push(format!("--benchmark-max-time={:.3}", pace.seconds).into());
        argv.push(arguments::option("--benchmark-json=", report));
        argv.extend(args.iter().map(OsString::from));
        argv.extend(arguments::tests(self.job.subject));
        argv
    }

    /// The command with its program as a path, and the module's.
    fn command(&self, command: &[String]) -> Result<Vec<OsString>, Trouble> {
        let (program, rest) = command.split_first().ok_or_else(|| {
            Trouble::new(
                "the command for benchmarks is empty",
                "see countersign.toml",
            )
        })?;
        let toolbox = self.job.toolbox;
        let path: PathBuf = match program.as_str() {
            "python" | "python3" => toolbox.python.clone(),
            _ if program.contains('/') => self.tree().join(program),
            _ => toolbox.program(program).ok_or_else(|| {
                Trouble::new(
                    format!("there is no program {program:?} to run benchmarks with"),
                    "correct `command` of [gates.benchmarks] in countersign.toml",
                )
            })?,
        };
        let module = self.job.subject.module.to_text();
        let rest = rest.iter().map(|part| part.replace("{module}", &module));
        Ok(std::iter::once(path.into())
            .chain(rest.map(OsString::from))
            .collect())
    }

    /// Where a benchmark of a command is, if its name says so.
    fn spot(&self, name: &str) -> Spot {
        let file = name.split_once("::").map(|(file, _)| path_of(file));
        let there = file.filter(|path| {
            let at = self.job.subject.on_disk(path);
            std::fs::symlink_metadata(at).is_ok_and(|meta| meta.is_file())
        });
        Spot {
            path: there.unwrap_or_else(|| self.job.subject.module.clone()),
            line: 0,
        }
    }
}

/// Compiled files are kept from run to run: only the first pays for them.
const WITH_BYTECODE: (&str, OsString) = ("PYTHONDONTWRITEBYTECODE", OsString::new());

/// Judges a run of pytest: its exit code, our records and the report, which must
/// all agree.
fn judge(answer: &Answer, (events, key): (&[u8], &str), report: &[u8]) -> Result<Ran, Trouble> {
    if !matches!(answer.code, 0 | 1 | 2 | 5) {
        let said = [&answer.stdout[..], &answer.stderr[..]].concat();
        return Err(Trouble::ended(
            "pytest",
            &ToolExit::Code(answer.code),
            &said,
        ));
    }
    let session = events::read(events, key)?;
    let ran = sort(session, report, answer.code);
    ran.map_err(|why| Trouble::unbelievable("pytest-benchmark", why))
}

fn sort(session: Session, report: &[u8], code: i32) -> Result<Ran, String> {
    let mut ran = Ran {
        uncollected: session.uncollected,
        ..Ran::default()
    };
    let mut passed = Vec::new();
    for (id, item) in session.items {
        let spot = Spot {
            path: path_of(&item.file),
            line: item.line,
        };
        match item.result {
            Outcome::Passed => passed.push(id.clone()),
            Outcome::Failed | Outcome::Error => {
                let exception = item.exception.unwrap_or_else(|| "it failed".into());
                ran.failed.insert(id.clone(), exception);
            }
            Outcome::Skipped | Outcome::ExpectedFailure => {}
        }
        ran.spots.insert(id, spot);
    }
    let failed = !ran.failed.is_empty() || !ran.uncollected.is_empty();
    let agrees = match code {
        0 => !failed && session.exit == 0,
        1 => failed,
        2 => !ran.uncollected.is_empty(),
        _ => ran.spots.is_empty() && !failed,
    };
    if !agrees {
        return Err(format!(
            "its exit code {code} contradicts what was recorded"
        ));
    }
    // Where nothing was measured, none is written.
    let any = !passed.is_empty() || !ran.failed.is_empty();
    if any && !report.is_empty() {
        ran.times = report::read(report)?;
    }
    if let Some(name) = ran.times.keys().find(|name| !passed.contains(name)) {
        // One that failed after it was measured: it does not count.
        if !ran.failed.contains_key(name.as_str()) {
            return Err(format!("it measured {name}, which did not run"));
        }
    }
    ran.times.retain(|name, _| passed.contains(name));
    passed.retain(|name| !ran.times.contains_key(name));
    ran.idle = passed;
    Ok(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "secret";

    /// What our plugin records of tests that end like this.
    fn events(tests: &[(&str, &str)], exit: i32) -> Vec<u8> {
        let mut lines = vec![r#"{"t":"start","v":1}"#.to_owned()];
        for (id, _) in tests {
            lines.push(format!(
                r#"{{"t":"item","id":"{id}","file":"t.py","line":3}}"#
            ));
        }
        lines.push(r#"{"t":"planted","id":"::test_0"}"#.into());
        let planted = ("::test_0", "failed");
        for (id, outcome) in std::iter::once(&planted).chain(tests) {
            for (when, outcome) in [
                ("setup", "passed"),
                ("call", *outcome),
                ("teardown", "passed"),
            ] {
                let exc = match *id == planted.0 && when == "call" {
                    true => "\"Planted\"",
                    false => "null",
                };
                lines.push(format!(
                    r#"{{"t":"report","id":"{id}","when":"{when}","outcome":"{outcome}","xfail":null,"exc":{exc}}}"#
                ));
            }
        }
        lines.push(format!(r#"{{"t":"finish","exit":{exit}}}"#));
        lines.push(r#"{"t":"end"}"#.into());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        events::recorded::signed(&lines, KEY).concat().into_bytes()
    }

    fn report(names: &[&str]) -> Vec<u8> {
        let one = |name: &&str| {
            format!(
                r#"{{"name": "x", "fullname": "{name}", "stats": {{"min": 0.1, "max": 0.1, "mean": 0.1, "rounds": 1}}}}"#
            )
        };
        let all: Vec<_> = names.iter().map(one).collect();
        format!(r#"{{"version": "5", "benchmarks": [{}]}}"#, all.join(",")).into_bytes()
    }

    fn judged(code: i32, events: &[u8], report: &[u8]) -> Result<Ran, String> {
        let answer = Answer {
            code,
            stdout: Vec::new(),
            stderr: b"boom".to_vec(),
        };
        judge(&answer, (events, KEY), report).map_err(|trouble| trouble.to_string())
    }

    #[test]
    fn what_was_measured_is_told_from_what_failed_or_measured_nothing() {
        let all = events(
            &[
                ("t.py::a", "passed"),
                ("t.py::b", "failed"),
                ("t.py::c", "passed"),
            ],
            1,
        );
        let ran = judged(1, &all, &report(&["t.py::a", "t.py::b"])).unwrap();
        let names: Vec<_> = ran.times.keys().map(String::as_str).collect();
        assert_eq!(names, ["t.py::a"]);
        assert_eq!(ran.idle, ["t.py::c"]);
        assert_eq!(ran.failed["t.py::b"], "it failed");
        assert_eq!(ran.spots["t.py::a"].line, 3);
        let none = judged(5, &events(&[], 5), b"").unwrap();
        assert!(none.times.is_empty() && none.spots.is_empty());
    }

    #[test]
    fn bad_days_are_no_times() {
        let one = events(&[("t.py::a", "passed")], 0);
        let good = report(&["t.py::a"]);
        assert!(judged(0, &one, &good).is_ok());
        // Without its last line.
        let killed = &one[..one.len() - 77];
        for (code, events, report, why) in [
            (139, &one[..], &good[..], "exit code 139"),
            (4, &one, &good, "exit code 4"),
            (0, b"", &good, "no end"),
            (0, killed, &good, "no end"),
            (1, &one, &good, "contradicts"),
            (5, &one, &good, "contradicts"),
            (0, &one, b"garbage", "cannot be read"),
            (0, &one, &good[..40], "cannot be read"),
            (0, &one, &super::tests::report(&["t.py::z"]), "did not run"),
        ] {
            let error = judged(code, events, report).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        // A report that somebody took away: ran, and nothing is known of it.
        assert_eq!(judged(0, &one, b"").unwrap().idle, ["t.py::a"]);
    }
}
