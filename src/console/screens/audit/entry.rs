//! One entry of the log: what it says, the bytes that were signed, and how anybody
//! checks them without us.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::console::layout;
use crate::console::model::audit::{AuditView, EntryView, Opened, Proof};
use crate::console::model::{Model, Screen};
use crate::console::text::{bytes, pad, safe, width, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::text::decode;

/// How many rows there are to scroll through.
pub fn height(model: &Model) -> usize {
    match &model.screen {
        Screen::Audit(view) => match &view.opened {
            Some(opened) => lines(model, view, opened, &Theme::no_color()).len(),
            None => 0,
        },
        _ => 0,
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, model: &Model, view: &AuditView, opened: &Opened, theme: &Theme) {
    let body = layout::frame(model).body;
    let top = Rect {
        height: body.height.min(1),
        ..body
    };
    let bar = theme.style(Role::Tab);
    frame.buffer_mut().set_style(top, bar);
    let proof = view.selected().map(|row| &row.proof);
    let mut spans = vec![Span::styled(
        format!(" Entry {}  ", opened.position),
        bar.patch(theme.style(Role::Title)),
    )];
    if let Some(proof) = proof {
        let (mark, word, role) = super::mark(proof, theme);
        let style = bar.patch(theme.style(role));
        spans.push(Span::styled(format!("{mark} {word}"), style));
    }
    widgets::line(frame, top, 0, &Line::from(spans));
    let area = layout::pane(model);
    let lines = lines(model, view, opened, theme);
    for (row, line) in (0..area.height).zip(lines.iter().skip(opened.top)) {
        widgets::line(frame, area, row, line);
    }
    scrollbar::render(frame, area, lines.len(), opened.top, theme);
}

/// All of it, row by row.
pub fn lines(
    model: &Model,
    view: &AuditView,
    opened: &Opened,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let cells = usize::from(model.size.width).saturating_sub(3);
    let mut lines = Vec::new();
    let mut say = |text: &str, role: Role| {
        for row in wrap(&safe(text), cells) {
            lines.push(Line::styled(format!(" {row}"), theme.style(role)));
        }
    };
    match view.selected().map(|row| &row.proof) {
        Some(Proof::Void(why) | Proof::Wrong(why)) => say(why, Role::Problem),
        Some(Proof::Twice(why)) => say(why, Role::Muted),
        Some(Proof::Verified) | None => {}
    }
    match &opened.entry {
        None => say("Reading the entry.", Role::Muted),
        Some(Err(problem)) => say(&model.told(problem), Role::Problem),
        Some(Ok(entry)) => content(&mut lines, model, entry, cells, theme),
    }
    lines
}

fn content(
    lines: &mut Vec<Line<'static>>,
    model: &Model,
    entry: &EntryView,
    cells: usize,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let title = theme.style(Role::Title);
    let names = entry.fields.iter().map(|(name, _)| width(&safe(name)));
    let label = (names.max().unwrap_or(0) + 2).min(cells / 3);
    for (name, value) in &entry.fields {
        let room = cells.saturating_sub(label);
        // A value can have lines of its own: a note, say.
        let value = value.split('\n').flat_map(|line| wrap(&safe(line), room));
        for (row, value) in value.enumerate() {
            let name = if row == 0 { safe(name) } else { "".into() };
            lines.push(Line::from(vec![
                Span::styled(
                    format!(" {} ", pad(&name, label.saturating_sub(1), glyphs)),
                    theme.style(Role::Muted),
                ),
                Span::styled(value, theme.style(Role::Text)),
            ]));
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled(" Check it without us", title));
    for line in &entry.command {
        for row in wrap(&safe(&model.here.command(line)), cells) {
            lines.push(Line::styled(format!(" {row}"), theme.style(Role::Key)));
        }
    }
    lines.push(Line::default());
    let size = bytes(entry.signed.len() as u64);
    lines.push(Line::styled(
        format!(" The bytes that were signed ({size})"),
        title,
    ));
    let signed = decode(&entry.signed);
    for row in cut(&safe(&signed), cells) {
        lines.push(Line::styled(format!(" {row}"), theme.style(Role::Text)));
    }
}

/// Rows of exactly so many cells, wherever that cuts: nothing is added or left out.
fn cut(text: &str, cells: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > cells && !row.is_empty() {
            rows.push(std::mem::take(&mut row));
            used = 0;
        }
        row.push_str(grapheme);
        used += wide;
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_cut_and_nothing_else() {
        let text = "a b  漢字{\"note\":1}";
        assert_eq!(cut(text, 4).concat(), text);
        assert_eq!(cut("a  b", 2), ["a ", " b"]);
    }
}
