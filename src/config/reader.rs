//! Reads a TOML file against its [`Section`] table. Goes on after a mistake, so
//! that all of them are told at once.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Document, Item, Key as TomlKey, TableLike, Value as TomlValue};

use super::error::{ConfigError, Problem};
use super::schema::{Kind, Section, Shape};
use super::value::{self, Refused, Value};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value.
    pub value: Value,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A table that was read.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its keys.
    pub keys: BTreeMap<&'static str, Found>,
    /// The sections within; of a list any number, of a table one.
    pub sections: BTreeMap<&'static str, Vec<Node>>,
    /// Keys of the person's own, where the section is a map.
    pub entries: Vec<(Found, Found)>,
    /// Tables under keys of the person's own, where it has such.
    pub named: Vec<(Found, Node)>,
}

impl Node {
    /// The section of that name, where it was given.
    pub fn section(&self, name: &str) -> Option<&Node> {
        self.sections.get(name).and_then(|nodes| nodes.first())
    }

    /// The value of that key, where it was given.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.keys.get(name).map(|found| found.value.clone())
    }
}

/// Reads a file and collects what is wrong with it.
pub struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    problems: Vec<(usize, Problem)>,
}

impl<'a> Reader<'a> {
    /// A reader of that text; `file` is its name in problems.
    pub fn new(text: &'a str, file: &'a str) -> Self {
        Self {
            text,
            file,
            problems: Vec::new(),
        }
    }

    /// Reads the whole file. What could be read is returned even where some could not.
    pub fn read(&mut self, root: &'static Section) -> Node {
        match Document::parse(self.text) {
            Ok(document) => self.table(root, root, "", document.as_table(), 0..0),
            Err(error) => {
                let message = error.message().trim().replace('\n', ", ");
                self.refuse(
                    error.span().unwrap_or(0..0),
                    format!("this is no TOML: {message}"),
                    "",
                );
                Node::default()
            }
        }
    }

    /// Notes a problem.
    pub fn refuse(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let at = span.start;
        let problem = Problem::at(self.file, self.text, span, message.into(), help.into());
        self.problems.push((at, problem));
    }

    /// `value`, if nothing was wrong.
    pub fn finish<T>(mut self, value: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() {
            return Ok(value);
        }
        self.problems.sort_by_key(|(at, _)| *at);
        Err(ConfigError {
            problems: self.problems.into_iter().map(|(_, p)| p).collect(),
        })
    }

    fn table(
        &mut self,
        root: &'static Section,
        section: &'static Section,
        path: &str,
        table: &dyn TableLike,
        span: Range<usize>,
    ) -> Node {
        let mut node = Node::default();
        for (name, item) in table.iter() {
            let at = table
                .key(name)
                .and_then(TomlKey::span)
                .or_else(|| item.span())
                .unwrap_or_else(|| span.clone());
            if let Shape::Map { key, value, .. } = section.shape {
                let name = value::read(key, &TomlValue::from(name));
                let name = self.settle(name, name_of(key), at);
                let value = self.value(value, item, span.clone());
                node.entries.extend(name.zip(value));
            } else if let Some(key) = section.key(name) {
                let found = self.value(key.kind, item, at);
                node.keys.extend(found.map(|found| (key.name, found)));
            } else if let Some(inner) = section.section(name) {
                let nodes = match inner.shape {
                    Shape::Named { key, .. } => {
                        vec![self.all_named(root, inner, key, path, item, at)]
                    }
                    _ => self.inner(root, inner, &inner.path(path), item, at),
                };
                node.sections.insert(inner.name, nodes);
            } else {
                self.unknown(root, section, path, name, at);
            }
        }
        for key in section.keys.iter().filter(|key| key.required) {
            if !table.contains_key(key.name) {
                self.refuse(
                    span.clone(),
                    format!("`{}` is missing", key.name),
                    format!("write, for example: {} = {}", key.name, key.example),
                );
            }
        }
        node
    }

    /// Tables under keys of the person's own.
    fn all_named(
        &mut self,
        root: &'static Section,
        section: &'static Section,
        key: Kind,
        parent: &str,
        item: &Item,
        at: Range<usize>,
    ) -> Node {
        let mut node = Node::default();
        let Some(tables) = item.as_table_like() else {
            let help = format!("write {} on a line of its own", section.heading(parent));
            let what = format!("`{}` is a section with names of its own", section.name);
            self.refuse(at, what, help);
            return node;
        };
        for (name, item) in tables.iter() {
            let span = tables.key(name).and_then(TomlKey::span);
            let at = span.or_else(|| item.span()).unwrap_or_else(|| at.clone());
            let found = value::read(key, &TomlValue::from(name));
            let found = self.settle(found, name_of(key), at.clone());
            let path = format!("{parent}.{}.{name:?}", section.name);
            let Some(table) = item.as_table_like() else {
                let what = format!("`{name}` is a section, not a value of this kind");
                let help = format!("write {} on a line of its own", section.heading(parent));
                self.refuse(at, what, help);
                continue;
            };
            let table = self.table(root, section, &path, table, at);
            node.named.extend(found.map(|found| (found, table)));
        }
        node
    }

    fn inner(
        &mut self,
        root: &'static Section,
        section: &'static Section,
        path: &str,
        item: &Item,
        at: Range<usize>,
    ) -> Vec<Node> {
        let list = section.shape == Shape::List;
        if let (false, Some(table)) = (list, item.as_table_like()) {
            return vec![self.table(root, section, path, table, at)];
        }
        if let (true, Some(tables)) = (list, item.as_array_of_tables()) {
            let read = |table: &toml_edit::Table| {
                let at = table.span().unwrap_or_else(|| at.clone());
                self.table(root, section, path, table, at)
            };
            return tables.iter().map(read).collect();
        }
        if let (true, Some(values)) = (list, item.as_array())
            && values.iter().all(TomlValue::is_inline_table)
            && !values.is_empty()
        {
            let tables = values.iter().filter_map(|value| value.as_inline_table());
            let read = |table: &toml_edit::InlineTable| {
                let at = table.span().unwrap_or_else(|| at.clone());
                self.table(root, section, path, table, at)
            };
            return tables.map(read).collect();
        }
        let heading = bracketed(section, path);
        let help = format!("write {heading} on a line of its own and its keys below");
        self.refuse(
            at,
            format!("`{path}` is a section, not a value of this kind"),
            help,
        );
        Vec::new()
    }

    fn value(&mut self, kind: Kind, item: &Item, at: Range<usize>) -> Option<Found> {
        let span = item.span().unwrap_or(at);
        let read = match item.as_value() {
            Some(value) => value::read(kind, value),
            None => Err(Refused::whole(format!("this must be {}", kind.words()))),
        };
        self.settle(read, "", span)
    }

    fn settle(
        &mut self,
        read: Result<Value, Refused>,
        what: &str,
        span: Range<usize>,
    ) -> Option<Found> {
        match read {
            Ok(value) => Some(Found { value, span }),
            Err(refused) => {
                let message = format!("{what}{}", refused.message);
                self.refuse(refused.span.unwrap_or(span), message, refused.help);
                None
            }
        }
    }

    fn unknown(
        &mut self,
        root: &'static Section,
        section: &'static Section,
        path: &str,
        name: &str,
        at: Range<usize>,
    ) {
        let what = if path == "gates" { "gate" } else { "key" };
        let mut message = format!("unknown {what} `{name}`");
        if let Some(near) = nearest(name, section.names()) {
            message.push_str(&format!("; did you mean `{near}`?"));
        } else if let Some(home) = home(root, "", name) {
            message.push_str(&if home.is_empty() {
                "; it belongs at the top of the file".to_owned()
            } else {
                format!("; it belongs in {home}")
            });
        }
        let place = if path.is_empty() {
            "at the top".to_owned()
        } else {
            format!("in {}", bracketed(section, path))
        };
        let allowed: Vec<_> = section.names().collect();
        self.refuse(
            at,
            message,
            format!("allowed {place}: {}", allowed.join(", ")),
        );
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Glob => "the glob: ",
        _ => "the path: ",
    }
}

/// The name nearest to one that does not exist, if any is near.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let score = |candidate: &str| strsim::jaro_winkler(&name.to_lowercase(), candidate);
    names
        .map(|candidate| (score(candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The heading of a section; empty at the top.
fn bracketed(section: &Section, path: &str) -> String {
    match section.shape {
        _ if path.is_empty() => String::new(),
        Shape::List => format!("[[{path}]]"),
        Shape::Table | Shape::Map { .. } | Shape::Named { .. } => format!("[{path}]"),
    }
}

/// The heading of the section in which `name` would be allowed.
fn home(section: &'static Section, path: &str, name: &str) -> Option<String> {
    if section.key(name).is_some() {
        return Some(bracketed(section, path));
    }
    let inner = |inner: &'static Section| home(inner, &inner.path(path), name);
    section.sections.iter().find_map(inner)
}
