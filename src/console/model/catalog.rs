//! What is known of the modules: the tree, facts, gate states, and the status
//! of each criterion, their own and rolled up from below.

use std::collections::HashMap;
use std::sync::Arc;

use crate::promotion::stage::SIGN_OFF;
use crate::promotion::{
    Criterion, Facts, GateId, GateState, GateStatus, Module, ModuleId, ModuleTree, RepoPath,
    dossier,
};

type Ten = [GateStatus; 10];
const NEVER: Ten = [GateStatus::NeverRun; 10];

/// The status in one column of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What to show.
    pub status: GateStatus,
    /// True where it comes from the modules below, not from this one.
    pub below: bool,
}

/// How many modules are in which state, for the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Every gate holds.
    pub holds: usize,
    /// Some gate failed.
    pub failed: usize,
    /// Some gate could not run.
    pub errors: usize,
    /// Some evidence is for other content.
    pub stale: usize,
}

/// What is known of the modules. Copies share it until one of them learns more.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tree: Arc<ModuleTree>,
    facts: Arc<Vec<Facts>>,
    states: Arc<HashMap<ModuleId, Vec<GateState>>>,
    own: Arc<Vec<Ten>>,
    below: Arc<Vec<Ten>>,
    children: Arc<Vec<Vec<ModuleId>>>,
    by_path: Arc<HashMap<RepoPath, ModuleId>>,
    counts: Counts,
}

impl Catalog {
    /// A catalog of these modules, of which nothing is known yet.
    pub fn new(tree: Arc<ModuleTree>) -> Self {
        let count = tree.len();
        let mut children = vec![Vec::new(); count];
        for id in tree.ids() {
            let parent = tree.get(id).and_then(|m| m.parent);
            if let Some(siblings) = parent.and_then(|p| children.get_mut(p.0 as usize)) {
                siblings.push(id);
            }
        }
        let by_path = tree
            .ids()
            .filter_map(|id| Some((tree.get(id)?.path.clone(), id)));
        Self {
            facts: Arc::new(vec![Facts::default(); count]),
            own: Arc::new(vec![NEVER; count]),
            below: Arc::new(vec![NEVER; count]),
            states: Arc::default(),
            counts: Counts::default(),
            children: Arc::new(children),
            by_path: Arc::new(by_path.collect()),
            tree,
        }
    }

    /// The tree.
    pub fn tree(&self) -> &Arc<ModuleTree> {
        &self.tree
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> Option<&Module> {
        self.tree.get(id)
    }

    /// The module at that path.
    pub fn find(&self, path: &RepoPath) -> Option<ModuleId> {
        self.by_path.get(path).copied()
    }

    /// The modules directly below that one.
    pub fn children(&self, id: ModuleId) -> &[ModuleId] {
        self.children.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The modules of a lane that lie in no other.
    pub fn roots(&self, lane: usize) -> impl Iterator<Item = ModuleId> {
        self.tree.ids().filter(move |id| {
            self.tree
                .get(*id)
                .is_some_and(|m| m.lane == lane && m.parent.is_none())
        })
    }

    /// What is known of a module beside its content.
    pub fn facts(&self, id: ModuleId) -> Option<&Facts> {
        self.facts.get(id.0 as usize)
    }

    /// The gates of a module; empty where none has evidence or is at work.
    pub fn states(&self, id: ModuleId) -> &[GateState] {
        self.states.get(&id).map_or(&[], Vec::as_slice)
    }

    /// How many modules are in which state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes facts.
    pub fn learn(&mut self, batch: Vec<(ModuleId, Facts)>) {
        let all = Arc::make_mut(&mut self.facts);
        for (id, facts) in batch {
            if let Some(known) = all.get_mut(id.0 as usize) {
                *known = facts;
            }
        }
    }

    /// Takes gate states.
    pub fn set_states(&mut self, batch: Vec<(ModuleId, Vec<GateState>)>) {
        let (all, every) = (
            Arc::make_mut(&mut self.own),
            Arc::make_mut(&mut self.states),
        );
        for (id, states) in batch {
            let told = states
                .iter()
                .any(|s| s.status != GateStatus::NeverRun || s.evidence.is_some());
            let Some(own) = all.get_mut(id.0 as usize) else {
                continue;
            };
            *own = dossier::criteria(&states);
            if told {
                every.insert(id, states);
            } else {
                every.remove(&id);
            }
        }
        self.roll_up();
    }

    /// Changes one gate's state of one module, if it is known.
    pub fn change(&mut self, id: ModuleId, gate: &GateId, change: impl FnOnce(&mut GateState)) {
        let Some(states) = Arc::make_mut(&mut self.states).get_mut(&id) else {
            return;
        };
        if let Some(state) = states.iter_mut().find(|s| s.gate == *gate) {
            change(state);
            if let Some(own) = Arc::make_mut(&mut self.own).get_mut(id.0 as usize) {
                *own = dossier::criteria(states);
            }
            self.roll_up();
        }
    }

    /// The status of a criterion of a module, as a column shows it.
    pub fn cell(&self, id: ModuleId, criterion: Criterion) -> Cell {
        let at = criterion as usize;
        let own = self.own.get(id.0 as usize).map_or(NEVER, |o| *o)[at];
        if own != GateStatus::NeverRun {
            return Cell {
                status: own,
                below: false,
            };
        }
        let below = self.below.get(id.0 as usize).map_or(NEVER, |b| *b)[at];
        Cell {
            status: below,
            below: below != GateStatus::NeverRun,
        }
    }

    /// The most pressing status among a module's own criteria.
    pub fn own(&self, id: ModuleId) -> &[GateStatus; 10] {
        self.own.get(id.0 as usize).unwrap_or(&NEVER)
    }

    /// True where a gate of the module itself failed or could not run.
    pub fn is_failing(&self, id: ModuleId) -> bool {
        self.own(id)
            .iter()
            .any(|s| matches!(s, GateStatus::Failed | GateStatus::Error))
    }

    /// True where some gate has no current evidence.
    pub fn needs_run(&self, id: ModuleId) -> bool {
        let states = self.states(id);
        states.is_empty()
            || gates(states).any(|s| matches!(s.status, GateStatus::NeverRun | GateStatus::Stale))
    }

    /// How pressing a module is, for sorting: its own worst status, then from below.
    pub fn pressure(&self, id: ModuleId) -> (GateStatus, GateStatus) {
        let worst = |ten: &Ten| {
            ten.iter()
                .copied()
                .filter(|s| *s != GateStatus::NeverRun)
                .max()
                .unwrap_or(GateStatus::NotApplicable)
        };
        let below = self.below.get(id.0 as usize).unwrap_or(&NEVER);
        (worst(self.own(id)).max(worst(below)), worst(self.own(id)))
    }

    fn roll_up(&mut self) {
        // Of what lies below, what was never run says nothing.
        let known = |s: GateStatus| {
            if s == GateStatus::NeverRun {
                None
            } else {
                Some(s)
            }
        };
        let below = Arc::make_mut(&mut self.below);
        below.fill(NEVER);
        for at in (0..self.tree.len()).rev() {
            let parent = self.tree.modules()[at].parent;
            let Some(parent) = parent.map(|p| p.0 as usize).filter(|p| *p < at) else {
                continue;
            };
            let (own, seen) = (self.own[at], below[at]);
            for (column, rolled) in below[parent].iter_mut().enumerate() {
                let parts = [*rolled, own[column], seen[column]];
                *rolled = GateStatus::roll_up(parts.into_iter().filter_map(known))
                    .unwrap_or(GateStatus::NeverRun);
            }
        }
        self.counts = self.count();
    }

    fn count(&self) -> Counts {
        let mut counts = Counts::default();
        for states in self.states.values() {
            let any = |status| gates(states).any(|s| s.status == status);
            counts.failed += usize::from(any(GateStatus::Failed));
            counts.errors += usize::from(any(GateStatus::Error));
            counts.stale += usize::from(any(GateStatus::Stale));
            counts.holds += usize::from(gates(states).all(|s| s.status.holds()));
        }
        counts
    }
}

/// The gates alone: where reviewers stand no run of gates changes.
fn gates(states: &[GateState]) -> impl Iterator<Item = &GateState> {
    states.iter().filter(|state| state.gate != SIGN_OFF)
}
