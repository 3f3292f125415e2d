//! `countersign demo`

mod canary;

use std::path::PathBuf;

use color_eyre::Result;
use serde::Serialize;

use crate::workflow::demo::{self, DemoError};
use crate::workflow::dirs;

use super::args::{DemoArgs, DemoCommand};
use super::output::{Output, Style};
use super::{Exit, Launch};

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
    if let Some(DemoCommand::Canary(args)) = args.command {
        return canary::run(args, open, out);
    }
    let at = match args.at {
        Some(at) => at,
        None => dirs::data_dir()?.join("demo"),
    };
    let made = demo::build(&at)?;
    let keys = told(demo::keys(&made));
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
        out.exact(&[(Style::Plain, &made.path.to_string_lossy())])?;
        out.notice(keys);
    } else {
        out.notice(keys);
        open(Launch {
            path: made.path,
            rev: None,
            canary: None,
            theme: None,
            linear: false,
        })?;
    }
    Ok(Exit::Holds)
}

/// Where to find what its people sign with. Without it everything else works.
fn told(keys: Result<PathBuf, DemoError>) -> String {
    match keys {
        Ok(keys) => format!(
            "its people's keys, worthless ones, are in {}; sign as one of them with --key {}",
            keys.display(),
            keys.join("ines.duarte").display()
        ),
        Err(error) => format!("nobody can sign in it, for want of keys: {error}"),
    }
}
