//! What keeps a gate from a verdict, in words a person can act on.

use std::io;
use std::path::Path;

use super::cache::StoreError;
use super::process::ProcessError;
use crate::promotion::{ToolExit, text};

/// Why a gate could not come to a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The tool could not run, or what it said could not be believed.
    #[error("{why}")]
    Error {
        /// What happened, in one sentence.
        why: String,
        /// What a person can do.
        help: String,
    },
    /// A person cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Trouble {
    /// What happened, and what a person can do.
    pub fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Error {
            why: why.into(),
            help: help.into(),
        }
    }

    /// A directory that could not be written.
    pub fn disk(directory: &Path, error: &io::Error) -> Self {
        Self::new(
            format!("cannot write to {}: {error}", directory.display()),
            "make room there, or set COUNTERSIGN_CACHE_DIR to another directory",
        )
    }

    /// A tool said something that cannot be believed.
    pub fn unbelievable(tool: &str, why: impl std::fmt::Display) -> Self {
        Self::new(
            format!("{tool} gave no answer that can be believed: {why}"),
            format!("see the raw output; run {tool} by hand with the command shown"),
        )
    }

    /// A tool that ended in a way from which nothing follows.
    pub fn ended(tool: &str, exit: &ToolExit, stderr: &[u8]) -> Self {
        if *exit == ToolExit::Cancelled {
            return Self::Cancelled;
        }
        let help = match exit {
            ToolExit::TimedOut(_) => {
                "raise `timeout` for this gate in countersign.toml, or find what hangs"
            }
            ToolExit::Signal(9) => "it may have run out of memory: see the system's log",
            ToolExit::TooMuchOutput(_) => "find what floods its output",
            ToolExit::DiskFull(_) => {
                "make room there, set COUNTERSIGN_CACHE_DIR to another directory, or find what \
                 fills the disk"
            }
            ToolExit::TooManyProcesses(_) => "find what starts processes without end",
            ToolExit::NotStarted(_) => "repair or remove the environment it comes from",
            ToolExit::Lost(_) => "run the gate again",
            _ => "see the raw output; run the command shown by hand",
        };
        Self::new(
            format!("{tool} {}{}", exit_words(exit), last_words(stderr)),
            help,
        )
    }
}

impl From<ProcessError> for Trouble {
    fn from(error: ProcessError) -> Self {
        match &error {
            ProcessError::File { file, source } => {
                Self::disk(file.parent().unwrap_or(file), source)
            }
            ProcessError::Supervisor { .. } => Self::new(
                error.to_string(),
                "is Countersign's executable still there?",
            ),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::disk(&error.directory, &error.source)
    }
}

/// How a tool ended, to follow its name.
pub fn exit_words(exit: &ToolExit) -> String {
    match exit {
        ToolExit::Code(code) => format!("ended with exit code {code}"),
        ToolExit::Signal(signal) => format!("was killed by signal {signal}"),
        ToolExit::TimedOut(seconds) => format!("was ended after {seconds} s"),
        ToolExit::Cancelled => "was cancelled".into(),
        ToolExit::TooMuchOutput(bytes) => {
            format!("was ended after writing more than {} MB", bytes >> 20)
        }
        ToolExit::DiskFull(bytes) => {
            format!(
                "was ended when less than {} MB of disk were left",
                bytes >> 20
            )
        }
        ToolExit::TooManyProcesses(n) => format!("was ended when it had more than {n} processes"),
        ToolExit::NotStarted(why) => format!("could not be started: {why}"),
        ToolExit::Lost(why) => format!("was lost: {why}"),
    }
}

/// The last line a tool wrote, to follow a sentence; empty if it wrote none.
pub fn last_words(output: &[u8]) -> String {
    let lines = || {
        output
            .split(|b| *b == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
    };
    // What went wrong says more than what to do about it, which often follows.
    let wrong = |line: &&[u8]| {
        let line = line.to_ascii_lowercase();
        line.windows(6).any(|word| word == b"error:")
    };
    let line = lines().rfind(wrong).or_else(|| lines().next_back());
    match line {
        Some(line) => {
            let line = text::decode(&line[..line.len().min(300)]).into_owned();
            format!(": {line}")
        }
        None => String::new(),
    }
}
