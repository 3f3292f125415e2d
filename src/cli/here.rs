//! Where a command line says to look, and which of its commands take that: for
//! [`Here`], which says it once more.

use std::path::Path;
use std::sync::LazyLock;

use clap::{ArgMatches, Command, CommandFactory};

use super::args::Cli;
use crate::promotion::here::Here;

/// All there is to be typed.
static COMMAND: LazyLock<Command> = LazyLock::new(Cli::command);

/// Those of a command line.
pub fn of(matches: &ArgMatches) -> Here {
    let mut here = at(None, None);
    let mut level = Some(matches);
    while let Some(matches) = level {
        here.repo = typed(matches, "repo").or(here.repo);
        here.rev = typed(matches, "rev").or(here.rev);
        level = matches.subcommand().map(|(_, below)| below);
    }
    here
}

/// Those of a console that is opened there.
pub fn at(path: Option<&Path>, rev: Option<&str>) -> Here {
    let elsewhere = path.filter(|it| *it != Path::new("."));
    Here {
        repo: elsewhere.map(|it| it.to_string_lossy().into_owned()),
        rev: rev.map(str::to_owned),
        takes: read,
    }
}

/// What somebody typed for that argument.
fn typed(matches: &ArgMatches, id: &str) -> Option<String> {
    // Not every command has it.
    matches.try_contains_id(id).ok().filter(|given| *given)?;
    let given = matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    let raw = matches.get_raw(id).filter(|_| given)?.next()?;
    Some(raw.to_string_lossy().into_owned())
}

/// How long the names of commands are that these words begin with, and which of our options
/// the last of them takes.
fn read(words: &str) -> (usize, Vec<&'static str>) {
    let mut command = &*COMMAND;
    let mut length = 0;
    loop {
        let begins = length + usize::from(length > 0 && words[length..].starts_with(' '));
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let name = &words[begins..];
        let name = &name[..name.find(|c| !is_name(c)).unwrap_or(name.len())];
        match command.find_subcommand(name) {
            Some(below) => {
                length = begins + name.len();
                command = below;
            }
            None if length == 0 => return (0, Vec::new()),
            None => return (length, options(command)),
        }
    }
}

fn options(command: &Command) -> Vec<&'static str> {
    let mut takes = Vec::new();
    for it in command.get_arguments().filter(|it| !it.is_hide_set()) {
        match it.get_id().as_str() {
            "repo" => takes.push("-C"),
            "rev" => takes.push("--rev"),
            _ => {}
        }
    }
    takes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(line: &str) -> Here {
        of(&Cli::command().get_matches_from(line.split(' ')))
    }

    #[test]
    fn a_command_is_told_with_what_was_typed() {
        let both = here("countersign sign a -C ../my\u{a0}repo --rev promote/a");
        for (words, told) in [
            (
                "To do: countersign check candidate/x",
                "To do: countersign check -C '../my\u{a0}repo' --rev promote/a candidate/x",
            ),
            (
                "`countersign audit verify` says more",
                "`countersign audit verify -C '../my\u{a0}repo'` says more",
            ),
            (
                "countersign check x --rev main",
                "countersign check -C '../my\u{a0}repo' x --rev main",
            ),
            (
                "countersign canary -C elsewhere. Not countersign man, countersign.toml, \
                 countersign PATH or v1@countersign and no other",
                "countersign canary -C elsewhere. Not countersign man, countersign.toml, \
                 countersign PATH or v1@countersign and no other",
            ),
        ] {
            assert_eq!(both.words(words), told);
        }
    }

    #[test]
    fn a_console_is_somewhere_too() {
        let words = "countersign audit show 3, countersign check x";
        assert_eq!(at(Some(Path::new(".")), None).words(words), words);
        let there = at(Some(Path::new("../x")), Some("v1")).on(Some("refs/heads/promote/a"));
        let told = "countersign audit show -C ../x 3, countersign check -C ../x --rev promote/a x";
        assert_eq!(there.words(words), told);
        assert_eq!(there.git(), "git -C ../x");
    }

    #[test]
    fn where_nothing_was_typed_nothing_is_added() {
        let words = "countersign audit show 3";
        assert_eq!(here("countersign list").words(words), words);
        let told = "countersign audit show -C ../x 3";
        assert_eq!(here("countersign canary check -C ../x").words(words), told);
    }
}
