//! The arguments of `countersign canary`. Doc comments here are the help texts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::cli::args::{JsonArg, RepoArg, age, module_name};

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
    /// Look at everything that is due, write down what changed, run the nightly smoke tests,
    /// and have harm taken back; until it is stopped
    Watch(WatchArgs),
    /// Have nothing done about a promotion for a while; it is looked at all the same
    Pause(PauseArgs),
    /// Let it go on
    Resume(SayArgs),
    /// Say that its newest verdict was seen
    Acknowledge(SayArgs),
    /// Bring the scorecard's line of what was watched to the end onto a branch, for a person
    /// to merge
    Finish(FinishArgs),
}

/// `countersign canary finish`
#[derive(Debug, Args)]
pub struct FinishArgs {
    /// The module, as a path (candidate/quantum) or dotted name
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
}

/// `countersign canary watch`
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// One round, with the nights that are due: for cron. Exit codes as of check
    #[arg(long)]
    pub once: bool,
    /// Say what would be done, write nothing and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Answer /healthz and /metrics there
    #[arg(long, value_name = "ADDR", conflicts_with = "once")]
    pub listen: Option<SocketAddr>,
    /// Do not ask remotes for what is new
    #[arg(long)]
    pub no_fetch: bool,
    /// What this watcher is called in the log; by default as the machine is
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The key that signs what is written down, of a machine by preference: a private key
    /// file without a passphrase, or the .pub of one that the agent holds
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
}

/// `countersign canary pause`
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// For how long, at most three days: 90m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", value_parser = age)]
    pub lasting: Duration,
    /// What else there is to say.
    #[command(flatten)]
    pub say: SayArgs,
}

/// `countersign canary resume`, `countersign canary acknowledge`
#[derive(Debug, Args)]
pub struct SayArgs {
    /// The module, as a path (candidate/quantum) or dotted name
    #[arg(value_parser = module_name())]
    pub module: String,
    /// Why, for those who read the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The key to sign with, of an owner or for release: a private key file, or the .pub of
    /// one that the agent or a FIDO key holds; otherwise git's user.signingKey, ~/.ssh and
    /// the agent are looked through
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Where the repository is.
    #[command(flatten)]
    pub repo: RepoArg,
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
