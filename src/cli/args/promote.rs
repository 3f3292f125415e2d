//! Of those that propose, move and take back.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};

use super::{AtArgs, JsonArg, LayoutArgs, module_name};

/// `countersign propose`
#[derive(Debug, Args)]
pub struct ProposeArgs {
    /// The module: a path or a dotted name
    pub module: String,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// Take the answers from this file and ask nothing
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Write a file of answers to be filled in, with what facts say, and stop
    #[arg(long, value_name = "FILE", conflicts_with_all = ["answers", "yes", "dry_run"])]
    pub write_answers: Option<PathBuf>,
    /// Write the branch without asking
    #[arg(long, requires = "answers", conflicts_with = "dry_run")]
    pub yes: bool,
    /// Print the documents and the commit, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The branch, instead of promote/<module>-YYYYMMDD; one that is there gets one more commit
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// The day that is written, instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Whether an Ethics Assessment is written, whatever the facts say
    #[arg(long, value_name = "yes|no", value_enum)]
    pub ethics: Option<YesNo>,
    /// Why none is written, where something speaks for it
    #[arg(long, value_name = "TEXT", requires = "ethics")]
    pub because: Option<String>,
    /// Record the proposal in the audit log, signed by its owner's key
    #[arg(long, conflicts_with = "dry_run")]
    pub record: bool,
    /// The key to sign that with, instead of the one at hand
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// A yes or a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    /// Yes
    Yes,
    /// No
    No,
}

/// `countersign promote`
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Into this target lane; by default the first of its lane
    #[arg(long, value_name = "LANE", value_parser = module_name())]
    pub to: Option<String>,
    /// On this branch; by default the module's own, see [promote] branch in countersign.toml
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Only print the whole plan. Exit code 1 where something speaks against it
    #[arg(long)]
    pub dry_run: bool,
    /// The key to sign the record with, as owner or release: a private key file, or the
    /// .pub of one that the agent or a FIDO key holds; otherwise git's user.signingKey,
    /// ~/.ssh and the agent are looked through
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Sign the record of a move that was done without a key
    #[arg(long, conflicts_with_all = ["to", "branch", "dry_run", "merged"])]
    pub record: bool,
    /// Look whether the base branch holds the promotion, and sign that it does
    #[arg(long, conflicts_with_all = ["to", "branch", "dry_run"])]
    pub merged: bool,
    /// Run at most this many tools at the same time
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// How the plan's diff is shown.
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign rollback`
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The module, by where it was or where it is (candidate/quantum, core.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Why; it is signed and shown to everybody
    #[arg(long, value_name = "WHY")]
    pub reason: Option<String>,
    /// Only print what would be done. Exit code 1 where it would not go by itself
    #[arg(long, conflicts_with_all = ["resume", "take_over", "yes"])]
    pub dry_run: bool,
    /// Go on with one that is under way, and agree to one that was proposed
    #[arg(long)]
    pub resume: bool,
    /// Take it over from whoever carries it out, at once
    #[arg(long)]
    pub take_over: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// The key to sign each step with, as release, automation or owner: a private key file,
    /// or the .pub of one that the agent or a FIDO key holds; otherwise git's
    /// user.signingKey, ~/.ssh and the agent are looked through
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign pr`
#[derive(Debug, Args)]
pub struct PrArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Push its branch, and open a draft where none is open yet
    #[arg(long, group = "act")]
    pub open: bool,
    /// Push its branch, and bring the one that is open up to date
    #[arg(long, group = "act")]
    pub refresh: bool,
    /// Only say how it stands: the default
    #[arg(long, group = "act")]
    pub status: bool,
    /// Post your last decision in the log as a review
    #[arg(long, group = "act", conflicts_with = "json")]
    pub review: bool,
    /// Note in the log that a person merged it, and who
    #[arg(long, group = "act", conflicts_with = "json")]
    pub record_merge: bool,
    /// The key for --record-merge: a private key file, or the .pub of one that the agent or
    /// a FIDO key holds
    #[arg(long, value_name = "FILE", requires = "record_merge")]
    pub key: Option<PathBuf>,
    /// A link to what was made, for a comment: a report of CI, say. Any number of times
    #[arg(long, value_name = "NAME=URL", conflicts_with_all = ["status", "review", "record_merge"])]
    pub link: Vec<String>,
    /// Only print what would be sent. Needs no token
    #[arg(long, conflicts_with_all = ["status", "review", "record_merge"])]
    pub dry_run: bool,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}
