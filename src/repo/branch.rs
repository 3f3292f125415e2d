//! Branches by the name that every clone has for them.
//!
//! [`merge_base::base_branch`](super::merge_base::base_branch) gives a name for
//! people: `origin/HEAD` here, `main` there, for one and the same branch. What is
//! signed needs one name, and a branch: a tag of that name is not looked at.

use crate::promotion::ObjectId;

use super::tree::object_id;
use super::{Repo, RepoError};

const LOCAL: &str = "refs/heads/";
const REMOTE: &str = "refs/remotes/";
const ORIGIN: &str = "refs/remotes/origin/";

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// `refs/heads/main`, also where only `origin/main` is here.
    pub name: String,
    /// Its newest commit.
    pub tip: ObjectId,
}

impl Branch {
    /// Its name for people: `main`.
    pub fn short(&self) -> &str {
        self.name.strip_prefix(LOCAL).unwrap_or(&self.name)
    }
}

/// The branch promotions go to: what `origin/HEAD` points to, else `main` or
/// `master`, here before on `origin`. The order is that of
/// [`merge_base::base_branch`](super::merge_base::base_branch), so of a local branch
/// and its remote-tracking one that differ the same counts in both: where `origin`
/// says what its default branch is that one of `origin`, else the local one.
pub fn default(repo: &Repo) -> Result<Option<Branch>, RepoError> {
    let git = repo.open_git()?;
    let places = [
        "refs/remotes/origin/HEAD",
        "refs/heads/main",
        "refs/heads/master",
        "refs/remotes/origin/main",
        "refs/remotes/origin/master",
    ];
    Ok(places.into_iter().find_map(|place| at(&git, place)))
}

/// The branch of that name: here, else on `origin`. The name may say where it is
/// (`origin/main`, `refs/heads/main`).
pub fn named(repo: &Repo, name: &str) -> Result<Option<Branch>, RepoError> {
    let git = repo.open_git()?;
    let places = match name.strip_prefix("refs/") {
        Some(_) => vec![name.to_owned()],
        None => [LOCAL, ORIGIN, REMOTE]
            .map(|place| [place, name].concat())
            .to_vec(),
    };
    Ok(places.iter().find_map(|place| at(&git, place)))
}

/// True where a branch may be called that.
pub fn is_name(name: &str) -> bool {
    !name.starts_with('-') && git2::Branch::name_is_valid(name).unwrap_or(false)
}

fn at(git: &git2::Repository, reference: &str) -> Option<Branch> {
    let found = git.find_reference(reference).ok()?;
    let name = match reference.strip_prefix(REMOTE) {
        // It only says which branch is meant.
        Some(rest) if rest.ends_with("/HEAD") => {
            let target = found.symbolic_target().ok()??;
            return (!target.ends_with("/HEAD")).then(|| at(git, target))?;
        }
        Some(rest) => [LOCAL, rest.split_once('/')?.1].concat(),
        None => reference
            .strip_prefix(LOCAL)
            .map(|_| reference.to_owned())?,
    };
    let commit = found.peel_to_commit().ok()?;
    Some(Branch {
        name,
        tip: object_id(commit.id()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::merge_base::base_branch;

    struct Scene {
        dir: tempfile::TempDir,
        git: git2::Repository,
    }

    impl Scene {
        /// A repository with no branch at all.
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let git = git2::Repository::init(dir.path()).unwrap();
            Self { dir, git }
        }

        fn commit(&self, message: &str) -> git2::Oid {
            let who = git2::Signature::new("x", "x@x", &git2::Time::new(0, 0)).unwrap();
            let empty = self.git.treebuilder(None).unwrap().write().unwrap();
            let tree = self.git.find_tree(empty).unwrap();
            self.git
                .commit(None, &who, &who, message, &tree, &[])
                .unwrap()
        }

        fn set(&self, reference: &str, to: git2::Oid) -> &Self {
            self.git.reference(reference, to, true, "").unwrap();
            self
        }

        fn repo(&self) -> Repo {
            Repo::discover(self.dir.path()).unwrap()
        }

        #[track_caller]
        fn assert_default(&self, name: &str, tip: git2::Oid) {
            let found = default(&self.repo()).unwrap().unwrap();
            assert_eq!((found.name.as_str(), found.tip), (name, object_id(tip)));
            let other = base_branch(&self.repo(), None).unwrap().unwrap();
            assert_eq!(other.1, found.tip, "base_branch finds {}", other.0);
        }
    }

    #[test]
    fn a_branch_has_one_name_in_every_clone() {
        let scene = Scene::new();
        let one = scene.commit("one");
        assert_eq!(default(&scene.repo()).unwrap(), None);
        scene.set("refs/remotes/origin/main", one);
        scene.assert_default("refs/heads/main", one);
        let two = scene.commit("two");
        scene.set("refs/heads/main", two);
        scene.assert_default("refs/heads/main", two);
        scene.set("refs/remotes/origin/trunk/a", one);
        let head = "refs/remotes/origin/HEAD";
        scene
            .git
            .reference_symbolic(head, "refs/remotes/origin/trunk/a", true, "")
            .unwrap();
        scene.assert_default("refs/heads/trunk/a", one);
    }

    #[test]
    fn a_named_branch_is_found_wherever_it_is() {
        let scene = Scene::new();
        let (one, two) = (scene.commit("one"), scene.commit("two"));
        scene.set("refs/remotes/origin/develop", one);
        let head = "refs/remotes/origin/HEAD";
        scene
            .git
            .reference_symbolic(head, "refs/remotes/origin/develop", true, "")
            .unwrap();
        for name in [
            "develop",
            "origin/develop",
            "refs/remotes/origin/develop",
            "origin/HEAD",
        ] {
            let found = named(&scene.repo(), name).unwrap().unwrap();
            assert_eq!(found.name, "refs/heads/develop", "{name}");
            assert_eq!(found.short(), "develop");
        }
        scene.set("refs/heads/develop", two);
        let found = named(&scene.repo(), "develop").unwrap().unwrap();
        assert_eq!(found.tip, object_id(two));
    }

    #[test]
    fn not_every_word_is_a_name() {
        assert!(is_name("promote/x-20260309"));
        for no in ["", "a..b", "-x", "a b", "x.lock", "a~1"] {
            assert!(!is_name(no), "{no}");
        }
    }

    #[test]
    fn a_tag_is_no_branch() {
        let scene = Scene::new();
        let (one, two) = (scene.commit("one"), scene.commit("two"));
        scene.set("refs/tags/main", two);
        for name in ["main", "refs/tags/main", "tags/main", "nowhere", ""] {
            assert_eq!(named(&scene.repo(), name).unwrap(), None, "{name}");
        }
        scene.set("refs/heads/main", one);
        let found = named(&scene.repo(), "main").unwrap().unwrap();
        assert_eq!(found.tip, object_id(one));
    }
}
