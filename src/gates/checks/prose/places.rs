//! Where the documents of a module are looked for.

use crate::gates::checks::About;
use crate::promotion::RepoPath;

/// The paths that patterns stand for. In a pattern `{module}` is the module's
/// path (of a single file: without `.py`), `{path}` the same below its lane.
pub fn places(about: About<'_>, patterns: &[impl AsRef<str>]) -> Vec<RepoPath> {
    let module = without_suffix(about.module);
    let inside = about
        .lanes
        .iter()
        .find_map(|lane| module.strip(&lane.source))
        .unwrap_or_else(|| module.clone());
    let mut places: Vec<RepoPath> = Vec::new();
    for pattern in patterns {
        let filled = fill(
            pattern.as_ref(),
            &[("{module}", &module), ("{path}", &inside)],
        );
        let place = RepoPath::from_bytes(filled);
        if place.is_safe() && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// A file of that name in each directory above the module, the nearest first,
/// up to its lane.
pub fn above(about: About<'_>, name: &str) -> Vec<RepoPath> {
    let lane = about
        .lanes
        .iter()
        .find(|lane| about.module.is_within(&lane.source));
    let mut places = Vec::new();
    let mut at = about.module.parent();
    while let (Some(dir), Some(lane)) = (&at, lane) {
        if !dir.is_within(&lane.source) {
            break;
        }
        places.push(dir.join(name));
        at = dir.parent();
    }
    places
}

/// Every way to name a module and where it would be promoted to: as a path and
/// as Python does.
pub fn names_of(about: About<'_>) -> Vec<String> {
    let lane = about
        .lanes
        .iter()
        .find(|lane| about.module.is_within(&lane.source));
    let targets = lane.into_iter().flat_map(|lane| {
        let destination = |target| lane.destination(about.module, target);
        lane.targets.iter().filter_map(destination)
    });
    let mut names = Vec::new();
    for path in std::iter::once(about.module.clone()).chain(targets) {
        // A bare word may be anything: it is nobody's full name.
        if path.parent().is_some_and(|parent| parent.is_root()) {
            continue;
        }
        let bare = without_suffix(&path);
        names.push(bare.to_text().into_owned());
        names.extend(bare.dotted());
    }
    names
}

/// The last part of a module's name.
pub fn short_name(module: &RepoPath) -> String {
    String::from_utf8_lossy(without_suffix(module).name()).into_owned()
}

fn without_suffix(path: &RepoPath) -> RepoPath {
    let bytes = path.as_bytes();
    match [b".pyi".as_slice(), b".py"]
        .iter()
        .find_map(|s| bytes.strip_suffix(*s))
    {
        Some(bare) => RepoPath::from_bytes(bare),
        None => path.clone(),
    }
}

fn fill(pattern: &str, values: &[(&str, &RepoPath)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = pattern;
    'next: while !rest.is_empty() {
        for (mark, value) in values {
            if let Some(after) = rest.strip_prefix(mark) {
                out.extend_from_slice(value.as_bytes());
                rest = after;
                continue 'next;
            }
        }
        let end = rest.chars().next().map_or(1, char::len_utf8);
        out.extend_from_slice(&rest.as_bytes()[..end]);
        rest = &rest[end..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::lane::default_lanes;
    use crate::promotion::policy::GateOptions;

    fn with<T>(module: &str, then: impl FnOnce(About<'_>) -> T) -> T {
        then(About {
            module: &module.into(),
            target: None,
            lanes: &default_lanes(),
            options: &GateOptions::default(),
        })
    }

    fn texts(paths: Vec<RepoPath>) -> Vec<String> {
        paths.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn patterns_stand_for_paths_in_the_tree() {
        let patterns = [
            "{module}/README.md",
            "docs/{path}.md",
            "../{path}",
            "{module}/README.md",
        ];
        assert_eq!(
            texts(with("candidate/a/b", |about| places(about, &patterns))),
            ["candidate/a/b/README.md", "docs/a/b.md"]
        );
        assert_eq!(
            texts(with("candidate/b.py", |about| places(
                about,
                &["{module}.md"]
            ))),
            ["candidate/b.md"]
        );
    }

    #[test]
    fn what_lies_above_ends_at_the_lane() {
        assert_eq!(
            texts(with("candidate/a/b", |about| above(about, "X"))),
            ["candidate/a/X", "candidate/X"]
        );
    }

    #[test]
    fn a_module_has_many_names() {
        assert_eq!(
            with("candidate/a/b.py", names_of),
            [
                "candidate/a/b",
                "candidate.a.b",
                "core/a/b",
                "core.a.b",
                "lukhas/a/b",
                "lukhas.a.b"
            ]
        );
    }
}
