//! Every gate with the real tools: clean, findings, syntax errors, and the
//! traps in which a tool says "fine" without having looked.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Repo, recorded};

const GATES: [&str; 15] = [
    "compile",
    "lint",
    "types",
    "format",
    "imports",
    "tests",
    "coverage",
    "supply-chain",
    "secrets",
    "privilege",
    "lane-imports",
    "documentation",
    "api",
    "promote",
    "owner",
];

fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    CLEAN.iter().chain(files).copied().collect()
}

#[test]
fn a_clean_module_passes_every_gate_and_is_not_checked_twice() {
    let repo = Repo::new(&recorded());
    let first = repo.check("candidate/m", &[]);
    for gate in GATES {
        assert_eq!(first.status(gate), "passed", "{gate}: {}", first.why(gate));
        let work = first.gate(gate)["evidence"]["work"].as_array().unwrap();
        assert!(!work.is_empty() && work.iter().all(|w| w[1].as_u64().unwrap() > 0));
    }
    assert_eq!(first.exit, 0);
    let second = repo.check("candidate/m", &[]);
    assert_eq!(first.json, second.json);
    assert!(second.stderr.contains("unchanged"), "{}", second.stderr);
    assert!(!second.stderr.contains("running"), "{}", second.stderr);
    let list = repo
        .countersign()
        .args(["show", "candidate/m", "--json"])
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    // The last is where the reviewers stand, and nobody was asked.
    let (reviewers, gates) = shown["gates"].as_array().unwrap().split_last().unwrap();
    let holds = |g: &serde_json::Value| g["status"] == "passed" || g["status"] == "not-applicable";
    assert!(gates.iter().all(holds));
    assert_eq!(reviewers["gate"], "sign-off");
    assert_eq!(reviewers["status"], "never-run");
    assert_eq!(shown["stage"], "validated");
    assert!(repo.scratch().is_empty());
}

/// A home directory under version control is common, and holds the cache.
#[test]
fn what_lies_around_the_cache_has_no_say() {
    let repo = Repo::new(&recorded());
    let around = repo.dir.path();
    git2::Repository::init(around).unwrap();
    for (name, content) in [
        (".gitignore", "*\n"),
        ("ruff.toml", "line-length = 1\n"),
        ("mypy.ini", "[mypy]\nplugins = nonsense\n"),
        ("pytest.ini", "[pytest]\naddopts = --nonsense\n"),
        ("conftest.py", "raise SystemExit(1)\n"),
        (
            ".isort.cfg",
            "[settings]\nforce_sort_within_sections = true\n",
        ),
        (".coveragerc", "[run]\nomit = *\n"),
        (
            "pyproject.toml",
            "[tool.black]\nline-length = 1\nforce-exclude = '.'\n",
        ),
    ] {
        std::fs::write(around.join(name), content).unwrap();
    }
    let checked = repo.check("candidate/m", &[]);
    for gate in GATES {
        assert_eq!(
            checked.status(gate),
            "passed",
            "{gate}: {}",
            checked.why(gate)
        );
    }
}

#[test]
fn evidence_names_no_path_of_this_machine() {
    let repo = Repo::new(&CLEAN);
    let json = repo.check("candidate/m", &[]).json.to_string();
    assert!(!json.contains(repo.dir.path().to_str().unwrap()), "{json}");
    assert!(json.contains("{tools}/bin/ruff"), "{json}");
}

#[test]
fn every_gate_finds_what_it_is_there_for() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[
        (
            "candidate/m/a.py",
            "import sys\nimport os\ndef add(a: int, b: int) -> int:\n    return a  + b\n\n\nx: str = add(1, 2)\n",
        ),
        (
            "tests/test_m.py",
            "from candidate.m.a import add\n\n\ndef test_add():\n    assert add(1, 2) == 4\n",
        ),
    ]);
    let checked = repo.check("candidate/m", &[]);
    let a = |rule: &str, line| (rule.to_owned(), "candidate/m/a.py".to_owned(), line);
    assert_eq!(checked.status("compile"), "passed");
    assert!(checked.findings("lint").contains(&a("F401", 1)));
    assert_eq!(checked.findings("types"), [a("assignment", 7)]);
    assert!(!checked.findings("format").is_empty());
    assert_eq!(checked.findings("imports"), [a("I001", 1)]);
    assert_eq!(
        checked.findings("tests"),
        [("failed".to_owned(), "tests/test_m.py".to_owned(), 4)]
    );
    assert_eq!(checked.status("coverage"), "passed"); // they failed, and they ran it
    assert_eq!(checked.exit, 1);
}

#[test]
fn a_syntax_error_is_a_failure_everywhere_and_never_a_pass() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "def f(:\n    pass\n")]);
    let checked = repo.check("candidate/m", &[]);
    for gate in ["compile", "lint", "types", "format", "imports", "coverage"] {
        assert_eq!(
            checked.status(gate),
            "failed",
            "{gate}: {}",
            checked.why(gate)
        );
    }
    assert_eq!(checked.exit, 1);
}

#[test]
fn only_what_the_merge_base_did_not_have_counts() {
    let repo = Repo::new(&with(&[("candidate/m/old.py", "import os\n")]));
    repo.branch();
    repo.commit(&[("candidate/m/old.py", "\n\nimport os\nimport re\n")]);
    let checked = repo.check("candidate/m", &["--only", "lint"]);
    let evidence = &checked.gate("lint")["evidence"];
    assert_eq!(evidence["summary"], "1 new, 1 old");
    assert!(
        evidence["runs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["baseline"] == true)
    );
}

#[test]
fn what_merely_moved_is_not_new() {
    let repo = Repo::new(&with(&[(
        "candidate/m/old.py",
        "import os\nimport re\n\nX = 1\n",
    )]));
    repo.branch();
    repo.rename("candidate/m", "candidate/n");
    repo.commit_as_is();
    let checked = repo.check("candidate/n", &["--only", "lint,types,format"]);
    assert_eq!(checked.gate("lint")["evidence"]["summary"], "0 new, 2 old");
    assert_eq!(checked.exit, 0, "{}", checked.stderr);
}

#[test]
fn a_module_without_tests_is_not_tested() {
    let repo = Repo::new(&CLEAN[..2]);
    let checked = repo.check("candidate/m", &["--only", "tests,coverage"]);
    assert_eq!(checked.status("tests"), "failed");
    assert!(
        checked.why("tests").contains("no tests found"),
        "{}",
        checked.why("tests")
    );
    assert_eq!(checked.status("coverage"), "failed");
}

#[test]
fn single_files_stubs_and_namespace_packages_are_modules_too() {
    let repo = Repo::new(&[
        ("candidate/one.py", "X: int = 1\n"),
        ("candidate/ns/deep/a.py", "Y: int = 1\n"),
        ("candidate/ns/deep/a.pyi", "Y: int\n"),
    ]);
    for module in ["candidate/one.py", "candidate/ns"] {
        let checked = repo.check(module, &["--only", "compile,lint,types,format,imports"]);
        assert_eq!(checked.exit, 0, "{module}: {}", checked.stderr);
    }
}

#[test]
fn leaving_at_import_is_no_pass() {
    let repo = Repo::new(&with(&[(
        "tests/test_exit.py",
        "import os\n\nimport candidate.m.a\n\nos._exit(0)\n",
    )]));
    let checked = repo.check("candidate/m", &["--only", "tests,coverage"]);
    assert_eq!(checked.status("tests"), "error");
    assert_eq!(checked.status("coverage"), "error");
    assert_eq!(checked.exit, 3);
}

#[test]
fn a_session_that_calls_itself_clean_is_not_believed() {
    let lies = "import pytest\n\n\n@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(session):\n    session.exitstatus = 0\n";
    let rewrites = "import pytest\n\n\n@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n    report = yield\n    report.outcome = 'passed'\n    return report\n";
    let drops = "def pytest_collection_modifyitems(items):\n    del items[:1]\n";
    for conftest in [lies, rewrites, drops] {
        let repo = Repo::new(&with(&[
            ("conftest.py", conftest),
            (
                "tests/test_bad.py",
                "import candidate.m.a\n\n\ndef test_bad():\n    assert candidate.m.a.add(1, 1) == 3\n",
            ),
        ]));
        let checked = repo.check("candidate/m", &["--only", "tests"]);
        let status = checked.status("tests");
        assert!(
            ["failed", "error"].contains(&status),
            "{status}: {conftest}"
        );
    }
}

#[test]
fn the_project_cannot_make_pytest_stop_early_or_look_elsewhere() {
    let repo = Repo::new(&with(&[
        ("pytest.ini", "[pytest]\naddopts = -x -q -k nothing\n"),
        (
            "tests/pytest.ini",
            "[pytest]\npython_functions = check_*\naddopts = --collect-only\n",
        ),
        (
            "tests/test_two.py",
            "from candidate.m import a\n\n\ndef test_1():\n    assert a.add(1, 1) == 3\n\n\ndef test_2():\n    assert a.add(1, 1) == 3\n",
        ),
    ]));
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    assert_eq!(
        checked.findings("tests").len(),
        2,
        "{}",
        checked.why("tests")
    );
    assert_eq!(
        checked.gate("tests")["evidence"]["summary"],
        "3 tests, 2 failed"
    );
}

#[test]
fn coverage_is_not_rounded_up() {
    // 44 of 49 statements: 89.796 %, which coverage itself calls 90.
    let mut module = String::from("def f():\n");
    module.push_str(&"    x = 1\n".repeat(41));
    module.push_str("    return x\n\n\ndef g():\n");
    module.push_str(&"    y = 1\n".repeat(4));
    module.push_str("    return y\n");
    let module: &'static str = module.leak();
    let repo = Repo::new(&[
        ("candidate/m.py", module),
        (
            "tests/test_m.py",
            "from candidate.m import f\n\n\ndef test_f():\n    assert f() == 1\n",
        ),
    ])
    .settings("[gates.coverage]\nminimum = 90\n");
    let checked = repo.check("candidate/m.py", &["--only", "coverage"]);
    assert_eq!(
        checked.status("coverage"),
        "failed",
        "{}",
        checked.why("coverage")
    );
    let file = &checked.gate("coverage")["evidence"]["coverage"]["files"][0];
    assert_eq!(
        (&file["covered"], &file["statements"]),
        (&44.into(), &49.into())
    );
    assert_eq!(checked.gate("coverage")["evidence"]["summary"], "89.7 %");
}

#[test]
fn a_file_nobody_imports_counts_as_not_covered() {
    let repo = Repo::new(&with(&[(
        "candidate/m/sub/unseen.py",
        "X = 1\nY = 2\nZ = 3\n",
    )]));
    let checked = repo.check("candidate/m", &["--only", "coverage"]);
    let files = checked.gate("coverage")["evidence"]["coverage"]["files"].clone();
    let unseen = files
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "candidate/m/sub/unseen.py");
    assert_eq!(unseen.unwrap()["covered"], 0);
    assert_eq!(checked.status("coverage"), "failed");
}

#[test]
fn the_project_may_ignore_rules_but_not_whole_families_and_not_from_within() {
    let repo = Repo::new(&[
        ("candidate/m/__init__.py", ""),
        ("candidate/m/a.py", "import os\nx = 1;\n"),
        ("candidate/m/ruff.toml", "lint.ignore = ['F401', 'E703']\n"),
        (
            "pyproject.toml",
            "[tool.ruff]\nlint.ignore = ['E703', 'F']\n",
        ),
    ])
    .settings("[gates.lint]\nzero = \"all\"\n");
    let checked = repo.check("candidate/m", &["--only", "lint"]);
    let rules: Vec<_> = checked.findings("lint").into_iter().map(|f| f.0).collect();
    assert_eq!(rules, ["F401"]);
}

#[test]
fn mypy_looks_under_the_target_name_where_names_matter() {
    let repo = Repo::new(&with(&[(
        "mypy.ini",
        "[mypy]\n[mypy-candidate.*]\nignore_errors = True\n",
    )]));
    repo.branch();
    repo.commit(&[("candidate/m/bad.py", "x: int = 'a'\n")]);
    let checked = repo.check("candidate/m", &["--only", "types"]);
    assert_eq!(
        checked.status("types"),
        "failed",
        "{}",
        checked.why("types")
    );
    let message = &checked.gate("types")["evidence"]["findings"][0]["message"];
    assert!(
        message.as_str().unwrap().contains("only as core.m"),
        "{message}"
    );
}

#[test]
fn files_mypy_is_told_to_leave_out_are_missed() {
    let repo = Repo::new(&with(&[("mypy.ini", "[mypy]\nexclude = a\\.py$\n")]));
    let checked = repo.check("candidate/m", &["--only", "types"]);
    assert_eq!(checked.status("types"), "error");
    assert!(
        checked.why("types").contains("candidate/m/a.py"),
        "{}",
        checked.why("types")
    );
}

#[test]
fn a_repository_that_is_a_package_itself_is_checked_all_the_same() {
    let by_name = "[mypy]\nnonsense = 1\n[mypy-other.*]\nignore_errors = True\n";
    let repo = Repo::new(&with(&[("__init__.py", ""), ("mypy.ini", by_name)]));
    let checked = repo.check("candidate/m", &["--only", "types,tests"]);
    assert_eq!(checked.exit, 0, "{}", checked.why("types"));
    let json = checked.json.to_string();
    assert!(
        json.contains("does not understand the project's settings: {tree}/mypy.ini"),
        "{json}"
    );
    assert!(!json.contains(repo.dir.path().to_str().unwrap()), "{json}");
}

#[test]
fn a_link_to_a_secret_is_not_followed() {
    let repo = Repo::new(&CLEAN);
    let link = repo.root().join("candidate/m/passwd.py");
    std::os::unix::fs::symlink("/etc/passwd", link).unwrap();
    repo.commit_as_is();
    let checked = repo.check("candidate/m", &[]);
    assert!(!checked.json.to_string().contains("root:x:0"));
    assert_eq!(checked.status("compile"), "passed");
    assert_eq!(checked.gate("compile")["evidence"]["work"][0][1], 2);
}

#[test]
fn directories_of_the_repository_do_not_pose_as_packages() {
    let repo = Repo::new(&with(&[
        ("trace/__init__.py", "raise SystemExit(0)\n"),
        ("pluggy/__init__.py", "raise SystemExit(0)\n"),
        ("isort.py", "raise SystemExit(0)\n"),
        (".isort.cfg", "[settings]\nprofile = black\n"),
    ]));
    let checked = repo.check("candidate/m", &["--only", "tests,coverage,imports"]);
    assert_eq!(checked.exit, 0, "{}", checked.stderr);
}

#[test]
fn an_unknown_gate_is_wrong_usage() {
    let repo = Repo::new(&CLEAN);
    let output = repo
        .countersign()
        .args(["check", "candidate/m", "--only", "nope"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
