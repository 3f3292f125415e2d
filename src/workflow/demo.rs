//! `countersign demo`: a sample repository with a module in every state.
//!
//! It is a real repository with a real history, and the same one every time: people, dates and
//! files are fixed, and nothing of the user's own git set-up takes part. `history` says who did
//! what and when; `hostile` makes the files that are better not kept in a repository; `keys` has
//! what its people sign with, and puts it beside the repository. `canary` goes on from there:
//! a promotion that is merged, watched and taken back.

pub mod canary;
mod history;
mod hostile;
mod keys;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{
    ErrorCode, Index, IndexEntry, IndexEntryExtendedFlag, IndexTime, Oid, Repository,
    RepositoryInitOptions, RepositoryOpenFlags, Signature, Time, Tree, build::CheckoutBuilder,
};
use jiff::fmt::temporal::Pieces;

use history::{Commit, MARA, Person};
pub use keys::{keys, worthless};

const MAIN: &str = "refs/heads/main";
const WORK: &str = "refs/heads/work/next-promotions";

/// The sample repository, ready to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// Where its work tree is.
    pub path: PathBuf,
    /// The last commit of its history: the same on every machine.
    pub head: String,
}

/// Why there is no sample repository.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The place is taken.
    #[error(
        "{} already holds something that is not this demo, or only part of it; name an empty or new directory with `--at DIR`",
        path.display()
    )]
    Occupied {
        /// The place asked for.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("could not make the demo in {}; is the directory writable?", path.display())]
    Io {
        /// The place asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The repository could not be read or written.
    #[error(
        "git could not make or read the demo in {}; remove what is there, or name another directory with `--at DIR`",
        path.display()
    )]
    Git {
        /// The place asked for.
        path: PathBuf,
        /// What libgit2 said.
        source: git2::Error,
    },
}

/// A file as it goes into a tree; its name need not be text.
struct File {
    path: Vec<u8>,
    mode: u32,
    content: Vec<u8>,
}

/// The two tips of the history.
struct Tips {
    main: Oid,
    work: Oid,
}

/// Makes the sample repository in a new or empty directory.
///
/// A directory that already holds it is used as it is, with whatever was promoted in it since.
/// Anything else is left alone, and is an error.
pub fn build(at: &Path) -> Result<Demo, DemoError> {
    let io = |source| DemoError::Io {
        path: at.into(),
        source,
    };
    let git = |source| DemoError::Git {
        path: at.into(),
        source,
    };

    let head = if is_free(at).map_err(io)? {
        fs::create_dir_all(at).map_err(io)?;
        create(at).map_err(git)?
    } else {
        existing(at)
            .map_err(git)?
            .ok_or_else(|| DemoError::Occupied { path: at.into() })?
    };
    Ok(Demo {
        path: at.canonicalize().map_err(io)?,
        head: head.to_string(),
    })
}

/// Whether nothing is there, or an empty directory.
fn is_free(at: &Path) -> io::Result<bool> {
    match fs::read_dir(at) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Ok(true),
            io::ErrorKind::NotADirectory => Ok(false),
            _ => Err(error),
        },
    }
}

/// The head of the demo that is already here, if that is what is here.
fn existing(at: &Path) -> Result<Option<Oid>, git2::Error> {
    let repo = match Repository::open_ext(at, RepositoryOpenFlags::NO_SEARCH, [] as [&Path; 0]) {
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        opened => opened?,
    };
    let expected = expected_head()?;
    for name in ["HEAD", MAIN] {
        let Ok(tip) = repo.find_reference(name).and_then(|it| it.peel_to_commit()) else {
            continue;
        };
        if tip.id() == expected || repo.graph_descendant_of(tip.id(), expected)? {
            return Ok(Some(expected));
        }
    }
    Ok(None)
}

/// The head the history comes to, found without touching the disk.
fn expected_head() -> Result<Oid, git2::Error> {
    let objects = git2::Odb::new()?;
    objects.add_new_mempack_backend(1)?;
    Ok(write(&Repository::from_odb(objects)?)?.work)
}

fn create(at: &Path) -> Result<Oid, git2::Error> {
    let (repo, tips) = begin(at, WORK)?;
    check_out(&repo, &repo.find_commit(tips.work)?.tree()?, can_be_named)?;
    // Branches come last: what was interrupted is never taken for a demo.
    branch(&repo, MAIN, tips.main)?;
    branch(&repo, WORK, tips.work)?;
    Ok(tips.work)
}

/// A repository with the whole history, which no branch has yet.
fn begin(at: &Path, head: &str) -> Result<(Repository, Tips), git2::Error> {
    let repo = Repository::init_opts(
        at,
        RepositoryInitOptions::new()
            .external_template(false)
            .no_reinit(true)
            .initial_head(head),
    )?;
    configure(&repo)?;
    let tips = write(&repo)?;
    Ok((repo, tips))
}

/// A branch that was not there; or moves `main` of a demo that nobody else has yet.
fn branch(repo: &Repository, name: &str, to: Oid) -> Result<(), git2::Error> {
    let moves = name == MAIN;
    repo.reference(name, to, moves, "demo")?;
    Ok(())
}

/// Sets aside the settings of the user that would change bytes or ask for a passphrase, and makes
/// whoever is at the keyboard one of the team, so that something waits for them.
fn configure(repo: &Repository) -> Result<(), git2::Error> {
    let mut config = repo.config()?;
    for off in ["core.autocrlf", "commit.gpgSign", "tag.gpgSign"] {
        config.set_bool(off, false)?;
    }
    config.set_str("user.name", MARA.name)?;
    config.set_str("user.email", MARA.email)
}

/// Writes all commits, and no reference.
fn write(repo: &Repository) -> Result<Tips, git2::Error> {
    let mut files = Index::new()?;
    let mut tip = None;
    for commit in history::on_main() {
        tip = Some(write_commit(repo, &mut files, tip, commit)?);
    }
    let main = tip;
    for commit in history::on_work() {
        tip = Some(write_commit(repo, &mut files, tip, commit)?);
    }
    match (main, tip) {
        (Some(main), Some(work)) => Ok(Tips { main, work }),
        _ => Err(git2::Error::from_str("the demo has no history")),
    }
}

fn write_commit(
    repo: &Repository,
    files: &mut Index,
    parent: Option<Oid>,
    commit: &Commit,
) -> Result<Oid, git2::Error> {
    for (from, to) in commit.moves {
        let missing = || git2::Error::from_str(&format!("there is no {from} to move"));
        let mut entry = files.get_path(Path::new(from), 0).ok_or_else(missing)?;
        files.remove(Path::new(from), 0)?;
        entry.path = (*to).into();
        files.add(&entry)?;
    }
    for file in commit.files() {
        let id = repo.blob(&file.content)?;
        files.add(&entry(file, id))?;
    }
    let tree = repo.find_tree(files.write_tree_to(repo)?)?;
    let parent = parent.map(|id| repo.find_commit(id)).transpose()?;
    let author = signature(commit.by, commit.on)?;
    let parents: Vec<_> = parent.iter().collect();
    repo.commit(None, &author, &author, commit.message, &tree, &parents)
}

fn signature(by: &Person, on: &str) -> Result<Signature<'static>, git2::Error> {
    let wrong = |error: jiff::Error| git2::Error::from_str(&format!("{on}: {error}"));
    let offset = Pieces::parse(on)
        .map_err(wrong)?
        .to_numeric_offset()
        .map_or(0, |offset| offset.seconds() / 60);
    let at: jiff::Timestamp = on.parse().map_err(wrong)?;
    Signature::new(by.name, by.email, &Time::new(at.as_second(), offset))
}

fn entry(file: File, id: Oid) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: file.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: file.path,
    }
}

/// Whether the file system takes any bytes as a name; some insist on text.
fn can_be_named(path: &[u8]) -> bool {
    cfg!(target_os = "linux") || std::str::from_utf8(path).is_ok()
}

/// Fills the work tree, byte for byte. A file that can't be named here is marked as left out, the
/// way a sparse checkout does it.
fn check_out(
    repo: &Repository,
    tree: &Tree,
    can_be_named: fn(&[u8]) -> bool,
) -> Result<(), git2::Error> {
    let mut index = repo.index()?;
    index.read_tree(tree)?;
    let (named, left_out): (Vec<_>, Vec<_>) =
        index.iter().partition(|entry| can_be_named(&entry.path));

    let mut options = CheckoutBuilder::new();
    options.force().disable_filters(true);
    if !left_out.is_empty() {
        options.disable_pathspec_match(true);
        for entry in named {
            options.path(entry.path);
        }
    }
    repo.checkout_index(Some(&mut index), Some(&mut options))?;

    for mut entry in left_out {
        entry.flags_extended |= IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
        index.add(&entry)?;
    }
    index.write()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What git on a file system that insists on text comes to.
    #[test]
    fn a_file_that_cannot_be_named_is_left_out() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let repo = Repository::init(dir.path())?;
        let tree = repo.find_commit(write(&repo)?.work)?.tree()?;
        check_out(&repo, &tree, |path| std::str::from_utf8(path).is_ok())?;

        let index = Repository::open(dir.path())?.index()?;
        let skipped: Vec<_> = index
            .iter()
            .filter(|it| {
                IndexEntryExtendedFlag::from_bits_truncate(it.flags_extended).is_skip_worktree()
            })
            .map(|it| it.path)
            .collect();
        assert_eq!(skipped, [b"candidate/bank_import/relev\xe9.py".to_vec()]);
        assert!(dir.path().join("candidate/bank_import/parser.py").exists());
        Ok(())
    }
}
