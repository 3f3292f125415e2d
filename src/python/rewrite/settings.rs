//! Settings and prose: what names the module outside of Python. Only a value
//! that is the name or the path and nothing else is rewritten, and only in files
//! of which one knows how they are read.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::file::File;
use super::{Rewriter, Rewriting};
use crate::promotion::RepoPath;
use crate::promotion::impact::{Class, Form, When};
use crate::promotion::relocation::is_identifier;

/// The ini files that Python's tools read.
const INI: [&[u8]; 5] = [
    b"setup.cfg",
    b"tox.ini",
    b"pytest.ini",
    b"mypy.ini",
    b".coveragerc",
];

/// So many places of one file are named: a list of all files is data.
const MOST_PLACES: usize = 25;

/// Endings of prose.
const PROSE: [&str; 6] = [".md", ".rst", ".txt", ".adoc", ".markdown", ".html"];

/// A value that can be rewritten, or cannot.
struct Setting {
    /// Where its characters are.
    range: Range<usize>,
    form: Form,
}

impl Rewriter<'_> {
    /// What becomes of a file that is not Python, at its path before the move.
    pub fn text(&self, path: &RepoPath, source: &[u8]) -> Rewriting {
        let Ok(text) = std::str::from_utf8(source) else {
            let lossy = String::from_utf8_lossy(source);
            let mut file = File::new(path, &lossy, 0);
            self.leave_rest(&mut file, "the file is not in UTF-8");
            return file.finish();
        };
        let mut file = File::new(path, text, 0);
        let settings = match path.name() {
            b"pyproject.toml" => toml(text),
            name if INI.contains(&name) => ini(text),
            _ => Vec::new(),
        };
        for setting in settings {
            self.setting(&mut file, &setting);
        }
        self.leave_rest(&mut file, "");
        file.finish()
    }

    fn setting(&self, file: &mut File<'_>, setting: &Setting) {
        let text = file.slice(setting.range.clone());
        let Some((old, new)) = self.value(text) else {
            return;
        };
        let start = setting.range.start + text.find(&old).unwrap_or(0);
        file.note(
            start,
            setting.form,
            When::Always,
            Class::Rewritten,
            text,
            "",
        );
        file.replace(start..start + old.len(), &new);
    }

    /// What of a value is the old name, and the new one.
    fn value(&self, text: &str) -> Option<(String, String)> {
        let (from, to) = (&self.places.relocation.from, &self.places.relocation.to);
        for renamed in self.places.names.iter().filter(|it| it.old.contains('.')) {
            let rest = text.strip_prefix(renamed.old.as_str());
            if rest.is_some_and(is_rest_of_name) {
                return Some((renamed.old.clone(), renamed.new.clone()));
            }
        }
        let from = from.to_text().into_owned();
        let bare = text.strip_prefix("./").unwrap_or(text);
        let rest = bare
            .strip_prefix(from.as_str())
            .filter(|_| from.contains('/'))?;
        let plain = |c: char| c.is_alphanumeric() || "_-./*".contains(c);
        let whole = rest.is_empty() || rest.starts_with('/');
        (whole && rest.chars().all(plain)).then(|| (from, to.to_text().into_owned()))
    }

    /// What else says the name or the path.
    fn leave_rest(&self, file: &mut File<'_>, why: &str) {
        let name = file.path.to_text().to_ascii_lowercase();
        let prose = PROSE.iter().any(|it| name.ends_with(it));
        let (form, because) = match prose {
            true => (Form::Doc, "it is prose"),
            false => (Form::Setting, "a setting of a tool that is not known here"),
        };
        let why = if why.is_empty() { because } else { why };
        let mut seen = std::collections::HashSet::new();
        let places = self.said_in(file.text).into_iter().filter(|(range, said)| {
            !file.is_edited(range) && seen.insert((file.line(range.start), said.clone()))
        });
        let places: Vec<_> = places.collect();
        let more = places.len().saturating_sub(MOST_PLACES);
        for (at, (range, said)) in places.into_iter().take(MOST_PLACES).enumerate() {
            let why = match at + 1 == MOST_PLACES && more > 0 {
                true => format!("{why}; the file has {more} more such places"),
                false => why.to_owned(),
            };
            file.note(range.start, form, When::Always, Class::Left, &said, &why);
        }
    }
}

/// `.sub`, `.sub:main`, `.*`, ` [extra]`, or nothing.
fn is_rest_of_name(rest: &str) -> bool {
    let rest = rest.split(" [").next().unwrap_or_default();
    let (modules, attribute) = match rest.split_once(':') {
        Some((modules, attribute)) => (modules, Some(attribute)),
        None => (rest, None),
    };
    let named = |text: &str| {
        text.split('.')
            .all(|part| is_identifier(part) || part == "*")
    };
    (modules.is_empty() || modules.strip_prefix('.').is_some_and(named))
        && attribute.is_none_or(|attribute| named(attribute.trim()))
}

/// The strings of `[project]` and `[tool]`, keys too.
fn toml(text: &str) -> Vec<Setting> {
    let Ok(document) = text.parse::<Document<String>>() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for top in ["project", "tool"] {
        if let Some(item) = document.as_item().get(top) {
            item_of(text, item, Form::Setting, 0, &mut found);
        }
    }
    found
}

fn item_of(text: &str, item: &Item, form: Form, depth: usize, found: &mut Vec<Setting>) {
    if depth > 16 {
        return;
    }
    match item {
        Item::Value(value) => value_of(text, value, form, depth, found),
        Item::ArrayOfTables(tables) => {
            for table in tables.iter() {
                table_of(text, table, form, depth, found);
            }
        }
        _ => {
            if let Some(table) = item.as_table_like() {
                table_of(text, table, form, depth, found);
            }
        }
    }
}

fn table_of(text: &str, table: &dyn TableLike, form: Form, depth: usize, found: &mut Vec<Setting>) {
    for (name, item) in table.iter() {
        let form = match name {
            "scripts" | "gui-scripts" | "entry-points" | "entry_points" | "plugins" => {
                Form::EntryPoint
            }
            _ => form,
        };
        if let Some(range) = table.key(name).and_then(|key| key.span()) {
            // A bare key holds no name with dots.
            quoted(text, range, Form::Setting, found);
        }
        item_of(text, item, form, depth + 1, found);
    }
}

fn value_of(text: &str, value: &Value, form: Form, depth: usize, found: &mut Vec<Setting>) {
    match value {
        Value::String(string) => {
            if let Some(range) = string.span() {
                quoted(text, range, form, found);
            }
        }
        Value::Array(array) if depth < 16 => {
            for value in array.iter() {
                value_of(text, value, form, depth + 1, found);
            }
        }
        Value::InlineTable(table) => table_of(text, table, form, depth + 1, found),
        _ => {}
    }
}

/// A string in plain quotes.
fn quoted(text: &str, range: Range<usize>, form: Form, found: &mut Vec<Setting>) {
    let Some(slice) = text.get(range.clone()) else {
        return;
    };
    let inner = |quote: char| slice.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(inner) = inner('"').or_else(|| inner('\''))
        && !inner.contains(['\\', '"', '\'', '\n'])
    {
        found.push(Setting {
            range: range.start + 1..range.end - 1,
            form,
        });
    }
}

/// The values of an ini file: what stands behind `=`, or by itself on a line.
fn ini(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut form = Form::Setting;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        let trimmed = body.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let offset = start + (body.len() - trimmed.len());
        if let Some(section) = trimmed
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
        {
            form = match section.contains("entry_points") {
                true => Form::EntryPoint,
                false => Form::Setting,
            };
            // `[mypy-a.b.*]`
            if let Some(module) = section.strip_prefix("mypy-") {
                let from = offset + 1 + "mypy-".len();
                found.push(Setting {
                    range: from..from + module.len(),
                    form,
                });
            }
            continue;
        }
        let value = match trimmed.split_once('=') {
            Some((_, value)) => value,
            None => trimmed,
        };
        let from = offset + trimmed.len() - value.len();
        let value_trimmed = value.trim_start();
        let from = from + value.len() - value_trimmed.len();
        // Several, if at all, with commas.
        let mut within = from;
        for part in value_trimmed.split(',') {
            let inner = part.trim();
            let lead = part.len() - part.trim_start().len();
            if !inner.is_empty() {
                found.push(Setting {
                    range: within + lead..within + lead + inner.len(),
                    form,
                });
            }
            within += part.len() + 1;
        }
    }
    found
}
