//! Strings: those that are imported, and those that only name the module.

use std::ops::Range;

use memchr::memmem;
use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Parsed;
use ruff_text_size::Ranged;

use super::Rewriter;
use super::bound::Bound;
use super::file::File;
use super::places::{Places, Said};
use super::survey::{Survey, Text};
use crate::promotion::impact::{Class, Form, When};
use crate::promotion::relocation::below;
use crate::python::visit::Names;

impl Rewriter<'_> {
    /// Strings that are imported.
    pub(super) fn texts(&self, file: &mut File<'_>, survey: &Survey<'_>) {
        for text in &survey.texts {
            let dotted = text.value.trim_start_matches('.');
            match text.value.len() - dotted.len() {
                0 => self.absolute_text(file, text),
                dots => self.relative_text(file, text, dots as u32, dotted),
            }
        }
    }

    fn absolute_text(&self, file: &mut File<'_>, text: &Text<'_>) {
        let value = text.value.split(':').next().unwrap_or_default();
        let name = value.trim_end_matches('.');
        let Some(renamed) = self.places.absolute(name) else {
            return;
        };
        let at = text.range.start();
        let leave = |file: &mut File<'_>, why: &str| {
            file.leave(at, Form::Text, text.when, name, why);
        };
        if matches!(text.names, Names::Member) && self.passed_on() == Bound::Other {
            return leave(file, "its package calls something else by that name");
        }
        if !text.whole && value == renamed.old {
            return leave(file, "the rest of the name is only known when it is run");
        }
        let rest = |name: &str| name.split_once('.').map(|(_, rest)| rest.to_owned());
        if text.top && rest(&renamed.old) != rest(&renamed.new) {
            return leave(file, "the first part of the name is what comes of it");
        }
        let Some(content) = text.content else {
            return leave(file, "the string is put together, or has escapes in it");
        };
        let start = content.start().to_usize();
        file.rewritten(at, Form::Text, text.when, name, "");
        file.replace(start..start + renamed.old.len(), &renamed.new);
    }

    /// `import_module(".x", package)`
    fn relative_text(&self, file: &mut File<'_>, text: &Text<'_>, dots: u32, rest: &str) {
        if matches!(text.names, Names::Member) || !text.value.chars().all(is_part) {
            return;
        }
        let at = text.range.start();
        let more = if rest.ends_with('.') { "." } else { "" };
        let rest = rest.trim_end_matches('.');
        let new = match text.package {
            Some(package) => {
                let mut parts: Vec<&str> = package.value.split('.').collect();
                parts.truncate((parts.len() + 1).saturating_sub(dots as usize));
                parts.extend(rest.split('.').filter(|part| !part.is_empty()));
                let name = parts.join(".");
                let renamed = self.places.absolute(&name);
                let Some(renamed) = renamed.filter(|it| it.old != it.new) else {
                    return;
                };
                if below(&package.value, &renamed.old).is_some() {
                    let content = package.content_range();
                    if content.len().to_usize() != package.value.len() {
                        let why = "the string is put together, or has escapes in it";
                        return file.leave(at, Form::Text, text.when, &name, why);
                    }
                    let start = content.start().to_usize();
                    file.rewritten(at, Form::Text, text.when, &name, "");
                    file.replace(start..start + renamed.old.len(), &renamed.new);
                    return;
                }
                renamed.apply(&name).map(|new| (name, new))
            }
            None => {
                let Some(target) = Places::target(file.path, dots, rest) else {
                    return;
                };
                let own = self.places.relocation.moves(file.path);
                if own == self.places.is_moved(&target) {
                    return; // nothing, or both, are moved
                }
                let (name, to) = (self.places.new_name(&target), self.places.after(&target));
                let new = match self.places.said(file.path, (dots, rest), &to, name) {
                    Ok(Said::Same) => return,
                    Ok(Said::Name(new)) => Some(new),
                    Ok(Said::Top) | Err(_) => None,
                };
                self.places.old_name(&target).zip(new)
            }
        };
        match (new, text.content) {
            (Some((name, new)), Some(content)) => {
                file.rewritten(at, Form::Text, text.when, &name, "");
                let range = content.start().into()..content.end().into();
                file.replace(range, &format!("{new}{more}"));
            }
            _ => {
                let why = "the string is put together, or has no absolute name";
                file.leave(at, Form::Text, text.when, text.value, why);
            }
        }
    }

    /// Types in strings, where their imports are rewritten.
    pub(super) fn annotations(&self, file: &mut File<'_>, survey: &Survey<'_>) {
        for text in &survey.annotations {
            let content = text.content_range();
            if content.len().to_usize() != text.value.len() {
                continue;
            }
            for renamed in &self.places.names {
                for at in named(&text.value, &renamed.old) {
                    let start = content.start().to_usize() + at;
                    let range = start..start + renamed.old.len();
                    if !file.is_edited(&range) {
                        file.rewritten(
                            text.range.start(),
                            Form::Use,
                            When::Always,
                            &renamed.old,
                            "",
                        );
                        file.replace(range, &renamed.new);
                    }
                }
            }
        }
    }

    /// Every other place that says the name or the path: in strings and comments.
    pub(super) fn mentions(
        &self,
        file: &mut File<'_>,
        survey: &Survey<'_>,
        parsed: &Parsed<ModModule>,
    ) {
        let tokens = parsed.tokens();
        let mut seen = std::collections::HashSet::new();
        for (range, name) in self.said_in(file.text) {
            let after = tokens.partition_point(|token| token.start().to_usize() <= range.start);
            let Some(token) = after.checked_sub(1).map(|at| &tokens[at]) else {
                continue;
            };
            let whole: Range<usize> = token.start().into()..token.end().into();
            if !whole.contains(&range.start) {
                continue;
            }
            let form = match token.kind() {
                TokenKind::Comment => Form::Doc,
                TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle => {
                    let alone = survey
                        .docs
                        .iter()
                        .any(|it| it.contains_range(token.range()));
                    if alone { Form::Doc } else { Form::Mention }
                }
                _ => continue,
            };
            let known = file.is_edited(&range) || (form == Form::Mention && file.is_noted(&whole));
            if known || !seen.insert((file.line(range.start), name.clone())) {
                continue;
            }
            let why = match form {
                Form::Doc => "it is prose",
                _ => "it may name the module, or not",
            };
            file.note(range.start, form, When::Always, Class::Left, &name, why);
        }
    }

    /// Where a text says the module's name, or its path.
    pub(crate) fn said_in(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        for renamed in self.places.names.iter().filter(|it| it.old.contains('.')) {
            for at in named(text, &renamed.old) {
                let rest = &text[at..];
                let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
                let name = rest[..end].trim_end_matches('.');
                // A name in a longer one was found for that.
                found.push((at..at + renamed.old.len(), name.to_owned()));
            }
        }
        let path = self.places.relocation.from.to_text().into_owned();
        if path.contains('/') {
            for at in pathed(text, &path) {
                let rest = &text[at..];
                let end = rest.find(|c: char| !is_part(c) && !matches!(c, '/' | '-'));
                let name = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '/']);
                found.push((at..at + path.len(), name.to_owned()));
            }
        }
        found.sort_by_key(|(range, _)| range.start);
        found
    }
}

fn is_part(c: char) -> bool {
    c == '_' || c == '.' || c.is_alphanumeric()
}

/// Where a text says a dotted name, whole.
pub(crate) fn named(text: &str, name: &str) -> Vec<usize> {
    let part = |c: char| c == '_' || c.is_alphanumeric();
    memmem::find_iter(text.as_bytes(), name.as_bytes())
        .filter(|at| {
            let before = text[..*at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(part)
        })
        .collect()
}

/// Where a text says a path from the repository's root, whole.
pub(crate) fn pathed(text: &str, path: &str) -> Vec<usize> {
    let part = |c: char| c == '_' || c == '-' || c.is_alphanumeric();
    let in_path = |c: char| part(c) || matches!(c, '/' | '.');
    memmem::find_iter(text.as_bytes(), path.as_bytes())
        .filter(|at| {
            let after = text[at + path.len()..].chars().next();
            let before = &text[..*at];
            let from = before.rfind(|c: char| !in_path(c));
            let from = from.map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
            let before = &before[from..];
            let rooted = before.chars().all(|c| matches!(c, '.' | '/')) || before.starts_with('/');
            !after.is_some_and(part) && rooted && (before.is_empty() || before.ends_with('/'))
        })
        .collect()
}
