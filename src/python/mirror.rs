//! Which tests are a module's by where they are and what they are called:
//! `tests/candidate/quantum/test_x.py` is of `candidate/quantum` and of
//! `candidate/quantum/x.py`, as is what lies in the module itself.

use crate::promotion::RepoPath;

/// Directories that say what kind of tests they hold, not of what.
const KINDS: [&[u8]; 7] = [
    b"unit",
    b"integration",
    b"e2e",
    b"functional",
    b"smoke",
    b"tests",
    b"test",
];

/// Every path that a test's own path mirrors, those that are no module too.
/// `lanes` are the source lanes: tests may leave their names out, unless what
/// they mirror then is there itself, as `is_there` tells: with a package `core`
/// beside `candidate/core` the tests in `tests/core` are the former's.
pub fn mirrored(
    test: &RepoPath,
    lanes: &[RepoPath],
    is_there: &dyn Fn(&RepoPath) -> bool,
) -> Vec<RepoPath> {
    let mut mirrored = Vec::new();
    let Some(directory) = test.parent() else {
        return mirrored;
    };
    if lanes.iter().any(|lane| directory.is_within(lane)) {
        mirrored.push(directory.clone());
    }
    let parts: Vec<&[u8]> = directory
        .as_bytes()
        .split(|b| *b == b'/')
        .filter(|part| !part.is_empty())
        .collect();
    let Some(at) = parts.iter().position(|part| is_tests(part)) else {
        return mirrored;
    };
    let rest: Vec<&[u8]> = parts[at + 1..]
        .iter()
        .skip_while(|part| KINDS.contains(part))
        .take_while(|part| !is_tests(part))
        .copied()
        .collect();
    let prefix = RepoPath::from_bytes(parts[..at].join(&b'/'));
    let rest = RepoPath::from_bytes(rest.join(&b'/'));
    let first = rest.as_bytes().split(|b| *b == b'/').next();
    let first = first
        .filter(|first| !first.is_empty())
        .or(stem(test.name()));
    let is_own = first.is_some_and(|first| {
        is_there(&prefix.join(first)) || is_there(&RepoPath::from_bytes(first))
    });
    let mut bases = vec![prefix.join(rest.as_bytes()), rest.clone()];
    if !is_own {
        bases.extend(lanes.iter().map(|lane| lane.join(rest.as_bytes())));
    }
    bases.sort();
    bases.dedup();
    for base in bases {
        if let Some(stem) = stem(test.name()) {
            mirrored.push(base.join([stem, b".py"].concat()));
            mirrored.push(base.join(stem));
        }
        mirrored.push(base);
    }
    mirrored.retain(|path| !path.is_root());
    mirrored
}

fn is_tests(part: &[u8]) -> bool {
    part == b"tests" || part == b"test"
}

/// `x` of `test_x.py` and `x_test.py`.
fn stem(name: &[u8]) -> Option<&[u8]> {
    let name = name.strip_suffix(b".py")?;
    name.strip_prefix(b"test_")
        .or_else(|| name.strip_suffix(b"_test"))
        .filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_mirrored() {
        let lanes = [RepoPath::from("candidate"), "pkg/sandbox".into()];
        let there: [RepoPath; 3] = ["candidate".into(), "core".into(), "pkg/sandbox".into()];
        let mirrors = |test: &str, module: &str| {
            mirrored(&test.into(), &lanes, &|path| there.contains(path)).contains(&module.into())
        };
        for (test, module) in [
            ("tests/candidate/quantum/test_x.py", "candidate/quantum"),
            (
                "tests/candidate/quantum/test_x.py",
                "candidate/quantum/x.py",
            ),
            (
                "tests/unit/candidate/quantum/x_test.py",
                "candidate/quantum/x",
            ),
            ("tests/quantum/test_x.py", "candidate/quantum/x.py"),
            ("tests/test_quantum.py", "candidate/quantum"),
            ("tests/test_quantum.py", "pkg/sandbox/quantum.py"),
            ("pkg/tests/sandbox/q/test_y.py", "pkg/sandbox/q/y.py"),
            ("candidate/quantum/tests/test_y.py", "candidate/quantum"),
            (
                "candidate/quantum/tests/test_y.py",
                "candidate/quantum/y.py",
            ),
        ] {
            assert!(mirrors(test, module), "{test} {module}");
        }
        for (test, module) in [
            ("tests/other/test_x.py", "candidate/quantum"),
            ("tests/core/deep/test_x.py", "candidate/core"),
            ("tests/test_core.py", "candidate/core"),
            ("tests/other/test_x.py", "candidate/x.py"),
            ("tests/test_x.py", "candidate/quantum/x.py"),
            ("test_x.py", "candidate/x.py"),
        ] {
            assert!(!mirrors(test, module), "{test} {module}");
        }
    }
}
