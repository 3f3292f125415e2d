//! Rewrites what names a module that is moved, and nothing else.

use crate::promotion::impact::{Edit, Reference};
use crate::promotion::relocation::Renamed;
use crate::promotion::{Relocation, RepoPath};

use super::Index;

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
        let left = crate::promotion::impact::Class::Left;
        self.references.iter().filter(move |it| it.class == left)
    }
}

/// Rewrites files for one move. Made once, and used for many files.
pub struct Rewriter<'a> {
    index: &'a Index,
    relocation: &'a Relocation,
    names: Vec<Renamed>,
    read: &'a (dyn Fn(&RepoPath) -> Option<Vec<u8>> + Sync),
}

impl<'a> Rewriter<'a> {
    /// For that move of a module of the index. `read` gives the content of
    /// other files of the same commit: packages that pass the module on.
    pub fn new(
        index: &'a Index,
        relocation: &'a Relocation,
        read: &'a (dyn Fn(&RepoPath) -> Option<Vec<u8>> + Sync),
    ) -> Self {
        Self {
            names: relocation.names(index.roots()),
            index,
            relocation,
            read,
        }
    }

    /// What becomes of a Python file, at its path before the move.
    pub fn python(&self, path: &RepoPath, source: &[u8]) -> Rewriting {
        let _ = (
            path,
            source,
            &self.names,
            self.index,
            self.relocation,
            self.read,
        );
        Rewriting::default()
    }
}
