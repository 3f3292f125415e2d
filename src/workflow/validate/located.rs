//! Where a module's files are, now and at the merge-base.

use std::collections::{BTreeSet, HashMap};

use crate::promotion::report::Baseline;
use crate::promotion::{Module, ObjectId, Owner, RepoPath};
use crate::python::Index;
use crate::repo::tree::{self, oid};
use crate::repo::{RepoError, TreeEntry};
use crate::workflow::triage;
use crate::workflow::workspace::Workspace;

/// More renames than this between merge-base and head are not looked for.
const MOST_RENAMES: usize = 2000;

/// A module's files now and at the merge-base.
pub(super) struct Located {
    /// Its Python files.
    pub files: Vec<RepoPath>,
    /// Its tests.
    pub tests: Vec<RepoPath>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The module at the merge-base.
    pub base: Option<AtBase>,
    /// Paths of the merge-base that have another one now.
    pub renames: HashMap<RepoPath, RepoPath>,
}

/// A module at the merge-base.
pub(super) struct AtBase {
    /// Its path there.
    pub module: RepoPath,
    /// Its Python files there.
    pub files: Vec<RepoPath>,
}

impl Located {
    pub fn of(ws: &Workspace, module: &Module) -> Result<Self, RepoError> {
        let commit = ws.require_commit()?;
        let git = ws.repo().open_git()?;
        let files = python_files(tree::walk(&git, commit, &module.path)?);
        let tests = tests_of(ws, &*ws.index()?, &module.path)?;
        let (base, renames) = match ws.base() {
            Some(base) => at_base(&git, commit, base, module, &files)?,
            None => (None, HashMap::new()),
        };
        Ok(Self {
            files,
            tests,
            owner: triage::owner(ws, module)?,
            base,
            renames,
        })
    }

    /// What stood in the module's place at the merge-base.
    pub fn baseline(
        &self,
        ws: &Workspace,
        module: &RepoPath,
    ) -> Result<Option<Baseline>, RepoError> {
        let Some(base) = ws.base() else {
            return Ok(None);
        };
        let module = self.base.as_ref().map_or(module, |at| &at.module);
        let entry = ws.repo().entry(base, module)?;
        Ok(Some(Baseline {
            module: module.clone(),
            object: entry.map(|entry| entry.id),
        }))
    }
}

/// The tests of a module: those found by the index, and those that are configured
/// for it or for a part of it.
pub(in crate::workflow) fn tests_of(
    ws: &Workspace,
    index: &Index,
    module: &RepoPath,
) -> Result<Vec<RepoPath>, RepoError> {
    let mut tests: BTreeSet<RepoPath> = index
        .tests_of(module)
        .into_iter()
        .map(|link| link.path)
        .collect();
    for (name, paths) in &ws.config().tests.modules {
        let tree = ws.modules()?;
        let named = tree.find(name).and_then(|id| tree.get(id));
        if named.is_some_and(|named| named.path.is_within(module)) {
            tests.extend(paths.iter().flat_map(|path| index.tests_within(path)));
        }
    }
    Ok(tests.into_iter().collect())
}

fn python_files(entries: Vec<(RepoPath, TreeEntry)>) -> Vec<RepoPath> {
    let mut files: Vec<_> = entries
        .into_iter()
        .filter(|(path, entry)| entry.mode.is_file() && path.is_python())
        .map(|(path, _)| path)
        .collect();
    files.sort();
    files
}

type BaseAndRenames = (Option<AtBase>, HashMap<RepoPath, RepoPath>);

fn at_base(
    git: &git2::Repository,
    commit: ObjectId,
    base: ObjectId,
    module: &Module,
    head: &[RepoPath],
) -> Result<BaseAndRenames, RepoError> {
    let mut files = python_files(tree::walk(git, base, &module.path)?);
    let there: BTreeSet<_> = files.iter().collect();
    let mut renames = HashMap::new();
    let mut path = module.path.clone();
    if commit != base && head.iter().any(|file| !there.contains(file)) {
        renames = find_renames(git, base, commit)?;
        let into: Vec<_> = renames
            .iter()
            .filter(|(_, new)| new.is_within(&module.path) && new.is_python())
            .collect();
        if files.is_empty()
            && let Some(from) = into
                .iter()
                .find_map(|(old, new)| moved_from(old, new, &module.path))
        {
            path = from;
        }
        let mut also: Vec<_> = into.iter().map(|(old, _)| (*old).clone()).collect();
        if path != module.path {
            // Git pairs files by their content: an empty one has none. And what is
            // gone from the module was in it.
            for old in python_files(tree::walk(git, base, &path)?) {
                let new = old.strip(&path).map(|rest| match rest.is_root() {
                    true => module.path.clone(),
                    false => module.path.join(rest.as_bytes()),
                });
                if renames.contains_key(&old) || tree::entry(git, commit, &old)?.is_some() {
                    continue;
                }
                if let Some(new) = new.filter(|new| head.contains(new)) {
                    renames.entry(old.clone()).or_insert(new);
                }
                also.push(old);
            }
        }
        files.extend(also);
        files.sort();
        files.dedup();
    }
    let base = (!files.is_empty()).then_some(AtBase {
        module: path,
        files,
    });
    Ok((base, renames))
}

/// The directory a module was moved from, by one of its files.
fn moved_from(old: &RepoPath, new: &RepoPath, module: &RepoPath) -> Option<RepoPath> {
    let rest = new.strip(module)?;
    if rest.is_root() {
        return Some(old.clone());
    }
    let before = old.as_bytes().strip_suffix(rest.as_bytes())?;
    Some(RepoPath::from_bytes(before.strip_suffix(b"/")?))
}

fn find_renames(
    git: &git2::Repository,
    base: ObjectId,
    commit: ObjectId,
) -> Result<HashMap<RepoPath, RepoPath>, RepoError> {
    let failed = RepoError::git("compare the commit with its merge-base");
    let attempt = |paths: &[&str]| -> Result<HashMap<RepoPath, RepoPath>, git2::Error> {
        let old = git.find_commit(oid(base))?.tree()?;
        let new = git.find_commit(oid(commit))?.tree()?;
        let mut only = git2::DiffOptions::new();
        for path in paths {
            only.pathspec(path);
        }
        let mut diff = git.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut only))?;
        let mut options = git2::DiffFindOptions::new();
        options.renames(true).rename_limit(MOST_RENAMES);
        diff.find_similar(Some(&mut options))?;
        Ok(diff
            .deltas()
            .filter(|delta| delta.status() == git2::Delta::Renamed)
            .filter_map(|delta| {
                let path = |file: git2::DiffFile<'_>| file.path_bytes().map(RepoPath::from_bytes);
                Some((path(delta.old_file())?, path(delta.new_file())?))
            })
            .collect())
    };
    // A partial clone may lack files that were moved: large ones, as a rule.
    let whole = attempt(&[]);
    let found = match whole {
        Err(error) if error.code() == git2::ErrorCode::NotFound => attempt(&["*.py", "*.pyi"]),
        whole => whole,
    };
    found.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_module_is_found_by_one_of_its_files() {
        let from = |old: &str, new: &str, module: &str| {
            moved_from(&old.into(), &new.into(), &module.into()).map(|p| p.to_string())
        };
        assert_eq!(
            from("candidate/x/sub/a.py", "core/x/sub/a.py", "core/x").as_deref(),
            Some("candidate/x")
        );
        assert_eq!(
            from("candidate/a.py", "core/a.py", "core/a.py").as_deref(),
            Some("candidate/a.py")
        );
        assert_eq!(from("candidate/x/b.py", "core/x/a.py", "core/x"), None);
    }
}
