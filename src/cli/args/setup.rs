//! Of those that set it up.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{JsonArg, RepoArg};

/// `countersign demo`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DemoArgs {
    /// Make it in this directory, which must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub at: Option<PathBuf>,
    /// Only make the repository
    #[arg(long)]
    pub no_console: bool,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
    /// What to show instead
    #[command(subcommand)]
    pub command: Option<DemoCommand>,
}

/// The commands of `countersign demo`.
#[derive(Debug, Subcommand)]
pub enum DemoCommand {
    /// A promotion that does harm: watched by a real Prometheus, caught and taken back, in
    /// two minutes
    Canary(DemoCanaryArgs),
}

/// `countersign demo canary`
#[derive(Debug, Args)]
pub struct DemoCanaryArgs {
    /// Make it in this directory: a new or empty one, or that of an earlier run, which is
    /// removed
    #[arg(long, value_name = "DIR")]
    pub at: Option<PathBuf>,
    /// Do not offer the console at the end
    #[arg(long)]
    pub no_console: bool,
}

/// `countersign init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// Print the file instead of writing it
    #[arg(long)]
    pub print: bool,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub shell: ShellArg,
}

/// A shell that is completed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellArg {
    /// source <(countersign completions bash)
    Bash,
    /// countersign completions zsh > a directory of $fpath/_countersign
    Zsh,
    /// countersign completions fish > ~/.config/fish/completions/countersign.fish
    Fish,
}

/// `countersign man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write every page to this directory, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
