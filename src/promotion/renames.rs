//! What is called otherwise than at the merge-base: paths, and in the words of
//! tools the names that follow from them.

use std::collections::HashMap;

use super::RepoPath;

/// What is called otherwise in the head than in the base.
#[derive(Clone, Debug, Default)]
pub struct Renames {
    paths: HashMap<RepoPath, RepoPath>,
    /// Longest first.
    names: Vec<(String, String)>,
}

impl Renames {
    /// `paths` of the base, with what they are in the head; `module` likewise.
    pub fn new(paths: HashMap<RepoPath, RepoPath>, module: Option<(&RepoPath, &RepoPath)>) -> Self {
        let mut names = Vec::new();
        // Those that merely went along have the module's name in theirs.
        let apart = |old: &RepoPath, new: &RepoPath| {
            module.is_some_and(|(was, is)| match (old.strip(was), new.strip(is)) {
                (Some(before), Some(after)) => before != after,
                _ => false,
            })
        };
        let files = paths.iter().filter(|(old, new)| apart(old, new));
        for (old, new) in files.chain(module) {
            let texts = (old.to_text().into_owned(), new.to_text().into_owned());
            names.extend(
                [Some(texts), old.dotted().zip(new.dotted())]
                    .into_iter()
                    .flatten(),
            );
        }
        // What lies in `src` is imported without it.
        let below: Vec<_> = names
            .iter()
            .filter_map(|(old, new)| {
                let bare = |name: &str| name.strip_prefix("src.").map(str::to_owned);
                bare(old).zip(bare(new))
            })
            .collect();
        names.extend(below);
        names.retain(|(old, new)| old != new && !old.is_empty());
        names.sort_by(|a, b| (b.0.len(), &a.0).cmp(&(a.0.len(), &b.0)));
        names.dedup();
        Self { paths, names }
    }

    /// A path of the base as it is in the head; one that is not known stays.
    pub fn path<'a>(&'a self, path: &'a RepoPath) -> &'a RepoPath {
        self.paths.get(path).unwrap_or(path)
    }

    /// What a tool said of the base, as it would say it of the head; `None`
    /// where that is the same.
    pub fn message(&self, message: &str) -> Option<String> {
        let mut out = String::new();
        let (mut at, mut kept) = (0, 0);
        while at < message.len() {
            let found = starts_name(message, at)
                .then(|| self.names.iter().find(|(old, _)| is_at(message, at, old)))
                .flatten();
            match found {
                Some((old, new)) => {
                    out.push_str(&message[kept..at]);
                    out.push_str(new);
                    at += old.len();
                    kept = at;
                }
                None => at += message[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        if kept == 0 {
            return None;
        }
        out.push_str(&message[kept..]);
        Some(out)
    }
}

/// True where nothing before it is a part of the same name.
fn starts_name(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/'))
}

/// True where that name stands there whole, or what lies below it.
fn is_at(text: &str, at: usize, name: &str) -> bool {
    let after = text[at..].strip_prefix(name);
    after.is_some_and(|rest| {
        let next = rest.chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn renames() -> Renames {
        let paths = HashMap::from([
            ("src/candidate/m/a.py".into(), "src/candidate/n/b.py".into()),
            ("docs/x.py".into(), "docs/y.py".into()),
        ]);
        let module = (&"src/candidate/m".into(), &"src/candidate/n".into());
        Renames::new(paths, Some(module))
    }

    #[test]
    fn names_are_followed_whole_and_only_those_of_the_module() {
        let renames = renames();
        let said = |text| renames.message(text);
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(
            said("Module \"candidate.m.a\" has no attribute \"m\""),
            is("Module \"candidate.n.b\" has no attribute \"m\"")
        );
        assert_eq!(
            said("candidate.m.K vs candidate.m"),
            is("candidate.n.K vs candidate.n")
        );
        assert_eq!(said("src/candidate/m/a.py:3"), is("src/candidate/n/b.py:3"));
        for same in [
            "candidate.mm",
            "x.candidate.m",
            "my_candidate.m",
            "docs/x.py",
            "candidate",
            "é candidate",
            "",
        ] {
            assert_eq!(said(same), None, "{same}");
        }
        assert_eq!(Renames::default().message("candidate.m"), None);
        assert_eq!(renames.path(&"docs/x.py".into()), &"docs/y.py".into());
        assert_eq!(renames.path(&"docs/z.py".into()), &"docs/z.py".into());
    }

    proptest! {
        #[test]
        fn no_words_are_too_odd(words in "([a-z.é/ ]|candidate\\.m){0,9}") {
            let _ = renames().message(&words);
        }
    }
}
