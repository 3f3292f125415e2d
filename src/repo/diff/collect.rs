//! Reads both sides of a module from git objects and compares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use git2::{Delta, DiffFindOptions, DiffOptions};

use super::{
    Alignment, Binary, Change, Content, Entry, FileDiff, Lines, ModuleDiff, Spaces, moved,
};
use crate::promotion::{ObjectId, RepoPath};
use crate::repo::{Mode, Repo, RepoError, TreeEntry, tree};

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files larger than this are not read, in bytes.
    pub file: u64,
    /// When all files read have so many bytes together, no more are.
    pub total: u64,
    /// Renames with changes are looked for among at most so many files.
    pub renames: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 16 << 20,
            total: 48 << 20,
            renames: 400,
        }
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The commit; `None` where there is none, and so nothing.
    pub commit: Option<ObjectId>,
    /// The module's directory or file in it.
    pub path: RepoPath,
    /// What to call it in a heading.
    pub label: String,
}

/// A path on one side and what stands there.
type Found = (RepoPath, TreeEntry);

/// Two ends of a file, before they are read.
struct Couple {
    change: Change,
    left: Option<Found>,
    right: Option<Found>,
}

/// Compares a module with itself elsewhere: at another commit, or at another
/// path. Between the same path at two commits, files that came from or went to
/// places outside of the module are followed there. Ends as
/// [`RepoError::Cancelled`] soon after `cancelled` turns true.
pub fn compare(
    repo: &Repo,
    left: &Origin,
    right: &Origin,
    limits: Limits,
    spaces: Spaces,
    cancelled: &dyn Fn() -> bool,
) -> Result<ModuleDiff, RepoError> {
    let git = repo.open_git()?;
    let lefts = everything(&git, left)?;
    let rights = everything(&git, right)?;
    let renames = if left.path == right.path && left.commit != right.commit {
        renamed_anywhere(&git, left, right, limits)?
    } else {
        renamed_within(&git, left, right, limits)?
    };
    let couples = couple(&git, left, right, lefts, rights, renames)?;

    let mut reader = Reader {
        git: &git,
        limits,
        spaces,
        cancelled,
        read: 0,
        known: BTreeMap::new(),
    };
    let mut files: Vec<Option<FileDiff>> = couples.iter().map(|_| None).collect();
    // What changed is read first, so that the limit strikes the rest.
    let (changed, same): (Vec<usize>, Vec<usize>) =
        (0..couples.len()).partition(|n| couples[*n].change != Change::Unchanged);
    for n in changed.into_iter().chain(same) {
        if cancelled() {
            return Err(RepoError::Cancelled);
        }
        files[n] = Some(reader.file(&couples[n])?);
    }
    let mut files: Vec<FileDiff> = files.into_iter().flatten().collect();
    moved::mark(&mut files);
    Ok(ModuleDiff {
        left: left.label.clone(),
        right: right.label.clone(),
        left_path: left.path.clone(),
        right_path: right.path.clone(),
        files,
    })
}

/// Every file of a side by its path relative to the module.
fn everything(
    git: &git2::Repository,
    origin: &Origin,
) -> Result<BTreeMap<RepoPath, Found>, RepoError> {
    let Some(commit) = origin.commit else {
        return Ok(BTreeMap::new());
    };
    Ok(tree::walk(git, commit, &origin.path)?
        .into_iter()
        .filter_map(|(path, entry)| Some((path.strip(&origin.path)?, (path, entry))))
        .collect())
}

/// Puts the two sides together: by relative path, then by the renames.
fn couple(
    git: &git2::Repository,
    left: &Origin,
    right: &Origin,
    mut lefts: BTreeMap<RepoPath, Found>,
    rights: BTreeMap<RepoPath, Found>,
    renames: Vec<(RepoPath, RepoPath)>,
) -> Result<Vec<Couple>, RepoError> {
    let mut came: BTreeMap<RepoPath, RepoPath> = BTreeMap::new();
    let mut went: BTreeMap<RepoPath, RepoPath> = BTreeMap::new();
    for (from, to) in renames {
        went.insert(from.clone(), to.clone());
        came.insert(to, from);
    }
    let there = |origin: &Origin, path: &RepoPath| -> Result<Option<Found>, RepoError> {
        let Some(commit) = origin.commit else {
            return Ok(None);
        };
        Ok(tree::entry(git, commit, path)?.map(|entry| (path.clone(), entry)))
    };
    let mut couples = Vec::with_capacity(rights.len());
    for (relative, found) in rights {
        let same = lefts.remove(&relative);
        if let Some(other) = same {
            couples.push(Couple {
                change: change(&other.1, &found.1),
                left: Some(other),
                right: Some(found),
            });
        } else if let Some(from) = came.get(&found.0) {
            let other = match from.strip(&left.path).and_then(|r| lefts.remove(&r)) {
                Some(other) => Some(other),
                None => there(left, from)?,
            };
            couples.push(Couple {
                change: if other.is_some() {
                    Change::Renamed
                } else {
                    Change::Added
                },
                left: other,
                right: Some(found),
            });
        } else {
            couples.push(Couple {
                change: Change::Added,
                left: None,
                right: Some(found),
            });
        }
    }
    for (_, found) in lefts {
        let right = match went.get(&found.0).filter(|to| !to.is_within(&right.path)) {
            Some(to) => there(right, to)?,
            None => None,
        };
        couples.push(Couple {
            change: if right.is_some() {
                Change::Renamed
            } else {
                Change::Removed
            },
            left: Some(found),
            right,
        });
    }
    couples.sort_by(|a, b| a.path().cmp(&b.path()));
    Ok(couples)
}

impl Couple {
    fn path(&self) -> Option<&RepoPath> {
        self.right.as_ref().or(self.left.as_ref()).map(|(p, _)| p)
    }
}

fn change(left: &TreeEntry, right: &TreeEntry) -> Change {
    match (left.mode == right.mode, left.id == right.id) {
        (true, true) => Change::Unchanged,
        (true, false) => Change::Modified,
        (false, same) if left.mode.is_file() && right.mode.is_file() => {
            if same {
                Change::Mode
            } else {
                Change::Modified
            }
        }
        (false, _) => Change::Kind,
    }
}

/// Renames between two commits that touch the module at either end.
fn renamed_anywhere(
    git: &git2::Repository,
    left: &Origin,
    right: &Origin,
    limits: Limits,
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let (Some(old), Some(new)) = (left.commit, right.commit) else {
        return Ok(Vec::new());
    };
    let (old, new) = (tree::root(git, old)?, tree::root(git, new)?);
    let pairs = renames(git, &old, &new, limits)?;
    Ok(pairs
        .into_iter()
        .filter(|(from, to)| from.is_within(&left.path) || to.is_within(&right.path))
        .collect())
}

/// Renames between two directories.
fn renamed_within(
    git: &git2::Repository,
    left: &Origin,
    right: &Origin,
    limits: Limits,
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let directory = |origin: &Origin| -> Result<Option<git2::Tree<'_>>, RepoError> {
        let Some(commit) = origin.commit else {
            return Ok(None);
        };
        match tree::entry(git, commit, &origin.path)? {
            Some(entry) if entry.mode == Mode::Tree => Ok(Some(tree::subtree(git, entry.id)?)),
            _ => Ok(None),
        }
    };
    let (Some(old), Some(new)) = (directory(left)?, directory(right)?) else {
        return Ok(Vec::new());
    };
    let pairs = renames(git, &old, &new, limits)?;
    Ok(pairs
        .into_iter()
        .map(|(from, to)| {
            (
                left.path.join(from.as_bytes()),
                right.path.join(to.as_bytes()),
            )
        })
        .collect())
}

fn renames(
    git: &git2::Repository,
    old: &git2::Tree<'_>,
    new: &git2::Tree<'_>,
    limits: Limits,
) -> Result<Vec<(RepoPath, RepoPath)>, RepoError> {
    let failed = |e| RepoError::git("compare two trees")(e);
    let mut options = DiffOptions::new();
    options.skip_binary_check(true).context_lines(0);
    let mut diff = git
        .diff_tree_to_tree(Some(old), Some(new), Some(&mut options))
        .map_err(failed)?;
    let has = |status: Delta| diff.deltas().any(|delta| delta.status() == status);
    if !(has(Delta::Added) && has(Delta::Deleted)) {
        return Ok(Vec::new());
    }
    let mut find = DiffFindOptions::new();
    find.renames(true).rename_limit(limits.renames);
    diff.find_similar(Some(&mut find)).map_err(failed)?;
    let path = |file: git2::DiffFile<'_>| file.path_bytes().map(RepoPath::from_bytes);
    Ok(diff
        .deltas()
        .filter(|delta| delta.status() == Delta::Renamed)
        .filter_map(|delta| Some((path(delta.old_file())?, path(delta.new_file())?)))
        .collect())
}

/// Reads blobs, each once.
struct Reader<'a> {
    git: &'a git2::Repository,
    limits: Limits,
    spaces: Spaces,
    cancelled: &'a dyn Fn() -> bool,
    read: u64,
    known: BTreeMap<ObjectId, Arc<Lines>>,
}

impl Reader<'_> {
    fn file(&mut self, couple: &Couple) -> Result<FileDiff, RepoError> {
        self.known.clear();
        let left = self.entry(couple.left.as_ref())?;
        let right = self.entry(couple.right.as_ref())?;
        let rows = {
            let text = |entry: &Option<Entry>| match entry {
                None => Some(Arc::new(Lines::new(Vec::new()))),
                Some(entry) => entry.content.lines().cloned(),
            };
            match (text(&left), text(&right)) {
                (Some(l), Some(r)) if Arc::ptr_eq(&l, &r) => Alignment::same(&l),
                (Some(l), Some(r)) => Alignment::unless(&l, &r, self.spaces, self.cancelled)
                    .ok_or(RepoError::Cancelled)?,
                _ => Alignment::default(),
            }
        };
        Ok(FileDiff {
            change: couple.change,
            left,
            right,
            rows,
            moves: Vec::new(),
        })
    }

    fn entry(&mut self, found: Option<&Found>) -> Result<Option<Entry>, RepoError> {
        let Some((path, entry)) = found else {
            return Ok(None);
        };
        let (size, content) = self.content(entry)?;
        Ok(Some(Entry {
            path: path.clone(),
            mode: entry.mode,
            object: entry.id,
            size,
            content,
        }))
    }

    fn content(&mut self, entry: &TreeEntry) -> Result<(u64, Content), RepoError> {
        if matches!(entry.mode, Mode::Gitlink | Mode::Tree) {
            return Ok((0, Content::Gitlink));
        }
        let doing = || RepoError::git(format!("read the blob {}", entry.id));
        let id = tree::oid(entry.id);
        let (size, _) = self
            .git
            .odb()
            .and_then(|odb| odb.read_header(id))
            .map_err(|e| missing(entry.id, e))?;
        let size = size as u64;
        if size > self.limits.file {
            return Ok((size, Content::TooLarge));
        }
        if let Some(lines) = self.known.get(&entry.id) {
            return Ok((size, Content::Text(lines.clone())));
        }
        if self.read + size > self.limits.total {
            return Ok((size, Content::Omitted));
        }
        self.read += size;
        let blob = self.git.find_blob(id).map_err(doing())?;
        let bytes = blob.content();
        if entry.mode == Mode::Symlink {
            return Ok((size, Content::Symlink(bytes.to_vec())));
        }
        let content = match lfs(bytes) {
            Some(pointer) => pointer,
            None => match Binary::of(bytes) {
                Some(binary) => Content::Binary(binary),
                None => {
                    let lines = Arc::new(Lines::new(bytes));
                    self.known.insert(entry.id, lines.clone());
                    Content::Text(lines)
                }
            },
        };
        Ok((size, content))
    }
}

fn missing(id: ObjectId, error: git2::Error) -> RepoError {
    if error.code() == git2::ErrorCode::NotFound {
        return RepoError::MissingObject {
            id,
            what: "a file's content".into(),
        };
    }
    RepoError::git(format!("read the blob {id}"))(error)
}

/// Reads a pointer of Git LFS.
fn lfs(bytes: &[u8]) -> Option<Content> {
    if bytes.len() > 1024 || !bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n") {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
    };
    Some(Content::Lfs {
        oid: value("oid")?.to_owned(),
        size: value("size")?.parse().ok()?,
    })
}
