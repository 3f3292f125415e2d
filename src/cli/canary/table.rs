//! A promotion that is watched, at a glance.

use color_eyre::Result;
use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::output::{Output, Style};
use crate::promotion::canary::verdict::{percent, span};
use crate::promotion::canary::{Action, SignalVerdict, Verdict, Word};
use crate::promotion::{Stage, rollback};
use crate::workflow::observe::{Armed, Standing};

const TITLES: [&str; 10] = [
    "signal",
    "canary",
    "base",
    "Δ [95 %]",
    "burn",
    "E/limit",
    "n",
    "cov",
    "age",
    "verdict",
];

/// What it comes to, how far it is, and why.
pub fn head(it: &Standing, verdict: Option<&Verdict>, now: i64, out: &mut Output) -> Result<()> {
    let (style, mark, word) = said(it, verdict);
    let policy = &it.watch.policy;
    let watched = span(it.watched_for(now));
    let (from, to) = (&it.promotion.from, &it.promotion.to);
    let good = it.nights.over.iter().zip(1..);
    let good = good.filter(|(night, number)| night.judge(*number).word == Word::Pass);
    let mut parts = vec![format!("canary {watched} of {}", span(policy.window))];
    if policy.nights > 0 {
        parts.push(format!("smoke {}/{}", good.count(), policy.nights));
    }
    parts.extend(it.watcher.iter().map(|by| format!("watcher {by}")));
    out.spans(&[
        (style, &format!("{mark} {word}")),
        (Style::Strong, &format!("  {from} → {to}")),
        (Style::Plain, &format!("   {}", parts.join("   "))),
    ])?;
    if let Some(verdict) = verdict.filter(|_| it.is_open()) {
        row("WHY", &verdict.why, out)?;
    }
    if let Some(rollback) = &it.rollback {
        row("ROLLBACK", &rollback::line(rollback.state), out)?;
        row("WHY", &rollback.decided.why, out)?;
    }
    if let Some(line) = it.scorecard_line() {
        row("SCORECARD", &line, out)?;
    }
    if !it.is_open() {
        return Ok(());
    }
    let mut next = match it.next_look {
        _ if !it.is_set_up() => "none: no signal is configured".into(),
        Some(_) if !it.is_watched() => "the first: nobody has watched yet".into(),
        Some(at) if at > now => clock(at),
        Some(_) => "now".into(),
        None => "none".into(),
    };
    if let Some(night) = it.nights.next {
        next.push_str(&format!("   night {}", clock(night)));
    }
    row("NEXT LOOK", &next, out)?;
    match &it.armed {
        Armed::Yes { mode } => row("ROLLBACK", &format!("armed: {}", mode.word()), out)?,
        Armed::No { why } => row("ROLLBACK", &format!("not armed: {}", why.join("; ")), out)?,
    }
    if let Some(pause) = &it.pause {
        let words = format!(
            "until {}, by {}: {}",
            clock(pause.until),
            pause.by,
            pause.reason
        );
        row("PAUSED", &words, out)?;
    }
    Ok(())
}

fn said(it: &Standing, verdict: Option<&Verdict>) -> (Style, &'static str, &'static str) {
    match (it.stage, verdict.map(|it| (it.word, it.action))) {
        (Stage::Completed, _) => (Style::Good, "✓", "COMPLETED"),
        (Stage::RolledBack, _) => (Style::Bad, "✗", "ROLLED BACK"),
        _ if it.rollback.is_some() => (Style::Bad, "✗", "ROLLING BACK"),
        _ if !it.is_set_up() => (Style::Faint, "·", "NOT SET UP"),
        (_, None) => (Style::Faint, "○", "NOT LOOKED AT"),
        (_, Some((_, Action::Complete))) => (Style::Good, "✓", "PASS"),
        (_, Some((_, Action::RollBack))) => (Style::Bad, "✗", "FAIL"),
        (_, Some((Word::Pass, Action::Hold))) => (Style::Good, "●", "PASS SO FAR"),
        (_, Some((_, Action::Hold))) => (Style::Warning, "●", "HOLD"),
    }
}

fn row(name: &str, value: &str, out: &mut Output) -> Result<()> {
    out.spans(&[
        (Style::Faint, &format!("  {name:9} ")),
        (Style::Plain, value),
    ])
}

/// A time for people, in UTC.
fn clock(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| "never".into(),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// Each signal in a line; below it why, where it does not pass.
pub fn signals(verdict: &Verdict, out: &mut Output) -> Result<()> {
    let rows: Vec<[String; 10]> = verdict.signals.iter().map(cells).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.max().unwrap_or(0).max(TITLES[column].width())
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let pad = width.saturating_sub(cell.width());
            format!("{cell}{}", " ".repeat(pad))
        });
        let line: Vec<String> = padded.collect();
        format!("  {}", line.join("  ").trim_end())
    };
    out.exact(&[(Style::Faint, &line(&TITLES.map(String::from)))])?;
    for (row, signal) in rows.iter().zip(&verdict.signals) {
        let (last, rest) = (&row[9], &row[..9]);
        let mut before = line(&[rest, &["".into()]].concat());
        let wide = 2 + widths[..9].iter().map(|width| width + 2).sum::<usize>();
        before.push_str(&" ".repeat(wide.saturating_sub(before.width())));
        out.exact(&[(Style::Plain, &before), (style(signal.word), last)])?;
        if signal.word != Word::Pass {
            out.spans(&[(Style::Faint, &format!("      {}", signal.why))])?;
        }
    }
    Ok(())
}

fn style(word: Word) -> Style {
    match word {
        Word::Pass => Style::Good,
        Word::Fail => Style::Bad,
        _ => Style::Warning,
    }
}

fn cells(it: &SignalVerdict) -> [String; 10] {
    let none = || "–".to_owned();
    let difference = it.difference.as_ref();
    let burns: Vec<String> = it
        .burns
        .iter()
        .take(2)
        .map(|burn| format!("{:.1}", burn.burns[0]))
        .collect();
    let quality = it.quality.as_ref();
    [
        it.signal.clone(),
        difference.map_or_else(none, |it| percent(it.canary)),
        difference.map_or_else(none, |it| percent(it.base)),
        difference.map_or_else(none, |it| {
            let [low, high] = it.interval.map(|end| end * 100.0);
            format!("{:+.2} [{low:.2}, {high:.2}]", it.difference * 100.0)
        }),
        match burns.is_empty() {
            true => none(),
            false => burns.join("/"),
        },
        it.evidence.map_or_else(none, |[value, limit]| {
            format!("{}/{limit:.0}", short(value))
        }),
        quality.map_or_else(none, |it| it.samples[0].to_string()),
        quality.map_or_else(none, |it| format!("{:.0} %", it.coverage() * 100.0)),
        quality.and_then(|it| it.age).map_or_else(none, span),
        it.word.to_string(),
    ]
}

/// A number that may be very large, in a few characters.
fn short(value: f64) -> String {
    match value {
        value if value < 100.0 => format!("{value:.1}"),
        value if value < 100_000.0 => format!("{value:.0}"),
        value => format!("{value:.0e}"),
    }
}
