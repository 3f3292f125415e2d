//! `docs/threat-model.md` names tests that exist, and says where there is none.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

/// A row of one of its tables: what is tried, what stands against it, what shows it.
struct Row {
    attack: String,
    defence: String,
    shown: String,
}

fn read(name: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).ok()
}

fn rows() -> Vec<Row> {
    let page = read("docs/threat-model.md").unwrap();
    let lines = page.lines().filter(|line| line.starts_with("| "));
    let rows =
        lines.filter(|line| !line.starts_with("| what is tried") && !line.starts_with("| ---"));
    let rows: Vec<Row> = rows
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [attack, defence, shown] = cells[..] else {
                panic!("not three cells: {line}")
            };
            Row {
                attack: attack.into(),
                defence: defence.into(),
                shown: shown.into(),
            }
        })
        .collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    rows
}

/// What stands in backticks: a file, then tests in it, and so on.
fn named(shown: &str) -> Vec<(String, String)> {
    let mut file = String::new();
    let mut tests = Vec::new();
    for span in shown.split('`').skip(1).step_by(2) {
        match span.ends_with(".rs") {
            true => file = span.into(),
            false => tests.push((file.clone(), span.to_owned())),
        }
    }
    tests
}

/// True where that file has a test of that name.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let start = format!("fn {name}(");
    let at = lines.iter().position(|line| line.starts_with(&start));
    let above = |at: usize| {
        let mut lines = lines[..at].iter().rev();
        lines
            .find(|line| !line.starts_with("///") && !line.starts_with("#[cfg"))
            .is_some_and(|line| *line == "#[test]")
    };
    at.is_some_and(above)
}

#[test]
fn every_test_that_is_named_exists() {
    let mut missing = Vec::new();
    for row in rows() {
        let tests = named(&row.shown);
        if tests.is_empty() {
            let said = row.shown == "not tested" || row.defence.starts_with("not defended");
            assert!(
                said,
                "{}: no test is named, and it does not say so",
                row.attack
            );
        }
        for (file, name) in tests {
            let found = read(&file).is_some_and(|source| is_test(&source, &name));
            if !found {
                missing.push(format!("{}: {file} has no test {name}", row.attack));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_attack_that_is_tried_is_in_the_table() {
    let rows = rows();
    let named: BTreeSet<_> = rows.iter().flat_map(|row| named(&row.shown)).collect();
    for file in [
        "tests/attacks.rs",
        "tests/head_moved.rs",
        "tests/verify_walk/log.rs",
        "tests/verify_walk/what.rs",
        "tests/verify_walk/who.rs",
    ] {
        let source = read(file).unwrap();
        let names = source.lines().filter_map(|line| line.strip_prefix("fn "));
        let names = names
            .filter_map(|line| line.split_once('('))
            .map(|(name, _)| name);
        for name in names.filter(|name| is_test(&source, name)) {
            let there = named.contains(&(file.to_owned(), name.to_owned()));
            assert!(there, "{file}: {name} is in no row of docs/threat-model.md");
        }
    }
}

#[test]
fn a_test_is_told_from_what_is_none() {
    let source = "/// Text\n#[test]\n/// More\nfn one() {\n}\n\nfn two() {}\n";
    assert!(is_test(source, "one"));
    assert!(!is_test(source, "two") && !is_test(source, "on") && !is_test(source, "three"));
    assert_eq!(
        named("`tests/a.rs`: `x`, `y`; `src/b.rs`: `z`"),
        [("tests/a.rs", "x"), ("tests/a.rs", "y"), ("src/b.rs", "z")]
            .map(|(file, name)| (file.to_owned(), name.to_owned()))
    );
}
