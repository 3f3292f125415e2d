//! Which files their reader has viewed as they are.

use std::sync::Arc;

use super::comments::Comments;
use super::{DiffPane, Effect};
use crate::promotion::reading::{Jot, Reading, Seen, Viewed};

/// What is known of what was viewed.
#[derive(Clone, Debug, Default)]
pub(super) struct Views {
    reading: Option<Arc<Reading>>,
    /// By file.
    seen: Vec<Seen>,
}

impl DiffPane {
    /// What this person read so far, whenever that changes.
    pub fn read(&mut self, reading: Option<Arc<Reading>>) {
        let same = match (&self.viewed.reading, &reading) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.viewed.reading = reading;
            self.look_up();
        }
    }

    /// Looks up what of this diff was viewed, and what was noted on it.
    pub(super) fn look_up(&mut self) {
        let known = self.viewed.reading.clone().zip(self.diff.clone());
        match known {
            Some((reading, diff)) => {
                let files = diff.files.iter().map(|it| (it.path(), it.shown()));
                self.viewed.seen = reading.seen(&self.against(), files);
                self.comments = Comments::of_diff(&reading, &diff);
            }
            None => {
                self.viewed.seen.clear();
                self.comments = Comments::default();
            }
        }
        self.list();
        self.place_comments();
    }

    /// What it is compared with, in a word.
    fn against(&self) -> String {
        let chosen = self.choices.get(self.chosen);
        chosen.map_or(String::new(), ToString::to_string)
    }

    /// Whether a file was viewed as it is.
    pub(super) fn seen(&self, file: usize) -> Seen {
        self.viewed.seen.get(file).copied().unwrap_or_default()
    }

    /// How many of the listed files were viewed, and how many there are.
    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        self.viewed.reading.as_ref()?;
        let viewed = self.listed.iter().filter(|it| self.seen(**it) == Seen::Yes);
        Some((viewed.count(), self.listed.len()))
    }

    /// What is to be kept where the file that is shown is viewed, or no longer is.
    pub fn viewing(&self) -> Result<Jot, String> {
        if self.viewed.reading.is_none() {
            return Err("what you viewed before is still being read: wait for it".into());
        }
        let Some(file) = self.current().filter(|_| !self.waiting) else {
            return Err("the module is still being compared".into());
        };
        let (against, path) = (self.against(), file.path().clone());
        Ok(match self.seen(self.file) {
            Seen::Yes => Jot::Unviewed { against, path },
            Seen::Not | Seen::Before => Jot::Viewed(Viewed {
                against,
                path,
                shown: file.shown(),
            }),
        })
    }

    /// After that was taken in: folds what is viewed now and goes to the next file that is
    /// not; unfolds what is no longer. `None` where nothing is left to go to.
    pub fn go_on(&mut self) -> Option<Vec<Effect>> {
        let viewed = self.seen(self.file) == Seen::Yes;
        self.close(viewed);
        if viewed {
            let mut order = self.others(false).into_iter().chain(self.listed.clone());
            let next = order.find(|it| self.seen(*it) != Seen::Yes)?;
            self.enter(next);
        }
        Some(self.needs())
    }

    /// Folds the whole file that is shown, or unfolds it.
    pub(super) fn close(&mut self, closed: bool) {
        if let Some(view) = self.views.get_mut(&self.file) {
            view.open.closed = closed;
        }
        self.lay_out(self.file);
    }

    /// True where the whole file is folded.
    pub(super) fn is_closed(&self) -> bool {
        self.view().is_some_and(|view| view.open.closed)
    }
}
