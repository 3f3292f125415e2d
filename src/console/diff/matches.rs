//! Going from match to match of a search, through all files.

use super::DiffPane;
use super::flow::Spot;
use crate::workflow::compare::Side;

impl DiffPane {
    /// Goes to the first match at or after the cursor.
    pub(super) fn first_match(&mut self) {
        let row = self.row();
        if self.matches_at(self.file, row).is_none() {
            // No match is no failure while something is typed.
            let _ = self.next_match(false);
        } else {
            self.show_match(row);
        }
    }

    pub(super) fn next_match(&mut self, backwards: bool) -> Result<(), String> {
        if self.needle.is_none() {
            return Err("nothing is searched for".into());
        }
        let Some(diff) = self.diff.clone() else {
            return Ok(());
        };
        let count = diff.files.len();
        let rows = |file: usize| diff.files[file].rows.rows().len() as u32;
        let here = self.row();
        // The rest of this file, the others, then this one from its beginning.
        for step in 0..=count {
            let file = if backwards {
                (self.file + count - step % count) % count
            } else {
                (self.file + step) % count
            };
            let range = match (step, backwards) {
                (0, false) => here + 1..rows(file),
                (0, true) => 0..here.min(rows(file)),
                _ => 0..rows(file),
            };
            let hit = |row: &u32| self.matches_at(file, *row).is_some();
            let found = if backwards {
                range.rev().find(hit)
            } else {
                range.into_iter().find(hit)
            };
            if let Some(row) = found {
                let side = self.matches_at(file, row).unwrap_or(Side::Right);
                self.go(file, Spot { row, side });
                self.show_match(row);
                return Ok(());
            }
        }
        Err("there is no match".into())
    }

    /// The side of a row that has a match.
    fn matches_at(&self, file: usize, row: u32) -> Option<Side> {
        let needle = self.needle.as_ref()?;
        let file = self.diff.as_ref()?.files.get(file)?;
        let row = *file.rows.rows().get(row as usize)?;
        let sides: &[Side] = match row {
            row if !row.differs() => &[Side::Right],
            _ => &[Side::Right, Side::Left],
        };
        sides.iter().copied().find(|side| {
            row.line(*side)
                .zip(file.lines(*side))
                .is_some_and(|(line, lines)| needle.find(lines.line(line), 0).is_some())
        })
    }

    fn show_match(&mut self, row: u32) {
        let Some(side) = self.matches_at(self.file, row) else {
            return;
        };
        let range = self
            .bytes_of(side, row)
            .and_then(|line| self.needle.as_ref()?.find(line, 0));
        if let Some(range) = range {
            self.show_bytes(side, row, range.start..range.end);
        }
    }
}
