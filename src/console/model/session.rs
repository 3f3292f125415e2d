//! What is kept of the console from one time it is open to the next. What narrows the list
//! is not: who comes back is shown every module.

use serde::{Deserialize, Serialize};

use super::dashboard::{Entry, Sort};
use super::module::Pane;
use super::{Model, Screen};
use crate::promotion::RepoPath;

/// The layout.
const VERSION: u32 = 1;

/// Where a person was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    version: u32,
    /// The selected module.
    pub selected: Option<RepoPath>,
    /// Modules whose children were shown.
    pub unfolded: Vec<RepoPath>,
    /// The order of siblings.
    pub sort: Sort,
    /// The other way round.
    pub reverse: bool,
    /// The module that was open, and its pane.
    pub open: Option<(RepoPath, Pane)>,
    /// The branch that was looked at, as git finds it.
    pub looking: Option<String>,
}

impl Session {
    /// Where one is; `None` before the modules are known, which says nothing.
    pub fn of(model: &Model) -> Option<Self> {
        if model.loading && model.catalog.tree().is_empty() {
            return None;
        }
        let path = |id| model.catalog.module(id).map(|module| module.path.clone());
        let mut unfolded: Vec<_> = model.dashboard.unfolded().filter_map(path).collect();
        unfolded.sort();
        Some(Self {
            version: VERSION,
            selected: model.dashboard.module().and_then(path),
            unfolded,
            sort: model.dashboard.sort,
            reverse: model.dashboard.reverse,
            open: match &model.screen {
                Screen::Module(view) => Some((view.path.clone(), view.pane)),
                Screen::Review(view) => Some((view.module.clone(), Pane::SignOff)),
                Screen::Wizard(view) => Some((view.module.clone(), Pane::Gates)),
                Screen::Dashboard | Screen::Audit(_) | Screen::Canary(_) => None,
            },
            looking: model.looking.clone(),
        })
    }

    /// True where this program wrote it.
    pub fn is_known(&self) -> bool {
        self.version == VERSION
    }

    /// Folds, order and selection as they were, as far as the modules are still there.
    pub fn unfold(&self, model: &mut Model) {
        (model.dashboard.sort, model.dashboard.reverse) = (self.sort, self.reverse);
        for path in &self.unfolded {
            if let Some(id) = model.catalog.find(path) {
                model.dashboard.set_folded(Entry::Module(id), false);
            }
        }
    }
}
