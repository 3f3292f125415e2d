//! The command line: parse, call a workflow, print. Holds no rule of its own.
//!
//! Every command is one file with `run(args, out) -> Result<Exit>`. Adding one:
//! its arguments in [`args`], its file here, one line in [`dispatch`], and for
//! `--json` its schema in `docs/json.md`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use color_eyre::Result;

pub mod args;
mod audit;
mod benchmarks;
mod cache;
mod canary;
mod check;
mod ci;
mod coverage;
mod criteria;
mod demo;
mod diff;
mod doctor;
mod error;
mod exit;
mod explain;
mod facts;
mod fix;
mod here;
mod impact;
mod init;
mod list;
pub mod output;
mod pr;
mod progress;
mod promote;
mod propose;
mod prose;
mod rollback;
mod shell;
mod show;
mod sign;

use crate::promotion::RepoPath;
use crate::promotion::here::Here;
use crate::workflow::Workspace;
use args::{AtArgs, Cli, Command};
pub use error::Usage;
pub use exit::Exit;
use output::Output;

/// What the console is to be opened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Somewhere in a repository.
    pub path: PathBuf,
    /// The revision to look at; `None`: what is checked out.
    pub rev: Option<String>,
    /// The module whose canary is shown first; `None`: the dashboard is.
    pub canary: Option<RepoPath>,
    /// A theme's name, before that of the settings.
    pub theme: Option<String>,
    /// Plain lines, read and answered in order.
    pub linear: bool,
}

impl Launch {
    /// How commands are to be typed there.
    pub fn here(&self) -> Here {
        here::at(Some(&self.path), self.rev.as_deref())
    }
}

/// The whole program, but for the console: parses the process's arguments, runs
/// the command, prints what went wrong. `open` opens the console, and `slips` says what that
/// cannot take of a person's own files.
pub fn main(
    open: impl FnOnce(Launch) -> Result<()>,
    slips: impl FnOnce() -> Vec<String>,
) -> ExitCode {
    // Fails only if a hook is installed already: then that one is used.
    let _ = color_eyre::install();
    let mut out = Output::process();
    run(std::env::args_os(), open, slips, &mut out).into()
}

/// Runs one command line, the program's name first.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    open: impl FnOnce(Launch) -> Result<()>,
    slips: impl FnOnce() -> Vec<String>,
    out: &mut Output,
) -> Exit {
    let parsed = Cli::command().try_get_matches_from(args);
    let cli = match parsed.and_then(|it| Ok((here::of(&it), Cli::from_arg_matches(&it)?))) {
        Ok((here, cli)) => {
            out.look(here);
            cli
        }
        Err(error) => return error::print_usage(&error, out),
    };
    match dispatch(cli, open, slips, out).and_then(|exit| out.finish().map(|()| exit)) {
        Ok(exit) => exit,
        Err(report) => {
            error::print(&report, out);
            Exit::of(&report)
        }
    }
}

fn dispatch(
    cli: Cli,
    open: impl FnOnce(Launch) -> Result<()>,
    slips: impl FnOnce() -> Vec<String>,
    out: &mut Output,
) -> Result<Exit> {
    match cli.command {
        None => {
            let path = match cli.repo {
                Some(repo) => repo,
                None => {
                    error::refuse_slip(&cli.path)?;
                    cli.path
                }
            };
            open(Launch {
                path,
                rev: cli.rev,
                canary: None,
                theme: cli.theme,
                linear: cli.linear,
            })?;
            Ok(Exit::Holds)
        }
        Some(Command::Demo(args)) => demo::run(args, open, out),
        Some(Command::Init(args)) => init::run(args, out),
        Some(Command::Doctor(args)) => doctor::run(args, &slips(), out),
        Some(Command::List(args)) => list::run(args, out),
        Some(Command::Show(args)) => show::run(args, out),
        Some(Command::Impact(args)) => impact::run(args, out),
        Some(Command::Check(args)) => check::run(args, out),
        Some(Command::Ci(args)) => ci::run(args.command, out),
        Some(Command::Diff(args)) => diff::run(args, out),
        Some(Command::Fix(args)) => fix::run(args, out),
        Some(Command::Propose(args)) => propose::run(args, out),
        Some(Command::Sign(args)) => sign::run(args, out),
        Some(Command::Promote(args)) => promote::run(args, out),
        Some(Command::Rollback(args)) => rollback::run(args, out),
        Some(Command::Pr(args)) => pr::run(args, out),
        Some(Command::Canary(args)) => canary::run(args, out),
        Some(Command::Audit(args)) => audit::run(args, out),
        Some(Command::Cache(args)) => cache::run(args, out),
        Some(Command::Completions(args)) => shell::completions(args, out),
        Some(Command::Man(args)) => shell::man(args, out),
    }
}

/// What is looked at. What there is to know of how it was opened is told.
fn workspace(at: &AtArgs, out: &mut Output) -> Result<Workspace> {
    let ws = Workspace::open(&at.repo.repo, at.rev.as_deref())?;
    for notice in ws.notices() {
        out.notice(notice);
    }
    Ok(ws)
}
