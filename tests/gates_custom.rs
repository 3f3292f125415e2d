//! Gates of a team's own, declared in `countersign.toml`: with a real command,
//! on good days and on bad ones.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Repo};

/// Finds the word `todo`, and says so in JSON lines.
const LINES: &str = r#"
import json, sys
found = 0
for path in sys.argv[1:]:
    for n, line in enumerate(open(path), 1):
        if "todo" in line:
            found += 1
            print(json.dumps({"path": path, "line": n, "rule": "todo", "message": "to be done"}))
print(json.dumps({"checked": len(sys.argv) - 1}))
sys.exit(1 if found else 0)
"#;

const GATE: &str = r#"
[[gates.custom]]
name = "todo"
title = "Nothing is left to be done"
criterion = "documentation"
command = ["{python}", "tools/todo.py", "{files}"]
format = "json-lines"
"#;

fn repo(script: &str) -> Repo {
    let files = [("tools/todo.py", script)];
    let files: Vec<_> = CLEAN.iter().chain(&files).copied().collect();
    Repo::new(&files).settings(GATE)
}

const ONLY: [&str; 2] = ["--only", "todo"];

#[test]
fn a_gate_of_ones_own_passes_fails_and_knows_what_is_new() {
    let repo = repo(LINES);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("todo"), "passed", "{}", checked.why("todo"));
    assert_eq!(checked.exit, 0);
    let evidence = &checked.gate("todo")["evidence"];
    assert_eq!(evidence["work"], serde_json::json!([["checked", 2]]));

    repo.commit(&[("candidate/m/b.py", "# todo: one\n")]);
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "x = 1\n# todo: one\ny = 2  # todo\n")]);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("todo"), "failed", "{}", checked.why("todo"));
    assert!(
        checked.why("todo").contains("1 new, 1 old"),
        "{}",
        checked.why("todo")
    );
    let place = ("todo".to_owned(), "candidate/m/b.py".to_owned(), 3);
    assert_eq!(checked.findings("todo")[0], place);
    assert!(repo.scratch().is_empty());
}

#[test]
fn a_gate_that_is_new_itself_judges_the_merge_base_too() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[("candidate/m/b.py", "# todo: one\n")]);
    repo.branch();
    repo.commit(&[("tools/todo.py", LINES), ("candidate/m/c.py", "")]);
    let repo = repo.settings(GATE);
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("todo"), "passed", "{}", checked.why("todo"));
    assert_eq!(checked.gate("todo")["evidence"]["summary"], "0 new, 1 old");
}

#[test]
fn what_the_gate_is_made_of_is_part_of_what_its_evidence_holds_for() {
    let gate = format!("{GATE}zero = \"all\"\n");
    let repo = repo(LINES).settings(&gate);
    repo.check("candidate/m", &ONLY);
    let again = repo.check("candidate/m", &ONLY);
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
    // The candidate's own branch may change the gate: that is another gate.
    repo.commit(&[("tools/todo.py", &LINES.replace("todo\" in", "return\" in"))]);
    let changed = repo.check("candidate/m", &ONLY);
    assert_eq!(changed.status("todo"), "failed", "{}", changed.why("todo"));
    let repo = repo.settings(&gate.replace("\"{files}\"", "\"candidate/m/__init__.py\""));
    let why = repo.check("candidate/m", &["--only", "todo", "--explain"]);
    assert_eq!(why.status("todo"), "passed", "{}", why.why("todo"));
    assert!(why.json.to_string().contains("candidate/m/__init__.py"));
}

#[test]
fn a_tool_on_a_bad_day_is_an_error_and_never_a_pass() {
    for (script, said) in [
        ("", "its report is empty"),
        ("print('all good')", "is no such object"),
        ("print('{\"checked\": 0}')", "nothing was checked"),
        (
            "print('{\"checked\": 2}'); raise SystemExit(3)",
            "exit code 3",
        ),
        (
            "print('{\"checked\": 2}'); raise SystemExit(1)",
            "its exit code 1 does not",
        ),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        (
            "print('{\"path\": \"candidate/m/a.py\", \"message\": \"x\"}'); raise SystemExit(1)",
            "it may be cut off",
        ),
        ("raise ValueError('no')", "is empty"),
    ] {
        let repo = repo(script);
        let checked = repo.check("candidate/m", &ONLY);
        assert_eq!(
            checked.status("todo"),
            "error",
            "{script}: {}",
            checked.why("todo")
        );
        let why = checked.why("todo");
        assert!(why.contains(said), "{script}: {why}");
        assert_eq!(checked.exit, 3);
    }
}

#[test]
fn a_tool_that_hangs_or_is_not_there_is_an_error() {
    let endless = "while True: pass";
    let hangs = repo(endless).settings(&format!("{GATE}timeout = 1\n"));
    let checked = hangs.check("candidate/m", &ONLY);
    assert!(
        checked.why("todo").contains("ended after 1 s"),
        "{}",
        checked.why("todo")
    );
    for (program, said) in [
        ("no-such-program", "is not installed"),
        ("tools/gone", "is not in the repository"),
    ] {
        let gone = repo("").settings(&GATE.replace("{python}", program));
        let checked = gone.check("candidate/m", &ONLY);
        assert_eq!(checked.status("todo"), "error");
        assert!(
            checked.why("todo").contains(said),
            "{}",
            checked.why("todo")
        );
    }
    let gone = repo(LINES).settings(&format!("{GATE}tools = [\"tools/gone.txt\"]\n"));
    let checked = gone.check("candidate/m", &ONLY);
    assert!(
        checked.why("todo").contains("tools/gone.txt"),
        "{}",
        checked.why("todo")
    );
}

/// The real thing: ruff speaks SARIF, pytest JUnit.
#[test]
fn real_tools_in_sarif_and_junit() {
    let repo = Repo::new(&CLEAN).settings(
        r#"
[[gates.custom]]
name = "complexity"
criterion = "static-analysis"
command = ["ruff", "check", "--no-cache", "--isolated", "--select", "C901",
           "--config", "lint.mccabe.max-complexity=1", "--output-format", "sarif",
           "--output-file", "{output}", "{module}"]
format = "sarif"

[[gates.custom]]
name = "smoke"
criterion = "tests"
command = ["pytest", "-p", "no:cacheprovider", "--rootdir", "{tree}", "-o", "pythonpath={tree}",
           "--junitxml", "{output}", "tests"]
format = "junit"
"#,
    );
    let checked = repo.check("candidate/m", &["--only", "complexity", "--only", "smoke"]);
    for gate in ["complexity", "smoke"] {
        assert_eq!(checked.status(gate), "passed", "{}", checked.why(gate));
    }
    repo.branch();
    repo.commit(&[(
        "candidate/m/a.py",
        "def add(a: int, b: int) -> int:\n    if a:\n        return a\n    return a + b\n",
    )]);
    let checked = repo.check("candidate/m", &["--only", "complexity", "--only", "smoke"]);
    let found = ("C901".to_owned(), "candidate/m/a.py".to_owned(), 1);
    assert_eq!(checked.findings("complexity"), [found]);
    assert_eq!(
        checked.status("smoke"),
        "failed",
        "{}",
        checked.why("smoke")
    );
}

#[test]
fn what_is_wrong_with_a_declaration_is_said_at_its_place() {
    let said = |from: &str, to: &str| {
        let text = GATE.replace(from, to);
        assert_ne!(text, GATE);
        let error = countersign::config::project::parse(&text, "countersign.toml");
        error.unwrap_err().to_string()
    };
    for (from, to, what) in [
        (
            "\"todo\"",
            "\"lint\"",
            "countersign.toml:3:8: `lint` is a gate of Countersign's own",
        ),
        ("\"todo\"", "\"To do\"", "3:8: this is no name for a gate"),
        (
            "{files}",
            "{file}",
            "6:11: there is no placeholder `{file}`",
        ),
        (
            "{files}",
            "--in={files}",
            "`{files}` must be an argument of its own",
        ),
        (
            "\"{python}\"",
            "\"/usr/bin/python3\"",
            "an absolute path of one machine",
        ),
        ("\"{python}\"", "\"{tree}/x\"", "the program can only be"),
        (
            "[\"{python}\", \"tools/todo.py\", \"{files}\"]",
            "[]",
            "a command needs a program",
        ),
        (
            "json-lines",
            "json",
            "7:10: this must be `\"sarif\"` or `\"junit\"` or `\"json-lines\"`",
        ),
        ("documentation", "docs", "5:13: this must be"),
        (
            "criterion = \"documentation\"\n",
            "",
            "`criterion` is missing",
        ),
        (
            "format =",
            "clean = [300]\nformat =",
            "a list of exit codes from 0 to 255",
        ),
        ("format =", "found = []\nformat =", "at least one exit code"),
        ("format =", "args = [\"x\"]\nformat =", "unknown key `args`"),
        ("Nothing is", "Nothing \\u001b is", "this is no title"),
    ] {
        let said = said(from, to);
        assert!(said.contains(what), "{what}: {said}");
    }
    let twice = format!("{GATE}{GATE}");
    let error = countersign::config::project::parse(&twice, "countersign.toml").unwrap_err();
    assert!(
        error.to_string().contains("there is a gate `todo` above"),
        "{error}"
    );
}
