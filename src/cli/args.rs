//! The arguments of every command. Doc comments here are the help texts.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use crate::promotion::RepoPath;
use crate::promotion::review::{Role, Verb};

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

/// `countersign list`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// `countersign impact`
#[derive(Debug, Args)]
pub struct ImpactArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// The target lane it goes to, or its path there; by default its place in the first
    #[arg(long, value_name = "LANE")]
    pub to: Option<String>,
    /// As if shims stayed at the old name, for what is not rewritten
    #[arg(long)]
    pub shims: bool,
    /// Name every place, however many there are
    #[arg(long)]
    pub full: bool,
    /// What is looked at.
    #[command(flatten)]
    pub at: AtArgs,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

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

/// `countersign diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The module, as a path (candidate/quantum) or dotted name (candidate.quantum)
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Compare with `base` (the module at the merge-base) or with what stands in
    /// its place in a target lane. Default: the first target lane where something
    /// does, else base
    #[arg(long, value_name = "base|LANE", value_parser = module_name())]
    pub against: Option<String>,
    /// Take lines that differ in white space only for the same, as `git diff -w` does.
    /// How many is said, and those that differ in indentation are marked
    #[arg(short = 'w', long)]
    pub ignore_whitespace: bool,
    /// How it is shown.
    #[command(flatten)]
    pub layout: LayoutArgs,
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

/// `countersign cache`
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Print one JSON document, as described in docs/json.md
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do instead of showing it
    #[command(subcommand)]
    pub command: Option<CacheCommand>,
}

/// What can be done with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Take out what was of no use for longest. It is made again when it is needed,
    /// and what a running Countersign may need is left
    Prune(PruneArgs),
}

/// `countersign cache prune`
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// What was of no use for so long: 90m, 12h, 30d, 8w. Without any rule it is 30d
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<Duration>,
    /// Until so much is left at most: 500M, 2G. Environments with tools go last
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_size: Option<u64>,
    /// Everything that nobody uses
    #[arg(long)]
    pub all: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
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

/// `30d` and the like.
pub fn age(text: &str) -> Result<Duration, String> {
    let units = [("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];
    amount(text, &units)
        .map(Duration::from_secs)
        .ok_or_else(|| "a number and a unit: 90m, 12h, 30d, 8w".into())
}

/// `2G` and the like.
fn size(text: &str) -> Result<u64, String> {
    let units = [
        ("K", 1 << 10),
        ("M", 1 << 20),
        ("G", 1 << 30),
        ("T", 1 << 40),
    ];
    amount(text, &units).ok_or_else(|| "a number and a unit: 500M, 2G".into())
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    units.iter().find_map(|(unit, each)| {
        let number = text.strip_suffix(unit)?;
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| number.parse::<u64>().ok()?.checked_mul(*each))?
    })
}

/// Git paths need not be UTF-8: other bytes come as [`RepoPath`] writes them, `\xNN`.
pub fn module_name() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().map(|name: OsString| {
        name.into_string()
            .unwrap_or_else(|name| RepoPath::from_fs(name.as_ref()).to_text().into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_have_units() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("0"), Ok(Duration::ZERO));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in [
            "30",
            "d",
            "-1d",
            "1.5d",
            "+1d",
            "99999999999999999999w",
            "9999999999999999w",
        ] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
        for wrong in ["2", "2GB", "G", " 2G", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
