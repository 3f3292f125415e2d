//! `documentation` and `api` with a real Python: examples that work, that are
//! wrong, that do not come back and that lie; and what breaks those who use it.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{Checked, Repo, processes, recorded};
use serde_json::Value;

const README: &str = "candidate/m/README.md";
const GATES: [&str; 4] = ["--only", "documentation", "--only", "api"];

fn with<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    recorded().iter().chain(files).copied().collect()
}

fn checked(readme: &str) -> Checked {
    Repo::new(&with(&[(README, readme)])).check("candidate/m", &GATES)
}

#[track_caller]
fn assert_passed(checked: &Checked, gate: &str) {
    assert_eq!(checked.status(gate), "passed", "{}", checked.why(gate));
}

fn found<'a>(checked: &'a Checked, gate: &str) -> &'a [Value] {
    checked.gate(gate)["evidence"]["findings"]
        .as_array()
        .unwrap()
}

/// What of it counts: the messages.
fn new(checked: &Checked, gate: &str) -> Vec<String> {
    let counts = |f: &&Value| f["severity"] == "error" && f["novelty"] == "new";
    let message = |f: &Value| f["message"].as_str().unwrap().to_owned();
    let findings = found(checked, gate).iter();
    findings.filter(counts).map(message).collect()
}

fn notes(checked: &Checked, gate: &str) -> Vec<String> {
    found(checked, gate)
        .iter()
        .filter(|f| f["severity"] == "note")
        .map(|f| {
            format!(
                "{}: {}",
                f["rule"].as_str().unwrap(),
                f["message"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn examples_run_in_one_namespace_from_where_tests_import() {
    let checked = checked(
        "# m\n\n```python\nimport sys\nfrom candidate.m.a import add\n\ntotal = add(1, 2)\nprint('hello')\n```\n\n\
         And then:\n\n```pycon\n>>> total\n3\n>>> from dataclasses import dataclass\n>>> __name__\n'__main__'\n```\n\n\
         - in a list:\n\n  ```py\n  assert total == 3\n  assert sys.stdin.read() == ''\n  open('made.txt', 'w').close()\n  ```\n\n\
         ```python no-run\nraise SystemExit\n```\n",
    );
    assert_passed(&checked, "documentation");
    let work = &checked.gate("documentation")["evidence"]["work"];
    assert_eq!(
        work.to_string(),
        r#"[["files",2],["definitions",1],["blocks",3]]"#
    );
    assert!(
        notes(&checked, "documentation")
            .contains(&"no-run: this example is marked no-run, and was not run".to_owned())
    );
    assert_eq!(checked.status("api"), "passed");
    assert_eq!(
        checked.gate("api")["evidence"]["api"],
        serde_json::json!([{
            "name": "a.add(a: int, b: int) -> int",
            "path": "candidate/m/a.py",
            "line": 4,
        }])
    );
}

#[test]
fn an_example_that_is_wrong_fails_on_its_line() {
    for (readme, line, what) in [
        (
            "# m\n\n```python\nfrom candidate.m.a import add\nassert add(1, 2) == 4\n```\n",
            5,
            "raises AssertionError",
        ),
        (
            "# m\n\n```python\nx = 1\n```\n\n```python\ndef f():\n    return y\n\n\nf()\n```\n",
            9,
            "raises NameError",
        ),
        ("# m\n\n```python\nx = (\n```\n", 4, "raises SyntaxError"),
        (
            "# m\n\n```python\n>>> from candidate.m.a import add\n>>> add(1, 2)\n4\n```\n",
            5,
            "says that \\\"4\\\" comes out",
        ),
        (
            "# m\n\n```python\n>>> 1\n1\n>>> 1 / 0\n```\n",
            6,
            "raises ZeroDivisionError",
        ),
        (
            "# m\n\n```python\nfrom candidate.m.gone import x\n```\n",
            4,
            "raises ModuleNotFoundError",
        ),
        (
            "# m\n\n```python\nraise SystemExit(0)\n```\n",
            4,
            "raises SystemExit",
        ),
        // What our helper speaks with is its own, whatever stands there now.
        (
            r#"# m

```python
import json, os
dumps, write = json.dumps, os.write
json.dumps = lambda it: dumps(it).replace('"raised"', '"ran", "examples": 1')
os.write = lambda fd, it: write(fd, it.replace(b'"raised"', b'"ran", "examples": 1'))
raise KeyError
```
"#,
            8,
            "raises KeyError",
        ),
    ] {
        let checked = checked(readme);
        assert_eq!(checked.status("documentation"), "failed", "{readme}");
        let findings = checked.findings("documentation");
        assert_eq!(
            findings,
            [("example".into(), README.into(), line)],
            "{readme}"
        );
        let why = checked.why("documentation");
        assert!(
            why.contains(what) && why.contains(&format!("{README}:{line}")),
            "{why}"
        );
    }
}

#[test]
fn an_example_that_does_not_come_back_is_no_pass() {
    for (code, why) in [
        ("import os\nos._exit(0)", "line 4 ended Python (with 0)"),
        (
            "import atexit, os\natexit.register(os._exit, 3)",
            "ended with 3 afterwards",
        ),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "signal",
        ),
        ("import os\nos.closerange(3, 64)", "ended Python (with 1)"),
        // What it prints is not read, wherever it goes.
        (
            r#"import os
print('{"t":"ran","i":0,"examples":1}')
print('{"t":"end","n":1}', flush=True)
os._exit(0)"#,
            "line 4 ended Python (with 0)",
        ),
        (
            r#"import os
for fd in range(3, 64):
    try:
        os.write(fd, b'0 {"t":"ran","i":0,"examples":1}\n0 {"t":"end","n":1}\n')
    except OSError:
        pass
os._exit(0)"#,
            "our helper alone",
        ),
        // Who forks does not speak twice.
        (
            "import os\nif os.fork():\n    os._exit(0)",
            "line 4 ended Python (with 0)",
        ),
        ("import numpy_of_nobody", "numpy_of_nobody is not installed"),
    ] {
        let readme = format!("# m\n\n```python\n{code}\n```\n");
        let checked = checked(&readme);
        let told = checked.why("documentation");
        assert_eq!(checked.status("documentation"), "error", "{code}: {told}");
        assert!(told.contains(why), "{code}: {told}");
    }
}

#[test]
fn an_example_that_hangs_is_ended_with_what_it_started() {
    let mark = format!("hangs-{}", std::process::id());
    let code = format!(
        "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', '{mark}'])\ntime.sleep(600)"
    );
    let readme = format!("# m\n\n```python\n{code}\n```\n");
    let repo = Repo::new(&with(&[(README, readme.as_str())]))
        .settings("[gates.documentation]\ntimeout = \"5s\"\n");
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(checked.status("documentation"), "error");
    let why = checked.why("documentation");
    assert!(why.contains("was ended after 5 s"), "{why}");
    assert_eq!(processes(&mark), [""; 0]);
    assert!(repo.scratch().is_empty());
}

/// A child of an example says nothing of the others, and does not run them.
#[test]
fn an_example_that_forks_is_one_example() {
    let checked = checked(
        "# m\n\n```python\nimport os\nchild = os.fork()\nif child:\n    os.waitpid(child, 0)\n```\n\n```python\nassert child\n```\n",
    );
    assert_passed(&checked, "documentation");
    let work = &checked.gate("documentation")["evidence"]["work"];
    assert_eq!(work[2].to_string(), r#"["blocks",2]"#);
}

#[test]
fn what_is_not_explained_counts_where_it_is_new() {
    let repo = Repo::new(&with(&[("candidate/m/b.py", "def old():\n    return 1\n")]));
    let checked = repo.check("candidate/m", &GATES);
    assert_passed(&checked, "documentation");
    repo.branch();
    let more = "\n\ndef old():\n    return 1\n\n\ndef new():\n    return 2\n";
    repo.commit(&[("candidate/m/b.py", more)]);
    let checked = repo.check("candidate/m", &GATES);
    // Nobody told the changelog of it either.
    assert_eq!(checked.status("documentation"), "failed");
    let why = checked.why("documentation");
    assert!(
        why.contains("no entry that names it was added to CHANGELOG.md"),
        "{why}"
    );
    repo.commit(&[(
        "CHANGELOG.md",
        "# Changelog\n\n- `candidate.m`: sums.\n- m: new.\n",
    )]);
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(
        new(&checked, "documentation"),
        ["function new has no docstring"]
    );
    assert_eq!(checked.status("documentation"), "failed");
    // An example that only the merge-base has wrong is nobody's concern.
    let explained = more.replace("def new():\n", "def new():\n    \"\"\"Two.\"\"\"\n");
    repo.commit(&[("candidate/m/b.py", &explained)]);
    let checked = repo.check("candidate/m", &GATES);
    assert_passed(&checked, "documentation");
}

/// What was only read at the merge-base is not taken for what was run.
#[test]
fn what_was_measured_at_the_merge_base_does_not_stand_for_the_head() {
    let repo = Repo::new(&with(&[(
        README,
        "# m\n\n```python\nraise ValueError\n```\n",
    )]));
    repo.branch();
    repo.commit(&[(README, "# m\n\n```python\nx = 1\n```\n")]);
    let checked = repo.check("candidate/m", &GATES);
    assert_passed(&checked, "documentation");
    // Now what was the base is the head.
    let git = git2::Repository::open(repo.root()).unwrap();
    git.set_head("refs/heads/main").unwrap();
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(checked.status("documentation"), "failed");
    assert!(checked.why("documentation").contains("raises ValueError"));
}

/// The key covers what only an example imports.
#[test]
fn what_an_example_imports_belongs_to_what_it_depends_on() {
    let readme = "# m\n\n```python\nfrom core.tax import rate\n\nassert rate == 2\n```\n";
    let repo = Repo::new(&with(&[
        (README, readme),
        ("core/__init__.py", ""),
        ("core/tax.py", "rate = 2\n"),
    ]));
    assert_eq!(
        repo.check("candidate/m", &GATES).status("documentation"),
        "passed"
    );
    repo.commit(&[("core/tax.py", "rate = 3\n")]);
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(checked.status("documentation"), "failed");
    let again = repo.check("candidate/m", &GATES);
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
}

#[test]
fn without_a_readme_or_a_changelog_it_says_what_to_write() {
    let files: Vec<_> = recorded()
        .into_iter()
        .filter(|(path, _)| *path != README && *path != "CHANGELOG.md")
        .collect();
    let checked = Repo::new(&files).check("candidate/m", &GATES);
    assert_eq!(checked.status("documentation"), "failed");
    let why = checked.why("documentation");
    assert!(why.contains("write candidate/m/README.md"), "{why}");
    assert!(why.contains("write CHANGELOG.md"), "{why}");
    assert_eq!(checked.status("api"), "passed");
}

#[test]
fn what_breaks_is_declared_or_fails() {
    let repo = Repo::new(&recorded());
    repo.branch();
    repo.commit(&[(
        "candidate/m/a.py",
        "\"\"\"Sums.\"\"\"\n\n\ndef add(a: int, c: int, *, d: int) -> int:\n    \"\"\"The sum.\"\"\"\n    return a + c + d\n",
    )]);
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(checked.status("api"), "failed");
    let messages: Vec<_> = found(&checked, "api")
        .iter()
        .filter(|f| f["rule"] == "breaking")
        .map(|f| (f["message"].as_str().unwrap(), f["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        messages,
        [
            ("a.add: parameter b was renamed to c", 4),
            ("a.add: new required parameter d", 4),
        ]
    );
    let why = checked.why("api");
    assert!(why.contains("a.add breaks"), "{why}");
    repo.commit(&[(
        "CHANGELOG.md",
        "# Changelog\n\n- `candidate.m`: sums.\n- m: breaking, `a.add` takes `c` and `d`.\n",
    )]);
    let checked = repo.check("candidate/m", &GATES);
    assert_passed(&checked, "api");
    assert!(
        notes(&checked, "api")
            .iter()
            .any(|note| note.starts_with("breaking-declared: a.add: "))
    );
    let shown = repo.countersign().args(["show", "candidate/m"]).output();
    let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
    let (_, api) = shown.split_once("\nPublic API\n").unwrap();
    assert!(
        api.starts_with("  a.add(a: int, c: int, *, d: int) -> int\n"),
        "{api}"
    );
}

#[test]
fn a_new_module_is_compared_with_what_it_would_replace() {
    let repo = Repo::new(&[
        ("core/__init__.py", ""),
        ("core/m/__init__.py", "def f(a): ...\n"),
    ]);
    repo.branch();
    repo.commit(&with(&[(
        "candidate/m/__init__.py",
        "\"\"\"Sums.\"\"\"\n\n\ndef f(a: int, b: int) -> None:\n    \"\"\"Nothing.\"\"\"\n",
    )]));
    let checked = repo.check("candidate/m", &GATES);
    assert_eq!(checked.status("api"), "failed");
    assert!(
        checked.why("api").contains("what changed in f breaks"),
        "{}",
        checked.why("api")
    );
}

#[test]
fn a_module_that_only_moves_has_nothing_new() {
    let files = with(&[
        ("candidate/m/b.py", "def old(a):\n    return a\n"),
        (README, "# m\n\n```python\n>>> 1 + 1\n2\n```\n"),
        (
            "CHANGELOG.md",
            "- `candidate.m`: sums\n- `candidate.n`: sums\n",
        ),
    ]);
    let repo = Repo::new(&files);
    repo.branch();
    repo.rename("candidate/m", "candidate/n");
    repo.commit_as_is();
    let checked = repo.check("candidate/n", &GATES);
    for gate in ["documentation", "api"] {
        assert_passed(&checked, gate);
        assert_eq!(new(&checked, gate), [""; 0], "{gate}");
    }
    // Of what is as it was, the merge-base is the version before.
    assert!(
        !notes(&checked, "api")
            .iter()
            .any(|note| note.starts_with("compared"))
    );
}
