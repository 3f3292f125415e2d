//! The benchmarks of a module, side by side: at the merge-base, now, what lies
//! between, and how sure one is of that.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::layout;
use crate::console::model::Model;
use crate::console::model::module::ModuleView;
use crate::console::text::{fit, fit_end, pad, safe, wrap};
use crate::console::theme::{Role, Theme};
use crate::console::update::{timed, untimed};
use crate::console::widgets::{self, scrollbar};
use crate::promotion::benchmark::{Interval, Verdict, time};
use crate::promotion::{Benchmark, Benchmarks, GateStatus};

/// Cells of a time.
const TIME: usize = 10;

/// Cells of a difference.
const DIFFERENCE: usize = 9;

/// Cells of a verdict, with its mark.
const VERDICT: usize = 15;

/// Cells of an interval in words.
const RANGE: usize = 19;

/// Which columns there is room for, and how wide they are.
struct Columns {
    name: usize,
    chart: usize,
    range: usize,
    pairs: usize,
}

impl Columns {
    fn of(wide: usize) -> Self {
        let chart = match wide {
            0..72 => 0,
            72..110 => 15,
            _ => 31,
        };
        let range = if wide >= 110 { RANGE } else { 0 };
        let pairs = if wide >= 100 { 7 } else { 0 };
        let chart_room = if chart > 0 { chart + 2 } else { 0 };
        let fixed = 2 * TIME + DIFFERENCE + VERDICT + chart_room + range + pairs;
        Self {
            name: wide.saturating_sub(fixed + 2).clamp(12, 50),
            chart,
            range,
            pairs,
        }
    }
}

/// Draws it.
pub fn render(frame: &mut Frame, area: Rect, model: &Model, view: &ModuleView, theme: &Theme) {
    let Some(benchmarks) = timed(model) else {
        let room = usize::from(area.width).saturating_sub(2);
        for (row, text) in (1..).zip(wrap(&safe(&untimed(model)), room)) {
            let line = Line::styled(format!(" {text}"), theme.style(Role::Muted));
            widgets::line(frame, area, row, &line);
        }
        return;
    };
    let columns = Columns::of(usize::from(area.width));
    let [head, list, facts] = layout::coverage(model);
    widgets::line(frame, head, 0, &titles(&columns, theme));
    let whole = format!(" {}", benchmarks.summary());
    widgets::line(
        frame,
        head,
        1,
        &Line::styled(whole, theme.style(Role::Title)),
    );
    let scale = Scale::of(benchmarks);
    let top = view.benchmarks.row.top;
    let seen = benchmarks.list.iter().enumerate().skip(top);
    for (at, benchmark) in seen.take(usize::from(list.height)) {
        let place = (at - top) as u16;
        let shown = line(benchmark, &columns, &scale, theme);
        widgets::line(frame, list, place, &shown);
        if at == view.benchmarks.row.at {
            widgets::mark(frame, list, place, theme.style(Role::Selected));
        }
    }
    scrollbar::render(frame, list, benchmarks.list.len(), top, theme);
    words(frame, facts, benchmarks, view, theme);
}

fn titles(columns: &Columns, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let mut text = pad(" benchmark", columns.name + 1, glyphs);
    text.push_str(&format!(
        "{:>TIME$}{:>TIME$}{:>DIFFERENCE$}",
        "base", "now", "diff"
    ));
    if columns.chart > 0 {
        let title = fit("faster | slower", columns.chart, glyphs);
        text.push_str(&format!("  {title:^0$}", columns.chart));
    }
    if columns.range > 0 {
        text.push_str(&format!("{:>RANGE$}", "90 % interval"));
    }
    if columns.pairs > 0 {
        text.push_str(&format!("{:>1$}", "pairs", columns.pairs));
    }
    Line::styled(text, theme.style(Role::Muted))
}

/// The status that a verdict counts as.
fn status(verdict: Verdict) -> GateStatus {
    match verdict {
        Verdict::Holds => GateStatus::Passed,
        Verdict::Regressed | Verdict::Removed => GateStatus::Failed,
        Verdict::Inconclusive => GateStatus::Error,
        Verdict::NoBaseline => GateStatus::NotApplicable,
    }
}

fn line(benchmark: &Benchmark, columns: &Columns, scale: &Scale, theme: &Theme) -> Line<'static> {
    let glyphs = theme.glyphs();
    let status = status(benchmark.verdict);
    let role = crate::console::glyphs::role(status);
    let name = safe(benchmark.short_name());
    let name = pad(&fit_end(&name, columns.name, glyphs), columns.name, glyphs);
    let shown = |value: Option<u64>, none: &str| {
        let text = value.map_or(none.to_owned(), time);
        format!("{text:>TIME$}")
    };
    let interval = benchmark.interval;
    let difference = interval.map_or(String::new(), |it| it.difference());
    let mut spans = vec![
        Span::styled(format!(" {name}"), theme.style(Role::Text)),
        Span::styled(shown(benchmark.base, "none"), theme.style(Role::Muted)),
        Span::styled(shown(benchmark.head, "gone"), theme.style(Role::Text)),
        Span::styled(format!("{difference:>DIFFERENCE$}"), theme.style(role)),
    ];
    if columns.chart > 0 {
        spans.push(Span::raw("  "));
        scale.draw(&mut spans, interval, role, columns.chart, theme);
    }
    if columns.range > 0 {
        let range = interval.map_or(String::new(), |it| it.range());
        spans.push(Span::styled(
            format!("{range:>RANGE$}"),
            theme.style(Role::Muted),
        ));
    }
    if columns.pairs > 0 {
        let pairs = match benchmark.pairs.len() {
            0 => String::new(),
            n => n.to_string(),
        };
        let text = format!("{pairs:>0$}", columns.pairs);
        spans.push(Span::styled(text, theme.style(Role::Muted)));
    }
    let verdict = format!("  {} {}", glyphs.status(status), benchmark.verdict.word());
    spans.push(Span::styled(verdict, theme.style(role)));
    Line::from(spans)
}

/// What the charts of all benchmarks have in common: as far to the left as to the
/// right, in equal steps of the ratio's logarithm.
struct Scale {
    reach: f64,
    limit: f64,
}

impl Scale {
    fn of(benchmarks: &Benchmarks) -> Self {
        let limit = benchmarks.limit().ln();
        let ends = benchmarks
            .list
            .iter()
            .filter_map(|benchmark| benchmark.interval)
            .flat_map(|interval| [interval.low.ln().abs(), interval.high.ln().abs()]);
        // Four times as long is far enough: what is further is drawn at the end.
        let reach = ends.fold(2.0 * limit, f64::max).clamp(0.01, 4f64.ln());
        Self { reach, limit }
    }

    /// The cell of a log-ratio.
    fn cell(&self, value: f64, cells: usize) -> usize {
        let part = (value / self.reach).clamp(-1.0, 1.0);
        let half = cells.saturating_sub(1) as f64 / 2.0;
        (half + part * half).round() as usize
    }

    /// The interval, with the middle where nothing changed and the budget's end.
    fn draw(
        &self,
        spans: &mut Vec<Span<'static>>,
        interval: Option<Interval>,
        role: Role,
        cells: usize,
        theme: &Theme,
    ) {
        let glyphs = theme.glyphs();
        let mut drawn = vec![(glyphs.bar_empty(), Role::BarEmpty); cells];
        let mut put = |at: usize, glyph: &'static str, role: Role| {
            if let Some(cell) = drawn.get_mut(at) {
                *cell = (glyph, role);
            }
        };
        put(self.cell(0.0, cells), glyphs.vertical(), Role::Muted);
        if let Some(interval) = interval {
            let low = self.cell(interval.low.ln(), cells);
            let high = self.cell(interval.high.ln(), cells);
            (low..=high).for_each(|at| put(at, glyphs.bar(), role));
            put(
                self.cell(interval.ratio.ln(), cells),
                glyphs.uncommitted(),
                role,
            );
        }
        // Over the interval: that it crosses the budget is what matters.
        let limit = self.cell(self.limit, cells);
        put(limit, glyphs.limit(), Role::Warning);
        let styled = drawn.into_iter();
        spans.extend(styled.map(|(glyph, role)| Span::styled(glyph, theme.style(role))));
    }
}

/// Below: what is known of the selected one, in words.
fn words(frame: &mut Frame, area: Rect, benchmarks: &Benchmarks, view: &ModuleView, theme: &Theme) {
    let glyphs = theme.glyphs();
    let wide = usize::from(area.width);
    let rule = glyphs.horizontal().repeat(wide);
    let rule = Line::styled(rule, theme.style(Role::Border));
    widgets::line(frame, area, 0, &rule);
    let Some(benchmark) = view.benchmarks.selected(benchmarks) else {
        return;
    };
    let place = match benchmark.line {
        0 => benchmark.path.to_string(),
        line => format!("{}:{line}", benchmark.path),
    };
    let budget = format!(
        "{} % slower at most ({} in the chart); drawn from seed {}",
        benchmarks.budget,
        glyphs.limit(),
        benchmarks.seed
    );
    let facts = [
        ("verdict", benchmark.words(benchmarks.budget)),
        ("name", benchmark.name.clone()),
        ("place", place),
        ("budget", budget),
    ];
    for (row, (label, text)) in (1..area.height).zip(facts) {
        let text = fit(&safe(&text), wide.saturating_sub(11), glyphs).into_owned();
        let line = Line::from(vec![
            Span::styled(format!(" {label:9}"), theme.style(Role::Muted)),
            Span::styled(text, theme.style(Role::Text)),
        ]);
        widgets::line(frame, area, row, &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_the_same_to_both_sides() {
        let scale = Scale {
            reach: 2f64.ln(),
            limit: 1.05f64.ln(),
        };
        assert_eq!(scale.cell(0.0, 15), 7);
        assert_eq!(scale.cell(2f64.ln(), 15), 14);
        assert_eq!(scale.cell(0.5f64.ln(), 15), 0);
        assert_eq!(scale.cell(9f64.ln(), 15), 14);
        assert_eq!(scale.cell(f64::NEG_INFINITY, 15), 0);
    }
}
