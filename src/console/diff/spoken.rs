//! The diff in words, for who hears it: one line for each line of the pane.

use super::DiffPane;
use super::flow::{Item, Layout};
use crate::console::text::{self, safe};
use crate::promotion::reading::Seen;
use crate::promotion::text::decode;
use crate::workflow::compare::{FileDiff, Row, Side, indentation};

/// The file that is shown, in words.
pub struct Spoken {
    /// Which file, of how many.
    pub title: String,
    /// What is to be said before its lines.
    pub notes: Vec<String>,
    /// Its lines; what is folded takes one.
    pub lines: Vec<String>,
    /// The line that the cursor is on.
    pub at: usize,
}

impl DiffPane {
    /// The file that is shown.
    pub fn spoken(&self) -> Spoken {
        let mut spoken = Spoken {
            title: String::new(),
            notes: Vec::new(),
            lines: Vec::new(),
            at: self.index(),
        };
        let Some(diff) = &self.diff else {
            let said = self.failure.as_deref();
            let said = said.unwrap_or("the module is still being compared");
            spoken.notes.push(said.to_owned());
            return spoken;
        };
        spoken
            .notes
            .push(format!("{} against {}", diff.right, diff.left));
        let Some(file) = self.current() else {
            spoken.notes.push("nothing differs".into());
            return spoken;
        };
        let at = self.listed.iter().position(|it| *it == self.file);
        let of = at.map_or(String::new(), |at| {
            format!(", file {} of {}", at + 1, self.listed.len())
        });
        spoken.title = format!(": {}{of}", text::path(file.path()));
        let stats = file.rows.stats();
        spoken.notes.push(format!(
            "{}: {} lines added, {} removed",
            file.change.word(),
            stats.added,
            stats.removed
        ));
        match self.seen(self.file) {
            Seen::Not => {}
            Seen::Yes => spoken.notes.push("you viewed it".into()),
            Seen::Before => spoken.notes.push("it changed since you viewed it".into()),
        }
        if let Some((viewed, all)) = self.progress() {
            spoken
                .notes
                .push(format!("{viewed} of {all} files are viewed"));
        }
        let layout = self.geometry().layout;
        let items = (0..self.total()).filter_map(|at| self.item(at));
        // A comment is said once, however many lines it takes.
        let items = items.enumerate();
        let again = |it: &Item| matches!(it, Item::Below { line: 1.., .. } | Item::Rest { .. });
        let items = items.filter(|(_, it)| !again(it));
        let items: Vec<_> = items.collect();
        let at = items.iter().position(|(at, _)| *at == spoken.at);
        spoken.at = at.unwrap_or(0);
        let lines = items.iter().map(|(_, item)| self.say(file, item, layout));
        spoken.lines = lines.collect();
        spoken
    }

    fn say(&self, file: &FileDiff, item: &Item, layout: Layout) -> String {
        let (spot, row) = match item {
            Item::Fold(rows) => {
                let what = if self.is_closed() { "" } else { "unchanged " };
                return format!("{} {what}lines, folded", rows.len());
            }
            Item::Below { note, line } => {
                return match self.comments.of(self.file).get(*note as usize) {
                    Some(it) if *line == 0 => it.spoken(),
                    _ => String::new(),
                };
            }
            Item::Row(spot) | Item::Rest { spot, .. } => {
                match file.rows.rows().get(spot.row as usize) {
                    Some(row) => (spot, *row),
                    None => return String::new(),
                }
            }
        };
        let line = |side: Side| {
            let number = row.line(side)?;
            let text = file.lines(side)?.line(number);
            let text = safe(decode(text).trim_end_matches(['\r', '\n'])).into_owned();
            Some(match text.trim().is_empty() {
                true => format!("{}, empty", number + 1),
                false => format!("{}: {text}", number + 1),
            })
        };
        let (left, right) = (line(Side::Left), line(Side::Right));
        let marks = row
            .line(Side::Right)
            .map_or(String::new(), |it| self.marks_of(it));
        let text = match (row, left, right) {
            (Row::Equal { .. } | Row::Space { .. }, _, Some(right)) => format!("line {right}"),
            // In one column what goes and what comes are rows of their own.
            (Row::Replace { .. } | Row::Ending { .. }, Some(left), Some(right)) => {
                match (layout, spot.side) {
                    (Layout::Unified, Side::Left) => return format!("removed line {left}"),
                    (Layout::Unified, Side::Right) => format!("added line {right}"),
                    (Layout::Split, _) => format!("changed line {right}; it was line {left}"),
                }
            }
            (_, Some(left), None) => format!("removed line {left}"),
            (_, _, Some(right)) => format!("added line {right}"),
            (_, None, None) => String::new(),
        };
        let spacing = self
            .spacing(file, row)
            .map_or(String::new(), |it| format!("; {it}"));
        let moved = self.moving(file, row).into_iter();
        let moved: String = moved.map(|it| format!("; {it}")).collect();
        format!("{text}{spacing}{moved}{marks}")
    }

    /// Where the lines of a row came from, or went to. Safe to show.
    pub(super) fn moving(&self, file: &FileDiff, row: Row) -> Vec<String> {
        let ends = [(Side::Left, "moved to"), (Side::Right, "moved from")];
        let said = ends.into_iter().filter_map(|(side, way)| {
            let line = row.line(side)?;
            let moved = file.moved(side, line)?;
            let other = self.diff.as_ref()?.files.get(moved.file)?;
            let there = text::path(&other.entry(side.other())?.path);
            let line = line as u32 - moved.lines.start + moved.line + 1;
            Some(format!("{way} {there}:{line}"))
        });
        said.collect()
    }

    /// How a row differs whose white space is ignored.
    pub(super) fn spacing(&self, file: &FileDiff, row: Row) -> Option<String> {
        let Row::Space {
            left,
            right,
            indent,
        } = row
        else {
            return None;
        };
        if !indent {
            return Some("differs in white space only".into());
        }
        let by = |side: Side, line: u32| {
            let line = file
                .lines(side)
                .map_or(&[][..], |it| it.line(line as usize));
            let line = indentation(line);
            let tabs = line.iter().filter(|b| **b == b'\t').count();
            match (line.len() - tabs, tabs) {
                (0, 0) => "nothing".to_owned(),
                (n, 0) => text::plural(n, "space"),
                (0, n) => text::plural(n, "tab"),
                (n, tabs) => format!("{n} + {}", text::plural(tabs, "tab")),
            }
        };
        Some(format!(
            "differs in indentation only: by {}, it was {}",
            by(Side::Right, right),
            by(Side::Left, left)
        ))
    }

    /// What the gates say of a line.
    fn marks_of(&self, line: usize) -> String {
        let Some(mark) = self.file_marks(self.file).and_then(|it| it.line(line)) else {
            return String::new();
        };
        let mut words = String::new();
        for note in &mark.notes {
            let (rule, message) = (safe(&note.rule), safe(&note.message));
            words.push_str(&format!("; finding {rule}: {message}"));
        }
        match (mark.uncovered, mark.partial) {
            (true, _) => words.push_str("; it never ran"),
            (false, true) => words.push_str("; a branch of it was never taken"),
            (false, false) => {}
        }
        words
    }
}
