//! The box in which an answer is written: what is wrong with it is said below, at every
//! key.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::wizard::{Subject, WizardView, Writing};
use crate::console::text::{fit, safe};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, popup, scrollbar};
use crate::promotion::proposal::LEAST;

/// Draws it, scrolled to the cursor.
pub fn render(
    frame: &mut Frame,
    model: &Model,
    view: &WizardView,
    writing: &Writing,
    theme: &Theme,
) {
    let outer = layout::note_box(model);
    let (title, problem) = said(view, writing);
    popup::open(frame, outer, &safe(&title), theme);
    let inner = layout::note(model);
    let cells = usize::from(inner.width);
    let text = Rect {
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let rows = writing.note.rows(cells);
    let (at, column) = writing.note.place(cells);
    let height = usize::from(text.height).max(1);
    let top = (at + 1).saturating_sub(height);
    for (line, row) in (0..text.height).zip(rows.iter().skip(top)) {
        let written = safe(&writing.note.text()[row.clone()]).into_owned();
        let written = Line::styled(written, theme.style(Role::Text));
        widgets::line(frame, text, line, &written);
    }
    let below = match problem {
        Some(problem) => (problem, Role::Warning),
        None => ("nothing is wrong with it".to_owned(), Role::Passed),
    };
    let words = fit(&safe(&below.0), cells, theme.glyphs()).into_owned();
    let line = Line::styled(words, theme.style(below.1));
    widgets::line(frame, inner, text.height, &line);
    let edge = Rect {
        x: outer.x,
        width: outer.width,
        ..text
    };
    scrollbar::render(frame, edge, rows.len(), top, theme);
    let x = inner.x + (column as u16).min(inner.width.saturating_sub(1));
    frame.set_cursor_position((x, text.y + (at - top) as u16));
}

/// What is written, and what is wrong with it as it stands.
fn said(view: &WizardView, writing: &Writing) -> (String, Option<String>) {
    let text = writing.note.text();
    match &writing.subject {
        Subject::Because => {
            let words = text.split_whitespace().count();
            let short = (words < LEAST).then(|| format!("at least {LEAST} words are asked for"));
            ("Why no assessment is written".to_owned(), short)
        }
        Subject::Field(which, id) => {
            let field = view
                .proposal()
                .and_then(|it| it.form(*which).template.field(id));
            let problem = field.and_then(|it| it.problems(text).into_iter().next());
            let title = field.map_or(String::new(), |it| it.label.clone());
            (title, problem.map(|it| it.to_string()))
        }
    }
}
