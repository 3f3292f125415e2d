//! Trees at any revision, read from objects.

use crate::promotion::{ObjectId, RepoPath};

use super::RepoError;

/// What a tree entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A regular file.
    File,
    /// A regular file that may be executed.
    Executable,
    /// A symbolic link; its blob holds the target.
    Symlink,
    /// A directory.
    Tree,
    /// A submodule's commit, which lies in another repository.
    Gitlink,
}

impl Mode {
    /// From git's file mode. Old trees hold `100664`: a file all the same.
    pub fn from_git(mode: i32) -> Self {
        match mode & 0o170000 {
            0o040000 => Self::Tree,
            0o120000 => Self::Symlink,
            0o160000 => Self::Gitlink,
            _ if mode & 0o100 != 0 => Self::Executable,
            _ => Self::File,
        }
    }

    /// True for files, executable or not.
    pub fn is_file(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TreeEntry {
    /// The object.
    pub id: ObjectId,
    /// What it is.
    pub mode: Mode,
}

impl TreeEntry {
    pub(super) fn of(entry: &git2::TreeEntry<'_>) -> Self {
        Self {
            id: object_id(entry.id()),
            mode: Mode::from_git(entry.filemode_raw()),
        }
    }
}

/// libgit2's name for an object.
pub fn oid(id: ObjectId) -> git2::Oid {
    // 20 bytes always make an Oid; the zero id is never in a repository.
    git2::Oid::from_bytes(id.as_bytes()).unwrap_or(git2::Oid::ZERO_SHA1)
}

/// Our name for an object.
pub fn object_id(oid: git2::Oid) -> ObjectId {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&oid.as_bytes()[..20]);
    ObjectId::from_bytes(bytes)
}

/// The name that git gives a file's content.
pub fn object_id_of(content: &[u8]) -> ObjectId {
    // Hashing what is in memory cannot fail.
    let oid = git2::Oid::hash_object(git2::ObjectType::Blob, content);
    object_id(oid.unwrap_or(git2::Oid::ZERO_SHA1))
}

/// The tree of a commit.
pub fn root<'git>(
    git: &'git git2::Repository,
    commit: ObjectId,
) -> Result<git2::Tree<'git>, RepoError> {
    git.find_commit(oid(commit))
        .and_then(|c| c.tree())
        .map_err(missing_or(commit, "a commit's tree"))
}

/// A tree by its id.
pub fn subtree<'git>(
    git: &'git git2::Repository,
    id: ObjectId,
) -> Result<git2::Tree<'git>, RepoError> {
    git.find_tree(oid(id))
        .map_err(missing_or(id, "a directory"))
}

fn missing_or(id: ObjectId, what: &'static str) -> impl FnOnce(git2::Error) -> RepoError {
    move |e| match e.code() {
        git2::ErrorCode::NotFound => RepoError::MissingObject {
            id,
            what: what.into(),
        },
        _ => RepoError::git(format!("read {what} ({id})"))(e),
    }
}

/// A blob's content.
pub fn read_blob(git: &git2::Repository, id: ObjectId) -> Result<Vec<u8>, RepoError> {
    git.find_blob(oid(id))
        .map(|blob| blob.content().to_vec())
        .map_err(missing_or(id, "a file's content"))
}

/// What stands at `path` in a commit.
pub fn entry(
    git: &git2::Repository,
    commit: ObjectId,
    path: &RepoPath,
) -> Result<Option<TreeEntry>, RepoError> {
    let tree = root(git, commit)?;
    match path.is_root() {
        true => Ok(Some(TreeEntry {
            id: object_id(tree.id()),
            mode: Mode::Tree,
        })),
        false => entry_below(git, tree, path),
    }
}

/// What stands at `path`, which is not the root, below a tree.
pub fn entry_below<'git>(
    git: &'git git2::Repository,
    mut tree: git2::Tree<'git>,
    path: &RepoPath,
) -> Result<Option<TreeEntry>, RepoError> {
    let mut parts = path.as_bytes().split(|b| *b == b'/').peekable();
    while let Some(part) = parts.next() {
        let found = match tree.get_name_bytes(part) {
            Some(entry) => TreeEntry::of(&entry),
            None => return Ok(None),
        };
        if parts.peek().is_none() {
            return Ok(Some(found));
        }
        if found.mode != Mode::Tree {
            return Ok(None);
        }
        tree = subtree(git, found.id)?;
    }
    Ok(None)
}

/// Everything below `under` but directories, in git's order.
pub fn walk(
    git: &git2::Repository,
    commit: ObjectId,
    under: &RepoPath,
) -> Result<Vec<(RepoPath, TreeEntry)>, RepoError> {
    let mut found = Vec::new();
    match entry(git, commit, under)? {
        None => {}
        Some(TreeEntry {
            id,
            mode: Mode::Tree,
        }) => {
            let tree = subtree(git, id)?;
            walk_tree(git, &tree, under, &mut found, 0)?;
        }
        Some(other) => found.push((under.clone(), other)),
    }
    Ok(found)
}

/// Deeper than any path a file system takes: a tree like that is an attack on the stack.
pub const MAX_DEPTH: usize = 512;

fn walk_tree(
    git: &git2::Repository,
    tree: &git2::Tree<'_>,
    at: &RepoPath,
    found: &mut Vec<(RepoPath, TreeEntry)>,
    depth: usize,
) -> Result<(), RepoError> {
    if depth > MAX_DEPTH {
        return Err(RepoError::UnsafeName { path: at.clone() });
    }
    for entry in tree {
        let path = at.join(entry.name_bytes());
        if entry.name_bytes().contains(&b'/') {
            return Err(RepoError::UnsafeName { path });
        }
        let entry = TreeEntry::of(&entry);
        if entry.mode == Mode::Tree {
            walk_tree(git, &subtree(git, entry.id)?, &path, found, depth + 1)?;
        } else {
            found.push((path, entry));
        }
    }
    Ok(())
}
