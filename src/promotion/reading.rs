//! What a person has read of diffs. It is theirs, on their machine, and decides nothing.

use serde::{Deserialize, Serialize};

use super::{RepoPath, Sha256};

/// How many marks are kept: the oldest go first.
const MOST: usize = 5_000;

/// What one person has read of one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The layout: 1.
    version: u32,
    /// Files that were viewed, the oldest mark first.
    #[serde(default)]
    viewed: Vec<Viewed>,
}

/// A file that was viewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viewed {
    /// What it was compared with.
    pub against: String,
    /// The file.
    pub path: RepoPath,
    /// A digest of what was shown.
    pub shown: Sha256,
}

/// Whether a file was viewed as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Never.
    #[default]
    Not,
    /// Before it became what it is.
    Before,
    /// As it is.
    Yes,
}

/// Something to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jot {
    /// A file was viewed.
    Viewed(Viewed),
    /// It is to be viewed again.
    Unviewed {
        /// What it is compared with.
        against: String,
        /// The file.
        path: RepoPath,
    },
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            version: 1,
            viewed: Vec::new(),
        }
    }
}

impl Reading {
    /// Takes it in.
    pub fn take(&mut self, jot: &Jot) {
        match jot {
            Jot::Viewed(it) => {
                self.forget(&it.against, &it.path);
                self.viewed.push(it.clone());
                let old = self.viewed.len().saturating_sub(MOST);
                self.viewed.drain(..old);
            }
            Jot::Unviewed { against, path } => self.forget(against, path),
        }
    }

    fn forget(&mut self, against: &str, path: &RepoPath) {
        self.viewed
            .retain(|it| it.path != *path || it.against != against);
    }

    /// Whether that was viewed: all files at once, in their order.
    pub fn seen<'a>(
        &self,
        against: &str,
        files: impl IntoIterator<Item = (&'a RepoPath, Sha256)>,
    ) -> Vec<Seen> {
        let known = self.viewed.iter().filter(|it| it.against == against);
        let known: std::collections::HashMap<_, _> = known.map(|it| (&it.path, it.shown)).collect();
        let seen = |(path, shown)| match known.get(path) {
            None => Seen::Not,
            Some(it) if *it == shown => Seen::Yes,
            Some(_) => Seen::Before,
        };
        files.into_iter().map(seen).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewed(path: &str, content: &str) -> Jot {
        Jot::Viewed(Viewed {
            against: "base".into(),
            path: path.into(),
            shown: Sha256::of(content.as_bytes()),
        })
    }

    fn seen(reading: &Reading, against: &str, path: &str, content: &str) -> Seen {
        let path = RepoPath::from(path);
        reading.seen(against, [(&path, Sha256::of(content.as_bytes()))])[0]
    }

    #[test]
    fn a_mark_holds_for_what_was_shown_and_for_nothing_else() {
        let mut reading = Reading::default();
        reading.take(&viewed("a.py", "one"));
        assert_eq!(seen(&reading, "base", "a.py", "one"), Seen::Yes);
        assert_eq!(seen(&reading, "base", "a.py", "two"), Seen::Before);
        assert_eq!(seen(&reading, "core", "a.py", "one"), Seen::Not);
        assert_eq!(seen(&reading, "base", "b.py", "one"), Seen::Not);
        reading.take(&viewed("a.py", "two"));
        assert_eq!(seen(&reading, "base", "a.py", "two"), Seen::Yes);
        let path = "a.py".into();
        let against = "base".into();
        reading.take(&Jot::Unviewed { against, path });
        assert_eq!(reading, Reading::default());
    }

    #[test]
    fn the_oldest_marks_go_first() {
        let mut reading = Reading::default();
        for n in 0..=MOST {
            reading.take(&viewed(&format!("{n}.py"), "x"));
        }
        assert_eq!(seen(&reading, "base", "0.py", "x"), Seen::Not);
        assert_eq!(seen(&reading, "base", "1.py", "x"), Seen::Yes);
    }
}
