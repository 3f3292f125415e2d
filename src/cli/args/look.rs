//! Of those that only look.

use clap::Args;

use super::{AtArgs, JsonArg, LayoutArgs, module_name};

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
