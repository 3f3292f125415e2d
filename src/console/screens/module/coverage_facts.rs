//! Below the coverage: what is known of the selected file, in words.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::model::module::ModuleView;
use crate::console::text::{fit, safe};
use crate::console::theme::{Role, Theme};
use crate::console::widgets;
use crate::promotion::coverage::AtBase;
use crate::promotion::{Coverage, FileCoverage};

/// Draws it: what matters most first, as much as there is room for.
pub fn render(
    frame: &mut Frame,
    area: Rect,
    coverage: &Coverage,
    view: &ModuleView,
    theme: &Theme,
) {
    let glyphs = theme.glyphs();
    let wide = usize::from(area.width);
    let rule = glyphs.horizontal().repeat(wide);
    let rule = Line::styled(rule, theme.style(Role::Border));
    widgets::line(frame, area, 0, &rule);
    let dash = if glyphs.is_ascii() { "-" } else { "–" };
    let row = view.coverage.selected(coverage);
    let path = row.and_then(|row| row.file().path());
    let head = row.and_then(|row| row.file().head);
    let mut facts = vec![
        ("not run", lines(head, view.coverage.line, dash)),
        ("changed", coverage.changed_words(path, dash)),
        ("base", coverage.base_words(path)),
        ("tests", coverage.tests_words()),
    ];
    // With little room: what is not known rather than what is as ever.
    if area.height < 5 && matches!(coverage.base, AtBase::Unknown { .. }) {
        facts.swap(1, 2);
    }
    for (row, (label, text)) in (1..area.height).zip(facts) {
        let text = fit(&safe(&text), wide.saturating_sub(11), glyphs).into_owned();
        let line = Line::from(vec![
            Span::styled(format!(" {label:9}"), theme.style(Role::Muted)),
            Span::styled(text, theme.style(Role::Text)),
        ]);
        widgets::line(frame, area, row, &line);
    }
}

fn lines(file: Option<&FileCoverage>, at: Option<u32>, dash: &str) -> String {
    let Some(file) = file else {
        return "the file is not there any more".into();
    };
    let all = file.uncovered();
    let place = at.and_then(|line| Some((line, all.iter().position(|it| *it == line)?)));
    if let Some((line, n)) = place {
        let what = match file.missing.contains(&line) {
            true => "never ran",
            false => "has a branch that was never taken",
        };
        return format!("line {line} {what} ({} of {})", n + 1, all.len());
    }
    match (file.uncovered_words(dash), file.statements) {
        (words, _) if !words.is_empty() => words,
        (_, 0) => "there is nothing to run".into(),
        _ => "every line ran".into(),
    }
}
