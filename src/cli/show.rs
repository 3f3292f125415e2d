//! `countersign show`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::ShowArgs, output::Output};

/// Runs the command.
pub fn run(_args: ShowArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `show` yet")
}
