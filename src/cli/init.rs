//! `countersign init`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::InitArgs, output::Output};

/// Runs the command.
pub fn run(_args: InitArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `init` yet")
}
