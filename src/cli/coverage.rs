//! The coverage of a module as a table: at the merge-base, now, and what lies
//! between. What `show` and `diff` print alike.

use std::cmp::Ordering;

use color_eyre::Result;

use super::output::{Output, Style};
use crate::promotion::coverage::{AtBase, Pair, Ratio};
use crate::promotion::{Coverage, GateState, RepoPath};

/// Files that are named before the rest is only counted.
const MOST_FILES: usize = 40;

/// Cells of a number.
const NUMBER: usize = 9;

/// The coverage among what is known of a module, if it is of what is there now.
pub fn current(gates: &[GateState]) -> Option<&Coverage> {
    let mut current = gates.iter().filter_map(GateState::current);
    current.find_map(|evidence| evidence.coverage.as_ref())
}

/// Prints it.
pub fn print(coverage: &Coverage, module: &RepoPath, out: &mut Output) -> Result<()> {
    let pairs = coverage.pairs();
    let name = |path: &RepoPath| match path.strip(module) {
        Some(rest) if !rest.is_root() => rest.to_string(),
        _ => path.to_string(),
    };
    let names: Vec<String> = pairs
        .iter()
        .filter_map(|pair| pair.path().map(name))
        .collect();
    let widest = names.iter().map(|name| name.chars().count()).max();
    let wide = widest.unwrap_or(0).clamp(16, 48);
    out.line("")?;
    out.exact(&[
        (Style::Strong, &format!("{:wide$}    ", "Coverage")),
        (
            Style::Faint,
            &format!(
                "{:>NUMBER$}{:>NUMBER$}{:>NUMBER$}  not run",
                "base", "now", "diff"
            ),
        ),
    ])?;
    row(
        out,
        "the whole module",
        wide,
        coverage.pair(),
        base_word(coverage, false),
        "",
    )?;
    let shown = pairs.iter().zip(&names);
    for (pair, name) in shown.take(MOST_FILES) {
        let lines = pair.head.map(|file| file.uncovered_words("-"));
        let word = base_word(coverage, true);
        row(
            out,
            name,
            wide,
            pair.ratios(),
            word,
            &lines.unwrap_or_default(),
        )?;
    }
    if pairs.len() > MOST_FILES {
        out.line(format!("  and {} more files", pairs.len() - MOST_FILES))?;
    }
    for (label, words) in [
        ("changed", coverage.changed_words(None, "-")),
        ("base", coverage.base_words(None)),
        ("tests", coverage.tests_words()),
    ] {
        out.spans(&[
            (Style::Faint, &format!("  {label:9}")),
            (Style::Plain, &words),
        ])?;
    }
    for test in coverage.tests.iter().filter(|test| test.reached == 0) {
        out.spans(&[(
            Style::Faint,
            &format!(
                "           {} did not reach it ({} ran)",
                test.path, test.tests
            ),
        )])?;
    }
    Ok(())
}

/// What stands for the base where there is no number.
fn base_word(coverage: &Coverage, is_file: bool) -> &'static str {
    match &coverage.base {
        AtBase::Unknown { .. } => "?",
        AtBase::Known { .. } if !is_file => "",
        AtBase::Absent | AtBase::Known { .. } => "new",
    }
}

fn row(
    out: &mut Output,
    name: &str,
    wide: usize,
    ratios: Pair<Ratio>,
    base: &str,
    lines: &str,
) -> Result<()> {
    let percent = |ratio: Option<Ratio>, none: &str| {
        let text = ratio.map_or(none.to_owned(), |ratio| {
            ratio.percent().unwrap_or_else(|| "none".into())
        });
        format!("{text:>NUMBER$}")
    };
    let (difference, style) = match ratios.difference().map(|it| (it, it.sign())) {
        None => (String::new(), Style::Plain),
        Some((_, Ordering::Equal)) => ("=".into(), Style::Faint),
        Some((it, Ordering::Less)) => (it.to_string(), Style::Bad),
        Some((it, Ordering::Greater)) => (it.to_string(), Style::Good),
    };
    out.exact(&[
        (Style::Plain, &format!("  {name:wide$}  ")),
        (Style::Faint, &percent(ratios.base, base)),
        (Style::Plain, &percent(ratios.head, "gone")),
        (style, &format!("{difference:>NUMBER$}")),
        (Style::Plain, &format!("  {lines}")),
    ])
}
