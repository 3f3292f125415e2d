//! The repositories that are looked at. All tools look at the same ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "../../tests/support/sample.rs"]
mod sample;

/// A repository with one changed file, and what a screen that tells of it shows.
pub struct Scene {
    pub at: PathBuf,
    /// Of a module.
    pub module: String,
    /// The name of the changed file.
    pub changed: String,
    /// What the newest commit says.
    pub subject: String,
    /// In the change: something near its start, and near its end.
    pub first: String,
    pub last: String,
}

impl Scene {
    fn new(at: &Path, module: &str, changed: &str, subject: &str) -> Self {
        // Git knows every file by its time from now on, for all of them.
        git(at, &["status", "--short"]);
        Self {
            at: at.to_owned(),
            module: module.into(),
            changed: changed.into(),
            subject: subject.into(),
            first: "# now 3".into(),
            last: format!("# now {}", LINES - 3),
        }
    }
}

pub const LINES: usize = 100_000;

/// Six files, of which one is changed.
pub fn small(at: &Path) -> Scene {
    let files = [
        ("README.md", "# Small\n".to_owned()),
        ("core/__init__.py", String::new()),
        ("candidate/__init__.py", String::new()),
        (
            "candidate/ledger/__init__.py",
            "\"\"\"A ledger.\"\"\"\n".into(),
        ),
        ("candidate/ledger/entries.py", text(40, false)),
        ("candidate/ledger/balance.py", text(60, false)),
    ];
    write(at, &files);
    begin(at, "A small repository");
    write(at, &[("candidate/ledger/entries.py", text(40, true))]);
    Scene::new(at, "ledger/", "entries.py", "A small repository")
}

/// 25,000 files, of which one is changed.
pub fn large(at: &Path) -> Scene {
    sample::large(at);
    let changed = "candidate/area00/module0.py";
    let old = std::fs::read_to_string(at.join(changed)).expect("a module");
    write(at, &[(changed, old + "VALUE = 1\n")]);
    Scene::new(at, "area00/", "module0.py", "A large repository")
}

/// One file of 100,000 lines, every second of which is changed: in the work tree, and the
/// same on the branch `change`.
pub fn change(at: &Path) -> Scene {
    let table = "candidate/big/table.py";
    let old = [
        ("candidate/big/__init__.py", "\"\"\"Big.\"\"\"\n".to_owned()),
        (table, text(LINES, false)),
        ("core/__init__.py", String::new()),
    ];
    write(at, &old);
    begin(at, "A large file");
    git(at, &["checkout", "-q", "-b", "change"]);
    write(at, &[(table, text(LINES, true))]);
    git(at, &["commit", "-q", "-a", "-m", "Change it"]);
    // Back on main, with the files of the branch.
    git(at, &["symbolic-ref", "HEAD", "refs/heads/main"]);
    git(at, &["reset", "-q"]);
    Scene::new(at, "big/", "table.py", "A large file")
}

/// Source of so many lines; changed, every second one is another.
fn text(lines: usize, changed: bool) -> String {
    let mut text = String::new();
    for n in 0..lines {
        let line = match n % 5 {
            0 => format!("def value_{n}(first, second):"),
            1 => format!("    \"\"\"Line {n}.\"\"\""),
            2 => format!("    total = compute({n}, first)"),
            3 => format!("    return total + {n}"),
            _ => format!("# {n}"),
        };
        let line = match changed && n % 2 == 1 {
            true => format!("{}  # now {n}", line.replace("total", "result")),
            false => line,
        };
        writeln!(text, "{line}").expect("memory");
    }
    text
}

fn write(at: &Path, files: &[(&str, String)]) {
    for (path, text) in files {
        let file = at.join(path);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        std::fs::write(file, text).expect("a file");
    }
}

fn begin(at: &Path, subject: &str) {
    git(at, &["init", "-q", "-b", "main"]);
    git(at, &["add", "."]);
    git(at, &["commit", "-q", "-m", subject]);
}

/// What git says; it has to succeed.
pub fn git(at: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Sample",
            "-c",
            "user.email=sample@example.org",
        ])
        .args(arguments)
        .current_dir(at)
        .output()
        .expect("git");
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}
