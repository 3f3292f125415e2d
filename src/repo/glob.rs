//! Globs of paths, as `countersign.toml` has them.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::promotion::RepoPath;

use super::RepoError;

/// A set of globs, matched against paths from the root: `**` crosses
/// directories, a glob without a slash matches a name at any depth, what
/// matches a directory matches everything in it, and `x/**` is the directory as well: a
/// module is one.
#[derive(Clone, Debug)]
pub struct Globs(Gitignore);

impl Globs {
    /// Reads them.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, RepoError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in globs {
            let whole = glob.strip_suffix("/**").filter(|it| !it.is_empty());
            // What has no slash any more is still from the root.
            let whole = whole.map(|it| match it.contains('/') {
                true => it.to_owned(),
                false => match it.strip_prefix('!') {
                    Some(it) => format!("!/{it}"),
                    None => format!("/{it}"),
                },
            });
            let line = whole.as_deref().unwrap_or(glob);
            builder.add_line(None, line).map_err(|e| RepoError::Glob {
                glob: glob.into(),
                reason: e.to_string(),
            })?;
        }
        builder.build().map(Self).map_err(|e| RepoError::Glob {
            glob: String::new(),
            reason: e.to_string(),
        })
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where one matches the path or a directory it lies in.
    pub fn matches(&self, path: &RepoPath, is_dir: bool) -> bool {
        !path.is_root()
            && self
                .0
                .matched_path_or_any_parents(path.to_fs(), is_dir)
                .is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_in_a_directory_is_the_directory_too() {
        let globs = |all: &[&str]| Globs::new(all.iter().copied()).unwrap();
        let at = |globs: &Globs, path: &str| globs.matches(&path.into(), true);
        let of_one = globs(&["candidate/quantum/**"]);
        assert!(at(&of_one, "candidate/quantum") && at(&of_one, "candidate/quantum/x"));
        assert!(!at(&of_one, "candidate") && !at(&of_one, "candidate/quantum2"));
        assert!(!at(&of_one, "x/candidate/quantum"));
        let of_root = globs(&["vendor/**"]);
        assert!(at(&of_root, "vendor/x") && !at(&of_root, "candidate/vendor"));
        let but = globs(&["candidate/**", "!candidate/quantum/**"]);
        assert!(at(&but, "candidate/fees") && !at(&but, "candidate/quantum"));
        assert!(at(&globs(&["**"]), "candidate"));
    }
}
