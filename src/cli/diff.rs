//! `countersign diff`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::DiffArgs, output::Output};

/// Runs the command.
pub fn run(_args: DiffArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `diff` yet")
}
