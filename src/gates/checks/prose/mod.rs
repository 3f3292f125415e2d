//! What people write in Markdown: its parts, whether somebody filled them in,
//! its examples, and what a changelog says.

mod changelog;
mod document;
mod own;
mod places;

pub use changelog::{Entry, added, changelogs, entries};
pub use document::{Code, Document};
pub use own::{Filled, Template};
pub use places::{above, names_of, places, short_name};

use std::path::Path;

use crate::promotion::RepoPath;

/// A larger file is nothing that anybody reads.
const MOST_BYTES: u64 = 4 << 20;

/// The text of a regular file of the tree; what is no UTF-8 in it is replaced.
/// A link on the way, or at the end, is not followed.
pub fn read(tree: &Path, path: &RepoPath) -> Option<String> {
    if !path.is_safe() || !is_plain(tree, path) {
        return None;
    }
    let file = tree.join(path.to_fs());
    let meta = std::fs::symlink_metadata(&file).ok()?;
    if !meta.is_file() || meta.len() > MOST_BYTES {
        return None;
    }
    let content = std::fs::read(&file).ok()?;
    Some(String::from_utf8_lossy(&content).into_owned())
}

/// True where everything above a path is a directory and no link.
pub fn is_plain(tree: &Path, path: &RepoPath) -> bool {
    let mut at = path.parent();
    while let Some(dir) = at.filter(|dir| !dir.is_root()) {
        let meta = std::fs::symlink_metadata(tree.join(dir.to_fs()));
        if !meta.is_ok_and(|meta| meta.is_dir()) {
            return false;
        }
        at = dir.parent();
    }
    true
}

/// True where `text` has `name`, and no longer name that it is a part of.
pub fn names(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = &text[..at];
            let before = before.strip_suffix("./").unwrap_or(before);
            // What follows a dot or a slash lies within what is named.
            !before.ends_with(|c| part(c) || matches!(c, '.' | '/'))
                && !text[at + name.len()..].starts_with(part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        for yes in [
            "candidate/x",
            "`candidate/x/`",
            "see candidate/x.",
            "candidate/x/a.py",
            "(./candidate/x)",
        ] {
            assert!(names(yes, "candidate/x"), "{yes}");
        }
        for no in [
            "candidate/xy",
            "old/candidate/x",
            "candidate/x_y",
            "candidate/x-y",
            "../candidate/x",
        ] {
            assert!(!names(no, "candidate/x"), "{no}");
        }
        assert!(!names("anything", ""));
    }

    #[test]
    fn links_are_not_followed() {
        let tree = tempfile::tempdir().unwrap();
        let at = tree.path();
        std::fs::create_dir(at.join("real")).unwrap();
        std::fs::write(at.join("real/README.md"), "hello").unwrap();
        std::os::unix::fs::symlink("real", at.join("link")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at.join("README.md")).unwrap();
        let text = |path: &str| read(at, &path.into());
        assert_eq!(text("real/README.md").as_deref(), Some("hello"));
        assert_eq!(text("link/README.md"), None);
        assert_eq!(text("README.md"), None);
        assert_eq!(text("real/../real/README.md"), None);
        assert_eq!(text("real"), None);
    }
}
