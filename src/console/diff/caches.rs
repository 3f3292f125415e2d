//! What drawing works out once and needs again in the next frame. Emptied when
//! it grows: everything here can be worked out again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::promotion::columns::Cells;
use crate::workflow::compare::{FileDiff, Row, Side, words, words::WordDiff};

/// Entries kept of each kind.
const MOST: usize = 1024;
/// Lines shorter than this need no places: they are walked through every time.
const LONG: usize = 8 * 1024;
/// Columns between two places.
const EVERY: usize = 4 * 1024;

/// A byte of a line and the column it stands at.
type Place = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Caches {
    words: RefCell<HashMap<(usize, u32), Arc<WordDiff>>>,
    places: RefCell<HashMap<(usize, Side, usize), Vec<Place>>>,
}

/// A copy begins empty: it works out again what it needs.
impl Clone for Caches {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Caches {
    pub(super) fn clear(&mut self) {
        self.words.get_mut().clear();
        self.places.get_mut().clear();
    }

    /// What changed within a row.
    pub(super) fn words(&self, index: usize, file: &FileDiff, row: u32) -> Option<Arc<WordDiff>> {
        let Some(Row::Replace { left, right }) = file.rows.rows().get(row as usize).copied() else {
            return None;
        };
        let mut known = self.words.borrow_mut();
        if known.len() > MOST {
            known.clear();
        }
        Some(
            known
                .entry((index, row))
                .or_insert_with(|| {
                    let line = |side, line: u32| {
                        file.lines(side).map_or(&[][..], |l| l.line(line as usize))
                    };
                    Arc::new(words::diff(
                        line(Side::Left, left),
                        line(Side::Right, right),
                    ))
                })
                .clone(),
        )
    }

    /// The cells of a line from a column on: from the last one that begins at
    /// or before it.
    pub(super) fn cells<'a>(
        &self,
        key: (usize, Side, usize),
        line: &'a [u8],
        column: usize,
    ) -> Cells<'a> {
        let mut cells = Cells::new(line);
        if line.len() >= LONG && column >= EVERY {
            let mut all = self.places.borrow_mut();
            if all.len() > MOST {
                all.clear();
            }
            let places = all.entry(key).or_insert_with(|| vec![(0, 0)]);
            while let Some(last) = places.last().filter(|last| last.1 + EVERY <= column) {
                let mut next = Cells::resume(line, last.0, last.1);
                next.skip_to(last.1 + EVERY);
                if next.place() == *last {
                    break;
                }
                places.push(next.place());
            }
            let nearest = places.partition_point(|(_, at)| *at <= column);
            if let Some((at, column)) = nearest.checked_sub(1).and_then(|n| places.get(n)) {
                cells = Cells::resume(line, *at, *column);
            }
        }
        cells.skip_to(column);
        cells
    }
}
