//! Under which names people write.

use std::collections::{BTreeMap, BTreeSet};

use crate::promotion::{ObjectId, text};

use super::tree::oid;
use super::{Repo, RepoError};

/// By e-mail address in lower case: the names and addresses that git knows its
/// commits under, from the newest `most` commits of `tip` and the mailmap. Two
/// addresses with one of them in common look like one person.
pub fn identities(
    repo: &Repo,
    tip: ObjectId,
    most: usize,
) -> Result<BTreeMap<String, BTreeSet<String>>, RepoError> {
    let git = repo.open_git()?;
    let mailmap = git.mailmap().ok();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut walk = || -> Result<(), git2::Error> {
        let mut walk = git.revwalk()?;
        walk.push(oid(tip))?;
        for commit in walk.take(most) {
            // Absent in a shallow clone: the history ends here.
            let Ok(commit) = git.find_commit(commit?) else {
                break;
            };
            let author = commit.author();
            let address = lower(author.email_bytes());
            let known = found.entry(address.clone()).or_default();
            known.insert(address);
            known.insert(lower(author.name_bytes()));
            let map = mailmap.as_ref();
            if let Some(mapped) = map.and_then(|map| map.resolve_signature(&author).ok()) {
                known.insert(lower(mapped.email_bytes()));
                known.insert(lower(mapped.name_bytes()));
            }
            known.remove("");
        }
        Ok(())
    };
    walk().map_err(RepoError::git("read who wrote what"))?;
    Ok(found)
}

fn lower(bytes: &[u8]) -> String {
    text::decode(bytes.trim_ascii()).to_lowercase()
}
