//! Hiding and showing what did not change.

use std::ops::Range;

use super::DiffPane;
use super::flow::{self, Flow, Open};

impl DiffPane {
    pub(super) fn unfold(&mut self, file: usize, row: u32) {
        if file == self.file && self.is_closed() {
            self.close(false);
            return;
        }
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
        }
        self.lay_out(file);
    }

    /// Lays a file out anew: what is folded has changed, or what is said in it.
    pub(super) fn lay_out(&mut self, file: usize) {
        let open = self.views.get(&file).map(|view| view.open.clone());
        let flow = open.and_then(|open| self.flow(file, &open));
        if let (Some(flow), Some(view)) = (flow, self.views.get_mut(&file)) {
            view.flow = flow;
        }
    }

    /// The lines of the pane for a file.
    pub(super) fn flow(&self, file: usize, open: &Open) -> Option<Flow> {
        let shown = self.diff.as_ref()?.files.get(file)?;
        let wrapped = self.wrapped(shown);
        let below = self.comments.below(file);
        Some(Flow::new(&shown.rows, open, below, wrapped.as_ref()))
    }

    pub(super) fn toggle_fold(&mut self) -> Result<(), String> {
        if self.is_closed() {
            self.close(false);
            return Ok(());
        }
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
            open.closed &= !open_all;
            open.all = open_all;
            open.folds.clear();
        });
    }

    fn refold(&mut self, file: usize, change: impl FnOnce(&mut Open, &[Range<u32>])) {
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
        }
        self.lay_out(file);
    }
}
