//! Which modules are meant: named ones, all, or those that changed.

use crate::promotion::{ModuleTree, RepoPath};
use crate::repo::{RepoError, merge_base, tree};

use super::{Workspace, triage};

/// Which modules are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These, by paths or dotted names.
    Named(Vec<String>),
    /// Every module of every lane.
    All,
    /// Those whose content differs from the merge-base with this revision.
    Changed(String),
}

/// Why it is not known which modules are meant.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The repository, or a module that is not there.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// Nothing to compare with.
    #[error(
        "{base} and {revision} have no common ancestor here, so what changed is not known. In a \
         shallow clone fetch more of the history (git fetch --unshallow)"
    )]
    Unrelated {
        /// What was asked for.
        base: String,
        /// What is looked at.
        revision: String,
    },
}

impl Selection {
    /// True where one module was asked for by its name.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Named(names) if names.len() == 1)
    }

    /// The modules, each once, in the order they were named or of the tree.
    pub fn modules(&self, ws: &Workspace) -> Result<Vec<RepoPath>, SelectError> {
        let tree = ws.modules()?;
        match self {
            Self::Named(names) => {
                let mut modules = Vec::new();
                for name in names {
                    let id = triage::find(ws, &tree, name)?;
                    if let Some(module) = tree.get(id)
                        && !modules.contains(&module.path)
                    {
                        modules.push(module.path.clone());
                    }
                }
                Ok(modules)
            }
            Self::All => Ok(tree.modules().iter().map(|m| m.path.clone()).collect()),
            Self::Changed(base) => changed(ws, &tree, base),
        }
    }
}

fn changed(ws: &Workspace, modules: &ModuleTree, base: &str) -> Result<Vec<RepoPath>, SelectError> {
    let commit = ws.require_commit()?;
    let tip = ws.repo().resolve(base)?;
    let Some(base) = merge_base::merge_base(ws.repo(), commit, tip)? else {
        return Err(SelectError::Unrelated {
            base: base.to_owned(),
            revision: ws.revision().to_owned(),
        });
    };
    let git = ws.repo().open_git()?;
    let mut changed = Vec::new();
    for module in modules.modules() {
        let before = tree::entry(&git, base, &module.path)?;
        if before.is_none_or(|before| before.id != module.object) {
            changed.push(module.path.clone());
        }
    }
    Ok(changed)
}
