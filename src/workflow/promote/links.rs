//! Symbolic links that a move would break: those that lead into the module, and those in
//! it that lead out. Each is written anew so that it leads where it led.

use std::collections::BTreeMap;

use crate::promotion::{ObjectId, Relocation, RepoPath};
use crate::repo::tree::{self, Mode};
use crate::repo::{Repo, RepoError};

use super::{Why, Write};

/// The links that have to be written anew, and in words those that lead out of the tree.
pub(super) fn links(
    repo: &Repo,
    commit: ObjectId,
    relocation: &Relocation,
) -> Result<(Vec<Write>, Vec<String>), RepoError> {
    let git = repo.open_git()?;
    let (mut writes, mut absolute) = (Vec::new(), Vec::new());
    let all = tree::walk(&git, commit, &RepoPath::default())?;
    let links: BTreeMap<RepoPath, ObjectId> = all
        .into_iter()
        .filter(|(_, entry)| entry.mode == Mode::Symlink)
        .map(|(path, entry)| (path, entry.id))
        .collect();
    for (path, id) in links {
        let target = tree::read_blob(&git, id)?;
        let moved = relocation.moves(&path);
        if target.first() == Some(&b'/') {
            if moved {
                absolute.push(format!("{path} is a link out of the repository"));
            }
            continue;
        }
        let after = relocation.after(&path);
        if let Some(new) = new_target(&path, &after, &target, relocation) {
            writes.push(Write {
                path: after,
                why: Why::Link,
                mode: Mode::Symlink,
                before: Some(target),
                after: new,
            });
        }
    }
    Ok((writes, absolute))
}

/// What a link has to say after the move; `None` where it stays as it is.
fn new_target(
    path: &RepoPath,
    after: &RepoPath,
    target: &[u8],
    relocation: &Relocation,
) -> Option<Vec<u8>> {
    let led_to = resolved(&path.parent()?, target)?;
    let leads_to = relocation.after(&led_to);
    let directory = after.parent()?;
    if resolved(&directory, target).as_ref() == Some(&leads_to) {
        return None;
    }
    Some(relative(&directory, &leads_to))
}

/// Where a relative path leads from a directory, by its text; `None`: out of the tree.
fn resolved(from: &RepoPath, target: &[u8]) -> Option<RepoPath> {
    let mut at = from.clone();
    for part in target.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => at = at.parent()?,
            part => at = at.join(part),
        }
    }
    Some(at)
}

/// The relative path from a directory to a path.
fn relative(from: &RepoPath, to: &RepoPath) -> Vec<u8> {
    let mut above = from.clone();
    let mut ups = 0;
    while !to.is_within(&above) {
        let Some(parent) = above.parent() else { break };
        above = parent;
        ups += 1;
    }
    let rest = to.strip(&above).unwrap_or_else(|| to.clone());
    let mut parts = vec![&b".."[..]; ups];
    if !rest.is_root() {
        parts.push(rest.as_bytes());
    }
    match parts.is_empty() {
        true => b".".to_vec(),
        false => parts.join(&b'/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(path: &str, target: &str, to: &str) -> Option<String> {
        let relocation = Relocation::new("candidate/x".into(), to.into());
        let path = RepoPath::from(path);
        let after = relocation.after(&path);
        let new = new_target(&path, &after, target.as_bytes(), &relocation)?;
        Some(String::from_utf8(new).unwrap())
    }

    #[test]
    fn a_link_leads_where_it_led() {
        // Within the module, and as deep as before.
        assert_eq!(new("candidate/x/a", "b/c", "core/x"), None);
        assert_eq!(new("candidate/x/a", "../../data", "core/x"), None);
        // Out of it, and deeper now.
        assert_eq!(
            new("candidate/x/a", "../../data", "src/core/x").as_deref(),
            Some("../../../data")
        );
        assert_eq!(
            new("candidate/x/a", "../y/b", "core/x").as_deref(),
            Some("../../candidate/y/b")
        );
        // Into it.
        assert_eq!(
            new("docs/x.md", "../candidate/x/README.md", "core/x").as_deref(),
            Some("../core/x/README.md")
        );
        assert_eq!(new("link", "candidate/x", "x").as_deref(), Some("x"));
        // Elsewhere, and nowhere.
        assert_eq!(new("docs/y", "../candidate/xx", "core/x"), None);
        assert_eq!(new("docs/y", "../../../etc", "core/x"), None);
    }

    #[test]
    fn what_is_relative_leads_there() {
        for (from, to) in [
            ("", "a/b"),
            ("a", "a/b"),
            ("a/b", "a"),
            ("a/b", "c/d/e"),
            ("a/b", ""),
            ("a", "a"),
        ] {
            let (from, to) = (RepoPath::from(from), RepoPath::from(to));
            assert_eq!(resolved(&from, &relative(&from, &to)), Some(to));
        }
    }
}
