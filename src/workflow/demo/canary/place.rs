//! Where the demo is made: a directory that is new, empty, or marked as an earlier run's.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use super::CanaryDemoError;
use crate::workflow::demo::is_free;

/// Says whose the directory is. It is written before anything else, so that half a run is
/// known as one, too.
const MARK: &str = ".countersign-demo-canary";
/// What stands in it.
const WORDS: &str = "countersign demo canary made what is here, and makes it anew with each run.\n";
/// All that a run makes beside the mark.
const MADE: [&str; 4] = ["repository", "repository.keys", "service.py", "prometheus"];

/// The directory; no other run takes it while this is held.
pub(super) struct Place {
    /// True where an earlier run was removed.
    pub again: bool,
    _mark: File,
}

impl Place {
    /// Takes it. Of an earlier run exactly what that made is removed; a directory without
    /// its mark is left alone, and is an error.
    pub fn take(at: &Path) -> Result<Self, CanaryDemoError> {
        let mark = at.join(MARK);
        let disk = |source| CanaryDemoError::Disk {
            path: at.into(),
            source,
        };
        let again = !is_free(at).map_err(disk)?;
        if again && !is_marked(&mark) {
            return Err(CanaryDemoError::Occupied { path: at.into() });
        }
        fs::create_dir_all(at).map_err(disk)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(!again);
        let mut file = options.open(&mark).map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CanaryDemoError::Busy { path: at.into() });
            }
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        match again {
            false => file.write_all(WORDS.as_bytes()).map_err(disk)?,
            true => MADE
                .iter()
                .try_for_each(|it| remove(&at.join(it)))
                .map_err(disk)?,
        }
        Ok(Self { again, _mark: file })
    }
}

/// Whether that is the mark, and no link to one.
fn is_marked(mark: &Path) -> bool {
    mark.symlink_metadata().is_ok_and(|it| it.is_file())
        && fs::read(mark).is_ok_and(|it| it == WORDS.as_bytes())
}

/// Where it is there. Links are not followed.
fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(it) if it.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn an_earlier_run_is_removed_and_nothing_else() -> Tested {
        let dir = tempfile::tempdir()?;
        let at = dir.path().join("shown");
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(&elsewhere)?;
        fs::write(elsewhere.join("kept"), "")?;
        assert!(!Place::take(&at)?.again);
        // Half a run, with what somebody put there.
        fs::create_dir_all(at.join("repository/.git"))?;
        std::os::unix::fs::symlink(&elsewhere, at.join("repository/.venv"))?;
        std::os::unix::fs::symlink(&elsewhere, at.join("prometheus"))?;
        fs::write(at.join("service.py"), "")?;
        fs::write(at.join("notes"), "")?;
        assert!(Place::take(&at)?.again);
        let mut left: Vec<_> = fs::read_dir(&at)?
            .map(|it| Ok(it?.file_name()))
            .collect::<io::Result<_>>()?;
        left.sort();
        assert_eq!(left, [MARK, "notes"]);
        assert!(elsewhere.join("kept").exists(), "links are not followed");
        Ok(())
    }

    #[test]
    fn what_is_not_marked_is_left_alone() -> Tested {
        let dir = tempfile::tempdir()?;
        let at = dir.path();
        fs::create_dir(at.join("repository"))?;
        for mark in [None, Some("something else\n")] {
            if let Some(mark) = mark {
                fs::write(at.join(MARK), mark)?;
            }
            let taken = Place::take(at).map(|it| it.again);
            let why = taken.err().map(|it| it.to_string()).unwrap_or_default();
            assert!(why.contains("did not make"), "{why}");
            assert!(at.join("repository").exists());
        }
        Ok(())
    }

    #[test]
    fn a_run_under_way_is_left_alone() -> Tested {
        let dir = tempfile::tempdir()?;
        let _held = Place::take(dir.path())?;
        fs::create_dir(dir.path().join("repository"))?;
        let taken = Place::take(dir.path()).map(|it| it.again);
        assert!(matches!(taken, Err(CanaryDemoError::Busy { .. })));
        assert!(dir.path().join("repository").exists());
        Ok(())
    }
}
