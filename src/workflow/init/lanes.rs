//! Which directories look like lanes: by their names, and by the Python in them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::promotion::RepoPath;

/// Names of experimental directories, those that say it best first.
const SOURCES: [&str; 12] = [
    "candidate",
    "candidates",
    "sandbox",
    "experimental",
    "experiments",
    "experiment",
    "labs",
    "lab",
    "incubator",
    "prototypes",
    "prototype",
    "staging",
];

/// Names of production directories beside them.
const TARGETS: [&str; 6] = ["core", "lukhas", "production", "prod", "stable", "released"];

/// Directories in which nothing is a lane or a target.
const ASIDE: [&str; 16] = [
    "tests",
    "test",
    "docs",
    "doc",
    "examples",
    "scripts",
    "tools",
    "benchmarks",
    "build",
    "dist",
    "vendor",
    "third_party",
    "node_modules",
    "site-packages",
    "archive",
    "migrations",
];

/// A lane that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundLane {
    /// The experimental directory.
    pub source: RepoPath,
    /// Where its modules would go.
    pub targets: Vec<RepoPath>,
    /// Python files in it.
    pub files: usize,
    /// Why it looks like a lane.
    pub why: String,
}

/// The lanes, and directories that could be some too. Where one is called
/// `candidate`, only those are meant: the guide's own word is no accident.
pub fn detect(files: &[RepoPath]) -> (Vec<FoundLane>, Vec<FoundLane>) {
    let python = python_by_directory(files);
    let mut found: Vec<(usize, FoundLane)> = python
        .iter()
        .filter(|(path, _)| !is_aside(path))
        .filter_map(|(path, files)| {
            let rank = SOURCES.iter().position(|name| is_named(path, name))?;
            Some((rank.max(1), lane(path, *files, &python)))
        })
        .collect();
    found.sort_by_key(|(rank, lane)| (*rank, depth(&lane.source), lane.source.clone()));
    let best = found.first().map_or(0, |(rank, _)| *rank);
    let (mut lanes, mut others) = (Vec::<FoundLane>::new(), Vec::new());
    for (rank, lane) in found {
        let nested = lanes.iter().any(|other| {
            lane.source.is_within(&other.source) || other.source.is_within(&lane.source)
        });
        let own = lane.targets.iter().any(|t| t.is_within(&lane.source));
        if nested || own {
            continue;
        }
        // "candidate" and "candidates" are one rank; of the rest all names are equal.
        if best > 1 || rank == best {
            lanes.push(lane);
        } else {
            others.push(lane);
        }
    }
    (lanes, others)
}

/// How many Python files each directory holds, at every depth; the root is left out.
fn python_by_directory(files: &[RepoPath]) -> BTreeMap<RepoPath, usize> {
    let mut python = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_python()) {
        let mut at = file.parent();
        while let Some(directory) = at.filter(|directory| !directory.is_root()) {
            at = directory.parent();
            *python.entry(directory).or_insert(0) += 1;
        }
    }
    python
}

fn lane(source: &RepoPath, files: usize, python: &BTreeMap<RepoPath, usize>) -> FoundLane {
    let (targets, whither) = targets(source, python);
    FoundLane {
        source: source.clone(),
        targets,
        files,
        why: format!("by its name; {whither}"),
    }
}

/// Where modules of `source` would go, and how that was found.
fn targets(source: &RepoPath, python: &BTreeMap<RepoPath, usize>) -> (Vec<RepoPath>, &'static str) {
    let parent = source.parent().unwrap_or_default();
    let beside: Vec<_> = TARGETS
        .iter()
        .map(|name| parent.join(name))
        .filter(|path| python.contains_key(path))
        .collect();
    if !beside.is_empty() {
        return (beside, "the targets stand beside it");
    }
    let all = python.get(&parent).copied().unwrap_or_default();
    let own = python.get(source).copied().unwrap_or_default();
    if !parent.is_root() && all > own && !is_named(&parent, "src") {
        return (vec![parent], "the target is the package it lies in");
    }
    let largest = python
        .iter()
        .filter(|(path, _)| path.parent().as_ref() == Some(&parent) && *path != source)
        .filter(|(path, _)| !is_aside(path) && !is_hidden(path))
        .filter(|(path, _)| !SOURCES.iter().any(|name| is_named(path, name)))
        .max_by_key(|(path, files)| (**files, std::cmp::Reverse((*path).clone())));
    match largest {
        Some((path, _)) if is_named(path, "src") => source_layout(path, python),
        Some((path, _)) => (
            vec![path.clone()],
            "the target is the largest package beside it",
        ),
        None => (
            vec![parent.join("core")],
            "no target was found, so `core` is a guess",
        ),
    }
}

/// With a `src/` layout the package is one deeper.
fn source_layout(
    src: &RepoPath,
    python: &BTreeMap<RepoPath, usize>,
) -> (Vec<RepoPath>, &'static str) {
    let largest = python
        .iter()
        .filter(|(path, _)| path.parent().as_ref() == Some(src))
        .max_by_key(|(path, files)| (**files, std::cmp::Reverse((*path).clone())));
    let target = largest.map_or(src, |(path, _)| path);
    (
        vec![target.clone()],
        "the target is the largest package in src",
    )
}

fn is_named(path: &RepoPath, name: &str) -> bool {
    path.name() == name.as_bytes()
}

fn is_hidden(path: &RepoPath) -> bool {
    path.name().starts_with(b".")
}

/// In, or itself, a directory that is never a lane; or hidden, or too deep to be meant.
fn is_aside(path: &RepoPath) -> bool {
    let mut parts = path.as_bytes().split(|byte| *byte == b'/');
    depth(path) > 3
        || parts.any(|part| {
            part.starts_with(b".") || ASIDE.iter().any(|aside| aside.as_bytes() == part)
        })
}

fn depth(path: &RepoPath) -> usize {
    path.as_bytes().split(|byte| *byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_lanes(files: &[&str], lanes: &[(&str, &[&str])], others: &[&str]) {
        let files: Vec<_> = files.iter().map(|path| RepoPath::from(*path)).collect();
        let (found, left) = detect(&files);
        let found: Vec<_> = found
            .iter()
            .map(|l| (l.source.clone(), l.targets.clone()))
            .collect();
        let lanes: Vec<_> = lanes
            .iter()
            .map(|(s, t)| {
                (
                    RepoPath::from(*s),
                    t.iter().map(|t| RepoPath::from(*t)).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(found, lanes);
        assert_eq!(
            left.iter()
                .map(|l| l.source.to_string())
                .collect::<Vec<_>>(),
            others
        );
    }

    #[test]
    fn the_guides_own() {
        assert_lanes(
            &[
                "candidate/a/x.py",
                "core/y.py",
                "lukhas/z.py",
                "experimental/w.py",
                "candidate/labs/q.py",
            ],
            &[("candidate", &["core", "lukhas"])],
            &["experimental"],
        );
        assert_lanes(&["candidate/a.py"], &[("candidate", &["core"])], &[]);
    }

    #[test]
    fn a_sandbox_in_a_package_goes_to_the_package() {
        assert_lanes(
            &["pkg/__init__.py", "pkg/sandbox/a.py", "pkg/sandbox/b/c.py"],
            &[("pkg/sandbox", &["pkg"])],
            &[],
        );
    }

    #[test]
    fn several_of_no_special_name_are_all_meant() {
        assert_lanes(
            &[
                "labs/a.py",
                "experimental/b.py",
                "acme/c.py",
                "acme/d.py",
                "small/e.py",
            ],
            &[("experimental", &["acme"]), ("labs", &["acme"])],
            &[],
        );
    }

    #[test]
    fn a_src_layout() {
        assert_lanes(
            &["labs/a.py", "src/acme/c.py", "src/acme/d.py", "src/e.py"],
            &[("labs", &["src/acme"])],
            &[],
        );
        assert_lanes(
            &["src/labs/a.py", "src/acme/c.py"],
            &[("src/labs", &["src/acme"])],
            &[],
        );
    }

    #[test]
    fn tests_vendored_code_and_directories_without_python_are_none() {
        assert_lanes(
            &[
                "tests/sandbox/a.py",
                "vendor/labs/a.py",
                ".x/labs/a.py",
                "sandbox/README.md",
                "a/b/c/labs/d.py",
                "pkg/a.py",
            ],
            &[],
            &[],
        );
    }
}
