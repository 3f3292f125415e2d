//! What a move of a module means for everything else: who names it, what is
//! rewritten, and what is left for a person.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::relocation::Relocation;
use super::{ObjectId, RepoPath};

/// How something is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `import a.b`, `import a.b as c`
    Import,
    /// `from a.b import c`
    From,
    /// `from . import c`
    Relative,
    /// `from a.b import *`
    Star,
    /// `a.b.c` in an expression, after `import a.b`.
    Use,
    /// A string that will be imported: `import_module("a.b")`, `patch("a.b.C")`.
    Text,
    /// A string that may name it, or not.
    Mention,
    /// A setting: `known-first-party = ["a"]`, a path in a YAML file.
    Setting,
    /// `name = "a.b:main"`
    EntryPoint,
    /// Prose.
    Doc,
}

impl Form {
    /// In a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::From => "from",
            Self::Relative => "relative",
            Self::Star => "star",
            Self::Use => "use",
            Self::Text => "string",
            Self::Mention => "mention",
            Self::Setting => "setting",
            Self::EntryPoint => "entry point",
            Self::Doc => "docs",
        }
    }
}

/// When it is run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// When the file is.
    #[default]
    Always,
    /// Within a function: when that is called.
    Lazy,
    /// Under `if TYPE_CHECKING`: never.
    Typing,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Left for a person, who is told why.
    Left,
    /// The old name goes on working: a shim stays that warns.
    Shimmed,
    /// The move rewrites it.
    Rewritten,
}

impl Class {
    /// All, what needs a person first.
    pub const ALL: [Self; 3] = [Self::Left, Self::Shimmed, Self::Rewritten];

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left for a person",
            Self::Shimmed => "shimmed",
            Self::Rewritten => "rewritten",
        }
    }
}

/// One place that names the module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// The file, where it is before the move.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: u32,
    /// How it is named.
    pub form: Form,
    /// When that is run.
    pub when: When,
    /// What becomes of it.
    pub class: Class,
    /// That line, cut; not yet safe to show.
    pub text: String,
    /// What it names: dotted, or a path.
    pub name: String,
    /// Why it is left, or what is special about it; empty where nothing is.
    pub why: String,
}

/// Something of another lane that the module imports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reach {
    /// Where, and what.
    #[serde(flatten)]
    pub reference: Reference,
    /// The lane that it lies in, or leads to.
    pub lane: RepoPath,
    /// True where production would depend on an experiment.
    pub finding: bool,
}

/// A public name, on both sides of the move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiName {
    /// With its signature.
    pub name: String,
    /// Where it is defined.
    pub path: RepoPath,
    /// The line, from 1; 0 where that is not known.
    pub line: u32,
}

/// A change of what others may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiChange {
    /// The name, as others reach it below the module.
    pub name: String,
    /// Whether it can break those who use it.
    pub breaking: bool,
    /// What changed, without the name.
    pub what: String,
}

/// The public API before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiImpact {
    /// What it is compared with, in words; `None` where there is nothing.
    pub compared: Option<String>,
    /// The name that others import it by now; `None` where it has none.
    pub old_name: Option<String>,
    /// The name after the move.
    pub new_name: Option<String>,
    /// What others may use of what it is compared with.
    pub before: Vec<ApiName>,
    /// What others may use after the move.
    pub after: Vec<ApiName>,
    /// What changes, what breaks first.
    pub changes: Vec<ApiChange>,
    /// Files that do not parse: nothing is known of what they offer.
    pub unread: Vec<RepoPath>,
}

/// Bytes to be replaced in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which bytes.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub new: String,
    /// The line they begin on, from 1.
    pub line: u32,
}

/// What a move of a module means for everything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// The move.
    pub relocation: Relocation,
    /// Who names the module, in the order of paths and lines. What the module
    /// itself says of itself is among them.
    pub importers: Vec<Reference>,
    /// What the module imports from other lanes.
    pub reaches: Vec<Reach>,
    /// The public API.
    pub api: ApiImpact,
    /// What is rewritten, by the path before the move; in order, none overlapping.
    pub edits: BTreeMap<RepoPath, Vec<Edit>>,
    /// The contents that the edits are of.
    pub blobs: BTreeMap<RepoPath, ObjectId>,
}

impl Impact {
    /// How many references are of that class.
    pub fn count(&self, class: Class) -> usize {
        self.importers.iter().filter(|it| it.class == class).count()
    }
}

/// The content with these edits made. They must be in order and within it; one
/// that is not is left out.
pub fn apply(source: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len() + 64);
    let mut at = 0;
    for edit in edits {
        let Some(kept) = source.get(at..edit.range.start) else {
            continue;
        };
        if edit.range.end < edit.range.start || edit.range.end > source.len() {
            continue;
        }
        out.extend_from_slice(kept);
        out.extend_from_slice(edit.new.as_bytes());
        at = edit.range.end;
    }
    out.extend_from_slice(&source[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_replace_their_bytes_only() {
        let edit = |range, new: &str| Edit {
            range,
            new: new.into(),
            line: 1,
        };
        let edits = [
            edit(0..1, "xx"),
            edit(2..2, "-"),
            edit(1..2, "no"),
            edit(9..10, "no"),
        ];
        assert_eq!(apply(b"abc", &edits), b"xxb-c");
        assert_eq!(apply(b"\xff", &[]), b"\xff");
    }
}
