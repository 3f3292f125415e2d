//! `supply-chain`: what is required, what is imported, and what is known of it.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::path::Path;

use gates_support::{CLEAN, Checked, Repo, faked};
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
    repo.rename("candidate/m", "candidate/n");
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

#[test]
fn pip_audit_is_asked_about_every_pin_and_reaches_nothing_but_us() {
    let repo = with_export(Repo::new(&with(&[(
        "requirements.txt",
        "firm==1.0\ndemo==1.5.0\n",
    )])));
    repo.branch();
    repo.commit(&[(
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"firm\"\nversion = \"1.0.0\"\n\n\
         [[package]]\nname = \"firm\"\nversion = \"2.0+local.1\"\n",
    )]);
    let checked = check(&repo);
    assert_eq!(checked.status(GATE), "passed", "{}", checked.why(GATE));
    let evidence = &checked.gate(GATE)["evidence"];
    let runs: Vec<_> = evidence["runs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["baseline"] == false)
        .collect();
    // It takes one version of a distribution at a time.
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs.iter().all(|run| {
        let command = run["command"].to_string();
        run["tool"] == "pip-audit" && command.contains("\"http://127.0.0.1:")
    }));
    let work = evidence["work"].to_string();
    assert!(work.contains("[\"versions audited\",3]"), "{work}");
}

/// The real tool, but for what a script makes of it, where `demo` is vulnerable.
fn with_tool(script: &str) -> Checked {
    let repo = Repo::new(&CLEAN);
    let script = script.replace("REAL", "\"${0%/*}/python\" -P -m pip_audit \"$@\"");
    let environment = faked(
        &repo.dir.path().join("env"),
        &[("pip-audit", &format!("#!/bin/sh\n{script}\n"))],
    );
    let repo = with_export(repo.environment(environment));
    repo.branch();
    repo.commit(&[("requirements.txt", "firm==1.0\ndemo==1.4\n")]);
    check(&repo)
}

#[test]
fn what_pip_audit_says_is_believed_only_with_proof() {
    let clean = r#"{"name": "demo", "version": "1.4", "vulns": []}"#;
    let firm = r#"{"name": "firm", "version": "1.0", "vulns": []}"#;
    let found =
        r#"{"name": "demo", "version": "1.4", "vulns": [{"id": "PYSEC-2099-1", "aliases": []}]}"#;
    let skipped = r#"{"name": "demo", "skip_reason": "Dependency not found on PyPI"}"#;
    let says = |all: &[&str], code: u32| {
        let all = all.join(", ");
        format!("echo '{{\"dependencies\": [{all}], \"fixes\": []}}'; exit {code}")
    };
    for (script, why) in [
        // With a mirror of the index: "No known vulnerabilities found", and 0.
        (says(&[skipped, firm], 0), "skipped demo"),
        (says(&[], 0), "says nothing of"),
        (says(&[clean, firm], 0), "disagree on demo 1.4"),
        (says(&[found, firm], 1), "never asked"),
        (
            "echo 'ERROR: no network' >&2; exit 1".to_owned(),
            "no network",
        ),
        ("exit 0".to_owned(), "no report"),
        ("REAL | head -c 40".to_owned(), "no report"),
        (
            "REAL --ignore-vuln PYSEC-2099-1".to_owned(),
            "pip-audit found nothing",
        ),
        ("kill -9 $$".to_owned(), "signal 9"),
    ] {
        let checked = with_tool(&script);
        assert_eq!(checked.status(GATE), "error", "{script}");
        assert!(
            checked.why(GATE).contains(why),
            "{script}: {}",
            checked.why(GATE)
        );
        // What we know ourselves is shown all the same.
        assert!(!checked.findings(GATE).is_empty(), "{script}");
    }
    // Unchanged it agrees: what is told apart above is not the script.
    let checked = with_tool("REAL");
    assert_eq!(checked.status(GATE), "failed", "{}", checked.why(GATE));
    assert_eq!(checked.findings(GATE)[0].0, "PYSEC-2099-1");
}

/// A safety of ours beside the project's Python; none where the script is empty.
fn with_safety(script: &str, pins: &'static str) -> Checked {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new(&CLEAN);
    let environment = faked(&repo.dir.path().join("env"), &[]);
    if !script.is_empty() {
        let file = environment.join("bin/safety");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let repo = repo
        .environment(environment)
        .settings("[gates.safety]\nenabled = true\n");
    repo.branch();
    repo.commit(&[("requirements.txt", pins)]);
    repo.check("candidate/m", &["--only", "safety"])
}

#[test]
fn safety_is_off_until_it_is_turned_on_and_an_error_where_it_cannot_answer() {
    let off = Repo::new(&CLEAN).check("candidate/m", &["--only", "safety"]);
    assert_eq!(off.status("safety"), "not-applicable");
    assert!(off.why("safety").contains("gates.safety.enabled"));

    let pins = "firm==1.0\n";
    let says = |vulnerabilities: &str| {
        format!(
            "echo '{{\"scanned_packages\": {{\"firm\": {{\"name\": \"firm\", \"version\": \"1.0\"}}}}, \
             \"vulnerabilities\": [{vulnerabilities}], \"ignored_vulnerabilities\": []}}'"
        )
    };
    let found = r#"{"vulnerability_id": "7", "package_name": "firm", "analyzed_version": "1.0", "advisory": "bad"}"#;
    let clean = with_safety(&says(""), pins);
    assert_eq!(clean.status("safety"), "passed", "{}", clean.why("safety"));
    let bad = with_safety(&format!("{}; exit 64", says(found)), pins);
    assert_eq!(
        bad.findings("safety"),
        [("safety-7".to_owned(), "requirements.txt".to_owned(), 1)]
    );
    assert_eq!(bad.status("safety"), "failed");
    for (script, why) in [
        (String::new(), "not installed"),
        (format!("{}; exit 65", says("")), "unavailable"),
        (format!("{}; exit 68", says("")), "unavailable"),
        (format!("{}; exit 75", says("")), "unavailable"),
        (format!("{}; exit 1", says("")), "exit code 1"),
        ("echo 'Unable to reach'".to_owned(), "no report"),
    ] {
        let checked = with_safety(&script, pins);
        assert_eq!(
            (checked.status("safety"), checked.exit),
            ("error", 3),
            "{script}"
        );
        assert!(
            checked.why("safety").contains(why),
            "{script}: {}",
            checked.why("safety")
        );
    }
    let nothing = with_safety("exit 1", "open\n");
    assert_eq!(nothing.status("safety"), "not-applicable");
}
