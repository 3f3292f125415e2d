//! What comes next for a module, by how far it has come.

use super::Model;
use crate::console::action::Action;
use crate::promotion::stage::SIGN_OFF;
use crate::promotion::{Criterion, GateStatus, ModuleId, RepoPath, Stage, branch_name};

impl Model {
    /// What does the next step on the module's screen. Nothing where what failed is to be
    /// read first, where gates run, or where all is done.
    pub fn next_step(&self, id: ModuleId) -> Option<Action> {
        if self.runs.concerns(id) {
            return None;
        }
        let module = self.catalog.module(id)?;
        let proposed = self.is_proposed(&module.path);
        match self.stage(id) {
            Stage::Candidate | Stage::Proposed => self.after_gates(id),
            Stage::Validated if !proposed => Some(Action::ModulePropose),
            // Who wrote it, or signed already, waits for others.
            Stage::Validated => self
                .standings
                .waits(&module.path)
                .map(|_| Action::ModuleSignOff),
            Stage::SignedOff => Some(Action::ModulePromote),
            Stage::Promoted if self.standings.by_hand.is_some() => Some(Action::ModulePromote),
            Stage::Promoted => Some(Action::PullRequest),
            Stage::Merged | Stage::Canary | Stage::RolledBack => Some(Action::ModuleCanary),
            Stage::Completed => None,
        }
    }

    /// True where what comes next is for others: to review it.
    pub fn waits_for_others(&self, id: ModuleId) -> bool {
        let Some(module) = self.catalog.module(id) else {
            return false;
        };
        self.stage(id) == Stage::Validated
            && self.is_proposed(&module.path)
            && self.standings.waits(&module.path).is_none()
    }

    fn is_proposed(&self, module: &RepoPath) -> bool {
        let course = self.standings.courses.get(module);
        course.is_some_and(|it| it.proposed)
    }

    /// What merges a branch where there is no forge to do it.
    pub fn merging(&self, branch: &str) -> Option<String> {
        let base = self.standings.by_hand.as_deref()?;
        Some(branch_name::merging(&self.here.git(), base, branch))
    }

    /// Gates that say nothing yet are run; where only documents lack, those are written.
    fn after_gates(&self, id: ModuleId) -> Option<Action> {
        use GateStatus::{NeverRun, Stale};
        let gates = self.catalog.states(id).iter();
        let open = gates.filter(|it| it.gate != SIGN_OFF && !it.status.holds());
        let open: Vec<_> = open.collect();
        let unknown = open.iter().any(|it| matches!(it.status, NeverRun | Stale));
        if open.is_empty() || unknown {
            return Some(Action::ModuleCheck);
        }
        let written = [Criterion::Ethics, Criterion::Reviewers];
        let lacks = open.iter().all(|it| written.contains(&it.criterion));
        lacks.then_some(Action::ModulePropose)
    }
}
