//! `countersign ci`: the same gates, spread over the jobs of a forge.

mod collect;
mod plan;
mod run;
mod workflow;

use color_eyre::Result;

use super::Exit;
use super::args::CiCommand;
use super::output::Output;

/// Runs the command.
pub fn run(command: CiCommand, out: &mut Output) -> Result<Exit> {
    match command {
        CiCommand::Plan(args) => plan::run(args, out),
        CiCommand::Run(args) => run::run(args, out),
        CiCommand::Collect(args) => collect::run(args, out),
        CiCommand::Workflow(args) => workflow::run(args, out),
    }
}
