//! What is to be sent, and what was, on disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::promotion::Sha256;

/// Where that is kept: one small file for each notice and channel.
#[derive(Clone, Debug)]
pub struct Outbox {
    directory: PathBuf,
}

/// One of them.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    key: String,
    channel: String,
    /// It is known that it arrived.
    delivered: bool,
}

impl Outbox {
    /// In that directory, which need not exist.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// True where it is known that it arrived.
    pub fn has(&self, channel: &str, key: &str) -> bool {
        let read = fs::read(self.file(channel, key)).ok();
        let entry = read.and_then(|it| serde_json::from_slice::<Entry>(&it).ok());
        // Anything else than our own mark is no mark.
        entry.is_some_and(|it| it.delivered && it.key == key && it.channel == channel)
    }

    /// Sends something unless it is known that it arrived. In words, why it did not.
    pub fn once(
        &self,
        channel: &str,
        key: &str,
        at: &dyn Fn(&'static str),
        send: &dyn Fn() -> Result<(), String>,
    ) -> Result<(), String> {
        if self.has(channel, key) {
            return Ok(());
        }
        let mark = |delivered| {
            let entry = Entry {
                key: key.to_owned(),
                channel: channel.to_owned(),
                delivered,
            };
            let path = self.file(channel, key);
            save(&path, &entry).map_err(|error| format!("{}: {error}", path.display()))
        };
        mark(false)?;
        at("intended");
        send()?;
        at("sent");
        mark(true)?;
        at("marked");
        Ok(())
    }

    fn file(&self, channel: &str, key: &str) -> PathBuf {
        let name = Sha256::of(format!("{channel}\n{key}").as_bytes());
        self.directory.join(format!("{name}.json"))
    }
}

/// Writes it whole, and flushes it.
fn save(path: &Path, entry: &Entry) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_arrived_is_sent_once_and_what_did_not_again() {
        let dir = tempfile::tempdir().unwrap();
        let sent = Cell::new(0);
        let send = |ends: Result<(), String>| {
            // Another process each time.
            let outbox = Outbox::at(dir.path().join("outbox"));
            outbox.once("webhook", "a/reverted", &|_| (), &|| {
                sent.set(sent.get() + 1);
                ends.clone()
            })
        };
        assert!(send(Err("503".into())).is_err());
        assert!(send(Ok(())).is_ok());
        assert!(send(Ok(())).is_ok());
        assert_eq!(sent.get(), 2);
        let outbox = Outbox::at(dir.path().join("outbox"));
        assert!(outbox.has("webhook", "a/reverted"));
        assert!(!outbox.has("command", "a/reverted"));
        assert!(!outbox.has("webhook", "a/rolled-back"));
    }

    #[test]
    fn it_is_on_disk_before_it_is_sent_and_a_damaged_mark_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let outbox = Outbox::at(dir.path());
        let done = outbox.once("bell", "k", &|_| (), &|| {
            let files: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
            assert_eq!(files.len(), 1);
            Ok(())
        });
        done.unwrap();
        fs::write(outbox.file("bell", "k"), "{").unwrap();
        assert!(!outbox.has("bell", "k"));
    }
}
