//! `countersign canary finish`: the scorecard's last line, on a branch for a person to merge.

use color_eyre::Result;

use super::args::FinishArgs;
use super::{now, open};
use crate::cli::Exit;
use crate::cli::output::{Output, Style};
use crate::workflow::observe::{self, Finish};

/// Makes the branch, and says what to do with it.
pub fn run(args: &FinishArgs, out: &mut Output) -> Result<Exit> {
    let (ws, desk) = open(&args.repo.repo)?;
    let all = observe::standings(&ws, &desk, now())?;
    let standing = observe::find(&all, &args.module)?;
    let base = desk.authority.branch();
    match observe::finish(&ws, &desk, standing)? {
        Finish::There { scorecard } => {
            out.line(format!("{scorecard} on {base} says it already"))?
        }
        Finish::Branch {
            branch,
            commit,
            scorecard,
            line,
            made,
        } => {
            let made = if made { "holds" } else { "held already" };
            out.line(format!(
                "{branch} {made} {}, for {scorecard}:",
                commit.short()
            ))?;
            out.exact(&[(Style::Plain, &line)])?;
            out.line(format!("Have it merged into {base}, as anything else is"))?;
        }
    }
    Ok(Exit::Holds)
}
