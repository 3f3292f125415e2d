//! The module screen's state.

use serde::{Deserialize, Serialize};

use super::benchmarks::BenchmarksView;
use super::coverage::CoverageView;
use super::impact::ImpactView;
use super::note::Note;
use super::review::ReviewView;
use crate::console::diff::DiffPane;
use crate::console::event::Generation;
use crate::promotion::reading::Anchor;
use crate::promotion::{Dossier, Evidence, Finding, GateState, ModuleId, ObjectId, RepoPath};

/// The panes, in the order of their tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pane {
    /// Gates and findings.
    #[default]
    Gates,
    /// Coverage, file by file.
    Coverage,
    /// The promotion, side by side.
    Diff,
    /// Owner, tests, history, what blocks.
    Facts,
    /// Benchmarks, one by one.
    Speed,
    /// Decisions, and what is missing.
    SignOff,
    /// Who imports it, and what the move rewrites.
    Impact,
}

impl Pane {
    /// All, in the order of their tabs.
    pub const ALL: [Self; 7] = [
        Self::Gates,
        Self::Coverage,
        Self::Diff,
        Self::Facts,
        Self::Speed,
        Self::SignOff,
        Self::Impact,
    ];

    /// The tab's name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Gates => "Gates",
            Self::Coverage => "Coverage",
            Self::Diff => "Diff",
            Self::Facts => "Facts",
            Self::Speed => "Speed",
            Self::SignOff => "Sign-off",
            Self::Impact => "Impact",
        }
    }

    /// The next, round the corner.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// The previous, round the corner.
    pub fn previous(self) -> Self {
        Self::ALL[(self as usize + Self::ALL.len() - 1) % Self::ALL.len()]
    }
}

/// Which list of the gates pane the keys move in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The gates.
    #[default]
    Gates,
    /// The findings of the selected gate.
    Findings,
}

/// A selection in a list that is longer than the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// What is selected.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
}

impl Cursor {
    /// Moves by so many rows among `count`, on a screen of `height`.
    pub fn step(&mut self, rows: isize, count: usize, height: usize) {
        self.at = self
            .at
            .saturating_add_signed(rows)
            .min(count.saturating_sub(1));
        self.follow(count, height);
    }

    /// Keeps the selection on the screen.
    pub fn follow(&mut self, count: usize, height: usize) {
        let last = count.saturating_sub(height);
        let low = (self.at + 1).saturating_sub(height);
        self.top = self.top.clamp(low.min(self.at), self.at).min(last);
    }
}

/// What the tools of a gate wrote.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Which request it answers.
    pub generation: Generation,
    /// Lines, safe to show; `None` while they are read.
    pub lines: Option<Vec<String>>,
    /// The first line on the screen.
    pub top: usize,
    /// The first cell of each line on the screen.
    pub left: usize,
}

/// A comment that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// On which line.
    pub on: Anchor,
    /// The text.
    pub note: Note,
}

/// The module screen's state.
#[derive(Clone, Debug)]
pub struct ModuleView {
    /// The module.
    pub id: ModuleId,
    /// Its path.
    pub path: RepoPath,
    /// Which pane is shown.
    pub pane: Pane,
    /// Which list of the gates pane the keys move in.
    pub focus: Focus,
    /// The selected gate.
    pub gate: usize,
    /// The selected finding.
    pub finding: Cursor,
    /// What the tools wrote, while it is shown.
    pub raw: Option<Raw>,
    /// The coverage pane.
    pub coverage: CoverageView,
    /// The benchmarks pane.
    pub benchmarks: BenchmarksView,
    /// The impact pane.
    pub impact: ImpactView,
    /// The first line of the facts pane.
    pub facts_top: usize,
    /// Which request the dossier answers.
    pub generation: Generation,
    /// The dossier, once it is known, or why there is none.
    pub dossier: Option<Result<Box<Dossier>, String>>,
    /// What the diff begins at: the commit that somebody decided on.
    pub since: Option<ObjectId>,
    /// The diff, once it was asked for.
    pub diff: Option<DiffPane>,
    /// The comment being written on a line of it.
    pub writing: Option<Remark>,
    /// The selected decision of the sign-off pane.
    pub decision: Cursor,
    /// The review that this is looked at for: going back leads there.
    pub review: Option<Box<ReviewView>>,
}

impl ModuleView {
    /// True where Enter leaves for the editor.
    pub fn opens_editor(&self) -> bool {
        match self.pane {
            Pane::Gates => self.focus == Focus::Findings,
            Pane::Speed | Pane::Impact => true,
            _ => false,
        }
    }

    /// A screen for that module.
    pub fn new(id: ModuleId, path: RepoPath, generation: Generation) -> Self {
        Self {
            id,
            path,
            pane: Pane::default(),
            focus: Focus::default(),
            gate: 0,
            finding: Cursor::default(),
            raw: None,
            coverage: CoverageView::default(),
            benchmarks: BenchmarksView::default(),
            impact: ImpactView::default(),
            facts_top: 0,
            generation,
            dossier: None,
            since: None,
            diff: None,
            writing: None,
            decision: Cursor::default(),
            review: None,
        }
    }

    /// The evidence of the selected gate.
    pub fn evidence<'a>(&self, gates: &'a [GateState]) -> Option<&'a Evidence> {
        gates.get(self.gate)?.evidence.as_deref()
    }
}

/// Findings in the order they are shown: new, old, fixed.
pub fn ordered(evidence: &Evidence) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = evidence.findings.iter().collect();
    if !findings.is_sorted_by_key(|f| (f.novelty, !f.counts())) {
        findings.sort_by_key(|f| (f.novelty, !f.counts()));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selection_is_always_on_the_screen(
            steps in proptest::collection::vec(-20..20isize, 0..30),
            count in 1..60usize,
            height in 1..20usize,
        ) {
            let mut cursor = Cursor::default();
            for step in steps {
                cursor.step(step, count, height);
                prop_assert!(cursor.at < count);
                prop_assert!(cursor.top <= cursor.at && cursor.at < cursor.top + height);
            }
        }
    }
}
