//! Scrolling to the left and right.

use std::ops::Range;

use super::DiffPane;
use super::flow::{Item, Layout};
use super::geometry::halves;
use crate::promotion::columns::Cells;
use crate::workflow::compare::Side;

impl DiffPane {
    pub(super) fn show_first_word(&mut self, row: u32) {
        let words = self
            .current()
            .and_then(|file| self.caches.words(self.file, file, row));
        let first = words.and_then(|w| {
            let right = w.right.first().map(|r| (Side::Right, r.clone()));
            right.or_else(|| w.left.first().map(|r| (Side::Left, r.clone())))
        });
        match first {
            Some((side, range)) => self.show_bytes(side, row, range),
            None => self.sideways = 0,
        }
    }

    pub(super) fn bytes_of(&self, side: Side, row: u32) -> Option<&[u8]> {
        let file = self.current()?;
        let line = file.rows.rows().get(row as usize)?.line(side)?;
        Some(file.lines(side)?.line(line))
    }

    /// Scrolls sideways until those bytes of a line are on the screen.
    pub(super) fn show_bytes(&mut self, side: Side, row: u32, bytes: Range<usize>) {
        if self.wrap {
            return;
        }
        let width = self.text_width();
        let Some(line) = self.bytes_of(side, row) else {
            return;
        };
        let head = &line[..bytes.start.min(line.len())];
        let column = match head.iter().all(|b| (0x20..0x7f).contains(b)) {
            true => head.len(),
            false => Cells::new(head).map(|cell| cell.width).sum(),
        };
        let end = column + bytes.len().min(width / 2);
        if column < self.sideways || end > self.sideways + width {
            self.sideways = if end <= width {
                0
            } else {
                column.saturating_sub(width / 3)
            };
        }
    }

    /// Columns for text, a little less than there are.
    fn text_width(&self) -> usize {
        let parts = self.geometry();
        let (left, right) = halves(parts.body, parts.rule);
        let width = match parts.layout {
            Layout::Split => left.width.min(right.width),
            Layout::Unified => parts.body.width,
        };
        usize::from(width).saturating_sub(16).max(8)
    }

    /// How far sideways there is anything to see on the screen.
    pub(super) fn rightmost(&self) -> usize {
        let height = self.height();
        let top = self.top(height);
        let longest = (top..top + height)
            .filter_map(|index| match self.item(index)? {
                Item::Row(spot) | Item::Rest { spot, .. } => Some(spot.row),
                Item::Fold(_) | Item::Below { .. } => None,
            })
            .flat_map(|row| [Side::Left, Side::Right].map(|side| self.bytes_of(side, row)))
            .flatten()
            .map(|line| {
                let plain = line.iter().all(|b| (0x20..0x7f).contains(b));
                // What is not plain takes at most eight columns a byte.
                if plain {
                    line.len()
                } else {
                    Cells::new(&line[..line.len().min(1 << 16)])
                        .map(|c| c.width)
                        .sum::<usize>()
                        .max(line.len())
                }
            })
            .max()
            .unwrap_or(0);
        longest.saturating_sub(self.text_width() / 2)
    }
}
