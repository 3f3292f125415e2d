//! `countersign check`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::CheckArgs, output::Output};

/// Runs the command.
pub fn run(_args: CheckArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `check` yet")
}
