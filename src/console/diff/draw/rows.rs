//! The rows: lines with their numbers, side by side or in one column, and folds.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Placed;
use super::line::Line;
use super::margin::MARKS;
use crate::console::diff::geometry::{Geometry, cut, halves};
use crate::console::diff::wrap::Room;
use crate::console::diff::{DiffPane, has_both_sides};
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::workflow::compare::{FileDiff, Row, Side};

impl DiffPane {
    pub(super) fn draw_fold(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        rows: std::ops::Range<u32>,
        cursor: bool,
        theme: &Theme,
    ) {
        let closed = self.is_closed();
        let what = if closed {
            "lines, viewed"
        } else {
            "unchanged lines"
        };
        let mut words = format!(
            " {} {} {what}",
            theme.glyphs().folded(),
            text::count(rows.len())
        );
        let line = |row: u32| {
            let row = file.rows.rows().get(row as usize)?;
            row.line(Side::Right).map(|l| l as u32)
        };
        if let (Some(marks), Some(from), Some(to)) = (
            self.file_marks(self.file),
            line(rows.start),
            line(rows.end - 1),
        ) {
            let (mut findings, mut uncovered) = (0usize, 0usize);
            for (_, mark) in marks.range(from..=to) {
                findings += mark.notes.len();
                uncovered += usize::from(mark.uncovered);
            }
            let finding = if findings == 1 { "finding" } else { "findings" };
            for (count, what) in [(findings, finding), (uncovered, "uncovered")] {
                if count > 0 {
                    words.push_str(&format!(
                        " {} {} {what}",
                        theme.glyphs().separator(),
                        text::count(count)
                    ));
                }
            }
        }
        let comments = self.comments.among(self.file, rows.clone());
        if comments > 0 {
            words.push_str(&format!(
                " {} {} {}",
                theme.glyphs().separator(),
                theme.glyphs().comment(),
                text::count(comments)
            ));
        }
        let (indented, _) = file.rows.spaced(rows.clone());
        if indented > 0 {
            words.push_str(&format!(
                " {} {} {} in indentation",
                theme.glyphs().separator(),
                theme.glyphs().indented(),
                text::count(indented)
            ));
        }
        let mut style = theme.style(Role::DiffFold);
        if cursor {
            style = style.patch(theme.style(Role::Selected));
        }
        let width = usize::from(area.width);
        buf.set_stringn(
            area.x,
            area.y,
            text::pad(&words, width, theme.glyphs()),
            width,
            style,
        );
    }

    pub(super) fn draw_split(
        &self,
        buf: &mut Buffer,
        (left, right): (Rect, Rect),
        file: &FileDiff,
        at: Placed,
        theme: &Theme,
    ) {
        let Some(row) = file.rows.rows().get(at.spot.row as usize).copied() else {
            return;
        };
        self.draw_half(buf, left, file, Side::Left, row, at, theme);
        buf.set_stringn(
            left.right(),
            left.y,
            theme.glyphs().vertical(),
            1,
            theme.style(Role::Border),
        );
        self.draw_half(buf, right, file, Side::Right, row, at, theme);
    }

    #[allow(clippy::too_many_arguments, reason = "one call for each half of a row")]
    fn draw_half(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        side: Side,
        row: Row,
        at: Placed,
        theme: &Theme,
    ) {
        let (marks, digits) = (marks(side), digits(file, side));
        let (gutter, text_area) = cut(area, marks + digits + 3);
        let cursor = at.cursor;
        let Some(line) = row.line(side) else {
            let filler = if theme.glyphs().is_ascii() {
                " "
            } else {
                "╱"
            };
            let style = theme.style(Role::DiffEmpty);
            for x in area.x..area.right() {
                buf.set_stringn(x, area.y, filler, 1, style);
            }
            if cursor {
                buf.set_style(gutter, theme.style(Role::Selected));
            }
            return;
        };
        let (sign, base) = self.look(file, side, row, line, theme);
        if side == Side::Right && at.part == 0 {
            self.draw_marks(buf, gutter, line, theme);
        }
        let width = usize::from(digits);
        let number = match at.part {
            0 => format!("{:>width$} {sign} ", line + 1),
            _ => " ".repeat(width + 3),
        };
        let number_area = Rect {
            x: gutter.x + marks.min(gutter.width),
            width: gutter.width.saturating_sub(marks),
            ..gutter
        };
        let style = theme.style(Role::LineNumber).patch(base);
        buf.set_stringn(
            number_area.x,
            area.y,
            &number,
            usize::from(number_area.width),
            style,
        );
        self.draw_text(
            buf,
            text_area,
            &Line {
                file,
                side,
                line,
                row,
                row_index: at.spot.row,
                base,
                part: at.part,
            },
            theme,
        );
        if cursor {
            buf.set_style(number_area, theme.style(Role::Selected));
        }
    }

    pub(super) fn draw_unified(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        at: Placed,
        theme: &Theme,
    ) {
        let (spot, cursor) = (at.spot, at.cursor);
        let Some(row) = file.rows.rows().get(spot.row as usize).copied() else {
            return;
        };
        let side = if row.line(spot.side).is_some() {
            spot.side
        } else {
            spot.side.other()
        };
        let Some(line) = row.line(side) else {
            return;
        };
        let digits = digits(file, Side::Left).max(digits(file, Side::Right));
        let both = shows_both(area, file);
        let (gutter, text_area) = cut(area, one_gutter(area, file));
        let (sign, base) = self.look(file, side, row, line, theme);
        if side == Side::Right && at.part == 0 {
            self.draw_marks(buf, gutter, line, theme);
        }
        let number = |of: Side| {
            let shown = (of == side || !row.differs())
                .then(|| row.line(of))
                .flatten();
            shown.map_or(String::new(), |line| (line + 1).to_string())
        };
        let width = usize::from(digits);
        let words = match both {
            _ if at.part > 0 => " ".repeat(usize::from(gutter.width)),
            true => format!(
                "{:>width$} {:>width$} {sign} ",
                number(Side::Left),
                number(Side::Right)
            ),
            false => format!("{:>width$} {sign} ", number(side)),
        };
        let number_area = Rect {
            x: gutter.x + MARKS.min(gutter.width),
            width: gutter.width.saturating_sub(MARKS),
            ..gutter
        };
        let style = theme.style(Role::LineNumber).patch(base);
        buf.set_stringn(
            number_area.x,
            area.y,
            &words,
            usize::from(number_area.width),
            style,
        );
        let line = Line {
            file,
            side,
            line,
            row,
            row_index: spot.row,
            base,
            part: at.part,
        };
        self.draw_text(buf, text_area, &line, theme);
        if cursor {
            buf.set_style(number_area, theme.style(Role::Selected));
        }
    }

    /// The columns that text has in the body.
    pub(in crate::console::diff) fn room(parts: &Geometry, file: &FileDiff, most: u32) -> Room {
        let body = parts.body;
        let (left, right) = halves(body, parts.rule);
        let half = |area: Rect, side: Side| {
            let gutter = marks(side) + digits(file, side) + 3;
            usize::from(cut(area, gutter).1.width)
        };
        Room {
            split: [half(left, Side::Left), half(right, Side::Right)],
            unified: usize::from(cut(body, one_gutter(body, file)).1.width),
            most,
        }
    }

    /// The sign and the style of a line as a whole.
    fn look(
        &self,
        file: &FileDiff,
        side: Side,
        row: Row,
        line: usize,
        theme: &Theme,
    ) -> (&'static str, Style) {
        match row {
            Row::Space { indent: true, .. } => {
                return (theme.glyphs().indented(), Style::new());
            }
            Row::Space { indent: false, .. } => return ("~", Style::new()),
            _ if !row.differs() => return (" ", Style::new()),
            _ => {}
        }
        if let Some(moved) = file.moved(side, line) {
            // Blocks that meet look different by turns.
            let sign = theme.glyphs().moved(moved.alternate);
            return (sign, theme.style(Role::DiffMoved));
        }
        match side {
            Side::Left => ("-", theme.style(Role::DiffRemoved)),
            Side::Right => ("+", theme.style(Role::DiffAdded)),
        }
    }
}

/// Columns for marks beside a half.
fn marks(side: Side) -> u16 {
    if side == Side::Right { MARKS } else { 0 }
}

/// In one column, both numbers of a line where there is room.
fn shows_both(area: Rect, file: &FileDiff) -> bool {
    area.width >= 70 && has_both_sides(file)
}

/// Columns beside the text, in one column.
fn one_gutter(area: Rect, file: &FileDiff) -> u16 {
    let digits = digits(file, Side::Left).max(digits(file, Side::Right));
    let numbers = match shows_both(area, file) {
        true => 2 * digits + 1,
        false => digits,
    };
    MARKS + numbers + 3
}

fn digits(file: &FileDiff, side: Side) -> u16 {
    let most = file.lines(side).map_or(0, |lines| lines.len()).max(1);
    (most.ilog10() as u16 + 1).max(3)
}
