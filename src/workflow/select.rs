//! Which modules are meant: named ones, all, or those that changed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::project;
use crate::gates::checks::{self, supply_chain::declared::is_declaration};
use crate::gates::settings;
use crate::promotion::{Module, ModuleKind, RepoPath};
use crate::repo::{RepoError, glob::Globs, merge_base, owners, tree};

use super::validate::{branch::differing, reach::Reach};
use super::{Workspace, dirs, python_index, triage};

/// Which modules are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "of")]
pub enum Selection {
    /// These, by paths or dotted names.
    Named(Vec<String>),
    /// All that count: of every lane the topmost packages and files. So each
    /// file is looked at once; a directory that is no package is none of them,
    /// what lies in it is.
    All,
    /// Those of all that differ from the merge-base with this revision: in their
    /// content, a test of theirs, what either imports or imported, or in settings
    /// that hold for them. Not where only a document about them does that lies elsewhere
    /// (a changelog is one for all).
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
    /// No lane holds any module.
    #[error(
        "no lane holds a module that counts: see `lanes`, `modules.include` and \
         `modules.exclude` in countersign.toml"
    )]
    Nothing,
}

impl SelectError {
    /// True where the question is wrong, not the answer unknown.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Repo(error) => error.is_usage(),
            Self::Nothing => true,
            Self::Unrelated { .. } => false,
        }
    }
}

impl Selection {
    /// True where one module was asked for by its name.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Named(names) if names.len() == 1)
    }

    /// The modules, each once, in the order they were named or of the tree. None
    /// only where nothing changed.
    pub fn modules(&self, ws: &Workspace) -> Result<Vec<RepoPath>, SelectError> {
        match self {
            Self::Named(names) => {
                let tree = ws.modules()?;
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
            Self::All => Ok(all(ws)?.into_iter().map(|module| module.path).collect()),
            Self::Changed(base) => changed(ws, base),
        }
    }
}

/// The topmost packages and files that count.
fn all(ws: &Workspace) -> Result<Vec<Module>, SelectError> {
    ws.require_commit()?;
    let tree = ws.modules()?;
    let include = Globs::new(ws.config().include.iter().map(String::as_str))?;
    // A package of which only a part counts is not a whole one.
    let counts = |module: &Module| {
        include.is_empty()
            || include.matches(&module.path, module.kind != ModuleKind::File)
            || include.matches(&module.path.join("__init__.py"), false)
    };
    let mut units: Vec<Module> = Vec::new();
    for module in tree.modules() {
        let inside = units
            .last()
            .is_some_and(|unit| unit.lane == module.lane && module.path.is_within(&unit.path));
        if !inside && module.kind != ModuleKind::Namespace && counts(module) {
            units.push(module.clone());
        }
    }
    match units.is_empty() {
        true => Err(SelectError::Nothing),
        false => Ok(units),
    }
}

fn changed(ws: &Workspace, name: &str) -> Result<Vec<RepoPath>, SelectError> {
    let commit = ws.require_commit()?;
    let tip = ws.repo().resolve(name)?;
    let Some(base) = merge_base::merge_base(ws.repo(), commit, tip)? else {
        return Err(SelectError::Unrelated {
            base: name.to_owned(),
            revision: ws.revision().to_owned(),
        });
    };
    let paths = differing(ws, base, commit)?;
    let whole = paths.iter().any(of_every_module(ws));
    let git = ws.repo().open_git()?;
    let mut indexes = vec![ws.index()?];
    // What is gone only the merge-base knows to have been reached.
    let mut gone = false;
    for path in paths.iter().filter(|path| path.is_python()) {
        gone |= tree::entry(&git, commit, path)?.is_none();
    }
    if gone {
        let cache = dirs::cache_dir().ok();
        let before = python_index::build(ws.repo(), base, ws.config(), cache.as_deref())?;
        indexes.push(Arc::new(before));
    }
    let mut modules = Vec::new();
    for module in all(ws)? {
        let before = tree::entry(&git, base, &module.path)?;
        let mut differs = whole
            || before.is_none_or(|before| before.id != module.object)
            || paths.iter().any(|path| is_setting_of(path, &module.path));
        for index in &indexes {
            if !differs {
                let reach = Reach::of(ws, index, &module)?;
                differs = paths.iter().any(|path| reach.has(path));
            }
        }
        if differs {
            modules.push(module.path);
        }
    }
    Ok(modules)
}

/// True for what any module may depend on: the configuration, what is declared
/// and installed, who owns what, and what gates of the team's own are made of.
fn of_every_module(ws: &Workspace) -> impl Fn(&RepoPath) -> bool {
    let config = ws.config();
    let mut common: Vec<RepoPath> = vec![project::FILE_NAME.into()];
    common.extend(config.tools.requirements.iter().cloned());
    match &config.owners.codeowners {
        Some(path) => common.push(path.clone()),
        None => common.extend(owners::PLACES.map(RepoPath::from)),
    }
    let checks = checks::all(&config.policy);
    common.extend(checks.iter().flat_map(|check| check.parts()));
    move |path| is_declaration(path) || common.iter().any(|common| path.is_within(common))
}

/// True for a file that sets tools in a directory on the way to a module.
fn is_setting_of(path: &RepoPath, module: &RepoPath) -> bool {
    let sets = settings::FILES
        .iter()
        .any(|file| path.name() == file.as_bytes());
    sets && path
        .parent()
        .is_some_and(|directory| module.is_within(&directory))
}
