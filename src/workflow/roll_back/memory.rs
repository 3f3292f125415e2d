//! What this machine has to remember of a rollback: which claims are its own. It may be
//! lost; then the claim runs out, and anybody goes on.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::promotion::{ObjectId, Sha256};
use crate::workflow::dirs;
use crate::workflow::notify::Outbox;
use crate::workflow::sign_off::Desk;

use super::RollBackError;

/// Held while this machine is at work on one rollback. Let go when it is dropped, and
/// when its process ends, however that comes.
pub(super) struct Memory {
    /// Without an extension.
    place: PathBuf,
    outbox: PathBuf,
    _turn: File,
}

impl Memory {
    /// `None` where another process of this machine is at work on it.
    pub fn open(desk: &Desk, promotion: ObjectId) -> Result<Option<Self>, RollBackError> {
        let directory = dirs::data_dir()?.join("rollback");
        fs::create_dir_all(&directory).map_err(disk(&directory))?;
        let repository = &desk.authority.repository.id;
        let name = Sha256::of(format!("{repository}\n{promotion}").as_bytes());
        let place = directory.join(&name.to_string()[..32]);
        let path = place.with_extension("turn");
        let turn = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(disk(&path))?;
        match turn.try_lock() {
            Ok(()) => Ok(Some(Self {
                place,
                outbox: directory.join("outbox"),
                _turn: turn,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(disk(&path)(error)),
        }
    }

    /// Where notices are kept.
    pub fn outbox(&self) -> Outbox {
        Outbox::at(&self.outbox)
    }

    /// True where this machine made that claim.
    pub fn has(&self, nonce: &str) -> bool {
        let said = fs::read_to_string(self.place.with_extension("claims"));
        said.is_ok_and(|it| it.lines().any(|line| line == nonce))
    }

    /// Remembers a claim, before the log has it.
    pub fn keep(&self, nonce: &str) -> Result<(), RollBackError> {
        self.add("claims", nonce)
    }

    /// The pull request that was opened, by its address.
    pub fn pull(&self) -> Option<String> {
        let said = fs::read_to_string(self.place.with_extension("pull")).ok()?;
        said.lines().next().map(str::to_owned)
    }

    /// Remembers a pull request.
    pub fn keep_pull(&self, url: &str) -> Result<(), RollBackError> {
        self.add("pull", url)
    }

    fn add(&self, extension: &str, line: &str) -> Result<(), RollBackError> {
        let path = self.place.with_extension(extension);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let written = file.and_then(|mut file| {
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()
        });
        written.map_err(disk(&path))
    }
}

fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> RollBackError {
    let path = path.to_owned();
    |source| RollBackError::Disk { path, source }
}
