//! Gates that run the module itself: under the right Python, its integration
//! tests, and as a service.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo};
use serde_json::{Value, json};

/// The Python of the tests' tools, as `3.11.7` and `3.11`.
fn python(checked: &Checked) -> (String, String) {
    let version = checked.gate("tests")["evidence"]["interpreter"]["version"].as_str();
    let version = version.unwrap().to_owned();
    let minor = version.rsplit_once('.').unwrap().0.to_owned();
    (version, minor)
}

fn interpreter(checked: &Checked, gate: &str) -> Value {
    checked.gate(gate)["evidence"]["interpreter"].clone()
}

#[test]
fn code_runs_only_under_the_python_that_is_pinned() {
    let repo = Repo::new(&CLEAN);
    let only = ["--only", "tests", "--only", "lint"];
    let unpinned = repo.check("candidate/m", &only);
    assert_eq!(
        unpinned.status("tests"),
        "passed",
        "{}",
        unpinned.why("tests")
    );
    let (version, minor) = python(&unpinned);
    assert_eq!(
        interpreter(&unpinned, "tests"),
        json!({ "version": version, "pins": [], "as_pinned": true })
    );
    assert_eq!(interpreter(&unpinned, "lint"), Value::Null);

    repo.commit(&[(".python-version", "2.7\n")]);
    let other = repo.check("candidate/m", &only);
    assert_eq!(other.status("tests"), "error");
    assert_eq!(other.status("lint"), "passed", "{}", other.why("lint"));
    let why = other.why("tests");
    assert!(
        why.contains("pins Python 2.7 (.python-version)") && why.contains(&version),
        "{why}"
    );
    assert_eq!(
        interpreter(&other, "tests"),
        json!({ "version": version, "pins": ["2.7 (.python-version)"], "as_pinned": false })
    );

    repo.commit(&[(".python-version", &format!("{minor}.99\n"))]);
    let patch = repo.check("candidate/m", &only);
    assert_eq!(patch.status("tests"), "passed", "{}", patch.why("tests"));
    assert_eq!(interpreter(&patch, "tests")["as_pinned"], false);

    let strict = repo.settings("tools.pinned_python = \"exact\"\n");
    let strict = strict.check("candidate/m", &only);
    assert_eq!(strict.status("tests"), "error");
}

#[test]
fn any_python_counts_where_the_policy_says_so_and_is_recorded() {
    let mut files = CLEAN.to_vec();
    files.push((".python-version", "three\n"));
    files.push((
        "pyproject.toml",
        "[project]\nname = \"x\"\nrequires-python = \"<3\"\n",
    ));
    let repo = Repo::new(&files);
    let told = repo.check("candidate/m", &["--only", "compile"]);
    assert_eq!(told.status("compile"), "error");
    let why = told.why("compile");
    assert!(
        why.contains(".python-version pins cannot be read: `three` is no version"),
        "{why}"
    );

    let repo = repo.settings("tools.pinned_python = \"ignore\"\n");
    let ignored = repo.check("candidate/m", &["--only", "compile"]);
    assert_eq!(
        ignored.status("compile"),
        "passed",
        "{}",
        ignored.why("compile")
    );
    let interpreter = interpreter(&ignored, "compile");
    assert_eq!(interpreter["as_pinned"], false);
    assert_eq!(
        interpreter["pins"],
        json!([
            "three (.python-version)",
            "<3 (requires-python in pyproject.toml)"
        ])
    );
}
