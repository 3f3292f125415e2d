//! Errors at the edge: what a person sees when a command cannot do its work.

use std::path::Path;

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::{Exit, args::Cli, output::Output};

/// A command line that cannot be carried out as it stands. Ends in [`Exit::Usage`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Prints the whole chain of causes, made safe: parts of it come from
/// repositories and from the command line.
pub fn print(report: &color_eyre::Report, out: &mut Output) {
    let mut causes = report.chain().map(ToString::to_string);
    out.error(&causes.next().unwrap_or_default());
    for cause in causes {
        out.error_line(&format!("  because: {}", cause.replace('\n', "\n    ")));
    }
}

/// Prints what clap has to say: help and version are no errors.
pub fn print_usage(error: &clap::Error, out: &mut Output) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Our own words only, so its colours may stay.
            let _ = error.print();
            Exit::Holds
        }
        _ => {
            out.error_line(error.render().to_string().trim_end());
            Exit::Usage
        }
    }
}

/// A word that is no directory is more likely a command mistyped than a path.
pub fn refuse_slip(path: &Path) -> Result<(), Usage> {
    let Some(word) = path.to_str().filter(|word| !word.contains('/')) else {
        return Ok(());
    };
    if path.exists() {
        return Ok(());
    }
    let cli = Cli::command();
    let near = cli
        .get_subcommands()
        .map(|command| {
            (
                strsim::jaro_winkler(word, command.get_name()),
                command.get_name(),
            )
        })
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => Err(Usage(format!(
            "{word} is neither a command nor a directory; did you mean `countersign {name}`?"
        ))),
        None => Ok(()),
    }
}
