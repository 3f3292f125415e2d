//! `countersign init`

use color_eyre::Result;
use serde::Serialize;

use super::Exit;
use super::args::InitArgs;
use super::output::{Output, Style};
use crate::workflow::init::{self, Detected, Plan};

/// The JSON document; see `docs/json.md`.
#[derive(Serialize)]
struct Report<'a> {
    file: Option<String>,
    written: bool,
    detected: &'a Detected,
    text: &'a str,
}

/// Runs the command.
pub fn run(args: InitArgs, out: &mut Output) -> Result<Exit> {
    let plan = init::plan(&args.repo.repo)?;
    let written = !args.print;
    if written {
        init::write(&plan)?;
    }
    let file = plan.path.as_ref().map(|path| path.display().to_string());
    if args.json.json {
        let report = Report {
            file,
            written,
            detected: &plan.detected,
            text: &plan.text,
        };
        out.json("countersign.init", 1, &report)?;
    } else if args.print {
        out.lines(&plan.text)?;
    } else {
        summary(&plan, &file.unwrap_or_default(), out)?;
    }
    Ok(Exit::Holds)
}

fn summary(plan: &Plan, file: &str, out: &mut Output) -> Result<()> {
    let found = &plan.detected;
    out.spans(&[(Style::Strong, "wrote "), (Style::Plain, file)])?;
    let mut row = |what: &str, found: String| {
        let found = if found.is_empty() {
            "none found".into()
        } else {
            found
        };
        out.spans(&[
            (Style::Faint, &format!("  {what:<14}")),
            (Style::Plain, &found),
        ])
    };
    let lanes = found.lanes.iter().map(|lane| {
        let targets: Vec<_> = lane.targets.iter().map(shown).collect();
        let (source, targets) = (&lane.source, targets.join(" | "));
        format!("{source} → {targets} ({} Python files)", lane.files)
    });
    row("lanes", joined(lanes))?;
    row("owners", joined(found.codeowners.iter().map(shown)))?;
    let tests = found.tests.iter().take(3);
    row(
        "tests",
        joined(tests.map(|t| format!("{} ({})", shown(&t.path), t.files))),
    )?;
    row(
        "tools",
        joined(
            found
                .tools
                .iter()
                .map(|t| format!("{} ({})", t.path, t.about.join(", "))),
        ),
    )?;
    row(
        "templates",
        joined(found.templates.iter().map(|t| shown(&t.path))),
    )?;
    row("environment", joined(found.environment.iter().cloned()))?;
    row("requirements", joined(found.requirements.iter().map(shown)))?;
    let keyring = match &plan.keyring {
        Some(path) => format!("{}: names nobody yet; it says how", path.display()),
        None => "is there already, and stays as it is".into(),
    };
    row("keyring", keyring)?;
    out.line(out.here("Read it over: every guess is explained there. Then: countersign doctor"))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn shown(path: &crate::promotion::RepoPath) -> String {
    if path.is_root() {
        ".".into()
    } else {
        path.to_string()
    }
}
