//! `countersign canary [MODULE]`: how what was merged stands. Asks nobody.

use color_eyre::Result;

use super::args::CanaryArgs;
use super::document::{Document, One};
use super::{now, open, table};
use crate::cli::Exit;
use crate::cli::output::{Output, Style};
use crate::workflow::observe::{self, Standing};

/// Runs the command.
pub fn run(args: &CanaryArgs, out: &mut Output) -> Result<Exit> {
    let (ws, desk) = open(&args.repo.repo)?;
    let now = now();
    let all = observe::standings(&ws, &desk, now)?;
    let chosen: Vec<&Standing> = match &args.module {
        Some(module) => vec![observe::find(&all, module)?],
        None => all.iter().collect(),
    };
    if args.json.json {
        let promotions = chosen.iter().map(|it| One::of(it)).collect();
        out.json("countersign.canary", 1, &Document { now, promotions })?;
        return Ok(Exit::Holds);
    }
    if chosen.is_empty() {
        let branch = desk.authority.branch();
        out.line(format!(
            "no promotion is on {branch}: there is nothing to watch"
        ))?;
    }
    for (at, standing) in chosen.iter().enumerate() {
        if at > 0 {
            out.line("")?;
        }
        table::head(standing, standing.verdict.as_ref(), now, out)?;
        match &standing.verdict {
            Some(verdict) if standing.is_open() => table::signals(verdict, out)?,
            _ => {}
        }
        if standing.is_open() && standing.verdict.is_none() {
            let line =
                "nobody has looked from this machine yet: countersign canary check, or watch";
            out.spans(&[(Style::Faint, "  "), (Style::Faint, &out.here(line))])?;
        }
    }
    Ok(Exit::Holds)
}
