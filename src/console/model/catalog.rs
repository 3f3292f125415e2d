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
        let alone = match batch.as_slice() {
            [(id, _)] => Some(*id),
            _ => None,
        };
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
            let before = match told {
                true => {
                    self.counts.add(&states);
                    every.insert(id, states)
                }
                false => every.remove(&id),
            };
            if let Some(before) = before {
                self.counts.remove(&before);
            }
        }
        match alone {
            Some(id) => self.rise(id),
            None => self.roll_up(),
        }
    }

    /// Changes one gate's state of one module, if it is known.
    pub fn change(&mut self, id: ModuleId, gate: &GateId, change: impl FnOnce(&mut GateState)) {
        let Some(states) = Arc::make_mut(&mut self.states).get_mut(&id) else {
            return;
        };
        let Some(at) = states.iter().position(|s| s.gate == *gate) else {
            return;
        };
        self.counts.remove(states);
        change(&mut states[at]);
        self.counts.add(states);
        if let Some(own) = Arc::make_mut(&mut self.own).get_mut(id.0 as usize) {
            *own = dossier::criteria(states);
        }
        self.rise(id);
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

    /// What lies below every module.
    fn roll_up(&mut self) {
        let below = Arc::make_mut(&mut self.below);
        below.fill(NEVER);
        for at in (0..self.tree.len()).rev() {
            if let Some(parent) = parent(&self.tree, at) {
                let seen = below[at];
                join(&mut below[parent], &self.own[at], &seen);
            }
        }
    }

    /// The same after one module changed: only what it lies in says something else now. Gates
    /// tell of each of their steps, while somebody reads.
    fn rise(&mut self, id: ModuleId) {
        let below = Arc::make_mut(&mut self.below);
        let mut at = id.0 as usize;
        while let Some(parent) = parent(&self.tree, at) {
            let mut all = NEVER;
            for child in self.children[parent].iter().map(|id| id.0 as usize) {
                join(&mut all, &self.own[child], &below[child]);
            }
            below[parent] = all;
            at = parent;
        }
    }
}

/// The module that one lies in; it comes before it.
fn parent(tree: &ModuleTree, at: usize) -> Option<usize> {
    let parent = tree.modules().get(at)?.parent?.0 as usize;
    (parent < at).then_some(parent)
}

/// Adds a module, and what lies below it, to what lies below its parent.
fn join(rolled: &mut Ten, own: &Ten, below: &Ten) {
    // What was never run says nothing.
    let known = |s: &GateStatus| *s != GateStatus::NeverRun;
    for (column, rolled) in rolled.iter_mut().enumerate() {
        let parts = [*rolled, own[column], below[column]];
        let whole = GateStatus::roll_up(parts.into_iter().filter(known));
        *rolled = whole.unwrap_or(GateStatus::NeverRun);
    }
}

impl Counts {
    fn add(&mut self, states: &[GateState]) {
        let one = Self::of(states);
        self.holds += one.holds;
        self.failed += one.failed;
        self.errors += one.errors;
        self.stale += one.stale;
    }

    fn remove(&mut self, states: &[GateState]) {
        let one = Self::of(states);
        self.holds -= one.holds;
        self.failed -= one.failed;
        self.errors -= one.errors;
        self.stale -= one.stale;
    }

    /// Of one module.
    fn of(states: &[GateState]) -> Self {
        let any = |status| usize::from(gates(states).any(|s| s.status == status));
        Self {
            holds: usize::from(gates(states).all(|s| s.status.holds())),
            failed: any(GateStatus::Failed),
            errors: any(GateStatus::Error),
            stale: any(GateStatus::Stale),
        }
    }
}

/// The gates alone: where reviewers stand no run of gates changes.
fn gates(states: &[GateState]) -> impl Iterator<Item = &GateState> {
    states.iter().filter(|state| state.gate != SIGN_OFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::promotion::{ModuleKind, ObjectId};

    const GATES: [(GateId, Criterion); 3] = [
        (GateId::new("lint"), Criterion::Syntax),
        (GateId::new("unit"), Criterion::Tests),
        (SIGN_OFF, Criterion::Reviewers),
    ];
    const ALL: [GateStatus; 6] = [
        GateStatus::Passed,
        GateStatus::NeverRun,
        GateStatus::Stale,
        GateStatus::Running,
        GateStatus::Error,
        GateStatus::Failed,
    ];

    /// Twelve modules, each in the one before it or in one of those that it is in.
    fn tree(outwards: Vec<usize>) -> Arc<ModuleTree> {
        let mut open: Vec<u32> = Vec::new();
        let node = |(at, out): (usize, usize)| {
            open.truncate(open.len().saturating_sub(out));
            let module = Module {
                path: RepoPath::from_bytes(format!("candidate/{at}")),
                kind: ModuleKind::Package,
                object: ObjectId::from_bytes([0; 20]),
                lane: 0,
                files: 1,
                bytes: 1,
                parent: open.last().copied().map(ModuleId),
                depth: open.len() as u16,
            };
            open.push(at as u32);
            module
        };
        Arc::new(ModuleTree::from_preorder(
            outwards.into_iter().enumerate().map(node).collect(),
        ))
    }

    fn states(statuses: [usize; 3]) -> Vec<GateState> {
        let state = |((gate, criterion), status): ((GateId, Criterion), usize)| GateState {
            gate,
            criterion,
            status: ALL[status],
            why: String::new(),
            evidence: None,
        };
        GATES.into_iter().zip(statuses).map(state).collect()
    }

    proptest! {
        /// Step by step comes to the same as all at once.
        #[test]
        fn one_change_after_another_counts_as_all_of_them_do(
            outwards in proptest::collection::vec(0..3_usize, 12),
            steps in proptest::collection::vec((0..12_u32, [0..6_usize, 0..6, 0..6], 0..4_usize), 1..40),
        ) {
            let tree = tree(outwards);
            let mut catalog = Catalog::new(tree.clone());
            for (id, statuses, what) in steps {
                let id = ModuleId(id);
                match GATES.get(what) {
                    Some((gate, _)) => {
                        catalog.change(id, gate, |it| it.status = ALL[statuses[what]]);
                    }
                    None => catalog.set_states(vec![(id, states(statuses))]),
                }
            }
            let known = tree.ids().map(|id| (id, catalog.states(id).to_vec()));
            let mut at_once = Catalog::new(tree.clone());
            at_once.set_states(known.collect());
            prop_assert_eq!(catalog.counts(), at_once.counts());
            prop_assert_eq!(&catalog.own, &at_once.own);
            prop_assert_eq!(&catalog.below, &at_once.below);
        }
    }
}
