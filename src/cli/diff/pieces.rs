//! A line of source as styled pieces of known width.

use std::ops::Range;

use crate::cli::output::Style;
use crate::promotion::columns::Cells;
use crate::workflow::compare::Ending;

/// A line is cut after so many rows of its own.
const MOST_ROWS: usize = 12;

/// Pieces that stand beside each other on one row, and the columns they take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RowOf {
    pub(super) pieces: Vec<(Style, String)>,
    pub(super) width: usize,
}

impl RowOf {
    fn push(&mut self, style: Style, text: &str, width: usize) {
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == style => piece.push_str(text),
            _ => self.pieces.push((style, text.to_owned())),
        }
        self.width += width;
    }
}

/// A line broken into rows of at most `width` columns. The bytes in `parts`
/// have another style than the rest.
pub(super) fn rows(
    line: &[u8],
    ending: Option<Ending>,
    parts: &[Range<usize>],
    (plain, part): (Style, Style),
    width: usize,
) -> Vec<RowOf> {
    let width = width.max(8);
    let mut rows = vec![RowOf::default()];
    let mut next = 0;
    let put = |text: &str, cells: usize, style: Style, rows: &mut Vec<RowOf>| {
        if rows.last().is_none_or(|row| row.width + cells > width) {
            rows.push(RowOf::default());
        }
        if let Some(row) = rows.last_mut() {
            row.push(style, text, cells);
        }
    };
    for cell in Cells::new(line) {
        while parts.get(next).is_some_and(|p| p.end <= cell.bytes.start) {
            next += 1;
        }
        let inside = parts.get(next).is_some_and(|p| p.start < cell.bytes.end);
        let style = if cell.substitute {
            Style::Warning
        } else if inside {
            part
        } else {
            plain
        };
        let full = rows
            .last()
            .is_some_and(|row| row.width + cell.width > width);
        if full && rows.len() == MOST_ROWS {
            let rest = line.len() - cell.bytes.start;
            let words = format!("… {rest} more bytes");
            rows.push(RowOf {
                width: words.chars().count(),
                pieces: vec![(Style::Warning, words)],
            });
            return rows;
        }
        put(&cell.text, cell.width, style, &mut rows);
    }
    let mark = match ending {
        Some(Ending::None) => "<no newline>",
        Some(Ending::CrLf) => "<CR>",
        _ => "",
    };
    if !mark.is_empty() {
        put(mark, mark.len(), Style::Warning, &mut rows);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::text;
    use proptest::prelude::*;

    #[test]
    fn changed_parts_stand_out() {
        let changed = std::slice::from_ref(&(4..6));
        let rows = rows(b"a = 12", None, changed, (Style::Good, Style::GoodPart), 40);
        assert_eq!(
            rows[0].pieces,
            [
                (Style::Good, "a = ".to_owned()),
                (Style::GoodPart, "12".to_owned())
            ]
        );
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_or_hostile(
            line in proptest::collection::vec(any::<u8>(), 0..200), width in 8usize..40,
        ) {
            for row in rows(&line, None, &[], (Style::Plain, Style::Plain), width).iter().take(MOST_ROWS) {
                prop_assert!(row.width <= width.max(8));
                prop_assert!(row.pieces.iter().all(|(_, p)| !p.chars().any(text::is_hostile)));
            }
        }
    }
}
