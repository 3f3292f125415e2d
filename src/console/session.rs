//! Where the console was left and how its panes were sized, kept in Countersign's own
//! directory: one file for each clone, and one for the panes. Both are a convenience: what
//! cannot be read is as if it were not there, and is written anew.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::model::Model;
use super::model::panes::Panes;
use super::model::session::Session;
use crate::promotion::Sha256;
use crate::workflow::dirs;

/// The longest file that is read, in bytes.
const MOST: u64 = 4 << 20;

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Sessions {
    directory: PathBuf,
    file: PathBuf,
}

impl Sessions {
    /// That of a clone, by its git directory; `None` without a home.
    pub fn of(git_dir: &Path) -> Option<Self> {
        let directory = dirs::state_dir().ok()?.join("console");
        let place = git_dir.canonicalize().unwrap_or_else(|_| git_dir.into());
        let name = Sha256::of(place.as_os_str().as_encoded_bytes());
        Some(Self {
            file: directory.join(format!("{name}.json")),
            directory,
        })
    }

    /// Gives a model that knows no module yet what was kept.
    pub fn restore(&self, model: &mut Model, resume: bool) {
        model.panes = read(&self.panes()).unwrap_or_default();
        let session = read(&self.file).filter(Session::is_known);
        model.session = session.filter(|_| resume).map(Box::new);
    }

    /// Keeps where one is. A crash leaves this or what was there before.
    pub fn keep(&self, model: &Model) -> io::Result<()> {
        let before: Panes = read(&self.panes()).unwrap_or_default();
        if before != model.panes {
            self.write(&self.panes(), &model.panes)?;
        }
        match Session::of(model) {
            Some(session) => self.write(&self.file, &session),
            None => Ok(()),
        }
    }

    fn panes(&self) -> PathBuf {
        self.directory.join("panes.json")
    }

    fn write(&self, place: &Path, what: &impl Serialize) -> io::Result<()> {
        std::fs::create_dir_all(&self.directory)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        file.write_all(&serde_json::to_vec(what)?)?;
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }
}

fn read<T: DeserializeOwned>(place: &Path) -> Option<T> {
    let mut text = String::new();
    let file = std::fs::File::open(place).ok()?;
    file.take(MOST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}
