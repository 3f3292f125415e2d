//! Where the console was left and how its panes were sized, kept in Countersign's own
//! directory: one document for each clone, and one for the panes. Both are a convenience:
//! nothing else is lost where they cannot be read or written.

use std::path::Path;

use super::model::panes::Panes;
use super::model::session::Session;
use super::model::{Level, Model};
use crate::promotion::Sha256;
use crate::workflow::dirs;
use crate::workflow::drawer::{Drawer, DrawerError};

/// The document with the sizes of panes.
const PANES: &str = "panes";

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Sessions {
    drawer: Drawer,
    /// The document of this clone.
    name: String,
}

impl Sessions {
    /// That of a clone, by its git directory; `None` without a home.
    pub fn of(git_dir: &Path) -> Option<Self> {
        let place = git_dir.canonicalize().unwrap_or_else(|_| git_dir.into());
        let clone = Sha256::of(place.as_os_str().as_encoded_bytes());
        Some(Self {
            drawer: Drawer::at(dirs::state_dir().ok()?.join("console")),
            name: clone.to_string(),
        })
    }

    /// Gives a model that knows no module yet what was kept; `rev`: a revision was named.
    pub fn restore(&self, model: &mut Model, resume: bool, rev: bool) {
        let panes = self.drawer.read(PANES);
        let session = self.drawer.read::<Option<Session>>(&self.name);
        for (what, aside) in [
            ("the sizes of panes", panes.as_ref().map(|it| &it.1)),
            ("where you left", session.as_ref().map(|it| &it.1)),
        ] {
            match aside {
                Ok(None) => {}
                Ok(Some(aside)) => model.tell(Level::Warning, format!("{what}: {aside}")),
                Err(error) => model.tell(Level::Warning, format!("{what}: {error}")),
            }
        }
        model.panes = panes.map(|it| it.0).unwrap_or_default();
        let session = session.ok().and_then(|it| it.0);
        let session = session.filter(|it| resume && it.is_known());
        model.session = session.map(Box::new);
        // Who names a revision wants that one.
        if let Some(session) = &mut model.session
            && rev
        {
            session.looking = None;
        }
    }

    /// Keeps where one is.
    pub fn keep(&self, model: &Model) -> Result<(), DrawerError> {
        let panes = |kept: &mut Panes| kept.clone_from(&model.panes);
        self.drawer.change(PANES, panes)?;
        if let Some(session) = Session::of(model) {
            let session = |kept: &mut Option<Session>| *kept = Some(session);
            self.drawer.change(&self.name, session)?;
        }
        Ok(())
    }
}
