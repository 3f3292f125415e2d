//! A screen as lines: what stands before its list, the list, and what is known of the row
//! that is selected.

use ratatui::text::Line;

use crate::console::glyphs::Glyphs;
use crate::console::text::safe;
use crate::console::theme::{Role, Theme};

/// How many rows of a list are read out at once.
pub const WINDOW: usize = 25;

/// So many changes are told one by one; where there are more, all is read again.
const FEW: usize = 3;

/// A screen in reading order. Everything in it is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What it is, on one line.
    pub title: String,
    /// What stands before the list.
    pub before: Vec<String>,
    /// What the rows of the list are; of one, and of several.
    pub of: (&'static str, &'static str),
    /// The list: its rows are numbered from 1.
    pub rows: Vec<String>,
    /// The selected row.
    pub selected: Option<usize>,
    /// What is known of it.
    pub after: Vec<String>,
}

impl Page {
    /// A page with that title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            of: ("row", "rows"),
            ..Self::default()
        }
    }

    /// One more line before the list.
    pub fn say(&mut self, text: &str) {
        self.before.push(tidy(&safe(text)));
    }

    /// A line of a label and what it is; nothing where there is nothing.
    pub fn fact(&mut self, label: &str, text: &str) {
        if !text.trim().is_empty() {
            self.say(&format!("{label}: {text}"));
        }
    }

    /// The rows that are read out with the selected one.
    pub fn window(&self) -> std::ops::Range<usize> {
        let from = self.selected.unwrap_or(0) / WINDOW * WINDOW;
        from..(from + WINDOW).min(self.rows.len())
    }

    /// A row as it is read out.
    pub fn row(&self, at: usize) -> String {
        let text = self.rows.get(at).map_or("", String::as_str);
        let selected = match self.selected == Some(at) {
            true => "selected: ",
            false => "",
        };
        format!("{}. {selected}{text}", at + 1)
    }

    /// All of it.
    pub fn all(&self) -> Vec<String> {
        let mut lines = vec![self.title.clone()];
        lines.extend(self.before.iter().cloned());
        let window = self.window();
        let count = self.rows.len();
        if count > 0 {
            let name = if count == 1 { self.of.0 } else { self.of.1 };
            let (from, to) = (window.start + 1, window.end);
            lines.push(match (window.len() < count, to < count) {
                (true, true) => {
                    format!("{count} {name}, {from} to {to}; \"more\" goes on")
                }
                (true, false) => format!("{count} {name}, {from} to {to}"),
                (false, _) => format!("{count} {name}"),
            });
        }
        lines.extend(window.map(|at| self.row(at)));
        lines.extend(self.after.iter().cloned());
        lines
    }

    /// What is new since that page was read out: little where little changed, else all.
    pub fn since(&self, last: Option<&Self>) -> Vec<String> {
        let Some(last) = last else { return self.all() };
        let same = self.title == last.title
            && self.window() == last.window()
            && self.rows.len() == last.rows.len()
            && self.before.len() == last.before.len();
        // Rows of the window only: what lies beyond was not read out.
        let rows = self.window();
        let rows: Vec<usize> = rows
            .filter(|at| self.rows.get(*at) != last.rows.get(*at))
            .collect();
        let before = self.before.iter().zip(&last.before);
        let before: Vec<_> = before.filter(|(now, was)| now != was).collect();
        if !same || rows.len() > FEW || before.len() > FEW {
            return self.all();
        }
        let moved = self.selected != last.selected;
        let mut told = rows;
        told.extend(self.selected.filter(|_| moved));
        told.sort_unstable();
        told.dedup();
        let mut lines: Vec<String> = before.into_iter().map(|(now, _)| now.clone()).collect();
        lines.extend(told.into_iter().map(|at| self.row(at)));
        // Of another row all is new; of the same one what was not there.
        let after = self.after.iter();
        let new = after.filter(|line| moved || !last.after.contains(line));
        lines.extend(new.cloned());
        lines
    }
}

/// The looks of lines that are read aloud: none, and words for marks.
pub fn spoken() -> Theme {
    Theme::no_color().with_glyphs(Glyphs::SPOKEN)
}

/// Lines of a screen without their looks; empty ones left out.
pub fn flat(lines: &[Line]) -> Vec<String> {
    let texts = lines.iter().map(|line| {
        let spans = line.spans.iter().map(|span| span.content.as_ref());
        tidy(&spans.collect::<String>())
    });
    texts.filter(|text| !text.is_empty()).collect()
}

/// The same, where a line is a label and what it is.
pub fn labelled(lines: &[Line]) -> Vec<String> {
    let texts = lines.iter().map(|line| match line.spans.as_slice() {
        [label, text] if !label.content.trim().is_empty() => {
            tidy(&format!("{}: {}", label.content.trim(), text.content))
        }
        _ => flat(std::slice::from_ref(line)).concat(),
    });
    texts.filter(|text| !text.is_empty()).collect()
}

/// Rows of a sheet without their looks; empty ones left out. What a diff adds and removes
/// is said in words, for a list has dashes of its own.
pub fn plain(rows: &[(String, Role)]) -> Vec<String> {
    let texts = rows.iter().map(|(text, role)| {
        let text = tidy(text);
        let (sign, word) = match role {
            Role::DiffAdded => ('+', "added"),
            Role::DiffRemoved => ('-', "removed"),
            Role::DiffFold => ('@', "at"),
            _ => return text,
        };
        match text.strip_prefix(sign).map(str::trim) {
            Some("") => format!("{word}: an empty line"),
            Some(line) => format!("{word}: {line}"),
            None => text,
        }
    });
    texts.filter(|text| !text.is_empty()).collect()
}

/// Without what only makes columns, and with ages in words.
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let is_age = words.peek().is_some_and(|next| next.starts_with("ago"));
        match spelt(word).filter(|_| is_age) {
            Some(spelt) => tidied.push_str(&spelt),
            None => tidied.push_str(word),
        }
        if words.peek().is_some() {
            tidied.push(' ');
        }
    }
    tidied
}

/// An age as it is read aloud: `2mo` is two months.
fn spelt(age: &str) -> Option<String> {
    let (count, unit) = age.split_at(age.find(|c: char| !c.is_ascii_digit())?);
    let unit = match unit {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => return None,
    };
    let many = if count == "1" { "" } else { "s" };
    (!count.is_empty()).then(|| format!("{count} {unit}{many}"))
}
