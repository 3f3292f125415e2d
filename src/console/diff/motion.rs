//! Moving about: lines, changes, marks, matches, files, folds.

use super::flow::{self, Flow, Item, Open, Spot};
use super::{DiffPane, View};
use crate::console::effect::Effect;
use crate::promotion::columns::Cells;
use crate::workflow::compare::{Change, FileDiff, Row, Side};

/// Lines kept between the cursor and the edge.
const MARGIN: usize = 2;

impl DiffPane {
    fn height(&self) -> usize {
        usize::from(self.geometry().body.height).max(1)
    }

    /// How many lines the file that is shown takes.
    pub(super) fn total(&self) -> usize {
        let layout = self.geometry().layout;
        self.view().map_or(0, |view| view.flow.len(layout))
    }

    /// The line of the pane that the cursor is on.
    pub(super) fn index(&self) -> usize {
        match (self.current(), self.view()) {
            (Some(file), Some(view)) => {
                view.flow
                    .index(&file.rows, view.spot, self.geometry().layout)
            }
            _ => 0,
        }
    }

    /// The line of the pane at the top of the body, for a body of that height.
    pub(super) fn top(&self, height: usize) -> usize {
        let offset = self
            .view()
            .map_or(0, |view| view.offset)
            .min(height.saturating_sub(1));
        self.index()
            .saturating_sub(offset)
            .min(self.total().saturating_sub(height))
    }

    /// What stands on a line of the pane.
    pub(super) fn item(&self, index: usize) -> Option<Item> {
        let view = self.view()?;
        view.flow
            .item(&self.current()?.rows, index, self.geometry().layout)
    }

    /// Puts the cursor on a line of the pane, which is then on that line of the body.
    fn place(&mut self, index: usize, offset: usize) {
        let Some(item) = self.item(index) else {
            return;
        };
        let spot = match item {
            Item::Row(spot) => spot,
            Item::Fold(rows) => Spot {
                row: rows.start,
                side: Side::Right,
            },
        };
        if let Some(view) = self.views.get_mut(&self.file) {
            view.spot = spot;
            view.offset = offset;
        }
    }

    pub(super) fn move_by(&mut self, lines: isize) {
        let Some(last) = self.total().checked_sub(1) else {
            return;
        };
        let height = self.height();
        let margin = MARGIN.min((height - 1) / 2);
        let top = self.top(height);
        let index = self.index().saturating_add_signed(lines).min(last);
        let top = top
            .min(index.saturating_sub(margin))
            .max((index + margin + 1).saturating_sub(height));
        self.place(index, index - top.min(index));
    }

    pub(super) fn page(&mut self, lines: isize) {
        let height = self.height();
        let Some(last) = self.total().checked_sub(1) else {
            return;
        };
        let index = self.index();
        let offset = index - self.top(height).min(index);
        let to = index.saturating_add_signed(lines).min(last);
        self.place(to, offset.min(to));
    }

    pub(super) fn wheel(&mut self, lines: isize) {
        let height = self.height();
        let most = self.total().saturating_sub(height);
        let top = self.top(height).saturating_add_signed(lines).min(most);
        let index = self.index().clamp(top, (top + height - 1).max(top));
        let index = index.min(self.total().saturating_sub(1));
        self.place(index, index - top.min(index));
    }

    pub(super) fn clicked(&mut self, column: u16, row: u16) {
        let parts = self.geometry();
        let at = ratatui::layout::Position::new(column, row);
        if parts.list.contains(at) {
            let first = self.first_listed(usize::from(parts.list.height));
            if let Some(file) = self.listed.get(first + usize::from(row)).copied() {
                self.enter(file);
            }
        } else if parts.body.contains(at) {
            let offset = usize::from(row - parts.body.y);
            let index = self.top(self.height()) + offset;
            match self.item(index) {
                Some(Item::Fold(rows)) => {
                    self.place(index, offset);
                    self.unfold(self.file, rows.start);
                }
                Some(Item::Row(_)) => self.place(index, offset),
                None => {}
            }
        }
    }

    /// The first file of the list that is on the screen.
    pub(super) fn first_listed(&self, height: usize) -> usize {
        let at = self
            .listed
            .iter()
            .position(|f| *f == self.file)
            .unwrap_or(0);
        let most = self.listed.len().saturating_sub(height);
        at.saturating_sub(height / 2).min(most)
    }

    /// Shows a file: where it was left, or at its first change.
    pub(super) fn enter(&mut self, file: usize) {
        let Some(diff) = self.diff.clone() else {
            return;
        };
        let Some(shown) = diff.files.get(file) else {
            return;
        };
        self.file = file;
        self.sideways = 0;
        let height = self.height();
        self.views.entry(file).or_insert_with(|| {
            let open = Open::default();
            let first = shown.rows.runs().iter().find(|run| run.differs);
            View {
                flow: Flow::new(&shown.rows, &open),
                open,
                spot: Spot {
                    row: first.map_or(0, |run| run.rows.start),
                    side: Side::Left,
                },
                offset: height / 3,
            }
        });
    }

    /// Goes to a place, and unfolds what hides it.
    pub(super) fn go(&mut self, file: usize, spot: Spot) {
        if self.file != file || self.view().is_none() {
            self.enter(file);
        }
        if self.view().is_some_and(|view| view.flow.hides(spot.row)) {
            self.unfold(file, spot.row);
        }
        let height = self.height();
        let top = self.top(height);
        if let Some(view) = self.views.get_mut(&file) {
            view.spot = spot;
        }
        let index = self.index();
        let offset = match index.checked_sub(top) {
            // On the screen already: nothing jumps.
            Some(offset) if offset + MARGIN < height && offset >= MARGIN.min(index) => offset,
            _ => height / 3,
        };
        if let Some(view) = self.views.get_mut(&file) {
            view.offset = offset;
        }
    }

    fn unfold(&mut self, file: usize, row: u32) {
        let Some(rows) = self
            .diff
            .as_ref()
            .and_then(|d| d.files.get(file))
            .map(|f| &f.rows)
        else {
            return;
        };
        let Some(fold) = flow::fold_of(rows, row) else {
            return;
        };
        if let Some(view) = self.views.get_mut(&file) {
            view.open.folds.insert(fold.start);
            view.flow = Flow::new(rows, &view.open);
        }
    }

    pub(super) fn toggle_fold(&mut self) -> Result<(), String> {
        let row = self.view().map_or(0, |view| view.spot.row);
        let fold = self
            .current()
            .and_then(|file| flow::fold_of(&file.rows, row))
            .ok_or("there is nothing to fold here: only unchanged lines are")?;
        let file = self.file;
        let hidden = self.view().is_some_and(|view| view.flow.hides(row));
        if hidden {
            self.unfold(file, row);
            return Ok(());
        }
        let Some(rows) = self.current().map(|file| file.rows.runs().is_empty()) else {
            return Ok(());
        };
        debug_assert!(!rows);
        self.refold(file, |open, all| {
            if open.all {
                // Everything was open: from now on everything but this is.
                open.all = false;
                open.folds = all.iter().map(|f| f.start).collect();
            }
            open.folds.remove(&fold.start);
        });
        if let Some(view) = self.views.get_mut(&file) {
            view.spot.row = fold.start;
        }
        Ok(())
    }

    pub(super) fn fold_all(&mut self, open_all: bool) {
        let file = self.file;
        self.refold(file, |open, _| {
            open.all = open_all;
            open.folds.clear();
        });
    }

    fn refold(&mut self, file: usize, change: impl FnOnce(&mut Open, &[std::ops::Range<u32>])) {
        let Some(rows) = self
            .diff
            .as_ref()
            .and_then(|d| d.files.get(file))
            .map(|f| &f.rows)
        else {
            return;
        };
        if let Some(view) = self.views.get_mut(&file) {
            change(&mut view.open, &flow::folds(rows).collect::<Vec<_>>());
            view.flow = Flow::new(rows, &view.open);
        }
    }

    /// The files after (or before) this one in the list, nearest first.
    fn others(&self, backwards: bool) -> Vec<usize> {
        if backwards {
            self.listed
                .iter()
                .rev()
                .copied()
                .filter(|f| *f < self.file)
                .collect()
        } else {
            self.listed
                .iter()
                .copied()
                .filter(|f| *f > self.file)
                .collect()
        }
    }

    pub(super) fn step_file(&mut self, by: isize) -> Result<(), String> {
        let next = self.others(by < 0).first().copied();
        let file = next.ok_or(if by < 0 {
            "this is the first file"
        } else {
            "this is the last file"
        })?;
        self.enter(file);
        Ok(())
    }

    fn row(&self) -> u32 {
        self.view().map_or(0, |view| view.spot.row)
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

    /// The line on the right at a row, or the next one below it.
    pub(super) fn right_line(&self, file: usize, row: u32) -> Option<usize> {
        let rows = self.diff.as_ref()?.files.get(file)?.rows.rows();
        rows.get(row as usize..)?
            .iter()
            .find_map(|row| row.line(Side::Right))
    }

    pub(super) fn next_mark(&mut self) -> Result<(), String> {
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
        if let Some(line) =
            here.and_then(|from| self.marked(self.file).into_iter().find(|l| *l >= from))
        {
            return self.go_line(self.file, line);
        }
        for file in self.others(false) {
            if let Some(line) = self.marked(file).first() {
                return self.go_line(file, *line);
            }
        }
        Err(self.no_mark("after"))
    }

    pub(super) fn previous_mark(&mut self) -> Result<(), String> {
        let here = self
            .right_line(self.file, self.row())
            .map_or(u32::MAX, |l| l as u32);
        if let Some(line) = self.marked(self.file).into_iter().rev().find(|l| *l < here) {
            return self.go_line(self.file, line);
        }
        for file in self.others(true) {
            if let Some(line) = self.marked(file).last() {
                return self.go_line(file, *line);
            }
        }
        Err(self.no_mark("before"))
    }

    fn no_mark(&self, which: &str) -> String {
        let none = self
            .diff
            .iter()
            .flat_map(|d| &d.files)
            .all(|f| self.marks.file(f.path()).is_none_or(|m| m.is_empty()));
        if none {
            return "no current evidence has findings or uncovered lines here; run the gates"
                .into();
        }
        format!("there is no finding or uncovered line {which} this one")
    }

    /// Lines with a mark; of lines that only miss coverage the first of a block.
    fn marked(&self, file: usize) -> Vec<u32> {
        let mut lines = Vec::new();
        let mut block = None;
        for (line, mark) in self.file_marks(file).into_iter().flat_map(|m| m.range(..)) {
            let plain = mark.notes.is_empty();
            if !(plain && block == Some(line)) {
                lines.push(line);
            }
            block = plain.then_some(line + 1);
        }
        lines
    }

    fn go_line(&mut self, file: usize, line: u32) -> Result<(), String> {
        let row = self
            .diff
            .as_ref()
            .and_then(|d| d.files.get(file)?.rows.row_of(Side::Right, line as usize));
        let row = row.ok_or("the evidence points behind the end of the file")?;
        self.go(
            file,
            Spot {
                row: row as u32,
                side: Side::Right,
            },
        );
        Ok(())
    }

    /// Goes where [`DiffPane::reveal`] wanted to, once there is a diff.
    pub(super) fn go_wanted(&mut self) {
        let Some(diff) = self.diff.clone() else {
            return;
        };
        let Some((path, line)) = self.wanted.take() else {
            return;
        };
        let named = |file: &FileDiff| file.right.as_ref().is_some_and(|entry| entry.path == path);
        if let Some(file) = diff.files.iter().position(named) {
            self.enter(file);
            // A line beyond the end: the file itself is what can be shown.
            let _ = self.go_line(file, line.saturating_sub(1));
            let third = self.height() / 3;
            if let Some(view) = self.views.get_mut(&file) {
                view.offset = third;
            }
        }
    }

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
            Row::Equal { .. } => &[Side::Right],
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

    fn show_first_word(&mut self, row: u32) {
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

    fn bytes_of(&self, side: Side, row: u32) -> Option<&[u8]> {
        let file = self.current()?;
        let line = file.rows.rows().get(row as usize)?.line(side)?;
        Some(file.lines(side)?.line(line))
    }

    /// Scrolls sideways until those bytes of a line are on the screen.
    fn show_bytes(&mut self, side: Side, row: u32, bytes: std::ops::Range<usize>) {
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
        let all = usize::from(parts.body.width);
        let half = match parts.layout {
            flow::Layout::Split => all / 2,
            flow::Layout::Unified => all,
        };
        half.saturating_sub(16).max(8)
    }

    /// How far sideways there is anything to see on the screen.
    pub(super) fn rightmost(&self) -> usize {
        let height = self.height();
        let top = self.top(height);
        let longest = (top..top + height)
            .filter_map(|index| match self.item(index)? {
                Item::Row(spot) => Some(spot.row),
                Item::Fold(_) => None,
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

    pub(super) fn edit(&self) -> Result<Effect, String> {
        let file = self.current().ok_or("there is no file to edit")?;
        let entry = file
            .right
            .as_ref()
            .ok_or("this file is not in the module any more: there is nothing to edit")?;
        let line = self.right_line(self.file, self.row());
        Ok(Effect::Edit {
            path: entry.path.clone(),
            line: line.map_or(1, |line| line as u32 + 1),
            column: 0,
        })
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
