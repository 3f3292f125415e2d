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
    let gates = triage::states(&ws, &tree, &ids, &sign_off::States::read(&ws));
    if args.json.json {
        out.json("countersign.list", 1, &List::of(&ws, &tree, &known, &gates))?;
    } else {
        print(&ws, &tree, &known, &gates, out)?;
    }
    Ok(Exit::Holds)
}

/// The document of `list --json`.
#[derive(Serialize)]
struct List<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    modules: Vec<Row<'a>>,
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
        gates: &[Vec<GateState>],
    ) -> Self {
        let row = |((module, facts), gates): ((&'a Module, &'a Facts), &Vec<GateState>)| Row {
            path: &module.path,
            kind: module.kind,
            lane: &ws.config().lanes[module.lane].source,
            parent: module.parent.and_then(|id| tree.get(id)).map(|m| &m.path),
            object: module.object,
            files: module.files,
            bytes: module.bytes,
            stage: stage::stage(gates),
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
                .map(row)
                .collect(),
        }
    }
}

fn print(
    ws: &Workspace,
    tree: &ModuleTree,
    facts: &[Facts],
    gates: &[Vec<GateState>],
    out: &mut Output,
) -> Result<()> {
    let Some(commit) = ws.commit() else {
        return out.line("no commit yet: nothing to list");
    };
    if tree.is_empty() {
        let lanes = ws.config().lanes.iter().map(|lane| lane.source.to_string());
        let lanes = lanes.collect::<Vec<_>>().join(", ");
        return out.line(format!(
            "no Python below {lanes} at {}. `countersign init` writes a configuration with the lanes there are",
            ws.revision()
        ));
    }
    let names: Vec<String> = tree.modules().iter().map(name).collect();
    let width = names.iter().map(|n| n.width()).max().unwrap_or(0).max(6);
    let numbers: Vec<String> = Criterion::ALL.map(|c| c.number().to_string()).into();
    out.spans(&[(
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
            stage::stage(&gates[at]).word(),
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
        out.spans(&spans)?;
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
