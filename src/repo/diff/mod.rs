//! What changed between two states of a module: files, lines, words, moves.
//!
//! Everything here is computed from git objects. The text part ([`lines`],
//! [`align`], [`words`], [`moved`], [`unified`]) is pure; only [`collect`]
//! touches a repository.

pub mod align;
pub mod binary;
pub mod changed;
pub mod collect;
mod hunks;
pub mod lines;
pub mod moved;
mod pair;
pub mod unified;
pub mod words;

use std::sync::Arc;

use serde::Serialize;

pub use align::{Alignment, Row, Run, Spaces, Stats, indentation};
pub use binary::Binary;
pub use collect::{Limits, Origin, compare};
pub use lines::{Ending, Endings, Lines};
pub use moved::Move;

use super::{Mode, tree};
use crate::promotion::{ObjectId, RepoPath, Sha256};

/// Left or right: what there was, and what there will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The base, or what stands in the target lane today.
    Left,
    /// The module at the revision.
    Right,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// What an entry holds, as far as it can be shown.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text, whatever its encoding.
    Text(Arc<Lines>),
    /// No text.
    Binary(Binary),
    /// A symbolic link to there. Never followed.
    Symlink(Vec<u8>),
    /// A submodule at that commit.
    Gitlink,
    /// A pointer of Git LFS; the file itself is elsewhere.
    Lfs {
        /// `sha256:…`
        oid: String,
        /// Bytes of the file it stands for.
        size: u64,
    },
    /// Not read, because it is larger than [`Limits::file`].
    TooLarge,
    /// Not read, because the files before it used up [`Limits::total`].
    Omitted,
}

impl Content {
    /// The text, where it is one.
    pub fn lines(&self) -> Option<&Arc<Lines>> {
        match self {
            Self::Text(lines) => Some(lines),
            _ => None,
        }
    }
}

/// One entry on one side.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path in the repository.
    pub path: RepoPath,
    /// File, link or submodule.
    pub mode: Mode,
    /// The blob, or the submodule's commit.
    pub object: ObjectId,
    /// Bytes; 0 for a submodule.
    pub size: u64,
    /// What it holds.
    pub content: Content,
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only on the right.
    Added,
    /// Only on the left.
    Removed,
    /// Another content at the same place.
    Modified,
    /// At another place, with the same or a similar content.
    Renamed,
    /// The same content, executable on one side only.
    Mode,
    /// A file became a link, a link a submodule, …
    Kind,
    /// The same.
    Unchanged,
}

impl Change {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Modified => "modified",
            Self::Renamed => "renamed",
            Self::Mode => "mode changed",
            Self::Kind => "kind changed",
            Self::Unchanged => "unchanged",
        }
    }

    /// One letter, as git has it.
    pub fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Removed => 'D',
            Self::Modified => 'M',
            Self::Renamed => 'R',
            Self::Mode => 'X',
            Self::Kind => 'T',
            Self::Unchanged => ' ',
        }
    }
}

/// One file on both sides. At least one of them is there.
#[derive(Clone, Debug)]
pub struct FileDiff {
    /// How it differs.
    pub change: Change,
    /// What there was.
    pub left: Option<Entry>,
    /// What there will be.
    pub right: Option<Entry>,
    /// The lines side by side; empty where a side that is there is no text.
    pub rows: Alignment,
    /// Blocks of this file that were moved, here or from elsewhere in the module.
    pub moves: Vec<Move>,
}

impl FileDiff {
    /// A text with another content, neither of which need be in a repository.
    pub fn of_texts(path: &RepoPath, mode: Mode, left: &[u8], right: &[u8]) -> Self {
        let entry = |content: &[u8]| Entry {
            path: path.clone(),
            mode,
            object: tree::object_id_of(content),
            size: content.len() as u64,
            content: Content::Text(Arc::new(Lines::new(content))),
        };
        let (left, right) = (entry(left), entry(right));
        let rows = match (left.content.lines(), right.content.lines()) {
            (Some(left), Some(right)) => Alignment::of(left, right),
            _ => Alignment::default(),
        };
        Self {
            change: match left.object == right.object {
                true => Change::Unchanged,
                false => Change::Modified,
            },
            left: Some(left),
            right: Some(right),
            rows,
            moves: Vec::new(),
        }
    }

    /// The entry of that side.
    pub fn entry(&self, side: Side) -> Option<&Entry> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }

    /// The text of that side.
    pub fn lines(&self, side: Side) -> Option<&Arc<Lines>> {
        self.entry(side)?.content.lines()
    }

    /// The block that a line moved with.
    pub fn moved(&self, side: Side, line: usize) -> Option<&Move> {
        let line = line as u32;
        let after = self
            .moves
            .partition_point(|m| (m.side, m.lines.start) <= (side, line));
        self.moves
            .get(after.checked_sub(1)?)
            .filter(|m| m.side == side && m.lines.contains(&line))
    }

    /// The path to name it by: where it will be, else where it was.
    pub fn path(&self) -> &RepoPath {
        static NOWHERE: std::sync::LazyLock<RepoPath> = std::sync::LazyLock::new(RepoPath::default);
        self.right
            .as_ref()
            .or(self.left.as_ref())
            .map_or(&NOWHERE, |entry| &entry.path)
    }

    /// A digest of what is compared: both paths, both contents and their modes.
    pub fn shown(&self) -> Sha256 {
        let mut bytes = Vec::new();
        for side in [Side::Left, Side::Right] {
            if let Some(entry) = self.entry(side) {
                bytes.extend_from_slice(entry.path.as_bytes());
                let (object, mode) = (entry.object, entry.mode);
                bytes.extend_from_slice(format!("\0{object} {mode:?}").as_bytes());
            }
            bytes.push(0);
        }
        Sha256::of(&bytes)
    }

    /// True where the lines can be shown.
    pub fn is_text(&self) -> bool {
        !self.rows.rows().is_empty()
            || [Side::Left, Side::Right]
                .iter()
                .filter_map(|side| self.entry(*side))
                .all(|entry| entry.content.lines().is_some())
    }
}

/// A module, twice.
#[derive(Clone, Debug)]
pub struct ModuleDiff {
    /// What the left side is, for a heading: `core/quantum @ 1f2e3d4c5b`.
    pub left: String,
    /// What the right side is.
    pub right: String,
    /// The directory or file on the left.
    pub left_path: RepoPath,
    /// The directory or file on the right.
    pub right_path: RepoPath,
    /// Every file of either side, by path, unchanged ones too.
    pub files: Vec<FileDiff>,
}

impl ModuleDiff {
    /// Lines added and removed, over all files.
    pub fn stats(&self) -> Stats {
        self.files.iter().fold(Stats::default(), |sum, file| {
            let own = file.rows.stats();
            Stats {
                added: sum.added + own.added,
                removed: sum.removed + own.removed,
            }
        })
    }

    /// True where nothing differs.
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|f| f.change == Change::Unchanged)
    }
}
