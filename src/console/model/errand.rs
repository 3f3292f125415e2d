//! Something that leaves this console, or changes branches: what it would do is read
//! first, then a person confirms it or does not.

use super::runs::Run;
use crate::console::event::{Generation, Millis};
use crate::promotion::rollback::State;
use crate::promotion::{GateEvent, GateId, ObjectId, RepoPath};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pull request is opened, or brought up to date.
    PullRequest,
    /// A module is moved into its target lane, on its branch.
    Promotion,
    /// What was merged is taken back.
    RollBack,
}

impl Kind {
    /// The title of its box.
    pub fn title(self) -> &'static str {
        match self {
            Self::PullRequest => "Pull request",
            Self::Promotion => "Promotion",
            Self::RollBack => "Roll back",
        }
    }

    /// While it is worked out what it would do.
    pub fn reading(self) -> &'static str {
        match self {
            Self::PullRequest => "Working out what would be sent. Nothing is sent.",
            Self::Promotion | Self::RollBack => {
                "Working out what would be done. Nothing is changed."
            }
        }
    }

    /// While it is done.
    pub fn doing(self) -> &'static str {
        match self {
            Self::PullRequest => "Sending: the branch is pushed, then the pull request is opened.",
            Self::Promotion => {
                "Made aside and being tried. The branch gets it only where everything holds."
            }
            Self::RollBack => {
                "Each step is done once and recorded; whatever ends this, it goes on from there."
            }
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
    /// A line that is added.
    Added,
    /// A line that is taken away.
    Removed,
    /// Where lines are left out.
    Fold,
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
    /// The gates that are run then.
    pub gates: Vec<GateId>,
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
    /// Where it is to be recorded.
    pub record: Option<Record>,
    /// The branch that has it now, to be looked at.
    pub branch: Option<String>,
}

/// That something is to be recorded in the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who could; or why nobody here can, and what to do.
    pub by: Result<String, String>,
    /// What is signed, in words.
    pub what: String,
    /// The entry, or why there is none; `None` until it was asked for.
    pub entry: Option<Result<u64, String>>,
}

impl Record {
    /// True where it is in the log.
    pub fn is_done(&self) -> bool {
        matches!(self.entry, Some(Ok(_)))
    }

    /// True where it could be recorded, and no key at hand may sign it.
    pub fn lacks_key(&self) -> bool {
        self.by.is_err() && !self.is_done()
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// It is worked out what it would do.
    Reading,
    /// That is read; scrolled by so many rows.
    Sheet(Box<Sheet>, usize),
    /// It is done; with the gates that try it, where there are any.
    Doing(Option<Box<Run>>),
    /// It is taken back, and has come so far.
    Stepping(Option<State>),
    /// What came of it.
    Done(Box<Outcome>),
}

/// What a worker tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// What it would do, or why that is not known.
    Read(Result<Box<Sheet>, String>),
    /// Something happened to the gates that try it.
    Gate(Millis, GateEvent),
    /// It was done before: what came of it then.
    Was(Box<Outcome>),
    /// A rollback has come so far.
    Step(State),
    /// What came of it.
    Ended(Box<Outcome>),
    /// The entry of the audit log.
    Recorded(Result<u64, String>),
}

/// The errand that lies over the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// What it is.
    pub kind: Kind,
    /// About which module.
    pub module: RepoPath,
    /// On which branch; `None`: the one of the module that is looked at, or the newest.
    pub branch: Option<String>,
    /// Links that are to be told along, as they were typed.
    pub links: Vec<String>,
    /// The promotion that is to be taken back, and why.
    pub back: Option<(ObjectId, String)>,
    /// Which request it answers.
    pub generation: Generation,
    /// How far it is.
    pub stage: Stage,
}

impl Errand {
    /// True while gates try it.
    pub fn is_tried(&self) -> bool {
        self.run().is_some()
    }

    /// Those gates.
    pub fn run(&self) -> Option<&Run> {
        match &self.stage {
            Stage::Doing(run) => run.as_deref(),
            _ => None,
        }
    }
}
