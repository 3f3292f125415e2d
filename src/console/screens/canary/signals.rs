//! The signals of a promotion, a line each.

use ratatui::text::{Line, Span};

use crate::console::glyphs::verdict_role;
use crate::console::model::canary::CanaryView;
use crate::console::text::{pad, safe, width};
use crate::console::theme::{Role, Theme};
use crate::promotion::canary::verdict::{percent, span};
use crate::promotion::canary::{SignalVerdict, Word};
use crate::workflow::observe::Standing;

/// The columns, in their order, each with how early it gives way where there is little room.
const TITLES: [(&str, u8); 11] = [
    ("signal", 0),
    ("canary", 2),
    ("base", 3),
    ("Δ [95 %]", 4),
    ("burn", 5),
    ("E/limit", 1),
    ("n", 7),
    ("cov", 6),
    ("age", 8),
    ("verdict", 0),
    ("", 9),
];
/// Which one the verdict is.
const VERDICT: usize = 9;
/// And which one the sparkline.
const SPARK: usize = 10;
/// How many cells a sparkline has.
const SPARKS: usize = 12;

/// A signal, ready to be shown.
#[derive(Clone, Debug)]
pub struct Signal {
    /// Its name; not yet safe to show.
    pub name: String,
    /// What it says; nothing where nobody looked.
    pub word: Option<Word>,
    /// Why.
    pub why: String,
    cells: [String; 11],
}

/// All of them; where nobody looked yet, those that are to be looked at.
pub fn all(view: &CanaryView, it: &Standing, theme: &Theme) -> Vec<Signal> {
    let found = match view.own.whole(it) {
        Some(verdict) => verdict.signals.iter().map(of).collect(),
        None => {
            let signals = it.watch.policy.signals.iter();
            signals
                .map(|signal| Signal {
                    name: signal.name.clone(),
                    word: None,
                    why: "not looked at from here yet".into(),
                    cells: std::array::from_fn(|at| match at {
                        0 => safe(&signal.name).into_owned(),
                        SPARK => String::new(),
                        _ => "–".into(),
                    }),
                })
                .collect::<Vec<_>>()
        }
    };
    let looks = view.own.looks(it);
    let with_sparks = found.into_iter().map(|mut signal| {
        let points = looks.iter().map(|look| {
            let of = look.signals.iter().find(|it| it.signal == signal.name)?;
            of.evidence.or(of.canary)
        });
        let points: Vec<Option<f64>> = points.collect();
        signal.cells[SPARK] = sparkline(&points, SPARKS, theme);
        signal
    });
    with_sparks.collect()
}

fn of(it: &SignalVerdict) -> Signal {
    let none = || "–".to_owned();
    let difference = it.difference.as_ref();
    let burns = it.burns.iter().take(2);
    let burns: Vec<String> = burns.map(|it| format!("{:.1}", it.burns[0])).collect();
    let quality = it.quality.as_ref();
    let cells = [
        safe(&it.signal).into_owned(),
        difference.map_or_else(none, |it| percent(it.canary)),
        difference.map_or_else(none, |it| percent(it.base)),
        difference.map_or_else(none, |it| {
            let [low, high] = it.interval.map(|end| short_percent(end * 100.0));
            format!("{} [{low},{high}]", signed(it.difference * 100.0))
        }),
        match burns.is_empty() {
            true => none(),
            false => burns.join("/"),
        },
        match it.evidence {
            // That needs no evidence against the base.
            _ if it.is_above_max() => "> max".into(),
            Some([value, limit]) => format!("{}/{limit:.0}", number(value)),
            None => none(),
        },
        quality.map_or_else(none, |it| it.samples[0].to_string()),
        quality.map_or_else(none, |it| format!("{:.0} %", it.coverage() * 100.0)),
        quality.and_then(|it| it.age).map_or_else(none, span),
        it.word.to_string(),
        String::new(),
    ];
    Signal {
        name: it.signal.clone(),
        word: Some(it.word),
        why: it.why.clone(),
        cells,
    }
}

/// `.20`, `-.30`, `12.5`: hundredths, and no zero before the point.
fn short_percent(value: f64) -> String {
    let text = format!("{value:.2}");
    match text.strip_prefix("-0.") {
        Some(rest) => format!("-.{rest}"),
        None => text
            .strip_prefix("0.")
            .map_or(text.clone(), |rest| format!(".{rest}")),
    }
}

fn signed(value: f64) -> String {
    let text = short_percent(value);
    match text.starts_with('-') {
        true => text,
        false => format!("+{text}"),
    }
}

/// A number that may be very large, in a few characters.
fn number(value: f64) -> String {
    match value {
        value if value < 100.0 => format!("{value:.1}"),
        value if value < 100_000.0 => format!("{value:.0}"),
        value => format!("{value:.0e}"),
    }
}

/// The newest values, a cell each or several in one; where there was none a gap.
fn sparkline(points: &[Option<f64>], cells: usize, theme: &Theme) -> String {
    let heights = theme.glyphs().heights();
    let Some(last) = heights.len().checked_sub(1) else {
        return String::new();
    };
    if points.iter().flatten().next().is_none() {
        return String::new();
    }
    let columns = bucketed(points, cells);
    let most = columns.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let glyph = |value: &Option<f64>| match value {
        None => " ",
        Some(_) if most <= 0.0 => heights[0],
        Some(value) => heights[((value / most) * last as f64).round() as usize % heights.len()],
    };
    columns.iter().map(glyph).collect()
}

/// The means of so many spans of equal length at most; `None` where there was nothing.
pub(super) fn bucketed(points: &[Option<f64>], cells: usize) -> Vec<Option<f64>> {
    let cells = cells.min(points.len()).max(1);
    let finite = |it: &Option<f64>| it.filter(|it| it.is_finite() && *it >= 0.0);
    (0..cells)
        .map(|cell| {
            let from = cell * points.len() / cells;
            let to = ((cell + 1) * points.len() / cells).min(points.len());
            let known: Vec<f64> = points[from..to].iter().filter_map(finite).collect();
            let sum: f64 = known.iter().sum();
            (!known.is_empty()).then(|| sum / known.len() as f64)
        })
        .collect()
}

/// Which columns find room, and how wide they are.
pub struct Columns {
    shown: Vec<usize>,
    widths: [usize; 11],
}

impl Columns {
    /// For these signals, in so many cells.
    pub fn of(signals: &[Signal], cells: usize) -> Self {
        let mut widths = TITLES.map(|(title, _)| width(title));
        for signal in signals {
            for (wide, cell) in widths.iter_mut().zip(&signal.cells) {
                *wide = (*wide).max(width(cell));
            }
        }
        widths[0] = widths[0].min(cells / 4);
        // Its mark stands before it.
        widths[VERDICT] += 2;
        let mut shown: Vec<usize> = (0..TITLES.len()).filter(|at| widths[*at] > 0).collect();
        let used = |shown: &[usize]| 1 + shown.iter().map(|at| widths[*at] + 2).sum::<usize>();
        for early in (1..=9).rev() {
            if used(&shown) > cells + 2 {
                shown.retain(|at| TITLES[*at].1 != early);
            }
        }
        Self { shown, widths }
    }

    /// The line of titles.
    pub fn titles(&self, theme: &Theme) -> Line<'static> {
        let cells = self.shown.iter().map(|at| {
            let title = match (theme.glyphs().is_ascii(), *at) {
                (true, 3) => "diff [95 %]",
                _ => TITLES[*at].0,
            };
            pad(title, self.widths[*at], theme.glyphs())
        });
        let cells: Vec<String> = cells.collect();
        let text = format!(" {}", cells.join("  "));
        Line::styled(text, theme.style(Role::Muted))
    }

    /// The line of a signal.
    pub fn line(&self, signal: &Signal, theme: &Theme) -> Line<'static> {
        let glyphs = theme.glyphs();
        let mut spans = vec![Span::raw(" ")];
        for at in &self.shown {
            let (cell, role) = match (*at, signal.word) {
                (VERDICT, Some(word)) => (
                    format!("{} {word}", glyphs.verdict(word)),
                    verdict_role(word),
                ),
                (SPARK, _) => (signal.cells[SPARK].clone(), Role::Accent),
                (_, None) => (ascii(&signal.cells[*at], theme), Role::Faint),
                _ => (ascii(&signal.cells[*at], theme), Role::Text),
            };
            let cell = format!("{}  ", pad(&cell, self.widths[*at], glyphs));
            spans.push(Span::styled(cell, theme.style(role)));
        }
        Line::from(spans)
    }

    /// The figures of a signal that found no room, in words.
    pub fn left_out(&self, signal: &Signal) -> String {
        let names = [
            "",
            "canary",
            "base",
            "difference",
            "burn",
            "evidence of its limit",
            "n",
            "coverage",
            "age",
            "",
            "",
        ];
        let left = (1..VERDICT).filter(|at| !self.shown.contains(at));
        let left = left.filter(|at| signal.cells[*at] != "–");
        let left = left.map(|at| format!("{} {}", names[at], signal.cells[at]));
        left.collect::<Vec<_>>().join(", ")
    }
}

fn ascii(cell: &str, theme: &Theme) -> String {
    match (cell, theme.glyphs().is_ascii()) {
        ("–", true) => "-".into(),
        (cell, _) => cell.to_owned(),
    }
}

/// A signal as it is read aloud.
pub fn spoken(signal: &Signal) -> String {
    let none = Columns {
        shown: Vec::new(),
        widths: [0; 11],
    };
    let word = signal
        .word
        .map_or("not looked at".into(), |it| it.to_string());
    let figures = none.left_out(signal);
    let name = safe(&signal.name);
    match figures.is_empty() {
        true => format!("{name}: {word}, {}", safe(&signal.why)),
        false => format!("{name}: {word}, {}; {figures}", safe(&signal.why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_have_no_zero_before_the_point() {
        assert_eq!(short_percent(0.2), ".20");
        assert_eq!(short_percent(-0.304), "-.30");
        assert_eq!(short_percent(12.5), "12.50");
        assert_eq!(signed(0.114), "+.11");
        assert_eq!(signed(-1.0), "-1.00");
    }

    #[test]
    fn a_sparkline_keeps_its_gaps_and_its_ends() {
        let theme = Theme::no_color();
        let points = [Some(0.0), None, Some(1.0), Some(2.0)];
        assert_eq!(sparkline(&points, 8, &theme), "▁ ▅█");
        assert_eq!(sparkline(&[None, None], 8, &theme), "");
        assert_eq!(sparkline(&[Some(0.0)], 8, &theme), "▁");
        // What is no number, or less than nothing, is no height.
        let odd = [Some(f64::NAN), Some(-1.0), Some(1.0)];
        assert_eq!(sparkline(&odd, 8, &theme), "  █");
        assert_eq!(bucketed(&[Some(1.0), Some(3.0)], 1), [Some(2.0)]);
    }
}
