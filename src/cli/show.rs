//! `countersign show`

use std::collections::BTreeMap;

use color_eyre::Result;
use serde::Serialize;

use crate::promotion::review::Verb;
use crate::promotion::rollback;
use crate::promotion::{
    Benchmarks, Criterion, Dossier, GateState, GateStatus, ModuleKind, ObjectId, RepoPath,
    TestReason, dossier,
};
use crate::workflow::{Workspace, promote, sign_off, triage};

use super::output::{Output, Style};
use super::{Exit, args::ShowArgs, benchmarks, coverage, criteria, facts, workspace};

/// Tests that are named before the rest is only counted.
const MOST_TESTS: usize = 12;

/// Public names that are shown before the rest is only counted.
const MOST_NAMES: usize = 40;

/// Runs the command.
pub fn run(args: ShowArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let tree = ws.modules()?;
    let id = match triage::find(&ws, &tree, &args.module) {
        Ok(id) => id,
        Err(error) => return promoted(&ws, &args, out)?.ok_or_else(|| error.into()),
    };
    let dossier = triage::dossier(&ws, &tree, id)?;
    if args.json.json {
        out.json("countersign.show", 1, &Show::of(&ws, &dossier))?;
    } else {
        print(&ws, &dossier, out)?;
    }
    Ok(Exit::Holds)
}

/// A module that has left its lane: what is known of its promotion. `None` where there
/// was none.
fn promoted(ws: &Workspace, args: &ShowArgs, out: &mut Output) -> Result<Option<Exit>> {
    let Ok(desk) = sign_off::Desk::open(ws) else {
        return Ok(None);
    };
    let Some(found) = promote::find(ws, &desk, &args.module)? else {
        return Ok(None);
    };
    let all = promote::Courses::read(ws, &desk)?.promoted();
    let Some(it) = all.into_iter().find(|it| it.promotion == found) else {
        return Ok(None);
    };
    if args.json.json {
        out.json(
            "countersign.show-promoted",
            1,
            &ShowPromoted { promotion: &it },
        )?;
        return Ok(Some(Exit::Holds));
    }
    let promotion = &it.promotion;
    out.spans(&[
        (Style::Strong, &promotion.to.to_text()),
        (Style::Plain, &format!("  {}", it.stage.word())),
    ])?;
    let mut row = |label: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {label:12}")),
            (Style::Plain, &out.here(value)),
        ])
    };
    row("from", &promotion.from.to_text())?;
    row("on", &promotion.branch)?;
    row("moved by", &promotion.moved.to_string())?;
    row("promoted by", &promotion.commit.to_string())?;
    match promotion.entry {
        Some(entry) => row("recorded", &format!("entry {entry} of the audit log"))?,
        None => row(
            "recorded",
            &format!(
                "nobody signed it: countersign promote {} --record",
                promotion.from
            ),
        )?,
    }
    match (&it.merge, &it.merged_by, it.merge_entry) {
        (Some(merge), Some(by), entry) => {
            row("merged", &format!("{} by {by}", merge.short()))?;
            match entry {
                Some(entry) => row("", &format!("entry {entry} of the audit log"))?,
                None => row(
                    "",
                    &format!(
                        "nobody signed that: countersign promote {} --merged",
                        promotion.from
                    ),
                )?,
            }
        }
        _ => row(
            "merged",
            &format!("{} does not hold it yet", desk.authority.branch()),
        )?,
    }
    if let Some(state) = it.rollback {
        row("rollback", &rollback::line(state))?;
    }
    Ok(Some(Exit::Holds))
}

/// The document of `show --json` of a module that has left its lane.
#[derive(Serialize)]
struct ShowPromoted<'a> {
    promotion: &'a promote::Promoted,
}

/// The document of `show --json`.
#[derive(Serialize)]
struct Show<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    lane: &'a RepoPath,
    targets: Vec<RepoPath>,
    criteria: BTreeMap<Criterion, GateStatus>,
    #[serde(flatten)]
    dossier: &'a Dossier,
}

impl<'a> Show<'a> {
    fn of(ws: &'a Workspace, dossier: &'a Dossier) -> Self {
        Self {
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            lane: &ws.config().lanes[dossier.module.lane].source,
            targets: destinations(ws, dossier),
            criteria: criteria::by_name(&dossier.gates),
            dossier,
        }
    }
}

/// Where it would stand in each target lane.
fn destinations(ws: &Workspace, dossier: &Dossier) -> Vec<RepoPath> {
    let lane = &ws.config().lanes[dossier.module.lane];
    let targets = lane.targets.iter();
    targets
        .filter_map(|target| lane.destination(&dossier.module.path, target))
        .collect()
}

fn print(ws: &Workspace, dossier: &Dossier, out: &mut Output) -> Result<()> {
    let (module, known) = (&dossier.module, &dossier.facts);
    let kind = match module.kind {
        ModuleKind::Package => "package",
        ModuleKind::Namespace => "namespace package",
        ModuleKind::File => "single file",
    };
    out.spans(&[
        (Style::Strong, &module.path.to_text()),
        (Style::Plain, &format!("  {}", dossier.stage.word())),
    ])?;
    let mut row = |label: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {label:12}")),
            (Style::Plain, value),
        ])
    };
    let files = if module.files == 1 { "file" } else { "files" };
    row(
        "is",
        &format!(
            "{kind}, {} {files}, {}",
            module.files,
            facts::size(module.bytes)
        ),
    )?;
    row(
        "at",
        &format!(
            "{} ({})",
            ws.revision(),
            ws.commit().map(|c| c.short()).unwrap_or_default()
        ),
    )?;
    let to: Vec<String> = destinations(ws, dossier)
        .iter()
        .map(ToString::to_string)
        .collect();
    row("to", &to.join(" or "))?;
    match &known.owner {
        Some(owner) => row(
            "owner",
            &format!("{} ({})", owner.name, facts::source(owner.source)),
        )?,
        None => row("owner", "nobody")?,
    }
    if let Some(change) = &known.last_change {
        row(
            "last change",
            &format!(
                "{} {} by {}: {}",
                facts::day(change.time),
                change.commit.short(),
                change.author,
                change.summary
            ),
        )?;
    }
    if known.uncommitted {
        row(
            "work tree",
            "has uncommitted changes here; gates look at the commit",
        )?;
    }
    row("tests", &known.tests.len().to_string())?;
    for test in known.tests.iter().take(MOST_TESTS) {
        let reason = match test.reason {
            TestReason::Config => "configured",
            TestReason::Import => "imports it",
            TestReason::Text => "names it",
            TestReason::Path => "by its path",
        };
        row("", &format!("{} ({reason})", test.path))?;
    }
    if known.tests.len() > MOST_TESTS {
        row("", &format!("and {} more", known.tests.len() - MOST_TESTS))?;
    }

    out.line("")?;
    let statuses = dossier::criteria(&dossier.gates);
    for (criterion, status) in Criterion::ALL.into_iter().zip(statuses) {
        let (style, mark) = criteria::mark(status);
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!(
                    "{:>2} {:26}{}",
                    criterion.number(),
                    criterion.title(),
                    status.word()
                ),
            ),
        ])?;
        for gate in dossier.gates.iter().filter(|g| g.criterion == criterion) {
            let (style, mark) = criteria::mark(gate.status);
            out.spans(&[
                (style, &format!("       {mark} ")),
                (
                    Style::Faint,
                    &format!(
                        "{:24} {}  {}",
                        gate.gate,
                        gate.status.word(),
                        out.here(&gate.why)
                    ),
                ),
            ])?;
        }
    }
    if let Some(measured) = coverage::current(&dossier.gates) {
        coverage::print(measured, &module.path, out)?;
    }
    api(dossier, out)?;
    let current = dossier.gates.iter().filter_map(GateState::current);
    if let Some(measured) = Benchmarks::among(current) {
        benchmarks::print(measured, out)?;
    }
    decisions(dossier, out)?;
    if dossier.blockers.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.spans(&[(Style::Strong, "What blocks it")])?;
    for blocker in &dossier.blockers {
        out.line(out.here(format!("  {blocker}")))?;
    }
    Ok(())
}

/// What the reviewers decided, and what of it still counts.
fn decisions(dossier: &Dossier, out: &mut Output) -> Result<()> {
    let Some(off) = &dossier.sign_off else {
        return Ok(());
    };
    out.line("")?;
    out.spans(&[(Style::Strong, "Decisions")])?;
    for state in &off.states {
        let (style, mark) = criteria::mark(match (state.holds(), state.decision) {
            (false, _) => GateStatus::Stale,
            (true, Verb::Reject) => GateStatus::Failed,
            (true, Verb::Approve) => GateStatus::Passed,
            (true, Verb::Withdraw) => GateStatus::NotApplicable,
        });
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!(
                    "{} {} as {} (entry {})",
                    state.principal,
                    sign_off::verb_word(state.decision),
                    state.role,
                    state.position
                ),
            ),
        ])?;
        for reason in &state.reasons {
            out.spans(&[(Style::Faint, &format!("      stale: {}", reason.words()))])?;
        }
    }
    for missing in &off.missing {
        out.line(out.here(format!("    missing: {missing}")))?;
    }
    Ok(())
}

/// The names others may use, as the last check found them.
fn api(dossier: &Dossier, out: &mut Output) -> Result<()> {
    let mut current = dossier.gates.iter().filter_map(GateState::current);
    let Some(evidence) = current.find(|evidence| !evidence.api.is_empty()) else {
        return Ok(());
    };
    out.line("")?;
    out.spans(&[(Style::Strong, "Public API")])?;
    for name in evidence.api.iter().take(MOST_NAMES) {
        out.line(format!("  {}", name.name))?;
    }
    let all = evidence.work.iter().find(|(what, _)| what == "names");
    let all = all.map_or(evidence.api.len() as u64, |(_, names)| *names);
    match all.saturating_sub(MOST_NAMES as u64) {
        0 => Ok(()),
        more => out.line(format!("  and {more} more")),
    }
}
