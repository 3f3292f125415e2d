//! The files a result depends on, listed once for all gates that look at the same.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::branch;
use crate::gates::cache::digest;
use crate::gates::checks::Scope;
use crate::gates::checks::documentation::python_in;
use crate::gates::checks::supply_chain::declared::is_declaration;
use crate::gates::settings;
use crate::promotion::{ObjectId, RepoPath};
use crate::python::{Import, Index, MOST_BYTES, Scan};
use crate::repo::RepoError;
use crate::repo::tree::{self, oid};
use crate::workflow::python_index;
use crate::workflow::workspace::Workspace;

/// A module's gates need no more lists than this.
const MOST: usize = 64;

/// Paths with what stands there.
pub(super) type Objects = Vec<(RepoPath, Option<ObjectId>)>;

/// A list of files with what stands there, written as JSON.
#[derive(Debug)]
pub(super) struct List {
    /// It.
    pub json: Vec<u8>,
    /// Its sha256, in hexadecimal.
    pub digest: String,
}

/// What a list is of.
pub(super) struct Part<'a> {
    /// The commit.
    pub commit: ObjectId,
    /// The module's path there.
    pub module: &'a RepoPath,
    /// Its Python files there.
    pub files: &'a [RepoPath],
    /// Its tests.
    pub tests: &'a [RepoPath],
    /// What belongs to it.
    pub scope: Scope,
    /// What belongs to it as well.
    pub reads: Vec<RepoPath>,
}

/// Tells parts apart: files follow from commit and module.
type Name = (ObjectId, RepoPath, Vec<RepoPath>, u8, Vec<RepoPath>);

impl Part<'_> {
    fn name(&self) -> Name {
        (
            self.commit,
            self.module.clone(),
            self.tests.to_vec(),
            self.scope as u8,
            self.reads.clone(),
        )
    }
}

/// Lists the files of one workspace.
pub(super) struct Contents<'a> {
    ws: &'a Workspace,
    git: git2::Repository,
    index: Option<Arc<Index>>,
    lists: RefCell<HashMap<Name, Arc<List>>>,
    /// What declares dependencies, by commit.
    declarations: RefCell<HashMap<ObjectId, Arc<Objects>>>,
    /// Infrastructure that the branch changes.
    changed: RefCell<Option<Option<Arc<[RepoPath]>>>>,
    /// What the examples in a document import, by its content.
    examples: RefCell<HashMap<ObjectId, Arc<Vec<Import>>>>,
}

impl<'a> Contents<'a> {
    pub fn of(ws: &'a Workspace) -> Result<Self, RepoError> {
        Ok(Self {
            ws,
            git: ws.repo().open_git()?,
            index: ws.index().ok(),
            lists: RefCell::default(),
            declarations: RefCell::default(),
            changed: RefCell::default(),
            examples: RefCell::default(),
        })
    }

    /// The same for a commit of which `index` tells what imports what.
    pub fn with(self, index: Arc<Index>) -> Self {
        Self {
            index: Some(index),
            lists: RefCell::default(),
            ..self
        }
    }

    /// The list of a part.
    pub fn list(&self, part: Part<'_>) -> Result<Arc<List>, RepoError> {
        let name = part.name();
        if let Some(known) = self.lists.borrow().get(&name) {
            return Ok(known.clone());
        }
        // Plain data: it can always be written.
        let json = serde_json::to_vec(&self.objects(part)?).unwrap_or_default();
        let list = Arc::new(List {
            digest: digest(&json),
            json,
        });
        let mut lists = self.lists.borrow_mut();
        if lists.len() >= MOST {
            lists.clear(); // those of modules that are done with
        }
        lists.insert(name, list.clone());
        Ok(list)
    }

    /// The objects a result depends on.
    fn objects(&self, part: Part<'_>) -> Result<Objects, RepoError> {
        let Part {
            commit,
            module,
            files,
            tests,
            scope,
            reads,
        } = part;
        let mut paths: BTreeSet<RepoPath> = [module.clone()].into();
        let whole = reads.iter().any(RepoPath::is_root);
        let mut examples = Vec::new();
        if scope == Scope::Examples {
            examples = self.imports_of_examples(commit, &reads)?;
        }
        paths.extend(reads);
        paths.extend(files.iter().filter(|f| !f.is_within(module)).cloned());
        add_settings(&mut paths, module);
        if matches!(scope, Scope::Imports | Scope::Examples | Scope::Tests)
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
            let mut reached = index.closure(&from);
            reached.extend(index.closure_of(&examples));
            paths.extend(reached.into_iter().filter(|path| !path.is_within(module)));
        }
        let mut content: Objects = paths
            .into_iter()
            .filter(|path| !path.is_root() || whole)
            .map(|path| {
                let entry = tree::entry(&self.git, commit, &path)?;
                Ok((path, entry.map(|entry| entry.id)))
            })
            .filter(|entry| !matches!(entry, Ok((_, None))))
            .collect::<Result<_, RepoError>>()?;
        if scope == Scope::Declarations {
            content.extend(self.declarations(commit)?.iter().cloned());
        }
        if scope == Scope::Branch {
            content.extend(self.branch(commit)?);
        }
        Ok(content)
    }

    /// What the examples in these documents import.
    fn imports_of_examples(
        &self,
        commit: ObjectId,
        documents: &[RepoPath],
    ) -> Result<Vec<Import>, RepoError> {
        let mut imports = Vec::new();
        for path in documents {
            let Some(entry) = tree::entry(&self.git, commit, path)? else {
                continue;
            };
            let known = self.examples.borrow().get(&entry.id).cloned();
            let found = known.unwrap_or_else(|| {
                // What cannot be had, or is too large, the gate does not read either.
                let blob = self.git.find_blob(oid(entry.id)).ok();
                let blob = blob.filter(|blob| blob.size() <= MOST_BYTES);
                let code = blob.map_or(String::new(), |blob| {
                    python_in(&String::from_utf8_lossy(blob.content()))
                });
                Arc::new(Scan::of(code.as_bytes()).imports)
            });
            imports.extend(found.iter().cloned());
            let mut examples = self.examples.borrow_mut();
            examples.entry(entry.id).or_insert(found);
        }
        Ok(imports)
    }

    /// Infrastructure that the branch changes, as it is at a commit.
    fn branch(&self, commit: ObjectId) -> Result<Objects, RepoError> {
        let mut known = self.changed.borrow_mut();
        let changed = match &*known {
            Some(changed) => changed.clone(),
            None => known.insert(branch::changed(self.ws)?).clone(),
        };
        let here = |path: &RepoPath| {
            let entry = tree::entry(&self.git, commit, path)?;
            Ok((path.clone(), entry.map(|entry| entry.id)))
        };
        changed
            .iter()
            .flat_map(|paths| paths.iter())
            .map(here)
            .collect()
    }

    /// What declares dependencies, and the names of what the repository holds
    /// itself, where Python looks for it.
    fn declarations(&self, commit: ObjectId) -> Result<Arc<Objects>, RepoError> {
        if let Some(known) = self.declarations.borrow().get(&commit) {
            return Ok(known.clone());
        }
        let mut found: BTreeMap<RepoPath, Option<ObjectId>> = BTreeMap::new();
        let head = self.ws.require_commit()?;
        let own = python_index::roots(self.ws.repo(), head, self.ws.config())?;
        for (path, entry) in tree::walk(&self.git, commit, &RepoPath::default())? {
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
