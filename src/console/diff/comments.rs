//! Comments to oneself: where their lines are now, and the way between them.

use std::collections::HashMap;

use super::flow::{Below, Spot};
use super::{DiffPane, Effect};
use crate::console::text::{self, safe};
use crate::promotion::RepoPath;
use crate::promotion::reading::{Anchor, Comment, Reading};
use crate::workflow::compare::{ModuleDiff, Side};

/// Lines of the pane that a comment takes at most.
const MOST: usize = 6;

/// The comments on a diff.
#[derive(Clone, Debug, Default)]
pub(super) struct Comments {
    files: HashMap<usize, Vec<Placed>>,
    below: HashMap<usize, Vec<Below>>,
}

/// A comment on a file that is compared.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) comment: Comment,
    side: Side,
    line: u32,
    row: u32,
    /// Its line is there.
    pub(super) holds: bool,
    /// As it is shown.
    pub(super) rows: Vec<String>,
}

impl Placed {
    /// In one sentence.
    pub(super) fn spoken(&self) -> String {
        let text = safe(&self.comment.text).replace('\n', " ");
        format!("your comment: {}{text}", self.prefix())
    }

    fn prefix(&self) -> &'static str {
        match (self.holds, self.side) {
            (false, _) => "(its line changed) ",
            (true, Side::Left) => "(on what there was) ",
            (true, Side::Right) => "",
        }
    }
}

impl Comments {
    /// Finds the lines of all comments.
    pub(super) fn of_diff(reading: &Reading, diff: &ModuleDiff) -> Self {
        let mut files: HashMap<usize, Vec<Placed>> = HashMap::new();
        let all = reading.comments(&RepoPath::default());
        if all.is_empty() {
            return Self::default();
        }
        let mut places: HashMap<(bool, &RepoPath), usize> = HashMap::new();
        for (n, file) in diff.files.iter().enumerate() {
            for (old, side) in [(true, Side::Left), (false, Side::Right)] {
                places.extend(file.entry(side).map(|it| ((old, &it.path), n)));
            }
        }
        for comment in all {
            let on = &comment.on;
            let Some(n) = places.get(&(on.old, &on.path)) else {
                continue;
            };
            let side = if on.old { Side::Left } else { Side::Right };
            let file = &diff.files[*n];
            let found = file
                .lines(side)
                .map(|lines| on.find(lines.len(), |at| lines.line(at)));
            let (line, holds) = match found {
                Some(Ok(line)) => (line, true),
                Some(Err(line)) => (line, false),
                None => (0, false),
            };
            let row = file.rows.row_of(side, line).unwrap_or(0);
            files.entry(*n).or_default().push(Placed {
                comment: comment.clone(),
                side,
                line: line as u32,
                row: row as u32,
                holds,
                rows: Vec::new(),
            });
        }
        for placed in files.values_mut() {
            placed.sort_by_key(|it| (it.row, it.side));
        }
        Self {
            files,
            below: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Those on a file, from top to bottom.
    pub(super) fn of(&self, file: usize) -> &[Placed] {
        self.files.get(&file).map_or(&[], Vec::as_slice)
    }

    /// What they take below the rows of a file.
    pub(super) fn below(&self, file: usize) -> &[Below] {
        self.below.get(&file).map_or(&[], Vec::as_slice)
    }

    /// True where there is one on that line.
    pub(super) fn is_on(&self, file: usize, side: Side, line: usize) -> bool {
        let mut all = self.of(file).iter();
        all.any(|it| it.side == side && it.line as usize == line)
    }

    /// How many are on these rows.
    pub(super) fn among(&self, file: usize, rows: std::ops::Range<u32>) -> usize {
        let all = self.of(file).iter();
        all.filter(|it| rows.contains(&it.row)).count()
    }
}

impl DiffPane {
    /// Breaks comments into rows as wide as the pane is, and lays the files out with them.
    pub(super) fn place_comments(&mut self) {
        let cells = usize::from(self.geometry().body.width)
            .saturating_sub(6)
            .max(8);
        let mut below = HashMap::new();
        for (file, placed) in &mut self.comments.files {
            for it in placed.iter_mut() {
                let words = format!("{}{}", it.prefix(), it.comment.text);
                let lines = words
                    .lines()
                    .flat_map(|line| text::wrap(&safe(line), cells));
                it.rows = lines.take(MOST).collect();
            }
            let lines = placed.iter().map(|it| Below {
                row: it.row,
                lines: it.rows.len() as u32,
            });
            below.insert(*file, lines.collect());
        }
        self.comments.below = below;
        let shown: Vec<usize> = self.views.keys().copied().collect();
        for file in shown {
            self.lay_out(file);
        }
    }

    /// The comment on the line under the cursor.
    fn commented(&self) -> Option<&Placed> {
        let row = self.row();
        let mut all = self.comments.of(self.file).iter();
        all.find(|it| it.row == row)
    }

    /// The line under the cursor, and what was said of it.
    pub fn commenting(&self) -> Result<(Anchor, String), String> {
        if self.progress().is_none() {
            return Err("your comments are still being read: wait for it".into());
        }
        if let Some(known) = self.commented() {
            return Ok((known.comment.on.clone(), known.comment.text.clone()));
        }
        let (Some(file), Some(view)) = (self.current(), self.view()) else {
            return Err("the module is still being compared".into());
        };
        let spot = view.spot;
        let row = file.rows.rows().get(spot.row as usize);
        let row = row.ok_or("this file has no line to write a comment on")?;
        if view.flow.hides(spot.row) {
            return Err("these lines are folded: unfold them, and go to one".into());
        }
        let sides = [spot.side, spot.side.other()];
        let found = sides.into_iter().find_map(|side| {
            let (line, entry) = (row.line(side)?, file.entry(side)?);
            let content = file.lines(side)?.line(line);
            let old = side == Side::Left;
            Some(Anchor::new(entry.path.clone(), old, line, content))
        });
        let on = found.ok_or("there is no line here")?;
        Ok((on, String::new()))
    }

    /// The comment under the cursor, for who wants to delete it.
    pub fn comment(&self) -> Result<Comment, String> {
        let known = self.commented().map(|it| it.comment.clone());
        known.ok_or_else(|| "there is no comment of yours on this line".into())
    }

    /// All comments on what is compared: the file, the line from 1, and whether that is it.
    pub fn comments(&self) -> Vec<(&Comment, u32, bool)> {
        let files = self.diff.iter().flat_map(|diff| 0..diff.files.len());
        let all = files.flat_map(|file| self.comments.of(file));
        all.map(|it| (&it.comment, it.line + 1, it.holds)).collect()
    }

    /// Goes to one of them, by its number among all.
    pub fn go_to_comment(&mut self, number: usize) -> Vec<Effect> {
        let Some(diff) = self.diff.clone() else {
            return Vec::new();
        };
        let all = (0..diff.files.len())
            .flat_map(|file| self.comments.of(file).iter().map(move |it| (file, it)));
        let place = all.map(|(file, it)| (file, it.row, it.side)).nth(number);
        if let Some((file, row, side)) = place {
            self.go(file, Spot { row, side });
        }
        self.needs()
    }

    pub(super) fn next_comment(&mut self) -> Result<(), String> {
        let here = self.row();
        let below = |it: &&Placed| it.row > here;
        let next = self.comments.of(self.file).iter().find(below);
        let next = next.map(|it| (self.file, it)).or_else(|| {
            let others = self.others(false).into_iter();
            others
                .filter_map(|file| Some((file, self.comments.of(file).first()?)))
                .next()
        });
        self.go_comment(next.map(|(file, it)| (file, it.row, it.side)), "after")
    }

    pub(super) fn previous_comment(&mut self) -> Result<(), String> {
        let here = self.row();
        let above = |it: &&Placed| it.row < here;
        let before = self.comments.of(self.file).iter().rev().find(above);
        let before = before.map(|it| (self.file, it)).or_else(|| {
            let others = self.others(true).into_iter();
            others
                .filter_map(|file| Some((file, self.comments.of(file).last()?)))
                .next()
        });
        self.go_comment(before.map(|(file, it)| (file, it.row, it.side)), "before")
    }

    fn go_comment(&mut self, place: Option<(usize, u32, Side)>, way: &str) -> Result<(), String> {
        let (file, row, side) =
            place.ok_or_else(|| format!("there is no comment of yours {way} this line"))?;
        self.go(file, Spot { row, side });
        Ok(())
    }
}
