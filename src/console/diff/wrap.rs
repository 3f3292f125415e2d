//! Long lines on several rows of the screen, instead of a part of them to be scrolled.

use super::DiffPane;
use super::flow::Layout;
use crate::promotion::columns::Cells;
use crate::workflow::compare::{FileDiff, Side};

/// The most rows of the screen that one line takes: the cursor has to get past it.
const MOST: u32 = 24;

/// How much room lines have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Columns for text side by side, left and right.
    pub split: [usize; 2],
    /// Columns for text in one column.
    pub unified: usize,
    /// The most rows of the screen for one line.
    pub most: u32,
}

/// The lines of a file and the room they have.
pub(super) struct Wrapped<'a> {
    file: &'a FileDiff,
    room: Room,
}

impl Wrapped<'_> {
    /// How many rows of the screen a line takes, at least one.
    pub(super) fn rows(&self, side: Side, line: usize, layout: Layout) -> u32 {
        let width = match layout {
            Layout::Split => self.room.split[side as usize],
            Layout::Unified => self.room.unified,
        };
        let bytes = self.file.lines(side).map_or(&[][..], |it| it.line(line));
        rows(bytes, width, self.room.most)
    }
}

impl DiffPane {
    /// Wraps long lines, or scrolls them again.
    pub(super) fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
        self.sideways = 0;
        self.lay_out_all();
    }

    pub(super) fn lay_out_all(&mut self) {
        let files: Vec<usize> = self.views.keys().copied().collect();
        for file in files {
            self.lay_out(file);
        }
    }

    /// The room that lines have; `None` where they are scrolled.
    pub(super) fn wrapped<'a>(&self, file: &'a FileDiff) -> Option<Wrapped<'a>> {
        self.wrap.then(|| Wrapped {
            file,
            room: Self::room(&self.geometry(), file, self.most_rows()),
        })
    }

    /// The most rows of the screen that one line takes.
    pub(super) fn most_rows(&self) -> u32 {
        let height = self.geometry().body.height;
        u32::from(height.saturating_sub(2)).clamp(1, MOST)
    }
}

/// True where every byte is one column.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| (0x20..0x7f).contains(b))
}

fn rows(bytes: &[u8], width: usize, most: u32) -> u32 {
    let width = width.max(1);
    // No byte takes more than eight columns.
    if bytes.len().saturating_mul(8) <= width {
        return 1;
    }
    // However long a line is, no more of it is looked at than is shown.
    let shown = (most as usize).saturating_mul(width).saturating_add(1);
    let head = bytes.get(..shown).unwrap_or(bytes);
    if is_plain(head) {
        let rows = head.len().div_ceil(width).max(1);
        return u32::try_from(rows).map_or(most, |it| it.min(most));
    }
    let starts = Starts::new(bytes, width);
    starts.take(most as usize).count().max(1) as u32
}

/// The column that a part of a wrapped line begins at; `None` where it has fewer parts.
pub(super) fn start(bytes: &[u8], width: usize, part: u32) -> Option<usize> {
    let width = width.max(1);
    if part == 0 {
        return Some(0);
    }
    let at = (part as usize).checked_mul(width)?;
    let head = bytes.get(..at).filter(|head| is_plain(head));
    if head.is_some() && bytes.get(at).is_none_or(u8::is_ascii) {
        return (at < bytes.len()).then_some(at);
    }
    Starts::new(bytes, width).nth(part as usize)
}

/// The columns at which the parts of a line begin.
struct Starts<'a> {
    cells: std::iter::Peekable<Cells<'a>>,
    column: usize,
    width: usize,
}

impl<'a> Starts<'a> {
    fn new(bytes: &'a [u8], width: usize) -> Self {
        Self {
            cells: Cells::new(bytes).peekable(),
            column: 0,
            width,
        }
    }
}

impl Iterator for Starts<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.cells.peek()?;
        let start = self.column;
        // At least one cell, however wide: it has to go on.
        while let Some(cell) = self
            .cells
            .next_if(|it| self.column == start || self.column + it.width <= start + self.width)
        {
            self.column += cell.width;
        }
        Some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wide_character_does_not_straddle_the_edge() {
        let line = "ab漢字cd".as_bytes();
        let starts: Vec<_> = Starts::new(line, 3).collect();
        assert_eq!(starts, [0, 2, 4, 7]);
        assert_eq!(rows(line, 3, 24), 4);
        assert_eq!(rows(line, 3, 2), 2);
        assert_eq!(start(line, 3, 4), None);
        assert_eq!(rows(b"", 3, 24), 1);
        assert_eq!(start(b"abcdef", 3, 1), Some(3));
        assert_eq!(start(b"abcdef", 3, 2), None);
    }

    proptest! {
        /// Every part begins where the one before ends, and fits.
        #[test]
        fn parts_are_the_whole_line(line in "[a-z\t漢é]{0,60}", width in 1..20usize) {
            let bytes = line.as_bytes();
            let all: usize = Cells::new(bytes).map(|it| it.width).sum();
            let count = rows(bytes, width, u32::MAX);
            let mut before = 0;
            for part in 1..count {
                let at = start(bytes, width, part).unwrap();
                prop_assert!(at > before && at - before <= width.max(4));
                before = at;
            }
            prop_assert!(all - before <= width.max(4));
            prop_assert_eq!(start(bytes, width, count), None);
        }
    }
}
