//! What one file says of others.

use std::sync::Arc;

/// How a module is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportKind {
    /// `import a.b`
    Module,
    /// `from a.b import c`: one for each name.
    From,
    /// `from a.b import *`
    Star,
    /// A string that will be imported: `import_module("a.b")`, `patch("a.b.C")`, `pytest_plugins`.
    Text,
    /// A string that looks like the name of a module or the path of a Python file:
    /// `"a.b"`, `"a/b.py"`, `root / "a" / "b.py"`, `"import a.b; …"`. It may be
    /// meant as such, or not.
    Mention,
}

/// One mention of a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Import {
    /// How it is named.
    pub kind: ImportKind,
    /// Leading dots: 0 is absolute.
    pub level: u16,
    /// The dotted name after the dots; empty for `from . import x`. Of a mention
    /// maybe a path, with slashes.
    pub module: Arc<str>,
    /// The name that is imported from it.
    pub name: Option<Arc<str>>,
    /// What it is called here, where that differs (`as`).
    pub alias: Option<Arc<str>>,
    /// The line, from 1.
    pub line: u32,
    /// Within a function: it runs when that is called, or never.
    pub lazy: bool,
    /// Under `if TYPE_CHECKING`: it never runs.
    pub typing: bool,
}

/// How the reading of a file went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScanState {
    /// It is valid Python.
    #[default]
    Valid,
    /// It has syntax errors; imports beside them were found.
    Broken,
    /// Nested so deeply that parts of it were not looked into.
    TooDeep,
    /// Too large to be read at all.
    TooLarge,
}

/// What was found in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// How the reading went.
    pub state: ScanState,
    /// In the order of their lines.
    pub imports: Vec<Import>,
}

impl Import {
    /// What it is called in the file, for names that others can import from
    /// there again: `c` of `from a import b as c`.
    pub fn bound(&self) -> Option<&str> {
        self.alias.as_deref().or(self.name.as_deref())
    }
}

impl Scan {
    /// Reads a file. Never fails: what cannot be parsed is skipped.
    pub fn of(source: &[u8]) -> Self {
        super::visit::scan(source)
    }
}
