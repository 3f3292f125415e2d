//! Reading from and writing to the work tree: never through a link, and only
//! over what is still as it was read.

use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, fchmod, fstat, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::Mended;
use crate::promotion::RepoPath;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The file is another one by now.
    #[error("{path} changed in the work tree meanwhile. Nothing was written; run fix again")]
    Moved {
        /// The file.
        path: RepoPath,
    },
    /// It could not be written.
    #[error("{path} cannot be written: {source}. Nothing was changed")]
    Io {
        /// The file, or the work tree.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Writing failed half-way, and so did taking it back.
    #[error("{why}. These files were written all the same: {}", .written.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Half {
        /// What failed.
        why: String,
        /// What stands as the tools would have it.
        written: Vec<RepoPath>,
    },
}

/// What stands at a path.
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// A regular file.
    File { content: Vec<u8>, mode: u32 },
    /// Something that is neither read nor written, in words.
    Odd(&'static str),
}

/// A work tree. Every path is opened part by part from its root, and no part
/// may be a link: so nothing outside of it is reached, whatever is done to it
/// meanwhile.
pub(super) struct WorkTree {
    root: OwnedFd,
}

const DIRECTORY: OFlags = OFlags::DIRECTORY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl WorkTree {
    pub fn open(root: &Path) -> Result<Self, ApplyError> {
        // The way to the root may lead over links: it is the person's own.
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root_fd = rustix::fs::open(root, flags, Mode::empty());
        let root = root_fd.map_err(|error| ApplyError::Io {
            path: root.display().to_string(),
            source: error.into(),
        })?;
        Ok(Self { root })
    }

    /// The directory that a file lies in.
    fn directory(&self, path: &RepoPath) -> io::Result<OwnedFd> {
        if !path.is_safe() {
            return Err(io::Error::other("its name leads out of the work tree"));
        }
        let mut at = self.root.try_clone()?;
        let above = path.parent().map(|parent| parent.to_fs());
        for part in above.unwrap_or_default().components() {
            at = openat(&at, part.as_os_str(), DIRECTORY, Mode::empty())?;
        }
        Ok(at)
    }

    pub fn read(&self, path: &RepoPath) -> io::Result<Found> {
        let directory = match self.directory(path) {
            Ok(directory) => directory,
            Err(error) => return odd(error, "lies behind a symbolic link"),
        };
        read_at(&directory, path)
    }

    /// Replaces files: all, or none.
    pub fn replace(&self, files: &[&Mended]) -> Result<(), ApplyError> {
        let mut staged: Vec<Staged<'_>> = Vec::new();
        for file in files {
            staged.push(Staged::of(self, file)?);
        }
        for n in 0..staged.len() {
            if let Err(error) = staged[n].commit() {
                return Err(take_back(self, &staged[..n], error));
            }
        }
        Ok(())
    }
}

/// Puts back what was written before something failed.
fn take_back(tree: &WorkTree, done: &[Staged<'_>], why: ApplyError) -> ApplyError {
    let mut written = Vec::new();
    for staged in done.iter().rev() {
        let back = Mended {
            path: staged.file.path.clone(),
            before: staged.file.after.clone(),
            after: staged.file.before.clone(),
            mode: staged.file.mode,
        };
        let undone = Staged::of(tree, &back).and_then(|mut staged| staged.commit());
        if undone.is_err() {
            written.push(back.path);
        }
    }
    match written.is_empty() {
        true => why,
        false => ApplyError::Half {
            why: why.to_string(),
            written,
        },
    }
}

/// A file's new content, written beside it.
struct Staged<'a> {
    file: &'a Mended,
    directory: OwnedFd,
    /// The name of the new content, until it has the file's.
    new: Option<PathBuf>,
}

impl<'a> Staged<'a> {
    fn of(tree: &WorkTree, file: &'a Mended) -> Result<Self, ApplyError> {
        let failed = |source| ApplyError::Io {
            path: file.path.to_string(),
            source,
        };
        let directory = match tree.directory(&file.path) {
            Ok(directory) => directory,
            // It was there when the file was read.
            Err(error) => match odd(error, "") {
                Ok(_) => return Err(moved(file)),
                Err(error) => return Err(failed(error)),
            },
        };
        let mut staged = Self {
            file,
            directory,
            new: None,
        };
        staged.check()?;
        staged.write().map_err(failed)?;
        Ok(staged)
    }

    /// The file is still exactly as it was read.
    fn check(&self) -> Result<(), ApplyError> {
        match read_at(&self.directory, &self.file.path) {
            Ok(Found::File { content, mode })
                if content == self.file.before && mode == self.file.mode =>
            {
                Ok(())
            }
            Ok(_) => Err(moved(self.file)),
            Err(source) => Err(ApplyError::Io {
                path: self.file.path.to_string(),
                source,
            }),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(self.file.mode & 0o7777);
        for n in 0..u32::MAX {
            let name = format!(".countersign-fix-{}-{n}", std::process::id());
            let fd = match openat(&self.directory, name.as_str(), flags, Mode::RUSR) {
                Err(Errno::EXIST) => continue,
                fd => fd?,
            };
            self.new = Some(name.into());
            fchmod(&fd, mode)?;
            let mut out = std::fs::File::from(fd);
            out.write_all(&self.file.after)?;
            return out.sync_all();
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn commit(&mut self) -> Result<(), ApplyError> {
        self.check()?;
        let Some(new) = self.new.take() else {
            return Ok(());
        };
        let name = std::ffi::OsStr::from_bytes(self.file.path.name());
        renameat(&self.directory, &new, &self.directory, name).map_err(|error| {
            self.new = Some(new);
            ApplyError::Io {
                path: self.file.path.to_string(),
                source: error.into(),
            }
        })
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Some(new) = &self.new {
            let _ = unlinkat(&self.directory, new, AtFlags::empty());
        }
    }
}

fn moved(file: &Mended) -> ApplyError {
    ApplyError::Moved {
        path: file.path.clone(),
    }
}

fn read_at(directory: &OwnedFd, path: &RepoPath) -> io::Result<Found> {
    // Nothing is waited for: a pipe may stand there.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let name = std::ffi::OsStr::from_bytes(path.name());
    let fd = match openat(directory, name, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(error) => return odd(error.into(), "is a symbolic link"),
    };
    let stat = fstat(&fd)?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return Ok(Found::Odd("is no regular file"));
    }
    let mut content = Vec::new();
    std::fs::File::from(fd).read_to_end(&mut content)?;
    Ok(Found::File {
        content,
        mode: stat.st_mode & 0o7777,
    })
}

/// What an error of opening says of what stands there.
fn odd(error: io::Error, link: &'static str) -> io::Result<Found> {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => Ok(Found::Absent),
        Some(Errno::LOOP | Errno::NOTDIR) => Ok(Found::Odd(link)),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mended(path: &str, before: &str, after: &str) -> Mended {
        Mended {
            path: path.into(),
            before: before.into(),
            after: after.into(),
            mode: 0o640,
        }
    }

    /// A work tree with a directory `m` and these files, all of mode 0640.
    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, WorkTree) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("m")).unwrap();
        for (path, content) in files {
            let at = dir.path().join(path);
            fs::write(&at, content).unwrap();
            fs::set_permissions(&at, fs::Permissions::from_mode(0o640)).unwrap();
        }
        let tree = WorkTree::open(dir.path()).unwrap();
        (dir, tree)
    }

    fn text(dir: &tempfile::TempDir, path: &str) -> String {
        fs::read_to_string(dir.path().join(path)).unwrap()
    }

    fn names(dir: &tempfile::TempDir) -> usize {
        fs::read_dir(dir.path().join("m")).unwrap().count()
    }

    #[test]
    fn files_are_replaced_and_keep_their_rights() {
        let (dir, tree) = tree(&[("m/a.py", "a"), ("m/b.py", "b")]);
        let (a, b) = (mended("m/a.py", "a", "A"), mended("m/b.py", "b", "B"));
        tree.replace(&[&a, &b]).unwrap();
        assert_eq!(
            (text(&dir, "m/a.py"), text(&dir, "m/b.py")),
            ("A".into(), "B".into())
        );
        let mode = fs::metadata(dir.path().join("m/a.py"))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o7777, 0o640);
        assert_eq!(names(&dir), 2);
    }

    #[test]
    fn one_that_moved_keeps_all_from_being_written() {
        let (dir, tree) = tree(&[("m/a.py", "a"), ("m/b.py", "edited")]);
        let (a, b) = (mended("m/a.py", "a", "A"), mended("m/b.py", "b", "B"));
        let error = tree.replace(&[&a, &b]).unwrap_err();
        assert!(matches!(error, ApplyError::Moved { path } if path == "m/b.py".into()));
        let mut other_mode = mended("m/a.py", "a", "A");
        other_mode.mode = 0o644;
        assert!(tree.replace(&[&other_mode]).is_err());
        assert_eq!((text(&dir, "m/a.py"), names(&dir)), ("a".into(), 2));
    }

    #[test]
    fn what_was_written_is_taken_back_when_a_later_one_fails() {
        let (dir, tree) = tree(&[("m/a.py", "a"), ("m/b.py", "b")]);
        let (a, b) = (mended("m/a.py", "a", "A"), mended("m/b.py", "b", "B"));
        let mut staged = [
            Staged::of(&tree, &a).unwrap(),
            Staged::of(&tree, &b).unwrap(),
        ];
        staged[0].commit().unwrap();
        // Between the two somebody saves the second.
        fs::write(dir.path().join("m/b.py"), "edited").unwrap();
        let error = staged[1].commit().unwrap_err();
        let error = take_back(&tree, &staged[..1], error);
        assert!(matches!(error, ApplyError::Moved { .. }), "{error}");
        assert_eq!(text(&dir, "m/a.py"), "a");
        assert_eq!(text(&dir, "m/b.py"), "edited");
        drop(staged);
        assert_eq!(names(&dir), 2);
    }

    #[test]
    fn links_are_neither_read_nor_written_through() {
        let (dir, tree) = tree(&[("m/real.py", "secret")]);
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a.py"), "secret").unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        symlink("real.py", dir.path().join("m/link.py")).unwrap();
        symlink(outside.path().join("a.py"), dir.path().join("m/out.py")).unwrap();
        for path in ["out/a.py", "m/link.py", "m/out.py"] {
            assert!(
                matches!(tree.read(&path.into()), Ok(Found::Odd(_))),
                "{path}"
            );
            let file = mended(path, "secret", "changed");
            assert!(tree.replace(&[&file]).is_err(), "{path}");
        }
        for path in ["../a.py", "m/../../a.py", ".git/config"] {
            assert!(tree.read(&path.into()).is_err(), "{path}");
            assert!(tree.replace(&[&mended(path, "", "x")]).is_err(), "{path}");
        }
        assert_eq!(text(&dir, "m/real.py"), "secret");
        let there = fs::read_to_string(outside.path().join("a.py")).unwrap();
        assert_eq!(there, "secret");
    }

    #[test]
    fn what_is_no_file_is_said() {
        let (dir, tree) = tree(&[]);
        fs::create_dir(dir.path().join("m/d.py")).unwrap();
        let pipe = dir.path().join("m/p.py");
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, Mode::RUSR, 0).unwrap();
        assert!(matches!(tree.read(&"m/d.py".into()), Ok(Found::Odd(_))));
        assert!(matches!(tree.read(&"m/p.py".into()), Ok(Found::Odd(_))));
        assert!(matches!(tree.read(&"m/x.py".into()), Ok(Found::Absent)));
        assert!(matches!(tree.read(&"n/x.py".into()), Ok(Found::Absent)));
    }
}
