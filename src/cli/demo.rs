//! `countersign demo`

use color_eyre::Result;
use serde::Serialize;

use crate::workflow::{demo, dirs};

use super::{Exit, Launch, args::DemoArgs, output::Output};

#[derive(Serialize)]
struct Report {
    path: String,
    head: String,
}

/// Runs the command.
pub fn run(
    args: DemoArgs,
    open: impl FnOnce(Launch) -> Result<()>,
    out: &mut Output,
) -> Result<Exit> {
    let at = match args.at {
        Some(at) => at,
        None => dirs::data_dir()?.join("demo"),
    };
    let made = demo::build(&at)?;
    if args.json.json {
        out.json(
            "countersign.demo",
            1,
            &Report {
                path: made.path.display().to_string(),
                head: made.head,
            },
        )?;
    } else if args.no_console {
        out.line(made.path.display())?;
    } else {
        open(Launch {
            path: made.path,
            rev: None,
            theme: None,
        })?;
    }
    Ok(Exit::Holds)
}
