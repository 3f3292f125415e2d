//! What a person has read of diffs, and noted there for themselves. It is theirs, on their
//! machine, and decides nothing.

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
    /// Comments to oneself.
    #[serde(default)]
    comments: Vec<Comment>,
}

/// A comment to oneself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// On which line.
    pub on: Anchor,
    /// What it says.
    pub text: String,
}

/// A line, known by what it says: where it stands may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// The file.
    pub path: RepoPath,
    /// It is a line of what there was.
    pub old: bool,
    /// Where it stood, from 1.
    pub line: u32,
    /// How many bytes it has.
    pub length: u64,
    /// Their digest.
    pub content: Sha256,
}

impl Anchor {
    /// That line, counted from 0.
    pub fn new(path: RepoPath, old: bool, line: usize, content: &[u8]) -> Self {
        Self {
            path,
            old,
            line: line as u32 + 1,
            length: content.len() as u64,
            content: Sha256::of(content),
        }
    }

    /// Where it stands among so many lines, counted from 0: the nearest one that says the
    /// same. `Err`: none does, and it stood about there.
    pub fn find<'a>(&self, count: usize, line: impl Fn(usize) -> &'a [u8]) -> Result<usize, usize> {
        let from = (self.line.max(1) as usize - 1).min(count.saturating_sub(1));
        let is_it = |at: &usize| {
            let text = line(*at);
            text.len() as u64 == self.length && Sha256::of(text) == self.content
        };
        let around = (0..=count).flat_map(|by| [from.checked_sub(by), Some(from + by)]);
        let mut near = around.flatten().filter(|at| *at < count);
        near.find(is_it).ok_or(from)
    }
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
    /// A comment, in the place of what was said of that line; without text there is none.
    Comment(Comment),
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            version: 1,
            viewed: Vec::new(),
            comments: Vec::new(),
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
            Jot::Comment(it) => {
                self.comments.retain(|old| old.on != it.on);
                if !it.text.is_empty() {
                    self.comments.push(it.clone());
                }
            }
        }
    }

    /// Comments on files of that directory, by file and line.
    pub fn comments(&self, within: &RepoPath) -> Vec<&Comment> {
        let all = self.comments.iter();
        let mut found: Vec<_> = all.filter(|it| it.on.path.is_within(within)).collect();
        found.sort_by_key(|it| (&it.on.path, it.on.old, it.on.line));
        found
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
    fn a_comment_follows_its_line_and_is_lost_never() {
        let lines = |text: &'static str| text.lines().map(str::as_bytes).collect::<Vec<_>>();
        let find = |on: &Anchor, text| {
            let lines = lines(text);
            on.find(lines.len(), |at| lines[at])
        };
        let on = Anchor::new("a.py".into(), false, 2, b"x = 1");
        assert_eq!(find(&on, "a\nb\nx = 1\nc"), Ok(2));
        assert_eq!(find(&on, "a\nb\nnew\nnewer\nx = 1\nc"), Ok(4));
        assert_eq!(find(&on, "x = 1\nb\nc\nx = 1"), Ok(3), "the nearest");
        assert_eq!(find(&on, "a\nb\nx = 2\nc"), Err(2));
        assert_eq!(find(&on, "a"), Err(0));
        assert_eq!(find(&on, ""), Err(0));
    }

    #[test]
    fn a_line_has_one_comment_and_no_text_is_none() {
        let mut reading = Reading::default();
        let say = |line: usize, text: &str| {
            Jot::Comment(Comment {
                on: Anchor::new("q/a.py".into(), false, line, b"x"),
                text: text.into(),
            })
        };
        for (line, text) in [(7, "late"), (2, "one"), (2, "two")] {
            reading.take(&say(line, text));
        }
        let words = |reading: &Reading, within: &str| -> Vec<String> {
            let all = reading.comments(&within.into());
            all.iter().map(|it| it.text.clone()).collect()
        };
        assert_eq!(words(&reading, "q"), ["two", "late"]);
        assert_eq!(words(&reading, "other"), Vec::<String>::new());
        reading.take(&say(2, ""));
        assert_eq!(words(&reading, "q"), ["late"]);
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
