//! The coverage of a module, side by side: at the merge-base, now, and what
//! lies between, file by file and function by function.

use std::cmp::Ordering;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::coverage_facts;
use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::coverage::Row;
use crate::console::model::module::ModuleView;
use crate::console::text::{fit, fit_end, pad, path, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::update::{measured, unmeasured};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::coverage::{AtBase, Pair, Ratio};
use crate::promotion::{Coverage, RepoPath};

/// Cells of a number.
const NUMBER: usize = 8;

/// Which columns there is room for, and how wide they are.
struct Columns {
    name: usize,
    bar: usize,
    counts: usize,
    changed: usize,
    lines: usize,
}

impl Columns {
    fn of(wide: usize) -> Self {
        let name = (wide / 3).clamp(18, 50);
        let bar = match wide {
            0..72 => 0,
            72..110 => 10,
            _ => 16,
        };
        let counts = if wide >= 80 { 10 } else { 0 };
        let changed = if wide >= 100 { 10 } else { 0 };
        let taken =
            1 + name + 3 * NUMBER + if bar > 0 { bar + 1 } else { 0 } + counts + changed + 1;
        Self {
            name,
            bar,
            counts,
            changed,
            lines: wide.saturating_sub(taken + 1),
        }
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let Some(coverage) = measured(model) else {
        let room = usize::from(area.width).saturating_sub(2);
        for (row, text) in (1..).zip(wrap(&safe(&unmeasured(model)), room)) {
            let line = Line::styled(format!(" {text}"), theme.style(Role::Muted));
            widgets::line(frame, area, row, &line);
        }
        return;
    };
    let columns = Columns::of(usize::from(area.width));
    let [head, list, facts] = layout::coverage(model);
    widgets::line(frame, head, 0, &titles(&columns, theme));
    let whole = Shown {
        name: "the whole module".into(),
        role: Role::Title,
        ratios: coverage.pair(),
        base: base_word(coverage, None),
        changed: coverage.changed.ratio(),
        lines: String::new(),
    };
    widgets::line(frame, head, 1, &whole.line(&columns, theme));
    let rows = view.coverage.rows(coverage);
    let top = view.coverage.row.top;
    let seen = rows.iter().enumerate().skip(top);
    for (at, row) in seen.take(usize::from(list.height)) {
        let shown = Shown::of(*row, coverage, view, theme);
        let place = (at - top) as u16;
        widgets::line(frame, list, place, &shown.line(&columns, theme));
        if at == view.coverage.row.at {
            widgets::mark(frame, list, place, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, list, rows.len(), top, theme);
    coverage_facts::render(frame, facts, coverage, view, theme);
}

fn titles(columns: &Columns, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let mut text = pad(" coverage of", columns.name + 1, glyphs);
    for title in ["base", "now", "diff"] {
        text.push_str(&format!("{title:>NUMBER$}"));
    }
    if columns.bar > 0 {
        text.push_str(&" ".repeat(columns.bar + 1));
    }
    if columns.counts > 0 {
        text.push_str(&format!("{:>1$}", "ran", columns.counts));
    }
    if columns.changed > 0 {
        text.push_str(&format!("{:>1$}", "changed", columns.changed));
    }
    text.push_str("  ");
    text.push_str(&fit("lines not run", columns.lines, glyphs));
    Line::styled(text, theme.style(Role::Muted))
}

/// What stands for the base where there is no number.
fn base_word(coverage: &Coverage, file: Option<&RepoPath>) -> &'static str {
    match (&coverage.base, file) {
        (AtBase::Unknown { .. }, _) => "?",
        (AtBase::Absent, _) | (AtBase::Known { .. }, Some(_)) => "new",
        (AtBase::Known { .. }, None) => "",
    }
}

/// A row, ready to be drawn.
struct Shown {
    name: String,
    role: Role,
    ratios: Pair<Ratio>,
    base: &'static str,
    changed: Option<Ratio>,
    lines: String,
}

impl Shown {
    fn of(row: Row<'_>, coverage: &Coverage, view: &ModuleView, theme: &Theme) -> Self {
        let glyphs = theme.glyphs();
        let file = row.file();
        let dash = if glyphs.is_ascii() { "-" } else { "–" };
        let whole = file.path().cloned().unwrap_or_default();
        match row {
            Row::File(_) => {
                let fold = match view.coverage.unfolded.contains(&whole) {
                    true => glyphs.unfolded(),
                    false => glyphs.folded(),
                };
                let name = match whole.strip(&view.path) {
                    Some(rest) if !rest.is_root() => path(&rest),
                    _ => path(&whole),
                };
                let changed = coverage.changed.file(&whole).map(|file| Ratio {
                    covered: file.covered.into(),
                    total: file.statements.into(),
                });
                let lines = file.head.map(|file| file.uncovered_words(dash));
                Self {
                    name: format!("{fold} {name}"),
                    role: Role::Text,
                    ratios: row.ratios(),
                    base: base_word(coverage, Some(&whole)),
                    changed,
                    lines: lines.unwrap_or_default(),
                }
            }
            Row::Function(_, function, ratios) => {
                let name = match function.name.as_str() {
                    "" => "module level".to_owned(),
                    name => safe(name).into_owned(),
                };
                Self {
                    name: format!("    {name}"),
                    role: Role::Muted,
                    ratios,
                    base: base_word(coverage, Some(&whole)),
                    changed: None,
                    lines: match (function.line, ratios.head) {
                        (0, _) | (_, None) => String::new(),
                        (line, _) => format!("from {line}"),
                    },
                }
            }
        }
    }

    fn line(&self, columns: &Columns, theme: &Theme) -> Line<'static> {
        let glyphs = theme.glyphs();
        let name = fit_end(&self.name, columns.name, glyphs);
        let name = pad(&name, columns.name, glyphs);
        let Pair { base, head } = self.ratios;
        let percent = |ratio: Option<Ratio>, none: &str| {
            let text = ratio.map_or(none.to_owned(), |ratio| {
                ratio.percent().unwrap_or_else(|| "none".into())
            });
            format!("{text:>NUMBER$}")
        };
        let difference = self.ratios.difference();
        let (difference, role) = match difference.map(|it| (it, it.sign())) {
            None => (String::new(), Role::Muted),
            Some((_, Ordering::Equal)) => ("=".to_owned(), Role::Muted),
            Some((it, Ordering::Less)) => (it.to_string(), Role::Failed),
            Some((it, Ordering::Greater)) => (it.to_string(), Role::Passed),
        };
        let mut spans = vec![
            Span::styled(format!(" {name}"), theme.style(self.role)),
            Span::styled(percent(base, self.base), theme.style(Role::Muted)),
            Span::styled(percent(head, "gone"), theme.style(Role::Text)),
            Span::styled(format!("{difference:>NUMBER$}"), theme.style(role)),
        ];
        if columns.bar > 0 {
            spans.push(Span::raw(" "));
            bar(&mut spans, self.ratios, columns.bar, theme);
        }
        let counts = |ratio: Option<Ratio>| {
            ratio.map_or(String::new(), |it| format!("{}/{}", it.covered, it.total))
        };
        let numbers = |text: &str, cells: usize| format!("{text:>cells$}");
        if columns.counts > 0 {
            let text = numbers(&counts(head), columns.counts);
            spans.push(Span::styled(text, theme.style(Role::Muted)));
        }
        if columns.changed > 0 {
            let text = numbers(&counts(self.changed), columns.changed);
            let whole = self.changed.is_none_or(|it| it.covered == it.total);
            let role = if whole { Role::Muted } else { Role::Uncovered };
            spans.push(Span::styled(text, theme.style(role)));
        }
        let lines = fit(&self.lines, columns.lines, glyphs).into_owned();
        spans.push(Span::styled(
            format!("  {lines}"),
            theme.style(Role::Uncovered),
        ));
        Line::from(spans)
    }
}

/// What ran, what did not, and between both what was gained or lost.
fn bar(spans: &mut Vec<Span<'static>>, ratios: Pair<Ratio>, cells: usize, theme: &Theme) {
    let glyphs = theme.glyphs();
    let filled = |ratio: Option<Ratio>| {
        let part = ratio.and_then(|it| (cells as u64 * it.covered).checked_div(it.total));
        part.map(|part| (part as usize).min(cells))
    };
    let now = filled(ratios.head).unwrap_or(0);
    let before = filled(ratios.base.filter(|_| ratios.head.is_some())).unwrap_or(now);
    let (low, high) = (now.min(before), now.max(before));
    let (between, role) = match now > before {
        true => (glyphs.bar_gained(), Role::Passed),
        false => (glyphs.bar_lost(), Role::Failed),
    };
    for (glyph, count, role) in [
        (glyphs.bar(), low, Role::Bar),
        (between, high - low, role),
        (glyphs.bar_empty(), cells - high, Role::BarEmpty),
    ] {
        spans.push(Span::styled(glyph.repeat(count), theme.style(role)));
    }
}
