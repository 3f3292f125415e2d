//! What a gate's result depends on, and the keys that follow from it.

use std::sync::Arc;

use serde::Serialize;

use super::content::{Contents, List, Part};
use super::located::Located;
use crate::gates::cache::{Store, StoreError, digest, key_of};
use crate::gates::checks::supply_chain::export::{Advisories, State};
use crate::gates::checks::{About, Check, Scope};
use crate::gates::supervise;
use crate::gates::toolchain::Toolbox;
use crate::promotion::evidence::EVIDENCE_VERSION;
use crate::promotion::policy::{GateOptions, PinnedPython, Zero};
use crate::promotion::{GateId, Isolation, Lane, Module, ObjectId, Owner, RepoPath};
use crate::python::Index;
use crate::repo::RepoError;
use crate::repo::tree::{self, oid};
use crate::workflow::workspace::Workspace;

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

    fn reads(
        &self,
        check: &dyn Check,
        options: &GateOptions,
        module: &Module,
        path: &RepoPath,
    ) -> Vec<RepoPath> {
        check.reads(About {
            module: path,
            target: super::target(self.ws, module).as_ref(),
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
            target: super::target_from(self.ws, module, path)
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
