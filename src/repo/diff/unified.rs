//! A file's change as hunks with a few lines around them, as `diff -u` shows it.

use std::ops::Range;

use super::{Alignment, Row, Side};

/// A stretch of rows with a change in it, and the lines it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Rows, context included.
    pub rows: Range<usize>,
    /// Lines on the left, counted from 0.
    pub left: Range<usize>,
    /// Lines on the right.
    pub right: Range<usize>,
}

/// The hunks of a file, with so many unchanged rows around each change. What is indented
/// in another way is in one, also where white space is ignored.
pub fn hunks(all: &Alignment, context: usize) -> Vec<Hunk> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let total = all.rows().len();
    let runs = all.runs().iter().filter(|run| run.differs);
    let mut shown: Vec<Range<u32>> = runs.map(|run| run.rows.clone()).collect();
    shown.extend(all.indented().iter().map(|row| *row..row + 1));
    shown.sort_by_key(|rows| rows.start);
    for rows in shown {
        let from = (rows.start as usize).saturating_sub(context);
        let to = (rows.end as usize + context).min(total);
        match ranges.last_mut() {
            Some(last) if last.end >= from => last.end = to,
            _ => ranges.push(from..to),
        }
    }
    let mut next = [0, 0];
    let mut at = 0;
    ranges
        .into_iter()
        .map(|rows| {
            let mut side = |index: usize, side: Side| {
                let before = count(&all.rows()[at..rows.start], side);
                let start = next[index] + before;
                let end = start + count(&all.rows()[rows.clone()], side);
                next[index] = end;
                start..end
            };
            let hunk = Hunk {
                left: side(0, Side::Left),
                right: side(1, Side::Right),
                rows: rows.clone(),
            };
            at = rows.end;
            hunk
        })
        .collect()
}

fn count(rows: &[Row], side: Side) -> usize {
    rows.iter().filter(|row| row.line(side).is_some()).count()
}

/// The lines of some rows in the order of a unified diff: of each run of
/// changes first all that goes, then all that comes.
pub fn order(rows: &[Row]) -> Vec<(Row, Side)> {
    let mut out = Vec::with_capacity(rows.len());
    let mut at = 0;
    while at < rows.len() {
        if !rows[at].differs() {
            out.push((rows[at], Side::Right));
            at += 1;
            continue;
        }
        let length = rows[at..].iter().take_while(|row| row.differs()).count();
        let run = &rows[at..at + length];
        for side in [Side::Left, Side::Right] {
            out.extend(
                run.iter()
                    .filter(|r| r.line(side).is_some())
                    .map(|r| (*r, side)),
            );
        }
        at += length;
    }
    out
}
