//! The arguments of `countersign canary`. Doc comments here are the help texts.

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::cli::args::{JsonArg, RepoArg, module_name};

/// `countersign canary`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CanaryArgs {
    /// The module, as a path (candidate/quantum) or dotted name; by default all
    #[arg(value_parser = module_name())]
    pub module: Option<String>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
    /// What to do instead of saying how it stands
    #[command(subcommand)]
    pub command: Option<CanaryCommand>,
}

/// The commands of `countersign canary`.
#[derive(Debug, Subcommand)]
pub enum CanaryCommand {
    /// Look once and judge, and write nothing: exit code 0 where all pass, 1 where one
    /// fails, 3 where one is held
    Check(CheckArgs),
}

/// `countersign canary check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The module, as a path (candidate/quantum) or dotted name; by default all that are
    /// watched
    #[arg(value_parser = module_name())]
    pub module: Option<String>,
    /// As of this time instead of now: 2026-01-31T02:00:00Z, or seconds since 1970 UTC
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub as_of: Option<i64>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
    /// For programs.
    #[command(flatten)]
    pub json: JsonArg,
}

/// A time, in Unix seconds.
fn time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(seconds);
    }
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .map_err(|_| "a time like 2026-01-31T02:00:00Z, or seconds since 1970 UTC".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_two_ways() {
        assert_eq!(time("100"), Ok(100));
        assert_eq!(time("1970-01-01T00:01:40Z"), Ok(100));
        assert!(time("yesterday").is_err());
    }
}
