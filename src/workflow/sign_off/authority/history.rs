//! Every keyring that was ever in force.
//!
//! Only first parents are walked. What a merged branch held in between was never in
//! force, and somebody could have hidden a keyring there: set up in one commit, taken
//! away in the next.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::config::project::{self, FILE_NAME};
use crate::config::sign_off::KEYRING;
use crate::promotion::{ObjectId, RepoPath, Sha256, text};
use crate::repo::Repo;
use crate::repo::line::Entries;
use crate::review::Keyring;
use crate::workflow::Workspace;

use super::base::small;
use super::{Authority, AuthorityError};

/// Keyrings by their digest.
pub type Keyrings = BTreeMap<Sha256, Arc<Keyring>>;

/// Every keyring that the base branch had at one of its commits, where its
/// `countersign.toml` of that time said that it is. Those with lines that cannot stand
/// were never in force, and are left out.
///
/// Looks at every commit of the line; where it is known which are needed,
/// [`keyrings_named`] mostly does not.
pub fn keyrings(ws: &Workspace, authority: &Authority) -> Result<Keyrings, AuthorityError> {
    let mut past = Past::of(ws.repo(), authority)?;
    past.scan(&mut |_| false)?;
    Ok(past.found)
}

/// Those of them with these digests, and that of now. One that is not given never was
/// in force.
///
/// A keyring changes seldom, and seldom back: between two commits that have the same
/// one there is mostly no other, so that halving finds the changes. Only where one is
/// wanted that this does not find is every commit looked at.
pub fn keyrings_named(
    ws: &Workspace,
    authority: &Authority,
    wanted: &BTreeSet<Sha256>,
) -> Result<Keyrings, AuthorityError> {
    let mut past = Past::of(ws.repo(), authority)?;
    let all = |found: &Keyrings| wanted.iter().all(|digest| found.contains_key(digest));
    if !all(&past.found) {
        past.halve(&mut |found| all(found))?;
    }
    if !all(&past.found) {
        past.scan(&mut |found| all(found))?;
    }
    past.found
        .retain(|digest, _| wanted.contains(digest) || *digest == authority.keyring.digest);
    Ok(past.found)
}

/// Whether enough was found.
type Enough<'a> = &'a mut dyn FnMut(&Keyrings) -> bool;

struct Past<'a> {
    repo: &'a Repo,
    git: git2::Repository,
    authority: &'a Authority,
    entries: Entries,
    /// Where the keyring is by each `countersign.toml`.
    places: HashMap<ObjectId, RepoPath>,
    /// Blobs that were read.
    read: HashSet<ObjectId>,
    found: Keyrings,
}

impl<'a> Past<'a> {
    fn of(repo: &'a Repo, authority: &'a Authority) -> Result<Self, AuthorityError> {
        Ok(Self {
            repo,
            git: repo.open_git()?,
            authority,
            entries: Entries::of(repo)?,
            places: HashMap::new(),
            read: HashSet::new(),
            found: [(authority.keyring.digest, authority.keyring.clone())].into(),
        })
    }

    /// Looks at every commit.
    fn scan(&mut self, enough: Enough<'_>) -> Result<(), AuthorityError> {
        for commit in self.authority.line.iter() {
            let before = self.found.len();
            self.look(*commit)?;
            if self.found.len() > before && enough(&self.found) {
                break;
            }
        }
        Ok(())
    }

    /// Looks between two commits only where they differ.
    fn halve(&mut self, enough: Enough<'_>) -> Result<(), AuthorityError> {
        let line = self.authority.line.clone();
        let mut between = vec![(0, line.len().saturating_sub(1))];
        while let Some((newer, older)) = between.pop() {
            let same = self.look(line[newer])? == self.look(line[older])?;
            if enough(&self.found) {
                break;
            }
            if !same && older - newer > 1 {
                let middle = newer + (older - newer) / 2;
                // What is newer is asked for more often.
                between.extend([(middle, older), (newer, middle)]);
            }
        }
        Ok(())
    }

    /// The keyring's blob at a commit, which is read the first time it is met.
    fn look(&mut self, commit: ObjectId) -> Result<Option<ObjectId>, AuthorityError> {
        let config = self.entries.at(commit, &FILE_NAME.into())?;
        let place = match config.filter(|entry| entry.mode.is_file()) {
            Some(entry) => self.place(entry.id),
            None => KEYRING.into(),
        };
        let entry = self.entries.at(commit, &place)?;
        let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
            return Ok(None);
        };
        if self.read.insert(entry.id)
            && let Ok(bytes) = small(&self.git, entry.id)?
            && let Ok(keyring) = Keyring::read(&bytes)
        {
            self.found.insert(keyring.digest, Arc::new(keyring));
        }
        Ok(Some(entry.id))
    }

    /// Where the keyring is by that `countersign.toml`. One that an older Countersign
    /// wrote may not be understood any more: then where it is now.
    fn place(&mut self, config: ObjectId) -> RepoPath {
        let read = || {
            let bytes = self.repo.read_blob(config).ok()?;
            let read = project::parse(&text::decode(&bytes), FILE_NAME).ok()?;
            Some(read.sign_off.keyring)
        };
        let now = &self.authority.keyring_path;
        let place = self.places.entry(config);
        place
            .or_insert_with(|| read().unwrap_or(now.clone()))
            .clone()
    }
}
