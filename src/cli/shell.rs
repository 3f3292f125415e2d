//! `countersign completions` and `countersign man`: both from the definition of the
//! arguments, so they name what is there.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use color_eyre::Result;
use color_eyre::eyre::WrapErr;

use super::Exit;
use super::args::{Cli, CompletionsArgs, ManArgs, ShellArg};
use super::output::Output;

impl From<ShellArg> for Shell {
    fn from(shell: ShellArg) -> Self {
        match shell {
            ShellArg::Bash => Self::Bash,
            ShellArg::Zsh => Self::Zsh,
            ShellArg::Fish => Self::Fish,
        }
    }
}

/// Prints what a shell is to read.
pub fn completions(args: CompletionsArgs, out: &mut Output) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(Shell::from(args.shell), &mut command, name, &mut script);
    out.verbatim(&script)?;
    Ok(Exit::Holds)
}

/// Prints the manual's first page, or writes all of them.
pub fn man(args: ManArgs, out: &mut Output) -> Result<Exit> {
    let pages = pages()?;
    let Some(dir) = args.dir else {
        if let Some((_, first)) = pages.first() {
            out.verbatim(first)?;
        }
        return Ok(Exit::Holds);
    };
    std::fs::create_dir_all(&dir).wrap_err_with(|| format!("{} cannot be made", dir.display()))?;
    for (name, page) in &pages {
        let path: PathBuf = Path::new(&dir).join(name);
        std::fs::write(&path, page)
            .wrap_err_with(|| format!("{} cannot be written", path.display()))?;
    }
    let (count, dir) = (pages.len(), dir.display());
    out.line(format!("{count} pages are in {dir}"))?;
    Ok(Exit::Holds)
}

/// One page for the program and one for each command: `countersign-ci-plan.1`.
fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut root = Cli::command();
    root.build();
    let mut pages = Vec::new();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        let hidden = |it: &&Command| !it.is_hide_set() && it.get_name() != "help";
        waiting.extend(command.get_subcommands().filter(hidden).cloned());
        let man = Man::new(command);
        let mut page = Vec::new();
        man.render(&mut page)?;
        pages.push((man.get_filename(), page));
    }
    Ok(pages)
}
