//! The arguments of every command. Doc comments here are the help texts.

mod cache;
mod check;
mod ci;
mod look;
mod promote;
mod setup;
mod sign;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, value_parser};

use crate::promotion::RepoPath;

pub use cache::{CacheArgs, CacheCommand, PruneArgs, age};
pub use check::{CheckArgs, FixArgs, SelectArgs};
pub use ci::{CiArgs, CiCollectArgs, CiCommand, CiPlanArgs, CiRunArgs, CiWorkflowArgs};
pub use look::{DiffArgs, ImpactArgs, ListArgs, ShowArgs};
pub use promote::{PrArgs, PromoteArgs, ProposeArgs, RollbackArgs, YesNo};
pub use setup::{
    CompletionsArgs, DemoArgs, DemoCanaryArgs, DemoCommand, DoctorArgs, InitArgs, ManArgs, ShellArg,
};
pub use sign::{RoleArg, SignArgs};

/// Promote Python modules with evidence that can be reproduced.
///
/// Without a command it opens the console on the repository at PATH.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 holds, 1 a gate failed, 2 wrong usage or configuration, \
                  3 could not be determined, 130 asked to stop."
)]
pub struct Cli {
    /// Somewhere in a repository: a work tree or a bare clone
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// The same, as its commands have it
    #[arg(short = 'C', value_name = "PATH", conflicts_with = "path")]
    pub repo: Option<PathBuf>,
    /// Look at this revision instead of what is checked out
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
    /// Use this theme instead of the one in the settings
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Speak in plain lines and ask for one, for screen readers: nothing is drawn
    #[arg(long)]
    pub linear: bool,
    /// What to do instead of opening the console
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a sample repository with modules in every state and open the console on it
    Demo(DemoArgs),
    /// Detect lanes, owners, tests and tools, and write countersign.toml
    Init(InitArgs),
    /// Say what is missing and how to get it
    Doctor(DoctorArgs),
    /// List the modules with their stage and the ten criteria
    List(ListArgs),
    /// Show the dossier of a module: evidence, and what blocks it
    Show(ShowArgs),
    /// Show who imports a module, what it imports across lanes, and what moving it rewrites
    Impact(ImpactArgs),
    /// Run Gate 1 on modules
    Check(CheckArgs),
    /// Spread Gate 1 over the jobs of a forge, and join what they found
    Ci(CiArgs),
    /// Show the promotion of a module as a diff
    Diff(DiffArgs),
    /// Show what the tools can mend of a module, and write it where you accept it
    Fix(FixArgs),
    /// Write why a module is to be promoted, and on which terms, on a branch of its own
    Propose(ProposeArgs),
    /// Review a module as one of its reviewers, and sign what you decide
    Sign(SignArgs),
    /// Move a module that is signed off into its target lane, on its branch
    Promote(PromoteArgs),
    /// Take back what was merged, and make the branch on which its fix goes
    Rollback(RollbackArgs),
    /// Open and keep up to date the pull request of a module, and read what became of it
    Pr(PrArgs),
    /// Say how what was merged stands, look at it, and watch it
    Canary(super::canary::args::CanaryArgs),
    /// Read, verify and export the log of all decisions
    Audit(super::audit::args::AuditArgs),
    /// Show what is kept to be used again, or take out of it what is old
    Cache(CacheArgs),
    /// Print what a shell needs to complete commands and options
    Completions(CompletionsArgs),
    /// Print the manual, or write all of its pages
    Man(ManArgs),
}

/// Where the repository is.
#[derive(Clone, Debug, Args)]
pub struct RepoArg {
    /// Somewhere in the repository
    #[arg(short = 'C', long = "repo", value_name = "DIR", default_value = ".")]
    pub repo: PathBuf,
}

/// What is looked at.
#[derive(Clone, Debug, Args)]
pub struct AtArgs {
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// Read this revision instead of what is checked out
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,
}

/// For programs.
#[derive(Clone, Copy, Debug, Args)]
pub struct JsonArg {
    /// Print one JSON document, as described in docs/json.md
    #[arg(long)]
    pub json: bool,
}

/// How a diff is shown.
#[derive(Clone, Copy, Debug, Args)]
pub struct LayoutArgs {
    /// One column, as `diff -u` prints it; the default where no person looks
    #[arg(long, conflicts_with = "width")]
    pub unified: bool,
    /// Side by side in so many columns; the default is as wide as the terminal
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(60..=1000))]
    pub width: Option<u16>,
}

/// Git paths need not be UTF-8: other bytes come as [`RepoPath`] writes them, `\xNN`.
pub fn module_name() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().map(|name: OsString| {
        name.into_string()
            .unwrap_or_else(|name| RepoPath::from_fs(name.as_ref()).to_text().into_owned())
    })
}
