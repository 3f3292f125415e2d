//! Taking back what a commit brought, on objects: no work tree, no index, and the same on
//! every machine. Three trees are merged: what it made, what is there now, and what was
//! there before.
//!
//! Where something was moved the move itself is undone first, object by object, so that
//! what was changed in it since goes along; nothing is guessed by likeness. What the
//! machine's own attributes and merge drivers say is not asked.

use git2::build::TreeUpdateBuilder;
use git2::{MergeOptions, Oid, Signature, Time};

use crate::promotion::papers;
use crate::promotion::{ObjectId, RepoPath};

use super::tree::{self, TreeEntry, object_id, oid};
use super::{Repo, RepoError};

/// Names of files in which paragraphs stand one beside the other, and no code.
const PROSE: [&[u8]; 4] = [b".md", b".rst", b".txt", b"CODEOWNERS"];

/// Two states of which the second became of the first, by their commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub before: ObjectId,
    /// After.
    pub after: ObjectId,
}

impl Change {
    /// The way back.
    pub fn back(self) -> Self {
        Self {
            before: self.after,
            after: self.before,
        }
    }
}

/// What comes of making a change on top of something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// This tree.
    Tree(ObjectId),
    /// Nothing: these paths were changed by both.
    Conflict(Vec<RepoPath>),
}

/// What comes of `now` with a change made on top of it. `moved`: where something was
/// before the change, and where it is after it. `keep`: paths that stay as they are.
pub fn applied(
    repo: &Repo,
    change: Change,
    moved: (&RepoPath, &RepoPath),
    now: ObjectId,
    keep: &[RepoPath],
) -> Result<Made, RepoError> {
    let git = apart(repo)?;
    let (from, to) = moved;
    let tree = |commit: ObjectId| Ok::<_, RepoError>(tree::root(&git, commit)?.id());
    let (mut old, mut ours) = (tree(change.before)?, tree(now)?);
    let new = kept(&git, tree(change.after)?, old, keep)?;
    let at = |root: Oid, path: &RepoPath| entry(&git, root, path);
    if let (Some(was), Some(is)) = (at(old, from)?, at(ours, from)?) {
        // Whatever stands where it goes has to be what stood there before the change.
        if at(old, to)? != at(ours, to)? {
            return Ok(Made::Conflict(vec![to.clone()]));
        }
        old = carried(&git, old, (from, to), was)?;
        ours = carried(&git, ours, (from, to), is)?;
    }
    merged(&git, old, ours, new)
}

/// A handle that asks nothing but the repository's objects: no attributes of a work tree
/// or an index, which differ from machine to machine.
fn apart(repo: &Repo) -> Result<git2::Repository, RepoError> {
    let wrong = || RepoError::git("open the repository apart from its work tree");
    let git = git2::Repository::open_bare(repo.common_dir()).map_err(wrong())?;
    let mut empty = git2::Index::new().map_err(wrong())?;
    git.set_index(&mut empty).map_err(wrong())?;
    Ok(git)
}

fn entry(
    git: &git2::Repository,
    root: Oid,
    path: &RepoPath,
) -> Result<Option<TreeEntry>, RepoError> {
    tree::entry_below(git, tree::subtree(git, object_id(root))?, path)
}

/// A tree with some paths as another one has them.
fn kept(
    git: &git2::Repository,
    root: Oid,
    like: Oid,
    paths: &[RepoPath],
) -> Result<Oid, RepoError> {
    let mut update = TreeUpdateBuilder::new();
    let mut any = false;
    for path in paths {
        let (is, wanted) = (entry(git, root, path)?, entry(git, like, path)?);
        if is == wanted {
            continue;
        }
        any = true;
        match wanted {
            Some(wanted) => {
                let mode = super::relocate::file_mode(wanted.mode);
                update.upsert(path.as_bytes(), oid(wanted.id), mode);
            }
            None => {
                update.remove(path.as_bytes());
            }
        }
    }
    match any {
        true => updated(git, root, &mut update),
        false => Ok(root),
    }
}

/// A tree with what stands at one path standing at another, in the place of whatever was
/// there.
fn carried(
    git: &git2::Repository,
    root: Oid,
    (from, to): (&RepoPath, &RepoPath),
    what: TreeEntry,
) -> Result<Oid, RepoError> {
    let mut update = TreeUpdateBuilder::new();
    update.remove(from.as_bytes());
    let root = updated(git, root, &mut update)?;
    let mut update = TreeUpdateBuilder::new();
    if entry(git, root, to)?.is_some() {
        update.remove(to.as_bytes());
    }
    let root = updated(git, root, &mut update)?;
    let mut update = TreeUpdateBuilder::new();
    update.upsert(
        to.as_bytes(),
        oid(what.id),
        super::relocate::file_mode(what.mode),
    );
    updated(git, root, &mut update)
}

fn updated(
    git: &git2::Repository,
    root: Oid,
    update: &mut TreeUpdateBuilder,
) -> Result<Oid, RepoError> {
    let root = tree::subtree(git, object_id(root))?;
    let made = update.create_updated(git, &root);
    made.map_err(RepoError::git("make the tree of a revert"))
}

fn merged(git: &git2::Repository, old: Oid, ours: Oid, new: Oid) -> Result<Made, RepoError> {
    let wrong = || RepoError::git("merge the trees of a revert");
    let tree = |id: Oid| tree::subtree(git, object_id(id));
    let mut options = MergeOptions::new();
    options.find_renames(false);
    let mut index = git
        .merge_trees(&tree(old)?, &tree(ours)?, &tree(new)?, Some(&options))
        .map_err(wrong())?;
    let conflicts: Vec<git2::IndexConflict> = index
        .conflicts()
        .and_then(Iterator::collect)
        .map_err(wrong())?;
    let mut left = Vec::new();
    for conflict in &conflicts {
        let one = [&conflict.our, &conflict.ancestor, &conflict.their];
        let Some(some) = one.into_iter().flatten().next() else {
            continue;
        };
        match paragraphs(git, conflict)? {
            Some(text) => {
                let blob = git.blob(text.as_bytes()).map_err(wrong())?;
                let path = std::path::PathBuf::from(&RepoPath::from_bytes(&some.path[..]).to_fs());
                index.remove_path(&path).map_err(wrong())?;
                let solved = git2::IndexEntry {
                    id: blob,
                    flags: 0,
                    flags_extended: 0,
                    path: some.path.clone(),
                    ..*some
                };
                index.add(&solved).map_err(wrong())?;
            }
            None => left.push(RepoPath::from_bytes(&some.path[..])),
        }
    }
    if !left.is_empty() {
        left.sort_unstable();
        left.dedup();
        return Ok(Made::Conflict(left));
    }
    let made = index.write_tree_to(git).map_err(wrong())?;
    Ok(Made::Tree(object_id(made)))
}

/// A document in which a change only added a paragraph that is to go, and others wrote
/// beside it: without that paragraph. `None` where it is no such document.
fn paragraphs(
    git: &git2::Repository,
    conflict: &git2::IndexConflict,
) -> Result<Option<String>, RepoError> {
    let (Some(old), Some(ours)) = (&conflict.ancestor, &conflict.our) else {
        return Ok(None);
    };
    let their = conflict.their.as_ref();
    let is_prose = PROSE.iter().any(|end| ours.path.ends_with(end));
    let file = |it: &git2::IndexEntry| it.mode & 0o170_000 == 0o100_000;
    if !is_prose || !file(old) || !file(ours) || !their.is_none_or(file) {
        return Ok(None);
    }
    let text = |it: &git2::IndexEntry| {
        let bytes = tree::read_blob(git, object_id(it.id))?;
        Ok::<_, RepoError>(String::from_utf8(bytes).ok())
    };
    let their = match their {
        Some(their) => match text(their)? {
            None => return Ok(None),
            some => some,
        },
        None => None,
    };
    let (Some(old), Some(ours)) = (text(old)?, text(ours)?) else {
        return Ok(None);
    };
    Ok(papers::withdrawn(&ours, their.as_deref(), &old))
}

/// What a commit of ours says, beside its tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Its message.
    pub message: String,
    /// Who, by name.
    pub name: String,
    /// Who, by address.
    pub email: String,
    /// When, in Unix seconds.
    pub time: i64,
}

/// Makes a commit that no reference names: the same each time, on every machine.
pub fn commit(
    repo: &Repo,
    tree: ObjectId,
    parent: ObjectId,
    words: &Words,
) -> Result<ObjectId, RepoError> {
    let git = repo.open_git()?;
    let wrong = || RepoError::git("make the commit of a revert");
    let who = Signature::new(&words.name, &words.email, &Time::new(words.time, 0));
    let who = who.map_err(wrong())?;
    let parent = git.find_commit(oid(parent)).map_err(wrong())?;
    let tree = tree::subtree(&git, tree)?;
    let made = git.commit(None, &who, &who, &words.message, &tree, &[&parent]);
    made.map(object_id).map_err(wrong())
}

/// The tree of a commit.
pub fn tree_of(repo: &Repo, commit: ObjectId) -> Result<ObjectId, RepoError> {
    Ok(object_id(tree::root(&repo.open_git()?, commit)?.id()))
}

/// True where a commit is in the history of another, or is it. A commit that is not here
/// is in nobody's.
pub fn holds(repo: &Repo, tip: ObjectId, commit: ObjectId) -> Result<bool, RepoError> {
    let git = repo.open_git()?;
    Ok(tip == commit
        || git
            .graph_descendant_of(oid(tip), oid(commit))
            .unwrap_or(false))
}

/// The paths that differ between two commits, in order.
pub fn paths(repo: &Repo, change: Change) -> Result<Vec<RepoPath>, RepoError> {
    let git = repo.open_git()?;
    let (old, new) = (
        tree::root(&git, change.before)?,
        tree::root(&git, change.after)?,
    );
    let diff = git
        .diff_tree_to_tree(Some(&old), Some(&new), None)
        .map_err(RepoError::git("compare two commits"))?;
    let mut paths: Vec<RepoPath> = diff
        .deltas()
        .filter_map(|it| it.new_file().path_bytes().map(RepoPath::from_bytes))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}
