//! Reading a `keymap.toml`: what it binds, where each key is written, and what is wrong.

use std::fmt;
use std::ops::Range;

use toml_edit::{Document, Item, Value};

use super::key::{Key, sequence};
use crate::console::action::{Action, Context};

/// Where something is written; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: String,
    line: usize,
    column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Keys of an action.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) action: Action,
    pub(super) keys: Vec<Key>,
    pub(super) place: Place,
}

/// What a file says, action by action: one without keys is there, with none.
pub(super) type Said = Vec<(Action, Vec<Bound>)>;

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    notices: &'a mut Vec<String>,
}

/// Reads a file. What is wrong is told and left out: the rest still counts.
pub(super) fn read(file: &str, text: &str, notices: &mut Vec<String>) -> Said {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let mut reader = Reader {
                file,
                text,
                notices,
            };
            reader.tell(error.span(), error.message());
            return Vec::new();
        }
    };
    let mut reader = Reader {
        file,
        text,
        notices,
    };
    reader.document(&document)
}

impl Reader<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Place {
        let at = span.map_or(0, |span| span.start);
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }

    fn tell(&mut self, span: Option<Range<usize>>, what: &str) {
        let place = self.place(span);
        self.notices.push(format!("{place}: {what}"));
    }

    fn document(&mut self, document: &Document<&str>) -> Said {
        let mut said = Vec::new();
        for (section, item) in document.iter() {
            let span = document
                .get_key_value(section)
                .and_then(|(key, _)| key.span());
            let span = span.or_else(|| item.span());
            let Some(context) = Context::ALL.into_iter().find(|c| c.name() == section) else {
                let near = nearest(section, &Context::ALL.map(Context::name));
                self.tell(span, &format!("there is no section [{section}]{near}"));
                continue;
            };
            let Some(table) = item.as_table_like() else {
                self.tell(span, &format!("[{section}] is no section"));
                continue;
            };
            for (name, item) in table.iter() {
                let key = table.get_key_value(name).and_then(|(key, _)| key.span());
                match Action::named(context, name) {
                    Some(action) => {
                        let bound = self.bound(action, item);
                        said.extend(bound.map(|bound| (action, bound)));
                    }
                    None => {
                        let here = Action::ALL.iter().filter(|it| it.context() == context);
                        let names: Vec<_> = here.map(|it| it.name()).collect();
                        let near = nearest(name, &names);
                        self.tell(key, &format!("[{section}] has no action {name:?}{near}"));
                    }
                }
            }
        }
        said
    }

    /// The keys of an action; `None` where none of what is written is one: it keeps its own.
    fn bound(&mut self, action: Action, item: &Item) -> Option<Vec<Bound>> {
        let values: Vec<&Value> = match item {
            Item::Value(Value::Array(array)) => array.iter().collect(),
            Item::Value(value) => vec![value],
            _ => Vec::new(),
        };
        let wanted = values.iter().filter(|it| it.as_str() != Some("")).count();
        let mut bound = Vec::new();
        for value in values {
            let keys = value.as_str().and_then(sequence);
            match keys {
                Some(keys) if keys.is_empty() => {}
                Some(keys) => bound.push(Bound {
                    action,
                    keys,
                    place: self.place(value.span()),
                }),
                None => {
                    let (section, name) = (action.context().name(), action.name());
                    let said = value.to_string();
                    let what = format!("{} for {section}.{name} is no key", said.trim());
                    self.tell(value.span(), &what);
                }
            }
        }
        (wanted == 0 || !bound.is_empty()).then_some(bound)
    }
}

fn nearest(name: &str, names: &[&str]) -> String {
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(n, name), n))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| format!("; did you mean {n:?}?"))
        .unwrap_or_default()
}
