//! What a gate's result depends on, and the keys that follow from it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::gates::cache::{Store, key_of};
use crate::gates::checks::supply_chain::declared::is_declaration;
use crate::gates::checks::supply_chain::export::{Advisories, State};
use crate::gates::checks::{About, Check, Scope};
use crate::gates::settings;
use crate::gates::supervise;
use crate::gates::toolchain::Toolbox;
use crate::promotion::evidence::EVIDENCE_VERSION;
use crate::promotion::policy::{GateOptions, PinnedPython, Zero};
use crate::promotion::report::Baseline;
use crate::promotion::{GateId, Lane, Module, ObjectId, Owner, RepoPath};
use crate::python::Index;
use crate::repo::tree::{self, oid};
use crate::repo::{RepoError, TreeEntry};
use crate::workflow::workspace::Workspace;
use crate::workflow::{python_index, triage};

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
}

impl Located {
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
pub(super) fn tests_of(
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
        let moved = find_renames(git, base, commit)?;
        let into: Vec<_> = moved
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
        let also: Vec<_> = into.iter().map(|(old, _)| (*old).clone()).collect();
        files.extend(also);
        files.sort();
        files.dedup();
        renames = moved;
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
    let attempt = || -> Result<_, git2::Error> {
        let old = git.find_commit(oid(base))?.tree()?;
        let new = git.find_commit(oid(commit))?.tree()?;
        let mut diff = git.diff_tree_to_tree(Some(&old), Some(&new), None)?;
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
    attempt().map_err(failed)
}

/// The keys of one gate on one module.
pub(super) struct Key {
    /// Of its evidence.
    pub evidence: String,
    /// Of what it measures, where that is kept apart.
    pub measure: Option<String>,
    /// The same at the merge-base.
    pub base: Option<String>,
}

/// How what a gate depends on stands to the merge-base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Behind {
    /// There is none.
    Unknown,
    /// The module was not there.
    Absent,
    /// Nothing differs.
    Same,
    /// Something does; the tree there.
    Differs(ObjectId),
}

/// Makes keys at one revision with one set of tools.
pub(super) struct Keys<'a> {
    ws: &'a Workspace,
    toolbox: Option<&'a Toolbox>,
    commit: ObjectId,
    index: Option<Arc<Index>>,
    requirements: Vec<Option<ObjectId>>,
    /// What is known of vulnerabilities, as far as evidence depends on it.
    advisories: State,
    /// What declares dependencies, by commit.
    declarations: RefCell<HashMap<ObjectId, Arc<Objects>>>,
}

/// Paths with what stands there.
type Objects = Vec<(RepoPath, Option<ObjectId>)>;

/// Everything a measure depends on.
#[derive(Serialize)]
struct Inputs<'a> {
    gate: &'a str,
    definition: u32,
    told: serde_json::Value,
    /// What the run of the tests is told, where it depends on that.
    run: Option<Vec<String>>,
    enabled: bool,
    lanes: &'a [Lane],
    owner: Option<&'a Owner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned_python: Option<(PinnedPython, Option<&'a str>)>,
    tools: Vec<(&'a str, String)>,
    python: &'a str,
    requirements: &'a [Option<ObjectId>],
    module: &'a RepoPath,
    target: Option<RepoPath>,
    content: Vec<(RepoPath, Option<ObjectId>)>,
    tests: &'a [RepoPath],
    #[serde(skip_serializing_if = "Option::is_none")]
    advisories: Option<&'a State>,
}

impl<'a> Keys<'a> {
    /// `read`: the advisories may be read, where their age is not known.
    pub fn new(
        ws: &'a Workspace,
        toolbox: Option<&'a Toolbox>,
        advisories: &Advisories,
        store: &Store,
        read: bool,
    ) -> Result<Self, RepoError> {
        let commit = ws.require_commit()?;
        let tools = &ws.config().tools;
        let requirements = tools
            .requirements
            .iter()
            .map(|path| Ok(ws.repo().entry(commit, path)?.map(|entry| entry.id)))
            .collect::<Result<_, RepoError>>()?;
        Ok(Self {
            ws,
            toolbox,
            commit,
            index: ws.index().ok(),
            requirements,
            advisories: advisories.state(store, read),
            declarations: RefCell::default(),
        })
    }

    pub fn of(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        located: &Located,
    ) -> Result<Key, RepoError> {
        let head = self.measure(
            check,
            options,
            module,
            self.commit,
            &module.path,
            &located.files,
            &located.tests,
            located.owner.as_ref(),
        )?;
        let compared = check.has_baseline() && options.zero == Zero::New;
        let base = match self.ws.base().filter(|_| compared) {
            None => None,
            Some(base) => Some(match &located.base {
                Some(at) => self.measure(
                    check,
                    options,
                    module,
                    base,
                    &at.module,
                    &at.files,
                    &[],
                    None,
                )?,
                None => key_of(&("no such module", base)),
            }),
        };
        let with = (EVIDENCE_VERSION, &head, &base, supervise::isolation());
        let evidence = match check.looks_back() {
            true => key_of(&(with, self.behind(check, options, module, located, &head)?)),
            false => key_of(&with),
        };
        // Kept apart only where it may serve as a baseline later.
        let measure = check.has_baseline().then_some(head);
        Ok(Key {
            evidence,
            measure,
            base,
        })
    }

    /// How what a gate depends on stands to the merge-base.
    pub fn behind(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        located: &Located,
        head: &str,
    ) -> Result<Behind, RepoError> {
        let Some(base) = self.ws.base() else {
            return Ok(Behind::Unknown);
        };
        let Some(at) = &located.base else {
            return Ok(Behind::Absent);
        };
        let (path, files, tests) = (&at.module, &at.files, &located.tests);
        let there = self.measure(check, options, module, base, path, files, tests, None)?;
        if there == head {
            return Ok(Behind::Same);
        }
        // Which tests it has there is found out only when they are run: until
        // then anything there may matter.
        let git = self.ws.repo().open_git()?;
        let failed = RepoError::git("read the merge-base");
        let commit = git.find_commit(oid(base)).map_err(failed)?;
        Ok(Behind::Differs(tree::object_id(commit.tree_id())))
    }

    /// The same keys for the merge-base, where `index` tells what imports what.
    pub fn at_base(self, index: Arc<Index>) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    #[allow(clippy::too_many_arguments)]
    pub fn measure(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        commit: ObjectId,
        path: &RepoPath,
        files: &[RepoPath],
        tests: &[RepoPath],
        owner: Option<&Owner>,
    ) -> Result<String, RepoError> {
        let tools = check.tools().iter().map(|name| {
            let tool = self.toolbox.and_then(|toolbox| toolbox.get(name).ok());
            (
                *name,
                tool.map_or(String::new(), |tool| {
                    format!("{} {:?} {}", tool.version, tool.origin, tool.python_version)
                }),
            )
        });
        let id = check.id();
        let target = self
            .ws
            .config()
            .lanes
            .get(module.lane)
            .and_then(|lane| lane.destination(&module.path, lane.targets.first()?));
        let reads = check.reads(About {
            module: path,
            target: target.as_ref(),
            lanes: &self.ws.config().lanes,
            options,
        });
        let run = match check.scope() {
            // The run of the tests is told what the gate `tests` is told.
            Scope::Tests => Some(self.ws.config().policy.gate(&GateId::new("tests")).args),
            _ => None,
        };
        let inputs = Inputs {
            gate: id.as_str(),
            definition: check.definition(),
            told: check.told(options),
            run,
            enabled: options.enabled,
            lanes: &self.ws.config().lanes,
            owner: owner.filter(|_| check.asks_owner()),
            pinned_python: check.runs_code().then(|| self.pinned_python()),
            tools: tools.collect(),
            python: self.toolbox.map_or("", |toolbox| &toolbox.python_version),
            requirements: &self.requirements,
            module: path,
            content: self.content(check.scope(), commit, path, files, tests, reads)?,
            target: target.filter(|_| check.scope() == Scope::Imports),
            tests: if check.scope() == Scope::Tests {
                tests
            } else {
                &[]
            },
            advisories: (check.scope() == Scope::Declarations).then_some(&self.advisories),
        };
        Ok(key_of(&inputs))
    }

    /// What the configuration says of the Python that code may run under.
    fn pinned_python(&self) -> (PinnedPython, Option<&str>) {
        let tools = &self.ws.config().tools;
        (tools.pinned_python, tools.python.as_deref())
    }

    /// The objects a result depends on.
    fn content(
        &self,
        scope: Scope,
        commit: ObjectId,
        module: &RepoPath,
        files: &[RepoPath],
        tests: &[RepoPath],
        reads: Vec<RepoPath>,
    ) -> Result<Vec<(RepoPath, Option<ObjectId>)>, RepoError> {
        let git = self.ws.repo().open_git()?;
        let mut paths: BTreeSet<RepoPath> = [module.clone()].into();
        let whole = reads.iter().any(RepoPath::is_root);
        paths.extend(reads);
        paths.extend(files.iter().filter(|f| !f.is_within(module)).cloned());
        add_settings(&mut paths, module);
        if matches!(scope, Scope::Imports | Scope::Tests)
            && let Some(index) = &self.index
        {
            let mut from = vec![module.clone()];
            if scope == Scope::Tests {
                from.extend(tests.iter().cloned());
                for test in tests {
                    paths.insert(test.clone());
                    add_settings(&mut paths, test);
                    // Data that tests read mostly lies beside them.
                    paths.extend(test.parent().filter(|dir| dir.parent().is_some()));
                }
            }
            let reached = index.closure(&from);
            paths.extend(reached.into_iter().filter(|path| !path.is_within(module)));
        }
        let mut content: Objects = paths
            .into_iter()
            .filter(|path| !path.is_root() || whole)
            .map(|path| {
                let entry = tree::entry(&git, commit, &path)?;
                Ok((path, entry.map(|entry| entry.id)))
            })
            .filter(|entry| !matches!(entry, Ok((_, None))))
            .collect::<Result<_, RepoError>>()?;
        if scope == Scope::Declarations {
            content.extend(self.declarations(&git, commit)?.iter().cloned());
        }
        Ok(content)
    }

    /// What declares dependencies, and the names of what the repository holds
    /// itself, where Python looks for it.
    fn declarations(
        &self,
        git: &git2::Repository,
        commit: ObjectId,
    ) -> Result<Arc<Objects>, RepoError> {
        if let Some(known) = self.declarations.borrow().get(&commit) {
            return Ok(known.clone());
        }
        let mut found: BTreeMap<RepoPath, Option<ObjectId>> = BTreeMap::new();
        let own = python_index::roots(self.ws.repo(), self.commit, self.ws.config())?;
        for (path, entry) in tree::walk(git, commit, &RepoPath::default())? {
            for root in &own {
                let name = path.strip(root);
                let first = name.as_ref().and_then(|name| {
                    let first = name.as_bytes().split(|b| *b == b'/').next()?;
                    (!first.is_empty()).then(|| root.join(first))
                });
                if let Some(first) = first {
                    found.entry(first).or_default();
                }
            }
            if is_declaration(&path) {
                found.insert(path, Some(entry.id));
            }
        }
        let found = Arc::new(found.into_iter().collect::<Objects>());
        let mut known = self.declarations.borrow_mut();
        known.insert(commit, found.clone());
        Ok(found)
    }
}

/// The settings of tools that lie on the way to a path.
fn add_settings(paths: &mut BTreeSet<RepoPath>, path: &RepoPath) {
    let mut at = path.parent();
    while let Some(dir) = at {
        paths.extend(settings::FILES.iter().map(|name| dir.join(name)));
        at = dir.parent();
    }
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
