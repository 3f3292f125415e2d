//! `countersign ci run`

use color_eyre::Result;
use serde::Serialize;

use super::super::args::CiRunArgs;
use super::super::output::{Output, Style};
use super::super::{Exit, check, criteria};
use crate::promotion::{GateId, GateStatus, RepoPath};
use crate::workflow::ci::{self, Plan};
use crate::workflow::validate::CheckRequest;

/// The document of `ci run --json`.
#[derive(Serialize)]
struct Document<'a> {
    cell: &'a str,
    plan: String,
    holds: bool,
    gates: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    module: &'a RepoPath,
    gate: &'a GateId,
    status: GateStatus,
}

/// Runs the command.
pub fn run(args: CiRunArgs, out: &mut Output) -> Result<Exit> {
    let ws = check::open(&args.at, out)?;
    let plan = Plan::read(&ws, &args.plan, args.expect.as_deref())?;
    let cell = plan.cell(&args.cell)?;
    ci::refuse_unless_empty(&args.out)?;
    let request = CheckRequest {
        modules: cell.modules.clone(),
        only: cell.gates.clone(),
        jobs: check::jobs(args.jobs),
        use_cache: !args.no_cache,
    };
    let Some(modules) = check::gates(&ws, request, out)? else {
        return Ok(Exit::Interrupted);
    };
    ci::write_cell(&args.out, &plan, cell, &modules)?;
    let exit = check::exit(&modules);
    let lines = modules.iter().flat_map(|module| {
        module.evidence.iter().map(|evidence| Line {
            module: &module.module,
            gate: &evidence.gate,
            status: evidence.status(),
        })
    });
    let lines: Vec<_> = lines.collect();
    if args.json.json {
        let document = Document {
            cell: &cell.cell,
            plan: plan.digest()?,
            holds: exit == Exit::Holds,
            gates: lines,
        };
        out.json("countersign.ci-run", 1, &document)?;
        return Ok(exit);
    }
    for line in lines {
        let (style, mark) = criteria::mark(line.status);
        let words = format!("{}  {:14} {}", line.module, line.gate, line.status);
        out.spans(&[(style, &format!("{mark} ")), (Style::Plain, &words)])?;
    }
    out.line(format!("cell {} is in {}", cell.cell, args.out.display()))?;
    Ok(exit)
}
