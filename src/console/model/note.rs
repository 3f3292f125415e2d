//! Text of several lines, as it is written.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::console::text::{safe, width};

/// The longest note, in bytes: it is signed, and somebody has to read it.
pub const MOST: usize = 16_384;

/// Text of several lines with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    text: String,
    /// In bytes, on a boundary of graphemes.
    cursor: usize,
}

/// One row as it is shown: a part of the text, without the end of its line.
pub type Row = Range<usize>;

impl Note {
    /// This text, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut note = Self::default();
        note.insert(text);
        note
    }

    /// What was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    pub fn at(&self) -> usize {
        self.cursor
    }

    /// Writes text. Controls are no text, but for the end of a line; what is longer
    /// than [`MOST`] is left out. False where something of it was.
    pub fn insert(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace(['\r', '\t'], " ");
        let mut kept: String = text
            .chars()
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        let room = MOST.saturating_sub(self.text.len());
        let fits = kept.len() <= room;
        while kept.len() > room {
            kept.pop();
        }
        self.text.insert_str(self.cursor, &kept);
        self.cursor += kept.len();
        self.settle();
        fits
    }

    /// Deletes the character before the cursor.
    pub fn delete_back(&mut self) {
        let from = self.previous();
        self.delete(from);
    }

    /// Deletes the character under the cursor.
    pub fn delete_forward(&mut self) {
        let to = self.next();
        self.text.replace_range(self.cursor..to, "");
        self.settle();
    }

    /// Deletes the word before the cursor.
    pub fn delete_word(&mut self) {
        let before = &self.text[..self.cursor];
        let trimmed = before.trim_end_matches(|c: char| !c.is_alphanumeric());
        let word = trimmed.rfind(|c: char| !c.is_alphanumeric());
        let from = word.map_or(0, |at| {
            at + trimmed[at..].chars().next().map_or(0, char::len_utf8)
        });
        self.delete(from);
    }

    /// Moves the cursor left, also to the line above.
    pub fn left(&mut self) {
        self.cursor = self.previous();
    }

    /// Moves the cursor right, also to the line below.
    pub fn right(&mut self) {
        self.cursor = self.next();
    }

    /// Moves the cursor to the start of its line.
    pub fn start(&mut self) {
        self.cursor = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
    }

    /// Moves the cursor to the end of its line.
    pub fn end(&mut self) {
        let after = self.text[self.cursor..].find('\n');
        self.cursor = after.map_or(self.text.len(), |at| self.cursor + at);
    }

    /// Moves the cursor by rows, where rows have so many cells. False where there
    /// is no such row.
    pub fn step(&mut self, rows: isize, cells: usize) -> bool {
        let shown = self.rows(cells);
        let (at, column) = self.place(cells);
        let Some(to) = at.checked_add_signed(rows).filter(|to| *to < shown.len()) else {
            return false;
        };
        let row = shown[to].clone();
        let last_of_line =
            self.text[row.end..].is_empty() || self.text[row.end..].starts_with('\n');
        let mut used = 0;
        let mut cursor = row.start;
        for grapheme in self.text[row.clone()].graphemes(true) {
            let wide = width(&safe(grapheme));
            // What follows the last character of a row is the row below it.
            let past = !last_of_line && cursor + grapheme.len() == row.end;
            if used + wide > column || past {
                break;
            }
            used += wide;
            cursor += grapheme.len();
        }
        self.cursor = cursor;
        true
    }

    /// The rows where rows have so many cells: lines are broken at blanks where
    /// there are any, and nothing of them is left out.
    pub fn rows(&self, cells: usize) -> Vec<Row> {
        let cells = cells.max(1);
        let mut rows = Vec::new();
        let mut from = 0;
        for line in self.text.split('\n') {
            let mut start = from;
            let mut blank = from;
            let mut used = 0;
            for (at, grapheme) in line.grapheme_indices(true) {
                let at = from + at;
                let wide = width(&safe(grapheme));
                if used + wide > cells && at > start {
                    let cut = if blank > start { blank } else { at };
                    rows.push(start..cut);
                    start = cut;
                    used = width(&safe(&self.text[cut..at]));
                }
                used += wide;
                if grapheme.trim().is_empty() {
                    blank = at + grapheme.len();
                }
            }
            rows.push(start..from + line.len());
            from += line.len() + 1;
        }
        rows
    }

    /// The row and the column of the cursor, where rows have so many cells.
    pub fn place(&self, cells: usize) -> (usize, usize) {
        let rows = self.rows(cells);
        let at = rows.iter().rposition(|row| row.start <= self.cursor);
        let at = at.unwrap_or(0);
        let start = rows.get(at).map_or(0, |row| row.start);
        (at, width(&safe(&self.text[start..self.cursor])))
    }

    fn delete(&mut self, from: usize) {
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
        self.settle();
    }

    /// What was put together or taken apart may have made other graphemes.
    fn settle(&mut self) {
        let mut ends = self.text.grapheme_indices(true).map(|(at, _)| at);
        if self.cursor < self.text.len() && !ends.any(|at| at == self.cursor) {
            self.cursor = self.next();
        }
    }

    fn previous(&self) -> usize {
        let before = self.text[..self.cursor].grapheme_indices(true).next_back();
        before.map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        let mut starts = self.text.grapheme_indices(true).map(|(at, _)| at);
        starts
            .find(|at| *at > self.cursor)
            .unwrap_or(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(note: &Note, cells: usize) -> Vec<&str> {
        let rows = note.rows(cells).into_iter();
        rows.map(|row| &note.text()[row]).collect()
    }

    #[test]
    fn lines_are_broken_at_blanks_and_nothing_is_lost() {
        let note = Note::new("one two three\n\nfour");
        assert_eq!(shown(&note, 8), ["one two ", "three", "", "four"]);
        assert_eq!(shown(&Note::new("abcdef"), 4), ["abcd", "ef"]);
        assert_eq!(shown(&Note::default(), 4), [""]);
    }

    #[test]
    fn up_and_down_keep_the_column_where_they_can() {
        let mut note = Note::new("first line\nab\nthird line");
        assert_eq!(note.place(80), (2, 10));
        assert!(note.step(-1, 80));
        assert_eq!(note.place(80), (1, 2));
        assert!(note.step(-1, 80) && !note.step(-1, 80));
        assert_eq!(note.place(80), (0, 2));
    }

    #[test]
    fn what_is_no_text_is_left_out_and_so_is_what_is_too_long() {
        let mut note = Note::default();
        assert!(note.insert("a\u{1b}[2J\tb\r\nc"));
        assert_eq!(note.text(), "a[2J b\nc");
        assert!(!note.insert(&"x".repeat(MOST)));
        assert_eq!(note.text().len(), MOST);
    }

    proptest! {
        #[test]
        fn the_cursor_stays_on_a_boundary_and_on_a_row(
            text in "[a-z \\n漢e\u{301}\u{202e}]{0,40}",
            steps in proptest::collection::vec(0..11u8, 0..40),
            cells in 1..20usize,
        ) {
            let mut note = Note::new(&text);
            for step in steps {
                match step {
                    0 => note.left(),
                    1 => note.right(),
                    2 => note.delete_back(),
                    3 => note.delete_forward(),
                    4 => note.delete_word(),
                    5 => note.start(),
                    6 => note.end(),
                    7 => drop(note.step(-1, cells)),
                    8 => drop(note.step(1, cells)),
                    9 => drop(note.insert("\n")),
                    _ => drop(note.insert("e\u{301}漢\u{1b} x")),
                }
                prop_assert!(note.text().is_char_boundary(note.cursor));
                let rows = note.rows(cells);
                let all: String = rows.iter().map(|row| &note.text()[row.clone()]).collect();
                prop_assert_eq!(all, note.text().replace('\n', ""));
                let (row, _) = note.place(cells);
                prop_assert!(rows[row].start <= note.cursor && note.cursor <= rows[row].end);
            }
        }
    }
}
