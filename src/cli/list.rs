//! `countersign list`

use std::collections::BTreeMap;

use color_eyre::Result;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use unicode_width::UnicodeWidthStr;

use crate::promotion::{
    Criterion, Facts, GateState, GateStatus, Module, ModuleTree, ObjectId, RepoPath, Stage,
    dossier, stage, text,
};
use crate::workflow::promote::{Courses, Promoted};
use crate::workflow::{Workspace, sign_off, triage};

use super::output::{Output, Style};
use super::{Exit, args::ListArgs, criteria, facts, workspace};

/// Runs the command.
pub fn run(args: ListArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    let tree = ws.modules()?;
    let mut known = vec![Facts::default(); tree.len()];
    triage::facts(&ws, &tree, &CancellationToken::new(), &mut |batch| {
        for (id, facts) in batch {
            known[id.0 as usize] = facts;
        }
    })?;
    let ids: Vec<_> = tree.ids().collect();
    let reviewers = sign_off::States::read(&ws);
    let gates = triage::states(&ws, &tree, &ids, &reviewers);
    let courses = match reviewers.desk() {
        Some(desk) => Some(Courses::read(&ws, desk)?),
        None => None,
    };
    let stages = stages(&ws, &tree, &gates, courses.as_ref())?;
    let promoted = courses.map(|it| it.promoted()).unwrap_or_default();
    if args.json.json {
        let list = List::of(&ws, &tree, &known, &gates, &stages, &promoted);
        out.json("countersign.list", 1, &list)?;
    } else {
        print(&ws, &tree, &known, &gates, &stages, out)?;
        print_promoted(&promoted, out)?;
    }
    Ok(Exit::Holds)
}

/// How far each module has come.
fn stages(
    ws: &Workspace,
    tree: &ModuleTree,
    gates: &[Vec<GateState>],
    courses: Option<&Courses>,
) -> Result<Vec<Stage>> {
    let modules = tree.modules().iter().zip(gates);
    modules
        .map(|(module, gates)| {
            let by_gates = stage::stage(gates);
            Ok(match courses {
                Some(courses) => courses.of(ws, &module.path)?.after(by_gates),
                None => by_gates,
            })
        })
        .collect()
}

/// Modules that have left their lane.
fn print_promoted(promoted: &[Promoted], out: &mut Output) -> Result<()> {
    if promoted.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.spans(&[(Style::Strong, "Promoted")])?;
    for it in promoted {
        let by = it.merged_by.as_ref().map(|by| format!(", merged by {by}"));
        out.line(format!(
            "  {} → {}  {}  ({}, {}{})",
            it.promotion.from,
            it.promotion.to,
            it.stage.word(),
            it.promotion.branch,
            it.promotion.commit.short(),
            by.unwrap_or_default()
        ))?;
    }
    Ok(())
}

/// The document of `list --json`.
#[derive(Serialize)]
struct List<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    modules: Vec<Row<'a>>,
    promoted: &'a [Promoted],
}

#[derive(Serialize)]
struct Row<'a> {
    path: &'a RepoPath,
    kind: crate::promotion::ModuleKind,
    lane: &'a RepoPath,
    parent: Option<&'a RepoPath>,
    object: ObjectId,
    files: u32,
    bytes: u64,
    stage: Stage,
    criteria: BTreeMap<Criterion, GateStatus>,
    owner: Option<&'a crate::promotion::Owner>,
    last_change: Option<&'a crate::promotion::Change>,
    tests: usize,
    uncommitted: bool,
}

impl<'a> List<'a> {
    fn of(
        ws: &'a Workspace,
        tree: &'a ModuleTree,
        facts: &'a [Facts],
        gates: &'a [Vec<GateState>],
        stages: &'a [Stage],
        promoted: &'a [Promoted],
    ) -> Self {
        type Known<'a> = (((&'a Module, &'a Facts), &'a Vec<GateState>), &'a Stage);
        let row = |(((module, facts), gates), stage): Known<'a>| Row {
            path: &module.path,
            kind: module.kind,
            lane: &ws.config().lanes[module.lane].source,
            parent: module.parent.and_then(|id| tree.get(id)).map(|m| &m.path),
            object: module.object,
            files: module.files,
            bytes: module.bytes,
            stage: *stage,
            criteria: criteria::by_name(gates),
            owner: facts.owner.as_ref(),
            last_change: facts.last_change.as_ref(),
            tests: facts.tests.len(),
            uncommitted: facts.uncommitted,
        };
        Self {
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            modules: tree
                .modules()
                .iter()
                .zip(facts)
                .zip(gates)
                .zip(stages)
                .map(row)
                .collect(),
            promoted,
        }
    }
}

fn print(
    ws: &Workspace,
    tree: &ModuleTree,
    facts: &[Facts],
    gates: &[Vec<GateState>],
    stages: &[Stage],
    out: &mut Output,
) -> Result<()> {
    let Some(commit) = ws.commit() else {
        return out.line("no commit yet: nothing to list");
    };
    if tree.is_empty() {
        let lanes = ws.config().lanes.iter().map(|lane| lane.source.to_string());
        let lanes = lanes.collect::<Vec<_>>().join(", ");
        return out.line(out.here(format!(
            "no Python below {lanes} at {}. `countersign init` writes a configuration with the lanes there are",
            ws.revision()
        )));
    }
    let names: Vec<String> = tree.modules().iter().map(name).collect();
    let width = names.iter().map(|n| n.width()).max().unwrap_or(0).max(6);
    let numbers: Vec<String> = Criterion::ALL.map(|c| c.number().to_string()).into();
    out.exact(&[(
        Style::Strong,
        &format!(
            "{:width$}  {}  {:10}  {:>5}  {:>5}  {:10}  owner",
            "module",
            numbers.join(" "),
            "stage",
            "files",
            "tests",
            "changed",
        ),
    )])?;
    for (at, name) in names.iter().enumerate() {
        let (module, facts) = (&tree.modules()[at], &facts[at]);
        let pad = " ".repeat(width - name.width());
        let marks = dossier::criteria(&gates[at]).map(criteria::mark);
        let mut spans = vec![
            (Style::Plain, name.as_str()),
            (Style::Plain, &pad),
            (Style::Plain, " "),
        ];
        for (style, mark) in marks {
            spans.extend([(Style::Plain, " "), (style, mark)]);
        }
        let rest = format!(
            "   {:10}  {:>5}  {:>5}  {:10}  {}{}",
            stages[at].word(),
            module.files,
            facts.tests.len(),
            facts
                .last_change
                .as_ref()
                .map(|c| facts::day(c.time))
                .unwrap_or_default(),
            facts.owner.as_ref().map_or("nobody".into(), facts::owner),
            if facts.uncommitted {
                "  (uncommitted changes)"
            } else {
                ""
            },
        );
        spans.push((Style::Plain, &rest));
        out.exact(&spans)?;
    }
    out.line("")?;
    for (style, line) in [
        (Style::Faint, criteria::legend()),
        (Style::Faint, columns()),
    ] {
        out.spans(&[(style, &line)])?;
    }
    out.line(format!(
        "{} modules at {} ({})",
        tree.len(),
        ws.revision(),
        commit.short()
    ))
}

/// Indented below its parent, by which the whole path is known.
fn name(module: &Module) -> String {
    let indent = "  ".repeat(usize::from(module.depth));
    let name = match module.depth {
        0 => module.path.to_string(),
        _ => module.name(),
    };
    let name = text::visible(&name).into_owned();
    match module.kind {
        crate::promotion::ModuleKind::File => format!("{indent}{name}"),
        _ => format!("{indent}{name}/"),
    }
}

fn columns() -> String {
    Criterion::ALL
        .map(|c| format!("{} {}", c.number(), c.title()))
        .join(" · ")
}
