//! `countersign ci plan`

use color_eyre::Result;

use super::super::args::CiPlanArgs;
use super::super::output::Output;
use super::super::{Exit, check};
use crate::promotion::GateId;
use crate::workflow::ci;

/// Runs the command.
pub fn run(args: CiPlanArgs, out: &mut Output) -> Result<Exit> {
    let ws = check::open(&args.at, out)?;
    let selection = check::selection(&args.select);
    let only = args.only.into_iter().map(GateId::named).collect();
    let plan = ci::plan(&ws, selection, only, args.cells.into())?;
    check::note_nothing(&plan.selection, plan.modules.len(), out);
    out.document(&plan.document()?)?;
    Ok(Exit::Holds)
}
