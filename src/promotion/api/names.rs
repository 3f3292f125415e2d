//! The names that others may use, one a line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Api, Item, What, words};
use crate::promotion::RepoPath;

/// A public name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// It, with its signature: `call(act, policy, *, on=Exception)`.
    pub name: String,
    /// The file it is defined in.
    pub path: RepoPath,
    /// The line it is defined on, from 1; 0 where that is not known.
    pub line: u32,
}

/// Every way to reach what is defined in one place, the shortest first.
#[derive(Clone, Debug)]
pub(super) struct Reached<'a> {
    /// File and name, of each way.
    pub ways: Vec<(&'a str, &'a str)>,
    /// Where it is defined.
    pub file: &'a str,
    /// What it is.
    pub item: &'a Item,
}

impl Reached<'_> {
    /// The shortest name.
    pub fn shown(&self) -> String {
        let first = self.ways.first();
        first.map_or_else(String::new, |(file, name)| dotted(file, name))
    }
}

/// `policy.Policy`, or only `Policy` of the module itself.
pub(super) fn dotted(file: &str, name: &str) -> String {
    match file {
        "" => name.to_owned(),
        file => format!("{file}.{name}"),
    }
}

/// Everything that can be reached by a public name, by where it is defined.
pub(super) fn reached(api: &Api) -> Vec<Reached<'_>> {
    let mut all: BTreeMap<(&str, &str), Reached<'_>> = BTreeMap::new();
    // Of several names the shortest comes first.
    let mut files: Vec<_> = api.files.iter().filter(|(_, file)| file.public).collect();
    files.sort_by_key(|(name, _)| match name.is_empty() {
        true => 0,
        false => name.matches('.').count() + 1,
    });
    for (file, _) in files {
        for name in api.names_of(file) {
            let Some(found) = api.resolve(file, name) else {
                continue;
            };
            let entry = all.entry((found.file, found.name));
            let reached = entry.or_insert_with(|| Reached {
                ways: Vec::new(),
                file: found.file,
                item: found.item,
            });
            reached.ways.push((file, name));
        }
    }
    all.into_values().collect()
}

/// The public names with what they are, each once, methods below their class.
pub fn list(api: &Api) -> Vec<Listed> {
    let mut lines = Vec::new();
    for reached in reached(api) {
        let path = api.files.get(reached.file).map(|file| file.path.clone());
        add(
            &mut lines,
            &reached.shown(),
            reached.item,
            &path.unwrap_or_default(),
        );
    }
    lines
}

fn add(lines: &mut Vec<Listed>, name: &str, item: &Item, path: &RepoPath) {
    lines.push(Listed {
        name: words::line(name, &item.what),
        path: path.clone(),
        line: item.line,
    });
    if let What::Class(class) = &item.what {
        for (member, item) in &class.members {
            add(lines, &format!("{name}.{member}"), item, path);
        }
    }
}
