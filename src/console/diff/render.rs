//! Drawing the pane: headings, the list of files, the rows on the screen.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::DiffPane;
use super::flow::{Item, Layout, Spot};
use super::geometry::Geometry;
use super::row::Line;
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::promotion::{Severity, marks::Note};
use crate::workflow::compare::{Change, Content, Entry, FileDiff, Mode, Row, Side};

/// Columns for marks: a finding, coverage.
const MARKS: u16 = 2;

impl DiffPane {
    /// Draws it.
    pub fn render(&self, frame: &mut Frame, area: Rect, theme: &Theme) {
        let area = area.intersection(frame.area());
        if area.is_empty() {
            return;
        }
        let buf = frame.buffer_mut();
        let parts = self.parts(area);
        let Some(file) = self.current() else {
            self.draw_instead(buf, area, theme);
            return;
        };
        self.draw_list(buf, parts.list, theme);
        self.draw_title(buf, parts.title, file, theme);
        self.draw_sides(buf, &parts, theme);
        self.draw_strip(buf, parts.strip, file, theme);
        if file.rows.rows().is_empty() {
            self.draw_description(buf, parts.body, file, theme);
            return;
        }
        let top = self.top(usize::from(parts.body.height));
        let cursor = self.index();
        for (n, y) in (parts.body.y..parts.body.bottom()).enumerate() {
            let row = Rect {
                y,
                height: 1,
                ..parts.body
            };
            match self.item(top + n) {
                Some(Item::Fold(rows)) => {
                    self.draw_fold(buf, row, file, rows, top + n == cursor, theme)
                }
                Some(Item::Row(spot)) => match parts.layout {
                    Layout::Split => {
                        self.draw_split(buf, row, file, spot, top + n == cursor, theme)
                    }
                    Layout::Unified => {
                        self.draw_unified(buf, row, file, spot, top + n == cursor, theme)
                    }
                },
                None => break,
            }
        }
    }

    fn draw_instead(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        let (words, role) = match (&self.failure, &self.diff) {
            (Some(failure), _) => (failure.as_str(), Role::Error),
            (None, None) => ("Comparing the module…", Role::Muted),
            (None, Some(_)) => ("The module has no files on either side.", Role::Muted),
        };
        let lines = text::wrap(&text::safe(words), usize::from(area.width));
        for (line, y) in lines.iter().zip(area.y..area.bottom()) {
            buf.set_stringn(area.x, y, line, usize::from(area.width), theme.style(role));
        }
    }

    fn draw_list(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        let Some(diff) = self.diff.as_ref().filter(|_| !area.is_empty()) else {
            return;
        };
        let width = usize::from(area.width);
        let first = self.first_listed(usize::from(area.height));
        for (file, y) in self.listed.iter().skip(first).zip(area.y..area.bottom()) {
            let shown = &diff.files[*file];
            let selected = *file == self.file;
            let base = if selected {
                theme.style(Role::Selected)
            } else {
                Style::new()
            };
            let stats = shown.rows.stats();
            let findings = self.file_marks(*file).map_or(0, |m| m.findings());
            let mut right = match (stats.added, stats.removed) {
                (0, 0) => String::new(),
                (added, removed) => format!("+{added} -{removed}"),
            };
            if findings > 0 {
                right = format!("{findings}{} {right}", cross(theme));
            }
            let relative = shown
                .path()
                .strip(&diff.right_path)
                .filter(|p| !p.is_root());
            let name = text::path(relative.as_ref().unwrap_or(shown.path()));
            let room = width.saturating_sub(right.len() + 4);
            let line = format!(
                "{} {}",
                shown.change.letter(),
                text::fit_end(&name, room, theme.glyphs())
            );
            let line = text::pad(
                &line,
                width.saturating_sub(text::width(&right) + 1),
                theme.glyphs(),
            );
            let style = theme.style(role(shown.change)).patch(base);
            buf.set_style(
                Rect {
                    y,
                    height: 1,
                    ..area
                },
                base,
            );
            buf.set_stringn(area.x, y, &line, width, style);
            let x = area.x + text::width(&line) as u16;
            buf.set_stringn(x, y, &right, width, theme.style(Role::Muted).patch(base));
        }
        for y in area.y..area.bottom() {
            buf.set_stringn(
                area.right(),
                y,
                theme.glyphs().vertical(),
                1,
                theme.style(Role::Border),
            );
        }
    }

    fn draw_title(&self, buf: &mut Buffer, area: Rect, file: &FileDiff, theme: &Theme) {
        let width = usize::from(area.width);
        let style = theme.style(Role::DiffFile);
        buf.set_style(area, style);
        let stats = file.rows.stats();
        let at = self.listed.iter().position(|f| *f == self.file);
        let place = match at {
            Some(at) => format!("{}/{}", at + 1, self.listed.len()),
            None => "unlisted".into(),
        };
        let right = format!("+{} -{}  {place} ", stats.added, stats.removed);
        let notes = self.notes(file, theme);
        let mut left = text::path(file.path());
        for note in notes {
            left.push_str("  ");
            left.push_str(&note);
        }
        let room = width.saturating_sub(text::width(&right) + 3);
        let left = format!(
            " {} {}",
            file.change.letter(),
            text::fit(&left, room, theme.glyphs())
        );
        buf.set_stringn(
            area.x,
            area.y,
            text::pad(&left, width, theme.glyphs()),
            width,
            style,
        );
        let x = area.width.saturating_sub(text::width(&right) as u16);
        buf.set_stringn(area.x + x, area.y, &right, width, style);
    }

    /// What is to be said of a file beside its lines.
    fn notes(&self, file: &FileDiff, theme: &Theme) -> Vec<String> {
        let mut notes = Vec::new();
        let relative = |entry: &Entry, root| entry.path.strip(root);
        if let (Some(left), Some(right), Some(diff)) = (&file.left, &file.right, &self.diff) {
            let moved = relative(left, &diff.left_path) != relative(right, &diff.right_path);
            if file.change == Change::Renamed || moved {
                notes.push(format!("from {}", text::path(&left.path)));
            }
            if left.mode != right.mode {
                notes.push(format!(
                    "{} {} {}",
                    mode(left.mode),
                    theme.glyphs().arrow(),
                    mode(right.mode)
                ));
            }
        } else {
            notes.push(file.change.word().to_owned());
        }
        if file.rows.other_endings() {
            let name = |side| match file.lines(side).map(|l| l.endings()) {
                Some(crate::workflow::compare::Endings::CrLf) => "CRLF",
                _ => "LF",
            };
            notes.push(format!(
                "line endings {} {} {}",
                name(Side::Left),
                theme.glyphs().arrow(),
                name(Side::Right)
            ));
        }
        if let Some((covered, all)) = self.file_marks(self.file).and_then(|m| m.coverage)
            && all > 0
        {
            notes.push(format!(
                "{:.1} % covered",
                100.0 * covered as f64 / all as f64
            ));
        }
        let plain = [Side::Right, Side::Left]
            .into_iter()
            .find_map(|side| self.colours.get(&(self.file, side))?.refusal);
        notes.extend(plain.map(str::to_owned));
        if self.sideways > 0 {
            notes.push(format!("column {}", self.sideways + 1));
        }
        notes
    }

    fn draw_sides(&self, buf: &mut Buffer, parts: &Geometry, theme: &Theme) {
        let (Some(diff), area) = (&self.diff, parts.sides) else {
            return;
        };
        if area.is_empty() {
            return;
        }
        let style = theme.style(Role::Muted);
        let waiting = if self.waiting { " (comparing…)" } else { "" };
        let left = format!(" {}{waiting}", text::safe(&diff.left));
        let right = format!(" {}", text::safe(&diff.right));
        match parts.layout {
            Layout::Split => {
                let (left_area, right_area) = halves(area);
                for (area, words) in [(left_area, left), (right_area, right)] {
                    let width = usize::from(area.width);
                    buf.set_stringn(
                        area.x,
                        area.y,
                        text::fit(&words, width, theme.glyphs()),
                        width,
                        style,
                    );
                }
                buf.set_stringn(
                    left_area.right(),
                    area.y,
                    theme.glyphs().vertical(),
                    1,
                    theme.style(Role::Border),
                );
            }
            Layout::Unified => {
                let words = format!("{left} {}{right}", theme.glyphs().arrow());
                let width = usize::from(area.width);
                buf.set_stringn(
                    area.x,
                    area.y,
                    text::fit(&words, width, theme.glyphs()),
                    width,
                    style,
                );
            }
        }
    }

    /// For a file whose lines cannot be shown: what it is, side by side.
    fn draw_description(&self, buf: &mut Buffer, area: Rect, file: &FileDiff, theme: &Theme) {
        let mut lines = Vec::new();
        for (name, side) in [("was: ", Side::Left), ("is:  ", Side::Right)] {
            lines.push(match file.entry(side) {
                Some(entry) => format!("{name}{}", describe(entry)),
                None => format!("{name}nothing"),
            });
        }
        if file.is_text() {
            lines = vec!["An empty file.".into()];
        }
        let width = usize::from(area.width).saturating_sub(2);
        let wrapped = lines
            .iter()
            .flat_map(|line| text::wrap(&text::safe(line), width));
        for (line, y) in wrapped.zip(area.y..area.bottom()) {
            buf.set_stringn(area.x + 1, y, &line, width, theme.style(Role::Text));
        }
    }

    fn draw_fold(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        rows: std::ops::Range<u32>,
        cursor: bool,
        theme: &Theme,
    ) {
        let mut words = format!(
            " {} {} unchanged lines",
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
            for (count, what) in [(findings, "findings"), (uncovered, "uncovered")] {
                if count > 0 {
                    words.push_str(&format!(
                        " {} {} {what}",
                        theme.glyphs().separator(),
                        text::count(count)
                    ));
                }
            }
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

    fn draw_split(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        spot: Spot,
        cursor: bool,
        theme: &Theme,
    ) {
        let Some(row) = file.rows.rows().get(spot.row as usize).copied() else {
            return;
        };
        let (left, right) = halves(area);
        self.draw_half(buf, left, file, Side::Left, row, spot.row, cursor, theme);
        buf.set_stringn(
            left.right(),
            area.y,
            theme.glyphs().vertical(),
            1,
            theme.style(Role::Border),
        );
        self.draw_half(buf, right, file, Side::Right, row, spot.row, cursor, theme);
    }

    #[allow(clippy::too_many_arguments, reason = "one call for each half of a row")]
    fn draw_half(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        side: Side,
        row: Row,
        row_index: u32,
        cursor: bool,
        theme: &Theme,
    ) {
        let marks = if side == Side::Right { MARKS } else { 0 };
        let digits = digits(file, side);
        let (gutter, text_area) = cut(area, marks + digits + 3);
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
        if side == Side::Right {
            self.draw_marks(buf, gutter, line, theme);
        }
        let number = format!("{:>width$} {sign} ", line + 1, width = usize::from(digits));
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
                row_index,
                base,
            },
            theme,
        );
        if cursor {
            buf.set_style(number_area, theme.style(Role::Selected));
        }
    }

    fn draw_unified(
        &self,
        buf: &mut Buffer,
        area: Rect,
        file: &FileDiff,
        spot: Spot,
        cursor: bool,
        theme: &Theme,
    ) {
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
        let both = area.width >= 70 && super::has_both_sides(file);
        let numbers = if both { 2 * digits + 1 } else { digits };
        let (gutter, text_area) = cut(area, MARKS + numbers + 3);
        let (sign, base) = self.look(file, side, row, line, theme);
        if side == Side::Right {
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
        };
        self.draw_text(buf, text_area, &line, theme);
        if cursor {
            buf.set_style(number_area, theme.style(Role::Selected));
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
        if !row.differs() {
            return (" ", Style::new());
        }
        if super::strip::move_of(file, side, line).is_some() {
            let sign = if theme.glyphs().is_ascii() { "m" } else { "»" };
            return (sign, theme.style(Role::DiffMoved));
        }
        match side {
            Side::Left => ("-", theme.style(Role::DiffRemoved)),
            Side::Right => ("+", theme.style(Role::DiffAdded)),
        }
    }

    fn draw_marks(&self, buf: &mut Buffer, gutter: Rect, line: usize, theme: &Theme) {
        let Some(mark) = self.file_marks(self.file).and_then(|m| m.line(line)) else {
            return;
        };
        if let Some(note) = mark.notes.first().filter(|_| gutter.width > 0) {
            let (glyph, role) = severity(note, theme);
            buf.set_stringn(gutter.x, gutter.y, glyph, 1, theme.style(role));
        }
        let ascii = theme.glyphs().is_ascii();
        let (glyph, role) = match (mark.uncovered, mark.partial) {
            (true, _) => (if ascii { "u" } else { "▌" }, Role::Uncovered),
            (false, true) => (if ascii { "p" } else { "▖" }, Role::Uncovered),
            _ => return,
        };
        if gutter.width > 1 {
            buf.set_stringn(gutter.x + 1, gutter.y, glyph, 1, theme.style(role));
        }
    }
}

/// The mark of a finding.
pub(super) fn severity(note: &Note, theme: &Theme) -> (&'static str, Role) {
    match (note.counts(), note.severity) {
        (true, _) => (cross(theme), Role::Problem),
        (false, Severity::Error) => ("~", Role::Muted),
        (false, Severity::Note) => ("i", Role::Info),
    }
}

fn cross(theme: &Theme) -> &'static str {
    if theme.glyphs().is_ascii() {
        "x"
    } else {
        "✗"
    }
}

/// The two halves of a row, with a column between them.
fn halves(area: Rect) -> (Rect, Rect) {
    let left = area.width.saturating_sub(1) / 2;
    let right = area.width.saturating_sub(left + 1);
    (
        Rect {
            width: left,
            ..area
        },
        Rect {
            x: area.x + area.width - right,
            width: right,
            ..area
        },
    )
}

/// Cuts columns off at the left.
fn cut(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    (
        Rect {
            width: columns,
            ..area
        },
        Rect {
            x: area.x + columns,
            width: area.width - columns,
            ..area
        },
    )
}

fn digits(file: &FileDiff, side: Side) -> u16 {
    let most = file.lines(side).map_or(0, |lines| lines.len()).max(1);
    (most.ilog10() as u16 + 1).max(3)
}

fn role(change: Change) -> Role {
    match change {
        Change::Added => Role::Passed,
        Change::Removed => Role::Failed,
        Change::Unchanged => Role::Muted,
        _ => Role::Text,
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::File => "file",
        Mode::Executable => "executable",
        Mode::Symlink => "symbolic link",
        Mode::Tree => "directory",
        Mode::Gitlink => "submodule",
    }
}

/// What an entry is, in one line. Not yet safe to show.
fn describe(entry: &Entry) -> String {
    let size = text::bytes(entry.size);
    match &entry.content {
        Content::Text(lines) => format!("text, {} lines, {size}", text::count(lines.len())),
        Content::Binary => format!("binary, {size}, {}", entry.object.short()),
        Content::Symlink(target) => format!(
            "a symbolic link to {} (shown, not followed)",
            crate::promotion::text::decode(target)
        ),
        Content::Gitlink => format!("a submodule at {}", entry.object),
        Content::Lfs { oid, size } => {
            format!(
                "a Git LFS pointer to {} ({oid}); the content is not in git",
                text::bytes(*size)
            )
        }
        Content::TooLarge => format!("{size}: too large to compare, {}", entry.object.short()),
        Content::Omitted => format!(
            "{size}: not read, the module is too large to compare at once; open a module below it"
        ),
    }
}
