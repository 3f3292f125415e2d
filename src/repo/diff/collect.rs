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
        repo,
        git: &git,
        limits,
        spaces,
        cancelled,
        read: 0,
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

/// Two sides this large together are read at the same time, in bytes.
const LARGE: u64 = 512 << 10;

/// Reads blobs, each once.
struct Reader<'a> {
    repo: &'a Repo,
    git: &'a git2::Repository,
    limits: Limits,
    spaces: Spaces,
    cancelled: &'a dyn Fn() -> bool,
    read: u64,
}

/// What is to be done for one side of a file.
enum Plan {
    /// Nothing: this is what is shown.
    Is(Content),
    /// The blob is read.
    Read,
}

impl Reader<'_> {
    fn file(&mut self, couple: &Couple) -> Result<FileDiff, RepoError> {
        let (left, right) = self.entries(couple.left.as_ref(), couple.right.as_ref())?;
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

    fn entries(
        &mut self,
        left: Option<&Found>,
        right: Option<&Found>,
    ) -> Result<(Option<Entry>, Option<Entry>), RepoError> {
        let entry = |found: &Found, size: u64, content: Content| Entry {
            path: found.0.clone(),
            mode: found.1.mode,
            object: found.1.id,
            size,
            content,
        };
        let (Some(l), Some(r)) = (left, right) else {
            let mut one = |found: &Found| -> Result<Entry, RepoError> {
                let (size, plan) = self.plan(&found.1)?;
                Ok(entry(found, size, carry_out(self.git, &found.1, plan)?))
            };
            return Ok((
                left.map(&mut one).transpose()?,
                right.map(&mut one).transpose()?,
            ));
        };
        let (left_size, plan) = self.plan(&l.1)?;
        if l.1.id == r.1.id && l.1.mode.is_file() == r.1.mode.is_file() {
            let content = carry_out(self.git, &l.1, plan)?;
            let same = content.clone();
            return Ok((
                Some(entry(l, left_size, content)),
                Some(entry(r, left_size, same)),
            ));
        }
        let (right_size, other) = self.plan(&r.1)?;
        let (content, other) = match left_size + right_size >= LARGE {
            false => (
                carry_out(self.git, &l.1, plan)?,
                carry_out(self.git, &r.1, other)?,
            ),
            true => {
                let second = self.repo.open_git()?;
                std::thread::scope(|scope| {
                    let right = scope.spawn(move || carry_out(&second, &r.1, other));
                    let left = carry_out(self.git, &l.1, plan);
                    let right = right.join().unwrap_or_else(|cause| {
                        std::panic::resume_unwind(cause) // as if it were read here
                    });
                    Ok::<_, RepoError>((left?, right?))
                })?
            }
        };
        Ok((
            Some(entry(l, left_size, content)),
            Some(entry(r, right_size, other)),
        ))
    }

    /// Its size in bytes, and whether it is read.
    fn plan(&mut self, entry: &TreeEntry) -> Result<(u64, Plan), RepoError> {
        if matches!(entry.mode, Mode::Gitlink | Mode::Tree) {
            return Ok((0, Plan::Is(Content::Gitlink)));
        }
        let odb = self.git.odb();
        let header = odb.and_then(|odb| odb.read_header(tree::oid(entry.id)));
        let size = header.map_err(|e| missing(entry.id, e))?.0 as u64;
        let plan = if size > self.limits.file {
            Plan::Is(Content::TooLarge)
        } else if self.read + size > self.limits.total {
            Plan::Is(Content::Omitted)
        } else {
            self.read += size;
            Plan::Read
        };
        Ok((size, plan))
    }
}

fn carry_out(git: &git2::Repository, entry: &TreeEntry, plan: Plan) -> Result<Content, RepoError> {
    if let Plan::Is(content) = plan {
        return Ok(content);
    }
    let doing = RepoError::git(format!("read the blob {}", entry.id));
    let blob = git.find_blob(tree::oid(entry.id)).map_err(doing)?;
    let bytes = blob.content();
    if entry.mode == Mode::Symlink {
        return Ok(Content::Symlink(bytes.to_vec()));
    }
    if let Some(pointer) = lfs(bytes) {
        return Ok(pointer);
    }
    Ok(match Binary::of(bytes) {
        Some(binary) => Content::Binary(binary),
        None => Content::Text(Arc::new(Lines::new(bytes))),
    })
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
