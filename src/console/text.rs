//! The one place where text becomes cells: made visible, measured, cut.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::glyphs::Glyphs;
use crate::promotion::{RepoPath, text};

/// Text from outside, on one line, with nothing in it that acts on a terminal.
pub fn safe(raw: &str) -> Cow<'_, str> {
    text::visible(raw)
}

/// A path, safe to show.
pub fn path(path: &RepoPath) -> String {
    text::visible(&path.to_text()).into_owned()
}

/// How many cells safe text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Safe text cut at the end to at most `cells`, with an ellipsis where it was cut.
pub fn fit(text: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let ellipsis = glyphs.ellipsis();
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let room = cells.saturating_sub(ellipsis.width());
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide > room {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    out.push_str(ellipsis);
    Cow::Owned(out)
}

/// Safe text cut at the start: the end of a path says more than its beginning.
pub fn fit_end(text: &str, cells: usize, glyphs: Glyphs) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let ellipsis = glyphs.ellipsis();
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let room = cells.saturating_sub(ellipsis.width());
    let mut used = 0;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        let wide = grapheme.width();
        if used + wide > room {
            break;
        }
        used += wide;
        from = at;
    }
    Cow::Owned(format!("{ellipsis}{}", &text[from..]))
}

/// Safe text without its first `cells`.
pub fn behind(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if used >= cells {
            return &text[at..];
        }
        used += grapheme.width();
    }
    ""
}

/// Safe text, cut or filled with spaces to exactly `cells`.
pub fn pad(text: &str, cells: usize, glyphs: Glyphs) -> String {
    let mut out = fit(text, cells, glyphs).into_owned();
    let fill = cells.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', fill));
    out
}

/// Safe text broken into lines of at most `cells`, at spaces where there are any.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words(text) {
        let wide = word.width();
        let blank = word.trim().is_empty();
        if used + wide > cells && used > 0 {
            lines.push(line.trim_end().to_owned());
            line = String::new();
            used = 0;
        }
        if blank && used == 0 && !lines.is_empty() {
            continue;
        }
        for grapheme in word.graphemes(true) {
            // Letters can be wider together than each alone: the line is measured.
            let before = line.len();
            line.push_str(grapheme);
            used = line.width();
            if used > cells && before > 0 {
                lines.push(line[..before].trim_end().to_owned());
                line = grapheme.to_owned();
                used = line.width();
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Words and the blanks between them, in turn. Signs stay with the word they follow:
/// an address, a path or a key is broken only where it does not fit into a line.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let blank = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank);
        let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
        rest = tail;
        Some(word)
    })
}

/// A span of time in one unit: `12s`, `5m`, `3h`, `3d`, `7w`, `4mo`, `2y`.
pub fn age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds.max(0) {
        s if s < MINUTE => format!("{s}s"),
        s if s < HOUR => format!("{}m", s / MINUTE),
        s if s < DAY => format!("{}h", s / HOUR),
        s if s < 14 * DAY => format!("{}d", s / DAY),
        s if s < 60 * DAY => format!("{}w", s / (7 * DAY)),
        s if s < 730 * DAY => format!("{}mo", s / (30 * DAY)),
        s => format!("{}y", s / (365 * DAY)),
    }
}

/// How long something took: `340 ms`, `4.2 s`, `3m 05s`.
pub fn duration(ms: u64) -> String {
    match ms {
        ms if ms < 1_000 => format!("{ms} ms"),
        ms if ms < 60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms => format!("{}m {:02}s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// Bytes for people: `812 B`, `4.1 kB`, `2.0 MB`.
pub fn bytes(count: u64) -> String {
    match count {
        n if n < 1_000 => format!("{n} B"),
        n if n < 1_000_000 => format!("{}.{} kB", n / 1_000, n % 1_000 / 100),
        n => format!("{}.{} MB", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

/// So many of something: `1 line`, `2,359 lines`.
pub fn plural(n: usize, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A number with thin groups: `2,359`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_say_that_they_cut() {
        assert_eq!(fit("quantum", 5, Glyphs::UNICODE), "quan…");
        assert_eq!(fit_end("candidate/quantum", 8, Glyphs::UNICODE), "…quantum");
        assert_eq!(fit("漢字漢字", 4, Glyphs::UNICODE), "漢…");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("is it covered?", 13), ["is it", "covered?"]);
        assert_eq!(wrap("by a@b.example", 7), ["by", "a@b.exa", "mple"]);
        assert_eq!(count(2359), "2,359");
        assert_eq!(count(100), "100");
    }

    #[test]
    fn times_take_one_unit() {
        assert_eq!(age(59), "59s");
        assert_eq!(age(3 * 86_400), "3d");
        assert_eq!(age(100 * 86_400), "3mo");
        assert_eq!(duration(65_000), "1m 05s");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(raw in "\\PC{0,40}", cells in 0..30usize) {
            let text = safe(&raw).into_owned();
            for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
                prop_assert!(width(&fit(&text, cells, glyphs)) <= cells);
                prop_assert!(width(&fit_end(&text, cells, glyphs)) <= cells);
                prop_assert_eq!(width(&pad(&text, cells, glyphs)), cells);
            }
            for line in wrap(&text, cells.max(2)) {
                // What cannot be divided may be wider: an emoji with a mark takes three.
                let widest = line.graphemes(true).map(width).max().unwrap_or(0);
                prop_assert!(width(&line) <= cells.max(2).max(widest));
            }
        }
    }
}
