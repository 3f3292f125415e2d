//! Moving and writing paths from tree to tree, on objects: no work tree, no index. What
//! comes of it is nobody's until a reference names it.

use std::collections::BTreeMap;

use git2::FileMode;
use git2::build::TreeUpdateBuilder;

use crate::promotion::{ObjectId, RepoPath};

use super::tree::{self, Mode, object_id, oid};
use super::{Repo, RepoError};

/// What a path is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its bytes; of a link its target.
    pub content: Vec<u8>,
    /// A file, executable or not, or a link.
    pub mode: Mode,
}

/// The tree of a commit with paths moved, whole and as they are: the objects stay the
/// same. A directory that holds nothing any more goes.
pub fn moved(
    repo: &Repo,
    commit: ObjectId,
    moves: &[(RepoPath, RepoPath)],
) -> Result<ObjectId, RepoError> {
    let git = repo.open_git()?;
    let root = tree::root(&git, commit)?;
    let mut update = TreeUpdateBuilder::new();
    for (from, to) in moves {
        let Some(entry) = tree::entry(&git, commit, from)? else {
            return Err(RepoError::MissingObject {
                id: commit,
                what: from.to_string(),
            });
        };
        update.remove(from.as_bytes());
        update.upsert(to.as_bytes(), oid(entry.id), file_mode(entry.mode));
    }
    let made = update.create_updated(&git, &root);
    made.map(object_id)
        .map_err(RepoError::git("make the tree of the move"))
}

/// A tree with some paths written anew.
pub fn written(
    repo: &Repo,
    root: ObjectId,
    writes: &BTreeMap<RepoPath, Written>,
) -> Result<ObjectId, RepoError> {
    let git = repo.open_git()?;
    let root = tree::subtree(&git, root)?;
    let mut update = TreeUpdateBuilder::new();
    for (path, write) in writes {
        let blob = git
            .blob(&write.content)
            .map_err(RepoError::git(format!("write {path}")))?;
        update.upsert(path.as_bytes(), blob, file_mode(write.mode));
    }
    let made = update.create_updated(&git, &root);
    made.map(object_id)
        .map_err(RepoError::git("write what is new into the tree"))
}

pub(super) fn file_mode(mode: Mode) -> FileMode {
    match mode {
        Mode::File => FileMode::Blob,
        Mode::Executable => FileMode::BlobExecutable,
        Mode::Symlink => FileMode::Link,
        Mode::Tree => FileMode::Tree,
        Mode::Gitlink => FileMode::Commit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn scene(dir: &Path, files: &[(&str, &str)]) -> (Repo, ObjectId) {
        let git = git2::Repository::init(dir).unwrap();
        let empty = git.treebuilder(None).unwrap().write().unwrap();
        let mut update = TreeUpdateBuilder::new();
        for (path, content) in files {
            let blob = git.blob(content.as_bytes()).unwrap();
            let mode = match path.ends_with(".sh") {
                true => FileMode::BlobExecutable,
                false => FileMode::Blob,
            };
            update.upsert(*path, blob, mode);
        }
        let tree = update.create_updated(&git, &git.find_tree(empty).unwrap());
        let tree = git.find_tree(tree.unwrap()).unwrap();
        let who = git2::Signature::new("x", "x@x", &git2::Time::new(0, 0)).unwrap();
        let commit = git.commit(None, &who, &who, "x", &tree, &[]).unwrap();
        (Repo::discover(dir).unwrap(), object_id(commit))
    }

    fn paths(repo: &Repo, tree: ObjectId) -> Vec<String> {
        let git = repo.open_git().unwrap();
        let tree = git.find_tree(oid(tree)).unwrap();
        let mut all = Vec::new();
        tree.walk(git2::TreeWalkMode::PreOrder, |root, entry| {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            all.push(format!("{root}{name}"));
            git2::TreeWalkResult::Ok
        })
        .unwrap();
        all
    }

    #[test]
    fn a_move_keeps_the_object_and_leaves_no_empty_directory() {
        let dir = tempfile::tempdir().unwrap();
        let (repo, commit) = scene(
            dir.path(),
            &[
                ("candidate/deep/x/__init__.py", "1"),
                ("candidate/deep/x/run.sh", "2"),
                ("core/y.py", "3"),
            ],
        );
        let before = repo.entry(commit, &"candidate/deep/x".into()).unwrap();
        let tree = moved(
            &repo,
            commit,
            &[("candidate/deep/x".into(), "core/deep/x".into())],
        );
        let tree = tree.unwrap();
        assert_eq!(
            paths(&repo, tree),
            [
                "core",
                "core/deep",
                "core/deep/x",
                "core/deep/x/__init__.py",
                "core/deep/x/run.sh",
                "core/y.py"
            ]
        );
        let git = repo.open_git().unwrap();
        let root = git.find_tree(oid(tree)).unwrap();
        let after = tree::entry_below(&git, root, &"core/deep/x".into()).unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn a_file_keeps_its_mode_and_its_neighbours() {
        let dir = tempfile::tempdir().unwrap();
        let files = [("c/a.sh", "1"), ("c/b.py", "2"), ("k", "3")];
        let (repo, commit) = scene(dir.path(), &files);
        let tree = moved(&repo, commit, &[("c/a.sh".into(), "a.sh".into())]).unwrap();
        assert_eq!(paths(&repo, tree), ["a.sh", "c", "c/b.py", "k"]);
        let git = repo.open_git().unwrap();
        let root = git.find_tree(oid(tree)).unwrap();
        let entry = tree::entry_below(&git, root, &"a.sh".into()).unwrap();
        assert_eq!(entry.unwrap().mode, Mode::Executable);
        assert!(moved(&repo, commit, &[("none".into(), "x".into())]).is_err());
    }

    #[test]
    fn what_is_written_is_there_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let (repo, commit) = scene(dir.path(), &[("a.py", "1"), ("d/b.py", "2")]);
        let git = repo.open_git().unwrap();
        let root = object_id(tree::root(&git, commit).unwrap().id());
        let file = |text: &str| Written {
            content: text.into(),
            mode: Mode::File,
        };
        let writes = [("d/b.py".into(), file("3")), ("e/f/g.py".into(), file("4"))];
        let new = written(&repo, root, &writes.into()).unwrap();
        assert_eq!(
            paths(&repo, new),
            ["a.py", "d", "d/b.py", "e", "e/f", "e/f/g.py"]
        );
        assert_eq!(written(&repo, root, &BTreeMap::new()).unwrap(), root);
    }
}
