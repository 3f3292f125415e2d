//! The coverage pane's state: which rows there are, and what is selected.

use std::collections::BTreeSet;

use super::module::Cursor;
use crate::promotion::coverage::{FunctionCoverage, Pair, Ratio};
use crate::promotion::{Coverage, FileCoverage, RepoPath};

/// The pane's state.
#[derive(Clone, Debug, Default)]
pub struct CoverageView {
    /// The selected row.
    pub row: Cursor,
    /// The uncovered line of the selected file that was jumped to.
    pub line: Option<u32>,
    /// The files whose functions are shown.
    pub unfolded: BTreeSet<RepoPath>,
}

/// A row of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// A file.
    File(Pair<&'a FileCoverage>),
    /// A function of it.
    Function(Pair<&'a FileCoverage>, &'a FunctionCoverage, Pair<Ratio>),
}

impl<'a> Row<'a> {
    /// The file it is of.
    pub fn file(self) -> Pair<&'a FileCoverage> {
        match self {
            Self::File(file) | Self::Function(file, ..) => file,
        }
    }

    /// What is covered of it.
    pub fn ratios(self) -> Pair<Ratio> {
        match self {
            Self::File(file) => file.ratios(),
            Self::Function(_, _, ratios) => ratios,
        }
    }
}

impl CoverageView {
    /// The rows.
    pub fn rows<'a>(&self, coverage: &'a Coverage) -> Vec<Row<'a>> {
        let mut rows = Vec::new();
        for file in coverage.pairs() {
            rows.push(Row::File(file));
            if file.path().is_some_and(|path| self.unfolded.contains(path)) {
                let functions = file.functions().into_iter();
                rows.extend(functions.map(|(function, pair)| Row::Function(file, function, pair)));
            }
        }
        rows
    }

    /// The selected row.
    pub fn selected<'a>(&self, coverage: &'a Coverage) -> Option<Row<'a>> {
        self.rows(coverage).get(self.row.at).copied()
    }

    /// Moves the selection.
    pub fn step(&mut self, rows: isize, coverage: &Coverage, height: usize) {
        let count = self.rows(coverage).len();
        let before = self.row.at;
        self.row.step(rows, count, height);
        if self.row.at != before {
            self.line = None;
        }
    }

    /// Shows or hides the functions of the selected file. `false`: nothing to do.
    pub fn fold(&mut self, coverage: &Coverage, unfold: bool, height: usize) -> bool {
        let Some(path) = self.selected(coverage).and_then(|row| row.file().path()) else {
            return false;
        };
        let changed = match unfold {
            true => self.unfolded.insert(path.clone()),
            false => self.unfolded.remove(path),
        };
        self.select(coverage, path, height);
        changed
    }

    /// The line that the selection stands for: where to go from here.
    pub fn target(&self, coverage: &Coverage) -> Option<(RepoPath, u32)> {
        let row = self.selected(coverage)?;
        let file = row.file().head?;
        let line = match row {
            Row::Function(_, function, ratios) if ratios.head.is_some() => Some(function.line),
            _ => None,
        };
        let line = self
            .line
            .or(line.filter(|line| *line > 0))
            .or_else(|| file.uncovered().first().copied());
        Some((file.path.clone(), line.unwrap_or(1)))
    }

    /// Selects the next uncovered line, or the one before. `false`: there is none.
    pub fn jump(&mut self, coverage: &Coverage, forward: bool, height: usize) -> bool {
        let pairs = coverage.pairs();
        let at = |path: &RepoPath| pairs.iter().position(|pair| pair.path() == Some(path));
        let here = self.selected(coverage).and_then(|row| {
            let line = match (self.line, row) {
                (Some(line), _) => line,
                (None, Row::Function(_, function, _)) if forward => function.line.max(1) - 1,
                (None, Row::Function(_, function, _)) => function.line,
                (None, Row::File(_)) => 0,
            };
            Some((at(row.file().path()?)?, line))
        });
        let lines = pairs.iter().enumerate().flat_map(|(file, pair)| {
            let lines = pair.head.map(FileCoverage::uncovered).unwrap_or_default();
            lines.into_iter().map(move |line| (file, line))
        });
        let found = match (here, forward) {
            (None, true) => lines.into_iter().next(),
            (None, false) => lines.last(),
            (Some(here), true) => lines.into_iter().find(|it| *it > here),
            (Some(here), false) => lines.take_while(|it| *it < here).last(),
        };
        let Some((file, line)) = found else {
            return false;
        };
        if let Some(path) = pairs[file].path() {
            self.select(coverage, path, height);
        }
        self.line = Some(line);
        true
    }

    fn select(&mut self, coverage: &Coverage, path: &RepoPath, height: usize) {
        let rows = self.rows(coverage);
        let is_it = |row: &Row<'_>| matches!(row, Row::File(file) if file.path() == Some(path));
        if let Some(at) = rows.iter().position(is_it) {
            self.row.at = at;
            self.line = None;
        }
        self.row.follow(rows.len(), height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage() -> Coverage {
        let file = |path: &str, missing: &[u32], partial: &[u32]| FileCoverage {
            path: path.into(),
            statements: 10,
            missing: missing.to_vec(),
            partial: partial.to_vec(),
            functions: vec![FunctionCoverage {
                name: "f".into(),
                line: 5,
                statements: 10,
                ..FunctionCoverage::default()
            }],
            ..FileCoverage::default()
        };
        Coverage {
            files: vec![
                file("a.py", &[4, 9], &[7]),
                file("b.py", &[], &[]),
                file("c.py", &[2], &[]),
            ],
            ..Coverage::default()
        }
    }

    #[test]
    fn one_goes_from_line_to_line_through_all_files() {
        let coverage = coverage();
        let mut view = CoverageView::default();
        let mut seen = Vec::new();
        while view.jump(&coverage, true, 2) {
            seen.push(view.target(&coverage).unwrap());
        }
        let names = |seen: &[(RepoPath, u32)]| -> Vec<String> {
            seen.iter().map(|(p, l)| format!("{p}:{l}")).collect()
        };
        assert_eq!(names(&seen), ["a.py:4", "a.py:7", "a.py:9", "c.py:2"]);
        let mut back = vec![view.target(&coverage).unwrap()];
        while view.jump(&coverage, false, 2) {
            back.push(view.target(&coverage).unwrap());
        }
        back.reverse();
        assert_eq!(back, seen);
    }

    #[test]
    fn a_function_leads_to_its_line_and_from_there_on() {
        let coverage = coverage();
        let mut view = CoverageView::default();
        assert!(view.fold(&coverage, true, 5) && !view.fold(&coverage, true, 5));
        view.step(1, &coverage, 5);
        assert_eq!(view.target(&coverage), Some(("a.py".into(), 5)));
        assert!(view.jump(&coverage, true, 5));
        assert_eq!((view.row.at, view.line), (0, Some(7)));
        view.step(1, &coverage, 5);
        assert!(view.jump(&coverage, false, 5));
        assert_eq!(view.line, Some(4));
        assert!(view.fold(&coverage, false, 5));
        assert_eq!(view.rows(&coverage).len(), 3);
    }
}
