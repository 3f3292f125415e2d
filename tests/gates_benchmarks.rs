//! Benchmarks of the merge-base and of now, run in turn by the real
//! pytest-benchmark: what is slower is found, and nothing passes for want of proof.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo, faked};
use serde_json::Value;

const ONLY: [&str; 2] = ["--only", "benchmarks"];

/// A loop of so many turns, for a benchmark to time.
fn work(turns: u32) -> String {
    format!(
        "def work() -> int:\n    total = 0\n    for i in range({turns}):\n        total += i * i % 7\n    return total\n"
    )
}

const TIMED: &str = "from candidate.m.a import work\n\n\ndef test_plain():\n    assert work() > 0\n\n\ndef test_work(benchmark):\n    assert benchmark(work) > 0\n";

/// A module with a benchmark on `main`, and a branch on which it does so much.
fn repo(before: u32, now: u32) -> Repo {
    let repo = Repo::new(&[
        CLEAN[0],
        ("candidate/m/a.py", &work(before)),
        ("tests/test_m.py", TIMED),
    ]);
    repo.branch();
    repo.commit(&[("candidate/m/a.py", &work(now))]);
    repo
}

fn benchmarks(checked: &Checked) -> &Vec<Value> {
    let measured = &checked.gate("benchmarks")["evidence"]["benchmarks"];
    measured["list"].as_array().unwrap()
}

fn verdicts(checked: &Checked) -> Vec<(&str, &str)> {
    let text = |value: &'_ Value| -> &'static str { value.as_str().unwrap().to_owned().leak() };
    let list = benchmarks(checked).iter();
    list.map(|one| (text(&one["name"]), text(&one["verdict"])))
        .collect()
}

#[test]
fn what_takes_much_longer_is_a_regression_at_its_line() {
    let repo = repo(500, 1000);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "failed", "{}", checked.stderr);
    assert_eq!(
        checked.findings("benchmarks"),
        [("regression".to_owned(), "tests/test_m.py".to_owned(), 8)]
    );
    let why = checked.why("benchmarks");
    assert!(
        why.contains("slower than the budget of 5 % allows: test_work"),
        "{why}"
    );
    let [one] = &benchmarks(&checked)[..] else {
        panic!("{}", checked.json);
    };
    assert_eq!(one["name"], "tests/test_m.py::test_work");
    let low = one["interval"]["low"].as_f64().unwrap();
    let high = one["interval"]["high"].as_f64().unwrap();
    assert!(1.3 < low && high < 3.0, "{one}");
    let pairs = one["pairs"].as_array().unwrap().len();
    assert!((10..=30).contains(&pairs));
    let runs = checked.gate("benchmarks")["evidence"]["runs"].clone();
    let runs = runs.as_array().unwrap();
    assert_eq!(
        runs.len(),
        2 + 2 * pairs,
        "one look at each tree, and the pairs"
    );
    let at_base = runs.iter().filter(|run| run["baseline"] == true).count();
    assert_eq!(at_base, 1 + pairs);

    // What was measured is not measured again, and `show` tells it.
    let again = repo.check("candidate/m", &ONLY);
    assert_eq!(again.json, checked.json);
    let shown = repo.countersign().args(["show", "candidate/m"]).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    assert!(
        shown.contains("90 % interval") && shown.contains("test_m.py::test_work"),
        "{shown}"
    );
}

#[test]
fn what_does_less_than_before_holds() {
    let checked = repo(1000, 600).check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "passed", "{}", checked.stderr);
    assert_eq!(
        verdicts(&checked),
        [("tests/test_m.py::test_work", "holds")]
    );
}

#[test]
fn a_new_benchmark_has_no_baseline_and_a_removed_one_is_a_finding() {
    let repo = repo(500, 500);
    let renamed = TIMED.replace("test_work", "test_other");
    repo.commit(&[("tests/test_m.py", &renamed)]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "failed");
    assert_eq!(
        verdicts(&checked),
        [
            ("tests/test_m.py::test_other", "no-baseline"),
            ("tests/test_m.py::test_work", "removed")
        ]
    );
    assert_eq!(
        checked.findings("benchmarks"),
        [("removed".to_owned(), "tests/test_m.py".to_owned(), 0)]
    );
    let allowed = "[gates.benchmarks]\nremoved = [\"tests/test_m.py::test_work\"]\n";
    let checked = repo.settings(allowed).check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "not-applicable");
    assert!(checked.why("benchmarks").contains("no baseline"));
}

#[test]
fn a_module_that_is_new_or_without_benchmarks_has_nothing_to_compare() {
    let repo = Repo::new(&[("README.md", "x\n")]);
    repo.branch();
    repo.commit(&[
        CLEAN[0],
        ("candidate/m/a.py", &work(500)),
        ("tests/test_m.py", TIMED),
    ]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "not-applicable");
    assert!(
        checked
            .why("benchmarks")
            .starts_with("\"no baseline: the module is not there")
    );
    assert_eq!(
        verdicts(&checked),
        [("tests/test_m.py::test_work", "no-baseline")]
    );
    let plain = Repo::new(&CLEAN);
    let checked = plain.check("candidate/m", &ONLY);
    assert!(
        checked
            .why("benchmarks")
            .contains("there is no benchmark among its tests")
    );
    // On the base branch itself nothing can have changed.
    plain.commit(&[("candidate/m/a.py", &work(500)), ("tests/test_m.py", TIMED)]);
    let checked = plain.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "not-applicable");
    assert!(
        checked
            .why("benchmarks")
            .contains("nothing that its benchmarks depend on")
    );
}

#[test]
fn a_benchmark_that_fails_fails_and_one_without_numbers_is_gone() {
    let repo = repo(500, 500);
    let failing = TIMED.replace("assert benchmark(work) > 0", "assert benchmark(work) < 0");
    repo.commit(&[("tests/test_m.py", &failing)]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "failed");
    assert_eq!(checked.findings("benchmarks")[0].0, "failed");
    let idle = TIMED.replace("benchmark(work)", "work()");
    repo.commit(&[("tests/test_m.py", &idle)]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "failed");
    assert_eq!(checked.findings("benchmarks")[0].0, "removed");
}

#[test]
fn tests_that_end_the_run_or_write_the_report_themselves_do_not_pass() {
    let repo = repo(500, 510);
    for end in ["import os\n\nos._exit(0)\n", "import sys\n\nsys.exit(0)\n"] {
        let test = format!("{end}\n\n{TIMED}");
        repo.commit(&[("tests/test_m.py", &test)]);
        let checked = repo.check("candidate/m", &ONLY);
        let status = checked.status("benchmarks");
        assert!(["error", "failed"].contains(&status), "{end}: {status}");
    }
    // With a report that says nothing, or is none, what was measured is gone.
    for forge in [
        "open(name, 'w').write('{\"version\": \"5\", \"benchmarks\": []}')",
        "os.remove(name); os.symlink('/dev/zero', name)",
    ] {
        let test = format!(
            "import atexit, glob, os\n\n\n@atexit.register\ndef forge():\n    for name in glob.glob('../report-*.json'):\n        {forge}\n\n\n{TIMED}"
        );
        repo.commit(&[("tests/test_m.py", &test)]);
        let checked = repo.check("candidate/m", &ONLY);
        assert_eq!(checked.status("benchmarks"), "failed", "{forge}");
        assert_eq!(checked.findings("benchmarks")[0].0, "removed", "{forge}");
    }
}

/// What runs first leaves links where a later run might write.
#[test]
fn nothing_is_written_through_what_an_earlier_run_left() {
    let repo = repo(500, 500);
    let outside = repo.dir.path().join("outside");
    std::fs::write(&outside, "mine").unwrap();
    let test = format!(
        "import os\n\nimport pytest\n\n{TIMED}\n\nfor n in range(1, 100):\n    if not os.path.islink(f'../only-{{n}}.json'):\n        os.symlink({outside:?}, f'../only-{{n}}.json')\n\n\n@pytest.mark.parametrize('planted', [os.path.islink('../only-1.json')])\ndef test_planted(planted, benchmark):\n    benchmark(work)\n"
    );
    repo.commit(&[("tests/test_m.py", &test)]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(std::fs::read(&outside).unwrap(), b"mine");
    // It was there, and runs came after it.
    let planted = ("tests/test_m.py::test_planted[True]", "no-baseline");
    assert!(verdicts(&checked).contains(&planted), "{}", checked.json);
    let runs = &checked.gate("benchmarks")["evidence"]["runs"];
    assert!(runs.as_array().unwrap().len() > 2, "{runs}");
}

#[test]
fn with_a_python_that_does_not_work_there_is_no_verdict() {
    let repo = repo(500, 1000);
    let tools = faked(&repo.dir.path().join("tools"), &[("python", BROKEN)]);
    let checked = repo.environment(tools).check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "error", "{}", checked.json);
}

/// A Python that ends without a word.
const BROKEN: &str = "#!/bin/sh\nexit 0\n";

#[test]
fn a_command_that_prints_the_report_does_as_well() {
    let script = "import json, sys, time\n\nfrom candidate.m.a import work\n\nbest = 9.0\nfor _ in range(40):\n    start = time.perf_counter()\n    work()\n    best = min(best, time.perf_counter() - start)\nstats = {'min': best, 'max': best, 'mean': best, 'rounds': 40}\nprint(json.dumps({'version': '1', 'benchmarks': [{'name': sys.argv[1], 'stats': stats}]}))\n";
    let repo = Repo::new(&[
        CLEAN[0],
        ("candidate/m/a.py", &work(500)),
        ("bench.py", script),
    ])
    .settings("[gates.benchmarks]\ncommand = [\"python\", \"bench.py\", \"{module}\"]\n");
    repo.branch();
    repo.commit(&[("candidate/m/a.py", &work(1000))]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "failed", "{}", checked.stderr);
    assert_eq!(verdicts(&checked), [("candidate/m", "regressed")]);
    repo.commit(&[("bench.py", "print('fast')\n")]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("benchmarks"), "error");
    assert!(checked.why("benchmarks").contains("cannot be read"));
}
