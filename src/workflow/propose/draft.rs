//! What was answered so far, in Countersign's own directory: one file for each module of
//! a repository. It is written whole and flushed, so that neither a crash nor a power
//! cut takes more than the last key.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::promotion::proposal::Answers;
use crate::promotion::{ObjectId, RepoPath, Sha256};
use crate::workflow::{Workspace, dirs, sign_off};

use super::ProposeError;

/// The layout.
pub(super) const VERSION: u32 = 1;

/// The longest file that is read, in bytes.
const MOST: u64 = 8 << 20;

/// What was answered, and to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The layout: 1.
    pub version: u32,
    /// The module.
    pub module: RepoPath,
    /// Its tree or blob then.
    pub object: ObjectId,
    /// The forms then.
    pub forms: Sha256,
    /// The answers.
    pub answers: Answers,
}

/// Where they are kept.
#[derive(Clone, Debug)]
pub struct Drafts {
    directory: PathBuf,
    /// What tells repositories apart.
    repository: String,
}

impl Drafts {
    /// Those of a repository; `None` without a home.
    pub fn of(ws: &Workspace) -> Option<Self> {
        let directory = dirs::data_dir().ok()?.join("proposals");
        // Its first commit, which a move of its directory leaves alone; else its place.
        let repository = match sign_off::authority(ws) {
            Ok(authority) => authority.repository.id.to_string(),
            Err(_) => ws.repo().common_dir().to_string_lossy().into_owned(),
        };
        Some(Self::at(directory, &repository))
    }

    /// In that directory.
    pub fn at(directory: PathBuf, repository: &str) -> Self {
        Self {
            directory,
            repository: repository.to_owned(),
        }
    }

    /// What was kept; `None` where nothing was, or nothing that can be read.
    pub fn read(&self, module: &RepoPath) -> Option<Draft> {
        let file = std::fs::File::open(self.file(module)).ok()?;
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).ok()?;
        let draft: Draft = serde_json::from_str(&text).ok()?;
        (draft.version == VERSION && draft.module == *module).then_some(draft)
    }

    /// Keeps a draft in the place of the one before.
    pub fn write(&self, draft: &Draft) -> Result<(), ProposeError> {
        let place = self.file(&draft.module);
        let failed = |source: std::io::Error| ProposeError::Disk {
            path: place.clone(),
            source,
        };
        std::fs::create_dir_all(&self.directory).map_err(failed)?;
        // Readable by its owner only: it is nobody's business before it is proposed.
        let mut file = tempfile::NamedTempFile::new_in(&self.directory).map_err(failed)?;
        let bytes = serde_json::to_vec(draft).map_err(|error| failed(error.into()))?;
        file.write_all(&bytes).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&place).map_err(|error| failed(error.error))?;
        flush(&self.directory).map_err(failed)
    }

    /// Forgets it.
    pub fn forget(&self, module: &RepoPath) -> Result<(), ProposeError> {
        let path = self.file(module);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(ProposeError::Disk { path, source })
            }
            _ => Ok(()),
        }
    }

    fn file(&self, module: &RepoPath) -> PathBuf {
        let mut name = self.repository.as_bytes().to_vec();
        name.push(0);
        name.extend_from_slice(module.as_bytes());
        self.directory.join(format!("{}.json", Sha256::of(&name)))
    }
}

/// The name of a file is in its directory: that has to be on the disk as well.
fn flush(directory: &Path) -> std::io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promotion::proposal::Which;

    #[test]
    fn a_draft_is_read_for_its_module_and_repository_alone() {
        let home = tempfile::tempdir().unwrap();
        let drafts = Drafts::at(home.path().join("proposals"), "abc");
        let mut answers = Answers::default();
        answers.set(Which::Promote, "why", "line one\n\u{202e}two");
        answers.ethics = Some(false);
        let draft = Draft {
            version: VERSION,
            module: "candidate/x".into(),
            object: ObjectId::from_bytes([7; 20]),
            forms: Sha256::of(b"forms"),
            answers,
        };
        assert_eq!(drafts.read(&draft.module), None);
        drafts.write(&draft).unwrap();
        assert_eq!(drafts.read(&draft.module).as_ref(), Some(&draft));
        assert_eq!(drafts.read(&"candidate/y".into()), None);
        let other = Drafts::at(home.path().join("proposals"), "other");
        assert_eq!(other.read(&draft.module), None);
        // Half a file is no draft.
        let file = drafts.file(&draft.module);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, &text[..text.len() / 2]).unwrap();
        assert_eq!(drafts.read(&draft.module), None);
        drafts.forget(&draft.module).unwrap();
        drafts.forget(&draft.module).unwrap();
    }
}
