//! Every keyring that was ever in force.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::config::project::{self, FILE_NAME};
use crate::config::sign_off::KEYRING;
use crate::promotion::{ObjectId, RepoPath, Sha256, text};
use crate::repo::line;
use crate::review::Keyring;
use crate::workflow::Workspace;

use super::base::small;
use super::{Authority, AuthorityError};

/// Every keyring that the base branch had at one of its commits, where its
/// `countersign.toml` of that time said that it is; by its digest. Those with lines
/// that cannot stand were never in force, and are left out.
///
/// Only first parents are walked. What a merged branch held in between was never in
/// force, and somebody could have hidden a keyring there: set up in one commit, taken
/// away in the next.
pub fn keyrings(
    ws: &Workspace,
    authority: &Authority,
) -> Result<BTreeMap<Sha256, Arc<Keyring>>, AuthorityError> {
    let git = ws.repo().open_git()?;
    let mut found: BTreeMap<_, _> = [(authority.keyring.digest, authority.keyring.clone())].into();
    for version in versions(ws, authority)? {
        if let Ok(bytes) = small(&git, version)?
            && let Ok(keyring) = Keyring::read(&bytes)
        {
            found.insert(keyring.digest, Arc::new(keyring));
        }
    }
    Ok(found)
}

/// Their blobs.
fn versions(ws: &Workspace, authority: &Authority) -> Result<HashSet<ObjectId>, AuthorityError> {
    let repo = ws.repo();
    let config_path = RepoPath::from(FILE_NAME);
    let without = RepoPath::from(KEYRING);
    // By each `countersign.toml`. One that an older Countersign wrote may not be
    // understood any more: then where the keyring is now.
    let mut places: HashMap<ObjectId, RepoPath> = HashMap::new();
    let read = |id| {
        let text = repo.read_blob(id).ok()?;
        project::parse(&text::decode(&text), FILE_NAME).ok()
    };
    let mut versions = HashSet::new();
    line::along(repo, authority.commit, &mut |at| {
        let place = match at.entry(&config_path)? {
            Some(entry) if entry.mode.is_file() => &*places.entry(entry.id).or_insert_with(|| {
                read(entry.id).map_or(authority.keyring_path.clone(), |it| it.sign_off.keyring)
            }),
            _ => &without,
        };
        if let Some(entry) = at.entry(place)?
            && entry.mode.is_file()
        {
            versions.insert(entry.id);
        }
        Ok(())
    })?;
    Ok(versions)
}
