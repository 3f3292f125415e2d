//! `countersign canary check`: one look, for cron and CI. Writes nothing, and nothing
//! follows from it.

use color_eyre::Result;

use super::args::CheckArgs;
use super::document::{Checked, CheckedOne};
use super::{now, open, table};
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::promotion::canary::{Verdict, Word};
use crate::workflow::observe::{self, ObserveError, Standing};

/// Runs the command.
pub fn run(args: &CheckArgs, out: &mut Output) -> Result<Exit> {
    let (ws, desk) = open(&args.repo.repo)?;
    let at = args.as_of.unwrap_or_else(now);
    let all = observe::standings(&ws, &desk, at)?;
    let chosen: Vec<&Standing> = match &args.module {
        Some(module) => {
            let found = observe::find(&all, module)?;
            // What is over can be looked at as it was.
            if !found.is_open() && args.as_of.is_none() {
                return Err(ObserveError::Over {
                    module: found.module().clone(),
                    stage: found.stage.word(),
                }
                .into());
            }
            vec![found]
        }
        None => all.iter().filter(|it| it.is_open()).collect(),
    };
    let source = observe::server(&desk.authority.config.canary);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let seen = runtime.block_on(observe::look_at_all(&source, None, &chosen, at));
    let verdicts: Vec<&Verdict> = seen.iter().map(|it| &it.verdict).collect();
    if args.json.json {
        let both = chosen.iter().zip(&verdicts);
        let promotions = both.map(|(standing, verdict)| CheckedOne::of(standing, verdict));
        let document = Checked {
            at,
            promotions: promotions.collect(),
        };
        out.json("countersign.canary-check", 1, &document)?;
    } else {
        if chosen.is_empty() {
            out.line("nothing is watched")?;
        }
        for (number, (standing, verdict)) in chosen.iter().zip(&verdicts).enumerate() {
            if number > 0 {
                out.line("")?;
            }
            table::head(standing, Some(verdict), at, out)?;
            table::signals(verdict, out)?;
        }
    }
    Ok(exit(&verdicts))
}

/// The worst of them: a failure before everything, a pass after everything.
fn exit(verdicts: &[&Verdict]) -> Exit {
    let any = |wanted: fn(Word) -> bool| verdicts.iter().any(|it| wanted(it.word));
    match () {
        () if any(|word| word == Word::Fail) => Exit::Failed,
        () if any(|word| word != Word::Pass) => Exit::Undetermined,
        () => Exit::Holds,
    }
}
