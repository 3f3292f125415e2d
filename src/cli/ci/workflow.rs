//! `countersign ci workflow`

use color_eyre::Result;

use super::super::Exit;
use super::super::args::CiWorkflowArgs;
use super::super::output::{Output, Style};
use crate::workflow::Workspace;
use crate::workflow::ci::{Workflow, write_workflow};

/// Runs the command.
pub fn run(args: CiWorkflowArgs, out: &mut Output) -> Result<Exit> {
    let builds = args.install.is_none();
    let workflow = Workflow {
        changed: args.changed,
        runs_on: args.runs_on,
        install: args.install,
        prepare: args.prepare,
    };
    let text = workflow.text()?;
    if args.print {
        out.lines(&text)?;
        return Ok(Exit::Holds);
    }
    let ws = Workspace::open(&args.repo.repo, None)?;
    let path = write_workflow(&ws, &text)?;
    let path = path.display().to_string();
    out.spans(&[(Style::Strong, "wrote "), (Style::Plain, &path)])?;
    if builds {
        out.line(
            "Before it can run: set the variables COUNTERSIGN_GIT and COUNTERSIGN_REV of the \
             repository on GitHub (which source, and which commit of it, Countersign is built from)",
        )?;
    }
    Ok(Exit::Holds)
}
