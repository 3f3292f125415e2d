//! The report of a module, of evidence that is current.

use std::sync::Arc;

use super::inputs::Keys;
use super::located::Located;
use super::{CheckError, ModuleReport};
use crate::gates::checks;
use crate::promotion::{GateId, Module};
use crate::workflow::dirs;
use crate::workflow::workspace::Workspace;

/// What the evidence store holds of a module as it is now.
pub struct KnownReport {
    /// The report, of the gates there is current evidence for.
    pub report: ModuleReport,
    /// The others.
    pub missing: Vec<GateId>,
}

/// Makes the report of a module of evidence that is there. Starts nothing; blocks.
pub fn known(ws: &Workspace, module: &Module) -> Result<KnownReport, CheckError> {
    let cache = dirs::cache_dir()?;
    let store = super::store(&cache);
    let toolbox = super::settings(ws, &cache, store.clone())?.known();
    let keys = Keys::new(ws, toolbox.as_ref(), &super::advisories(ws), &store, false)?;
    let located = Located::of(ws, module)?;
    let (mut evidence, mut missing) = (Vec::new(), Vec::new());
    for check in checks::all(&ws.config().policy) {
        let options = ws.config().policy.gate(&check.id());
        let key = keys.of(check.as_ref(), &options, module, &located)?;
        match store.evidence(&key.evidence) {
            Some(found) => evidence.push(Arc::new(found)),
            None => missing.push(check.id()),
        }
    }
    Ok(KnownReport {
        report: ModuleReport {
            module: module.path.clone(),
            object: module.object,
            target: super::target(ws, module),
            baseline: located.baseline(ws, &module.path)?,
            evidence,
        },
        missing,
    })
}
