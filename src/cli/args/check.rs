//! Of those that run tools on a module.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{AtArgs, JsonArg, LayoutArgs, RepoArg, module_name};

/// Which modules are meant.
#[derive(Clone, Debug, Args)]
pub struct SelectArgs {
    /// The modules, as paths (candidate/quantum) or dotted names (candidate.quantum)
    #[arg(
        value_parser = module_name(),
        value_name = "MODULE",
        required_unless_present_any = ["all", "changed"],
        conflicts_with_all = ["all", "changed"]
    )]
    pub modules: Vec<String>,
    /// All modules that count: the topmost packages and files of every lane
    #[arg(long, conflicts_with = "changed")]
    pub all: bool,
    /// Those of all that differ from the merge-base with this revision: in content,
    /// tests, what either imports, or settings
    #[arg(long, value_name = "BASE")]
    pub changed: Option<String>,
}

/// `countersign check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which modules are meant.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Write the report to this directory: JSON, JUnit, SARIF, Markdown, raw outputs
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub out: Option<PathBuf>,
    /// Run only these gates and what they need
    #[arg(long, value_name = "GATE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Run at most this many tools at the same time
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Run every gate, even where there is current evidence
    #[arg(long)]
    pub no_cache: bool,
    /// Say first why each gate runs or does not
    #[arg(long)]
    pub explain: bool,
    /// Only say it: run nothing. Exit code 3 where a gate would run
    #[arg(long)]
    pub dry_run: bool,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign fix`
#[derive(Debug, Args)]
pub struct FixArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Write it without asking
    #[arg(long)]
    pub yes: bool,
    /// Only show it. Exit code 1 where something would change; the same where no
    /// person is there to be asked
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// How it is shown.
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// Refused: only what is checked out can be changed
    #[arg(long, value_name = "REV", hide = true)]
    pub rev: Option<String>,
}
