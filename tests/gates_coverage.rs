//! What the tests of a module run of it: counted as coverage counts, set
//! against the merge-base, by the tests that are the module's.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo, tools};
use serde_json::Value;

const COVERAGE: [&str; 2] = ["--only", "tests,coverage"];

/// A module with branches, of which its test takes some.
const BRANCHES: [(&str, &str); 3] = [
    ("candidate/m/__init__.py", "\"\"\"A module.\"\"\"\n"),
    (
        "candidate/m/a.py",
        "class K:\n    def sign(self, x):\n        if x < 0:\n            return -1\n        return 1\n\n\ndef never():\n    return (\n        0\n    )\n\n\ndef both(x):\n    y = 1 if x else 2\n    for _ in range(x):\n        y += 1\n    return y\n",
    ),
    (
        "tests/test_m.py",
        "from candidate.m.a import K, both\n\n\ndef test_sign():\n    assert K().sign(3) == 1\n\n\ndef test_both():\n    assert both(2) == 3\n",
    ),
];

fn coverage(checked: &Checked) -> &Value {
    &checked.gate("coverage")["evidence"]["coverage"]
}

fn file<'a>(coverage: &'a Value, path: &str) -> &'a Value {
    let files = coverage["files"].as_array().unwrap();
    files
        .iter()
        .find(|file| file["path"] == path)
        .unwrap_or_else(|| panic!("{path} is not in {coverage}"))
}

fn notes<'a>(checked: &'a Checked, gate: &str, rule: &str) -> Vec<(&'a str, &'a str)> {
    let findings = checked.gate(gate)["evidence"]["findings"]
        .as_array()
        .unwrap();
    findings
        .iter()
        .filter(|finding| finding["rule"] == rule)
        .map(|f| (f["path"].as_str().unwrap(), f["message"].as_str().unwrap()))
        .collect()
}

#[test]
fn the_integers_are_those_of_coverage_by_hand() {
    let repo = Repo::new(&BRANCHES);
    let checked = repo.check("candidate/m", &COVERAGE);
    let python = tools().join("bin/python");
    let by_hand = |arguments: &[&str]| {
        let output = std::process::Command::new(&python)
            .args(["-P", "-m", "coverage"])
            .args(arguments)
            .current_dir(repo.root())
            .env("PYTHONPATH", repo.root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    by_hand(&[
        "run",
        "--branch",
        "--source=candidate/m",
        "-m",
        "pytest",
        "-q",
        "tests",
    ]);
    by_hand(&["json", "-q", "-o", "by_hand.json"]);
    let report = std::fs::read(repo.root().join("by_hand.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let ours = coverage(&checked);
    for (path, theirs) in report["files"].as_object().unwrap() {
        let ours = file(ours, path);
        let same = |ours: &Value, theirs: &Value| {
            for (our, their) in [
                ("statements", "num_statements"),
                ("covered", "covered_lines"),
                ("branches", "num_branches"),
                ("covered_branches", "covered_branches"),
            ] {
                assert_eq!(ours[our], theirs["summary"][their], "{path} {our}");
            }
        };
        same(ours, theirs);
        assert_eq!(ours["missing"], theirs["missing_lines"]);
        let functions = theirs["functions"].as_object().unwrap();
        let counted = functions
            .iter()
            .filter(|(_, f)| f["summary"]["num_statements"] != 0);
        let known = ours["functions"].as_array().unwrap();
        assert_eq!(known.len(), counted.clone().count());
        for (name, theirs) in counted {
            let ours = known.iter().find(|f| f["name"] == **name).unwrap();
            same(ours, theirs);
        }
    }
    let names: Vec<_> = file(ours, "candidate/m/a.py")["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["name"].as_str().unwrap(), f["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(names, [("", 0), ("K.sign", 2), ("never", 8), ("both", 14)]);
    assert_eq!(
        file(ours, "candidate/m/a.py")["partial"],
        serde_json::json!([3])
    );
}

#[test]
fn almost_ninety_percent_is_not_ninety() {
    // 22499 of 25000 statements: 89.996 %.
    let mut module = String::from("def f():\n");
    module.push_str(&"    x = 1\n".repeat(22_497));
    module.push_str("\n\ndef g():\n");
    module.push_str(&"    y = 1\n".repeat(2_501));
    let module: &'static str = module.leak();
    let repo = Repo::new(&[
        ("candidate/m.py", module),
        (
            "tests/test_m.py",
            "from candidate.m import f\n\n\ndef test_f():\n    f()\n",
        ),
    ]);
    let checked = repo.check("candidate/m.py", &COVERAGE);
    let file = file(coverage(&checked), "candidate/m.py");
    assert_eq!(
        (&file["covered"], &file["statements"]),
        (&22_499.into(), &25_000.into())
    );
    assert_eq!(checked.status("coverage"), "failed");
    let evidence = &checked.gate("coverage")["evidence"];
    assert_eq!(evidence["summary"], "89.9 %");
}

#[test]
fn a_process_that_a_test_starts_counts_for_that_test() {
    let repo = Repo::new(&[
        ("candidate/m/__init__.py", ""),
        (
            "candidate/m/__main__.py",
            "import sys\n\nif len(sys.argv) > 1:\n    print('more')\nelse:\n    print('none')\n",
        ),
        (
            "tests/test_m.py",
            "import subprocess\nimport sys\n\n\ndef test_runs():\n    run = [sys.executable, '-m', 'candidate.m', 'x']\n    assert subprocess.check_output(run, cwd='.') == b'more\\n'\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(
        checked.status("tests"),
        "passed",
        "{}",
        checked.why("tests")
    );
    let coverage = coverage(&checked);
    let main = file(coverage, "candidate/m/__main__.py");
    assert_eq!(
        (&main["covered"], &main["statements"]),
        (&3.into(), &4.into())
    );
    assert_eq!(coverage["tests"][0]["reached"], 1, "{coverage}");
}

#[test]
fn leaving_early_nested_settings_and_a_limit_on_failures_change_nothing() {
    let repo = Repo::new(&BRANCHES);
    repo.commit(&[
        ("pytest.ini", "[pytest]\naddopts = --maxfail=1 --cov --cov-fail-under=100\n"),
        ("tests/pytest.ini", "[pytest]\npython_functions = nothing_*\n"),
        (".coveragerc", "[run]\nomit = *\n"),
        (
            "tests/test_bad.py",
            "from candidate.m import a\n\n\ndef test_1():\n    assert a.both(0) == 0\n\n\ndef test_2():\n    assert a.both(0) == 0\n\n\ndef test_3():\n    assert a.never() == 0\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    let summary = &checked.gate("tests")["evidence"]["summary"];
    assert_eq!(summary, "5 tests, 2 failed");
    // What comes after the failures was measured too.
    assert_eq!(
        file(coverage(&checked), "candidate/m/a.py")["missing"],
        serde_json::json!([4])
    );
    repo.commit(&[(
        "tests/test_exit.py",
        "import os\nimport candidate.m.a\n\n\ndef test_leave():\n    os._exit(0)\n",
    )]);
    let checked = repo.check("candidate/m", &COVERAGE);
    for gate in ["tests", "coverage"] {
        assert_eq!(checked.status(gate), "error", "{}", checked.why(gate));
    }
}

#[test]
fn changed_lines_are_counted_and_set_against_the_merge_base() {
    let repo = Repo::new(&BRANCHES);
    repo.branch();
    // The file moves down by two lines, `never` changes within its statement,
    // `both` gets a line, and there is a new file nobody imports.
    let changed = BRANCHES[1]
        .1
        .replace("        0\n", "        1\n")
        .replace("    return y\n", "    y += 0\n    return y\n");
    let changed: &'static str = format!("# new\n\n{changed}").leak();
    repo.commit(&[
        ("candidate/m/a.py", changed),
        (
            "candidate/m/unseen.py",
            "X = 1\n\n\ndef f():\n    return X\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    let coverage = coverage(&checked);
    assert_eq!(
        coverage["changed"],
        serde_json::json!({ "is": "known", "files": [
            { "path": "candidate/m/a.py", "lines": 4, "statements": 2, "covered": 1, "missing": [11] },
            { "path": "candidate/m/unseen.py", "lines": 5, "statements": 3, "covered": 0, "missing": [1, 4, 5] },
        ]})
    );
    assert_eq!(coverage["base"]["is"], "known", "{coverage}");
    let before = file(&coverage["base"], "candidate/m/a.py");
    let now = file(coverage, "candidate/m/a.py");
    assert_eq!(
        (&before["statements"], &now["statements"]),
        (&12.into(), &13.into())
    );
    assert_eq!(
        (&before["covered"], &now["covered"]),
        (&10.into(), &11.into())
    );
    let runs = checked.gate("coverage")["evidence"]["runs"]
        .as_array()
        .unwrap();
    assert!(runs.iter().any(|run| run["baseline"] == true));
    // The merge-base is measured once.
    let again = repo.check("candidate/m", &COVERAGE);
    assert_eq!(checked.json, again.json);
    let summary = checked.gate("coverage")["evidence"]["summary"]
        .as_str()
        .unwrap();
    assert!(summary.contains("(-"), "{summary}");
}

#[test]
fn a_policy_may_demand_what_is_else_only_shown() {
    let repo = Repo::new(&CLEAN);
    let settings = "[gates.coverage]\nminimum = 10\nchanged_minimum = 100\nmax_drop = 0\n";
    let repo = repo.settings(settings);
    repo.branch();
    repo.commit(&[(
        "candidate/m/a.py",
        "def add(a: int, b: int) -> int:\n    return a + b\n\n\ndef more() -> int:\n    return 1\n",
    )]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(checked.status("coverage"), "failed");
    let why = checked.why("coverage");
    assert!(
        why.contains("1 of 2 changed statements are covered; 100 %"),
        "{why}"
    );
    assert!(why.contains("coverage changed by -25.0 points"), "{why}");
}

#[test]
fn a_module_that_merely_moved_has_no_changed_lines() {
    let repo = Repo::new(&BRANCHES);
    repo.branch();
    repo.rename("candidate/m", "candidate/n");
    let test: &'static str = BRANCHES[2].1.replace("candidate.m", "candidate.n").leak();
    repo.commit(&[("tests/test_m.py", test)]);
    let checked = repo.check("candidate/n", &COVERAGE);
    let coverage = coverage(&checked);
    assert_eq!(
        coverage["changed"],
        serde_json::json!({ "is": "known", "files": [] })
    );
    let before = file(&coverage["base"], "candidate/n/a.py");
    assert_eq!(before["was"], "candidate/m/a.py");
    assert_eq!(
        before["covered"],
        file(coverage, "candidate/n/a.py")["covered"]
    );
    assert!(
        !checked.gate("coverage")["evidence"]["summary"]
            .as_str()
            .unwrap()
            .contains('(')
    );
}

#[test]
fn a_merge_base_that_cannot_be_measured_fails_nothing() {
    let mut files = CLEAN.to_vec();
    files[2].1 = "import os\nfrom candidate.m.a import add\n\nos._exit(0)\n";
    let repo = Repo::new(&files);
    repo.branch();
    repo.commit(&[CLEAN[2]]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(
        checked.status("coverage"),
        "passed",
        "{}",
        checked.why("coverage")
    );
    let base = &coverage(&checked)["base"];
    assert_eq!(base["is"], "unknown");
    assert!(base["why"].as_str().unwrap().contains("pytest"), "{base}");
    // A module that is new has nothing to be set against.
    repo.commit(&[
        ("candidate/new/__init__.py", "X = 1\n"),
        (
            "tests/test_new.py",
            "def test_x():\n    from candidate import new\n\n    assert new.X\n",
        ),
    ]);
    let checked = repo.check("candidate/new", &COVERAGE);
    assert_eq!(coverage(&checked)["base"]["is"], "absent");
    assert_eq!(coverage(&checked)["changed"]["files"][0]["covered"], 1);
}

#[test]
fn tests_that_only_name_the_module_are_its_tests_and_those_that_miss_it_are_named() {
    let repo = Repo::new(&[
        ("candidate/m/__init__.py", ""),
        ("candidate/m/a.py", "def f():\n    return 1\n"),
        ("candidate/m/b.py", "def g():\n    return 2\n"),
        (
            "qa/test_by_name.py",
            "import importlib\n\nNAMES = ['candidate.m.a']\n\n\ndef test_all():\n    for name in NAMES:\n        assert importlib.import_module(name).f() == 1\n",
        ),
        (
            "qa/test_by_path.py",
            "import importlib.util\nfrom pathlib import Path\n\nB = Path(__file__).parents[1] / 'candidate' / 'm' / 'b.py'\n\n\ndef test_b():\n    spec = importlib.util.spec_from_file_location('b', B)\n    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n    assert module.g() == 2\n",
        ),
        (
            "qa/test_elsewhere.py",
            "import candidate.m.a\n\n\ndef test_nothing():\n    assert candidate\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(
        checked.status("coverage"),
        "passed",
        "{}",
        checked.why("coverage")
    );
    let reach: Vec<_> = coverage(&checked)["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            (
                t["path"].as_str().unwrap(),
                t["tests"].as_u64().unwrap(),
                t["reached"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        reach,
        [
            ("qa/test_by_name.py", 1, 1),
            ("qa/test_by_path.py", 1, 1),
            ("qa/test_elsewhere.py", 1, 0)
        ]
    );
    assert_eq!(
        notes(&checked, "coverage", "not-reached"),
        [(
            "qa/test_elsewhere.py",
            "selected, did not reach the module in 1 test"
        )]
    );
    let shown = repo
        .countersign()
        .args(["show", "candidate/m", "--json"])
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let reasons: Vec<_> = shown["facts"]["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["text", "text", "import"]);
}

#[test]
fn a_shim_that_loads_code_from_elsewhere_is_flagged() {
    let repo = Repo::new(&[
        (
            "lib/real.py",
            "def f(x):\n    if x:\n        return 1\n    return 2\n",
        ),
        (
            "candidate/m/__init__.py",
            "import importlib.util\nfrom pathlib import Path\n\n_AT = Path(__file__).parents[2] / 'lib' / 'real.py'\n_SPEC = importlib.util.spec_from_file_location('real', _AT)\nreal = importlib.util.module_from_spec(_SPEC)\n_SPEC.loader.exec_module(real)\n\n\ndef f(x):\n    return real.f(x)\n",
        ),
        (
            "tests/test_m.py",
            "from candidate.m import f\n\n\ndef test_f():\n    assert f(1) == 1\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(
        notes(&checked, "coverage", "not-measured"),
        [(
            "candidate/m/__init__.py",
            "loads code by its path: what it loads may not be measured"
        )]
    );
    let summary = &checked.gate("coverage")["evidence"]["summary"];
    assert_eq!(summary, "100.0 %, 1 file may run code that is not measured");
}

#[test]
fn what_is_not_installed_is_an_error_and_what_is_gone_a_failure() {
    let missing = "import numpy_that_nobody_has.linalg\nfrom candidate.m.a import add\n\n\ndef test_more():\n    assert add(1, 1) == 2\n";
    let repo = Repo::new(&CLEAN);
    repo.commit(&[("tests/test_more.py", missing)]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(checked.status("tests"), "error");
    let why = checked.why("tests");
    assert!(
        why.contains("module numpy_that_nobody_has is not installed in the environment"),
        "{why}"
    );
    // What it covers without them is enough.
    assert_eq!(
        checked.status("coverage"),
        "passed",
        "{}",
        checked.why("coverage")
    );
    assert_eq!(checked.exit, 3);
    repo.commit(&[
        ("tests/test_more.py", CLEAN[2].1),
        ("tests/conftest.py", "import numpy_that_nobody_has\n"),
    ]);
    let checked = repo.check("candidate/m", &COVERAGE);
    for gate in ["tests", "coverage"] {
        let why = checked.why(gate);
        assert_eq!(checked.status(gate), "error", "{why}");
        assert!(
            why.contains("module numpy_that_nobody_has is not installed"),
            "{why}"
        );
    }
    repo.commit(&[("tests/conftest.py", "")]);
    let gone = "import candidate.m.gone\n\n\ndef test_more():\n    pass\n";
    repo.commit(&[("tests/test_more.py", gone)]);
    let checked = repo.check("candidate/m", &COVERAGE);
    assert_eq!(
        checked.status("tests"),
        "failed",
        "{}",
        checked.why("tests")
    );
    assert_eq!(checked.exit, 1);
}

#[test]
fn a_failure_is_told_on_one_line() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[(
        "tests/test_m.py",
        "from candidate.m.a import add\n\n\ndef test_add(tmp_path):\n    assert add(1, 2) == 4\n\n\ndef test_file(tmp_path):\n    assert add(1, 2)\n    (tmp_path / 'x').read_text()\n",
    )]);
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    let findings = checked.gate("tests")["evidence"]["findings"]
        .as_array()
        .unwrap();
    assert_eq!(findings[0]["message"], "test_add: AssertionError");
    assert_eq!(findings[0]["detail"], "assert 3 == 4");
    assert_eq!(findings[1]["message"], "test_file: FileNotFoundError");
    let detail = findings[1]["detail"].as_str().unwrap();
    assert!(detail.contains("{scratch}"), "{detail}");
}

#[test]
fn benchmarks_are_run_once_as_tests() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[(
        "tests/test_m.py",
        "from candidate.m.a import add\n\nCALLS = []\n\n\ndef test_add(benchmark):\n    benchmark(lambda: CALLS.append(add(1, 2)))\n    assert CALLS == [3]\n",
    )]);
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    assert_eq!(
        checked.status("tests"),
        "passed",
        "{}",
        checked.why("tests")
    );
}
