//! What a cell leaves: a directory with a list of its files.
//!
//! ```text
//! cell.json                  of which plan and cell it is, and the sha256 of each file
//! evidence/MODULE/GATE.json  the evidence
//! inputs/KEY.json            what its key was made of
//! outputs/SHA256             what tools wrote
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Cell, Plan};
use crate::promotion::{Evidence, GateId, ObjectId, RepoPath};
use crate::workflow::report::names::{directory, plain};

/// The name of the list.
pub(super) const LIST: &str = "cell.json";
/// The schema of the list.
pub(super) const SCHEMA: &str = "countersign.ci-cell";

/// `cell.json`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    pub schema: String,
    pub version: u32,
    /// The version of Countersign.
    pub countersign: String,
    /// The digest of the plan.
    pub plan: String,
    /// The name of the cell.
    pub cell: String,
    /// The commit.
    pub commit: ObjectId,
    /// Every other file, with its sha256.
    pub files: BTreeMap<String, String>,
}

impl List {
    /// That of a cell.
    pub fn of(plan: &Plan, digest: &str, cell: &Cell) -> Self {
        Self {
            schema: SCHEMA.into(),
            version: 1,
            countersign: env!("CARGO_PKG_VERSION").into(),
            plan: digest.to_owned(),
            cell: cell.cell.clone(),
            commit: plan.commit,
            files: BTreeMap::new(),
        }
    }
}

/// The cell that an artifact says it is of, whatever else is wrong with it.
pub(super) fn claimed(at: &Path) -> Option<String> {
    let list: serde_json::Value = serde_json::from_slice(&fs::read(at.join(LIST)).ok()?).ok()?;
    list["cell"].as_str().map(str::to_owned)
}

/// Where the evidence of a gate is.
pub(super) fn evidence_file(module: &RepoPath, gate: &GateId) -> String {
    format!(
        "evidence/{}/{}.json",
        directory(module),
        plain(gate.as_str())
    )
}

/// Where that is that a key was made of.
pub(super) fn inputs_file(key: &str) -> String {
    format!("inputs/{key}.json")
}

/// Where an output is.
pub(super) fn output_file(sha256: &str) -> String {
    format!("outputs/{sha256}")
}

/// sha256 of a file, in hexadecimal.
pub(super) fn sum(path: &Path) -> io::Result<String> {
    let mut sum = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => sum.update(&buffer[..n]),
        }
    }
    Ok(sum.finalize().iter().map(|b| format!("{b:02x}")).collect())
}

/// The artifact of a cell, of which every file is what its list says.
pub(super) struct Artifact {
    at: PathBuf,
    pub list: List,
}

/// Evidence with what its key was made of.
pub(super) struct Kept {
    pub evidence: Evidence,
    pub inputs: Vec<u8>,
}

impl Artifact {
    /// Reads the list, and holds every file against it.
    pub fn open(at: &Path) -> Result<Self, String> {
        let path = at.join(LIST);
        let bytes = fs::read(&path).map_err(|error| format!("{LIST} cannot be read: {error}"))?;
        let list: List = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{LIST} is not that of a cell: {error}"))?;
        if list.schema != SCHEMA || list.version != 1 {
            return Err(format!("{LIST} is not that of a cell"));
        }
        let mut there = BTreeSet::new();
        walk(at, "", 0, &mut there)?;
        there.remove(LIST);
        for (name, sha256) in &list.files {
            if !there.remove(name) {
                return Err(format!("{name} is missing"));
            }
            let is = sum(&at.join(name)).map_err(|error| format!("{name}: {error}"))?;
            if is != *sha256 {
                return Err(format!(
                    "{name} was altered: its sha256 is not the listed one"
                ));
            }
        }
        match there.first() {
            Some(name) => Err(format!("{name} is not listed")),
            None => Ok(Self {
                at: at.to_owned(),
                list,
            }),
        }
    }

    /// The evidence of a gate, whole.
    pub fn evidence(&self, module: &RepoPath, gate: &GateId) -> Result<Kept, String> {
        let name = evidence_file(module, gate);
        let bytes = self.read(&name)?;
        let broken = |error: serde_json::Error| format!("{name} is no evidence: {error}");
        let evidence: Evidence = serde_json::from_slice(&bytes).map_err(broken)?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(broken)?;
        if serde_json::to_value(&evidence).map_err(broken)? != value {
            return Err(format!("{name} holds more than evidence"));
        }
        if evidence.module != *module || evidence.gate != *gate {
            return Err(format!(
                "{name} is of {} and {}",
                evidence.module, evidence.gate
            ));
        }
        let inputs = self.read(&inputs_file(&evidence.key))?;
        for sha256 in outputs(&evidence) {
            let output = output_file(sha256);
            match self.list.files.get(&output) {
                Some(listed) if listed == sha256 => {}
                Some(_) => return Err(format!("{output} is not what its name says")),
                None => return Err(format!("{output}, which {name} names, is missing")),
            }
        }
        Ok(Kept { evidence, inputs })
    }

    /// What a tool wrote.
    pub fn output(&self, sha256: &str) -> Option<Vec<u8>> {
        self.read(&output_file(sha256)).ok()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        if !self.list.files.contains_key(name) {
            return Err(format!("{name} is missing"));
        }
        fs::read(self.at.join(name)).map_err(|error| format!("{name}: {error}"))
    }
}

/// The outputs that evidence names.
pub(super) fn outputs(evidence: &Evidence) -> impl Iterator<Item = &str> {
    let runs = evidence.runs.iter();
    runs.flat_map(|run| [run.stdout.as_str(), run.stderr.as_str()])
        .filter(|sha256| !sha256.is_empty())
}

/// The regular files below a directory. Nothing else may be there.
fn walk(at: &Path, below: &str, depth: u8, found: &mut BTreeSet<String>) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", at.display());
    for entry in fs::read_dir(at).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(name) = entry
            .file_name()
            .to_str()
            .map(|name| format!("{below}{name}"))
        else {
            return Err(format!("{} is no name of ours", entry.path().display()));
        };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && depth < 3 {
            walk(&entry.path(), &format!("{name}/"), depth + 1, found)?;
        } else if kind.is_file() {
            found.insert(name);
        } else {
            return Err(format!("{name} is no regular file"));
        }
    }
    Ok(())
}
