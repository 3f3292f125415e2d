//! What `update` wants done. Effects are data; workers carry them out.

use super::diff;
use super::event::Generation;
use super::model::canary::Say;
use super::model::errand;
use super::model::review::Kept;
use crate::promotion::proposal::Answers;
use crate::promotion::reading::Jot;
use crate::promotion::review::{Answered, Role, Verb};
use crate::promotion::{Evidence, ModuleId, ObjectId, RepoPath};
use crate::workflow::propose::Plan;
use std::sync::Arc;

/// Something to do outside the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Leave the console.
    Quit,
    /// Go back to the shell until continued.
    Suspend,
    /// Forget what is on the screen and draw all of it again.
    Redraw,
    /// Put that text into the terminal's clipboard (OSC 52).
    Copy(String),
    /// Read modules, then facts and gate states.
    Load {
        /// Results of earlier generations are unwanted from now on.
        generation: Generation,
        /// Of this branch, as git finds it; `None`: of what the console was opened on.
        branch: Option<String>,
    },
    /// Compare the branch that is looked at with what is shown of it.
    CompareHead {
        /// The load that is shown.
        generation: Generation,
        /// As in [`Effect::Load`].
        branch: Option<String>,
    },
    /// Read which branches there are to look at.
    Branches {
        /// The newest request wins.
        generation: Generation,
    },
    /// Read the gate states of these modules again.
    States {
        /// Of the current load.
        generation: Generation,
        /// Which.
        ids: Vec<ModuleId>,
    },
    /// Read everything known of one module.
    Dossier {
        /// The newest request wins.
        generation: Generation,
        /// Which.
        id: ModuleId,
    },
    /// Read what moving a module means for everything else.
    Impact {
        /// The newest request wins.
        generation: Generation,
        /// Which.
        id: ModuleId,
    },
    /// Run the gates.
    Check {
        /// Its number.
        run: u64,
        /// On which module.
        module: RepoPath,
    },
    /// End a run.
    CancelCheck {
        /// Its number.
        run: u64,
    },
    /// Read what the tools of an evidence wrote.
    Raw {
        /// The newest request wins.
        generation: Generation,
        /// Of this evidence.
        evidence: Arc<Evidence>,
    },
    /// Open a file of the work tree in the person's editor.
    Edit {
        /// The file.
        path: RepoPath,
        /// The line, from 1; 0 for none.
        line: u32,
        /// The column, from 1; 0 for none.
        column: u32,
    },
    /// Keep what a person read, on this machine.
    Jot(Jot),
    /// For the diff pane's worker.
    Diff(diff::Request),
    /// Nobody looks at the diff any more: drop what is being worked out for it.
    DropDiff,
    /// Read who is at hand, what waits for them, and how modules stand.
    Standing {
        /// Of the current load.
        generation: Generation,
    },
    /// Make what is presented for a decision.
    Sheet {
        /// The newest request wins, and that sheet is the one that can be signed.
        generation: Generation,
        /// About which module.
        module: RepoPath,
        /// In which role; `None`: one that the key at hand may sign.
        role: Option<Role>,
    },
    /// Keep answers, for when the review is interrupted.
    KeepAnswers(Box<Kept>),
    /// Write a note in the person's editor.
    WriteNote {
        /// For the review with that sheet.
        generation: Generation,
        /// What it begins with.
        text: String,
    },
    /// Sign the sheet that is shown.
    Sign(Box<Decided>),
    /// For the wizard's worker.
    Propose(Proposing),
    /// Record in the audit log what was proposed, signed by its owner.
    Record {
        /// For the wizard with that proposal.
        generation: Generation,
        /// In words, for the terminal that is lent to OpenSSH; not yet safe to show.
        words: String,
    },
    /// For the worker of what is done once a person has read it.
    Errand(Doing),
    /// Record in the audit log what was promoted, signed by who may.
    RecordPromotion {
        /// For the errand that did it.
        generation: Generation,
        /// In words, for the terminal that is lent to OpenSSH; not yet safe to show.
        words: String,
    },
    /// Read the pull requests again.
    Pulls {
        /// Of the current load.
        generation: Generation,
    },
    /// Read the audit log.
    Log {
        /// The newest request wins.
        generation: Generation,
    },
    /// Read one of its entries.
    LogEntry {
        /// The newest request wins.
        generation: Generation,
        /// Where in the log that is shown.
        position: u64,
    },
    /// For the worker of the canary screen.
    Canary(Watching),
    /// Sign what a person says of a watch.
    Say(Box<Said>),
}

/// What the canary screen wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watching {
    /// Read how everything that was merged stands.
    Read {
        /// The newest request wins.
        generation: Generation,
        /// Whether remotes are asked first for what is new.
        fetch: bool,
    },
    /// Ask the metrics once.
    Look {
        /// The newest request wins.
        generation: Generation,
        /// About which promotion.
        promotion: ObjectId,
    },
    /// Nobody waits for that any more.
    CancelLook,
    /// Tell when it is that time, in Unix seconds; `None`: not any more.
    Wake {
        /// What is read then.
        generation: Generation,
        /// When.
        at: Option<i64>,
    },
}

/// What a person says of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which request it is.
    pub generation: Generation,
    /// Of which promotion.
    pub promotion: ObjectId,
    /// What.
    pub say: Say,
    /// How long it is to wait, in seconds.
    pub seconds: u64,
    /// The word of the verdict that was seen.
    pub word: String,
    /// Why.
    pub reason: String,
    /// In words, for the terminal that is lent to OpenSSH; not yet safe to show.
    pub words: String,
}

/// What the wizard wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposing {
    /// Read what is asked of a module, and what is known.
    Open {
        /// The newest request wins, and that one is what can be written.
        generation: Generation,
        /// Which module.
        module: RepoPath,
        /// A branch to go on with; `None`: one of its own.
        branch: Option<String>,
    },
    /// Keep answers, and have the gates look at them.
    Keep {
        /// For the wizard with that proposal.
        generation: Generation,
        /// All of them.
        answers: Box<Answers>,
    },
    /// Have the gates look at them.
    Judge {
        /// For the wizard with that proposal.
        generation: Generation,
        /// All of them.
        answers: Box<Answers>,
    },
    /// Make the commit ready.
    Plan {
        /// For the wizard with that proposal.
        generation: Generation,
        /// The answers.
        answers: Box<Answers>,
    },
    /// Write it.
    Write {
        /// For the wizard with that proposal.
        generation: Generation,
        /// As it was read.
        plan: Box<Plan>,
    },
}

/// What is wanted of an errand.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// Put into words what it would do. Changes nothing, sends nothing.
    Read {
        /// The newest request wins, and that one is what can be done.
        generation: Generation,
        /// What it is.
        kind: errand::Kind,
        /// About which module.
        module: RepoPath,
        /// On which branch; `None`: the one of the module that is looked at, or the newest.
        branch: Option<String>,
        /// Links that are to be told along, as they were typed.
        links: Vec<String>,
    },
    /// Put into words what taking a promotion back would do. Changes nothing.
    ReadRollback {
        /// The newest request wins, and that one is what can be done.
        generation: Generation,
        /// Which.
        promotion: ObjectId,
        /// Why.
        reason: String,
    },
    /// Do what was read: a person confirmed it.
    Go {
        /// Of what was read.
        generation: Generation,
    },
    /// End it, where that changes nothing yet.
    Cancel {
        /// Of what is being done.
        generation: Generation,
    },
}

/// What a person decided on the sheet of that generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which sheet.
    pub generation: Generation,
    /// What.
    pub verb: Verb,
    /// The answers.
    pub answers: Vec<Answered>,
    /// What else there is to say.
    pub note: String,
    /// In words, for the terminal that is lent to OpenSSH; not yet safe to show.
    pub words: String,
    /// Exactly what is signed as shown, line by line.
    pub shown: Vec<String>,
    /// Answers that are kept, and forgotten once it is signed.
    pub kept: Kept,
}
