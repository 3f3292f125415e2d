//! What is shown above the rows: the file, and what its sides are.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::diff::DiffPane;
use crate::console::diff::flow::Layout;
use crate::console::diff::geometry::{Geometry, halves};
use crate::console::text;
use crate::console::theme::{Role, Theme};
use crate::promotion::reading::Seen;
use crate::workflow::compare::{Change, Endings, Entry, FileDiff, Mode, Side, Spaces};

impl DiffPane {
    pub(super) fn draw_title(&self, buf: &mut Buffer, area: Rect, file: &FileDiff, theme: &Theme) {
        let width = usize::from(area.width);
        let style = theme.style(Role::DiffFile);
        buf.set_style(area, style);
        let stats = file.rows.stats();
        let at = self.listed.iter().position(|f| *f == self.file);
        let place = match at {
            Some(at) => format!("{}/{}", at + 1, self.listed.len()),
            None => "unlisted".into(),
        };
        let viewed = match self.progress() {
            Some((viewed, all)) => format!(" {} {viewed}/{all} viewed", theme.glyphs().separator()),
            None => String::new(),
        };
        let right = format!("+{} -{}  {place}{viewed} ", stats.added, stats.removed);
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
        match self.seen(self.file) {
            Seen::Not => {}
            Seen::Yes => notes.push("viewed".to_owned()),
            Seen::Before => notes.push("changed since you viewed it".to_owned()),
        }
        notes.extend(self.spaced(file, theme));
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
                Some(Endings::CrLf) => "CRLF",
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
        if self.wrap {
            notes.push("long lines wrapped".into());
        }
        if self.sideways > 0 {
            notes.push(format!("column {}", self.sideways + 1));
        }
        notes
    }

    /// What is not shown of a file because white space is ignored.
    fn spaced(&self, file: &FileDiff, theme: &Theme) -> Option<String> {
        if self.spaces == Spaces::Count {
            return None;
        }
        let (indented, others) = file.rows.spaced(0..u32::MAX);
        let mark = theme.glyphs().indented();
        let lines = |n: usize| text::plural(n, "line");
        Some(match (indented, others) {
            (0, 0) => "white space ignored".to_owned(),
            (0, n) => format!("white space ignored in {}", lines(n)),
            (n, others) => {
                let verb = if n == 1 { "differs" } else { "differ" };
                let others = match others {
                    0 => String::new(),
                    n => format!(", {} in other white space", text::count(n)),
                };
                format!("{mark} {} {verb} in indentation only{others}", lines(n))
            }
        })
    }

    pub(super) fn draw_sides(&self, buf: &mut Buffer, parts: &Geometry, theme: &Theme) {
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
                let (left_area, right_area) = halves(area, parts.rule);
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
