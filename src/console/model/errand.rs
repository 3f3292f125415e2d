//! Something that leaves this console, or changes branches: what it would do is read
//! first, then a person confirms it or does not.

use crate::console::event::Generation;
use crate::promotion::RepoPath;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pull request is opened, or brought up to date.
    PullRequest,
}

impl Kind {
    /// The title of its box.
    pub fn title(self) -> &'static str {
        match self {
            Self::PullRequest => "Pull request",
        }
    }

    /// While it is worked out what it would do.
    pub fn reading(self) -> &'static str {
        match self {
            Self::PullRequest => "Working out what would be sent. Nothing is sent.",
        }
    }

    /// While it is done.
    pub fn doing(self) -> &'static str {
        match self {
            Self::PullRequest => "Sending: the branch is pushed, then the pull request is opened.",
        }
    }
}

/// How a paragraph looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A heading.
    Title,
    /// What is said.
    Text,
    /// What is said beside.
    Muted,
    /// What is to be known before going on.
    Warning,
    /// It holds, or was done.
    Good,
    /// It does not, or was not.
    Bad,
}

/// A text with its look; not yet safe to show. An empty one is an empty row.
pub type Paragraph = (Look, String);

/// What it would do, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// All of it.
    pub text: Vec<Paragraph>,
    /// What confirming it means, on one line; or why it cannot be done, and what to do.
    pub may: Result<String, String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// True where it was done.
    pub done: bool,
    /// On one line.
    pub words: String,
    /// What else there is to say.
    pub text: Vec<Paragraph>,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is worked out what it would do.
    Reading,
    /// That is read; scrolled by so many rows.
    Sheet(Box<Sheet>, usize),
    /// It is done.
    Doing,
    /// What came of it.
    Done(Box<Outcome>),
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What it would do, or why that is not known.
    Read(Result<Box<Sheet>, String>),
    /// What came of it.
    Ended(Box<Outcome>),
}

/// The errand that lies over the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// What it is.
    pub kind: Kind,
    /// About which module.
    pub module: RepoPath,
    /// Which request it answers.
    pub generation: Generation,
    /// How far it is.
    pub stage: Stage,
}
