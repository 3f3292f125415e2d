//! Answers of a review that was interrupted, kept in Countersign's own directory:
//! one file for each module, role and person of a repository. They are a
//! convenience: nothing is signed from here but what is shown again.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;

use super::model::review::Kept;
use crate::promotion::review::Role;
use crate::promotion::{RepoPath, Sha256};
use crate::workflow::dirs;

/// The longest file that is read, in bytes.
const MOST: u64 = 1 << 20;

/// Where answers are kept.
#[derive(Clone, Debug)]
pub struct Progress {
    directory: PathBuf,
    /// The repository's first commit: what a move of its directory leaves alone.
    repository: String,
}

impl Progress {
    /// That of a repository; `None` without a home.
    pub fn of(repository: &str) -> Option<Self> {
        let directory = dirs::data_dir().ok()?.join("reviews");
        Some(Self::at(directory, repository))
    }

    /// In that directory.
    pub fn at(directory: PathBuf, repository: &str) -> Self {
        Self {
            directory,
            repository: repository.to_owned(),
        }
    }

    /// What was kept; `None` where nothing was, or nothing that can be read.
    pub fn read(&self, module: &RepoPath, role: Role, principal: &str) -> Option<Kept> {
        let file = std::fs::File::open(self.file(module, role, principal)).ok()?;
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        let whose = kept.module == *module && kept.role == role && kept.principal == principal;
        (kept.version == 1 && whose).then_some(kept)
    }

    /// Keeps answers in the place of those before. A crash leaves the one or the other.
    pub fn write(&self, kept: &Kept) -> io::Result<()> {
        std::fs::create_dir_all(&self.directory)?;
        // Readable by its owner only: notes are nobody's business before they are signed.
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        file.write_all(&serde_json::to_vec(kept)?)?;
        let place = self.file(&kept.module, kept.role, &kept.principal);
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    }

    /// Forgets them: they were signed, or taken back one by one.
    pub fn forget(&self, kept: &Kept) -> io::Result<()> {
        match std::fs::remove_file(self.file(&kept.module, kept.role, &kept.principal)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    fn file(&self, module: &RepoPath, role: Role, principal: &str) -> PathBuf {
        let mut name = Vec::new();
        for part in [
            self.repository.as_bytes(),
            module.as_bytes(),
            role.word().as_bytes(),
            principal.as_bytes(),
        ] {
            name.extend_from_slice(part);
            name.push(0);
        }
        self.directory.join(format!("{}.json", Sha256::of(&name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::model::review::Given;
    use crate::promotion::review::Answer;

    fn kept(principal: &str) -> Kept {
        let given = Given {
            answer: Some(Answer::Concern),
            note: "line one\n\u{202e}two".into(),
        };
        Kept {
            version: 1,
            module: "candidate/retry".into(),
            role: Role::Tech,
            principal: principal.into(),
            about: "ab".into(),
            answers: [("tests".to_owned(), given)].into(),
            note: String::new(),
        }
    }

    #[test]
    fn what_is_kept_is_read_by_its_owner_in_its_role_and_by_nobody_else() {
        let home = tempfile::tempdir().unwrap();
        let progress = Progress::at(home.path().join("reviews"), "abc");
        let module = RepoPath::from("candidate/retry");
        let ada = kept("ada@example.org");
        progress.write(&ada).unwrap();
        let read = |role, who: &str| progress.read(&module, role, who);
        assert_eq!(read(Role::Tech, "ada@example.org").as_ref(), Some(&ada));
        assert_eq!(read(Role::Security, "ada@example.org"), None);
        assert_eq!(read(Role::Tech, "grace@example.org"), None);
        let other = Progress::at(home.path().join("reviews"), "other");
        assert_eq!(other.read(&module, Role::Tech, "ada@example.org"), None);
        progress.forget(&ada).unwrap();
        progress.forget(&ada).unwrap();
        assert_eq!(read(Role::Tech, "ada@example.org"), None);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        let home = tempfile::tempdir().unwrap();
        let progress = Progress::at(home.path().to_owned(), "abc");
        let ada = kept("ada@example.org");
        let file = progress.file(&ada.module, ada.role, &ada.principal);
        let newer = Kept {
            version: 2,
            ..ada.clone()
        };
        for text in [
            "{".to_owned(),
            serde_json::to_string(&kept("grace@example.org")).unwrap(),
            serde_json::to_string(&newer).unwrap(),
        ] {
            std::fs::write(&file, &text).unwrap();
            let read = progress.read(&ada.module, ada.role, &ada.principal);
            assert_eq!(read, None, "{text}");
        }
    }
}
