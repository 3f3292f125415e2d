//! `countersign impact`

use color_eyre::Result;
use serde::Serialize;

use super::output::{Output, Style};
use super::{Exit, args::ImpactArgs, workspace};
use crate::promotion::impact::{Class, Impact, Reach, Reference, When};
use crate::promotion::text::counted;
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::{impact, triage};

/// Places of one kind that are named before the rest is only counted.
const MOST: usize = 40;

/// Public names that are shown before the rest is only counted.
const MOST_NAMES: usize = 40;

/// Runs the command.
pub fn run(args: ImpactArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let tree = ws.modules()?;
    let id = triage::find(&ws, &tree, &args.module)?;
    let to = args.to.as_deref().map(|to| match to {
        "." => RepoPath::default(),
        to => RepoPath::from_text(to),
    });
    let Some(module) = tree.get(id) else {
        return Ok(Exit::Undetermined);
    };
    let shims = args.shims || ws.config().promote.shims;
    let found = impact::impact(&ws, module, to, shims)?;
    if args.json.json {
        let document = Document {
            revision: ws.revision(),
            commit: ws.commit(),
            shims,
            impact: &found,
        };
        out.json("countersign.impact", 1, &document)?;
    } else {
        let most = if args.full { usize::MAX } else { MOST };
        print(&found, most, out)?;
    }
    Ok(Exit::Holds)
}

/// The document of `impact --json`.
#[derive(Serialize)]
struct Document<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    shims: bool,
    #[serde(flatten)]
    impact: &'a Impact,
}

fn print(impact: &Impact, most: usize, out: &mut Output) -> Result<()> {
    let (from, to) = (&impact.relocation.from, &impact.relocation.to);
    out.spans(&[
        (Style::Strong, &from.to_text()),
        (Style::Plain, "  would be  "),
        (Style::Strong, &to.to_text()),
    ])?;
    let edits: usize = impact.edits.values().map(Vec::len).sum();
    let summary = format!(
        "  {} named: {}; {} in {}",
        counted(impact.importers.len(), "place"),
        Class::ALL
            .map(|class| format!("{} {}", impact.count(class), class.word()))
            .join(", "),
        counted(edits, "edit"),
        counted(impact.edits.len(), "file"),
    );
    out.line(summary)?;
    for class in Class::ALL {
        let (style, title) = match class {
            Class::Left => (Style::Warning, "Left for a person"),
            Class::Shimmed => (Style::Plain, "Goes on working through a shim"),
            Class::Rewritten => (Style::Good, "Rewritten"),
        };
        let places: Vec<&Reference> = impact
            .importers
            .iter()
            .filter(|it| it.class == class)
            .collect();
        if places.is_empty() {
            continue;
        }
        out.line("")?;
        out.spans(&[
            (style, title),
            (Style::Faint, &format!("  {}", places.len())),
        ])?;
        for it in places.iter().take(most) {
            place(&it.path, it.line, it.form.word(), it.when, out)?;
            out.exact(&[(Style::Plain, &format!("      {}", it.text))])?;
            if !it.why.is_empty() {
                out.spans(&[(Style::Faint, &format!("      {}", it.why))])?;
            }
        }
        more(places.len(), most, out)?;
    }
    reaches(&impact.reaches, most, out)?;
    api(impact, out)
}

fn place(path: &RepoPath, line: u32, form: &str, when: When, out: &mut Output) -> Result<()> {
    let when = match when {
        When::Always => "",
        When::Lazy => ", in a function",
        When::Typing => ", for type checkers",
    };
    out.spans(&[
        (Style::Plain, &format!("  {path}:{line}")),
        (Style::Faint, &format!("  {form}{when}")),
    ])
}

fn reaches(reaches: &[Reach], most: usize, out: &mut Output) -> Result<()> {
    if reaches.is_empty() {
        return Ok(());
    }
    let findings = reaches.iter().filter(|it| it.finding).count();
    out.line("")?;
    out.spans(&[
        (Style::Strong, "What it imports across lanes"),
        (Style::Faint, &format!("  {}", reaches.len())),
        (
            if findings > 0 {
                Style::Bad
            } else {
                Style::Good
            },
            &format!("  {findings} that production may not import"),
        ),
    ])?;
    let mut ordered: Vec<&Reach> = reaches.iter().collect();
    ordered.sort_by_key(|it| !it.finding);
    for it in ordered.iter().take(most) {
        place(&it.path, it.line, it.form.word(), it.when, out)?;
        let (style, says) = match it.finding {
            true => (Style::Bad, "stays in the experimental lane"),
            false => (Style::Faint, "lies in the lane"),
        };
        out.spans(&[
            (Style::Plain, &format!("      {}  ", it.name)),
            (style, &format!("{says} {}", it.lane)),
        ])?;
    }
    more(ordered.len(), most, out)
}

fn api(impact: &Impact, out: &mut Output) -> Result<()> {
    let api = &impact.api;
    out.line("")?;
    let names = |name: &Option<String>| name.clone().unwrap_or_else(|| "no name".into());
    out.spans(&[
        (Style::Strong, "Public API"),
        (
            Style::Plain,
            &format!("  {} -> {}", names(&api.old_name), names(&api.new_name)),
        ),
    ])?;
    match &api.compared {
        Some(with) => out.line(format!("  compared with {with}"))?,
        None => out.line("  there is no version before this one to compare it with")?,
    }
    let breaking = api.changes.iter().filter(|it| it.breaking).count();
    if breaking > 0 {
        let words = format!("  {}", counted(breaking, "breaking change"));
        out.spans(&[(Style::Bad, &words)])?;
    }
    for change in api.changes.iter().take(MOST_NAMES) {
        let (style, mark) = match change.breaking {
            true => (Style::Bad, "breaks"),
            false => (Style::Faint, "      "),
        };
        out.spans(&[
            (style, &format!("    {mark} ")),
            (Style::Plain, &format!("{}: {}", change.name, change.what)),
        ])?;
    }
    more(api.changes.len(), MOST_NAMES, out)?;
    out.line(format!("  {} after", counted(api.after.len(), "name")))?;
    for name in api.after.iter().take(MOST_NAMES) {
        out.line(format!("    {}", name.name))?;
    }
    more(api.after.len(), MOST_NAMES, out)?;
    for path in &api.unread {
        out.spans(&[(Style::Warning, &format!("  {path} does not parse"))])?;
    }
    Ok(())
}

fn more(all: usize, most: usize, out: &mut Output) -> Result<()> {
    match all.saturating_sub(most) {
        0 => Ok(()),
        more => out.line(format!("  and {more} more: --full names them all")),
    }
}
