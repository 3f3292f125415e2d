//! A module beside what it was, or beside what it will replace.

use serde::Serialize;

use super::Workspace;
use crate::promotion::{ObjectId, RepoPath, Sha256, text};
use crate::repo::RepoError;
use crate::repo::diff::{self, Limits, Origin};

pub use crate::repo::Mode;
pub use crate::repo::diff::{
    Alignment, Binary, Change, Content, Ending, Endings, Entry, FileDiff, Lines, ModuleDiff, Move,
    Row, Run, Side, Spaces, Stats, indentation, unified, words,
};

/// What a module is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "lane")]
pub enum Against {
    /// The same module at the merge-base with the base branch.
    Base,
    /// What stands in its place in that target lane.
    Target(RepoPath),
    /// The same module in that commit: what somebody decided on, say.
    At(ObjectId),
}

impl std::fmt::Display for Against {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Base => f.write_str("base"),
            Self::Target(lane) if lane.is_root() => f.write_str("."),
            Self::Target(lane) => f.write_str(&text::visible(&lane.to_text())),
            Self::At(commit) => f.write_str(&commit.short()),
        }
    }
}

/// What a module can be compared with, the default first: its counterpart in
/// the first target lane that has one, else the base; then the others.
pub fn against_choices(ws: &Workspace, module: &RepoPath) -> Result<Vec<Against>, RepoError> {
    let mut with = Vec::new();
    let mut without = Vec::new();
    for (lane, destination) in destinations(ws, module) {
        let there = match ws.commit() {
            Some(commit) => ws.repo().entry(commit, &destination)?.is_some(),
            None => false,
        };
        if there { &mut with } else { &mut without }.push(Against::Target(lane));
    }
    let mut choices = with;
    choices.push(Against::Base);
    choices.extend(without);
    Ok(choices)
}

/// The target lanes of a module, and where it would stand in each.
fn destinations(ws: &Workspace, module: &RepoPath) -> Vec<(RepoPath, RepoPath)> {
    let mut all: Vec<(RepoPath, RepoPath)> = Vec::new();
    for lane in &ws.config().lanes {
        for target in &lane.targets {
            if let Some(destination) = lane.destination(module, target)
                && !all.iter().any(|(known, _)| known == target)
            {
                all.push((target.clone(), destination));
            }
        }
    }
    all
}

/// Compares a module at the revision (on the right) with what it was at the
/// base, or with its counterpart in a target lane (on the left).
pub fn compare(
    ws: &Workspace,
    module: &RepoPath,
    against: &Against,
) -> Result<ModuleDiff, RepoError> {
    compare_unless(ws, module, against, Spaces::Count, &|| false)
}

/// Like [`compare()`], with or without white space; fails with [`RepoError::Cancelled`]
/// soon after `cancelled` turns true.
pub fn compare_unless(
    ws: &Workspace,
    module: &RepoPath,
    against: &Against,
    spaces: Spaces,
    cancelled: &dyn Fn() -> bool,
) -> Result<ModuleDiff, RepoError> {
    within(ws, module, against, Limits::default(), spaces, cancelled)
}

/// The files that differ, and a digest of what the diff shows of each. No file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What it is compared with, in a word.
    pub against: String,
    /// The files.
    pub files: Vec<(RepoPath, Sha256)>,
}

/// The outline of what [`compare()`] would show.
pub fn outline(ws: &Workspace, module: &RepoPath, against: &Against) -> Result<Outline, RepoError> {
    let limits = Limits {
        file: 0,
        total: 0,
        ..Limits::default()
    };
    let diff = within(ws, module, against, limits, Spaces::Count, &|| false)?;
    let differing = diff
        .files
        .iter()
        .filter(|it| it.change != Change::Unchanged);
    Ok(Outline {
        against: against.to_string(),
        files: differing
            .map(|it| (it.path().clone(), it.shown()))
            .collect(),
    })
}

fn within(
    ws: &Workspace,
    module: &RepoPath,
    against: &Against,
    limits: Limits,
    spaces: Spaces,
    cancelled: &dyn Fn() -> bool,
) -> Result<ModuleDiff, RepoError> {
    let commit = ws.require_commit()?;
    let right = origin(Some(commit), module.clone(), "");
    let left = match against {
        Against::Base => {
            let base = ws.find_base()?;
            origin(
                base,
                module.clone(),
                if base.is_some() { " (base)" } else { "" },
            )
        }
        Against::At(commit) => origin(Some(*commit), module.clone(), ""),
        Against::Target(target) => {
            let Some((_, destination)) = destinations(ws, module)
                .into_iter()
                .find(|(lane, _)| lane == target)
            else {
                return Err(RepoError::NoSuchTarget {
                    module: module.clone(),
                    target: target.clone(),
                    targets: destinations(ws, module)
                        .into_iter()
                        .map(|(l, _)| l)
                        .collect(),
                });
            };
            let there = ws.repo().entry(commit, &destination)?.is_some();
            origin(
                Some(commit),
                destination,
                if there { "" } else { " (not there yet)" },
            )
        }
    };
    diff::compare(ws.repo(), &left, &right, limits, spaces, cancelled)
}

fn origin(commit: Option<ObjectId>, path: RepoPath, note: &str) -> Origin {
    let name = match path.is_root() {
        true => ".".into(),
        false => text::visible(&path.to_text()).into_owned(),
    };
    let label = match commit {
        Some(commit) => format!("{name} @ {}{note}", commit.short()),
        None => format!("{name} (no base)"),
    };
    Origin {
        commit,
        path,
        label,
    }
}
