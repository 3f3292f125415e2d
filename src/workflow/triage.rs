//! Phase 0: what is known of the modules beside their content.

use std::collections::{BTreeSet, HashMap};

use tokio_util::sync::CancellationToken;

use crate::promotion::dossier::criteria;
use crate::promotion::{
    Criterion, Dossier, Facts, GateState, GateStatus, Module, ModuleId, ModuleKind, ModuleTree,
    ObjectId, Owner, OwnerSource, RepoPath, TestLink, TestReason, stage,
};
use crate::repo::glob::Globs;
use crate::repo::history::{self, Limits};
use crate::repo::{RepoError, owners as codeowners, status};

use super::{Workspace, promote, sign_off, validate};

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

/// Who answers for one module, by configuration or CODEOWNERS.
pub(super) fn owner(ws: &Workspace, module: &Module) -> Result<Option<Owner>, RepoError> {
    let owners = owners(ws, &ModuleTree::alone(module), ws.require_commit()?)?;
    Ok(owners.into_iter().next().and_then(|(_, owner)| owner))
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
    let mut tests = index.tests_of_all(&paths);
    for (module, named) in &ws.config().tests.modules {
        let module = RepoPath::from_text(module);
        let configured: Vec<TestLink> = named
            .iter()
            .flat_map(|path| index.tests_within(path))
            .map(|path| TestLink {
                path,
                reason: TestReason::Config,
            })
            .collect();
        // What tests a part tests the whole.
        let wholes = paths
            .iter()
            .zip(&mut tests)
            .filter(|(whole, _)| module.is_within(whole));
        for (_, links) in wholes {
            links.retain(|link| configured.iter().all(|c| c.path != link.path));
            links.extend(configured.iter().cloned());
            links.sort();
        }
    }
    Ok(tree.ids().zip(tests).collect())
}

/// The facts of one module alone: its owner needs no walk for all the others.
pub(super) fn facts_of(ws: &Workspace, module: &Module) -> Result<Facts, RepoError> {
    let mut known = Facts::default();
    facts(
        ws,
        &ModuleTree::alone(module),
        &CancellationToken::new(),
        &mut |batch| {
            known = batch
                .into_iter()
                .map(|(_, facts)| facts)
                .next_back()
                .unwrap_or_default();
        },
    )?;
    Ok(known)
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
    let mut gates = validate::states(ws, tree, &[id]).pop().unwrap_or_default();
    let read = sign_off::States::read(ws);
    let (reviewers, sign_off) = read.of(ws, tree, id);
    gates.push(reviewers);
    let course = match read.desk() {
        Some(desk) => promote::Courses::read(ws, desk)?.of(ws, &module.path)?,
        None => stage::Course::default(),
    };
    Ok(Dossier {
        facts: facts_of(ws, &module)?,
        module,
        blockers: stage::blockers(&explained(&gates)),
        stage: course.after(stage::stage(&gates)),
        gates,
        sign_off,
    })
}

/// What is known of the gates of these modules and where their reviewers stand.
/// `reviewers` is read once for many calls. Blocks; starts no process.
pub fn states(
    ws: &Workspace,
    tree: &ModuleTree,
    ids: &[ModuleId],
    reviewers: &sign_off::States,
) -> Vec<Vec<GateState>> {
    let mut all = validate::states(ws, tree, ids);
    for (id, states) in ids.iter().zip(&mut all) {
        states.push(reviewers.of(ws, tree, *id).0);
    }
    all
}

/// The status of each criterion and why it is so.
fn explained(gates: &[GateState]) -> Vec<(Criterion, GateStatus, String)> {
    let why = |criterion: Criterion, status: GateStatus| {
        let speaking = gates.iter().filter(|gate| gate.criterion == criterion);
        if speaking.clone().count() == 0 {
            return "no gate of this version looks at it".to_owned();
        }
        let whys: Vec<String> = speaking
            .filter(|gate| gate.status == status)
            .map(|gate| match gate.why.as_str() {
                "" => gate.gate.to_string(),
                why => format!("{}: {why}", gate.gate),
            })
            .collect();
        whys.join("; ")
    };
    Criterion::ALL
        .into_iter()
        .zip(criteria(gates))
        .map(|(criterion, status)| (criterion, status, why(criterion, status)))
        .collect()
}

/// Finds a module by what a person typed, or says which names are near.
pub fn find(ws: &Workspace, tree: &ModuleTree, name: &str) -> Result<ModuleId, RepoError> {
    tree.find(name).ok_or_else(|| {
        let near = tree.suggest(name, 3);
        let path = RepoPath::from(name.trim_end_matches('/'));
        let hint = match near.is_empty() {
            _ if let Some((source, target)) = ws.config().goal_of(&path) => format!(
                ": {target} is where modules of {source} are promoted to, and they are checked \
                 before. `countersign list` has what was promoted"
            ),
            _ if tree.is_empty() => {
                let lanes = ws.config().lanes.iter();
                let lanes: Vec<_> = lanes
                    .map(|lane| lane.source.to_text().into_owned())
                    .collect();
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
