//! Integration tests, with the real pytest: they must speak for themselves.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{CLEAN, Checked, Repo};

const ONLY: [&str; 4] = ["--only", "integration", "--only", "tests"];

fn checked(files: &[(&'static str, &'static str)]) -> Checked {
    let all: Vec<_> = CLEAN.iter().chain(files).copied().collect();
    Repo::new(&all).check("candidate/m", &ONLY)
}

const PASSES: &str =
    "from candidate.m.a import add\n\n\ndef test_sum():\n    assert add(2, 2) == 4\n";
const FAILS: &str =
    "from candidate.m.a import add\n\n\ndef test_sum():\n    assert add(2, 2) == 5\n";

#[test]
fn a_module_without_any_has_none_to_pass() {
    let checked = checked(&[]);
    assert_eq!(checked.status("integration"), "not-applicable");
    let why = checked.why("integration");
    assert!(why.contains("of 1 test file none matches"), "{why}");
    assert_eq!(checked.status("tests"), "passed");
}

#[test]
fn those_that_pass_and_those_that_fail_are_told_apart_from_the_others() {
    let good = checked(&[("tests/integration/test_m_whole.py", PASSES)]);
    assert_eq!(
        good.status("integration"),
        "passed",
        "{}",
        good.why("integration")
    );
    let evidence = &good.gate("integration")["evidence"];
    assert_eq!(evidence["work"], serde_json::json!([["tests", 1]]));
    assert_eq!(good.gate("tests")["evidence"]["summary"], "2 tests");

    let bad = checked(&[("tests/e2e/test_m_whole.py", FAILS)]);
    assert_eq!(bad.status("integration"), "failed");
    let place = (
        "failed".to_owned(),
        "tests/e2e/test_m_whole.py".to_owned(),
        4,
    );
    assert_eq!(bad.findings("integration"), [place]);
    assert_eq!(bad.exit, 1);

    // A unit test that fails is none of theirs.
    let other = checked(&[
        ("tests/integration/test_m_whole.py", PASSES),
        ("tests/test_m_more.py", FAILS),
    ]);
    assert_eq!(
        other.status("integration"),
        "passed",
        "{}",
        other.why("integration")
    );
    assert_eq!(other.status("tests"), "failed");
}

#[test]
fn a_mark_makes_one_even_if_a_conftest_sets_it() {
    let marked = checked(&[(
        "tests/test_m_whole.py",
        "import pytest\nfrom candidate.m.a import add\n\n\n@pytest.mark.integration\ndef test_sum():\n    assert add(2, 2) == 4\n",
    )]);
    assert_eq!(
        marked.status("integration"),
        "passed",
        "{}",
        marked.why("integration")
    );
    let set = checked(&[
        ("tests/test_m_whole.py", PASSES),
        (
            "tests/conftest.py",
            "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        if \"whole\" in item.nodeid:\n            item.add_marker(pytest.mark.e2e)\n",
        ),
    ]);
    assert_eq!(
        set.status("integration"),
        "passed",
        "{}",
        set.why("integration")
    );
    assert_eq!(set.gate("integration")["evidence"]["summary"], "1 test");
}

#[test]
fn none_that_ran_is_never_a_pass() {
    let skipped = "import pytest\nfrom candidate.m.a import add\n\n\n@pytest.mark.skip(reason=\"no database\")\ndef test_sum():\n    assert add(2, 2) == 4\n";
    let skips_itself = "import pytest\nfrom candidate.m import a\n\npytest.skip(\"no\", allow_module_level=True)\n";
    for file in [skipped, skips_itself] {
        let checked = checked(&[("tests/integration/test_m_whole.py", file)]);
        assert_eq!(checked.status("integration"), "error", "{file}");
        let why = checked.why("integration");
        assert!(why.contains("no integration test ran"), "{why}");
        assert_eq!(checked.status("tests"), "passed");
    }
    let empty = checked(&[(
        "tests/integration/test_m_whole.py",
        "from candidate.m import a\n",
    )]);
    assert_eq!(empty.status("integration"), "error");
    let why = empty.why("integration");
    assert!(
        why.contains("none was collected from tests/integration/test_m_whole.py"),
        "{why}"
    );
    let broken = "from candidate.m.a import add\n\nadd(\n";
    let checked = checked(&[("tests/integration/test_m_whole.py", broken)]);
    assert_eq!(
        checked.status("integration"),
        "failed",
        "{}",
        checked.why("integration")
    );
}

#[test]
fn what_is_deselected_does_not_vanish() {
    let all: Vec<_> = CLEAN
        .iter()
        .copied()
        .chain([("tests/integration/test_m_whole.py", PASSES)])
        .collect();
    let repo = Repo::new(&all).settings("[gates.tests]\nargs = [\"-k\", \"not sum\"]\n");
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(
        checked.status("integration"),
        "error",
        "{}",
        checked.why("integration")
    );
    let repo = repo.settings("[gates.integration]\npaths = [\"tests/system/**\"]\n");
    let checked = repo.check("candidate/m", &ONLY);
    assert_eq!(checked.status("integration"), "not-applicable");
}
