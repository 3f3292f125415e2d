//! Going from change to change, through all files.

use super::DiffPane;
use super::flow::Spot;
use crate::workflow::compare::{Change, FileDiff, Side};

impl DiffPane {
    pub(super) fn next_change(&mut self) -> Result<(), String> {
        let row = self.row();
        let starts = |file: &FileDiff| -> Vec<u32> { changes(file).collect() };
        if let Some(next) = self
            .current()
            .and_then(|f| starts(f).into_iter().find(|s| *s > row))
        {
            self.go_change(self.file, next);
            return Ok(());
        }
        for file in self.others(false) {
            let Some(diff) = self.diff.clone() else { break };
            if diff.files[file].change == Change::Unchanged {
                continue;
            }
            self.enter(file);
            if let Some(first) = changes(&diff.files[file]).next() {
                self.go_change(file, first);
            }
            return Ok(());
        }
        Err("there is no change after this one".into())
    }

    pub(super) fn previous_change(&mut self) -> Result<(), String> {
        let row = self.row();
        let before = |file: &FileDiff| changes(file).take_while(|s| *s < row).last();
        if let Some(previous) = self.current().and_then(before) {
            self.go_change(self.file, previous);
            return Ok(());
        }
        for file in self.others(true) {
            let Some(diff) = self.diff.clone() else { break };
            if diff.files[file].change == Change::Unchanged {
                continue;
            }
            self.enter(file);
            if let Some(last) = changes(&diff.files[file]).last() {
                self.go_change(file, last);
            }
            return Ok(());
        }
        Err("there is no change before this one".into())
    }

    fn go_change(&mut self, file: usize, row: u32) {
        self.go(
            file,
            Spot {
                row,
                side: Side::Left,
            },
        );
        self.show_first_word(row);
    }
}

/// Where the changes of a file begin.
fn changes(file: &FileDiff) -> impl Iterator<Item = u32> + '_ {
    file.rows
        .runs()
        .iter()
        .filter(|run| run.differs)
        .map(|run| run.rows.start)
}
