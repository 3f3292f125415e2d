//! Who made a change: authors, committers and co-authors of commits.

use std::collections::BTreeSet;

use crate::promotion::{ObjectId, RepoPath, text};

use super::tree::{object_id, oid};
use super::{Repo, RepoError};

/// Who commits here, by git's configuration: `Name <address>`; `None` where it says nobody.
pub fn committer(repo: &Repo) -> Result<Option<String>, RepoError> {
    let who = repo.open_git()?.signature().ok().map(|who| {
        let text = |bytes: &[u8]| text::decode(bytes).into_owned();
        format!("{} <{}>", text(who.name_bytes()), text(who.email_bytes()))
    });
    Ok(who)
}

/// The host at which GitHub gives out addresses that name an account.
const NOREPLY: &str = "@users.noreply.github.com";

/// The addresses, in lower case, of those who made what `head` has and `base` has
/// not. Where that leaves the module as it is on `base` — it waits on the branch that
/// promotions go to — those who made the module are meant: the people of every commit
/// that changed it. An address that names an account gives that, too.
pub fn authors(
    repo: &Repo,
    base: Option<ObjectId>,
    head: ObjectId,
    module: &RepoPath,
) -> Result<Vec<String>, RepoError> {
    let git = repo.open_git()?;
    let there = |commit| super::tree::entry(&git, commit, module);
    let untouched = match base {
        Some(base) => there(base)? == there(head)?,
        None => true,
    };
    let mut people = People::of(&git);
    let walk = |people: &mut People| -> Result<(), git2::Error> {
        let mut walk = git.revwalk()?;
        walk.push(oid(head))?;
        if let Some(base) = base.filter(|_| !untouched) {
            walk.hide(oid(base))?;
        }
        for commit in walk {
            let commit = git.find_commit(commit?)?;
            if !untouched || touches(&git, &commit, module) {
                people.add(&commit);
            }
        }
        Ok(())
    };
    walk(&mut people).map_err(RepoError::git("read who made the change"))?;
    Ok(people.addresses.into_iter().collect())
}

/// Whether the commit has the module otherwise than each of its parents.
fn touches(git: &git2::Repository, commit: &git2::Commit<'_>, module: &RepoPath) -> bool {
    let there = |commit| {
        super::tree::entry(git, object_id(commit), module)
            .ok()
            .flatten()
    };
    let here = there(commit.id());
    match commit.parent_count() {
        0 => here.is_some(),
        _ => commit.parent_ids().all(|parent| there(parent) != here),
    }
}

struct People {
    mailmap: Option<git2::Mailmap>,
    addresses: BTreeSet<String>,
}

impl People {
    fn of(git: &git2::Repository) -> Self {
        Self {
            mailmap: git.mailmap().ok(),
            addresses: BTreeSet::new(),
        }
    }

    fn add(&mut self, commit: &git2::Commit<'_>) {
        for who in [commit.author(), commit.committer()] {
            self.address(who.email_bytes());
            let mapped = self
                .mailmap
                .as_ref()
                .and_then(|map| map.resolve_signature(&who).ok());
            if let Some(mapped) = mapped {
                self.address(mapped.email_bytes());
            }
        }
        for line in commit.message_raw_bytes().split(|byte| *byte == b'\n') {
            let Some((name, rest)) = line.split_once_byte(b':') else {
                continue;
            };
            if name.eq_ignore_ascii_case(b"co-authored-by")
                && let Some((_, rest)) = rest.split_once_byte(b'<')
                && let Some((address, _)) = rest.split_once_byte(b'>')
            {
                self.address(address);
            }
        }
    }

    fn address(&mut self, bytes: &[u8]) {
        let address = String::from_utf8_lossy(bytes.trim_ascii()).to_lowercase();
        if let Some(local) = address.strip_suffix(NOREPLY) {
            let account = local.rsplit_once('+').map_or(local, |(_, account)| account);
            self.addresses.insert(account.to_owned());
        }
        if !address.is_empty() {
            self.addresses.insert(address);
        }
    }
}

/// `split_once` of text, for bytes.
trait SplitOnce {
    fn split_once_byte(&self, at: u8) -> Option<(&[u8], &[u8])>;
}

impl SplitOnce for [u8] {
    fn split_once_byte(&self, at: u8) -> Option<(&[u8], &[u8])> {
        let at = memchr::memchr(at, self)?;
        Some((&self[..at], &self[at + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        dir: tempfile::TempDir,
        tip: Option<ObjectId>,
    }

    impl Scene {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            git2::Repository::init(dir.path()).unwrap();
            Self { dir, tip: None }
        }

        /// A commit by these two that sets `m/a.py` or another file.
        fn commit(&mut self, path: &str, content: &str, by: [&str; 2], message: &str) -> ObjectId {
            let git = git2::Repository::open(self.dir.path()).unwrap();
            let who =
                by.map(|mail| git2::Signature::new("x", mail, &git2::Time::new(0, 0)).unwrap());
            let parent = self.tip.map(|tip| git.find_commit(oid(tip)).unwrap());
            let mut index = git2::Index::new().unwrap();
            git.set_index(&mut index).unwrap();
            if let Some(parent) = &parent {
                index.read_tree(&parent.tree().unwrap()).unwrap();
            }
            let blob = git.blob(content.as_bytes()).unwrap();
            let entry = git2::IndexEntry {
                ctime: git2::IndexTime::new(0, 0),
                mtime: git2::IndexTime::new(0, 0),
                dev: 0,
                ino: 0,
                mode: 0o100_644,
                uid: 0,
                gid: 0,
                file_size: 0,
                id: blob,
                flags: 0,
                flags_extended: 0,
                path: path.into(),
            };
            index.add(&entry).unwrap();
            let tree = git.find_tree(index.write_tree_to(&git).unwrap()).unwrap();
            let parents: Vec<_> = parent.iter().collect();
            let id = git
                .commit(None, &who[0], &who[1], message, &tree, &parents)
                .unwrap();
            self.tip = Some(object_id(id));
            object_id(id)
        }

        fn authors(&self, base: Option<ObjectId>) -> Vec<String> {
            let repo = Repo::discover(self.dir.path()).unwrap();
            authors(&repo, base, self.tip.unwrap(), &"m".into()).unwrap()
        }
    }

    #[test]
    fn of_a_branch_everybody_counts_who_wrote_on_it() {
        let mut scene = Scene::new();
        let base = scene.commit("m/a.py", "1", ["old@x", "old@x"], "begin");
        scene.commit(
            "m/a.py",
            "2",
            ["Mara@X", "7+noor@users.noreply.github.com"],
            "change\n\nCo-Authored-By: J <Jonas@x>\nSigned-off-by: Q <q@x>\n",
        );
        scene.commit("other", "2", ["ci@x", "ci@x"], "beside it");
        assert_eq!(
            scene.authors(Some(base)),
            [
                "7+noor@users.noreply.github.com",
                "ci@x",
                "jonas@x",
                "mara@x",
                "noor"
            ]
        );
    }

    #[test]
    fn of_a_module_that_waits_on_the_base_branch_those_who_made_it() {
        let mut scene = Scene::new();
        scene.commit("m/a.py", "1", ["old@x", "old@x"], "begin");
        scene.commit("other", "1", ["else@x", "else@x"], "beside it");
        let base = scene.commit("m/b.py", "1", ["mara@x", "mara@x"], "more");
        assert_eq!(scene.authors(Some(base)), ["mara@x", "old@x"]);
        assert_eq!(scene.authors(None), ["mara@x", "old@x"]);
        scene.commit("other", "2", ["noor@x", "noor@x"], "a branch beside it");
        assert_eq!(scene.authors(Some(base)), ["mara@x", "old@x"]);
    }

    #[test]
    fn a_name_that_the_mailmap_joins_to_another_is_both() {
        let mut scene = Scene::new();
        std::fs::write(
            scene.dir.path().join(".mailmap"),
            "M <mara@x> <mara@home>\n",
        )
        .unwrap();
        scene.commit("m/a.py", "1", ["mara@home", "mara@home"], "begin");
        assert_eq!(scene.authors(None), ["mara@home", "mara@x"]);
    }
}
