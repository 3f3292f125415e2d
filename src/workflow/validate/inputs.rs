//! What a gate's result depends on, and the keys that follow from it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;

use super::content::{Contents, List, Part};
use crate::gates::cache::{Store, StoreError, digest, key_of};
use crate::gates::checks::supply_chain::export::{Advisories, State};
use crate::gates::checks::{About, Check, Scope};
use crate::gates::supervise;
use crate::gates::toolchain::Toolbox;
use crate::promotion::evidence::EVIDENCE_VERSION;
use crate::promotion::policy::{GateOptions, PinnedPython, Zero};
use crate::promotion::report::Baseline;
use crate::promotion::{GateId, Isolation, Lane, Module, ObjectId, Owner, RepoPath};
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

/// The keys of one gate on one module.
pub(super) struct Key {
    /// Of its evidence.
    pub evidence: String,
    /// Of what it measures, where that is kept apart.
    pub measure: Option<String>,
    /// The same at the merge-base.
    pub base: Option<String>,
    /// What all of it follows from.
    pub manifest: Manifest,
}

/// Everything evidence depends on, as it is kept beside it. Its digest is the
/// key of the evidence.
pub(super) struct Manifest {
    /// What was hashed.
    pub json: Vec<u8>,
    /// The lists of files that it names by their digests.
    pub lists: Vec<Arc<List>>,
}

impl Manifest {
    /// Keeps it, so that one can say later what changed.
    pub fn keep(&self, store: &Store) -> Result<(), StoreError> {
        for list in &self.lists {
            store.keep_inputs(&list.json)?;
        }
        store.keep_inputs(&self.json).map(drop)
    }
}

/// What is hashed for the key of evidence.
#[derive(Serialize)]
struct Whole<'a> {
    version: u32,
    isolation: Isolation,
    head: &'a Inputs<'a>,
    base: Option<AgainstBase<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<Behind>,
}

/// What is compared with.
#[derive(Serialize)]
#[serde(untagged)]
enum AgainstBase<'a> {
    At(&'a Inputs<'a>),
    Absent(&'static str),
}

const ABSENT: AgainstBase<'static> = AgainstBase::Absent("the module is not there");

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

/// A module at a commit, with its tests there.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub commit: ObjectId,
    pub path: &'a RepoPath,
    pub files: &'a [RepoPath],
    pub tests: &'a [RepoPath],
}

/// Makes keys at one revision with one set of tools.
pub(super) struct Keys<'a> {
    ws: &'a Workspace,
    toolbox: Option<&'a Toolbox>,
    requirements: Vec<Option<ObjectId>>,
    /// What is known of vulnerabilities, as far as evidence depends on it.
    advisories: State,
    contents: Contents<'a>,
}

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
    /// The digest of the list of all files.
    content: &'a str,
    /// What the gate is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<(RepoPath, Option<ObjectId>)>,
    /// The program it runs, with what tells its versions apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<(String, String)>,
    /// What is installed beside that.
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<&'a str>,
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
            requirements,
            advisories: advisories.state(store, read),
            contents: Contents::of(ws)?,
        })
    }

    pub fn of(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        located: &Located,
    ) -> Result<Key, RepoError> {
        let base = self.ws.base();
        let compared = base.filter(|_| check.has_baseline() && options.zero == Zero::New);
        let head_list = self.contents.list(Part {
            commit: self.ws.require_commit()?,
            module: &module.path,
            files: &located.files,
            tests: &located.tests,
            scope: check.scope(),
            reads: self.reads(check, options, module, &module.path),
        })?;
        let at_base = compared.zip(located.base.as_ref());
        let base_list = at_base
            .map(|(commit, at)| {
                self.contents.list(Part {
                    commit,
                    module: &at.module,
                    files: &at.files,
                    tests: &[],
                    scope: check.scope(),
                    reads: self.reads(check, options, module, &at.module),
                })
            })
            .transpose()?;
        let owner = located.owner.as_ref();
        let id = check.id();
        let inputs = |path, tests, owner, list| {
            self.inputs(&id, check, options, module, path, tests, owner, list)
        };
        let head = inputs(&module.path, &located.tests, owner, &head_list)?;
        let base = at_base
            .zip(base_list.as_ref())
            .map(|((_, at), list)| inputs(&at.module, &[], None, list))
            .transpose()?;
        let against = match &base {
            Some(base) => Some(AgainstBase::At(base)),
            None => compared.map(|_| ABSENT),
        };
        let base = against.as_ref().map(key_of);
        let behind = match check.looks_back() {
            true => Some(self.behind(check, options, module, located, &key_of(&head))?),
            false => None,
        };
        let json = serde_json::to_vec(&Whole {
            version: EVIDENCE_VERSION,
            isolation: supervise::isolation(),
            head: &head,
            base: against,
            behind,
        });
        // Plain data: it can always be written.
        let json = json.unwrap_or_default();
        Ok(Key {
            evidence: digest(&json),
            // Kept apart only where it may serve as a baseline later.
            measure: check.has_baseline().then(|| key_of(&head)),
            base,
            manifest: Manifest {
                json,
                lists: [head_list].into_iter().chain(base_list).collect(),
            },
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
        let there = Place {
            commit: base,
            path: &at.module,
            files: &at.files,
            tests: &located.tests,
        };
        let there = self.measure(check, options, module, there)?;
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
            contents: self.contents.with(index),
            ..self
        }
    }

    /// The key of what a gate measures of a module in that place.
    pub fn measure(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        place: Place<'_>,
    ) -> Result<String, RepoError> {
        let Place {
            commit,
            path,
            files,
            tests,
        } = place;
        let list = self.contents.list(Part {
            commit,
            module: path,
            files,
            tests,
            scope: check.scope(),
            reads: self.reads(check, options, module, path),
        })?;
        let id = check.id();
        let inputs = self.inputs(&id, check, options, module, path, tests, None, &list)?;
        Ok(key_of(&inputs))
    }

    fn target(&self, module: &Module) -> Option<RepoPath> {
        let lane = self.ws.config().lanes.get(module.lane)?;
        lane.destination(&module.path, lane.targets.first()?)
    }

    fn reads(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        path: &RepoPath,
    ) -> Vec<RepoPath> {
        check.reads(About {
            module: path,
            target: self.target(module).as_ref(),
            lanes: &self.ws.config().lanes,
            options,
        })
    }

    #[allow(clippy::too_many_arguments)] // everything meets here
    fn inputs<'b>(
        &'b self,
        id: &'b GateId,
        check: &'b dyn Check,
        options: &GateOptions,
        module: &Module,
        path: &'b RepoPath,
        tests: &'b [RepoPath],
        owner: Option<&'b Owner>,
        list: &'b List,
    ) -> Result<Inputs<'b>, RepoError> {
        let tools = check.tools().iter().map(|name| {
            let tool = self.toolbox.and_then(|toolbox| toolbox.get(name).ok());
            (
                *name,
                tool.map_or(String::new(), |tool| {
                    format!("{} {:?} {}", tool.version, tool.origin, tool.python_version)
                }),
            )
        });
        let run = match check.scope() {
            // The run of the tests is told what the gate `tests` is told.
            Scope::Tests => Some(self.ws.config().policy.gate(&GateId::new("tests")).args),
            _ => None,
        };
        Ok(Inputs {
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
            content: &list.digest,
            target: self
                .target(module)
                .filter(|_| check.scope() == Scope::Imports),
            tests: if check.scope() == Scope::Tests {
                tests
            } else {
                &[]
            },
            advisories: (check.scope() == Scope::Declarations).then_some(&self.advisories),
            parts: self.parts(check)?,
            program: check.program().map(|name| self.program(name)),
            packages: (check.program().and(self.toolbox)).map(|toolbox| toolbox.packages.as_str()),
        })
    }

    /// What the gate is made of, at the revision that is checked.
    fn parts(&self, check: &dyn Check) -> Result<Vec<(RepoPath, Option<ObjectId>)>, RepoError> {
        let commit = self.ws.require_commit()?;
        let objects = check.parts().into_iter().map(|path| {
            let entry = self.ws.repo().entry(commit, &path)?;
            Ok((path, entry.map(|entry| entry.id)))
        });
        objects
            .filter(|part| !matches!(part, Ok((_, None))))
            .collect()
    }

    /// A program with what tells its versions apart; nothing where it is not there.
    fn program(&self, name: &str) -> (String, String) {
        let found = self.toolbox.and_then(|toolbox| match name {
            "{python}" => Some(toolbox.python.clone()),
            name => toolbox.program(name),
        });
        let stamp = found.and_then(|program| {
            use std::os::unix::fs::MetadataExt as _;
            let meta = std::fs::metadata(&program).ok()?;
            let at = program.display();
            Some(format!("{at} {} {}", meta.len(), meta.mtime()))
        });
        (name.to_owned(), stamp.unwrap_or_default())
    }

    /// What the configuration says of the Python that code may run under.
    fn pinned_python(&self) -> (PinnedPython, Option<&str>) {
        let tools = &self.ws.config().tools;
        (tools.pinned_python, tools.python.as_deref())
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
