//! The repository's own form for pull requests, where GitHub looks for it.

use crate::promotion::RepoPath;

/// Which form is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// This file.
    File(RepoPath),
    /// There are several, and none of them is for promotions.
    Several,
    /// There is none.
    None,
}

/// The directories it may lie in, in the order that GitHub has.
const PLACES: [&str; 3] = [".github/", "", "docs/"];
/// The names, without their endings, of a form for promotions among several.
const OURS: [&str; 3] = ["promotion", "promote", "countersign"];

/// Chooses among the paths of a tree. In a directory of forms, the one for promotions
/// is ours; else the only one.
pub fn choose<'a>(paths: impl Iterator<Item = &'a RepoPath>) -> Template {
    let mut single: Vec<(usize, &RepoPath)> = Vec::new();
    let mut many: Vec<(usize, String, &RepoPath)> = Vec::new();
    for path in paths {
        let text = path.to_text().to_lowercase();
        let Some(stem) = text.strip_suffix(".md").or(text.strip_suffix(".txt")) else {
            continue;
        };
        for (order, place) in PLACES.iter().enumerate() {
            let Some(rest) = stem.strip_prefix(place) else {
                continue;
            };
            if rest == "pull_request_template" {
                single.push((order, path));
            } else if let Some(name) = rest.strip_prefix("pull_request_template/")
                && !name.contains('/')
            {
                many.push((order, name.to_owned(), path));
            }
        }
    }
    single.sort();
    many.sort();
    let ours = OURS
        .iter()
        .find_map(|ours| many.iter().find(|(_, name, _)| name == ours));
    match (ours, single.as_slice(), many.as_slice()) {
        (Some((.., path)), ..) => Template::File((*path).clone()),
        (None, [(_, path), ..], _) => Template::File((*path).clone()),
        (None, [], [(.., path)]) => Template::File((*path).clone()),
        (None, [], []) => Template::None,
        (None, [], _) => Template::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(paths: &[&str]) -> Template {
        let paths: Vec<RepoPath> = paths.iter().map(|it| RepoPath::from(*it)).collect();
        choose(paths.iter())
    }

    #[test]
    fn it_is_looked_for_where_github_looks() {
        let file = |path: &str| Template::File(path.into());
        for (paths, want) in [
            (&["README.md", "docs/x.md"][..], Template::None),
            (
                &["docs/pull_request_template.md"],
                file("docs/pull_request_template.md"),
            ),
            (
                &["docs/pull_request_template.md", "PULL_REQUEST_TEMPLATE.md"],
                file("PULL_REQUEST_TEMPLATE.md"),
            ),
            (
                &[
                    "PULL_REQUEST_TEMPLATE.md",
                    ".github/PULL_REQUEST_TEMPLATE.txt",
                ],
                file(".github/PULL_REQUEST_TEMPLATE.txt"),
            ),
            (
                &[".github/pull_request_template/only.md"],
                file(".github/pull_request_template/only.md"),
            ),
            (
                &[
                    ".github/pull_request_template.md",
                    ".github/PULL_REQUEST_TEMPLATE/promotion.md",
                ],
                file(".github/PULL_REQUEST_TEMPLATE/promotion.md"),
            ),
            (
                &[
                    ".github/pull_request_template/a.md",
                    ".github/pull_request_template/b.md",
                ],
                Template::Several,
            ),
            (
                &[
                    ".github/pull_request_template/a/b.md",
                    "x/pull_request_template.md",
                ],
                Template::None,
            ),
        ] {
            assert_eq!(chosen(paths), want, "{paths:?}");
        }
    }
}
