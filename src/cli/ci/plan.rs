//! `countersign ci plan`

use color_eyre::Result;

use super::super::args::CiPlanArgs;
use super::super::output::Output;
use super::super::{Exit, check};
use super::asked;
use crate::promotion::GateId;
use crate::workflow::ci;

/// Runs the command.
pub fn run(args: CiPlanArgs, out: &mut Output) -> Result<Exit> {
    let ws = check::open(&args.repo.repo, args.rev.rev.as_deref(), out)?;
    let selection = check::selection(&args.select);
    check::modules(&ws, &selection, out)?;
    let only = args.only.into_iter().map(GateId::named).collect();
    let plan = asked(ci::plan(&ws, selection, only, args.cells.into()))?;
    out.document(&asked(plan.document())?)?;
    Ok(Exit::Holds)
}
