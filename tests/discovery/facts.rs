//! Owners, history, uncommitted changes, tests.

use countersign::promotion::{OwnerSource, TestReason};
use countersign::repo::RepoError;
use countersign::workflow::triage;
use tokio_util::sync::CancellationToken;

use super::fixture::{Fixture, facts, facts_of};

fn owner(f: &Fixture, module: &str) -> Option<(String, OwnerSource)> {
    facts_of(&f.open(), module)
        .owner
        .map(|o| (o.name, o.source))
}

#[test]
fn owners_come_from_the_configuration_then_codeowners_then_history() {
    let f = Fixture::new();
    f.write("candidate/a/x.py", "")
        .write("candidate/b/y.py", "")
        .write("candidate/c.py", "");
    f.write("CODEOWNERS", "* @nobody\n");
    f.write(
        ".github/CODEOWNERS",
        "/candidate/a/ @org/a @org/b # both\n/candidate/b/ @org/b\n",
    );
    f.write(
        "countersign.toml",
        "[owners.modules]\n\"candidate/b\" = \"@config\"\n\"candidate/b/y.py\" = \"@closer\"\n",
    );
    f.commit("all");
    let some = |name: &str, source| Some((name.to_owned(), source));
    assert_eq!(
        owner(&f, "candidate/a"),
        some("@org/a @org/b", OwnerSource::Codeowners)
    );
    assert_eq!(
        owner(&f, "candidate/a/x.py"),
        some("@org/a @org/b", OwnerSource::Codeowners)
    );
    assert_eq!(
        owner(&f, "candidate/b"),
        some("@config", OwnerSource::Config)
    );
    assert_eq!(
        owner(&f, "candidate/b/y.py"),
        some("@closer", OwnerSource::Config)
    );
    assert_eq!(
        owner(&f, "candidate/c.py"),
        some("Ada", OwnerSource::History)
    );
}

#[test]
fn codeowners_are_those_of_the_revision() {
    let f = Fixture::new();
    f.write("candidate/a.py", "")
        .write("CODEOWNERS", "* @old\n")
        .commit("old");
    f.write("CODEOWNERS", "* @new\n").commit("new");
    f.write("CODEOWNERS", "* @uncommitted\n");
    let name = |rev: &str| facts_of(&f.at(rev), "candidate/a.py").owner.unwrap().name;
    assert_eq!(
        (name("HEAD~1").as_str(), name("HEAD").as_str()),
        ("@old", "@new")
    );
}

#[test]
fn the_last_change_is_the_one_git_log_shows() {
    let f = Fixture::new();
    f.write("candidate/a/x.py", "1")
        .write("candidate/b/y.py", "1")
        .commit("first");
    f.by("Grace").write("candidate/a/x.py", "2");
    let second = f.commit("second: \u{1b}[31mred");
    f.write("README", "unrelated").commit("third");
    let last = |module: &str| facts_of(&f.open(), module).last_change.unwrap();
    assert_eq!(last("candidate/a").commit.to_string(), second.to_string());
    assert_eq!(last("candidate/a/x.py").author, "Grace");
    assert_eq!(last("candidate/a").summary, "second: \u{1b}[31mred");
    assert_eq!(last("candidate/b/y.py").summary, "first");
    assert_eq!(last("candidate/b").time, 1_700_000_060);
}

#[test]
fn merges_lead_to_the_side_that_made_the_content() {
    let f = Fixture::new();
    f.write("candidate/a.py", "1")
        .write("candidate/b.py", "1")
        .write("candidate/c.py", "1\n2\n");
    let root = f.commit("root");
    f.write("candidate/a.py", "ours")
        .write("candidate/c.py", "ours\n2\n");
    let ours = f.commit_on(&[root], "ours");
    f.check_out(root);
    f.by("Grace")
        .write("candidate/b.py", "theirs")
        .write("candidate/c.py", "1\ntheirs\n");
    let theirs = f.commit_on(&[root], "theirs");
    f.write("candidate/a.py", "ours")
        .write("candidate/c.py", "ours\ntheirs\n");
    let merge = f.commit_on(&[ours, theirs], "merge");
    let last = |module: &str| {
        facts_of(&f.open(), module)
            .last_change
            .unwrap()
            .commit
            .to_string()
    };
    assert_eq!(last("candidate/a.py"), ours.to_string());
    assert_eq!(last("candidate/b.py"), theirs.to_string());
    assert_eq!(last("candidate/c.py"), merge.to_string());
}

#[test]
fn whoever_wrote_most_is_named_by_the_newest_name() {
    let f = Fixture::new();
    f.write("candidate/a.py", "0").commit("0");
    for n in 1..4 {
        f.by("Grace")
            .write("candidate/a.py", n.to_string())
            .commit("more");
    }
    f.by("Ada").write("candidate/a.py", "4").commit("last");
    assert_eq!(
        owner(&f, "candidate/a.py"),
        Some(("Grace".into(), OwnerSource::History))
    );
}

#[test]
fn a_changed_mode_is_a_change_and_a_deleted_module_starts_anew() {
    let f = Fixture::new();
    f.write("candidate/a.py", "1").commit("made");
    f.remove("candidate/a.py").write("x", "").commit("removed");
    f.write("candidate/a.py", "1").commit("made again");
    assert_eq!(
        facts_of(&f.open(), "candidate/a.py")
            .last_change
            .unwrap()
            .summary,
        "made again"
    );
    use std::os::unix::fs::PermissionsExt;
    let path = f.path().join("candidate/a.py");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    f.commit("mode");
    assert_eq!(
        facts_of(&f.open(), "candidate/a.py")
            .last_change
            .unwrap()
            .summary,
        "mode"
    );
}

#[test]
fn uncommitted_changes_mark_every_module_they_lie_in() {
    let f = Fixture::new();
    for path in [
        "candidate/a/x.py",
        "candidate/b/y.py",
        "candidate/c/z.py",
        "candidate/d/w.py",
    ] {
        f.write(path, "");
    }
    f.write(".gitignore", "*.log\n").commit("all");
    f.write("candidate/a/x.py", "changed")
        .write("candidate/b/new/untracked.py", "")
        .remove("candidate/c/z.py")
        .write("candidate/d/ignored.log", "");
    let (tree, known) = facts(&f.open());
    let marked: Vec<String> = tree
        .modules()
        .iter()
        .zip(&known)
        .filter(|(_, facts)| facts.uncommitted)
        .map(|(module, _)| module.path.to_string())
        .collect();
    assert_eq!(
        marked,
        [
            "candidate/a",
            "candidate/a/x.py",
            "candidate/b",
            "candidate/c",
            "candidate/c/z.py"
        ]
    );
    assert!(
        facts(&f.at("HEAD"))
            .1
            .iter()
            .all(|facts| !facts.uncommitted),
        "a revision has none"
    );
}

#[test]
fn tests_are_found_by_import_by_path_and_by_configuration() {
    let f = Fixture::new();
    f.write("candidate/q/__init__.py", "from .core import Q\n")
        .write("candidate/q/core.py", "class Q: ...\n")
        .write(
            "tests/deep/test_it.py",
            "def test():\n    from candidate.q import Q\n",
        )
        .write("tests/q/test_core.py", "")
        .write("qa/odd.py", "")
        .write("tests/helper.py", "import candidate.q.core\n");
    f.write(
        "countersign.toml",
        "[tests.modules]\n\"candidate/q\" = [\"qa/odd.py\", \"tests/q\"]\n",
    );
    f.commit("all");
    let tests = |module: &str| {
        let facts = facts_of(&f.open(), module);
        assert!(facts.complete);
        facts
            .tests
            .into_iter()
            .map(|t| (t.path.to_string(), t.reason))
            .collect::<Vec<_>>()
    };
    let link = |path: &str, reason| (path.to_owned(), reason);
    assert_eq!(
        tests("candidate/q"),
        [
            link("qa/odd.py", TestReason::Config),
            link("tests/deep/test_it.py", TestReason::Import),
            link("tests/q/test_core.py", TestReason::Config),
        ]
    );
    assert_eq!(
        tests("candidate/q/core.py"),
        [
            link("tests/deep/test_it.py", TestReason::Import),
            link("tests/q/test_core.py", TestReason::Path),
        ]
    );
}

#[test]
fn the_dossier_says_the_same_as_the_list() {
    let f = Fixture::new();
    f.write("candidate/a/x.py", "")
        .write("tests/test_x.py", "import candidate.a.x\n")
        .commit("a");
    f.write("candidate/a/x.py", "2")
        .write("CODEOWNERS", "* @me\n")
        .commit("b");
    f.write("candidate/a/x.py", "3");
    let ws = f.open();
    let (tree, known) = facts(&ws);
    for (id, facts) in tree.ids().zip(known) {
        let dossier = triage::dossier(&ws, &tree, id).unwrap();
        assert_eq!(dossier.facts, facts);
        assert!(!dossier.blockers.is_empty());
    }
}

#[test]
fn a_name_that_is_no_module_gets_the_nearest() {
    let f = Fixture::new();
    f.write("candidate/quantum/x.py", "").commit("a");
    let ws = f.open();
    let error = triage::find(&ws, &ws.modules().unwrap(), "candidate/quantun").unwrap_err();
    assert!(
        error.to_string().contains("Did you mean candidate/quantum"),
        "{error}"
    );
    assert!(error.is_usage());
    // What was promoted is looked for where it is now.
    let error = triage::find(&ws, &ws.modules().unwrap(), "core/quantum").unwrap_err();
    for words in [
        "core is where modules of candidate are promoted to",
        "`countersign list` has what was promoted",
    ] {
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn looking_up_can_be_cancelled() {
    let f = Fixture::new();
    f.write("candidate/a.py", "").commit("a");
    let ws = f.open();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let result = triage::facts(&ws, &ws.modules().unwrap(), &cancel, &mut |_| {});
    assert!(matches!(result, Err(RepoError::Cancelled)));
}
