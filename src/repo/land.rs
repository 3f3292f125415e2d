//! Putting commits that were made aside onto a branch: one compare-and-swap of its
//! reference, and the work tree with it where the branch is checked out.
//!
//! Commits are made, and the work tree is updated, by the user's own git: it knows who
//! they are, how they sign, which filters and which sparse checkout they have.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::promotion::{ObjectId, RepoPath, text};

use super::tree::{object_id, oid};
use super::{Repo, RepoError};

/// How many lines of what git says are told.
const MOST_LINES: usize = 12;

/// Why nothing landed.
#[derive(Debug, thiserror::Error)]
pub enum LandError {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// git did not do it.
    #[error("git could not {doing}: {said}")]
    Git {
        /// What it was asked.
        doing: &'static str,
        /// What it said.
        said: String,
    },
    /// The branch is checked out in another work tree.
    #[error(
        "the branch {branch} is checked out in {}: do it there, or check out another branch there", at.display()
    )]
    Elsewhere {
        /// Which.
        branch: String,
        /// Where.
        at: PathBuf,
    },
    /// A merge, rebase or the like is under way.
    #[error("a {what} is under way in this work tree: end it first (`git status` says how)")]
    UnderWay {
        /// Which.
        what: &'static str,
    },
    /// Files that would be overwritten.
    #[error(
        "uncommitted changes are in the way, and nothing was touched: {said}. Commit them, or put \
         them aside with `git stash --include-untracked`"
    )]
    InTheWay {
        /// What git says of them.
        said: String,
    },
    /// Somebody else moved the branch.
    #[error("the branch {branch} moved meanwhile: nothing was done. Look at it again")]
    Moved {
        /// Which.
        branch: String,
    },
}

/// Whether a branch is checked out, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nowhere: only its reference has to move.
    Nowhere,
    /// In the work tree that is looked at.
    Here(PathBuf),
    /// In another work tree of the same repository.
    Elsewhere(PathBuf),
}

/// A branch that is to get new commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// Without `refs/heads/`.
    pub branch: String,
    /// Where it is now; `None`: it is to be made.
    pub was: Option<ObjectId>,
    /// Where it is checked out.
    pub standing: Standing,
}

impl Landing {
    /// Looks where that branch is.
    pub fn of(repo: &Repo, branch: &str) -> Result<Self, LandError> {
        let git = repo.open_git()?;
        let name = format!("refs/heads/{branch}");
        let was = match git.find_reference(&name) {
            Ok(found) => {
                let commit = found.peel_to_commit();
                let commit = commit.map_err(RepoError::git(format!("read the branch {branch}")))?;
                Some(object_id(commit.id()))
            }
            Err(error) if error.code() == git2::ErrorCode::NotFound => None,
            Err(error) => {
                return Err(RepoError::git(format!("read the branch {branch}"))(error).into());
            }
        };
        Ok(Self {
            branch: branch.to_owned(),
            was,
            standing: standing(repo, &name)?,
        })
    }

    /// Refuses where the work tree does not let it land. Touches nothing.
    pub fn may(&self, repo: &Repo, to: ObjectId) -> Result<(), LandError> {
        match (&self.standing, self.was) {
            (Standing::Elsewhere(at), _) => Err(LandError::Elsewhere {
                branch: self.branch.clone(),
                at: at.clone(),
            }),
            (Standing::Here(at), Some(was)) => {
                if let Some(what) = under_way(repo)? {
                    return Err(LandError::UnderWay { what });
                }
                // Without it a file that was only touched counts as changed. What it
                // says of files that are changed is no failure.
                let _ = git(at, &["update-index", "-q", "--refresh"], b"")?;
                in_the_way(read_tree(at, was, to, true)?)
            }
            _ => Ok(()),
        }
    }

    /// Moves the branch to a commit: the work tree first, as git itself does it, then
    /// the reference, by compare and swap. Where that fails the work tree goes back.
    pub fn land(&self, repo: &Repo, to: ObjectId, message: &str) -> Result<(), LandError> {
        self.may(repo, to)?;
        let here = match (&self.standing, self.was) {
            (Standing::Here(at), Some(was)) => Some((at, was)),
            _ => None,
        };
        if let Some((at, was)) = here {
            in_the_way(read_tree(at, was, to, false)?)?;
        }
        let moved = self.swap(repo, to, message);
        if let (Err(_), Some((at, was))) = (&moved, here) {
            done("put the work tree back", read_tree(at, to, was, false)?)?;
        }
        moved
    }

    fn swap(&self, repo: &Repo, to: ObjectId, message: &str) -> Result<(), LandError> {
        let git = repo.open_git()?;
        let name = format!("refs/heads/{}", self.branch);
        let moved = match self.was {
            Some(was) => git.reference_matching(&name, oid(to), true, oid(was), message),
            None => git.reference(&name, oid(to), false, message),
        };
        match moved {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(
                    error.code(),
                    git2::ErrorCode::Modified | git2::ErrorCode::Exists | git2::ErrorCode::NotFound
                ) =>
            {
                Err(LandError::Moved {
                    branch: self.branch.clone(),
                })
            }
            Err(error) => {
                Err(RepoError::git(format!("move the branch {}", self.branch))(error).into())
            }
        }
    }
}

/// Makes a commit that no reference names, as the user's own git would: with their name,
/// and signed where they sign all commits.
pub fn commit(
    repo: &Repo,
    tree: ObjectId,
    parent: ObjectId,
    message: &str,
) -> Result<ObjectId, LandError> {
    let signs = repo
        .open_git()?
        .config()
        .and_then(|config| config.get_bool("commit.gpgsign"))
        .unwrap_or(false);
    let (tree, parent) = (tree.to_string(), parent.to_string());
    let mut arguments = vec![
        "commit-tree",
        tree.as_str(),
        "-p",
        parent.as_str(),
        "-F",
        "-",
    ];
    if signs {
        arguments.insert(1, "-S");
    }
    let out = done(
        "make the commit",
        git(repo.root(), &arguments, message.as_bytes())?,
    )?;
    ObjectId::from_hex(out.trim()).ok_or_else(|| LandError::Git {
        doing: "make the commit",
        said: format!("it answered {:?}", text::visible(out.trim())),
    })
}

fn standing(repo: &Repo, branch: &str) -> Result<Standing, LandError> {
    let git = repo.open_git()?;
    let has = |git: &git2::Repository| {
        let head = git.find_reference("HEAD").ok();
        head.is_some_and(|it| it.symbolic_target_bytes() == Some(branch.as_bytes()))
    };
    if let Some(at) = repo.work_tree()
        && has(&git)
    {
        return Ok(Standing::Here(at.to_owned()));
    }
    let read = RepoError::git("read the work trees");
    let main = git2::Repository::open(repo.common_dir()).ok();
    let names = git.worktrees().map_err(read)?;
    let linked = names.iter_bytes().filter_map(|name| {
        let name = std::str::from_utf8(name).ok()?;
        let tree = git.find_worktree(name).ok()?;
        git2::Repository::open_from_worktree(&tree).ok()
    });
    let mut others = main.into_iter().chain(linked);
    let other = others.find_map(|other| Some(other.workdir()?.to_owned()).filter(|_| has(&other)));
    Ok(match other {
        Some(at) => Standing::Elsewhere(at),
        None => Standing::Nowhere,
    })
}

fn under_way(repo: &Repo) -> Result<Option<&'static str>, LandError> {
    use git2::RepositoryState as State;
    Ok(match repo.open_git()?.state() {
        State::Clean => None,
        State::Merge => Some("merge"),
        State::Revert | State::RevertSequence => Some("revert"),
        State::CherryPick | State::CherryPickSequence => Some("cherry-pick"),
        State::Bisect => Some("bisect"),
        State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("rebase"),
        _ => Some("patch series"),
    })
}

/// What is left in the work tree of a directory that moved: files that git does not
/// track. At most so many of them, and how many there are.
pub fn leftovers(at: &Path, under: &RepoPath, most: usize) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut count = 0;
    let mut todo = vec![at.join(under.to_fs())];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|it| it.is_dir()) {
                todo.push(entry.path());
                continue;
            }
            count += 1;
            if found.len() < most {
                let path = entry.path();
                let path = path.strip_prefix(at).unwrap_or(&path);
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    (found, count)
}

/// Takes the work tree and its index from one commit to another. git refuses, and
/// touches nothing, where something that is not committed would be lost.
fn read_tree(at: &Path, from: ObjectId, to: ObjectId, dry: bool) -> Result<Output, LandError> {
    let (from, to) = (from.to_string(), to.to_string());
    let mut arguments = vec!["read-tree", "-m", "-u"];
    if dry {
        arguments.push("-n");
    }
    arguments.extend([from.as_str(), to.as_str()]);
    git(at, &arguments, b"")
}

fn in_the_way(output: Output) -> Result<(), LandError> {
    match output.status.success() {
        true => Ok(()),
        false => Err(LandError::InTheWay {
            said: words(&output),
        }),
    }
}

fn done(doing: &'static str, output: Output) -> Result<String, LandError> {
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(LandError::Git {
            doing,
            said: words(&output),
        }),
    }
}

fn words(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = said
        .lines()
        .map(|line| line.trim().trim_start_matches("error: "))
        .filter(|line| !line.is_empty())
        .collect();
    let mut words = lines[..lines.len().min(MOST_LINES)].join("; ");
    if lines.len() > MOST_LINES {
        words += "; and more";
    }
    text::visible(&words).into_owned()
}

fn git<A: AsRef<OsStr>>(at: &Path, arguments: &[A], input: &[u8]) -> Result<Output, LandError> {
    let failed = |error: std::io::Error| LandError::Git {
        doing: "be started",
        said: format!("{error}. Install git"),
    };
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(at)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Of a git that started us, for a hook say.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    let mut child = command.spawn().map_err(failed)?;
    // One that ends early says more by its exit code than by this.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    child.wait_with_output().map_err(failed)
}
