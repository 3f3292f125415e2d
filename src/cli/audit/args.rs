//! The arguments of `countersign audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::{JsonArg, RepoArg};
use crate::promotion::review::Role;

/// `countersign audit`
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// The commands of `countersign audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show every entry, and whether it is verified
    Log(LogArgs),
    /// Verify the whole log: exit code 0 all of it holds, 1 something is wrong,
    /// 3 it cannot be told
    Verify(VerifyArgs),
    /// Show one entry: the bytes that were signed, and how to check them without us
    Show(ShowArgs),
    /// Write the log with everything that it takes to check it with stock tools
    Export(ExportArgs),
    /// Bring here what the remote's log has, and there what it lacks
    Share(ShareArgs),
    /// Say that a key counts no longer. An owner or who releases signs it
    Revoke(RevokeArgs),
}

/// `countersign audit log`
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only entries about this module, as a path or dotted name
    pub module: Option<String>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign audit verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Verify this file instead of the log on its branch: a copy somebody handed over
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign audit show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The entry, counted from 0
    pub position: u64,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign audit export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Where to: a directory that does not exist or is empty
    pub dir: PathBuf,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign audit share`
#[derive(Debug, Args)]
pub struct ShareArgs {
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign audit revoke`
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The key that counts no longer, as `ssh-keygen -l` names it: SHA256:…
    pub fingerprint: String,
    /// Another key took its place: what it signed so far stays
    #[arg(long, required_unless_present = "compromised_from")]
    pub superseded: bool,
    /// Somebody else had it: what it signed counts for nothing from this entry on
    #[arg(long, value_name = "POSITION", conflicts_with = "superseded")]
    pub compromised_from: Option<u64>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub note: String,
    /// In which role you say it; needed where your key holds both
    #[arg(long, value_enum)]
    pub role: Option<By>,
    /// The key to sign with: a private key file, or the .pub of one that the agent or
    /// a FIDO key holds
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// Who may say that a key counts no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Answers for modules
    Owner,
    /// Promotes what was signed off
    Release,
}

impl From<By> for Role {
    fn from(by: By) -> Self {
        match by {
            By::Owner => Self::Owner,
            By::Release => Self::Release,
        }
    }
}
