//! What a person keeps of a repository for themselves, in the state directory of this
//! machine: documents by name, each a small file. Nothing is decided by what lies here.
//!
//! A change reads, changes and writes under a lock, so that two consoles lose nothing of
//! each other. A file that cannot be read is put aside, never written over.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dirs::{self, NoHome};
use super::{Workspace, sign_off};
use crate::promotion::Sha256;

/// The longest file that is read, in bytes.
const MOST: u64 = 64 << 20;

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
pub enum DrawerError {
    /// There is no place for it.
    #[error(transparent)]
    Home(#[from] NoHome),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written as JSON.
    #[error(transparent)]
    Shape(#[from] serde_json::Error),
}

/// A document that could not be read; it lies beside the new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Where it lies now.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for Aside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, why) = (self.path.display(), &self.why);
        write!(
            f,
            "it was damaged ({why}), lies at {path} now, and begins anew"
        )
    }
}

/// Where one repository's documents are.
#[derive(Clone, Debug)]
pub struct Drawer(PathBuf);

impl Drawer {
    /// That of a repository: known by its first commit, which a move of its directory
    /// leaves alone; else by its place.
    pub fn of(ws: &Workspace) -> Result<Self, DrawerError> {
        let repository = match sign_off::authority(ws) {
            Ok(authority) => authority.repository.id.to_string(),
            Err(_) => ws.repo().common_dir().to_string_lossy().into_owned(),
        };
        let name = Sha256::of(repository.as_bytes()).to_string();
        Ok(Self(dirs::state_dir()?.join("own").join(name)))
    }

    /// In that directory.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// A document; a new one where there is none, or none that can be read.
    pub fn read<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<(T, Option<Aside>), DrawerError> {
        if !self.place(name).exists() {
            return Ok((T::default(), None));
        }
        let _lock = self.lock()?;
        self.load(name)
    }

    /// Changes a document. A crash leaves it as it was, or changed.
    pub fn change<T: Serialize + DeserializeOwned + Default>(
        &self,
        name: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<Option<Aside>, DrawerError> {
        let _lock = self.lock()?;
        let (mut value, aside) = self.load(name)?;
        change(&mut value);
        let place = self.place(name);
        // Readable by its owner only, as temporary files are.
        let mut file = tempfile::NamedTempFile::new_in(&self.0).map_err(disk(&self.0))?;
        file.write_all(&serde_json::to_vec(&value)?)
            .map_err(disk(&place))?;
        file.persist(&place)
            .map_err(|error| disk(&place)(error.error))?;
        Ok(aside)
    }

    fn load<T: DeserializeOwned + Default>(
        &self,
        name: &str,
    ) -> Result<(T, Option<Aside>), DrawerError> {
        let place = self.place(name);
        let file = match File::open(&place) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((T::default(), None));
            }
            Err(error) => return Err(disk(&place)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(disk(&place))?;
        let why = match bytes.len() as u64 > MOST {
            true => format!("longer than {MOST} bytes"),
            false => match serde_json::from_slice(&bytes) {
                Ok(value) => return Ok((value, None)),
                Err(error) => error.to_string(),
            },
        };
        let path = place.with_extension("damaged");
        std::fs::rename(&place, &path).map_err(disk(&place))?;
        Ok((T::default(), Some(Aside { path, why })))
    }

    /// Held until it is dropped.
    fn lock(&self) -> Result<File, DrawerError> {
        std::fs::create_dir_all(&self.0).map_err(disk(&self.0))?;
        let path = self.0.join("lock");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(disk(&path))?;
        file.lock().map_err(disk(&path))?;
        Ok(file)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.json"))
    }
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> DrawerError {
    let path = path.to_owned();
    move |source| DrawerError::Disk { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Words = Vec<String>;

    fn add(drawer: &Drawer, word: &str) -> Option<Aside> {
        let change = |words: &mut Words| words.push(word.to_owned());
        drawer.change("words", change).unwrap()
    }

    fn read(drawer: &Drawer) -> (Words, Option<Aside>) {
        drawer.read("words").unwrap()
    }

    #[test]
    fn what_is_kept_is_there_again_and_other_names_have_their_own() {
        let home = tempfile::tempdir().unwrap();
        let drawer = Drawer::at(home.path().join("a/b"));
        assert_eq!(read(&drawer), (Words::new(), None));
        assert!(!home.path().join("a").exists(), "reading makes nothing");
        assert_eq!(add(&drawer, "one"), None);
        assert_eq!(add(&drawer, "two"), None);
        assert_eq!(read(&drawer).0, ["one", "two"]);
        let other: (Words, _) = drawer.read("other").unwrap();
        assert_eq!(other.0, Words::new());
    }

    #[test]
    fn what_is_damaged_is_put_aside_and_said() {
        let home = tempfile::tempdir().unwrap();
        let drawer = Drawer::at(home.path());
        for text in ["{", "[1]", ""] {
            std::fs::write(home.path().join("words.json"), text).unwrap();
            let (words, aside) = read(&drawer);
            let aside = aside.unwrap();
            assert_eq!(words, Words::new());
            assert_eq!(std::fs::read_to_string(&aside.path).unwrap(), text);
            assert!(aside.to_string().contains("words.damaged"), "{aside}");
            assert_eq!(read(&drawer).1, None, "it is said once");
        }
        std::fs::write(home.path().join("words.json"), "{").unwrap();
        assert!(add(&drawer, "new").is_some());
        assert_eq!(read(&drawer).0, ["new"]);
    }

    #[test]
    fn what_cannot_be_read_is_not_written_over() {
        let home = tempfile::tempdir().unwrap();
        let drawer = Drawer::at(home.path());
        std::fs::create_dir(home.path().join("words.json")).unwrap();
        let done = drawer.change("words", |words: &mut Words| words.push("x".into()));
        assert!(done.is_err());
        assert!(home.path().join("words.json").is_dir());
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let drawer = Drawer::at(home.path());
        std::thread::scope(|scope| {
            for n in 0..8 {
                let drawer = &drawer;
                scope.spawn(move || add(drawer, &n.to_string()));
            }
        });
        assert_eq!(read(&drawer).0.len(), 8);
    }
}
