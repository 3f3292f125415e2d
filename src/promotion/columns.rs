//! A line of source as cells of a terminal: what each character looks like,
//! how many columns it takes, and which bytes it stands for.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::text;

/// Spaces to a tab stop.
pub const TAB: usize = 4;
/// How many characters may share a cell: a letter and its accents. Those
/// beyond get cells of their own, so that nobody hides text under text.
const SHARED: usize = 8;

/// Something to draw: a character with its accents, or the visible form of one
/// that must not reach a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// What to draw. Safe.
    pub text: Cow<'a, str>,
    /// How many columns it takes, at least one.
    pub width: usize,
    /// The bytes of the line it stands for.
    pub bytes: Range<usize>,
    /// True where the text stands for a character that would act or hide.
    pub substitute: bool,
    /// True for a tab.
    pub tab: bool,
}

/// The cells of a line, from left to right.
#[derive(Clone, Debug)]
pub struct Cells<'a> {
    line: &'a [u8],
    at: usize,
    column: usize,
}

impl<'a> Cells<'a> {
    /// All cells of a line without its ending.
    pub fn new(line: &'a [u8]) -> Self {
        Self::resume(line, 0, 0)
    }

    /// From that byte on, which stands at that column: a place where an
    /// earlier iteration stopped.
    pub fn resume(line: &'a [u8], at: usize, column: usize) -> Self {
        Self { line, at, column }
    }

    /// The byte and the column that the next cell begins at.
    pub fn place(&self) -> (usize, usize) {
        (self.at, self.column)
    }

    /// Leaves out cells as long as they end at or before `column`.
    pub fn skip_to(&mut self, column: usize) {
        // Plain ASCII, the usual case: columns are bytes.
        let ahead = column.saturating_sub(self.column);
        let rest = &self.line[self.at..];
        if let Some(head) = rest.get(..ahead)
            && head.iter().all(|b| (0x20..0x7f).contains(b))
            && rest.get(ahead).is_none_or(u8::is_ascii)
        {
            self.at += ahead;
            self.column += ahead;
            return;
        }
        loop {
            let before = (self.at, self.column);
            match self.next() {
                Some(_) if self.column <= column => {}
                Some(_) => {
                    (self.at, self.column) = before;
                    return;
                }
                None => return,
            }
        }
    }

    fn substitute(&mut self, shown: String, length: usize) -> Cell<'a> {
        let width = shown.width().max(1);
        self.cell(Cow::Owned(shown), width, length, true)
    }

    fn cell(
        &mut self,
        text: Cow<'a, str>,
        width: usize,
        length: usize,
        substitute: bool,
    ) -> Cell<'a> {
        let bytes = self.at..self.at + length;
        self.at += length;
        self.column += width;
        Cell {
            text,
            width,
            bytes,
            substitute,
            tab: false,
        }
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let rest = &self.line[self.at..];
        let byte = *rest.first()?;
        if byte == b'\t' {
            let width = TAB - self.column % TAB;
            let blank = &"        "[..width.min(8)];
            let mut cell = self.cell(Cow::Borrowed(blank), width, 1, false);
            cell.tab = true;
            return Some(cell);
        }
        // Only what is not ASCII can join the character before it.
        if (0x20..0x7f).contains(&byte) && rest.get(1).is_none_or(u8::is_ascii) {
            let text = std::str::from_utf8(&rest[..1]).unwrap_or(" ");
            return Some(self.cell(Cow::Borrowed(text), 1, 1, false));
        }
        let window = &rest[..rest.len().min(128)];
        let valid = window
            .utf8_chunks()
            .next()
            .map_or("", |chunk| chunk.valid());
        let Some(first) = valid.chars().next() else {
            return Some(self.substitute(format!("<{byte:02X}>"), 1));
        };
        if text::is_hostile(first) {
            return Some(self.substitute(
                text::visible(first.encode_utf8(&mut [0; 4])).into_owned(),
                first.len_utf8(),
            ));
        }
        let cluster = valid.graphemes(true).next().unwrap_or_default();
        let end = cluster
            .char_indices()
            .enumerate()
            .find(|(n, (_, c))| *n == SHARED || text::is_hostile(*c))
            .map_or(cluster.len(), |(_, (at, _))| at);
        let cluster = &cluster[..end];
        let width = cluster.width();
        if width == 0 {
            return Some(self.substitute(format!("<U+{:04X}>", first as u32), first.len_utf8()));
        }
        Some(self.cell(Cow::Borrowed(cluster), width, cluster.len(), false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(line: &[u8]) -> String {
        Cells::new(line)
            .map(|cell| cell.text.into_owned())
            .collect()
    }

    #[test]
    fn each_kind_of_character_is_seen() {
        assert_eq!(shown(b"\ta\tb"), "    a   b");
        assert_eq!(shown(b"caf\xe9\x1b[2J"), "caf<E9>␛[2J");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "a<U+202E>b");
        assert_eq!(shown("e\u{301}".as_bytes()), "e\u{301}");
        assert_eq!(shown("\u{301}x".as_bytes()), "<U+0301>x");
    }

    #[test]
    fn columns_are_those_of_a_terminal() {
        let columns = |text: &str| Cells::new(text.as_bytes()).map(|c| c.width).sum::<usize>();
        assert_eq!(columns("漢字"), 4);
        assert_eq!(columns("e\u{301}e"), 2);
        assert_eq!(columns("\u{1f600}"), 2);
    }

    #[test]
    fn a_heap_of_accents_takes_room() {
        let heap = format!("e{}", "\u{301}".repeat(40));
        let cells: Vec<_> = Cells::new(heap.as_bytes()).collect();
        assert!(cells.len() > 30);
        assert!(cells.iter().all(|cell| cell.text.chars().count() <= SHARED));
    }

    proptest! {
        #[test]
        fn the_cells_are_the_line(line in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0xcc), Just(0x81), Just(b'e')], 0..120)) {
            let mut at = 0;
            for cell in Cells::new(&line) {
                prop_assert_eq!(cell.bytes.start, at);
                prop_assert!(cell.bytes.end > at);
                at = cell.bytes.end;
                prop_assert!(cell.width > 0);
                prop_assert_eq!(cell.text.width(), cell.width);
                prop_assert!(!cell.text.chars().any(text::is_hostile));
            }
            prop_assert_eq!(at, line.len());
        }

        #[test]
        fn skipping_is_stepping(line in "[a\té漢\u{301}\u{202e}]{0,20}", column in 0usize..30) {
            let mut skipped = Cells::new(line.as_bytes());
            skipped.skip_to(column);
            let mut stepped = Cells::new(line.as_bytes());
            let mut place = stepped.place();
            while stepped.next().is_some() && stepped.place().1 <= column {
                place = stepped.place();
            }
            prop_assert_eq!(skipped.place(), place);
        }
    }
}
