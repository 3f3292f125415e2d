//! `countersign fix`
//!
//! Shows what the tools would change, and writes it only where a person says
//! so. Exit code 1: something could be changed, and was not.

use std::collections::HashSet;
use std::io::{BufRead, IsTerminal};

use color_eyre::Result;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::promotion::{GateEvent, GateEventKind, RepoPath};
use crate::workflow::fix::{self, FixError, Proposal};
use crate::workflow::validate::CheckError;
use crate::workflow::{Workspace, triage};

use super::args::{AtArgs, FixArgs, LayoutArgs};
use super::check::interrupted;
use super::output::Output;
use super::{Exit, Usage, diff, workspace};

/// Runs the command.
pub fn run(args: FixArgs, out: &mut Output) -> Result<Exit> {
    if args.rev.is_some() {
        return Err(Usage(FixError::Revision.to_string()).into());
    }
    let at = AtArgs {
        repo: args.repo,
        rev: None,
    };
    let ws = workspace(&at, out)?;
    ws.require_commit()?;
    let tree = ws.modules()?;
    let id = triage::find(&ws, &tree, &args.module)?;
    let Some(module) = tree.get(id).map(|module| module.path.clone()) else {
        return Ok(Exit::Undetermined);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let proposal = match runtime.block_on(watch(ws, module, out)) {
        Err(FixError::Check(CheckError::Cancelled)) => {
            out.notice("cancelled: nothing was changed");
            return Ok(Exit::Interrupted);
        }
        Err(error) if error.is_usage() => return Err(Usage(error.to_string()).into()),
        result => result?,
    };
    for note in &proposal.notes {
        out.notice(note);
    }
    if proposal.files.is_empty() {
        out.line("nothing to fix")?;
        return Ok(Exit::Holds);
    }
    let all: Vec<RepoPath> = proposal
        .files
        .iter()
        .map(|file| file.path.clone())
        .collect();
    let asks = !args.yes && !args.dry_run && out.is_terminal() && std::io::stdin().is_terminal();
    diff::show(&proposal.diff(None), args.layout, out)?;
    let chosen = match (args.yes, asks) {
        (true, _) => all.clone(),
        (false, false) => {
            out.notice(format!(
                "{} would change, and nothing was written. Accept with --yes",
                files(all.len())
            ));
            return Ok(Exit::Failed);
        }
        (false, true) => choose(&proposal, &all, args.layout, out)?,
    };
    if !chosen.is_empty() {
        proposal.apply(&chosen)?;
    }
    out.line(match chosen.len() {
        0 => "nothing was written".to_owned(),
        n => format!("wrote {}", files(n)),
    })?;
    Ok(match chosen.len() == all.len() {
        true => Exit::Holds,
        false => Exit::Failed,
    })
}

/// Has the tools work and tells how it goes; ends everything at Ctrl-C.
async fn watch(ws: Workspace, module: RepoPath, out: &mut Output) -> Result<Proposal, FixError> {
    let cancel = CancellationToken::new();
    let (sender, mut events) = mpsc::channel(1024);
    let mut work = tokio::spawn(fix::propose(ws, module, sender, cancel.clone()));
    let mut asked = std::pin::pin!(interrupted());
    let mut told = HashSet::new();
    let mut listening = true;
    loop {
        tokio::select! {
            event = events.recv(), if listening => match event {
                Some(event) => tell(event, &mut told, out),
                None => listening = false,
            },
            () = &mut asked, if !cancel.is_cancelled() => cancel.cancel(),
            result = &mut work => {
                return result.unwrap_or_else(|error| Err(CheckError::from(error).into()));
            }
        }
    }
}

fn tell(event: GateEvent, told: &mut HashSet<String>, out: &mut Output) {
    let said = match event.kind {
        GateEventKind::Preparing { what, .. } => what,
        GateEventKind::Started { .. } => match event.gate {
            Some(gate) => format!("{}  {gate:9} running", event.module),
            None => return,
        },
        _ => return,
    };
    if told.insert(said.clone()) {
        out.error_line(&said);
    }
}

/// Asks a person which files to write.
fn choose(
    proposal: &Proposal,
    all: &[RepoPath],
    layout: LayoutArgs,
    out: &mut Output,
) -> Result<Vec<RepoPath>> {
    let each = match all.len() {
        1 => "",
        _ => " / [e]ach file",
    };
    let question = format!("Write {}? [y]es / [n]o{each}: ", files(all.len()));
    match answer(
        &question,
        &['y', 'n', 'e'][..2 + usize::from(all.len() > 1)],
        out,
    )? {
        Some('y') => return Ok(all.to_vec()),
        Some('e') => {}
        _ => return Ok(Vec::new()),
    }
    let mut chosen = Vec::new();
    for path in all {
        diff::show(&proposal.diff(Some(path)), layout, out)?;
        let question = format!("Write {path}? [y]es / [n]o / [q]uit without writing: ");
        match answer(&question, &['y', 'n', 'q'], out)? {
            Some('y') => chosen.push(path.clone()),
            Some('n') => {}
            _ => return Ok(Vec::new()),
        }
    }
    Ok(chosen)
}

/// The first letter of what a person answers, once it is one of `known`;
/// `None` where they are gone.
fn answer(question: &str, known: &[char], out: &mut Output) -> Result<Option<char>> {
    loop {
        out.ask(question)?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            out.line("")?;
            return Ok(None);
        }
        let first = line.trim().chars().next().map(|c| c.to_ascii_lowercase());
        if let Some(letter) = first.filter(|letter| known.contains(letter)) {
            return Ok(Some(letter));
        }
    }
}

fn files(n: usize) -> String {
    match n {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    }
}
