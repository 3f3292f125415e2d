//! What the evidence says of lines: findings and coverage, for the margin of a
//! diff.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;
use std::sync::Arc;

use super::{Evidence, Finding, GateId, GateState, GateStatus, Novelty, RepoPath, Severity};

/// One finding, as the margin needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The gate that found it.
    pub gate: GateId,
    /// The rule.
    pub rule: String,
    /// What the tool said. Not yet safe to show.
    pub message: String,
    /// Error or note.
    pub severity: Severity,
    /// New, old or fixed.
    pub novelty: Novelty,
}

impl Note {
    /// True where it keeps the gate from passing.
    pub fn counts(&self) -> bool {
        self.severity == Severity::Error && self.novelty == Novelty::New
    }
}

/// All that is known of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// What was found there, gravest first.
    pub notes: Vec<Note>,
    /// It holds a statement that never ran.
    pub uncovered: bool,
    /// It holds a branch that was never taken.
    pub partial: bool,
}

/// The marks of one file, by line, counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileMarks {
    lines: BTreeMap<u32, Mark>,
    /// Statements and branches: covered, all.
    pub coverage: Option<(u64, u64)>,
    /// Findings about the whole file.
    pub whole: Vec<Note>,
}

impl FileMarks {
    /// The mark of a line.
    pub fn line(&self, line: usize) -> Option<&Mark> {
        self.lines.get(&u32::try_from(line).ok()?)
    }

    /// All marks of some lines.
    pub fn range(
        &self,
        lines: impl RangeBounds<u32>,
    ) -> impl DoubleEndedIterator<Item = (u32, &Mark)> {
        self.lines.range(lines).map(|(line, mark)| (*line, mark))
    }

    /// How many findings count.
    pub fn findings(&self) -> usize {
        let counting = |notes: &[Note]| notes.iter().filter(|n| n.counts()).count();
        counting(&self.whole)
            + self
                .lines
                .values()
                .map(|m| counting(&m.notes))
                .sum::<usize>()
    }

    /// True where there is nothing.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.whole.is_empty()
    }
}

/// The marks of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    files: HashMap<RepoPath, FileMarks>,
}

impl Marks {
    /// From the gates' evidence, as far as it is of the content shown. Stale
    /// evidence would point at the wrong lines.
    pub fn of(gates: &[GateState]) -> Self {
        let mut marks = Self::default();
        for evidence in Self::speaking(gates) {
            marks.add(evidence);
        }
        for file in marks.files.values_mut() {
            for mark in file.lines.values_mut() {
                mark.notes
                    .sort_by_key(|n| (!n.counts(), n.severity, n.novelty));
            }
        }
        marks
    }

    /// The evidence that says something of lines: where it is the same, so are the marks.
    pub fn speaking(gates: &[GateState]) -> impl Iterator<Item = &Arc<Evidence>> {
        let current =
            |it: &&GateState| matches!(it.status, GateStatus::Passed | GateStatus::Failed);
        let all = gates.iter().filter(current);
        let all = all.filter_map(|state| state.evidence.as_ref());
        all.filter(|it| it.coverage.is_some() || it.findings.iter().any(is_shown))
    }

    fn add(&mut self, evidence: &Evidence) {
        for finding in evidence.findings.iter().filter(|it| is_shown(it)) {
            let note = Note {
                gate: evidence.gate.clone(),
                rule: finding.rule.clone(),
                message: finding.text().into_owned(),
                severity: finding.severity,
                novelty: finding.novelty,
            };
            let file = self.files.entry(finding.path.clone()).or_default();
            match finding.line.checked_sub(1) {
                Some(line) => file.lines.entry(line).or_default().notes.push(note),
                None => file.whole.push(note),
            }
        }
        for covered in evidence.coverage.iter().flat_map(|c| &c.files) {
            let file = self.files.entry(covered.path.clone()).or_default();
            let ratio = covered.ratio();
            file.coverage = Some((ratio.covered, ratio.total));
            for line in covered.missing.iter().filter_map(|l| l.checked_sub(1)) {
                file.lines.entry(line).or_default().uncovered = true;
            }
            for line in covered.partial.iter().filter_map(|l| l.checked_sub(1)) {
                file.lines.entry(line).or_default().partial = true;
            }
        }
    }

    /// The marks of a file.
    pub fn file(&self, path: &RepoPath) -> Option<&FileMarks> {
        self.files.get(path)
    }
}

fn is_shown(finding: &Finding) -> bool {
    finding.novelty != Novelty::Fixed
}
