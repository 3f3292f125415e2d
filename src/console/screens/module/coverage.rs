//! The coverage of a module, file by file.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::model::module::ModuleView;
use crate::console::text::{fit, fit_end, pad, path};
use crate::console::theme::{Role, Theme};
use crate::console::update::measured;
use crate::console::widgets::{self, scrollbar};
use crate::promotion::FileCoverage;
use crate::promotion::coverage::{Ratio, ranges};

/// Cells of the bar.
const BAR: usize = 16;

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let Some(coverage) = measured(model) else {
        let key = model.key(Action::ModuleCheck);
        let text = format!(" Coverage was not measured yet: {key} runs the gates.");
        widgets::line(
            frame,
            area,
            1,
            &Line::styled(text, theme.style(Role::Muted)),
        );
        return;
    };
    let wide = usize::from(area.width);
    let glyphs = theme.glyphs();
    let total = coverage.ratio();
    let mut head = vec![Span::styled(
        pad(" the whole module", name_room(wide) + 1, glyphs),
        theme.style(Role::Title),
    )];
    head.push(Span::raw(" "));
    push_ratio(&mut head, total, theme);
    widgets::line(frame, area, 0, &Line::from(head));
    let rule = glyphs.horizontal().repeat(wide);
    widgets::line(
        frame,
        area,
        1,
        &Line::styled(rule, theme.style(Role::Border)),
    );
    let list = Rect {
        y: area.y + 2,
        height: area.height.saturating_sub(2),
        ..area
    };
    for (row, (at, file)) in coverage
        .files
        .iter()
        .enumerate()
        .skip(view.file.top)
        .take(usize::from(list.height))
        .enumerate()
    {
        widgets::line(frame, list, row as u16, &file_row(file, view, wide, theme));
        if at == view.file.at {
            widgets::mark(frame, list, row as u16, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, list, coverage.files.len(), view.file.top, theme);
}

fn name_room(wide: usize) -> usize {
    (wide / 3).clamp(18, 50)
}

fn file_row(file: &FileCoverage, view: &ModuleView, wide: usize, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let name = match file.path.strip(&view.path) {
        Some(rest) if !rest.is_root() => path(&rest),
        _ => path(&file.path),
    };
    let room = name_room(wide);
    let name = pad(&fit_end(&name, room, glyphs), room, glyphs);
    let mut spans = vec![
        Span::styled(format!(" {name}"), theme.style(Role::Text)),
        Span::raw(" "),
    ];
    push_ratio(&mut spans, file.ratio(), theme);
    let left = wide.saturating_sub(room + 2 + BAR + 22);
    let dash = if glyphs.is_ascii() { "-" } else { "–" };
    let mut missing = ranges(&file.missing, dash);
    if !file.partial.is_empty() {
        let partial = ranges(&file.partial, dash);
        let gap = if missing.is_empty() { "" } else { "; " };
        missing = format!("{missing}{gap}branches {partial}");
    }
    spans.push(Span::styled(
        fit(&missing, left, glyphs).into_owned(),
        theme.style(Role::Uncovered),
    ));
    Line::from(spans)
}

fn push_ratio(spans: &mut Vec<Span<'static>>, ratio: Ratio, theme: &Theme) {
    let glyphs = theme.glyphs();
    let percent = match ratio.percent() {
        // Cut, not rounded: 99.96 % is not 100 %.
        Some(percent) => format!("{percent:>7}"),
        None => "    – ".into(),
    };
    let full = (BAR as u64 * ratio.covered)
        .checked_div(ratio.total)
        .unwrap_or(0) as usize;
    let full = full.min(BAR);
    spans.push(Span::styled(
        glyphs.bar().repeat(full),
        theme.style(Role::Bar),
    ));
    spans.push(Span::styled(
        glyphs.bar_empty().repeat(BAR - full),
        theme.style(Role::BarEmpty),
    ));
    let percent = if glyphs.is_ascii() {
        percent.replace('–', "-")
    } else {
        percent
    };
    spans.push(Span::styled(
        format!(" {percent:>7} "),
        theme.style(Role::Text),
    ));
    spans.push(Span::styled(
        pad(&format!("{}/{}", ratio.covered, ratio.total), 11, glyphs),
        theme.style(Role::Muted),
    ));
    spans.push(Span::raw(" "));
}
