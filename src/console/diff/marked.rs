//! Going from mark to mark: findings and lines that never ran, through all files.

use super::DiffPane;
use crate::promotion::marks::Mark;
use crate::workflow::compare::Side;

/// What marks are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Findings and uncovered lines.
    All,
    /// Findings only.
    Findings,
    /// Lines that never ran, or with a branch never taken.
    Uncovered,
}

impl Which {
    fn includes(self, mark: &Mark) -> bool {
        let uncovered = mark.uncovered || mark.partial;
        match self {
            Self::All => true,
            Self::Findings => !mark.notes.is_empty(),
            Self::Uncovered => uncovered,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::All => "finding or uncovered line",
            Self::Findings => "finding",
            Self::Uncovered => "uncovered line",
        }
    }
}

impl DiffPane {
    pub(super) fn next_mark(&mut self, which: Which) -> Result<(), String> {
        let here = match self
            .current()
            .and_then(|f| f.rows.rows().get(self.row() as usize).copied())
        {
            Some(row) => row
                .line(Side::Right)
                .map(|l| l as u32 + 1)
                .or_else(|| self.right_line(self.file, self.row()).map(|l| l as u32)),
            None => None,
        };
        if let Some(line) = here.and_then(|from| {
            self.marked(self.file, which)
                .into_iter()
                .find(|l| *l >= from)
        }) {
            return self.go_line(self.file, line);
        }
        for file in self.others(false) {
            if let Some(line) = self.marked(file, which).first() {
                return self.go_line(file, *line);
            }
        }
        Err(self.no_mark(which, "after"))
    }

    pub(super) fn previous_mark(&mut self, which: Which) -> Result<(), String> {
        let here = self
            .right_line(self.file, self.row())
            .map_or(u32::MAX, |l| l as u32);
        if let Some(line) = self
            .marked(self.file, which)
            .into_iter()
            .rev()
            .find(|l| *l < here)
        {
            return self.go_line(self.file, line);
        }
        for file in self.others(true) {
            if let Some(line) = self.marked(file, which).last() {
                return self.go_line(file, *line);
            }
        }
        Err(self.no_mark(which, "before"))
    }

    fn no_mark(&self, what: Which, which: &str) -> String {
        let none = self
            .diff
            .iter()
            .flat_map(|d| &d.files)
            .all(|f| self.marks.file(f.path()).is_none_or(|m| m.is_empty()));
        if none {
            return "no current evidence has findings or uncovered lines here; run the gates"
                .into();
        }
        format!("there is no {} {which} this one", what.words())
    }

    /// Lines with a mark; of lines that only miss coverage the first of a block.
    fn marked(&self, file: usize, which: Which) -> Vec<u32> {
        let mut lines = Vec::new();
        let mut block = None;
        let all = self.file_marks(file).into_iter().flat_map(|m| m.range(..));
        for (line, mark) in all.filter(|(_, mark)| which.includes(mark)) {
            let plain = mark.notes.is_empty() || which == Which::Uncovered;
            if !(plain && block == Some(line)) {
                lines.push(line);
            }
            block = plain.then_some(line + 1);
        }
        lines
    }
}
