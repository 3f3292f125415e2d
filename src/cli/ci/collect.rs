//! `countersign ci collect`

use color_eyre::Result;

use super::super::args::CiCollectArgs;
use super::super::output::Output;
use super::super::{Exit, check};
use crate::workflow::ci::{self, Collected, Plan, Problem};
use crate::workflow::report::{self, Reports};

/// Runs the command.
pub fn run(args: CiCollectArgs, out: &mut Output) -> Result<Exit> {
    let ws = check::open(&args.at, out)?;
    if let Some(directory) = &args.out {
        report::refuse_unless_free(directory)?;
    }
    let plan = Plan::read(&ws, &args.plan, args.expect.as_deref())?;
    let (modules, outputs) = match ci::collect(&ws, &plan, &args.cells)? {
        Collected::Whole { modules, outputs } => (modules, outputs),
        Collected::Refused(problems) => {
            for problem in &problems {
                out.error(&problem.to_string());
            }
            // What is wrong weighs more than what is not there.
            return Ok(match problems.iter().all(Problem::is_missing) {
                true => Exit::Undetermined,
                false => Exit::Failed,
            });
        }
    };
    let reports = Reports::of(&ws, &modules, !plan.selection.is_one());
    let told = check::Told {
        ws: &ws,
        modules: &modules,
        reports: &reports,
        explained: None,
        blob: &|sha256| outputs.blob(sha256),
    };
    told.tell(args.out.as_deref(), args.json.json, out)
}
