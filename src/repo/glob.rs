//! Globs of paths, as `countersign.toml` has them.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::promotion::RepoPath;

use super::RepoError;

/// A set of globs, matched against paths from the root: `**` crosses
/// directories, a glob without a slash matches a name at any depth, and what
/// matches a directory matches everything in it.
#[derive(Clone, Debug)]
pub struct Globs(Gitignore);

impl Globs {
    /// Reads them.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, RepoError> {
        let mut builder = GitignoreBuilder::new("");
        for glob in globs {
            builder.add_line(None, glob).map_err(|e| RepoError::Glob {
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
