//! Drawing one line of a file: cells, colours, words, matches.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::diff::{DiffPane, wrap};
use crate::console::theme::{Role, Theme};
use crate::workflow::compare::{Ending, Endings, FileDiff, Row, Side};

/// One line of one side, ready to be drawn.
pub(super) struct Line<'a> {
    pub(super) file: &'a FileDiff,
    pub(super) side: Side,
    /// The line, counted from 0.
    pub(super) line: usize,
    pub(super) row: Row,
    pub(super) row_index: u32,
    /// The line as a whole: added, removed, moved.
    pub(super) base: Style,
    /// Which part of it, where it is wrapped.
    pub(super) part: u32,
}

impl DiffPane {
    /// Draws the text of a line into one row of the screen.
    pub(super) fn draw_text(&self, buf: &mut Buffer, area: Rect, line: &Line<'_>, theme: &Theme) {
        let Some(lines) = line.file.lines(line.side) else {
            return;
        };
        let width = usize::from(area.width);
        let plain = theme.style(Role::Text).patch(line.base);
        buf.set_style(area, plain);
        let bytes = lines.line(line.line);
        // Where it is wrapped, its other side may take more rows than it does.
        let start = match self.wrap {
            true => wrap::start(bytes, width, line.part),
            false => Some(self.sideways),
        };
        let Some(sideways) = start else { return };
        let words = self.caches.words(self.file, line.file, line.row_index);
        let words: &[Range<usize>] = match (&words, line.side) {
            (Some(words), Side::Left) => &words.left,
            (Some(words), Side::Right) => &words.right,
            (None, _) => &[],
        };
        let emphasis = theme.style(match line.side {
            Side::Left => Role::DiffRemovedWord,
            Side::Right => Role::DiffAddedWord,
        });
        let colours = self
            .colours
            .get(&(
                self.file,
                crate::console::diff::colouring::ColoursFrom::colours_from(line.file, line.side),
            ))
            .map(|known| &known.colours);

        let key = (self.file, line.side, line.line);
        let cells = self.caches.cells(key, bytes, sideways);
        let (start, from) = cells.place();
        let mut matches = self.matches_in(bytes, start);
        let mut hit = matches.next();
        let mut word = 0;
        let mut hint = 0;
        // A wide cell may begin left of the edge: its part on the screen stays blank.
        let mut column = from;
        for cell in cells {
            let end = column + cell.width;
            let at = column;
            column = end;
            if at < sideways {
                continue;
            }
            let x = at - sideways;
            if x + cell.width > width {
                if !self.wrap || line.part + 1 >= self.most_rows() {
                    self.draw_cut(buf, area, plain, theme);
                }
                return;
            }
            let mut style = plain;
            if let Some(colours) = colours {
                let role = colours.role(line.line, cell.bytes.start, &mut hint);
                if role != Role::Text {
                    style = style.patch(theme.style(role));
                }
            }
            while words.get(word).is_some_and(|w| w.end <= cell.bytes.start) {
                word += 1;
            }
            let mut shown = cell.text.as_ref();
            if words.get(word).is_some_and(|w| w.start < cell.bytes.end) {
                style = style.patch(emphasis);
                if cell.tab {
                    shown = ["→   ", "→  ", "→ ", "→"][4 - cell.width.clamp(1, 4)];
                    if theme.glyphs().is_ascii() {
                        shown = [">   ", ">  ", "> ", ">"][4 - cell.width.clamp(1, 4)];
                    }
                }
            }
            while hit.as_ref().is_some_and(|h| h.end <= cell.bytes.start) {
                hit = matches.next();
            }
            if hit.as_ref().is_some_and(|h| h.start < cell.bytes.end) {
                style = style
                    .patch(theme.style(Role::Match))
                    .add_modifier(Modifier::REVERSED);
            }
            if cell.substitute {
                style = style
                    .patch(theme.style(Role::Warning))
                    .add_modifier(Modifier::REVERSED);
            }
            buf.set_stringn(area.x + x as u16, area.y, shown, width - x, style);
        }
        self.draw_ending(buf, area, line, (column, sideways), theme);
    }

    /// Says how a line ends, where that matters.
    fn draw_ending(
        &self,
        buf: &mut Buffer,
        area: Rect,
        line: &Line<'_>,
        (column, sideways): (usize, usize),
        theme: &Theme,
    ) {
        let Some(lines) = line.file.lines(line.side) else {
            return;
        };
        let told = matches!(line.row, Row::Ending { .. }) || lines.endings() == Endings::Mixed;
        let ending = match (lines.ending(line.line), theme.glyphs().is_ascii()) {
            (Ending::None, _) => "<no newline>",
            (Ending::CrLf, false) if told => "␍",
            (Ending::CrLf, true) if told => "<CR>",
            (Ending::Lf, false) if matches!(line.row, Row::Ending { .. }) => "␊",
            (Ending::Lf, true) if matches!(line.row, Row::Ending { .. }) => "<LF>",
            _ => return,
        };
        let Some(x) = column.checked_sub(sideways) else {
            return;
        };
        if x < usize::from(area.width) {
            let style = line.base.patch(theme.style(Role::Warning));
            let room = usize::from(area.width) - x;
            buf.set_stringn(area.x + x as u16, area.y, ending, room, style);
        }
    }

    /// The last column of a line that goes on behind the edge.
    fn draw_cut(&self, buf: &mut Buffer, area: Rect, plain: Style, theme: &Theme) {
        if area.width > 0 {
            let style = plain.patch(theme.style(Role::Muted));
            buf.set_stringn(
                area.right() - 1,
                area.y,
                theme.glyphs().ellipsis(),
                1,
                style,
            );
        }
    }

    /// The places in a line that match the search, from a little before a byte on.
    fn matches_in<'a>(
        &'a self,
        bytes: &'a [u8],
        from: usize,
    ) -> Box<dyn Iterator<Item = Range<usize>> + 'a> {
        match &self.needle {
            Some(needle) => Box::new(needle.all(bytes, from.saturating_sub(needle.len()))),
            None => Box::new(std::iter::empty()),
        }
    }
}
