//! Of `countersign ci`.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

use super::{AtArgs, JsonArg, RepoArg, SelectArgs};

/// `countersign ci`
#[derive(Debug, Args)]
pub struct CiArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CiCommand,
}

/// The commands of `countersign ci`.
#[derive(Debug, Subcommand)]
pub enum CiCommand {
    /// Print which cells there are, as JSON with a matrix for a workflow
    Plan(CiPlanArgs),
    /// Run one cell of a plan and write what it found
    Run(CiRunArgs),
    /// Join what all cells of a plan found to one report
    Collect(CiCollectArgs),
    /// Write the workflow for GitHub Actions
    Workflow(CiWorkflowArgs),
}

/// `countersign ci plan`
#[derive(Debug, Args)]
pub struct CiPlanArgs {
    /// Which modules are meant.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Plan only these gates
    #[arg(long, value_name = "GATE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Plan at most this many cells: modules share them where there are more
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = value_parser!(u16).range(1..=256))]
    pub cells: u16,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
}

/// `countersign ci run`
#[derive(Debug, Args)]
pub struct CiRunArgs {
    /// The plan, as `ci plan` printed it
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Refuse a plan with another digest
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// The cell
    #[arg(long, value_name = "NAME")]
    pub cell: String,
    /// Write what it found to this directory, which must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Run at most this many tools at the same time
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Run every gate, even where there is current evidence
    #[arg(long)]
    pub no_cache: bool,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign ci collect`
#[derive(Debug, Args)]
pub struct CiCollectArgs {
    /// What the cells wrote: their directories, or one that holds them all
    #[arg(required = true, value_name = "DIR")]
    pub cells: Vec<PathBuf>,
    /// The plan, as `ci plan` printed it
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Refuse a plan with another digest
    #[arg(long, value_name = "DIGEST")]
    pub expect: Option<String>,
    /// Write the report to this directory: JSON, JUnit, SARIF, Markdown, raw outputs
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign ci workflow`
#[derive(Debug, Args)]
pub struct CiWorkflowArgs {
    /// Plan only modules that differ from the merge-base with this revision, not all
    #[arg(long, value_name = "BASE")]
    pub changed: Option<String>,
    /// The label of the runners
    #[arg(long, value_name = "LABEL", default_value = "ubuntu-24.04")]
    pub runs_on: String,
    /// A command that puts Countersign at $RUNNER_TEMP/countersign/bin/countersign;
    /// by default it is built from the source that two variables name
    #[arg(long, value_name = "COMMAND")]
    pub install: Option<String>,
    /// A command that makes the project's environment before a cell is run
    #[arg(long, value_name = "COMMAND")]
    pub prepare: Option<String>,
    /// Print the workflow instead of writing it
    #[arg(long)]
    pub print: bool,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
}
