//! What the evidence store knows of modules.

use std::sync::Arc;

use super::inputs::Keys;
use super::located::Located;
use crate::gates::cache::{Latest, Store};
use crate::gates::checks::{self, Check};
use crate::promotion::{
    Evidence, GateState, GateStatus, Module, ModuleId, ModuleTree, Outcome, RepoPath,
};
use crate::workflow::dirs;
use crate::workflow::workspace::Workspace;

/// What the evidence store knows of these modules: stale where the content or
/// the tools differ now. Blocking; starts no process, and looks at the content
/// only of modules there is evidence for.
pub fn states(ws: &Workspace, tree: &ModuleTree, ids: &[ModuleId]) -> Vec<Vec<GateState>> {
    let checks = checks::all(&ws.config().policy);
    let known = Known::of(ws);
    let keys = known.as_ref().and_then(|known| {
        let toolbox = known.toolbox.as_ref();
        Keys::new(ws, toolbox, &super::advisories(ws), &known.store, false).ok()
    });
    ids.iter()
        .map(|id| match (tree.get(*id), &known, &keys) {
            (Some(module), Some(known), Some(keys)) => known.states(ws, module, keys, &checks),
            _ => checks
                .iter()
                .map(|check| never(ws, check.as_ref(), None))
                .collect(),
        })
        .collect()
}

/// What is known of a repository.
struct Known {
    store: Store,
    latest: Latest,
    toolbox: Option<crate::gates::toolchain::Toolbox>,
}

impl Known {
    /// `None` where nothing was ever checked.
    fn of(ws: &Workspace) -> Option<Self> {
        let cache = dirs::cache_dir().ok()?;
        let store = super::store(&cache);
        let latest = store.latest(&super::repository(ws));
        if latest.is_empty() {
            return None;
        }
        let settings = super::settings(ws, &cache, store.clone()).ok()?;
        Some(Self {
            store,
            latest,
            toolbox: settings.known(),
        })
    }

    /// The nearest module around this one that was checked.
    fn checked_whole(&self, module: &RepoPath) -> Option<RepoPath> {
        std::iter::successors(module.parent(), RepoPath::parent).find(|path| self.latest.any(path))
    }

    fn states(
        &self,
        ws: &Workspace,
        module: &Module,
        keys: &Keys<'_>,
        checks: &[Arc<dyn Check>],
    ) -> Vec<GateState> {
        if !self.latest.any(&module.path) {
            let whole = self.checked_whole(&module.path);
            let never = |check: &Arc<dyn Check>| never(ws, check.as_ref(), whole.as_ref());
            return checks.iter().map(never).collect();
        }
        let located = Located::of(ws, module).ok();
        checks
            .iter()
            .map(|check| {
                let check = check.as_ref();
                let options = ws.config().policy.gate(&check.id());
                let key = located
                    .as_ref()
                    .and_then(|located| keys.of(check, &options, module, located).ok())
                    .map(|key| key.evidence);
                // What is current counts, as in `check`, though something else
                // was checked since; the latest only shows what there was.
                let held = |key: &String| self.store.evidence(key);
                let latest = || self.latest.key(&module.path, &check.id());
                let current = key.as_ref().and_then(held);
                let is_current = current.is_some();
                let Some(evidence) = current.or_else(|| latest().as_ref().and_then(held)) else {
                    return never(ws, check, None);
                };
                let is_current = is_current || key.as_ref() == Some(&evidence.key);
                let (status, why) = match is_current {
                    true => (evidence.status(), why(&evidence)),
                    false => (
                        GateStatus::Stale,
                        "the content, the settings or the tools changed since".to_owned(),
                    ),
                };
                GateState {
                    gate: check.id(),
                    criterion: check.criterion(),
                    status,
                    why,
                    evidence: Some(Arc::new(evidence)),
                }
            })
            .collect()
    }
}

/// The state of a gate there is no evidence of.
fn never(ws: &Workspace, check: &dyn Check, whole: Option<&RepoPath>) -> GateState {
    let whole = whole.map(|whole| format!("not by itself; checked as part of {whole}"));
    let (status, why) = match ws.config().policy.gate(&check.id()).enabled {
        true => (GateStatus::NeverRun, whole.unwrap_or_default()),
        false => (GateStatus::NotApplicable, check.off().to_owned()),
    };
    GateState {
        gate: check.id(),
        criterion: check.criterion(),
        status,
        why,
        evidence: None,
    }
}

/// One line that explains a status.
pub fn why(evidence: &Evidence) -> String {
    match &evidence.outcome {
        Outcome::Passed => evidence.summary.clone(),
        Outcome::Failed { why } | Outcome::NotApplicable { why } => why.clone(),
        Outcome::Error { why, help } => format!("{why} ({help})"),
    }
}
