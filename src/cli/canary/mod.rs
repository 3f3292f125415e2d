//! `countersign canary`
//!
//! Phase 4: how what was merged stands, and the commands about it. One file a command.

pub mod args;
mod check;
mod control;
mod document;
mod finish;
mod status;
mod table;
mod watch;

use color_eyre::Result;

use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::workflow::Workspace;
use crate::workflow::observe::ObserveError;
use crate::workflow::sign_off::Desk;
use args::{CanaryArgs, CanaryCommand};

/// Runs the command.
pub fn run(args: CanaryArgs, out: &mut Output) -> Result<Exit> {
    let done = match args.command {
        None => status::run(&args, out),
        Some(CanaryCommand::Check(args)) => check::run(&args, out),
        Some(CanaryCommand::Watch(args)) => watch::run(&args, out),
        Some(CanaryCommand::Pause(args)) => control::pause(&args, out),
        Some(CanaryCommand::Resume(args)) => control::resume(&args, out),
        Some(CanaryCommand::Acknowledge(args)) => control::acknowledge(&args, out),
        Some(CanaryCommand::Finish(args)) => finish::run(&args, out),
    };
    match done {
        Err(report) => match report.downcast_ref::<ObserveError>() {
            Some(error) if error.is_usage() => Err(Usage(error.to_string()).into()),
            _ => Err(report),
        },
        done => done,
    }
}

/// The repository, with who may sign what and the log.
fn open(path: &std::path::Path) -> Result<(Workspace, Desk)> {
    // What the work tree says of watching does not count, so nothing is told of it.
    let ws = Workspace::open(path, None)?;
    ws.require_commit()?;
    let desk = Desk::open(&ws).map_err(ObserveError::from)?;
    Ok((ws, desk))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
