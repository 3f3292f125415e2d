//! Files that a move has nothing to do with, told without parsing them.

use super::Rewriter;
use super::places::Places;
use crate::promotion::RepoPath;
use crate::promotion::relocation::below;
use crate::python::imports::{Import, ImportKind, Scan, ScanState};

impl Rewriter<'_> {
    /// True where nothing of a file names what is moved: no import that was found when the
    /// index was made, and no word of its text. What is doubtful is not apart.
    pub(super) fn is_apart(&self, path: &RepoPath, scan: &Scan, text: &str) -> bool {
        let valid = scan.state == ScanState::Valid;
        valid
            && !scan.imports.iter().any(|it| self.may_touch(path, it))
            && self.said_in(text).is_empty()
    }

    /// True where an import may lead to what is moved, to a package it lies in, or from one
    /// side of the move to the other.
    fn may_touch(&self, path: &RepoPath, import: &Import) -> bool {
        let module = &*import.module;
        if import.kind == ImportKind::Mention {
            return false; // its words are in the text
        }
        if import.level > 0 {
            let target = |module| Places::target(path, u32::from(import.level), module);
            if import.kind == ImportKind::Text {
                return true;
            }
            // What leads out of the module may lead back into it.
            return match self.places.relocation.moves(path) {
                true => !target("").is_some_and(|at| self.places.is_moved(&at)),
                false => target(module)
                    .is_some_and(|at| self.places.is_moved(&at) || self.places.stem.is_within(&at)),
            };
        }
        let first = |name: &str| name.split('.').next().map(str::to_owned);
        let names = || self.places.names.iter().map(|it| it.old.as_str());
        let along = |old: &str| below(module, old).is_some() || below(old, module).is_some();
        match import.kind {
            ImportKind::Text => names().any(|old| module.starts_with(old)),
            // `import a.other` gives `a` a meaning, from which the module may be taken.
            ImportKind::Module if names().any(|old| first(old) == first(module)) => true,
            _ => names().any(along) || self.places.only_beside(path, module),
        }
    }
}
