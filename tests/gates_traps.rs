//! The traps that the tools of Gate 1 lay: each met for real, each a test.
//!
//! | tool | trap | test |
//! |---|---|---|
//! | compile | writes `__pycache__`; odd encodings | [`compiling_leaves_nothing_and_knows_encodings`] |
//! | compile | killed, cut off, contradictory | `checks::compile::tests` |
//! | all | a file that cannot be decoded | [`what_cannot_be_decoded_passes_nothing`] |
//! | all | a syntax error | `gates_verdicts::a_syntax_error_is_a_failure_everywhere_and_never_a_pass` |
//! | all | a bad day: killed, silent, cut off, another version, garbage, hanging | [`no_tool_passes_anything_on_a_bad_day`], [`nor_does_what_python_runs`], `gates_processes::missing_killed_hanging_and_babbling_tools_are_errors_with_what_to_do` |
//! | all | directories of the repository pose as packages | [`what_lies_at_the_root_poses_as_no_package`], `gates_verdicts::directories_of_the_repository_do_not_pose_as_packages` |
//! | ruff | no files, or a missing one | `checks::ruff::tests::a_clean_report_without_proof_of_work_is_no_verdict` |
//! | ruff | `--select` overrides the project's ignores | `gates_verdicts::the_project_may_ignore_rules_but_not_whole_families_and_not_from_within` |
//! | ruff | excluded by its settings, switched off in the file | [`a_module_cannot_be_taken_out_of_lint`] |
//! | mypy | a root that is a package | `gates_verdicts::a_repository_that_is_a_package_itself_is_checked_all_the_same` |
//! | mypy | told different things for different modules | `gates_verdicts::mypy_looks_under_the_target_name_where_names_matter` |
//! | mypy | exclude | `gates_verdicts::files_mypy_is_told_to_leave_out_are_missed` |
//! | mypy | words on its settings among the JSON | [`mypy_may_say_of_its_settings_what_it_likes`] |
//! | mypy | a syntax error elsewhere | [`a_syntax_error_outside_the_module_is_not_the_modules`] |
//! | black | no files is 0, 123 is a parse error | `checks::format::tests`, [`no_tool_passes_anything_on_a_bad_day`] |
//! | black | excluded by its settings | [`black_cannot_be_told_to_look_away`] |
//! | isort | a syntax error is 0 | [`isort_does_not_pass_what_is_no_python`] |
//! | isort | everything skipped | `checks::imports::tests::skipped_files_are_named_and_nothing_but_skipped_is_no_verdict` |
//! | pytest | 5, none collected; all skipped or deselected | [`tests_that_do_not_run_pass_nothing`] |
//! | pytest | `os._exit(0)` at import, or in a test | `gates_verdicts::leaving_at_import_is_no_pass`, `gates_coverage::leaving_early_nested_settings_and_a_limit_on_failures_change_nothing` |
//! | pytest | nested `pytest.ini`, `addopts` | `gates_verdicts::the_project_cannot_make_pytest_stop_early_or_look_elsewhere` |
//! | coverage | 89.796 % and 89.996 % | `gates_verdicts::coverage_is_not_rounded_up`, `gates_coverage::almost_ninety_percent_is_not_ninety` |
//! | coverage | `omit`, `exclude_lines` of the project | [`the_project_cannot_leave_lines_out_of_coverage`] |
//! | coverage | shims | `gates_coverage::a_shim_that_loads_code_from_elsewhere_is_flagged` |

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Repo, faked, overlaid};

const STATIC: [&str; 5] = ["compile", "lint", "types", "format", "imports"];

fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    CLEAN.iter().chain(files).copied().collect()
}

/// With files that are no text.
fn with_bytes(files: &[(&str, &[u8])]) -> Repo {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    for (path, content) in files {
        std::fs::write(repo.root().join(path), content).unwrap();
    }
    repo.commit_as_is();
    repo
}

#[test]
fn mypy_may_say_of_its_settings_what_it_likes() {
    let settings =
        "[mypy]\nwarn_unused_configs = True\n\n[mypy-elsewhere.*]\nignore_errors = True\n";
    let repo = Repo::new(&with(&[("mypy.ini", settings)]));
    repo.branch();
    let checked = repo.check("candidate/m", &["--only", "types"]);
    assert_eq!(
        checked.status("types"),
        "passed",
        "{}",
        checked.why("types")
    );
    repo.commit(&[("candidate/m/b.py", "B: int = \"b\"\n")]);
    let checked = repo.check("candidate/m", &["--only", "types"]);
    assert_eq!(
        checked.status("types"),
        "failed",
        "{}",
        checked.why("types")
    );
}

#[test]
fn compiling_leaves_nothing_and_knows_encodings() {
    let nested = [b"x = ".as_slice(), &b"(".repeat(5000), &b")".repeat(5000)].concat();
    let repo = with_bytes(&[
        (
            "candidate/m/declared.py",
            b"# coding: latin-1\nX = '\xe4'\n",
        ),
        ("candidate/m/marked.py", b"\xef\xbb\xbfX = 1\n"),
        ("candidate/m/undeclared.py", b"X = 1\nY = '\xe4'\n"),
        ("candidate/m/null.py", b"X = 1\0\n"),
        ("candidate/m/unknown.py", b"# coding: klingon\nX = 1\n"),
        ("candidate/m/deep.py", &nested),
    ]);
    let checked = repo.check("candidate/m", &["--only", "compile"]);
    assert_eq!(checked.status("compile"), "failed");
    let bad: Vec<_> = checked
        .findings("compile")
        .into_iter()
        .map(|found| found.1)
        .collect();
    assert_eq!(
        bad,
        [
            "candidate/m/deep.py",
            "candidate/m/null.py",
            "candidate/m/undeclared.py",
            "candidate/m/unknown.py"
        ]
    );
    // What the tools' own libraries are compiled to has a place of its own.
    let compiled = repo.cache().join("tools/compiled");
    let mut open = vec![repo.cache(), repo.root()];
    while let Some(dir) = open.pop() {
        if dir == compiled {
            continue;
        }
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            assert!(name != "__pycache__" && !name.ends_with(".pyc"), "{name}");
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
        }
    }
}

#[test]
fn what_cannot_be_decoded_passes_nothing() {
    let settings: [&[(&str, &[u8])]; 2] = [&[], &[(".isort.cfg", b"[settings]\n")]];
    for more in settings {
        let files = [
            &[("candidate/m/b.py", b"X = '\xe4\xff'\n".as_slice())],
            more,
        ]
        .concat();
        let repo = with_bytes(&files);
        let checked = repo.check("candidate/m", &[]);
        for gate in STATIC.iter().chain(&["coverage"]) {
            let status = checked.status(gate);
            assert!(["failed", "error"].contains(&status), "{gate}: {status}");
            let all = checked.gate(gate)["evidence"].to_string();
            // (coverage does not say which file it gave up on.)
            let named = all.contains("candidate/m/b.py");
            assert!(named || *gate == "coverage", "{gate}: {all}");
        }
    }
}

#[test]
fn isort_does_not_pass_what_is_no_python() {
    let repo = Repo::new(&with(&[(".isort.cfg", "[settings]\nprofile = black\n")]));
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "import os\n\n\ndef f(:\n    pass\n")]);
    let checked = repo.check("candidate/m", &["--only", "imports"]);
    assert_eq!(checked.status("imports"), "failed");
    assert_eq!(
        checked.findings("imports"),
        [("SyntaxError".to_owned(), "candidate/m/b.py".to_owned(), 4)]
    );
    assert_eq!(
        checked.gate("imports")["evidence"]["runs"][0]["tool"],
        "isort"
    );
}

/// What moves is missing in one place and too much in another: that is one advice. The same
/// in two functions is two.
#[test]
fn isort_says_once_what_moves() {
    let repo = Repo::new(&with(&[(".isort.cfg", "[settings]\nprofile = black\n")]));
    repo.branch();
    let wrong = "    import sys\n    import os\n    return os, sys\n";
    repo.commit(&[
        (
            "candidate/m/b.py",
            "import os\n\nimport requests\nimport sys\n",
        ),
        (
            "candidate/m/c.py",
            &format!("def f():\n{wrong}def g():\n{wrong}"),
        ),
        ("candidate/m/d.py", "import os\nX = os\n"),
    ]);
    let checked = repo.check("candidate/m", &["--only", "imports"]);
    let found = checked.gate("imports")["evidence"]["findings"].clone();
    let said: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = it["message"].as_str().unwrap().split_once(": ").unwrap().1;
            (it["line"].as_u64().unwrap(), text.to_owned())
        })
        .collect();
    let said: Vec<_> = said
        .iter()
        .map(|(line, text)| (*line, text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (2, "expected \"import sys import requests\""),
            (2, "expected \"import os import sys\""),
            (6, "expected \"import os import sys\""),
            (2, "missing an empty line"),
        ]
    );
}

/// What goes wrong, with a script that makes it go wrong.
const BAD_DAYS: [(&str, &str); 4] = [
    ("killed by signal 9", "#!/bin/sh\nkill -9 $$\n"),
    ("no answer that can be believed", "#!/bin/sh\nexit 0\n"),
    (
        "no answer that can be believed",
        "#!/bin/sh\necho 'All checks passed!'\necho 'all done' >&2\n",
    ),
    ("ended after 2 s", "#!/bin/sh\nsleep 1000\n"),
];

/// What tools have said, cut off, of another version, or of nothing.
const RECORDED: [(&str, &str, &str); 9] = [
    (
        "lint",
        "ruff",
        "#!/bin/sh\nprintf '[{\"code\":\"F401\",\"filename\":\"/x'; exit 1\n",
    ),
    (
        "lint",
        "ruff",
        "#!/bin/sh\necho '{\"version\":\"2\",\"results\":[]}'\n",
    ),
    (
        "lint",
        "ruff",
        "#!/bin/sh\necho 'warning: No Python files found under the given path(s)' >&2; echo '[]'\n",
    ),
    (
        "types",
        "mypy",
        "#!/bin/sh\nprintf '{\"file\": \"candidate/m/a.py\", \"line\": 1, \"col'; exit 1\n",
    ),
    (
        "types",
        "mypy",
        "#!/bin/sh\necho 'candidate/m/a.py:1: error: Name \"x\" is not defined  [name-defined]'; exit 1\n",
    ),
    (
        "types",
        "mypy",
        "#!/bin/sh\necho 'Success: no issues found in 2 source files'\n",
    ),
    (
        "format",
        "black",
        "#!/bin/sh\necho 'No Python files are present to be formatted. Nothing to do' >&2\n",
    ),
    (
        "format",
        "black",
        "#!/bin/sh\necho 'All done!' >&2; echo '2 files would be left unchanged.' >&2\n",
    ),
    (
        "format",
        "black",
        "#!/bin/sh\necho '000000.py already well formatted, good job.' >&2\n",
    ),
];

#[test]
fn no_tool_passes_anything_on_a_bad_day() {
    let every = |(gate, tool)| BAD_DAYS.map(|(expected, script)| (gate, tool, script, expected));
    let days = [("types", "mypy"), ("format", "black")]
        .into_iter()
        .flat_map(every)
        .chain(RECORDED.map(|(gate, tool, script)| (gate, tool, script, "can be believed")));
    for (gate, tool, script, expected) in days {
        let dir = tempfile::tempdir().unwrap();
        let environment = faked(&dir.path().join("env"), &[(tool, script)]);
        let repo = Repo::new(&CLEAN)
            .environment(environment)
            .settings(&format!("[gates.{gate}]\ntimeout = \"2s\"\n"));
        let checked = repo.check("candidate/m", &["--only", gate]);
        let why = checked.why(gate);
        assert_eq!(checked.status(gate), "error", "{script}: {why}");
        assert!(why.contains(expected), "{script}: {why}");
        assert_eq!(checked.exit, 3, "{script}");
    }
}

/// A real run, of which something is spoilt afterwards.
fn spoilt(spoil: &str) -> String {
    format!(
        "import atexit, os, sys\n\n\ndef option(name):\n    return next((a.split('=', 1)[1] for a in sys.argv \
         if a.startswith(name + '=')), None)\n\n\n{spoil}\n"
    )
}

#[test]
fn nor_does_what_python_runs() {
    let killed = "import os\nos.kill(os.getpid(), 9)\n".to_owned();
    let hangs = "import signal\nsignal.pause()\n".to_owned();
    let garbage = "print('==== 1 passed in 0.01s ====')\n".to_owned();
    let cut = spoilt(
        "import pytest\nfile = option('--junitxml')\ncode = pytest.main()\n\
         os.truncate(file, os.path.getsize(file) // 2)\nsys.exit(code)",
    );
    let other = spoilt("import pytest\npytest.main()\nsys.exit(0)").replace(
        "import pytest\npytest.main()",
        "import pytest\nfile = option('--junitxml')\npytest.main()\nwith open(file, 'w') as out:\n    \
         out.write('<testsuite tests=\"1\"><testcase classname=\"a\" name=\"b\"/></testsuite>')",
    );
    let pytest = [
        (&killed, "killed by signal 9"),
        (&hangs, "ended after 5 s"),
        (&garbage, "no answer that can be believed"),
        (&cut, "no answer that can be believed"),
        (&other, "no answer that can be believed"),
    ];
    for (script, expected) in pytest {
        bad_python("pytest", script, &["tests", "coverage"], expected);
    }
    // coverage itself, when it has to say what it measured.
    let says = |what: &str| {
        format!(
            "import importlib.util, os, sys\nimport coverage\n\
             at = importlib.util.spec_from_file_location('real_cmdline', coverage.REAL + '/cmdline.py')\n\
             real = importlib.util.module_from_spec(at)\nat.loader.exec_module(real)\n\n\n\
             def main(argv=None):\n    argv = sys.argv[1:] if argv is None else argv\n    \
             if 'json' in argv:\n        out = argv[argv.index('-o') + 1]\n        {what}\n    \
             return real.main(argv)\n"
        )
    };
    let real = "code = real.main(argv)";
    let coverage = [
        (says("sys.exit(0)"), "missing or damaged"),
        (
            says(&format!(
                "{real}; os.truncate(out, os.path.getsize(out) // 2); sys.exit(code)"
            )),
            "missing or damaged",
        ),
        (
            says(&format!(
                "{real}; import json; r = json.load(open(out)); r['meta']['format'] = 2; json.dump(r, open(out, 'w')); sys.exit(code)"
            )),
            "nothing was measured",
        ),
        (
            says(&format!(
                "{real}; import json; r = json.load(open(out)); r['files'].popitem(); json.dump(r, open(out, 'w')); sys.exit(code)"
            )),
            "missing from its report",
        ),
        (
            says(&format!(
                "{real}; import json; r = json.load(open(out)); r['files']['candidate/m/a.py']['summary']['covered_lines'] += 1; json.dump(r, open(out, 'w')); sys.exit(code)"
            )),
            "contradict",
        ),
    ];
    for (script, expected) in coverage {
        bad_python("coverage", &script, &["coverage"], expected);
    }
    let isort = |stream: &str| {
        format!("\n\n\ndef stream(read, write, **_):\n    import os, signal, sys\n    {stream}\n")
    };
    for (stream, expected) in [
        ("os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("os._exit(0)", "no answer that can be believed"),
    ] {
        bad_python("isort", &isort(stream), &["imports"], expected);
    }
}

/// Checks with a package of which the part that is run is ours.
fn bad_python(package: &str, script: &str, gates: &[&str], expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("env");
    let more = match package {
        "isort" => script.to_owned(),
        "pytest" => format!("\n\n\ndef console_main():\n    exec({script:?}, {{}})\n"),
        _ => String::new(),
    };
    let part = match package {
        "coverage" => "cmdline.py",
        _ => "__main__.py",
    };
    let environment = overlaid(&at, package, &[(part, script)]);
    let own = std::fs::read_dir(at.join("lib")).unwrap().next().unwrap();
    let init = own.unwrap().path().join("site-packages").join(package);
    let init = init.join("__init__.py");
    let whole = std::fs::read_to_string(&init).unwrap() + &more;
    std::fs::write(init, whole).unwrap();
    let mut repo = Repo::new(&with(&[(".isort.cfg", "[settings]\n")])).environment(environment);
    if expected.contains("ended after") {
        repo = repo.settings("gates.tests.timeout = \"5s\"\ngates.imports.timeout = \"5s\"\n");
    }
    let checked = repo.check("candidate/m", &["--only", &gates.join(",")]);
    for gate in gates {
        let why = checked.why(gate);
        assert_eq!(checked.status(gate), "error", "{script}: {why}");
        assert!(why.contains(expected), "{script}: {why}");
    }
    assert_eq!(checked.exit, 3, "{script}");
}

#[test]
fn what_lies_at_the_root_poses_as_no_package() {
    let lie = "import os\n\nos._exit(0)\n";
    let mut files = CLEAN.to_vec();
    for name in [
        "urllib3",
        "trace",
        "json",
        "coverage",
        "_pytest",
        "pytest",
        "mypy",
        "black",
        "isort",
        "typing",
        "encodings",
        "countersign_pytest",
        "sqlite3",
        "ast",
    ] {
        files.push((format!("{name}/__init__.py").leak(), lie));
    }
    for name in [
        "site.py",
        "sitecustomize.py",
        "usercustomize.py",
        "tokenize.py",
        "sys.py",
    ] {
        files.push((name, lie));
    }
    files.push((".isort.cfg", "[settings]\nprofile = black\n"));
    let repo = Repo::new(&files);
    let checked = repo.check("candidate/m", &[]);
    for gate in ["compile", "lint", "format", "imports", "tests", "coverage"] {
        let why = checked.why(gate);
        assert_eq!(checked.status(gate), "passed", "{gate}: {why}");
    }
    // mypy refuses a directory that shadows the standard library's: no verdict.
    assert_ne!(
        checked.status("types"),
        "passed",
        "{}",
        checked.why("types")
    );
}

#[test]
fn a_module_cannot_be_taken_out_of_lint() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[
        (
            "pyproject.toml",
            "[tool.ruff]\nexclude = ['candidate']\nextend-exclude = ['*.py']\nforce-exclude = true\n\
             include = ['nothing']\nlint.select = []\nlint.per-file-ignores = {}\n",
        ),
        (".gitignore", "candidate/\n"),
        ("candidate/m/bad.py", "import os\n"),
        ("candidate/m/.ruff.toml", "exclude = ['*']\n"),
    ]);
    let checked = repo.check("candidate/m", &["--only", "lint"]);
    assert_eq!(
        checked.findings("lint"),
        [("F401".to_owned(), "candidate/m/bad.py".to_owned(), 1)]
    );
    assert_eq!(checked.exit, 1);
}

#[test]
fn black_cannot_be_told_to_look_away() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[
        (
            "pyproject.toml",
            "[tool.black]\nforce-exclude = '.*'\nextend-exclude = '.*'\nexclude = '.*'\n\
             include = 'nothing'\nquiet = true\ncheck = false\n",
        ),
        ("candidate/m/bad.py", "x  =  1\n"),
    ]);
    let checked = repo.check("candidate/m", &["--only", "format"]);
    let why = checked.why("format");
    assert!(
        ["failed", "error"].contains(&checked.status("format")),
        "{why}"
    );
}

#[test]
fn a_syntax_error_outside_the_module_is_not_the_modules() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    repo.commit(&[
        ("lib/__init__.py", ""),
        ("lib/broken.py", "def f(:\n"),
        ("candidate/m/b.py", "import lib.broken\n\nX = lib.broken\n"),
    ]);
    let checked = repo.check("candidate/m", &["--only", "types"]);
    assert_eq!(checked.status("types"), "error", "{}", checked.why("types"));
    assert!(
        checked.why("types").contains("lib/broken.py"),
        "{}",
        checked.why("types")
    );
}

#[test]
fn tests_that_do_not_run_pass_nothing() {
    let nothing = "import candidate.m.a\n\nassert candidate.m.a\n";
    let skipped = "import pytest\n\nimport candidate.m.a\n\n\n@pytest.mark.skip\ndef test_add():\n    \
                   assert candidate.m.a\n";
    let skips_itself = "import pytest\n\nimport candidate.m.a\n\nassert candidate.m.a\npytest.skip('no', \
                        allow_module_level=True)\n";
    let deselects = "def pytest_collection_modifyitems(config, items):\n    \
                     config.hook.pytest_deselected(items=items[:])\n    items[:] = []\n";
    let leaves =
        "import pytest\n\n\ndef pytest_sessionstart(session):\n    pytest.exit('done', 0)\n";
    let no_loop = "def pytest_runtestloop(session):\n    return True\n";
    let no_protocol = "def pytest_runtest_protocol(item, nextitem):\n    return True\n";
    let no_call = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n";
    let test = CLEAN[2].1;
    for (test, conftest) in [
        (nothing, ""),
        (skipped, ""),
        (skips_itself, ""),
        (test, deselects),
        (test, leaves),
        (test, no_loop),
        (test, no_protocol),
    ] {
        let repo = Repo::new(&with(&[
            ("tests/test_m.py", test),
            ("conftest.py", conftest),
        ]));
        let checked = repo.check("candidate/m", &["--only", "tests"]);
        let why = checked.why("tests");
        assert_eq!(checked.status("tests"), "error", "{test}{conftest}: {why}");
    }
    // Nothing of the test is run, and pytest believes that it passed.
    let repo = Repo::new(&with(&[("conftest.py", no_call)]));
    let checked = repo.check("candidate/m", &["--only", "tests,coverage"]);
    assert_ne!(checked.exit, 0, "{}", checked.json);
    assert_ne!(checked.status("coverage"), "passed");
}

#[test]
fn the_project_cannot_leave_lines_out_of_coverage() {
    let repo = Repo::new(&with(&[
        (
            "candidate/m/b.py",
            "def f():\n    x = 1\n    y = 2\n    return x + y\n",
        ),
        (
            ".coveragerc",
            "[run]\nomit = *\nsource = nothing\nbranch = false\n[report]\nexclude_also = .*\nomit = *\n\
             skip_covered = true\nignore_errors = true\n",
        ),
        ("setup.cfg", "[coverage:report]\nexclude_lines = .*\n"),
        (
            "pyproject.toml",
            "[tool.coverage.report]\nexclude_also = ['.*']\nomit = ['*']\n",
        ),
        ("candidate/m/.coveragerc", "[report]\nexclude_lines = .*\n"),
    ]));
    let checked = repo.check("candidate/m", &["--only", "coverage"]);
    assert_eq!(checked.status("coverage"), "failed");
    let files = &checked.gate("coverage")["evidence"]["coverage"]["files"];
    let b = files
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["path"] == "candidate/m/b.py");
    assert_eq!(
        (&b.unwrap()["covered"], &b.unwrap()["statements"]),
        (&0.into(), &4.into())
    );
}

#[test]
fn what_could_not_be_decoded_before_keeps_nothing_from_passing_now() {
    let repo = with_bytes(&[("candidate/m/b.py", b"X = '\xe4\xff'\n")]);
    let git = git2::Repository::open(repo.root()).unwrap();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    git.branch("main", &head, true).unwrap();
    repo.commit(&[("candidate/m/b.py", "X = 1\n")]);
    let checked = repo.check("candidate/m", &["--only", &STATIC.join(",")]);
    for gate in STATIC {
        assert_eq!(
            checked.status(gate),
            "passed",
            "{gate}: {}",
            checked.why(gate)
        );
    }
}
