//! What a person said of where to look, once more in every command that is told to them:
//! pasted without it, that would look somewhere else.

use clap::{ArgMatches, Command, CommandFactory};

use super::args::Cli;
use crate::promotion::text;

/// What commands begin with, in words.
const NAME: &str = "countersign ";

/// The options of this command line that others take as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Here {
    /// `-C`
    repo: Option<String>,
    /// `--rev`
    rev: Option<String>,
}

impl Here {
    /// Those of a command line.
    pub fn of(matches: &ArgMatches) -> Self {
        let mut here = Self::default();
        let mut level = Some(matches);
        while let Some(matches) = level {
            here.repo = typed(matches, "repo").or(here.repo);
            here.rev = typed(matches, "rev").or(here.rev);
            level = matches.subcommand().map(|(_, below)| below);
        }
        here
    }

    /// Words with commands in them, each as it is to be typed here.
    pub fn words(&self, words: &str) -> String {
        let mut told = String::with_capacity(words.len());
        let mut rest = words;
        while self != &Self::default()
            && let Some((before, command)) = rest.split_once(NAME)
        {
            let (path, takes) = read(command);
            let (path, behind) = command.split_at(path);
            let mine = behind.split(NAME).next().unwrap_or_default();
            let mine = mine.split(['`', '\n']).next().unwrap_or_default();
            told.extend([before, NAME, path]);
            for (flag, value) in [("-C", &self.repo), ("--rev", &self.rev)] {
                if let Some(value) = value
                    && takes.contains(&flag)
                    && !mine.split(' ').any(|word| word == flag)
                {
                    told.extend([" ", flag, " ", &text::shell_word(value)]);
                }
            }
            rest = behind;
        }
        told.push_str(rest);
        told
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
    let mut command = Cli::command();
    let mut length = 0;
    loop {
        let begins = length + usize::from(length > 0 && words[length..].starts_with(' '));
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let name = &words[begins..];
        let name = &name[..name.find(|c| !is_name(c)).unwrap_or(name.len())];
        match command.find_subcommand(name) {
            Some(below) => {
                length = begins + name.len();
                command = below.clone();
            }
            None if length == 0 => return (0, Vec::new()),
            None => return (length, options(&command)),
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
        Here::of(&Cli::command().get_matches_from(line.split(' ')))
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
    fn where_nothing_was_typed_nothing_is_added() {
        let words = "countersign audit show 3";
        assert_eq!(here("countersign list").words(words), words);
        let told = "countersign audit show -C ../x 3";
        assert_eq!(here("countersign canary check -C ../x").words(words), told);
    }
}
