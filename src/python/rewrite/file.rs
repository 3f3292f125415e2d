//! One file while it is rewritten: its text, the edits and the references so far.

use std::ops::Range;

use ruff_text_size::TextSize;

use crate::promotion::RepoPath;
use crate::promotion::impact::{Class, Edit, Form, Reference, When};

/// Longest line that is kept with a reference, in characters.
const LONGEST: usize = 200;

/// One file.
pub(super) struct File<'a> {
    pub path: &'a RepoPath,
    /// Its text, without a byte order mark.
    pub text: &'a str,
    /// Bytes before that.
    pub skipped: usize,
    starts: Vec<usize>,
    edits: Vec<(Range<usize>, String)>,
    references: Vec<(usize, Reference)>,
}

impl<'a> File<'a> {
    /// A file of that text, which follows so many bytes.
    pub fn new(path: &'a RepoPath, text: &'a str, skipped: usize) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self {
            path,
            text,
            skipped,
            starts: std::iter::once(0).chain(newlines).collect(),
            edits: Vec::new(),
            references: Vec::new(),
        }
    }

    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= at);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// What stands there.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// How its lines end.
    pub fn newline(&self) -> &'static str {
        match self.text.find(['\n', '\r']) {
            Some(at) if self.text[at..].starts_with("\r\n") => "\r\n",
            Some(at) if self.text[at..].starts_with('\r') => "\r",
            _ => "\n",
        }
    }

    /// Puts something else there, kept apart from names around it. Nothing
    /// happens where it stands there already.
    pub fn replace(&mut self, range: Range<usize>, new: &str) {
        if self.slice(range.clone()) == new {
            return;
        }
        let name = |c: Option<char>| c.is_some_and(|c| c == '_' || c.is_alphanumeric());
        let mut text = String::new();
        let before = self.text[..range.start].chars().next_back();
        if name(before) && name(new.chars().next()) {
            text.push(' ');
        }
        text.push_str(new);
        let after = self.text[range.end..].chars().next();
        if !range.is_empty() && (name(new.chars().next_back()) || new.ends_with('.')) && name(after)
        {
            text.push(' ');
        }
        self.edits.push((range, text));
    }

    /// True where bytes of that range are replaced.
    pub fn is_edited(&self, range: &Range<usize>) -> bool {
        let mut edits = self.edits.iter();
        edits.any(|(edit, _)| edit.start < range.end && range.start < edit.end)
    }

    /// A name with its comma; the whole line, where nothing else is on it.
    pub fn without_comma(&self, start: usize, end: usize, next: Option<usize>) -> Range<usize> {
        let until = next.unwrap_or(self.text.len());
        let after = &self.text[end..until];
        let comma = after.find(|c: char| !c.is_whitespace());
        let comma = comma.filter(|at| after[*at..].starts_with(','));
        let end = comma.map_or(end, |at| end + at + 1);
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let rest = &self.text[end..];
        let stop = rest.find('\n');
        let lonely = self.text[line..start].trim().is_empty();
        match stop {
            Some(stop) if lonely && rest[..stop].trim().is_empty() => line..end + stop + 1,
            _ => {
                // The space that parted it from the next one.
                let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let more = next.is_some_and(|next| next == end + spaces);
                start..end + if more { spaces } else { 0 }
            }
        }
    }

    /// Notes something that is rewritten.
    pub fn rewritten(&mut self, at: TextSize, form: Form, when: When, name: &str, why: &str) {
        self.note(at.into(), form, when, Class::Rewritten, name, why);
    }

    /// Notes something that is left.
    pub fn leave(&mut self, at: TextSize, form: Form, when: When, name: &str, why: &str) {
        self.note(at.into(), form, when, Class::Left, name, why);
    }

    /// What was noted for that line as rewritten is left after all.
    pub fn take_back(&mut self, at: TextSize, form: Form, when: When, name: &str, why: &str) {
        let line = self.line(at.into());
        self.references
            .retain(|(_, it)| it.line < line || it.class != Class::Rewritten || it.form != form);
        self.leave(at, form, when, name, why);
    }

    /// Notes it.
    pub fn note(&mut self, at: usize, form: Form, when: When, class: Class, name: &str, why: &str) {
        let reference = Reference {
            path: self.path.clone(),
            line: self.line(at),
            form,
            when,
            class,
            text: self.words(at),
            name: name.to_owned(),
            why: why.to_owned(),
        };
        self.references.push((at, reference));
    }

    /// True where something is noted for these bytes.
    pub fn is_noted(&self, range: &Range<usize>) -> bool {
        self.references.iter().any(|(at, _)| range.contains(at))
    }

    /// The line of an offset, cut.
    fn words(&self, at: usize) -> String {
        let line = self.line(at) as usize;
        let from = self.starts.get(line - 1).copied().unwrap_or(0);
        let to = self.starts.get(line).copied().unwrap_or(self.text.len());
        let text = self.text.get(from..to).unwrap_or_default().trim();
        text.chars().take(LONGEST).collect()
    }

    /// All of it, in order.
    pub fn finish(self) -> super::Rewriting {
        let Self {
            skipped,
            starts,
            mut edits,
            mut references,
            ..
        } = self;
        edits.sort_by_key(|(range, _)| (range.start, range.end));
        references.sort_by_key(|(at, _)| *at);
        let line = |at: usize| starts.partition_point(|start| *start <= at) as u32;
        super::Rewriting {
            edits: edits
                .into_iter()
                .map(|(range, new)| Edit {
                    line: line(range.start),
                    range: range.start + skipped..range.end + skipped,
                    new,
                })
                .collect(),
            references: references.into_iter().map(|(_, it)| it).collect(),
        }
    }
}
