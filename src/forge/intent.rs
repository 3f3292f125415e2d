//! Writes that may be tried again.
//!
//! Before a write its intent is on disk: a nonce, which the written thing carries where
//! it can, and the digest of what is sent. A second try, after a crash as well, looks
//! for what the first one left before it sends anything.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::promotion::Sha256;

use super::{ForgeError, Pace, Request};

/// What is about to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What it is, in words that are the same at every try.
    pub key: String,
    /// 32 hexadecimal digits; the same at every try.
    pub nonce: String,
    /// The digest of what was last sent, or was about to be.
    pub digest: Sha256,
    /// Something may have been sent, and it was not seen how it ended.
    pub open: bool,
}

/// Where intents are kept.
#[derive(Clone, Debug)]
pub struct Intents {
    directory: PathBuf,
}

impl Intents {
    /// In that directory, which need not exist.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The one that is open for a key.
    pub fn open(&self, key: &str) -> Option<Intent> {
        let read = fs::read(self.file(key)).ok()?;
        let intent: Intent = serde_json::from_slice(&read).ok()?;
        (intent.key == key && intent.open).then_some(intent)
    }

    /// The nonce of a key: of the first try, if there was one that did not end.
    pub fn nonce(&self, key: &str) -> Result<String, ForgeError> {
        match self.open(key) {
            Some(intent) => Ok(intent.nonce),
            None => nonce().map_err(self.wrong()),
        }
    }

    /// Writes something once. `find` looks for it, `write` sends it. Where it is not
    /// known how a write ended, it is looked for again, and never sent again by itself.
    pub fn once<T>(
        &self,
        pace: &Pace,
        key: &str,
        nonce: &str,
        request: &Request,
        find: &dyn Fn() -> Result<Option<T>, ForgeError>,
        write: &dyn Fn(&Request) -> Result<T, ForgeError>,
    ) -> Result<T, ForgeError> {
        let was = self.open(key);
        if let Some(found) = find()? {
            self.close(key);
            return Ok(found);
        }
        // What was sent then may only now be coming to be seen.
        if was.is_some()
            && let Some(found) = look(pace, find)?
        {
            self.close(key);
            return Ok(found);
        }
        let intent = Intent {
            key: key.to_owned(),
            nonce: nonce.to_owned(),
            digest: Sha256::of(request.body.to_string().as_bytes()),
            open: true,
        };
        self.save(&intent).map_err(self.wrong())?;
        match write(request) {
            Ok(written) => {
                self.close(key);
                Ok(written)
            }
            Err(error) if error.is_unknown() => match look(pace, find) {
                Ok(Some(found)) => {
                    self.close(key);
                    Ok(found)
                }
                _ => Err(error),
            },
            // Somebody else, or a try of ours that went astray, was first.
            Err(error) if error.is_refusal() => match find() {
                Ok(Some(found)) => {
                    self.close(key);
                    Ok(found)
                }
                _ => {
                    self.close(key);
                    Err(error)
                }
            },
            Err(error) => {
                self.close(key);
                Err(error)
            }
        }
    }

    fn file(&self, key: &str) -> PathBuf {
        let name = Sha256::of(key.as_bytes());
        self.directory.join(format!("{name}.json"))
    }

    fn save(&self, intent: &Intent) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        let path = self.file(&intent.key);
        let next = path.with_extension("new");
        let mut file = File::create(&next)?;
        file.write_all(&serde_json::to_vec(intent)?)?;
        file.sync_all()?;
        fs::rename(&next, &path)?;
        sync(&self.directory)
    }

    /// It is known how it ended. What is left of it on disk after a failure here only
    /// makes the next try look twice.
    pub fn close(&self, key: &str) {
        let _ = fs::remove_file(self.file(key));
    }

    fn wrong(&self) -> impl Fn(io::Error) -> ForgeError + '_ {
        |source| ForgeError::Intent {
            path: self.directory.clone(),
            source,
        }
    }
}

/// Looks a few times: what was written need not be seen at once.
fn look<T>(
    pace: &Pace,
    find: &dyn Fn() -> Result<Option<T>, ForgeError>,
) -> Result<Option<T>, ForgeError> {
    for wait in &pace.looks {
        pace.wait(*wait);
        if let Some(found) = find()? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A directory's own entry on disk.
fn sync(directory: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(directory)?.sync_all(),
        false => Ok(()),
    }
}

/// Sixteen random bytes in hexadecimal.
fn nonce() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn pace() -> Pace {
        Pace {
            sleep: std::sync::Arc::new(|_| {}),
            ..Pace::default()
        }
    }

    fn request() -> Request {
        Request {
            method: "POST",
            path: "x".into(),
            body: serde_json::json!({}),
        }
    }

    fn unknown() -> ForgeError {
        ForgeError::Unknown {
            host: "h".into(),
            what: "w".into(),
            why: "y".into(),
        }
    }

    #[test]
    fn what_is_there_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let intents = Intents::at(dir.path());
        let there = Cell::new(0);
        let find = || Ok((there.get() > 0).then(|| there.get()));
        // Done, and the answer lost: found by looking.
        let write = |_: &Request| {
            there.set(there.get() + 1);
            Err(unknown())
        };
        let key = "k";
        let nonce = intents.nonce(key).unwrap();
        let done = intents.once(&pace(), key, &nonce, &request(), &find, &write);
        assert_eq!(done.unwrap(), 1);
        let again = intents.once(&pace(), key, &nonce, &request(), &find, &write);
        assert_eq!((again.unwrap(), there.get()), (1, 1));
        assert_eq!(intents.open(key), None);
    }

    #[test]
    fn an_intent_outlives_the_program_and_is_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        let intents = Intents::at(dir.path().join("deep"));
        let looks = Cell::new(0);
        let find = || {
            looks.set(looks.get() + 1);
            Ok::<Option<u8>, _>(None)
        };
        let lost = intents.once(&pace(), "k", "n", &request(), &find, &|_| Err(unknown()));
        assert!(lost.unwrap_err().is_unknown());
        // A program that started anew knows that something may be there.
        let anew = Intents::at(dir.path().join("deep"));
        let open = anew.open("k").unwrap();
        assert_eq!(
            (open.nonce.as_str(), anew.nonce("k").unwrap()),
            ("n", "n".into())
        );
        looks.set(0);
        let at_last = |_: &Request| {
            assert_eq!(looks.get(), 4, "once, and three times more");
            Ok(7)
        };
        let done = anew.once(&pace(), "k", "n", &request(), &find, &at_last);
        assert_eq!(done.unwrap(), 7);
        assert_eq!(anew.open("k"), None);
        assert_ne!(anew.nonce("k").unwrap(), anew.nonce("k").unwrap());
    }

    #[test]
    fn what_was_refused_is_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let intents = Intents::at(dir.path());
        let find = || Ok::<Option<u8>, _>(None);
        let no = |_: &Request| Err(ForgeError::Unauthorized { host: "h".into() });
        assert!(
            intents
                .once(&pace(), "k", "n", &request(), &find, &no)
                .is_err()
        );
        assert_eq!(intents.open("k"), None);
    }
}
