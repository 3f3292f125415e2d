//! The public API of a module: the names that others may use, what they are,
//! and what of a change breaks those who use them.

mod changes;
mod names;
mod parameters;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::RepoPath;

pub use changes::{Change, changes};
pub use names::{Listed, list};

/// The API of a module: its files by their names below it. The module itself,
/// or its `__init__.py`, has the empty name; `a.b` is the file `a/b.py`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// The files.
    pub files: BTreeMap<String, File>,
}

/// What one file has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is.
    pub path: RepoPath,
    /// True where others may import it: no part of its name begins with `_`.
    pub public: bool,
    /// Everything at its top level, also what is private: it may be passed on
    /// from a place that is public.
    pub items: BTreeMap<String, Item>,
    /// The names others may use: `__all__`, or those without a leading `_`.
    pub names: BTreeSet<String>,
    /// The files of the module all of whose names it passes on.
    pub stars: Vec<String>,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Where it is defined, from 1.
    pub line: u32,
    /// What it is.
    pub what: What,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A function.
    Function(Function),
    /// A class.
    Class(Class),
    /// Anything else that is assigned.
    Value {
        /// Its type, as written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annotation: Option<String>,
    },
    /// Something of another file of the module: that file itself without a name.
    Passed {
        /// The file.
        file: String,
        /// The name there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Something that is not the module's own, or that cannot be read.
    Foreign,
}

/// How a function is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// A function, or a method of an instance.
    #[default]
    Plain,
    /// `@staticmethod`
    Static,
    /// `@classmethod`
    Class,
    /// `@property`
    Property,
}

/// A function or a method, without `self` or `cls`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// How it is reached.
    #[serde(default)]
    pub binding: Binding,
    /// True for `async def`.
    #[serde(default)]
    pub is_async: bool,
    /// True for a property that can be set.
    #[serde(default)]
    pub settable: bool,
    /// What it takes, in order.
    pub parameters: Vec<Parameter>,
    /// What it returns, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
}

/// How an argument may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// By position only.
    PositionOnly,
    /// By position or by name.
    Either,
    /// `*args`
    Rest,
    /// By name only.
    NameOnly,
    /// `**kwargs`
    Names,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// How it may be given.
    pub kind: Kind,
    /// What it is by default, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Its type, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation: Option<String>,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// What it derives from, as written.
    pub bases: Vec<String>,
    /// What makes one: from `__init__`, `__new__` or the fields of a data class;
    /// `None` where it has nothing of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<Vec<Parameter>>,
    /// What it has that is public: methods, classes and values.
    pub members: BTreeMap<String, Item>,
}

impl Api {
    /// What a name of a file stands for in the end: the file it is defined in,
    /// its name there, and what it is. `None` where the module itself does not say.
    fn resolve<'a>(&'a self, file: &'a str, name: &'a str) -> Option<Resolved<'a>> {
        let mut name = name;
        let mut file = self.holder(file, name)?;
        for _ in 0..MOST_PASSES {
            let item = self.files.get(file)?.items.get(name)?;
            let found = Resolved { file, name, item };
            let What::Passed {
                file: to,
                name: Some(of),
            } = &item.what
            else {
                return Some(found);
            };
            let Some(holder) = self.holder(to, of) else {
                return Some(found); // a file, not something in it
            };
            (file, name) = (holder, of);
        }
        None
    }

    /// The names of a file that others may use, with those of its stars.
    fn names_of(&self, file: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        let mut todo = vec![file];
        let mut seen = BTreeSet::new();
        while let Some(file) = todo.pop() {
            if seen.len() >= MOST_STARS || !seen.insert(file) {
                continue;
            }
            if let Some(here) = self.files.get(file) {
                names.extend(here.names.iter().map(String::as_str));
                todo.extend(here.stars.iter().map(String::as_str));
            }
        }
        names
    }

    /// The file that has a name, where it is looked for in that one: itself, or
    /// one that a star leads to, the nearest.
    fn holder<'a>(&'a self, file: &'a str, name: &str) -> Option<&'a str> {
        let mut seen = BTreeSet::new();
        let mut todo = VecDeque::from([file]);
        while let Some(file) = todo.pop_front() {
            if seen.len() >= MOST_STARS || !seen.insert(file) {
                continue;
            }
            let Some(here) = self.files.get(file) else {
                continue;
            };
            if here.items.contains_key(name) {
                return Some(file);
            }
            todo.extend(here.stars.iter().map(String::as_str));
        }
        None
    }
}

/// How many files are looked into for what stars bring.
const MOST_STARS: usize = 64;

/// How often a name is passed on before nobody follows it.
const MOST_PASSES: usize = 8;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Resolved<'a> {
    /// The file it is defined in.
    file: &'a str,
    /// Its name there.
    name: &'a str,
    /// What it is.
    item: &'a Item,
}

#[cfg(test)]
mod tests;
