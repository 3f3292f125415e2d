//! Phase 0: what is known of the modules beside their content.

use std::collections::{BTreeSet, HashMap};

use tokio_util::sync::CancellationToken;

use crate::promotion::dossier::criteria;
use crate::promotion::{
    Criterion, Dossier, Facts, GateState, Module, ModuleId, ModuleKind, ModuleTree, ObjectId,
    Owner, OwnerSource, RepoPath, Stage, TestLink, stage,
};
use crate::repo::glob::Globs;
use crate::repo::history::{self, Limits};
use crate::repo::{RepoError, owners as codeowners, status};

use super::Workspace;

/// Looks up the facts of every module and gives them to `sink` as they become
/// known, each time all that is known of the modules in the batch: owners
/// first, then uncommitted changes, history, tests. Blocks.
pub fn facts(
    ws: &Workspace,
    tree: &ModuleTree,
    cancel: &CancellationToken,
    sink: &mut dyn FnMut(Vec<(ModuleId, Facts)>),
) -> Result<(), RepoError> {
    let Some(commit) = ws.commit() else {
        return Ok(());
    };
    let mut gathered = Gathered {
        facts: vec![Facts::default(); tree.len()],
        sink,
    };

    let owners = owners(ws, tree, commit)?;
    gathered.set(owners, |facts, owner| facts.owner = owner);

    stop_if(cancel)?;
    let uncommitted = uncommitted(ws, tree)?;
    gathered.set(uncommitted, |facts, ()| facts.uncommitted = true);

    let authors = history::history(
        ws.repo(),
        commit,
        tree,
        Limits::default(),
        cancel,
        &mut |changes| gathered.set(changes, |facts, change| facts.last_change = Some(change)),
    )?;
    let authors = tree
        .ids()
        .zip(authors)
        .filter_map(|(id, author)| Some((id, author?)));
    gathered.set(authors.collect(), |facts, name| {
        facts.owner.get_or_insert(Owner {
            name,
            source: OwnerSource::History,
        });
    });

    stop_if(cancel)?;
    let tests = tests(ws, tree)?;
    stop_if(cancel)?;
    gathered.set(tests, |facts, tests| {
        facts.tests = tests;
        facts.complete = true;
    });
    Ok(())
}

/// What is known so far, told whenever it grows.
struct Gathered<'a> {
    facts: Vec<Facts>,
    sink: &'a mut dyn FnMut(Vec<(ModuleId, Facts)>),
}

impl Gathered<'_> {
    fn set<T>(&mut self, news: Vec<(ModuleId, T)>, mut apply: impl FnMut(&mut Facts, T)) {
        let batch: Vec<_> = news
            .into_iter()
            .filter_map(|(id, news)| {
                let facts = self.facts.get_mut(id.0 as usize)?;
                apply(facts, news);
                Some((id, facts.clone()))
            })
            .collect();
        if !batch.is_empty() {
            (self.sink)(batch);
        }
    }
}

fn stop_if(cancel: &CancellationToken) -> Result<(), RepoError> {
    if cancel.is_cancelled() {
        return Err(RepoError::Cancelled);
    }
    Ok(())
}

/// Configured owners before CODEOWNERS. Every module is told, also without one.
fn owners(
    ws: &Workspace,
    tree: &ModuleTree,
    commit: ObjectId,
) -> Result<Vec<(ModuleId, Option<Owner>)>, RepoError> {
    let config = &ws.config().owners;
    // Of several that match the longest wins, so it is asked first.
    let mut globs: Vec<(&String, &String)> = config.modules.iter().collect();
    globs.sort_by_key(|(glob, _)| std::cmp::Reverse(glob.len()));
    let globs = globs
        .into_iter()
        .map(|(glob, owner)| Ok((Globs::new([glob.as_str()])?, owner)))
        .collect::<Result<Vec<_>, RepoError>>()?;
    let file = codeowners::read(ws.repo(), commit, config.codeowners.as_ref())?.unwrap_or_default();

    let owner = |module: &Module| {
        let is_dir = module.kind != ModuleKind::File;
        if let Some((_, name)) = globs.iter().find(|(g, _)| g.matches(&module.path, is_dir)) {
            return Some(Owner {
                name: (*name).clone(),
                source: OwnerSource::Config,
            });
        }
        let names = match module.kind {
            ModuleKind::File => file.of_file(&module.path),
            ModuleKind::Package | ModuleKind::Namespace => file.of_directory(&module.path),
        };
        (!names.is_empty()).then(|| Owner {
            name: names.join(" "),
            source: OwnerSource::Codeowners,
        })
    };
    Ok(tree.ids().zip(tree.modules().iter().map(owner)).collect())
}

/// The modules that the work tree changes, deletes from or adds to.
fn uncommitted(ws: &Workspace, tree: &ModuleTree) -> Result<Vec<(ModuleId, ())>, RepoError> {
    if !ws.is_checked_out() {
        return Ok(Vec::new());
    }
    let lanes: Vec<RepoPath> = ws.config().lanes.iter().map(|l| l.source.clone()).collect();
    let changed = status::uncommitted(ws.repo(), &lanes)?;
    let ids: HashMap<&RepoPath, ModuleId> = tree
        .ids()
        .zip(tree.modules())
        .map(|(id, module)| (&module.path, id))
        .collect();
    let mut marked = BTreeSet::new();
    for path in changed {
        let mut at = Some(path);
        while let Some(path) = at {
            marked.extend(ids.get(&path));
            at = path.parent();
        }
    }
    Ok(marked.into_iter().map(|id| (id, ())).collect())
}

/// The test files of every module: configured, importing, or named like it.
fn tests(ws: &Workspace, tree: &ModuleTree) -> Result<Vec<(ModuleId, Vec<TestLink>)>, RepoError> {
    let index = ws.index()?;
    let paths: Vec<&RepoPath> = tree.modules().iter().map(|m| &m.path).collect();
    Ok(tree.ids().zip(index.tests_of_all(&paths)).collect())
}

/// Everything known of one module. Blocks.
pub fn dossier(ws: &Workspace, tree: &ModuleTree, id: ModuleId) -> Result<Dossier, RepoError> {
    let module = tree
        .get(id)
        .cloned()
        .ok_or_else(|| RepoError::NoSuchModule {
            name: format!("number {}", id.0),
            revision: ws.revision().into(),
            hint: String::new(),
        })?;
    let gates: Vec<GateState> = Vec::new();
    let whys = criteria(&gates);
    let blockers = stage::blockers(
        &Criterion::ALL
            .into_iter()
            .zip(whys)
            .map(|(criterion, status)| (criterion, status, String::new()))
            .collect::<Vec<_>>(),
    );
    Ok(Dossier {
        module,
        facts: Facts::default(),
        gates,
        stage: Stage::Candidate,
        blockers,
    })
}

/// Finds a module by what a person typed, or says which names are near.
pub fn find(ws: &Workspace, tree: &ModuleTree, name: &str) -> Result<ModuleId, RepoError> {
    tree.find(name).ok_or_else(|| {
        let near = tree.suggest(name, 3);
        let hint = match near.is_empty() {
            _ if tree.is_empty() => {
                let lanes: Vec<String> = ws.config().lanes.iter().map(lane_name).collect();
                format!(": no Python under the lanes ({})", lanes.join(", "))
            }
            true => ". `countersign list` names them all".into(),
            false => format!(". Did you mean {}?", near.join(", ")),
        };
        RepoError::NoSuchModule {
            name: name.into(),
            revision: ws.revision().into(),
            hint,
        }
    })
}

fn lane_name(lane: &crate::promotion::Lane) -> String {
    let source: &RepoPath = &lane.source;
    source.to_text().into_owned()
}
