//! Completions and manual pages, read by the programs they are for.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory;
use countersign::cli::args::Cli;

fn countersign(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    output
}

/// The commands, as the names of their pages begin.
fn commands() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut waiting = vec![("countersign".to_owned(), Cli::command())];
    while let Some((name, command)) = waiting.pop() {
        for sub in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            waiting.push((format!("{name}-{}", sub.get_name()), sub.clone()));
        }
        names.insert(name);
    }
    names
}

fn run(program: &str, args: &[&str], file: &Path) -> Output {
    Command::new(program)
        .args(args)
        .arg(file)
        .env("HOME", file.parent().unwrap())
        .output()
        .unwrap_or_else(|error| panic!("{program} is missing ({error}): tests/run installs it"))
}

fn script(shell: &str, dir: &Path) -> std::path::PathBuf {
    let script = countersign(&["completions", shell]).stdout;
    let file = dir.join(shell);
    std::fs::write(&file, script).unwrap();
    file
}

#[test]
fn every_shell_can_read_its_completions() {
    let dir = tempfile::tempdir().unwrap();
    for (shell, check) in [
        ("bash", &["-n"][..]),
        ("zsh", &["--no-rcs", "-n"]),
        ("fish", &["--no-config", "--no-execute"]),
    ] {
        let file = script(shell, dir.path());
        let read = run(shell, check, &file);
        let said = String::from_utf8_lossy(&read.stderr).into_owned();
        assert!(read.status.success() && said.is_empty(), "{shell}: {said}");
        let text = std::fs::read_to_string(&file).unwrap();
        for command in Cli::command().get_subcommands() {
            assert!(text.contains(command.get_name()), "{shell}: {command}");
        }
        // The check finds what is broken.
        std::fs::write(&file, format!("{text}\nif (")).unwrap();
        assert!(!run(shell, check, &file).status.success(), "{shell}");
    }
}

#[test]
fn bash_completes_commands_options_and_values() {
    let dir = tempfile::tempdir().unwrap();
    let file = script("bash", dir.path());
    for (words, found) in [
        ("countersign prop", "propose"),
        ("countersign sign --ro", "--role"),
        ("countersign sign --role te", "tech"),
        ("countersign ci col", "collect"),
    ] {
        let asks = format!(
            "source \"$0\"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); \
             _countersign countersign \"${{COMP_WORDS[COMP_CWORD]}}\" \
             \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let reply = run("bash", &["--norc", "-c", &asks], &file);
        let reply = String::from_utf8_lossy(&reply.stdout).into_owned();
        assert!(
            reply.split_whitespace().any(|it| it == found),
            "{words}: {reply}"
        );
    }
}

#[test]
fn every_command_has_a_page_that_man_can_set() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("man1");
    countersign(&["man", "--dir", at.to_str().unwrap()]);
    let there: BTreeSet<String> = std::fs::read_dir(&at)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let wanted: BTreeSet<String> = commands().iter().map(|it| format!("{it}.1")).collect();
    assert_eq!(there, wanted);
    assert!(wanted.len() > 25, "{wanted:?}");
    for name in &wanted {
        let page = run(
            "groff",
            &["-man", "-Kutf8", "-Tutf8", "-P-cbou", "-ww"],
            &at.join(name),
        );
        let said = String::from_utf8_lossy(&page.stderr).into_owned();
        assert!(page.status.success() && said.is_empty(), "{name}: {said}");
        let text = String::from_utf8_lossy(&page.stdout).into_owned();
        let command = name.trim_end_matches(".1");
        assert!(
            text.contains("SYNOPSIS") && text.contains(command),
            "{name}:\n{text}"
        );
    }
    // Without a directory the first page is printed.
    let first = std::fs::read(at.join("countersign.1")).unwrap();
    assert_eq!(countersign(&["man"]).stdout, first);
}
