//! "Zero new": a pure move brings nothing new, whatever was found before, and
//! one finding more is exactly one.

#![allow(clippy::unwrap_used)]

mod gates_support;

use gates_support::{Checked, Repo};

const GATES: [&str; 6] = [
    "lint",
    "types",
    "format",
    "imports",
    "lane-imports",
    "secrets",
];
const LANES: &str = "[[lanes]]\nsource = \"candidate\"\ntargets = [\"core\"]\n\
                     [[lanes]]\nsource = \"core\"\ntargets = [\"lukhas\"]\n";

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }
}

/// A password, put together here so that this file holds none.
fn password(n: u64) -> String {
    format!("wq{n}-{}", "tr4verse-M1ll")
}

/// Some lines with a finding or two. Some shapes are the same each time.
fn snippet(shape: u64, n: u64, other: usize) -> String {
    match shape {
        0 => format!("def f{n}(a: int) -> str:\n    return a\n"),
        1 => format!("x{n}: int = \"a\"\n"),
        2 => "if V == None:\n    pass\n".to_owned(),
        3 => format!("y{n}  =  1\n"),
        4 => format!("z{n} = undefined_{}\n", n % 2),
        5 => format!("LONG{n} = \"{}\"\n", "a".repeat(100)),
        6 => format!("class K{n}:\n    pass\n\n\nk{n}: K{n} = 3\n"),
        7 => format!("from .part{other} import nope{}\n", n % 2),
        8 => "from candidate.other import thing\n".to_owned(),
        9 => "import os\n".to_owned(),
        10 => "import sys\nimport os\n".to_owned(),
        _ => format!("password = \"{}\"\n", password(n)),
    }
}
const SHAPES: u64 = 12;

/// A module with every shape at least once.
fn generated(seed: u64) -> Vec<(String, String)> {
    let mut dice = Dice(seed);
    let mut files = vec![("__init__.py".to_owned(), String::new())];
    for part in 0..3 {
        let mut text = String::from("import sys\nimport os\n\nV = 1\n");
        for n in 0..SHAPES {
            let shape = if part == 0 { n } else { dice.roll(SHAPES) };
            let other = (part + 1) % 3;
            text.push_str("\n\n");
            text.push_str(&snippet(shape, n, other));
        }
        files.push((format!("part{part}.py"), text));
    }
    files.push(("alone.py".to_owned(), files[2].1.clone()));
    files
}

/// What a branch does to the module.
struct Move {
    seed: u64,
    from: &'static str,
    to: &'static str,
    /// Lines are pushed down and a file gets another name on top.
    edited: bool,
    settings: &'static [(&'static str, &'static str)],
}

fn summary<'a>(checked: &'a Checked, gate: &str) -> &'a str {
    checked.gate(gate)["evidence"]["summary"].as_str().unwrap()
}

fn new(checked: &Checked, gate: &str) -> Vec<(String, String)> {
    let findings = checked.gate(gate)["evidence"]["findings"]
        .as_array()
        .unwrap();
    findings
        .iter()
        .filter(|f| f["severity"] == "error" && f["novelty"] == "new")
        .map(|f| {
            let text = |key: &str| f[key].as_str().unwrap().to_owned();
            (
                text("path"),
                format!("{} {}", text("rule"), text("message")),
            )
        })
        .collect()
}

fn holds(it: &Move) {
    let mut files: Vec<(String, String)> = vec![
        ("candidate/other.py".into(), "thing = 1\n".into()),
        ("core/__init__.py".into(), String::new()),
    ];
    files.extend(
        it.settings
            .iter()
            .map(|(p, c)| ((*p).to_owned(), (*c).to_owned())),
    );
    let module = generated(it.seed);
    files.extend(
        module
            .iter()
            .map(|(p, c)| (format!("{}/{p}", it.from), c.clone())),
    );
    let files: Vec<_> = files
        .iter()
        .map(|(p, c)| (p.as_str(), c.as_str()))
        .collect();
    let repo = Repo::new(&files).settings(LANES);
    repo.branch();
    let to = repo.root().join(it.to);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    repo.rename(it.from, it.to);
    if it.edited {
        std::fs::rename(to.join("alone.py"), to.join("single.py")).unwrap();
        for name in ["part0.py", "part1.py", "part2.py", "single.py"] {
            let text = std::fs::read_to_string(to.join(name)).unwrap();
            std::fs::write(to.join(name), format!("# Moved.\n\n{text}")).unwrap();
        }
    }
    repo.commit_as_is();
    let only = ["--only", &GATES.join(",")];
    let checked = repo.check(it.to, &only);
    let what = format!("seed {}: {} to {}", it.seed, it.from, it.to);
    for gate in GATES {
        let said = summary(&checked, gate);
        assert_eq!(
            checked.status(gate),
            "passed",
            "{what}, {gate}: {:?}",
            new(&checked, gate)
        );
        assert!(
            said.starts_with("0 new, ") && !said.contains("fixed"),
            "{what}, {gate}: {said}"
        );
        assert!(said != "0 new, 0 old", "{what}, {gate} had nothing to find");
    }
    // One more for each tool, in a file of its own; and for lint a line that is
    // there several times already.
    let added = format!(
        "import sys\nimport os\n\nfrom candidate.other import thing\n\nVALUE: int = \"one\"\n\
         password = \"{}\"\nassert VALUE == None\nALL = [os, sys, thing ]\n",
        password(99)
    );
    std::fs::write(to.join("added.py"), added).unwrap();
    repo.commit_as_is();
    let more = repo.check(it.to, &only);
    let file = format!("{}/added.py", it.to);
    for gate in GATES {
        let found = new(&more, gate);
        assert_eq!(found.len(), 1, "{what}, {gate}: {found:?}");
        assert_eq!(found[0].0, file, "{what}, {gate}: {found:?}");
        let old = summary(&checked, gate).strip_prefix("0 new, ").unwrap();
        assert_eq!(
            summary(&more, gate),
            format!("1 new, {old}"),
            "{what}, {gate}"
        );
    }
    std::fs::remove_file(to.join("added.py")).unwrap();
    let twin = to.join("part1.py");
    let text = std::fs::read_to_string(&twin).unwrap() + "\n\nif V == None:\n    pass\n";
    std::fs::write(&twin, text).unwrap();
    repo.commit_as_is();
    let more = repo.check(it.to, &["--only", "lint"]);
    let found = new(&more, "lint");
    assert_eq!(found.len(), 1, "{what}: {found:?}");
    assert!(found[0].1.starts_with("E711"), "{what}: {found:?}");
}

#[test]
fn a_move_within_the_lane_brings_nothing_new() {
    holds(&Move {
        seed: 1,
        from: "candidate/m",
        to: "candidate/n",
        edited: false,
        settings: &[],
    });
}

#[test]
fn a_move_to_the_target_brings_nothing_new() {
    holds(&Move {
        seed: 2,
        from: "candidate/m",
        to: "core/m",
        edited: false,
        settings: &[(".isort.cfg", "[settings]\nprofile = black\n")],
    });
}

#[test]
fn nor_does_one_with_edits_and_renamed_files() {
    holds(&Move {
        seed: 3,
        from: "candidate/m",
        to: "candidate/area/deep/n",
        edited: true,
        settings: &[("candidate/area/deep/other.py", "X = 1\n")],
    });
}

#[test]
fn nor_what_mypy_sees_only_under_the_target_name() {
    holds(&Move {
        seed: 4,
        from: "candidate/m",
        to: "candidate/n",
        edited: true,
        settings: &[(
            "mypy.ini",
            "[mypy]\n[mypy-candidate.*]\nignore_errors = True\n",
        )],
    });
}
