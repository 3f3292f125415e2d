//! What the columns and the marks in them mean: below the tree, where it leaves room.

use ratatui::text::{Line, Span};

use super::EDGE;
use crate::console::glyphs::{Glyphs, role};
use crate::console::text::width;
use crate::console::theme::{Role, Theme};
use crate::promotion::{Criterion, GateStatus};

/// Cells between two explanations.
const GAP: usize = 3;

/// As much of it as so many rows take, for a screen of that width: where it is not all, the
/// marks come before the columns.
pub(super) fn rows(cells: usize, height: usize, theme: &Theme) -> Vec<Line<'static>> {
    let marks = flow(marks(theme.glyphs()), cells, theme);
    let numbers = Criterion::ALL.map(|it| (it.number().to_string(), Role::Key, it.title()));
    let mut rows = flow(numbers.to_vec(), cells, theme);
    if rows.len() + marks.len() > height {
        rows.clear();
    }
    if marks.len() <= height {
        rows.extend(marks);
    }
    rows
}

fn marks(glyphs: Glyphs) -> Vec<(String, Role, &'static str)> {
    let mut marks: Vec<_> = GateStatus::ALL
        .map(|it| (glyphs.status(it).to_owned(), role(it), it.word()))
        .to_vec();
    marks.push((glyphs.begun().to_owned(), Role::Passed, "approved by some"));
    marks
}

/// What is explained with its explanation, as many on a row as find room.
fn flow(all: Vec<(String, Role, &'static str)>, cells: usize, theme: &Theme) -> Vec<Line<'static>> {
    let room = cells.saturating_sub(2 * EDGE);
    let mut rows = Vec::new();
    let (mut row, mut used) = (Vec::new(), 0);
    for (mark, role, meaning) in all {
        let wide = width(&mark) + 1 + width(meaning);
        if used > 0 && used + GAP + wide > room {
            rows.push(Line::from(std::mem::take(&mut row)));
            used = 0;
        }
        let gap = if used == 0 { EDGE } else { GAP };
        row.push(Span::raw(" ".repeat(gap)));
        row.push(Span::styled(mark, theme.style(role)));
        row.push(Span::styled(
            format!(" {meaning}"),
            theme.style(Role::Muted),
        ));
        used += wide + if used == 0 { 0 } else { GAP };
    }
    rows.push(Line::from(row));
    rows
}
