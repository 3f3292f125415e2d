//! `countersign doctor`

use color_eyre::{Result, eyre::bail};

use super::{Exit, args::DoctorArgs, output::Output};

/// Runs the command.
pub fn run(_args: DoctorArgs, _out: &mut Output) -> Result<Exit> {
    bail!("this build cannot `doctor` yet")
}
