//! Starts; nothing else: joins the two faces, which do not know each other.

use std::process::ExitCode;

use color_eyre::Result;
use countersign::cli::{self, Launch, Usage};
use countersign::console::{self, ConsoleError};
use countersign::gates::supervise;

fn main() -> ExitCode {
    // Gates run their tools under this same executable, started again.
    let args: Vec<_> = std::env::args_os().collect();
    if let Some(code) = supervise::main(&args) {
        return code;
    }
    if let Some(code) = console::guard::main(&args) {
        return code;
    }
    cli::main(open_console, console::slips)
}

/// Opens the console on what the command line asked for.
fn open_console(launch: Launch) -> Result<()> {
    let opened = console::open(console::Options {
        here: launch.here(),
        path: launch.path,
        rev: launch.rev,
        canary: launch.canary,
        theme: launch.theme,
        linear: launch.linear,
    });
    // Asked for where it cannot be is asked wrongly.
    opened.map_err(|error| match error.is::<ConsoleError>() {
        true => Usage(error.to_string()).into(),
        false => error,
    })
}
