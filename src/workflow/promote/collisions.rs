//! What stands where a module would go, or too close to it.

use crate::promotion::ObjectId;
use crate::promotion::{Module, ModuleKind, Relocation, RepoPath, text};
use crate::repo::tree::{self, Mode, object_id};
use crate::repo::{Repo, RepoError};

/// Why a module cannot go there, in words; empty where it can.
pub(super) fn collisions(
    repo: &Repo,
    commit: ObjectId,
    module: &Module,
    relocation: &Relocation,
    moves: &[(RepoPath, RepoPath)],
) -> Result<Vec<String>, RepoError> {
    let Relocation { from, to } = relocation;
    let git = repo.open_git()?;
    let mut found = Vec::new();
    if folded(from.as_bytes()) == folded(to.as_bytes()) {
        found.push(format!(
            "{from} and {to} differ in upper and lower case only: a file system that takes them \
             for the same cannot hold that move. Rename it by way of another name first"
        ));
        return Ok(found);
    }
    for (from, to) in moves {
        if let Some(why) = at(&git, commit, from, to)? {
            found.push(why);
        }
    }
    if let Some(why) = shadow(&git, commit, module, to)? {
        found.push(why);
    }
    found.extend(submodules(&git, commit, from)?);
    Ok(found)
}

/// Something at the path itself, above it, or called alike but for the case.
fn at(
    git: &git2::Repository,
    commit: ObjectId,
    from: &RepoPath,
    to: &RepoPath,
) -> Result<Option<String>, RepoError> {
    let mut here = RepoPath::default();
    let mut tree = tree::root(git, commit)?;
    let parts: Vec<&[u8]> = to.as_bytes().split(|b| *b == b'/').collect();
    for (nth, part) in parts.iter().enumerate() {
        let last = nth + 1 == parts.len();
        let same = tree
            .get_name_bytes(part)
            .map(|it| (object_id(it.id()), Mode::from_git(it.filemode_raw())));
        let alike = tree.iter().find_map(|entry| {
            let name = entry.name_bytes();
            (name != *part && folded(name) == folded(part)).then(|| here.join(name))
        });
        here = here.join(part);
        match (same, alike) {
            (None, Some(alike)) => {
                return Ok(Some(format!(
                    "{alike} is there, and {here} would differ from it in upper and lower case \
                     only: many file systems take them for the same"
                )));
            }
            (None, None) => return Ok(None),
            (Some((_, Mode::Tree)), _) if last => {
                return Ok(Some(format!(
                    "{to} exists already, and two directories are not merged. See what differs \
                     with `countersign diff {} --against LANE`; take the old one out first, or \
                     promote the parts of {from} one by one",
                    shown(from)
                )));
            }
            (Some(_), _) if last => {
                return Ok(Some(format!(
                    "{to} exists already. See what differs with `countersign diff {} --against \
                     LANE`; take the old one out first",
                    shown(from)
                )));
            }
            (Some((id, Mode::Tree)), _) => tree = tree::subtree(git, id)?,
            (Some((_, Mode::Symlink)), _) => {
                return Ok(Some(format!(
                    "{here} is a link: {to} would not lie in this tree"
                )));
            }
            (Some(_), _) => {
                return Ok(Some(format!("{here} is a file: nothing can lie below it")));
            }
        }
    }
    Ok(None)
}

/// A package and a file of one name: Python imports the package, whichever was meant.
fn shadow(
    git: &git2::Repository,
    commit: ObjectId,
    module: &Module,
    to: &RepoPath,
) -> Result<Option<String>, RepoError> {
    let other = match module.kind {
        ModuleKind::File => to.as_bytes().strip_suffix(b".py").map(RepoPath::from_bytes),
        ModuleKind::Package | ModuleKind::Namespace => {
            Some(RepoPath::from_bytes([to.as_bytes(), b".py"].concat()))
        }
    };
    let Some(other) = other else { return Ok(None) };
    Ok(tree::entry(git, commit, &other)?.map(|_| {
        format!(
            "{other} has the same name for Python as {to} would have: only the package of the two \
             could be imported"
        )
    }))
}

/// Submodules in it: git knows them by their paths in `.gitmodules`.
fn submodules(
    git: &git2::Repository,
    commit: ObjectId,
    from: &RepoPath,
) -> Result<Vec<String>, RepoError> {
    let all = tree::walk(git, commit, from)?.into_iter();
    let links = all.filter(|(_, entry)| entry.mode == Mode::Gitlink);
    Ok(links
        .map(|(path, _)| {
            format!("{path} is a submodule, which only `git mv` can move: do that first, by itself")
        })
        .collect())
}

/// A name as a file system sees it that ignores case.
fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

fn shown(path: &RepoPath) -> String {
    text::visible(&path.to_text()).into_owned()
}
