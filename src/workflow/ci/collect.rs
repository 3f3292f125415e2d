//! Joins what cells left to one report, if nothing about them is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::artifact::{self, Artifact, LIST};
use super::{CiError, Plan};
use crate::promotion::evidence::EVIDENCE_VERSION;
use crate::workflow::Workspace;
use crate::workflow::validate::{self, Machine, ModuleReport};

/// What is wrong with what there is to collect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A cell of the plan left nothing.
    #[error("cell {0} is missing: its job did not end, or its artifact was not brought here")]
    Missing(String),
    /// Two artifacts are of one cell.
    #[error("cell {cell} is there twice: {} and {}", first.display(), second.display())]
    Twice {
        /// The cell.
        cell: String,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// It is of another plan, commit or cell.
    #[error("{} does not belong here: {why}", at.display())]
    Foreign {
        /// The artifact.
        at: PathBuf,
        /// What it is of.
        why: String,
    },
    /// It is not what its list or its keys say.
    #[error("{} ({cell}) is refused: {why}", at.display())]
    Refused {
        /// The artifact.
        at: PathBuf,
        /// Its cell, as far as that is known.
        cell: String,
        /// What is wrong.
        why: String,
    },
}

impl Problem {
    /// True where nothing is wrong with what there is, but not all is there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// What there is to collect.
pub enum Collected {
    /// All cells, joined.
    Whole {
        /// Module by module.
        modules: Vec<ModuleReport>,
        /// What tools wrote, by its sha256.
        outputs: Outputs,
    },
    /// Something is wrong: all of it.
    Refused(Vec<Problem>),
}

/// What tools wrote.
pub struct Outputs(Vec<Artifact>);

impl Outputs {
    /// By its sha256.
    pub fn blob(&self, sha256: &str) -> Option<Vec<u8>> {
        self.0.iter().find_map(|artifact| artifact.output(sha256))
    }
}

/// Joins the artifacts of all cells of a plan. `places`: artifacts, or directories
/// with an artifact in each of theirs.
pub fn collect(ws: &Workspace, plan: &Plan, places: &[PathBuf]) -> Result<Collected, CiError> {
    let digest = plan.digest()?;
    let mut problems = Vec::new();
    // Refused ones are there, whatever they are.
    let mut claimed = BTreeSet::new();
    let mut cells: BTreeMap<String, (PathBuf, Artifact)> = BTreeMap::new();
    for at in artifacts(places)? {
        match admit(&at, plan, &digest) {
            Err(problem) => {
                claimed.extend(artifact::claimed(&at));
                problems.push(problem);
            }
            Ok(artifact) => {
                let cell = artifact.list.cell.clone();
                match cells.get(&cell) {
                    Some((first, _)) => problems.push(Problem::Twice {
                        cell,
                        first: first.clone(),
                        second: at,
                    }),
                    None => drop(cells.insert(cell, (at, artifact))),
                }
            }
        }
    }
    let mut modules = Vec::new();
    let mut machine: Option<(String, Machine)> = None;
    let paths: Vec<_> = plan.modules.iter().map(|it| it.module.clone()).collect();
    for mut expected in validate::expected(ws, &paths, &plan.only)? {
        for gate in &expected.gates {
            let module = &expected.report.module;
            let holds = |cell: &&super::Cell| {
                cell.modules.contains(module) && cell.gates.contains(&gate.gate)
            };
            let Some((at, artifact)) = plan
                .cells
                .iter()
                .find(holds)
                .and_then(|cell| cells.get(&cell.cell))
            else {
                continue; // told below, or refused above
            };
            let checked = artifact.evidence(module, &gate.gate).and_then(|kept| {
                let evidence = &kept.evidence;
                if evidence.version != EVIDENCE_VERSION || evidence.object != expected.report.object
                {
                    return Err("it is of other content".into());
                }
                let told = gate.holds(evidence, &kept.inputs)?;
                agree(&mut machine, &artifact.list.cell, told)?;
                Ok(kept.evidence)
            });
            match checked {
                Ok(evidence) => expected.report.evidence.push(Arc::new(evidence)),
                Err(why) => problems.push(Problem::Refused {
                    at: at.clone(),
                    cell: artifact.list.cell.clone(),
                    why: format!("{module}, {}: {why}", gate.gate),
                }),
            }
        }
        modules.push(expected.report);
    }
    let missing = plan
        .cells
        .iter()
        .filter(|cell| !cells.contains_key(&cell.cell) && !claimed.contains(&cell.cell));
    problems.extend(missing.map(|cell| Problem::Missing(cell.cell.clone())));
    Ok(match problems.is_empty() {
        true => Collected::Whole {
            modules,
            outputs: Outputs(cells.into_values().map(|(_, artifact)| artifact).collect()),
        },
        false => Collected::Refused(problems),
    })
}

/// The directories that are to be artifacts.
fn artifacts(places: &[PathBuf]) -> Result<Vec<PathBuf>, CiError> {
    let mut all = Vec::new();
    for place in places {
        if place.join(LIST).symlink_metadata().is_ok() {
            all.push(place.clone());
            continue;
        }
        let read = |source| CiError::Read {
            path: place.clone(),
            source,
        };
        let mut inside = Vec::new();
        for entry in fs::read_dir(place).map_err(read)? {
            inside.push(entry.map_err(read)?.path());
        }
        inside.sort();
        all.extend(inside);
    }
    Ok(all)
}

/// An artifact that is whole and of a cell of this plan.
fn admit(at: &Path, plan: &Plan, digest: &str) -> Result<Artifact, Problem> {
    let artifact = Artifact::open(at).map_err(|why| Problem::Refused {
        at: at.to_owned(),
        cell: artifact::claimed(at).unwrap_or_else(|| "no cell".into()),
        why,
    })?;
    let list = &artifact.list;
    let foreign = |why: String| Problem::Foreign {
        at: at.to_owned(),
        why,
    };
    if list.commit != plan.commit {
        return Err(foreign(format!(
            "it is of commit {}, the plan of {}",
            list.commit, plan.commit
        )));
    }
    if list.plan != digest {
        return Err(foreign(format!(
            "it is of the plan {}, this one is {digest}",
            list.plan
        )));
    }
    let Ok(cell) = plan.cell(&list.cell) else {
        return Err(foreign(format!("the plan has no cell {:?}", list.cell)));
    };
    // What the cell has no business with.
    let named = |module: &crate::promotion::RepoPath| {
        let gates = cell.gates.iter();
        let files = gates.map(|gate| artifact::evidence_file(module, gate));
        files.collect::<Vec<_>>()
    };
    let own: Vec<String> = cell.modules.iter().flat_map(named).collect();
    let evidence = list
        .files
        .keys()
        .filter(|name| name.starts_with("evidence/"));
    match evidence.into_iter().find(|name| !own.contains(*name)) {
        Some(name) => Err(foreign(format!("{name} is not of cell {}", list.cell))),
        None => Ok(artifact),
    }
}

/// One report is made by one set of tools.
fn agree(known: &mut Option<(String, Machine)>, cell: &str, told: Machine) -> Result<(), String> {
    let Some((first, machine)) = known else {
        *known = Some((cell.to_owned(), told));
        return Ok(());
    };
    if machine.python != told.python {
        return Err(format!(
            "it was made with Python {}, {first} with {}",
            told.python, machine.python
        ));
    }
    for (name, version) in told.tools {
        match machine.tools.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if *known != version => {
                return Err(format!(
                    "it was made with {name} {version}, another cell with {name} {known}"
                ));
            }
            Some(_) => {}
            None => machine.tools.push((name, version)),
        }
    }
    Ok(())
}
