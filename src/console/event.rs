//! What reaches the console: from the person, from workers, from the system.

use std::collections::HashMap;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::diff;
use super::model::audit::{EntryView, LogView};
use super::model::canary;
use super::model::choice::Item;
use super::model::errand;
use super::model::review::{Outcome, Sheet};
use super::model::standing::Standings;
use super::model::wizard::{self, Opened};
use super::model::{Gate, Header, Level};
use crate::promotion::impact::Impact;
use crate::promotion::reading::Reading;
use crate::promotion::{Dossier, Facts, GateEvent, GateState, ModuleId, ModuleTree, RepoPath};
use crate::workflow::propose::{Judged, Plan};
use crate::workflow::pull_request::Brief;

/// A point in time: milliseconds since 1970 UTC. Stamped by whoever sends an
/// event, so that `update` needs no clock.
pub type Millis = i64;

/// Numbers requests of one kind: an answer to an older one is dropped.
pub type Generation = u64;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse moved, was clicked or scrolled.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The clock; sent once a second, and only while gates run.
    Tick(Millis),
    /// A worker has something.
    Message(Message),
    /// The window was entered (true) or left.
    Focus(bool),
    /// A worker's job is over.
    JobEnded,
    /// The system asks us to leave (SIGTERM, SIGHUP).
    Leave,
}

impl Event {
    /// True for what a person did.
    pub fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Key(_) | Self::Mouse(_) | Self::Paste(_) | Self::Resize(..)
        )
    }
}

/// What a worker sends back.
#[derive(Debug)]
pub enum Message {
    /// The modules of the revision.
    Tree {
        /// Of the request.
        generation: Generation,
        /// The modules, or why there are none.
        result: Result<Arc<ModuleTree>, String>,
    },
    /// What the repository says of itself, read again.
    Header {
        /// Of the request.
        generation: Generation,
        /// All of it.
        header: Box<Header>,
        /// The gates there are.
        gates: Vec<Gate>,
    },
    /// The branch that is looked at is at another commit than what is shown.
    Behind {
        /// The load that is shown.
        generation: Generation,
    },
    /// The repository could not be opened again.
    Lost {
        /// Of the request.
        generation: Generation,
        /// Why.
        why: String,
    },
    /// Which branches there are to look at.
    Branches {
        /// Of the request.
        generation: Generation,
        /// All of them, or why that is not known.
        result: Result<Vec<Item>, String>,
    },
    /// Facts that became known.
    Facts {
        /// Of the request.
        generation: Generation,
        /// By module.
        batch: Vec<(ModuleId, Facts)>,
    },
    /// Gate states that became known.
    States {
        /// Of the request.
        generation: Generation,
        /// By module.
        batch: Vec<(ModuleId, Vec<GateState>)>,
    },
    /// All facts or states are in, or why they are not.
    Loaded {
        /// Of the request.
        generation: Generation,
        /// What was being read.
        what: Loading,
        /// Why it ended early.
        result: Result<(), String>,
    },
    /// A dossier.
    Dossier {
        /// Of the request.
        generation: Generation,
        /// The dossier, or why there is none.
        result: Result<Box<Dossier>, String>,
    },
    /// What moving a module means.
    Impact {
        /// Of the request.
        generation: Generation,
        /// All of it, or why it is not known.
        result: Result<Box<Impact>, String>,
    },
    /// Something happened to running gates.
    Gate {
        /// The run.
        run: u64,
        /// When.
        at: Millis,
        /// What.
        event: GateEvent,
    },
    /// A run of gates is over.
    CheckEnded {
        /// The run.
        run: u64,
        /// When.
        at: Millis,
        /// Why it could not be done.
        result: Result<(), String>,
    },
    /// What the tools of one gate wrote.
    Raw {
        /// Of the request.
        generation: Generation,
        /// Lines, not yet safe to show.
        result: Result<Vec<String>, String>,
    },
    /// The editor was closed.
    Edited(Result<(), String>),
    /// What a person read so far, as it is kept on this machine.
    Reading(Box<Reading>),
    /// For the diff pane.
    Diff(diff::Reply),
    /// Who is at hand, what waits for them, and how modules stand.
    Standing {
        /// Of the request.
        generation: Generation,
        /// All of it.
        standings: Box<Standings>,
    },
    /// The pull requests of modules.
    Pulls {
        /// Of the request.
        generation: Generation,
        /// When they were read.
        at: Millis,
        /// By module, or why they could not be read.
        result: Result<HashMap<RepoPath, Brief>, String>,
    },
    /// What is presented for a decision.
    Sheet {
        /// Of the request.
        generation: Generation,
        /// The sheet, or why there is none.
        result: Result<Box<Sheet>, String>,
    },
    /// A note was written in the editor.
    NoteWritten {
        /// Of the request.
        generation: Generation,
        /// What it says, or why it stays as it was.
        result: Result<String, String>,
    },
    /// OpenSSH is done.
    Signed {
        /// Of the request.
        generation: Generation,
        /// What came of it.
        outcome: Box<Outcome>,
    },
    /// For the wizard.
    Proposal {
        /// Of the request.
        generation: Generation,
        /// What there is to tell.
        told: Told,
    },
    /// For the errand that is shown.
    Errand {
        /// Of the request.
        generation: Generation,
        /// What there is to tell.
        told: errand::Told,
    },
    /// The audit log.
    Log {
        /// Of the request.
        generation: Generation,
        /// The log, or why there is none.
        result: Result<Box<LogView>, String>,
    },
    /// One entry of it.
    LogEntry {
        /// Of the request.
        generation: Generation,
        /// What is in it, or why that is not known.
        result: Result<Box<EntryView>, String>,
    },
    /// For the canary screen.
    Canary {
        /// Of the request.
        generation: Generation,
        /// When.
        at: Millis,
        /// What there is to tell.
        told: canary::Told,
    },
    /// Something to tell.
    Notice(String),
    /// Something to keep among the messages, without telling it.
    Journal {
        /// How much it matters.
        level: Level,
        /// Not yet safe to show.
        text: String,
    },
}

/// What the wizard's worker tells.
#[derive(Debug)]
pub enum Told {
    /// What is asked, and what is known.
    Opened(Result<Box<Opened>, String>),
    /// What the gates say of the answers.
    Judged(Vec<Judged>),
    /// The commit.
    Planned(Planned),
    /// What came of writing it.
    Written(Box<wizard::Outcome>),
    /// The entry of the audit log.
    Recorded(Result<u64, String>),
}

/// The commit as it would be.
#[derive(Debug)]
pub enum Planned {
    /// It can be written.
    Ready(Box<Plan>),
    /// The branch of that name has something else on it.
    Taken(String),
    /// It cannot, for another reason.
    Not(String),
}

/// What is read in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// Owners, history, tests.
    Facts,
    /// Gate states.
    States,
}
