//! `privilege`: infrastructure and destructive changes, in the module or on its
//! branch, wait for an answer.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo};

const GATE: &str = "privilege";

fn check(repo: &Repo) -> Checked {
    repo.check("candidate/m", &["--only", GATE])
}

fn summary(checked: &Checked) -> &str {
    checked.gate(GATE)["evidence"]["summary"].as_str().unwrap()
}

fn at(rule: &str, path: &str, line: u64) -> (String, String, u64) {
    (rule.to_owned(), path.to_owned(), line)
}

const CODE: &str = "import shutil\n\n\ndef clean(path):\n    shutil.rmtree(path)\n";
const FLOW: &str = "on: push\npermissions:\n  contents: read\njobs: {}\n";

#[test]
fn what_is_new_on_the_branch_fails_until_somebody_answers_for_it() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[
        ("candidate/m/old.py", CODE),
        (".github/workflows/ci.yml", FLOW),
        ("infra/main.tf", "x = 1\n"),
    ]);
    repo.branch();
    assert_eq!(summary(&check(&repo)), "0 new, 1 old");
    repo.commit(&[
        ("candidate/m/new.py", &format!("# more\n{CODE}")),
        (".github/workflows/ci.yml", &FLOW.replace("read", "write")),
        ("tests/notes.md", "shutil.rmtree(\n"),
    ]);
    let checked = check(&repo);
    assert_eq!(
        checked.findings(GATE)[..3],
        [
            at("workflow", ".github/workflows/ci.yml", 3),
            at("grants", ".github/workflows/ci.yml", 3),
            at("deletes", "candidate/m/new.py", 6),
        ]
    );
    assert_eq!((checked.status(GATE), checked.exit), ("failed", 1));
    let evidence = checked.gate(GATE)["evidence"].to_string();
    assert!(evidence.contains("how is it undone?"), "{evidence}");

    let answered = |answers: &[&str]| format!("[gates.privilege]\nacknowledged = {answers:?}\n");
    let some = [
        "workflow .github/workflows/ci.yml: SEC-1",
        "grants .github: SEC-1",
    ];
    let repo = repo.settings(&answered(&some));
    assert_eq!(
        check(&repo).findings(GATE)[0],
        at("deletes", "candidate/m/new.py", 6)
    );
    let all = [
        some[0],
        some[1],
        "deletes candidate/m/new.py: its own cache",
    ];
    let repo = repo.settings(&answered(&all));
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
    let evidence = checked.gate(GATE)["evidence"].to_string();
    assert!(
        evidence.contains("acknowledged: its own cache"),
        "{evidence}"
    );
}

#[test]
fn a_pure_move_brings_nothing_new() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[
        ("candidate/m/old.py", CODE),
        ("candidate/m/deploy/Dockerfile", "FROM x\nUSER root\n"),
        ("candidate/m/q.sql", "DROP TABLE x;\n"),
    ]);
    repo.branch();
    repo.rename("candidate/m", "candidate/n");
    repo.commit_as_is();
    let checked = repo.check("candidate/n", &["--only", GATE]);
    assert_eq!(summary(&checked), "0 new, 4 old");
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
}

/// What the branch changes elsewhere is part of what the evidence depends on.
#[test]
fn a_change_elsewhere_on_the_branch_is_seen_though_the_module_did_not_change() {
    let repo = Repo::new(&CLEAN);
    repo.branch();
    assert_eq!(check(&repo).status(GATE), "passed");
    repo.commit(&[("deploy/clean.sh", "rm -rf /srv\n")]);
    let checked = check(&repo);
    assert_eq!(
        checked.findings(GATE),
        [at("deletes", "deploy/clean.sh", 1)]
    );
    repo.commit(&[("deploy/clean.sh", "echo\n")]);
    assert_eq!(check(&repo).status(GATE), "passed");
}
