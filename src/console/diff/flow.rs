//! Which rows of a file are on the screen, in which order: folding, and the two
//! layouts. Costs go with the number of changes, not with that of lines.

use std::collections::BTreeSet;
use std::ops::Range;

use super::wrap::Wrapped;
use crate::workflow::compare::{Alignment, Side};

/// Unchanged rows kept around a change.
const CONTEXT: u32 = 3;
/// Fewer rows than this are not worth a fold.
const LEAST: u32 = 4;

/// How two sides are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Side by side.
    Split,
    /// One column: of each change first what goes, then what comes.
    Unified,
}

/// A place in a file that stays what it is in both layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The row.
    pub row: u32,
    /// Which line of it, where they stand below each other.
    pub side: Side,
}

/// What stands on a line of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A row; in one column, one side of it.
    Row(Spot),
    /// The rest of a row whose lines are wrapped.
    Rest {
        /// Of which.
        spot: Spot,
        /// How manieth line of the pane it is, from 1 on.
        part: u32,
    },
    /// So many rows, hidden.
    Fold(Range<u32>),
    /// A line of what is said below a row.
    Below {
        /// Of which of them.
        note: u32,
        /// Which line.
        line: u32,
    },
}

/// What is said below a row: it takes so many lines of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    /// The row.
    pub row: u32,
    /// How many lines.
    pub lines: u32,
}

#[derive(Clone, Debug)]
struct Segment {
    rows: Range<u32>,
    left: Range<u32>,
    right: Range<u32>,
    kind: Kind,
    /// The first line of the pane it takes, side by side and in one column.
    at: [u32; 2],
    /// Where lines are wrapped: the line of the pane behind each row, or behind each line in
    /// one column, counted from the segment's first.
    ends: Option<Box<[Vec<u32>; 2]>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Same,
    Changed,
    Fold,
    Below { note: u32, lines: u32 },
}

impl Segment {
    fn len(&self, layout: Layout) -> u32 {
        if let Some(ends) = &self.ends {
            return ends[layout as usize].last().copied().unwrap_or(0);
        }
        match (self.kind, layout) {
            (Kind::Fold, _) => 1,
            (Kind::Below { lines, .. }, _) => lines,
            (Kind::Changed, Layout::Unified) => (self.left.len() + self.right.len()) as u32,
            _ => self.rows.len() as u32,
        }
    }
}

impl Segment {
    /// Which row, or line in one column, stands on a line of the segment, and which part.
    fn unit(&self, within: u32, layout: Layout) -> (u32, u32) {
        let Some(ends) = &self.ends else {
            return (within, 0);
        };
        let unit = ends[layout as usize].partition_point(|end| *end <= within) as u32;
        (unit, within - self.first(unit, layout))
    }

    /// The first line of the segment that a row, or line in one column, stands on.
    fn first(&self, unit: u32, layout: Layout) -> u32 {
        let Some(ends) = &self.ends else {
            return unit;
        };
        let before = unit.checked_sub(1).map(|it| it as usize);
        let ends = &ends[layout as usize];
        before.map_or(0, |it| ends.get(it).or(ends.last()).copied().unwrap_or(0))
    }
}

/// The lines of the pane for one file.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    segments: Vec<Segment>,
    len: [u32; 2],
}

/// Which folds are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// None, and the file itself is folded.
    pub closed: bool,
    /// All of them.
    pub all: bool,
    /// Those that begin with these rows.
    pub folds: BTreeSet<u32>,
}

/// The rows that can be folded away.
pub(super) fn folds(all: &Alignment) -> impl Iterator<Item = Range<u32>> + '_ {
    let last = all.runs().len().saturating_sub(1);
    all.runs()
        .iter()
        .enumerate()
        .filter(|(_, run)| !run.differs)
        .filter_map(move |(n, run)| {
            let from = run.rows.start + if n == 0 { 0 } else { CONTEXT };
            let to = run
                .rows
                .end
                .saturating_sub(if n == last { 0 } else { CONTEXT });
            (from + LEAST <= to).then_some(from..to)
        })
}

/// The fold that a row lies in, open or not.
pub fn fold_of(all: &Alignment, row: u32) -> Option<Range<u32>> {
    folds(all).find(|fold| fold.contains(&row))
}

/// Cuts rows where something is said below one of them.
struct Notes<'a> {
    all: &'a Alignment,
    below: &'a [Below],
    next: usize,
    wrapped: Option<&'a Wrapped<'a>>,
}

impl Notes<'_> {
    fn push(
        &mut self,
        flow: &mut Flow,
        mut rows: Range<u32>,
        mut left: u32,
        mut right: u32,
        kind: Kind,
    ) {
        while let Some(below) = self.below.get(self.next).filter(|it| it.row < rows.end) {
            let note = self.next as u32;
            self.next += 1;
            // What is said of a hidden row is hidden with it.
            if kind == Kind::Fold {
                continue;
            }
            let cut = (below.row + 1).max(rows.start);
            (left, right) = self.part(flow, rows.start..cut, left, right, kind);
            rows.start = cut;
            let lines = below.lines;
            let kind = Kind::Below { note, lines };
            flow.push(cut..cut, left, right, 0, 0, kind, None);
        }
        self.part(flow, rows, left, right, kind);
    }

    /// A part of the rows; gives the lines at its end.
    fn part(
        &self,
        flow: &mut Flow,
        rows: Range<u32>,
        left: u32,
        right: u32,
        kind: Kind,
    ) -> (u32, u32) {
        if rows.is_empty() {
            return (left, right);
        }
        let (lefts, rights) = match kind {
            Kind::Changed => {
                let part = &self.all.rows()[rows.start as usize..rows.end as usize];
                let count = |side| part.iter().filter(|it| it.line(side).is_some()).count();
                (count(Side::Left), count(Side::Right))
            }
            _ => (rows.len(), rows.len()),
        };
        let ends = self.ends(&rows, kind);
        flow.push(rows, left, right, lefts, rights, kind, ends);
        (left + lefts as u32, right + rights as u32)
    }

    /// What wrapped lines take; `None` where each takes one.
    fn ends(&self, rows: &Range<u32>, kind: Kind) -> Option<Box<[Vec<u32>; 2]>> {
        let wrapped = self.wrapped.filter(|_| kind != Kind::Fold)?;
        let rows = &self.all.rows()[rows.start as usize..rows.end as usize];
        let of = |side: Side, layout: Layout| {
            let lines = rows.iter().map(move |row| row.line(side));
            lines.map(move |line| line.map(|line| wrapped.rows(side, line, layout)))
        };
        let pairs = of(Side::Left, Layout::Split).zip(of(Side::Right, Layout::Split));
        let split = ends(pairs.map(|(left, right)| left.max(right).unwrap_or(1)));
        let lefts = of(Side::Left, Layout::Unified).flatten();
        let rights = of(Side::Right, Layout::Unified);
        let unified = match kind {
            Kind::Changed => ends(lefts.chain(rights.flatten())),
            _ => ends(rights.map(|it| it.unwrap_or(1))),
        };
        let taller = |ends: &Vec<u32>| ends.last().is_some_and(|it| *it as usize > ends.len());
        (taller(&split) || taller(&unified)).then(|| Box::new([split, unified]))
    }
}

fn ends(heights: impl Iterator<Item = u32>) -> Vec<u32> {
    let sum = |sum: &mut u32, height: u32| {
        *sum += height;
        Some(*sum)
    };
    heights.scan(0, sum).collect()
}

impl Flow {
    /// Lays out a file. What is said below rows is in the order of the rows.
    pub(super) fn new(
        all: &Alignment,
        open: &Open,
        below: &[Below],
        wrapped: Option<&Wrapped<'_>>,
    ) -> Self {
        let mut flow = Self::default();
        let mut notes = Notes {
            all,
            below,
            next: 0,
            wrapped,
        };
        if open.closed {
            let rows = all.rows().len() as u32;
            let lines = |side| all.lines(side);
            let (left, right) = (lines(Side::Left), lines(Side::Right));
            if rows > 0 {
                flow.push(0..rows, 0, 0, left, right, Kind::Fold, None);
            }
            return flow;
        }
        let mut folds = folds(all).peekable();
        for run in all.runs() {
            let Some(fold) = folds
                .next_if(|fold| run.rows.contains(&fold.start))
                .filter(|fold| !open.all && !open.folds.contains(&fold.start))
            else {
                let kind = if run.differs {
                    Kind::Changed
                } else {
                    Kind::Same
                };
                notes.push(
                    &mut flow,
                    run.rows.clone(),
                    run.left.start,
                    run.right.start,
                    kind,
                );
                continue;
            };
            for (rows, kind) in [
                (run.rows.start..fold.start, Kind::Same),
                (fold.clone(), Kind::Fold),
                (fold.end..run.rows.end, Kind::Same),
            ] {
                let skip = rows.start - run.rows.start;
                let (left, right) = (run.left.start + skip, run.right.start + skip);
                notes.push(&mut flow, rows, left, right, kind);
            }
        }
        flow
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one call for each kind of segment"
    )]
    fn push(
        &mut self,
        rows: Range<u32>,
        left: u32,
        right: u32,
        lefts: usize,
        rights: usize,
        kind: Kind,
        ends: Option<Box<[Vec<u32>; 2]>>,
    ) {
        let segment = Segment {
            rows,
            left: left..left + lefts as u32,
            right: right..right + rights as u32,
            kind,
            at: self.len,
            ends,
        };
        self.len[0] += segment.len(Layout::Split);
        self.len[1] += segment.len(Layout::Unified);
        self.segments.push(segment);
    }

    /// How many lines of the pane there are.
    pub fn len(&self, layout: Layout) -> usize {
        self.len[layout as usize] as usize
    }

    /// What stands on a line of the pane.
    pub fn item(&self, all: &Alignment, index: usize, layout: Layout) -> Option<Item> {
        let index = u32::try_from(index).ok()?;
        let after = self
            .segments
            .partition_point(|s| s.at[layout as usize] <= index);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let within = index - segment.at[layout as usize];
        if within >= segment.len(layout) {
            return None;
        }
        let (within, part) = match segment.kind {
            Kind::Fold | Kind::Below { .. } => (within, 0),
            Kind::Same | Kind::Changed => segment.unit(within, layout),
        };
        let spot = |row: u32, side: Side| {
            let spot = Spot { row, side };
            Some(match part {
                0 => Item::Row(spot),
                _ => Item::Rest { spot, part },
            })
        };
        match (segment.kind, layout) {
            (Kind::Fold, _) => Some(Item::Fold(segment.rows.clone())),
            (Kind::Below { note, .. }, _) => Some(Item::Below { note, line: within }),
            (Kind::Changed, Layout::Unified) => {
                let lefts = segment.left.len() as u32;
                let (side, line) = if within < lefts {
                    (Side::Left, segment.left.start + within)
                } else {
                    (Side::Right, segment.right.start + within - lefts)
                };
                spot(all.row_of(side, line as usize)? as u32, side)
            }
            _ => spot(segment.rows.start + within, Side::Right),
        }
    }

    /// The line of the pane that shows a place, or the fold it is hidden in.
    pub fn index(&self, all: &Alignment, spot: Spot, layout: Layout) -> usize {
        let after = self.segments.partition_point(|s| s.rows.start <= spot.row);
        let Some(segment) = after.checked_sub(1).and_then(|n| self.segments.get(n)) else {
            return 0;
        };
        let within = match (segment.kind, layout) {
            (Kind::Fold, _) => 0,
            (Kind::Changed, Layout::Unified) => {
                let row = all.rows().get(spot.row as usize);
                let line = |side: Side| row.and_then(|row| row.line(side)).map(|l| l as u32);
                let left = line(Side::Left).map(|l| l - segment.left.start);
                let right =
                    line(Side::Right).map(|r| r - segment.right.start + segment.left.len() as u32);
                match spot.side {
                    Side::Left => left.or(right),
                    Side::Right => right.or(left),
                }
                .unwrap_or(0)
            }
            _ => (spot.row - segment.rows.start).min(segment.rows.len() as u32),
        };
        (segment.at[layout as usize] + segment.first(within, layout)) as usize
    }

    /// True where that row is hidden.
    pub fn hides(&self, row: u32) -> bool {
        let after = self.segments.partition_point(|s| s.rows.start <= row);
        after
            .checked_sub(1)
            .and_then(|n| self.segments.get(n))
            .is_some_and(|s| s.kind == Kind::Fold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::compare::Lines;
    use proptest::prelude::*;

    fn align(left: &str, right: &str) -> Alignment {
        Alignment::of(&Lines::new(left.as_bytes()), &Lines::new(right.as_bytes()))
    }

    #[test]
    fn what_is_far_from_a_change_is_folded() {
        let left: String = (0..30).map(|n| format!("line {n}\n")).collect();
        let right = left.replace("line 15\n", "line fifteen\n");
        let all = align(&left, &right);
        let flow = Flow::new(&all, &Open::default(), &[], None);
        assert_eq!(flow.len(Layout::Split), 1 + 3 + 1 + 3 + 1);
        assert_eq!(flow.len(Layout::Unified), 1 + 3 + 2 + 3 + 1);
        assert_eq!(flow.item(&all, 0, Layout::Split), Some(Item::Fold(0..12)));
        let open = Open {
            folds: [0].into(),
            ..Open::default()
        };
        assert_eq!(
            Flow::new(&all, &open, &[], None).len(Layout::Split),
            15 + 1 + 3 + 1
        );
        assert!(flow.hides(5) && !flow.hides(13));
        let closed = Flow::new(
            &all,
            &Open {
                closed: true,
                ..Open::default()
            },
            &[],
            None,
        );
        assert_eq!(
            (closed.len(Layout::Split), closed.len(Layout::Unified)),
            (1, 1)
        );
        assert!(closed.hides(13));
    }

    proptest! {
        /// Every line of the pane leads to a place and that place back to the
        /// line; each line of either side is on the screen once, or folded.
        #[test]
        fn lines_and_places_agree(
            left in "([abc]\n){0,40}", right in "([abc]\n){0,40}", open: bool,
            notes in proptest::collection::vec((0..60u32, 1..3u32), 0..4),
        ) {
            let all = align(&left, &right);
            let rows = all.rows().len() as u32;
            let mut below: Vec<_> = notes.into_iter().map(|(row, lines)| Below { row, lines }).collect();
            below.retain(|it| it.row < rows);
            below.sort_by_key(|it| it.row);
            let flow = Flow::new(&all, &Open { all: open, ..Open::default() }, &below, None);
            for layout in [Layout::Split, Layout::Unified] {
                let mut shown = 0;
                let mut said = Vec::new();
                for index in 0..flow.len(layout) {
                    let row = match flow.item(&all, index, layout).unwrap() {
                        Item::Row(spot) => {
                            prop_assert_eq!(flow.index(&all, spot, layout), index);
                            shown += 1;
                            spot.row
                        }
                        Item::Rest { .. } => unreachable!("nothing is wrapped"),
                        Item::Fold(rows) => {
                            let spot = Spot { row: rows.start, side: Side::Left };
                            prop_assert_eq!(flow.index(&all, spot, layout), index);
                            rows.start
                        }
                        Item::Below { note, line } => {
                            // It stands below its row, line after line.
                            let row = below[note as usize].row;
                            prop_assert!(!flow.hides(row));
                            let spots = [Side::Left, Side::Right].map(|side| Spot { row, side });
                            let above = spots.map(|spot| flow.index(&all, spot, layout));
                            prop_assert!(above.iter().all(|it| *it < index));
                            said.push((note, line));
                            row
                        }
                    };
                    prop_assert!((row as usize) < all.rows().len());
                }
                prop_assert_eq!(flow.item(&all, flow.len(layout), layout), None);
                let shown_notes = below.iter().enumerate().filter(|(_, it)| !flow.hides(it.row));
                let all_lines: Vec<_> = shown_notes
                    .flat_map(|(n, it)| (0..it.lines).map(move |line| (n as u32, line)))
                    .collect();
                prop_assert_eq!(said, all_lines);
                if open && layout == Layout::Split {
                    prop_assert_eq!(shown, all.rows().len());
                }
                if open && layout == Layout::Unified {
                    let lines: usize = all.rows().iter().map(|row| {
                        if row.differs() {
                            usize::from(row.line(Side::Left).is_some())
                                + usize::from(row.line(Side::Right).is_some())
                        } else { 1 }
                    }).sum();
                    prop_assert_eq!(shown, lines);
                }
            }
        }
    }
}
