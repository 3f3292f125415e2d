//! `countersign list`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::ListArgs, output::Output};

/// Runs the command.
pub fn run(_args: ListArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `list` yet")
}
