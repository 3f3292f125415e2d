//! What changelogs say of a module.

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::{names, names_of, places, read, short_name};
use crate::gates::checks::About;
use crate::gates::subject::Subject;
use crate::promotion::RepoPath;

/// Where a changelog is looked for, unless it is configured.
const USUAL: [&str; 10] = [
    "{module}/CHANGELOG.md",
    "CHANGELOG.md",
    "CHANGELOG",
    "CHANGELOG.rst",
    "CHANGES.md",
    "CHANGES.rst",
    "HISTORY.md",
    "NEWS.md",
    "docs/CHANGELOG.md",
    "docs/changelog.md",
];

/// An entry of a changelog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The file.
    pub path: RepoPath,
    /// Its line.
    pub line: u32,
    /// Its text, without the headings it stands under.
    pub text: String,
    /// What it is about, on its face: all code in it, and what stands before
    /// the first colon.
    pub subjects: Vec<String>,
    /// True where it, or a heading above it, says "breaking".
    pub breaking: bool,
    /// True where it names the module.
    pub of_module: bool,
}

/// Where the changelogs of a module are looked for.
pub fn changelogs(about: About<'_>) -> Vec<RepoPath> {
    match about.options.changelog.as_slice() {
        [] => places(about, &USUAL),
        configured => places(about, configured),
    }
}

/// The changelogs there are, and every entry in them.
pub fn entries(subject: &Subject, about: About<'_>) -> (Vec<RepoPath>, Vec<Entry>) {
    let (mut found, mut all) = (Vec::new(), Vec::new());
    let (full, short) = (names_of(about), short_name(about.module));
    for path in changelogs(about) {
        let Some(text) = read(&subject.tree, &path) else {
            continue;
        };
        let own = path.is_within(about.module);
        let mut entries = of_document(&Document::parse(&text), &path);
        for entry in &mut entries {
            let is_subject = |subject: &String| *subject == short || full.contains(subject);
            entry.of_module = own
                || full.iter().any(|name| names(&entry.text, name))
                || entry.subjects.iter().any(is_subject);
        }
        found.push(path);
        all.extend(entries);
    }
    (found, all)
}

/// Those of `head` that `base` does not have, in words.
pub fn added<'a>(head: &'a [Entry], base: &[Entry]) -> Vec<&'a Entry> {
    let known: Vec<&str> = base.iter().map(|entry| entry.text.as_str()).collect();
    let is_new = |entry: &&Entry| !known.contains(&entry.text.as_str());
    head.iter().filter(is_new).collect()
}

fn of_document(document: &Document, path: &RepoPath) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut headings: Vec<(u8, String)> = Vec::new();
    let mut open = false;
    for line in &document.lines {
        if let Some(level) = line.heading {
            headings.retain(|(outer, _)| *outer < level);
            headings.push((level, line.text.clone()));
            open = false;
            continue;
        }
        // What is nested in an entry belongs to it.
        let begins = line.depth <= 1 && (line.item || line.depth == 0) || !open;
        if begins {
            let above = headings.iter().any(|(_, text)| is_breaking(text));
            entries.push(Entry {
                path: path.clone(),
                line: line.number,
                text: String::new(),
                subjects: Vec::new(),
                breaking: above,
                of_module: false,
            });
            open = line.depth > 0;
        }
        let Some(entry) = entries.last_mut() else {
            continue;
        };
        if begins && let Some((before, _)) = line.text.split_once(':') {
            let bare = before.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
            entry.subjects.push(bare.to_owned());
            // `feat(scope): …`
            let scope = before
                .split_once('(')
                .and_then(|(_, rest)| rest.split_once(')'));
            entry
                .subjects
                .extend(scope.map(|(scope, _)| scope.to_owned()));
        }
        entry.subjects.extend(line.code.iter().cloned());
        entry.breaking |= is_breaking(&line.text);
        if !entry.text.is_empty() {
            entry.text.push(' ');
        }
        entry.text.push_str(&line.text);
    }
    entries
}

/// "Breaking", or `feat!:` as conventional commits have it.
fn is_breaking(text: &str) -> bool {
    let conventional = text.split_once("!:").is_some_and(|(before, _)| {
        let kind = before.split('(').next().unwrap_or_default();
        !kind.is_empty() && kind.chars().all(char::is_alphabetic)
    });
    let text = text.to_lowercase();
    let denied = |before: &str| {
        let before = before.trim_end_matches(['-', ' ']);
        let word = before.rsplit(|c: char| !c.is_alphabetic()).next();
        matches!(word, Some("non" | "not" | "nothing" | "no"))
    };
    let mut said = text.match_indices("breaking");
    conventional || said.any(|(at, _)| !denied(&text[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: &str = "\
# Changelog

## Unreleased

### Breaking changes
- `x.f`: `a` is required.
  - and more of it

### Added
- retry: waits grow
- Something in candidate/x.
- feat(x)!: gone

## 1.0
Words without a list.
";

    fn sample() -> Vec<Entry> {
        of_document(&Document::parse(SAMPLE), &"CHANGELOG.md".into())
    }

    #[test]
    fn entries_have_their_lines_and_what_they_are_about() {
        let entries = sample();
        let seen: Vec<_> = entries
            .iter()
            .map(|e| (e.line, e.text.as_str(), e.breaking))
            .collect();
        assert_eq!(
            seen,
            [
                (6, "x.f: a is required. and more of it", true),
                (10, "retry: waits grow", false),
                (11, "Something in candidate/x.", false),
                (12, "feat(x)!: gone", true),
                (15, "Words without a list.", false),
            ]
        );
        assert_eq!(entries[0].subjects, ["x.f", "x.f", "a"]);
        assert_eq!(entries[1].subjects, ["retry"]);
        assert!(entries[3].subjects.contains(&"x".to_owned()));
    }

    #[test]
    fn what_is_not_breaking_is_not() {
        for no in ["non-breaking", "Not breaking: x", "nothing breaking", "x"] {
            assert!(!is_breaking(no), "{no}");
        }
        for yes in [
            "Breaking changes",
            "feat!: x",
            "not breaking a, but breaking b",
        ] {
            assert!(is_breaking(yes), "{yes}");
        }
    }

    #[test]
    fn only_what_is_new_was_added() {
        let old = sample();
        let mut new = sample();
        new[1].text = "retry: jitter".into();
        new[2].line = 900;
        assert_eq!(added(&new, &old), [&new[1]]);
    }

    proptest! {
        #[test]
        fn no_changelog_is_too_odd(text in "[-#a \\n:!`()|é]{0,80}") {
            let _ = of_document(&Document::parse(&text), &"C".into());
        }
    }
}
