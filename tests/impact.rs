//! `countersign impact` on small repositories, with the real binary.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

struct Repo(TempDir);

impl Repo {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("repo")).unwrap();
        let repo = Self(dir);
        let git = git2::Repository::init(repo.path()).unwrap();
        for (path, content) in files {
            let at = repo.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, content).unwrap();
        }
        let mut index = git.index().unwrap();
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .unwrap();
        let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::new("Ada", "ada@example.org", &git2::Time::new(0, 0)).unwrap();
        git.commit(Some("HEAD"), &who, &who, "all", &tree, &[])
            .unwrap();
        repo
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("repo")
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("impact")
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.0.path())
            .env("GIT_CEILING_DIRECTORIES", self.0.path())
            .env("COUNTERSIGN_CACHE_DIR", self.0.path().join("cache"))
            .env("COUNTERSIGN_DATA_DIR", self.0.path().join("data"))
            .env("COUNTERSIGN_CONFIG_DIR", self.0.path().join("config"))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let (code, out, err) = self.run(&[args, &["--json"]].concat());
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str(&out).unwrap()
    }

    /// A file as it is after the edits of a document.
    fn rewritten(&self, document: &Value, path: &str) -> String {
        let edits = serde_json::from_value(document["edits"][path].clone()).unwrap_or_default();
        let edits: Vec<countersign::promotion::impact::Edit> = edits;
        let source = std::fs::read(self.path().join(path)).unwrap();
        String::from_utf8(countersign::promotion::impact::apply(&source, &edits)).unwrap()
    }
}

/// `path:line form class name`, one a place.
fn places(document: &Value) -> Vec<String> {
    let all = document["importers"].as_array().unwrap().iter();
    all.map(|it| {
        let text = |key: &str| it[key].as_str().unwrap().to_owned();
        let when = match &*text("when") {
            "always" => String::new(),
            when => format!(" {when}"),
        };
        format!(
            "{}:{} {}{when} {} {}",
            text("path"),
            it["line"],
            text("form"),
            text("class"),
            text("name")
        )
    })
    .collect()
}

fn sample() -> Repo {
    Repo::new(&[
        ("candidate/__init__.py", "from .quantum import gate\n"),
        ("candidate/quantum/__init__.py", "from .gates import gate\n"),
        (
            "candidate/quantum/gates.py",
            "from candidate.noise import level\nfrom ..other import x\nfrom core.base import y\nimport candidate.quantum\n\n\ndef gate(n, *, depth=1):\n    return candidate.quantum\n",
        ),
        ("candidate/noise.py", "level = 1\n"),
        ("candidate/other.py", "x = 1\n"),
        ("candidate/quantumish.py", "import candidate.quantumish\n"),
        ("core/__init__.py", ""),
        ("core/base.py", "y = 1\n"),
        (
            "tests/test_quantum.py",
            "import importlib\nfrom typing import TYPE_CHECKING\nfrom unittest import mock\n\nimport candidate.quantum.gates as g\nfrom candidate import noise, quantum\n\nif TYPE_CHECKING:\n    from candidate.quantum.gates import gate\n\n\ndef test_it():\n    from candidate.quantum import *  # noqa\n    importlib.import_module('candidate.quantum.gates')\n    with mock.patch('candidate.quantum.gates.gate'):\n        pass\n    NAMES = ['candidate.quantum.gates']\n    # candidate.quantum is tried here\n",
        ),
        ("tools/broken.py", "import candidate.quantum\ndef (:\n"),
        (
            "pyproject.toml",
            "[project]\nname = 'demo'\n\n[project.scripts]\nq = \"candidate.quantum.gates:gate\"\nother = 'candidate.quantumish:x'\n\n[tool.ruff.lint.per-file-ignores]\n\"candidate/quantum/*.py\" = ['E501'] # candidate/quantum is special\n\n[tool.coverage.run]\nsource = ['candidate/quantum', 'core']\nother = '--cov=candidate.quantum'\n",
        ),
        (
            "setup.cfg",
            "[options.entry_points]\nconsole_scripts =\n    q = candidate.quantum.gates:gate\n\n[mypy-candidate.quantum.*]\nignore_errors = True\n",
        ),
        (
            ".github/workflows/ci.yml",
            "paths:\n  - candidate/quantum/**\n",
        ),
        (
            "docs/guide.md",
            "See `candidate.quantum.gates` and candidate/quantum/gates.py.\nNot archive/candidate/quantum, not x.candidate.quantum.\n",
        ),
    ])
}

#[test]
fn every_place_is_found_with_its_class() {
    let repo = sample();
    let document = repo.json(&["candidate/quantum"]);
    assert_eq!(document["relocation"]["to"], "core/quantum");
    let expected = "\
.github/workflows/ci.yml:2 setting left candidate/quantum
candidate/__init__.py:1 relative rewritten candidate.quantum.gate
candidate/quantum/gates.py:4 import rewritten candidate.quantum
candidate/quantum/gates.py:8 use rewritten candidate.quantum
docs/guide.md:1 doc left candidate.quantum.gates
docs/guide.md:1 doc left candidate/quantum/gates.py
pyproject.toml:5 entry-point rewritten candidate.quantum.gates:gate
pyproject.toml:9 setting left candidate/quantum
pyproject.toml:9 setting rewritten candidate/quantum/*.py
pyproject.toml:12 setting rewritten candidate/quantum
pyproject.toml:13 setting left candidate.quantum
setup.cfg:3 entry-point rewritten candidate.quantum.gates:gate
setup.cfg:5 setting rewritten candidate.quantum.*
tests/test_quantum.py:5 import rewritten candidate.quantum.gates
tests/test_quantum.py:6 from rewritten candidate.quantum
tests/test_quantum.py:9 from typing rewritten candidate.quantum.gates.gate
tests/test_quantum.py:13 star lazy rewritten candidate.quantum.*
tests/test_quantum.py:14 text lazy rewritten candidate.quantum.gates
tests/test_quantum.py:15 text lazy rewritten candidate.quantum.gates.gate
tests/test_quantum.py:17 mention left candidate.quantum.gates
tests/test_quantum.py:18 doc left candidate.quantum
tools/broken.py:1 import left candidate.quantum";
    assert_eq!(places(&document).join("\n"), expected);
}

#[test]
fn only_what_names_it_is_rewritten() {
    let repo = sample();
    let document = repo.json(&["candidate/quantum"]);
    assert_eq!(
        repo.rewritten(&document, "candidate/__init__.py"),
        "from core.quantum import gate\n"
    );
    assert_eq!(
        repo.rewritten(&document, "candidate/quantum/gates.py"),
        "from candidate.noise import level\nfrom candidate.other import x\nfrom core.base import y\nimport core.quantum\n\n\ndef gate(n, *, depth=1):\n    return core.quantum\n"
    );
    let test = repo.rewritten(&document, "tests/test_quantum.py");
    assert!(
        test.contains("from candidate import noise\nfrom core import quantum\n\nif"),
        "{test}"
    );
    assert!(
        test.contains("mock.patch('core.quantum.gates.gate')"),
        "{test}"
    );
    assert!(
        test.contains("NAMES = ['candidate.quantum.gates']"),
        "{test}"
    );
    let project = repo.rewritten(&document, "pyproject.toml");
    assert!(project.contains("q = \"core.quantum.gates:gate\"\nother = 'candidate.quantumish:x'"));
    assert!(project.contains("\"core/quantum/*.py\" = ['E501'] # candidate/quantum is special"));
    let setup = repo.rewritten(&document, "setup.cfg");
    assert!(
        setup.contains("    q = core.quantum.gates:gate\n\n[mypy-core.quantum.*]\n"),
        "{setup}"
    );
}

#[test]
fn experiments_that_production_would_import_are_findings() {
    let repo = sample();
    let document = repo.json(&["candidate/quantum"]);
    let reaches: Vec<String> = document["reaches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{}:{} {} {} {}",
                it["path"].as_str().unwrap(),
                it["line"],
                it["name"].as_str().unwrap(),
                it["finding"],
                it["rewritten"]
            )
        })
        .collect();
    assert_eq!(
        reaches,
        [
            "candidate/quantum/gates.py:1 candidate/noise true false",
            "candidate/quantum/gates.py:2 candidate/other true true",
            "candidate/quantum/gates.py:3 core/base false false",
        ]
    );
    let api = &document["api"];
    assert_eq!(
        (&api["old_name"], &api["new_name"]),
        (&"candidate.quantum".into(), &"core.quantum".into())
    );
    assert!(
        api["after"].to_string().contains("gate(n, *, depth=1)"),
        "{api}"
    );
}

#[test]
fn shims_keep_old_names_working() {
    let repo = sample();
    let document = repo.json(&["candidate/quantum", "--shims"]);
    let all = places(&document);
    assert!(
        all.contains(&"docs/guide.md:1 doc shimmed candidate.quantum.gates".to_owned()),
        "{all:?}"
    );
    assert!(all.contains(&"docs/guide.md:1 doc left candidate/quantum/gates.py".to_owned()));
    assert!(
        all.contains(
            &"tests/test_quantum.py:5 import rewritten candidate.quantum.gates".to_owned()
        )
    );
}

#[test]
fn what_replaces_something_says_what_it_breaks() {
    let repo = Repo::new(&[
        ("candidate/m.py", "def f(a, b): ...\n"),
        ("core/m.py", "def f(a): ...\ndef g(): ...\n"),
        ("app.py", "import candidate.m\ncandidate.m.f(1, 2)\n"),
    ]);
    let document = repo.json(&["candidate.m"]);
    let changes = document["api"]["changes"].as_array().unwrap();
    let breaking = changes.iter().filter(|it| it["breaking"] == true).count();
    assert_eq!(breaking, 2, "{changes:?}");
    assert!(
        document["api"]["compared"]
            .as_str()
            .unwrap()
            .contains("core/m.py")
    );
    assert_eq!(
        repo.rewritten(&document, "app.py"),
        "import core.m\ncore.m.f(1, 2)\n"
    );
    let (code, out, _) = repo.run(&["candidate/m.py"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("2 breaking changes") && out.contains("app.py:1"),
        "{out}"
    );
}

#[test]
fn where_it_goes_can_be_said() {
    let repo = sample();
    let document = repo.json(&["candidate/quantum", "--to", "lukhas"]);
    assert_eq!(document["relocation"]["to"], "lukhas/quantum");
    let document = repo.json(&["candidate/quantum", "--to", "core/physics/quantum"]);
    assert_eq!(
        repo.rewritten(&document, "candidate/__init__.py"),
        "from core.physics.quantum import gate\n"
    );
    let (code, _, err) = repo.run(&["candidate/quantum", "--to", "elsewhere"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("elsewhere"), "{err}");
    let (code, _, _) = repo.run(&["candidate/nothing"]);
    assert_eq!(code, Some(2));
}

#[test]
fn nothing_is_written() {
    let repo = sample();
    let before = snapshot(&repo.path());
    repo.json(&["candidate/quantum"]);
    assert_eq!(snapshot(&repo.path()), before);
}

fn snapshot(at: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut todo = vec![at.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => todo.push(path),
                false => all.push((path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    all.sort();
    all
}
