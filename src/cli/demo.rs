//! `countersign demo`

use color_eyre::{Result, eyre::bail};

use super::{Exit, Launch, args::DemoArgs, output::Output};

/// Runs the command.
pub fn run(
    _args: DemoArgs,
    _open: impl FnOnce(Launch) -> Result<()>,
    _out: &mut Output,
) -> Result<Exit> {
    bail!("this build cannot `demo` yet")
}
