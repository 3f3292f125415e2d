//! Lines put side by side.

use std::ops::Range;

use super::{Ending, Endings, Lines, Side, hunks, pair};

/// Whether white space makes lines differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spaces {
    /// Any does.
    #[default]
    Count,
    /// None does, as with `git diff -w`.
    Ignore,
}

/// Two lines side by side, or one beside nothing. Line numbers count from 0.
///
/// In a file whose lines all end with CRLF on one side and with LF on the other
/// that alone makes no row differ; see [`Alignment::other_endings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// The same on both sides.
    Equal {
        /// Line on the left.
        left: u32,
        /// Line on the right.
        right: u32,
    },
    /// The same but for how the line ends.
    Ending {
        /// Line on the left.
        left: u32,
        /// Line on the right.
        right: u32,
    },
    /// The same but for white space, which is ignored.
    Space {
        /// Line on the left.
        left: u32,
        /// Line on the right.
        right: u32,
        /// They are indented differently: Python may run them differently.
        indent: bool,
    },
    /// A line and what became of it.
    Replace {
        /// Line on the left.
        left: u32,
        /// Line on the right.
        right: u32,
    },
    /// Only on the left.
    Delete {
        /// Line on the left.
        left: u32,
    },
    /// Only on the right.
    Insert {
        /// Line on the right.
        right: u32,
    },
}

impl Row {
    /// The line of that side.
    pub fn line(self, side: Side) -> Option<usize> {
        match (self, side) {
            (
                Self::Equal { left, .. }
                | Self::Ending { left, .. }
                | Self::Space { left, .. }
                | Self::Replace { left, .. }
                | Self::Delete { left },
                Side::Left,
            ) => Some(left as usize),
            (
                Self::Equal { right, .. }
                | Self::Ending { right, .. }
                | Self::Space { right, .. }
                | Self::Replace { right, .. }
                | Self::Insert { right },
                Side::Right,
            ) => Some(right as usize),
            _ => None,
        }
    }

    /// True where the sides differ.
    pub fn differs(self) -> bool {
        !matches!(self, Self::Equal { .. } | Self::Space { .. })
    }
}

/// Lines added and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Lines only or otherwise on the right.
    pub added: usize,
    /// Lines only or otherwise on the left.
    pub removed: usize,
}

/// A run of rows that are all equal, or all not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its rows.
    pub rows: Range<u32>,
    /// Its lines on the left.
    pub left: Range<u32>,
    /// Its lines on the right.
    pub right: Range<u32>,
    /// True where it differs.
    pub differs: bool,
}

/// All rows of a file, in order: every line of either side is in exactly one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    rows: Vec<Row>,
    runs: Vec<Run>,
    /// The row of each line of the left side.
    left: Vec<u32>,
    /// The row of each line of the right side.
    right: Vec<u32>,
    stats: Stats,
    /// Rows that differ in white space only, by whether in indentation.
    spaced: [Vec<u32>; 2],
    /// All lines end in one way on the left and in the other on the right.
    other_endings: bool,
}

impl Alignment {
    /// Puts two texts side by side. A side that is not there is an empty text.
    ///
    /// Lines are compared without their endings, so that a change from CRLF to
    /// LF does not bury every other change; see [`Row::Ending`].
    pub fn of(left: &Lines, right: &Lines) -> Self {
        // It is never cancelled, so it is never nothing.
        Self::unless(left, right, Spaces::Count, &|| false).unwrap_or_default()
    }

    /// Like [`Alignment::of`]; `None` once `cancelled` turns true.
    pub fn unless(
        left: &Lines,
        right: &Lines,
        spaces: Spaces,
        cancelled: &dyn Fn() -> bool,
    ) -> Option<Self> {
        let mut build = Builder::new(left, right);
        build.spaces = spaces;
        let mut pairing = pair::Pairing::new(left, right);
        let squeezed = match spaces {
            Spaces::Count => None,
            Spaces::Ignore => Some((left.squeezed(), right.squeezed())),
        };
        let (left, right) = squeezed.as_ref().map_or((left, right), |(l, r)| (l, r));
        for hunk in hunks::between(left, right, cancelled)? {
            build.equal_until(hunk.before.start);
            if cancelled() {
                return None;
            }
            for row in pairing.rows(hunk.before, hunk.after) {
                build.push(match row {
                    // The search is not exhaustive: a hunk may hold equal lines.
                    Row::Replace { left: l, right: r }
                        if left.line(l as usize) == right.line(r as usize) =>
                    {
                        build.alike(l, r)
                    }
                    row => row,
                });
            }
        }
        build.equal_until(left.len() as u32);
        Some(build.finish())
    }

    /// The rows of two equal texts.
    pub fn same(lines: &Lines) -> Self {
        let mut build = Builder::new(lines, lines);
        build.equal_until(lines.len() as u32);
        build.finish()
    }

    /// Every row, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows cut into runs that differ and runs that don't, by turns.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The row of a line, counted from 0.
    pub fn row_of(&self, side: Side, line: usize) -> Option<usize> {
        let index = match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        };
        index.get(line).map(|row| *row as usize)
    }

    /// How many lines a side has.
    pub fn lines(&self, side: Side) -> usize {
        match side {
            Side::Left => self.left.len(),
            Side::Right => self.right.len(),
        }
    }

    /// Lines added and removed.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// How many of these rows differ in white space only: in indentation, and otherwise.
    pub fn spaced(&self, rows: Range<u32>) -> (usize, usize) {
        let count = |all: &[u32]| {
            let before = |end: u32| all.partition_point(|row| *row < end);
            before(rows.end).saturating_sub(before(rows.start))
        };
        (count(&self.spaced[1]), count(&self.spaced[0]))
    }

    /// The rows that differ in indentation, which is ignored.
    pub fn indented(&self) -> &[u32] {
        &self.spaced[1]
    }

    /// True where every line that ends does so with CRLF on one side and with LF
    /// on the other. To be said once, as no row says it.
    pub fn other_endings(&self) -> bool {
        self.other_endings
    }
}

struct Builder<'a> {
    sides: (&'a Lines, &'a Lines),
    spaces: Spaces,
    done: Alignment,
    next: (u32, u32),
}

impl<'a> Builder<'a> {
    fn new(left: &'a Lines, right: &'a Lines) -> Self {
        let done = Alignment {
            rows: Vec::with_capacity(left.len().max(right.len())),
            left: Vec::with_capacity(left.len()),
            right: Vec::with_capacity(right.len()),
            other_endings: matches!(
                (left.endings(), right.endings()),
                (Endings::CrLf, Endings::Lf) | (Endings::Lf, Endings::CrLf)
            ),
            ..Alignment::default()
        };
        Self {
            sides: (left, right),
            spaces: Spaces::Count,
            done,
            next: (0, 0),
        }
    }

    fn equal_until(&mut self, left_end: u32) {
        while self.next.0 < left_end {
            self.push(self.alike(self.next.0, self.next.1));
        }
    }

    /// The row of two lines that are the same but perhaps for their endings.
    fn alike(&self, left: u32, right: u32) -> Row {
        let ending = |lines: &Lines, line: u32| -> Ending { lines.ending(line as usize) };
        let (l, r) = (ending(self.sides.0, left), ending(self.sides.1, right));
        let both_end = l != Ending::None && r != Ending::None;
        let told = self.done.other_endings && both_end;
        if self.spaces == Spaces::Ignore {
            let line = |lines: &'a Lines, line: u32| lines.line(line as usize);
            let (old, new) = (line(self.sides.0, left), line(self.sides.1, right));
            if old != new || (l != r && both_end && !told) {
                let indent = indentation(old) != indentation(new);
                return Row::Space {
                    left,
                    right,
                    indent,
                };
            }
        }
        if l == r || told {
            Row::Equal { left, right }
        } else {
            Row::Ending { left, right }
        }
    }

    fn push(&mut self, row: Row) {
        let at = self.done.rows.len() as u32;
        let (left, right) = self.next;
        let differs = row.differs();
        let starts_new = self.done.runs.last().is_none_or(|r| r.differs != differs);
        if starts_new {
            self.done.runs.push(Run {
                rows: at..at,
                left: left..left,
                right: right..right,
                differs,
            });
        }
        if let Row::Space { indent, .. } = row {
            self.done.spaced[usize::from(indent)].push(at);
        }
        if row.line(Side::Left).is_some() {
            self.done.left.push(at);
            self.next.0 += 1;
            self.done.stats.removed += usize::from(differs);
        }
        if row.line(Side::Right).is_some() {
            self.done.right.push(at);
            self.next.1 += 1;
            self.done.stats.added += usize::from(differs);
        }
        self.done.rows.push(row);
        if let Some(run) = self.done.runs.last_mut() {
            run.rows.end = at + 1;
            run.left.end = self.next.0;
            run.right.end = self.next.1;
        }
    }

    fn finish(self) -> Alignment {
        self.done
    }
}

/// What a line is indented with; nothing where it is blank, as that means nothing.
pub fn indentation(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|b| !b.is_ascii_whitespace());
    &line[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn align(left: &str, right: &str) -> Alignment {
        Alignment::of(&Lines::new(left.as_bytes()), &Lines::new(right.as_bytes()))
    }

    #[test]
    fn a_changed_line_stands_beside_what_became_of_it() {
        let rows = align(
            "def f(a):\n    return a\n\n",
            "import os\ndef f(a, b):\n    return a\n\n",
        );
        assert_eq!(
            rows.rows(),
            [
                Row::Insert { right: 0 },
                Row::Replace { left: 0, right: 1 },
                Row::Equal { left: 1, right: 2 },
                Row::Equal { left: 2, right: 3 },
            ]
        );
        assert_eq!(
            rows.stats(),
            Stats {
                added: 2,
                removed: 1
            }
        );
        assert_eq!(rows.row_of(Side::Right, 1), Some(1));
        assert_eq!(rows.row_of(Side::Right, 4), None);
    }

    #[test]
    fn other_line_endings_do_not_bury_a_change() {
        let rows = align("a\r\nb = 1\r\nc\r\n", "a\nb = 2\nc\n");
        assert!(rows.other_endings());
        assert_eq!(
            rows.rows(),
            [
                Row::Equal { left: 0, right: 0 },
                Row::Replace { left: 1, right: 1 },
                Row::Equal { left: 2, right: 2 },
            ]
        );
        let one = align("a\r\nb\n", "a\nb\n");
        assert!(!one.other_endings());
        assert_eq!(one.rows()[0], Row::Ending { left: 0, right: 0 });
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        assert_eq!(
            align("a\nb\n", "a\nb").rows(),
            [
                Row::Equal { left: 0, right: 0 },
                Row::Ending { left: 1, right: 1 }
            ]
        );
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            Just("a".to_owned()),
            Just(String::new()),
            Just("    return x".to_owned()),
            "[a-c ]{0,6}",
        ];
        let end = prop_oneof![Just("\n"), Just("\r\n")];
        (proptest::collection::vec((line, end), 0..30), any::<bool>()).prop_map(|(lines, cut)| {
            let mut all: Vec<u8> = lines
                .iter()
                .flat_map(|(l, e)| l.bytes().chain(e.bytes()).collect::<Vec<_>>())
                .collect();
            if cut {
                all.pop();
            }
            all
        })
    }

    proptest! {
        /// Each side read down the rows is that side's text, byte for byte;
        /// the runs cut the rows without gaps; equal rows are equal.
        #[test]
        fn rows_reproduce_both_sides(left in text(), right in text(), ignore: bool) {
            let (l, r) = (Lines::new(left.clone()), Lines::new(right.clone()));
            let spaces = if ignore { Spaces::Ignore } else { Spaces::Count };
            let all = Alignment::unless(&l, &r, spaces, &|| false).unwrap();
            let (bare_l, bare_r) = (l.squeezed(), r.squeezed());
            for (side, lines, bytes) in [(Side::Left, &l, &left), (Side::Right, &r, &right)] {
                let read: Vec<u8> = all.rows().iter().filter_map(|row| row.line(side))
                    .flat_map(|line| lines.raw(line).to_vec()).collect();
                prop_assert_eq!(&read, bytes);
                for line in 0..lines.len() {
                    let row = all.row_of(side, line).unwrap();
                    prop_assert_eq!(all.rows()[row].line(side), Some(line));
                }
            }
            for row in all.rows() {
                match *row {
                    Row::Equal { left, right } => {
                        prop_assert_eq!(l.line(left as usize), r.line(right as usize));
                        prop_assert!(all.other_endings()
                            || l.raw(left as usize) == r.raw(right as usize));
                    }
                    Row::Ending { left, right } => {
                        prop_assert_eq!(l.line(left as usize), r.line(right as usize));
                        prop_assert_ne!(l.ending(left as usize), r.ending(right as usize));
                    }
                    Row::Replace { left, right } =>
                        prop_assert_ne!(l.line(left as usize), r.line(right as usize)),
                    Row::Space { left, right, .. } => {
                        prop_assert!(ignore);
                        prop_assert_ne!(l.raw(left as usize), r.raw(right as usize));
                        prop_assert_eq!(bare_l.line(left as usize), bare_r.line(right as usize));
                    }
                    Row::Delete { .. } | Row::Insert { .. } => {}
                }
            }
            let mut at = 0;
            for run in all.runs() {
                prop_assert_eq!(run.rows.start, at);
                at = run.rows.end;
                let rows = &all.rows()[run.rows.start as usize..run.rows.end as usize];
                prop_assert!(rows.iter().all(|row| row.differs() == run.differs));
                let lefts = rows.iter().filter(|row| row.line(Side::Left).is_some()).count();
                prop_assert_eq!(run.left.len(), lefts);
            }
            prop_assert_eq!(at as usize, all.rows().len());
        }
    }
}
