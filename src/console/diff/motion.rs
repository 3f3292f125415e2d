//! Moving about: lines, pages, files, places.

use super::flow::{Item, Open, Spot};
use super::{DiffPane, View};
use crate::console::effect::Effect;
use crate::promotion::reading::Seen;
use crate::workflow::compare::{FileDiff, Side};

/// Lines kept between the cursor and the edge.
const MARGIN: usize = 2;

impl DiffPane {
    pub(super) fn height(&self) -> usize {
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
    pub(super) fn place(&mut self, index: usize, offset: usize) {
        let at = self.past_notes(index);
        let offset = (offset + at).saturating_sub(index);
        let spot = match self.item(at) {
            None | Some(Item::Below { .. } | Item::Rest { .. }) => return,
            Some(Item::Row(spot)) => spot,
            Some(Item::Fold(rows)) => Spot {
                row: rows.start,
                side: Side::Right,
            },
        };
        if let Some(view) = self.views.get_mut(&self.file) {
            view.spot = spot;
            view.offset = offset;
        }
    }

    /// The cursor stands on rows and folds, and passes the rest of them and what is said
    /// below.
    fn past_notes(&self, index: usize) -> usize {
        let is_note =
            |at: usize| matches!(self.item(at), Some(Item::Below { .. } | Item::Rest { .. }));
        let up = |from: usize| (0..=from).rev().find(|at| !is_note(*at)).unwrap_or(from);
        if index < self.index() {
            return up(index);
        }
        let below = (index..self.total()).find(|at| !is_note(*at));
        below.unwrap_or_else(|| up(index))
    }

    pub(super) fn row(&self) -> u32 {
        self.view().map_or(0, |view| view.spot.row)
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
                Some(Item::Rest { spot, .. }) => self.go(self.file, spot),
                Some(Item::Below { note, .. }) => {
                    let row = self
                        .comments
                        .below(self.file)
                        .get(note as usize)
                        .map(|it| it.row);
                    if let Some(row) = row {
                        self.go(
                            self.file,
                            Spot {
                                row,
                                side: Side::Right,
                            },
                        );
                    }
                }
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
        if self.views.contains_key(&file) {
            return;
        }
        let open = Open {
            closed: self.seen(file) == Seen::Yes,
            ..Open::default()
        };
        let flow = self.flow(file, &open).unwrap_or_default();
        self.views.entry(file).or_insert_with(|| {
            let first = shown.rows.runs().iter().find(|run| run.differs);
            View {
                flow,
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
        // The whole file may be folded, and in it what the place lies in.
        for _ in 0..2 {
            if self.view().is_some_and(|view| view.flow.hides(spot.row)) {
                self.unfold(file, spot.row);
            }
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

    /// The files after (or before) this one in the list, nearest first.
    pub(super) fn others(&self, backwards: bool) -> Vec<usize> {
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

    /// The line on the right at a row, or the next one below it.
    pub(super) fn right_line(&self, file: usize, row: u32) -> Option<usize> {
        let rows = self.diff.as_ref()?.files.get(file)?.rows.rows();
        rows.get(row as usize..)?
            .iter()
            .find_map(|row| row.line(Side::Right))
    }

    pub(super) fn go_line(&mut self, file: usize, line: u32) -> Result<(), String> {
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

    /// Goes to where a moved line came from, or went to.
    pub(super) fn other_end(&mut self) -> Result<(), String> {
        let spot = self.view().map(|view| view.spot);
        let (spot, file) = spot.zip(self.current()).ok_or("there is no line here")?;
        let row = file.rows.rows().get(spot.row as usize);
        let end = [spot.side, spot.side.other()].into_iter().find_map(|side| {
            let line = row?.line(side)?;
            let moved = file.moved(side, line)?;
            let there = moved.line + (line as u32 - moved.lines.start);
            Some((moved.file, side.other(), there))
        });
        let (to, side, line) = end.ok_or("this line was not moved")?;
        let row = self.diff.as_ref().and_then(|diff| {
            let row = diff.files.get(to)?.rows.row_of(side, line as usize)?;
            u32::try_from(row).ok()
        });
        let row = row.ok_or("its other end is not in this diff")?;
        self.go(to, Spot { row, side });
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
