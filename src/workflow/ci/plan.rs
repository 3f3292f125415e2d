//! The plan: which cells there are, and what each is to check.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CiError;
use crate::gates::checks::{Check, Scope};
use crate::promotion::{GateId, ObjectId, RepoPath, report};
use crate::workflow::Workspace;
use crate::workflow::report::names::directory;
use crate::workflow::select::Selection;
use crate::workflow::validate::{self, CheckError};

/// The schema of a plan's document.
const SCHEMA: &str = "countersign.ci-plan";

/// Everything that the jobs of one run agree on. It follows from the commit and
/// what was asked for: whoever has the repository can make it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of Countersign.
    pub countersign: String,
    /// The commit.
    pub commit: ObjectId,
    /// The merge-base.
    pub base: Option<ObjectId>,
    /// What was asked for.
    pub selection: Selection,
    /// Only these gates; empty: all.
    pub only: Vec<GateId>,
    /// At most so many cells.
    pub most: usize,
    /// The modules, in the order of their report.
    pub modules: Vec<Planned>,
    /// The cells. Together they have each gate on each module exactly once.
    pub cells: Vec<Cell>,
}

/// A module of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Its path.
    pub module: RepoPath,
    /// Its tree or blob.
    pub object: ObjectId,
}

/// What one job checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Its name, which may be part of a file's.
    pub cell: String,
    /// The modules.
    pub modules: Vec<RepoPath>,
    /// The gates.
    pub gates: Vec<GateId>,
}

/// A plan as it is printed and read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    schema: String,
    version: u32,
    /// sha256 of the plan in the form of RFC 8785.
    pub digest: String,
    /// How many cells there are.
    pub cells: usize,
    /// For `strategy.matrix` of a workflow.
    pub matrix: Matrix,
    /// The plan.
    pub plan: Plan,
}

/// The matrix of a workflow's job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    include: Vec<Named>,
}

/// A cell by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    cell: String,
}

/// Plans. `most`: at most so many cells; modules share some where there are more.
pub fn plan(
    ws: &Workspace,
    selection: Selection,
    only: Vec<GateId>,
    most: usize,
) -> Result<Plan, CiError> {
    if !ws.has_committed_config() {
        return Err(CiError::Uncommitted);
    }
    let commit = ws.require_commit().map_err(CheckError::from)?;
    let groups = groups(&validate::choose(ws, &only)?);
    let tree = ws.modules().map_err(CheckError::from)?;
    let mut modules = Vec::new();
    let mut sizes = Vec::new();
    for path in selection.modules(ws)? {
        let found = tree.modules().iter().find(|module| module.path == path);
        if let Some(module) = found {
            modules.push(Planned {
                module: module.path.clone(),
                object: module.object,
            });
            sizes.push((module.path.clone(), module.files));
        }
    }
    let Some(shares) = most.checked_div(groups.len()).filter(|shares| *shares > 0) else {
        return Err(CiError::TooFew {
            groups: groups.len(),
            most,
        });
    };
    let mut cells = Vec::new();
    for (name, modules) in shared(sizes, shares) {
        for (group, gates) in &groups {
            cells.push(Cell {
                cell: format!("{name}.{group}"),
                modules: modules.clone(),
                gates: gates.clone(),
            });
        }
    }
    Ok(Plan {
        countersign: env!("CARGO_PKG_VERSION").into(),
        commit,
        base: ws.base(),
        selection,
        only,
        most,
        modules,
        cells,
    })
}

/// Gates that are run together: those that share a run of the tests, those that
/// share what declares dependencies, those that need a machine for themselves,
/// and all others, which mostly only read.
fn groups(chosen: &[std::sync::Arc<dyn Check>]) -> BTreeMap<&'static str, Vec<GateId>> {
    let mut groups: BTreeMap<_, Vec<GateId>> = BTreeMap::new();
    for check in chosen {
        let group = match check.scope() {
            _ if check.id().as_str() == "benchmarks" => "benchmarks",
            Scope::Tests => "tests",
            Scope::Declarations => "supply-chain",
            _ => "static",
        };
        groups.entry(group).or_default().push(check.id());
    }
    groups
}

/// Modules in at most so many shares, each with a name: the largest first, to
/// the share that has least.
fn shared(mut sizes: Vec<(RepoPath, u32)>, most: usize) -> Vec<(String, Vec<RepoPath>)> {
    if sizes.len() <= most {
        let alone = |(path, _): (RepoPath, u32)| (directory(&path), vec![path]);
        return sizes.into_iter().map(alone).collect();
    }
    sizes.sort_by(|(a, a_files), (b, b_files)| b_files.cmp(a_files).then_with(|| a.cmp(b)));
    let mut shares: Vec<(u64, Vec<RepoPath>)> = vec![(0, Vec::new()); most];
    for (path, files) in sizes {
        let least = shares
            .iter_mut()
            .min_by_key(|(files, paths)| (*files, paths.len()));
        if let Some((sum, paths)) = least {
            *sum += u64::from(files);
            paths.push(path);
        }
    }
    let shares = shares.into_iter().enumerate();
    shares
        .map(|(at, (_, mut paths))| {
            paths.sort();
            (format!("share-{:03}", at + 1), paths)
        })
        .collect()
}

impl Plan {
    /// The cell of that name.
    pub fn cell(&self, name: &str) -> Result<&Cell, CiError> {
        let found = self.cells.iter().find(|cell| cell.cell == name);
        found.ok_or_else(|| CiError::NoSuchCell(name.to_owned()))
    }

    /// sha256 of its canonical form.
    pub fn digest(&self) -> Result<String, CiError> {
        Ok(report::digest(&serde_json_canonicalizer::to_vec(self)?))
    }

    /// As it is printed.
    pub fn document(self) -> Result<PlanDocument, CiError> {
        let named = |cell: &Cell| Named {
            cell: cell.cell.clone(),
        };
        Ok(PlanDocument {
            schema: SCHEMA.into(),
            version: 1,
            digest: self.digest()?,
            cells: self.cells.len(),
            matrix: Matrix {
                include: self.cells.iter().map(named).collect(),
            },
            plan: self,
        })
    }

    /// Reads a plan, and makes sure that it is the one this repository gives.
    /// `expected`: the digest it has to have, from whom one trusts.
    pub fn read(ws: &Workspace, file: &Path, expected: Option<&str>) -> Result<Self, CiError> {
        let bytes = std::fs::read(file).map_err(|source| CiError::Read {
            path: file.to_owned(),
            source,
        })?;
        let document: PlanDocument =
            serde_json::from_slice(&bytes).map_err(|error| CiError::NoPlan {
                path: file.to_owned(),
                why: error.to_string(),
            })?;
        let given = document.plan.clone();
        let digest = given.digest()?;
        if document != given.clone().document()? {
            return Err(CiError::NoPlan {
                path: file.to_owned(),
                why: "what it says of its plan is not so".into(),
            });
        }
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            return Err(CiError::Foreign(format!(
                "its digest is {digest}, and {expected} was expected"
            )));
        }
        let foreign = |what: &str, theirs: String, own: String| {
            Err(CiError::Foreign(format!(
                "it is of {what} {theirs}, here it is {own}"
            )))
        };
        let shown = |id: Option<ObjectId>| id.map_or("none".into(), |id| id.to_string());
        if given.countersign != env!("CARGO_PKG_VERSION") {
            let own = env!("CARGO_PKG_VERSION").to_owned();
            return foreign("Countersign", given.countersign, own);
        }
        if Some(given.commit) != ws.commit() {
            return foreign("commit", given.commit.to_string(), shown(ws.commit()));
        }
        if given.base != ws.base() {
            return foreign("merge-base", shown(given.base), shown(ws.base()));
        }
        let own = plan(ws, given.selection.clone(), given.only.clone(), given.most)?;
        match own == given {
            true => Ok(given),
            false => Err(CiError::Foreign("it has other modules or cells".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_module_is_in_exactly_one_share(files in proptest::collection::vec(0..500u32, 0..60), most in 1..20usize) {
            let sizes: Vec<_> = files.iter().enumerate()
                .map(|(at, files)| (RepoPath::from(format!("c/m{at}").as_str()), *files))
                .collect();
            let shares = shared(sizes.clone(), most);
            prop_assert!(shares.len() <= most.max(1));
            let mut all: Vec<_> = shares.iter().flat_map(|(_, paths)| paths.clone()).collect();
            all.sort();
            let mut wanted: Vec<_> = sizes.into_iter().map(|(path, _)| path).collect();
            wanted.sort();
            prop_assert_eq!(all, wanted);
            let mut names: Vec<_> = shares.iter().map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), shares.len());
        }
    }
}
