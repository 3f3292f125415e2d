//! What else a repository says of itself: owners, tests, tools, templates, environment.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::promotion::RepoPath;

/// A directory of tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundTests {
    /// The directory; the root where tests lie there.
    pub path: RepoPath,
    /// Test files in it.
    pub files: usize,
}

/// A file and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundFile {
    /// The file.
    pub path: RepoPath,
    /// Of a tool's configuration the tools; of a template its kind.
    pub about: Vec<String>,
}

/// Larger configuration files are not looked into.
const MOST: u64 = 1 << 20;

/// CODEOWNERS, where GitHub looks, in its order.
pub fn codeowners(files: &[RepoPath]) -> Option<RepoPath> {
    [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"]
        .into_iter()
        .map(RepoPath::from)
        .find(|path| has(files, path))
}

/// Directories of tests, most files first: the outermost one named for tests,
/// else the one that a test file lies in.
pub fn tests(files: &[RepoPath]) -> Vec<FoundTests> {
    let mut found = BTreeMap::<RepoPath, usize>::new();
    for file in files.iter().filter(|file| is_test(file.name())) {
        *found.entry(tests_of(file)).or_insert(0) += 1;
    }
    let mut found: Vec<_> = found
        .into_iter()
        .map(|(path, files)| FoundTests { path, files })
        .collect();
    found.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.path.cmp(&b.path)));
    found
}

fn is_test(name: &[u8]) -> bool {
    (name.starts_with(b"test_") && name.ends_with(b".py")) || name.ends_with(b"_test.py")
}

fn tests_of(file: &RepoPath) -> RepoPath {
    let mut outermost = file.parent().unwrap_or_default();
    let mut at = file.parent();
    while let Some(directory) = at {
        if matches!(directory.name(), b"tests" | b"test") {
            outermost = directory.clone();
        }
        at = directory.parent();
    }
    outermost
}

/// Configuration of the gates' tools at the root.
pub fn tools(root: &Path, files: &[RepoPath]) -> Vec<FoundFile> {
    const NAMED: [(&str, &str); 9] = [
        ("ruff.toml", "ruff"),
        (".ruff.toml", "ruff"),
        ("mypy.ini", "mypy"),
        (".mypy.ini", "mypy"),
        (".isort.cfg", "isort"),
        ("pytest.ini", "pytest"),
        (".pytest.ini", "pytest"),
        (".coveragerc", "coverage"),
        (".flake8", "flake8"),
    ];
    let mut found = Vec::new();
    for (name, tool) in NAMED {
        let path = RepoPath::from(name);
        if has(files, &path) {
            found.push(FoundFile {
                path,
                about: vec![tool.into()],
            });
        }
    }
    for name in ["pyproject.toml", "setup.cfg", "tox.ini"] {
        let path = RepoPath::from(name);
        if !has(files, &path) {
            continue;
        }
        let text = read(&root.join(name)).unwrap_or_default();
        let about = if name == "pyproject.toml" {
            tools_of_pyproject(&text)
        } else {
            tools_of_ini(&text)
        };
        if !about.is_empty() {
            found.push(FoundFile { path, about });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

const TOOLS: [&str; 6] = ["ruff", "mypy", "black", "isort", "pytest", "coverage"];

fn tools_of_pyproject(text: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(text) else {
        return Vec::new(); // the tools themselves will say so
    };
    let Some(tables) = document.get("tool").and_then(|tool| tool.as_table_like()) else {
        return Vec::new();
    };
    TOOLS
        .into_iter()
        .filter(|tool| tables.contains_key(tool))
        .map(Into::into)
        .collect()
}

fn tools_of_ini(text: &str) -> Vec<String> {
    let headings: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('[')?.strip_suffix(']'))
        .map(|heading| heading.trim_start_matches("tool:"))
        .collect();
    let names = |tool: &str| {
        headings
            .iter()
            .any(|heading| heading.split([':', '-']).next() == Some(tool))
    };
    TOOLS
        .into_iter()
        .filter(|tool| names(tool))
        .map(Into::into)
        .collect()
}

/// PROMOTE.md and pull request templates.
pub fn templates(files: &[RepoPath]) -> Vec<FoundFile> {
    let kind = |path: &RepoPath| {
        let path = path.to_text().to_lowercase();
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let promote = name.starts_with("promote") && name.contains(".md")
            || name.starts_with("promotion") && name.contains("template");
        if promote
            && matches!(
                directory,
                "" | ".github" | "docs" | "templates" | "docs/templates"
            )
        {
            return Some("promote");
        }
        let home = matches!(directory, "" | ".github" | "docs");
        let many = directory.ends_with("pull_request_template") && name.ends_with(".md");
        (home && name.starts_with("pull_request_template.") || many).then_some("pull-request")
    };
    files
        .iter()
        .filter_map(|path| {
            Some(FoundFile {
                path: path.clone(),
                about: vec![kind(path)?.into()],
            })
        })
        .collect()
}

/// The environment a person made for the project in the work tree.
pub fn environment(root: &Path) -> Option<String> {
    [".venv", "venv", "env"]
        .into_iter()
        .find(|name| root.join(name).join("pyvenv.cfg").is_file())
        .map(Into::into)
}

/// Requirement files, at the root or in `requirements/`, those without a suffix first.
pub fn requirements(files: &[RepoPath]) -> Vec<RepoPath> {
    let mut found: Vec<_> = files
        .iter()
        .filter(|path| {
            let name = path.name();
            let parent = path.parent().unwrap_or_default();
            name.ends_with(b".txt")
                && (parent.is_root() && name.starts_with(b"requirements")
                    || parent == RepoPath::from("requirements"))
        })
        .cloned()
        .collect();
    found.sort_by_key(|path| (path.as_bytes().len(), path.clone()));
    found
}

/// The version that `.python-version` pins, without its patch level.
pub fn python(root: &Path) -> Option<String> {
    let text = read(&root.join(".python-version"))?;
    let mut parts = text.trim().split('.');
    let (major, minor) = (
        parts.next()?.parse::<u8>().ok()?,
        parts.next()?.parse::<u8>().ok()?,
    );
    Some(format!("{major}.{minor}"))
}

fn has(files: &[RepoPath], path: &RepoPath) -> bool {
    files.binary_search(path).is_ok()
}

/// A small regular file; a link could lead anywhere.
fn read(path: &Path) -> Option<String> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MOST {
        return None;
    }
    Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned())
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn paths(paths: &[&str]) -> Vec<RepoPath> {
        let mut paths: Vec<_> = paths.iter().map(|path| RepoPath::from(*path)).collect();
        paths.sort();
        paths
    }

    #[test]
    fn tests_count_for_the_outermost_directory_named_for_them() {
        let found = tests(&paths(&[
            "tests/unit/test_a.py",
            "tests/x/tests/test_b.py",
            "pkg/a/b_test.py",
            "test_root.py",
            "pkg/testing.py",
        ]));
        let found: Vec<_> = found
            .iter()
            .map(|t| (t.path.to_string(), t.files))
            .collect();
        assert_eq!(
            found,
            [("tests".into(), 2), (String::new(), 1), ("pkg/a".into(), 1)]
        );
    }

    #[test]
    fn tools_are_found_in_what_configures_them() {
        let toml = "[tool.ruff.lint]\nselect = []\n[tool.poetry]\n[tool.pytest.ini_options]\n";
        assert_eq!(tools_of_pyproject(toml), ["ruff", "pytest"]);
        assert_eq!(tools_of_pyproject("[tool"), [""; 0]);
        let ini = "[metadata]\n[mypy-foo.*]\n[tool:pytest]\n[coverage:run]\n[blackbox]\n";
        assert_eq!(tools_of_ini(ini), ["mypy", "pytest", "coverage"]);
    }

    #[test]
    fn templates_by_their_names_where_they_belong() {
        let found = templates(&paths(&[
            ".github/PULL_REQUEST_TEMPLATE.md",
            ".github/pull_request_template/x.md",
            "docs/templates/PROMOTE.md",
            "scripts/promote.md",
            "PROMOTE_TEMPLATE.md",
            "promote.py",
        ]));
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.path.to_string(), f.about[0].as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (".github/PULL_REQUEST_TEMPLATE.md".into(), "pull-request"),
                (".github/pull_request_template/x.md".into(), "pull-request"),
                ("PROMOTE_TEMPLATE.md".into(), "promote"),
                ("docs/templates/PROMOTE.md".to_owned(), "promote"),
            ]
        );
    }
}
