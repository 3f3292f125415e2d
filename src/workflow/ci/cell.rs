//! Writes down what a cell found.

use std::fs;
use std::path::Path;

use super::artifact::{self, LIST, List};
use super::{Cell, CiError, Plan};
use crate::promotion::text;
use crate::workflow::report::{WriteError, beside, failed};
use crate::workflow::validate::{self, ModuleReport};

/// Writes the artifact of a cell to a directory that is not there, or empty.
pub fn write(to: &Path, plan: &Plan, cell: &Cell, modules: &[ModuleReport]) -> Result<(), CiError> {
    refuse_unless_empty(to)?;
    let (to, making) = beside(to, ".countersign-cell-")?;
    let new = making.path().join("new");
    let mut making = Making {
        at: &new,
        list: List::of(plan, &plan.digest()?, cell),
    };
    for module in modules {
        for evidence in &module.evidence {
            let gone = || CiError::Gone {
                module: module.module.to_string(),
                gate: evidence.gate.to_string(),
            };
            let inputs = validate::inputs_of(&evidence.key).ok_or_else(gone)?;
            making.file(artifact::inputs_file(&evidence.key), &inputs)?;
            for sha256 in artifact::outputs(evidence) {
                let content = validate::output(sha256).ok_or_else(gone)?;
                making.file(artifact::output_file(sha256), &content)?;
            }
            let json = text::escape_json(&serde_json::to_string(&**evidence)?);
            let name = artifact::evidence_file(&module.module, &evidence.gate);
            making.file(name, json.as_bytes())?;
        }
    }
    let list = serde_json::to_vec_pretty(&making.list)?;
    making.write(LIST, &list)?;
    fs::rename(&new, &to).map_err(failed(&to))?;
    Ok(())
}

/// Refuses a place where something stands.
pub fn refuse_unless_empty(to: &Path) -> Result<(), CiError> {
    match fs::read_dir(to).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(WriteError::Occupied {
            path: to.to_owned(),
            why: "is not empty".into(),
        }
        .into()),
        Err(error) => Err(failed(to)(error).into()),
    }
}

struct Making<'a> {
    at: &'a Path,
    list: List,
}

impl Making<'_> {
    /// A file that is listed.
    fn file(&mut self, name: String, content: &[u8]) -> Result<(), WriteError> {
        if self.list.files.contains_key(&name) {
            return Ok(());
        }
        let sha256 = crate::promotion::report::digest(content);
        self.write(&name, content)?;
        self.list.files.insert(name, sha256);
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), WriteError> {
        let path = self.at.join(name);
        let directory = path.parent().unwrap_or(self.at);
        fs::create_dir_all(directory).map_err(failed(directory))?;
        fs::write(&path, content).map_err(failed(&path))
    }
}
