//! The dashboard's state: which rows there are, which is selected.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::catalog::Catalog;
use super::keep::Keep;
use crate::promotion::{Lane, ModuleId, RepoPath};

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A lane, by its index.
    Lane(usize),
    /// A module.
    Module(ModuleId),
    /// The heading of what waits for the person at hand.
    Waiters,
    /// A module that waits for the person at hand.
    Waiting(ModuleId),
    /// The heading of what left its lane.
    Promotions,
    /// A module that left its lane, by its place among them.
    Promoted(usize),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it shows.
    pub entry: Entry,
    /// How far it is indented.
    pub depth: u16,
    /// Has something below it that is shown where it is unfolded.
    pub parent: bool,
    /// What is below it is not shown.
    pub folded: bool,
    /// Characters of its name that the filter matched.
    pub matched: Vec<u32>,
    /// Shown for what lies below it only.
    pub context: bool,
}

/// The order of siblings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// As in the tree.
    #[default]
    Name,
    /// The most pressing first.
    Status,
    /// The latest change first.
    Age,
    /// By owner, unowned last.
    Owner,
}

/// Which modules are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// All.
    #[default]
    All,
    /// Those with a failed gate or an error.
    Failing,
    /// Those without current evidence for every gate.
    NeedsRun,
}

impl Sort {
    /// The next in the circle.
    pub fn next(self) -> Self {
        match self {
            Self::Name => Self::Status,
            Self::Status => Self::Age,
            Self::Age => Self::Owner,
            Self::Owner => Self::Name,
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Status => "status",
            Self::Age => "age",
            Self::Owner => "owner",
        }
    }
}

impl Show {
    /// The next in the circle.
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Failing,
            Self::Failing => Self::NeedsRun,
            Self::NeedsRun => Self::All,
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Failing => "failing",
            Self::NeedsRun => "needs a run",
        }
    }
}

/// The dashboard's state.
#[derive(Clone, Debug, Default)]
pub struct Dashboard {
    /// The rows, as if the screen had no end.
    pub rows: Vec<Row>,
    /// The index of the selected row.
    pub selected: usize,
    /// The first row on the screen.
    pub top: usize,
    /// What the filter says; empty: everything.
    pub filter: String,
    /// The order of siblings.
    pub sort: Sort,
    /// The other way round.
    pub reverse: bool,
    /// Which modules are shown.
    pub show: Show,
    /// How many modules match filter and status; others are shown for context.
    pub matches: usize,
    /// What was selected before the filter was typed.
    pub before: Option<Entry>,
    /// What waits for the person at hand: the first rows.
    pub waiting: Vec<ModuleId>,
    /// What left its lane and is on its way still, by where it was: the rows after those.
    pub promoted: Vec<RepoPath>,
    /// A module that left its lane while it was looked at: selected as soon as it is known
    /// where it went, unless somebody looks elsewhere before.
    pub sought: Option<RepoPath>,
    unfolded: HashSet<Entry>,
}

impl Row {
    /// True for what groups modules and is none.
    pub fn is_heading(&self) -> bool {
        matches!(
            self.entry,
            Entry::Lane(_) | Entry::Waiters | Entry::Promotions
        )
    }
}

impl Dashboard {
    /// What is selected.
    pub fn entry(&self) -> Option<Entry> {
        self.rows.get(self.selected).map(|r| r.entry)
    }

    /// The outermost modules of a lane that filter and status let through:
    /// what gates on the whole lane have to look at.
    pub fn outermost(&self, catalog: &Catalog, lane: usize) -> Vec<ModuleId> {
        if self.filter.is_empty() && self.show == Show::All {
            return catalog.roots(lane).collect();
        }
        let inside = |id: ModuleId| catalog.module(id).is_some_and(|m| m.lane == lane);
        let mut chosen: Vec<ModuleId> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.context) {
            let Entry::Module(id) = row.entry else {
                continue;
            };
            let mut above = catalog.module(id).and_then(|m| m.parent);
            let mut covered = false;
            while let Some(parent) = above {
                covered |= chosen.contains(&parent);
                above = catalog.module(parent).and_then(|m| m.parent);
            }
            if inside(id) && !covered {
                chosen.push(id);
            }
        }
        chosen
    }

    /// The selected module.
    pub fn module(&self) -> Option<ModuleId> {
        match self.entry()? {
            Entry::Module(id) | Entry::Waiting(id) => Some(id),
            Entry::Lane(_) | Entry::Waiters | Entry::Promotions | Entry::Promoted(_) => None,
        }
    }

    /// True where only some modules are shown; folds don't count then.
    pub fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.show != Show::All
    }

    /// Folds or unfolds one entry.
    pub fn set_folded(&mut self, entry: Entry, folded: bool) {
        if folded {
            self.unfolded.remove(&entry);
        } else {
            self.unfolded.insert(entry);
        }
    }

    /// Modules whose children are shown where nothing narrows the list.
    pub fn unfolded(&self) -> impl Iterator<Item = ModuleId> {
        self.unfolded.iter().filter_map(|entry| match entry {
            Entry::Module(id) => Some(*id),
            _ => None,
        })
    }

    /// Folds every module; what stands above them stays open.
    pub fn fold_all(&mut self) {
        self.unfolded.retain(|e| !matches!(e, Entry::Module(_)));
    }

    /// Unfolds everything.
    pub fn unfold_all(&mut self, catalog: &Catalog, lanes: usize) {
        self.unfolded = (0..lanes).map(Entry::Lane).collect();
        self.unfolded.extend([Entry::Waiters, Entry::Promotions]);
        self.unfolded
            .extend(catalog.tree().ids().map(Entry::Module));
    }

    /// Opens the way to that module.
    pub fn reveal(&mut self, catalog: &Catalog, id: ModuleId) {
        let mut at = catalog.module(id);
        while let Some(module) = at {
            self.unfolded.insert(Entry::Lane(module.lane));
            at = module.parent.and_then(|parent| {
                self.unfolded.insert(Entry::Module(parent));
                catalog.module(parent)
            });
        }
    }

    /// Modules have other numbers now, and some are gone: what is selected and what is
    /// unfolded are the same as before. The rows are to be built again.
    pub fn renumber(&mut self, number: impl Fn(ModuleId) -> Option<ModuleId>) {
        let new = |entry| match entry {
            Entry::Module(id) => number(id).map(Entry::Module),
            Entry::Waiting(id) => number(id).map(Entry::Waiting),
            _ => Some(entry),
        };
        let unfolded = std::mem::take(&mut self.unfolded);
        self.unfolded = unfolded.into_iter().filter_map(new).collect();
        self.before = self.before.and_then(new);
        let mut at = 0;
        let mut selected = 0;
        self.rows.retain_mut(|row| {
            let entry = new(row.entry);
            selected += usize::from(entry.is_some() && at < self.selected);
            at += 1;
            row.entry = entry.unwrap_or(row.entry);
            entry.is_some()
        });
        self.selected = selected;
    }

    /// Selects an entry, if it has a row.
    pub fn select(&mut self, entry: Entry) -> bool {
        let found = self.rows.iter().position(|r| r.entry == entry);
        if let Some(at) = found {
            self.selected = at;
        }
        found.is_some()
    }

    /// Moves the selection by so many rows, stopping at the ends.
    pub fn step(&mut self, rows: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
    }

    /// Keeps the selection on a screen of that many rows, with some around it.
    pub fn follow(&mut self, height: usize) {
        let margin = (height / 6).min(3);
        let last = self.rows.len().saturating_sub(height);
        let low = self
            .selected
            .saturating_sub(height.saturating_sub(margin + 1));
        let high = self.selected.saturating_sub(margin);
        self.top = self.top.clamp(low.min(high), high).min(last);
    }

    /// Builds the rows again and keeps the selection; `best` selects the best match instead.
    pub fn rebuild(&mut self, catalog: &Catalog, lanes: &[Lane], best: bool) {
        let selected = self.entry();
        let mut keep = Keep::new(catalog, lanes, &self.filter, self.show);
        let waiting = self.waiting.iter().filter(|id| keep.matches(**id));
        let waiting: Vec<_> = waiting.map(|id| Entry::Waiting(*id)).collect();
        let promoted = self.promoted.iter().enumerate();
        let promoted = promoted.filter(|(_, path)| keep.names(&path.to_text()));
        let promoted: Vec<_> = promoted.map(|(at, _)| Entry::Promoted(at)).collect();
        let gone = promoted.first().copied();
        let mut rows = self.headed(Entry::Waiters, waiting);
        rows.extend(self.headed(Entry::Promotions, promoted));
        for lane in 0..lanes.len() {
            let mut roots: Vec<_> = catalog.roots(lane).filter(|id| keep.shows(*id)).collect();
            if roots.is_empty() && self.is_narrowed() {
                continue;
            }
            self.order(catalog, &mut roots);
            let open = self.is_narrowed() || self.unfolded.contains(&Entry::Lane(lane));
            rows.push(Row {
                entry: Entry::Lane(lane),
                depth: 0,
                parent: !roots.is_empty(),
                folded: !open,
                matched: Vec::new(),
                context: true,
            });
            if open {
                self.push(catalog, lanes, &mut keep, roots, &mut rows);
            }
        }
        self.rows = rows;
        self.matches = keep.matches;
        let wanted = if best {
            keep.best.map(Entry::Module).or(gone)
        } else {
            None
        };
        let found = wanted.or(selected).is_some_and(|entry| self.select(entry));
        if !found {
            self.selected = self.selected.min(self.rows.len().saturating_sub(1));
        }
    }

    /// Rows below a heading of their own; none where there is nothing to head.
    fn headed(&self, heading: Entry, below: Vec<Entry>) -> Vec<Row> {
        let row = |entry, depth| Row {
            entry,
            depth,
            parent: depth == 0,
            folded: false,
            matched: Vec::new(),
            context: true,
        };
        if below.is_empty() {
            return Vec::new();
        }
        let mut head = row(heading, 0);
        head.folded = !self.is_narrowed() && !self.unfolded.contains(&heading);
        let mut rows = vec![head];
        if !rows[0].folded {
            rows.extend(below.into_iter().map(|entry| row(entry, 1)));
        }
        rows
    }

    fn push(
        &self,
        catalog: &Catalog,
        lanes: &[Lane],
        keep: &mut Keep,
        roots: Vec<ModuleId>,
        rows: &mut Vec<Row>,
    ) {
        let mut stack: Vec<(ModuleId, u16)> = roots.into_iter().rev().map(|id| (id, 1)).collect();
        while let Some((id, depth)) = stack.pop() {
            let mut children: Vec<_> = catalog
                .children(id)
                .iter()
                .copied()
                .filter(|c| keep.shows(*c))
                .collect();
            let open = self.is_narrowed() || self.unfolded.contains(&Entry::Module(id));
            rows.push(Row {
                entry: Entry::Module(id),
                depth,
                parent: !children.is_empty(),
                folded: !open,
                matched: keep.matched(catalog, lanes, id),
                context: !keep.matches(id),
            });
            if open {
                self.order(catalog, &mut children);
                stack.extend(children.into_iter().rev().map(|id| (id, depth + 1)));
            }
        }
    }

    fn order(&self, catalog: &Catalog, ids: &mut [ModuleId]) {
        match self.sort {
            Sort::Name => {}
            Sort::Status => ids.sort_by_key(|id| std::cmp::Reverse(catalog.pressure(*id))),
            Sort::Age => ids.sort_by_key(|id| {
                let change = catalog.facts(*id).and_then(|f| f.last_change.as_ref());
                std::cmp::Reverse(change.map_or(i64::MIN, |c| c.time))
            }),
            Sort::Owner => ids.sort_by_key(|id| {
                let owner = catalog.facts(*id).and_then(|f| f.owner.as_ref());
                (owner.is_none(), owner.map(|o| o.name.to_lowercase()))
            }),
        }
        if self.reverse {
            ids.reverse();
        }
    }
}
