//! What is wrong with a configuration file, and where: file, line, column and
//! the place itself, underlined. Safe to show: the file is somebody else's text.

use std::fmt;
use std::ops::Range;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::promotion::text::visible;

/// Characters of a long line that an excerpt shows.
const EXCERPT: usize = 96;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What is allowed, or what to do; empty where the message says it all.
    pub help: String,
    /// The line with the place underlined.
    pub excerpt: String,
}

impl Problem {
    /// A problem at these bytes of `source`.
    pub fn at(file: &str, source: &str, span: Range<usize>, message: String, help: String) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end.max(start));
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |at| start + at);
        let line = 1 + source[..start].matches('\n').count();
        Self {
            file: visible(file).into_owned(),
            line,
            column: 1 + source[line_start..start].chars().count(),
            message: visible(&clip(&message)).into_owned(),
            help: visible(&clip(&help)).into_owned(),
            excerpt: excerpt(
                line,
                &source[line_start..start],
                &source[start..end.min(line_end).max(start)],
                source[end.min(line_end).max(start)..line_end].trim_end_matches('\r'),
            ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}\n{}",
            self.file, self.line, self.column, self.message, self.excerpt
        )?;
        if !self.help.is_empty() {
            let margin = " ".repeat(self.line.to_string().len());
            write!(f, "\n {margin} = {}", self.help)?;
        }
        Ok(())
    }
}

/// Everything that is wrong with one configuration file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            if at > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Names may be of any length: a sentence is not.
fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(3 * EXCERPT).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}

/// The nearest character boundary at or before `at`.
fn floor(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn excerpt(line: usize, before: &str, marked: &str, after: &str) -> String {
    let shown = |text: &str| visible(&text.replace('\t', " ")).into_owned();
    let skip = before.chars().count().saturating_sub(EXCERPT / 2);
    let mut before = shown(&before.chars().skip(skip).collect::<String>());
    if skip > 0 {
        before.insert(0, '…');
    }
    let cut = |text: &str| {
        let mut cut: String = text.chars().take(EXCERPT / 2).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        shown(&cut)
    };
    let (marked, after) = (cut(marked), cut(after));
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    format!(
        " {margin} |\n {number} | {before}{marked}{after}\n {margin} | {}{}",
        " ".repeat(before.width()),
        "^".repeat(marked.width().max(1)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::text::is_hostile;
    use proptest::prelude::*;

    #[test]
    fn the_caret_stands_below_the_place() {
        let problem = Problem::at(
            "f",
            "a = 1\nweiß = \"漢\" # x\n",
            14..19,
            "no".into(),
            "".into(),
        );
        assert_eq!(
            problem.to_string(),
            "f:2:8: no\n   |\n 2 | weiß = \"漢\" # x\n   |        ^^^^"
        );
    }

    proptest! {
        #[test]
        fn no_span_and_no_text_makes_it_fail_or_harmful(source: String, from in 0usize..200, to in 0usize..200) {
            let problem = Problem::at("f", &source, from..to, source.clone(), String::new());
            prop_assert!(!problem.to_string().replace('\n', "").chars().any(is_hostile));
        }
    }
}
