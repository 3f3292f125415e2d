//! Rewrites what names a module that is moved, and nothing else: every edit is
//! of the bytes that say the name. What cannot be rewritten so that it means the
//! same is left, with the reason.

mod apart;
mod bound;
mod file;
mod places;
mod scopes;
mod settings;
mod source;
mod statement;
mod survey;
mod texts;
mod uses;

use std::sync::OnceLock;

use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;

use crate::promotion::impact::{Class, Edit, Form, Reference, When, apply};
use crate::promotion::{Relocation, RepoPath};

use super::imports::{Import, ImportKind, Scan};
use super::{Index, MOST_BYTES};
use bound::Bound;
use file::File;
use places::Places;
pub use places::without_py;
use survey::Survey;

/// What becomes of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// In order, none overlapping.
    pub edits: Vec<Edit>,
    /// Every place that names what is moved: what is rewritten, and what is left.
    pub references: Vec<Reference>,
}

impl Rewriting {
    /// What is left for a person.
    pub fn left(&self) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(|it| it.class == Class::Left)
    }
}

/// Gives the content of a file of the commit.
pub type Read<'a> = &'a (dyn Fn(&RepoPath) -> Option<Vec<u8>> + Sync);

/// Rewrites files for one move. Made once, and used for many files. What it
/// looks at recurses through syntax: it wants [`super::STACK_BYTES`].
pub struct Rewriter<'a> {
    places: Places<'a>,
    read: Read<'a>,
    passed_on: OnceLock<Bound>,
}

impl<'a> Rewriter<'a> {
    /// For that move of a module of the index. `read` gives the content of
    /// other files of the same commit: packages that pass the module on.
    pub fn new(index: &'a Index, relocation: &'a Relocation, read: Read<'a>) -> Self {
        Self {
            places: Places::new(index, relocation),
            read,
            passed_on: OnceLock::new(),
        }
    }

    /// What becomes of a Python file of the index, at its path before the move.
    pub fn python(&self, path: &RepoPath, source: &[u8]) -> Rewriting {
        if source.len() > MOST_BYTES {
            return self.untouched(path, source, "the file is too large to be read");
        }
        let (text, skipped) = match source::text(source) {
            Ok(found) => found,
            Err(why) => return self.untouched(path, source, why),
        };
        let scan = self.places.index.scan(path);
        if scan.is_some_and(|scan| self.is_apart(path, scan, text)) {
            return Rewriting::default();
        }
        self.parsed(path, source, (text, skipped))
    }

    /// The same of a file whose text follows so many bytes, by its syntax.
    fn parsed(&self, path: &RepoPath, source: &[u8], (text, skipped): (&str, usize)) -> Rewriting {
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let body = &parsed.syntax().body;
        let survey = Survey::of(body);
        if survey.too_deep {
            drop(survey);
            // To drop a tree is to recurse through it. Lost instead.
            std::mem::forget(parsed);
            return self.untouched(path, source, "it is nested too deeply to be read");
        }
        if !parsed.has_valid_syntax() {
            return self.untouched(path, source, "the file does not parse");
        }
        let mut file = File::new(path, text, skipped);
        let bound = self.imports(&mut file, &survey, body);
        for import in &survey.imports {
            if let survey::Import::From(import, when) = import {
                self.from(&mut file, import, *when);
            }
        }
        self.texts(&mut file, &survey);
        if bound {
            self.annotations(&mut file, &survey);
        }
        self.mentions(&mut file, &survey, &parsed);
        let rewriting = file.finish();
        self.checked(path, source, rewriting)
    }

    /// An edit that would break a file is not made.
    fn checked(&self, path: &RepoPath, source: &[u8], rewriting: Rewriting) -> Rewriting {
        let edits = &rewriting.edits;
        if edits.is_empty() {
            return rewriting;
        }
        let apart = edits
            .windows(2)
            .all(|two| two[0].range.end <= two[1].range.start);
        let valid = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            parse_unchecked_source(text, PySourceType::Python).has_valid_syntax()
        };
        match apart && valid(&apply(source, edits)) {
            true => rewriting,
            false => self.untouched(path, source, "Countersign would break the file"),
        }
    }

    /// A file that nothing can be done about: what it names is left.
    fn untouched(&self, path: &RepoPath, source: &[u8], why: &str) -> Rewriting {
        let text = String::from_utf8_lossy(source);
        let mut file = File::new(path, &text, 0);
        let starts: Vec<usize> = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1))
            .collect();
        let scan = match source.len() > MOST_BYTES {
            true => Scan::default(),
            false => Scan::of(source),
        };
        let mut seen = std::collections::HashSet::new();
        for import in &scan.imports {
            let Some((form, name)) = self.concerns(path, import) else {
                continue;
            };
            let at = starts.get(import.line as usize - 1).copied().unwrap_or(0);
            if seen.insert((import.line, name.clone())) {
                file.note(at, form, when(import), Class::Left, &name, why);
            }
        }
        file.finish()
    }

    /// Whether the move has to do with an import.
    fn concerns(&self, path: &RepoPath, import: &Import) -> Option<(Form, String)> {
        let form = match (import.kind, import.level) {
            (ImportKind::Module, _) => Form::Import,
            (ImportKind::From, 0) => Form::From,
            (ImportKind::From, _) => Form::Relative,
            (ImportKind::Star, _) => Form::Star,
            (ImportKind::Text, _) => Form::Text,
            (ImportKind::Mention, _) => Form::Mention,
        };
        let full = match (&import.name, import.module.is_empty()) {
            (Some(name), false) => format!("{}.{name}", import.module),
            (Some(name), true) => name.to_string(),
            (None, _) => import.module.to_string(),
        };
        if import.kind == ImportKind::Mention && full.contains('/') {
            let within = self.places.relocation.moves(&RepoPath::from(full.as_str()));
            return within.then_some((form, full));
        }
        if import.level == 0 {
            self.places.absolute(&full)?;
            return Some((form, full));
        }
        let target = Places::target(path, u32::from(import.level), &full)?;
        let own = self.places.relocation.moves(path);
        (own != self.places.is_moved(&target))
            .then(|| (form, format!("{}{full}", ".".repeat(import.level.into()))))
    }
}

/// When an import is run.
pub fn when(import: &Import) -> When {
    match (import.typing, import.lazy) {
        (true, _) => When::Typing,
        (false, true) => When::Lazy,
        (false, false) => When::Always,
    }
}

#[cfg(test)]
mod tests;
