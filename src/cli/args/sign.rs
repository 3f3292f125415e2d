//! Of `countersign sign`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{AtArgs, JsonArg, module_name};
use crate::promotion::review::{Role, Verb};

/// `countersign sign`
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name(), required_unless_present = "resend")]
    pub module: Option<String>,
    /// In which role; needed where your key holds several
    #[arg(long, value_enum)]
    pub role: Option<RoleArg>,
    /// The key: a private key file, or the .pub of one that the agent or a FIDO key
    /// holds; otherwise git's user.signingKey, ~/.ssh and the agent are looked through
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Ask nothing: take the answers from this file
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Print a file of answers to be filled in, and stop
    #[arg(long, conflicts_with_all = ["answers", "approve", "reject", "withdraw"])]
    pub print_answers: bool,
    /// Approve
    #[arg(long, group = "verb")]
    pub approve: bool,
    /// Reject
    #[arg(long, group = "verb")]
    pub reject: bool,
    /// Take back your last decision in this role
    #[arg(long, group = "verb")]
    pub withdraw: bool,
    /// A note for those who read the decision
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Post the decision on the pull request as well, once it stands in the log
    #[arg(long, conflicts_with = "print_answers")]
    pub pull_request: bool,
    /// Add to the log what was signed before and could not be logged then
    #[arg(long, conflicts_with_all = ["role", "key", "answers", "print_answers", "note", "verb", "pull_request"])]
    pub resend: bool,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

impl SignArgs {
    /// What is asked for on the command line.
    pub fn verb(&self) -> Option<Verb> {
        match (self.approve, self.reject, self.withdraw) {
            (true, ..) => Some(Verb::Approve),
            (_, true, _) => Some(Verb::Reject),
            (.., true) => Some(Verb::Withdraw),
            _ => None,
        }
    }
}

/// A role that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Design, stability of the API, tests
    Tech,
    /// Safety at run time, secrets, health of dependencies
    Security,
    /// The ethics assessment
    Ethics,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Tech => Self::Tech,
            RoleArg::Security => Self::Security,
            RoleArg::Ethics => Self::Ethics,
        }
    }
}
