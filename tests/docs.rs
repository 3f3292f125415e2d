//! `docs/gates.md` names every gate, every key, and nothing that is not there.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use clap::{CommandFactory, Parser};
use countersign::cli::args::Cli;
use countersign::config::project;
use countersign::promotion::policy::Policy;
use countersign::workflow::validate;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The chapters on single gates, by name.
fn sections(page: &str) -> Vec<(String, String)> {
    let (_, each) = page.split_once("\n# Each gate\n").unwrap();
    let (each, _) = each.split_once("\n# ").unwrap();
    let sections = each.split("\n## `").skip(1);
    sections
        .map(|section| {
            let (name, text) = section.split_once("`\n").unwrap();
            (name.to_owned(), text.to_owned())
        })
        .collect()
}

/// What stands in backticks on one line, outside of blocks.
fn spans(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut spans = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        if !inside {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

fn blocks(page: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    let blocks = page.split(&start).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// The keys of a table of `docs/configuration.md`, which is the schema.
fn keys(configuration: &str, table: &str) -> BTreeSet<String> {
    let heading = format!("\n### `{table}`\n");
    let (_, rest) = configuration
        .split_once(&heading)
        .unwrap_or_else(|| panic!("docs/configuration.md has no {table}"));
    let rest = rest.split("\n#").next().unwrap();
    let rows = rest.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

/// The keys that a text says one can set.
fn configure(text: &str) -> BTreeSet<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("- **Configure:** "));
    let line = line.unwrap_or_else(|| panic!("no line on what to configure: {text}"));
    line.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_gate_is_described_in_the_order_of_the_pipeline() {
    let page = read("docs/gates.md");
    let described: Vec<_> = sections(&page).into_iter().map(|(name, _)| name).collect();
    let there = validate::gates(&Policy::default());
    let there: Vec<_> = there.iter().map(|gate| gate.id.to_string()).collect();
    assert_eq!(described, there);
    for (gate, (_, text)) in validate::gates(&Policy::default())
        .iter()
        .zip(sections(&page))
    {
        let criterion = format!("*{}", gate.criterion.title());
        assert!(
            text.trim_start().starts_with(&criterion),
            "{}: {criterion}",
            gate.id
        );
    }
}

#[test]
fn every_key_of_every_gate_is_named_and_no_other() {
    let (page, configuration) = (read("docs/gates.md"), read("docs/configuration.md"));
    for (name, text) in sections(&page) {
        let table = keys(&configuration, &format!("[gates.{name}]"));
        assert_eq!(configure(&text), table, "{name}");
    }
    let (_, own) = page.split_once("\n# A gate of your own\n").unwrap();
    assert_eq!(configure(own), keys(&configuration, "[[gates.custom]]"));
    // Tables that are named in passing.
    for span in spans(&page) {
        let is_table = span.starts_with('[') && span.ends_with(']') && !span.starts_with("[tool");
        if is_table {
            let named = configuration.contains(&format!("### `{span}`"));
            assert!(named, "{span} is no table of countersign.toml");
        }
        if let Some(key) = span.strip_prefix("tools.") {
            assert!(keys(&configuration, "[tools]").contains(key), "{span}");
        }
    }
    for block in blocks(&page, "toml") {
        if let Err(error) = project::parse(&block, "countersign.toml") {
            panic!("{error}\n{block}");
        }
    }
}

/// Every long option of every command.
fn options() -> BTreeSet<String> {
    let mut commands = vec![Cli::command()];
    let mut options = BTreeSet::new();
    while let Some(command) = commands.pop() {
        let long = command.get_arguments().filter_map(|arg| arg.get_long());
        options.extend(long.map(|name| format!("--{name}")));
        commands.extend(command.get_subcommands().cloned());
    }
    options
}

/// All of the source of the gates.
fn source(directory: &Path, text: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => source(&path, text),
            false => text.push_str(&std::fs::read_to_string(&path).unwrap()),
        }
    }
}

#[test]
fn every_command_and_flag_exists() {
    let page = read("docs/gates.md");
    for block in blocks(&page, "console") {
        for line in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let line = line.split(" #").next().unwrap();
            if let Err(error) = Cli::try_parse_from(line.split_whitespace()) {
                panic!("{line}: {error}");
            }
        }
    }
    let options = options();
    let mut gates = String::new();
    source(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/gates"),
        &mut gates,
    );
    let commands: Vec<_> = Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let mut seen = 0;
    for span in spans(&page) {
        let mut words = span.split_whitespace().peekable();
        let first = words.peek().copied().unwrap_or_default();
        let ours = first == "countersign" || commands.iter().any(|name| name == first);
        for flag in words.filter(|word| word.starts_with("--")) {
            let flag = flag.split('=').next().unwrap();
            let of_a_tool = gates.contains(&format!("\"{flag}"));
            let known = options.contains(flag) || !ours && of_a_tool;
            assert!(known, "{flag} in `{span}` is no flag");
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} flags were found");
}

#[test]
fn the_page_on_themes_names_every_style_and_its_example_is_one() {
    use countersign::console::theme::{Role, Theme};
    let page = read("docs/themes.md");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    Theme::parse(example, "the example").unwrap();
    let rows: String = page.lines().filter(|it| it.starts_with("| `")).collect();
    let mut told: Vec<_> = spans(&rows);
    let mut there: Vec<_> = Role::ALL.iter().map(|it| it.name().to_owned()).collect();
    told.sort();
    there.sort();
    assert_eq!(told, there);
    for name in ["deuteranopia", "tritanopia", "high-contrast-light"] {
        assert!(Theme::built_in(name).is_some() && page.contains(&format!("`{name}`")));
    }
}
