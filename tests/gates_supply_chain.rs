//! `supply-chain`: what is required, what is imported, and what is known of it.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::path::Path;

use gates_support::{CLEAN, Checked, Repo};
use serde_json::json;

const GATE: &str = "supply-chain";

fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    CLEAN.iter().chain(files).copied().collect()
}

fn check(repo: &Repo) -> Checked {
    repo.check("candidate/m", &["--only", GATE])
}

fn summary(checked: &Checked) -> &str {
    checked.gate(GATE)["evidence"]["summary"].as_str().unwrap()
}

/// An export in which `demo` below 1.5 has one vulnerability, known under two
/// records, and `evil` is malicious.
fn export(at: &Path, fetched: jiff::Timestamp) {
    std::fs::create_dir_all(at).unwrap();
    let affected = |name: &str| {
        json!([{
            "package": {"name": name, "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.5"}]}],
        }])
    };
    for (id, alias, name) in [
        ("GHSA-aaaa", "CVE-2099-1", "Demo"),
        ("PYSEC-2099-1", "CVE-2099-1", "demo"),
        ("MAL-2099-1", "", "evil"),
    ] {
        let record = json!({
            "id": id, "aliases": [alias], "summary": "Zapf header injection",
            "modified": "2020-01-01T00:00:00Z", "affected": affected(name),
        });
        std::fs::write(at.join(format!("{id}.json")), record.to_string()).unwrap();
    }
    let sidecar = json!({
        "format": 1, "ecosystem": "PyPI", "fetched_at": fetched.to_string(), "records": 3,
    });
    std::fs::write(at.join("countersign-osv.json"), sidecar.to_string()).unwrap();
}

/// With an export of today, outside of the repository.
fn with_export(repo: Repo) -> Repo {
    let at = repo.dir.path().join("osv");
    export(&at, jiff::Timestamp::now());
    let settings = format!("[gates.supply-chain]\nosv = {:?}\n", at.to_str().unwrap());
    repo.settings(&settings)
}

#[test]
fn a_module_that_needs_nothing_passes_without_an_export() {
    let checked = check(&Repo::new(&CLEAN));
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
}

#[test]
fn only_a_requirement_that_became_unpinned_counts() {
    let repo = with_export(Repo::new(&with(&[(
        "requirements.txt",
        "old\nfirm==1.0\nloose==2.0\n",
    )])));
    repo.branch();
    repo.commit(&[(
        "requirements.txt",
        "# moved\n\nold\nfirm==1.0\nloose>=2.0\nadded==3.0\n",
    )]);
    let checked = check(&repo);
    let at = |rule: &str, line| (rule.to_owned(), "requirements.txt".to_owned(), line);
    assert_eq!(summary(&checked), "1 new, 1 old");
    assert_eq!(
        checked.findings(GATE),
        [at("unpinned", 5), at("unpinned", 3)]
    );
    // A new one that is pinned is shown.
    let findings = checked.gate(GATE)["evidence"]["findings"].to_string();
    assert!(findings.contains("added 3.0"), "{findings}");
    assert_eq!(checked.status(GATE), "failed");
}

#[test]
fn a_lock_entry_pins_what_a_range_leaves_open() {
    let repo = with_export(Repo::new(&CLEAN));
    repo.branch();
    let project = "[project]\nname = \"p\"\ndependencies = [\n    \"ranged>=1\",\n]\n";
    repo.commit(&[("pyproject.toml", project)]);
    let checked = check(&repo);
    assert_eq!(
        checked.findings(GATE),
        [("unpinned".to_owned(), "pyproject.toml".to_owned(), 4)]
    );
    repo.commit(&[(
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"ranged\"\nversion = \"1.2\"\n",
    )]);
    assert_eq!(check(&repo).status(GATE), "passed");
}

#[test]
fn an_import_that_nothing_declares_is_found_where_it_stands() {
    let repo = with_export(Repo::new(&with(&[
        ("requirements.txt", "PyYAML==6.0.3\nmine==1.0\n"),
        ("shared/__init__.py", ""),
    ])));
    repo.branch();
    repo.commit(&[(
        "candidate/m/b.py",
        "import json\nimport yaml\nimport shared\nfrom candidate.m import a\n\n\ndef f():\n    import requests.adapters\n\n\nimport other\n",
    )]);
    let checked = check(&repo);
    let at = |line| ("undeclared".to_owned(), "candidate/m/b.py".to_owned(), line);
    assert_eq!(checked.findings(GATE), [at(8), at(11)]);
    // The same name by configuration.
    let osv = repo.dir.path().join("osv");
    let repo = repo.settings(&format!(
        "[gates.supply-chain]\nosv = {:?}\nprovides = [\"other = Mine\"]\n",
        osv.to_str().unwrap()
    ));
    assert_eq!(check(&repo).findings(GATE), [at(8)]);
}

#[test]
fn a_new_pin_with_an_advisory_is_one_finding_and_a_fixed_one_is_none() {
    let repo = with_export(Repo::new(&with(&[("requirements.txt", "firm==1.0\n")])));
    repo.branch();
    repo.commit(&[(
        "requirements.txt",
        "firm==1.0\nDEMO==1.4 ; sys_platform == 'win32'\n",
    )]);
    let checked = check(&repo);
    assert_eq!(
        checked.findings(GATE),
        [("PYSEC-2099-1".to_owned(), "requirements.txt".to_owned(), 2)]
    );
    let evidence = checked.gate(GATE)["evidence"].to_string();
    assert!(
        evidence.contains("GHSA-aaaa") && evidence.contains("fixed in 1.5"),
        "{evidence}"
    );
    assert!(
        evidence.contains("OSV export of ") && evidence.contains("sha256 "),
        "{evidence}"
    );
    repo.commit(&[("requirements.txt", "firm==1.0\ndemo==1.5\n")]);
    assert_eq!(check(&repo).status(GATE), "passed");
}

#[test]
fn what_the_merge_base_has_is_old_but_for_what_is_malicious() {
    let repo = with_export(Repo::new(&with(&[("requirements.txt", "demo==1.4\n")])));
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "X = 1\n")]);
    let checked = check(&repo);
    assert_eq!(
        (checked.status(GATE), summary(&checked)),
        ("passed", "0 new, 1 old")
    );
    let repo = with_export(Repo::new(&with(&[("requirements.txt", "evil==1.4\n")])));
    repo.branch();
    repo.commit(&[("candidate/m/b.py", "X = 1\n")]);
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "failed");
    assert!(checked.why(GATE).contains("malicious"));
}

#[test]
fn without_a_current_export_pinned_versions_are_an_error_with_what_was_found() {
    let repo = Repo::new(&with(&[("requirements.txt", "firm==1.0\nopen\n")]));
    let checked = check(&repo);
    assert_eq!((checked.status(GATE), checked.exit), ("error", 3));
    assert!(checked.why(GATE).contains("gates.supply-chain.osv"));
    assert_eq!(checked.findings(GATE).len(), 1);

    let repo = with_export(repo);
    let at = repo.dir.path().join("osv");
    let checked = check(&repo);
    assert_ne!(checked.status(GATE), "error", "{}", checked.why(GATE));
    // Nothing changed but its age: what was believed is asked again.
    export(&at, "2020-01-01T00:00:00Z".parse().unwrap());
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "error");
    assert!(checked.why(GATE).contains("2020-01-01"));
    // One record that is cut off spoils the export, and is named.
    export(&at, jiff::Timestamp::now());
    std::fs::write(at.join("GHSA-aaaa.json"), "{\"id\": \"GHSA").unwrap();
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "error");
    assert!(checked.why(GATE).contains("GHSA-aaaa.json"));
}

#[test]
fn a_pure_move_brings_nothing_new() {
    let repo = with_export(Repo::new(&with(&[
        ("requirements.txt", "open\ndemo==1.4\n"),
        ("candidate/m/b.py", "import requests\n"),
    ])));
    repo.branch();
    std::fs::rename(
        repo.root().join("candidate/m"),
        repo.root().join("candidate/n"),
    )
    .unwrap();
    repo.commit_as_is();
    let checked = repo.check("candidate/n", &["--only", GATE]);
    assert_eq!(summary(&checked), "0 new, 3 old");
}

#[test]
fn what_cannot_be_read_or_audited_is_said_and_nothing_outside_is_read() {
    let repo = with_export(Repo::new(&CLEAN));
    repo.branch();
    repo.commit(&[(
        "requirements.txt",
        "-r ../../secret/requirements.txt\nfoo=1\ngit+ssh://host/x\nbad==one.two\n-e .\n",
    )]);
    let checked = check(&repo);
    let mut rules: Vec<_> = checked
        .findings(GATE)
        .into_iter()
        .map(|(rule, _, line)| format!("{line} {rule}"))
        .collect();
    rules.sort();
    assert_eq!(
        rules,
        [
            "1 unreadable",
            "2 unreadable",
            "3 not-auditable",
            "4 unreadable"
        ]
    );
}
