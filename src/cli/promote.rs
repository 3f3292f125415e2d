//! `countersign promote`
//!
//! Phase 3: shows the plan, makes the result aside, has it judged, and puts it onto the
//! promotion branch. Merging is a person's own doing.

mod document;
mod record;

use std::io::IsTerminal as _;

use color_eyre::Result;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::promotion::review::decision::RecordKind;
use crate::promotion::{Module, branch_name, text};
use crate::workflow::audit::{Appended, Shared};
use crate::workflow::promote::{
    self, Plan, PromoteError, Promotion, Proven, Request, Smoke, Verdict, Why,
};
use crate::workflow::pull_request::is_without;
use crate::workflow::record::key_for;
use crate::workflow::sign_off::{self, Ask, Desk, Key};
use crate::workflow::validate::CheckError;
use crate::workflow::{Workspace, triage};

use super::args::PromoteArgs;
use super::check::{self, interrupted};
use super::exit::answered;
use super::output::{Output, Style};
use super::progress::{self, Progress};
use super::{Exit, Usage, criteria, diff, workspace};
use document::{Document, Done};

/// Files that are named before the rest is only counted.
const MOST: usize = 40;
/// Files that a module left behind: how many are named.
const MOST_LEFTOVERS: usize = 5;

/// Runs the command.
pub fn run(args: PromoteArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let done = promote(&ws, &args, out);
    answered(done, PromoteError::is_refusal, PromoteError::is_usage, out)
}

fn promote(ws: &Workspace, args: &PromoteArgs, out: &mut Output) -> Result<Exit> {
    let desk = Desk::open(ws).map_err(PromoteError::from)?;
    if args.record || args.merged {
        return record::run(ws, &desk, args, out);
    }
    let tree = ws.modules()?;
    let id = triage::find(ws, &tree, &args.module)?;
    let Some(module) = tree.get(id) else {
        return Ok(Exit::Undetermined);
    };
    let request = Request {
        lane: args.to.as_deref().map(lane),
        branch: args.branch.clone(),
        date: jiff::Zoned::now().strftime("%Y%m%d").to_string(),
    };
    let plan = promote::plan(ws, &desk, module, &request)?;
    if args.dry_run {
        return dry_run(&plan, args, out);
    }
    if !plan.may() {
        if args.json.json {
            out.json("countersign.promote", 1, &Document::of(&plan, None))?;
        }
        refuse(&plan, out);
        return Ok(Exit::Failed);
    }
    // Before anything is done: a key that was named has to fit.
    let key = key(ws, &desk, args, RecordKind::Promotion)?;
    let Some(proven) = prove(ws, module, plan, args, out)? else {
        return Ok(Exit::Interrupted);
    };
    finish(ws, &desk, proven, key, args, out)
}

/// A lane as a person names it; `.` is the root.
fn lane(name: &str) -> crate::promotion::RepoPath {
    let name = name.trim_start_matches("./").trim_end_matches('/');
    crate::promotion::RepoPath::from_text(if name == "." { "" } else { name })
}

/// The key to sign such a record with; `None` where none is at hand.
fn key(ws: &Workspace, desk: &Desk, args: &PromoteArgs, kind: RecordKind) -> Result<Option<Key>> {
    let keys = sign_off::keys(ws, &desk.authority, args.key.as_deref());
    let keys = keys.map_err(PromoteError::from)?;
    let found = key_for(&keys, kind).cloned();
    if let (None, Some(file)) = (&found, &args.key) {
        let roles: Vec<_> = kind.signers().iter().map(|role| role.word()).collect();
        return Err(Usage(format!(
            "the key {} may not sign a {kind} record: that takes somebody who is {} in {}",
            file.display(),
            roles.join(" or "),
            desk.authority.keyring_path
        ))
        .into());
    }
    Ok(found)
}

fn dry_run(plan: &Plan, args: &PromoteArgs, out: &mut Output) -> Result<Exit> {
    match args.json.json {
        true => out.json("countersign.promote", 1, &Document::of(plan, None))?,
        false => print(plan, args, out)?,
    }
    Ok(match plan.may() {
        true => Exit::Holds,
        false => Exit::Failed,
    })
}

fn refuse(plan: &Plan, out: &mut Output) {
    out.error(&format!(
        "{} is not promoted, and nothing was changed",
        plan.relocation.from
    ));
    for why in &plan.blocked {
        out.error_line(&format!("  {why}"));
    }
}

/// The whole plan.
fn print(plan: &Plan, args: &PromoteArgs, out: &mut Output) -> Result<()> {
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    out.spans(&[(Style::Strong, &format!("{from} → {to}"))])?;
    let mut row = |name: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {name:12}")),
            (Style::Plain, value),
        ])
    };
    let new = if plan.makes_branch { " (new)" } else { "" };
    row(
        "on",
        &format!("{}{new}, at {}", plan.branch, plan.head.short()),
    )?;
    row("moves", &plan.moves())?;
    row(
        "rewrites",
        &format!("{} places that name it", plan.rewritten()),
    )?;
    match &plan.smoke {
        Smoke::Command { command } => row("smoke test", &command.join(" "))?,
        Smoke::None { why } => row("smoke test", &format!("not applicable: {why}"))?,
    }
    let stages: Vec<_> = plan.stages.iter().map(|it| it.as_str()).collect();
    row("again", &stages.join(", "))?;
    row(
        "audit log",
        &format!(
            "{}, root {}; a copy goes to {}",
            text::counted(plan.log.size as usize, "entry"),
            plan.log.root,
            plan.log_path
        ),
    )?;
    section(out, "Moved")?;
    for (from, to) in plan.files.iter().take(MOST) {
        out.line(format!("  {from} → {to}"))?;
    }
    if plan.files.len() > MOST {
        out.line(format!("  and {} more", plan.files.len() - MOST))?;
    }
    section(out, "Written")?;
    for write in &plan.writes {
        let new = if write.before.is_none() { " (new)" } else { "" };
        out.line(format!("  {}: {}{new}", write.path, write.why.word()))?;
    }
    if !plan.left.is_empty() {
        section(out, "Left for a person")?;
        for left in &plan.left {
            out.line(format!("  {left}"))?;
        }
    }
    section(out, "What changes beside the move")?;
    diff::show(&plan.diff(), args.layout, out)?;
    for notice in &plan.notices {
        out.notice(notice);
    }
    if !plan.may() {
        refuse(plan, out);
    }
    Ok(())
}

fn section(out: &mut Output, title: &str) -> Result<()> {
    out.line("")?;
    out.spans(&[(Style::Strong, title)])
}

/// Makes the result and has it judged; `None` where somebody asked it to stop.
fn prove(
    ws: &Workspace,
    module: &Module,
    plan: Plan,
    args: &PromoteArgs,
    out: &mut Output,
) -> Result<Option<Proven>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let work = watch(
        ws.clone(),
        module.clone(),
        plan,
        check::jobs(args.jobs),
        out,
    );
    let result = runtime.block_on(work);
    out.clear_status();
    match result {
        Err(PromoteError::Check(CheckError::Cancelled)) => {
            out.notice("cancelled: nothing was changed");
            Ok(None)
        }
        result => Ok(Some(result?)),
    }
}

async fn watch(
    ws: Workspace,
    module: Module,
    plan: Plan,
    jobs: usize,
    out: &mut Output,
) -> Result<Proven, PromoteError> {
    let cancel = CancellationToken::new();
    let (sender, mut events) = mpsc::channel(1024);
    let mut view = Progress::of(1);
    let work = promote::prove(ws, module, plan, jobs, sender, cancel.clone());
    let mut work = tokio::spawn(work);
    let mut asked = std::pin::pin!(interrupted());
    let mut tick = tokio::time::interval(progress::EVERY);
    let mut listening = true;
    loop {
        tokio::select! {
            event = events.recv(), if listening => match event {
                Some(event) => view.tell(&event, out),
                None => listening = false,
            },
            _ = tick.tick() => view.draw(out),
            () = &mut asked, if !cancel.is_cancelled() => cancel.cancel(),
            result = &mut work => {
                while let Ok(event) = events.try_recv() {
                    view.tell(&event, out);
                }
                return result.unwrap_or_else(|error| Err(CheckError::from(error).into()));
            }
        }
    }
}

fn finish(
    ws: &Workspace,
    desk: &Desk,
    proven: Proven,
    key: Option<Key>,
    args: &PromoteArgs,
    out: &mut Output,
) -> Result<Exit> {
    let verdict = proven.verdict();
    if !args.json.json {
        judged(&proven, out)?;
    }
    if verdict != Verdict::Holds {
        if args.json.json {
            let done = Done::of(&proven, false, None);
            out.json(
                "countersign.promote",
                1,
                &Document::of(&proven.plan, Some(done)),
            )?;
        }
        out.error(&format!(
            "{} was not promoted, and nothing was changed: {}",
            proven.plan.relocation.from,
            match verdict {
                Verdict::Unknown => "it could not be found out whether the result holds",
                _ => "the result does not hold",
            }
        ));
        return Ok(match verdict {
            Verdict::Unknown => Exit::Undetermined,
            _ => Exit::Failed,
        });
    }
    proven.land(ws)?;
    let plan = &proven.plan;
    if !args.json.json {
        landed(ws, desk, &proven, out)?;
    }
    let promotion = Promotion::of(&proven);
    let recorded = key
        .as_ref()
        .map(|key| promote::record_promotion(ws, desk, &promotion, key, ask()));
    let mut exit = Exit::Holds;
    let entry = match recorded {
        Some(Ok(appended)) => Some(appended),
        Some(Err(error)) => {
            out.error(&format!("moved, but not recorded: {error}"));
            exit = Exit::Undetermined;
            None
        }
        None => {
            out.error(&format!(
                "moved, but not recorded: no key at hand may sign that. Somebody who is owner or \
                 release in {} does it with: countersign promote {} --record --key FILE",
                desk.authority.keyring_path, plan.relocation.from
            ));
            exit = Exit::Undetermined;
            None
        }
    };
    if args.json.json {
        let done = Done::of(&proven, true, entry.as_ref());
        out.json("countersign.promote", 1, &Document::of(plan, Some(done)))?;
    } else if let Some(entry) = &entry {
        logged(entry, out)?;
    }
    Ok(exit)
}

/// What smoke test and gates said.
fn judged(proven: &Proven, out: &mut Output) -> Result<()> {
    for notice in &proven.plan.notices {
        out.notice(notice);
    }
    if let Smoke::None { why } = &proven.plan.smoke {
        out.spans(&[(
            Style::Faint,
            &format!("  – smoke     not applicable: {why}"),
        )])?;
    }
    for evidence in proven.report.iter().flat_map(|it| &it.evidence) {
        let (style, mark) = criteria::mark(evidence.status());
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!(
                    "{:9} {}: {}",
                    evidence.gate,
                    evidence.status(),
                    evidence.why()
                ),
            ),
        ])?;
        if evidence.status().holds() {
            continue;
        }
        check::evidence(evidence, out)?;
    }
    Ok(())
}

fn landed(ws: &Workspace, desk: &Desk, proven: &Proven, out: &mut Output) -> Result<()> {
    let plan = &proven.plan;
    out.line(format!(
        "promoted {} to {} on {}: {} moves it, {} the rest",
        plan.relocation.from,
        plan.relocation.to,
        plan.branch,
        proven.moved.short(),
        proven.commit.short()
    ))?;
    let (leftovers, count) = proven.leftovers(MOST_LEFTOVERS);
    if count > 0 {
        out.notice(format!(
            "{count} files that git does not track are left in {}, so that Python still finds a \
             directory of that name: {}",
            plan.relocation.from,
            leftovers.join(", ")
        ));
    }
    if !plan.left.is_empty() {
        out.notice(format!(
            "{} places are left for a person: countersign impact, or promote --dry-run before, \
             names them",
            plan.left.len()
        ));
        for left in plan.left.iter().take(MOST) {
            out.line(format!("  {left}"))?;
        }
    }
    let shims = plan.writes.iter().any(|it| it.why == Why::Shim);
    if shims {
        out.line("the old names go on working, with a DeprecationWarning")?;
    }
    out.line(match is_without(ws) {
        true => {
            let merging = branch_name::merging(&out.git(), desk.authority.branch(), &plan.branch);
            format!("next: {merging}. That is a person's own doing")
        }
        false => format!(
            "next: git push --set-upstream origin {}, and a pull request. A person merges it",
            plan.branch
        ),
    })
}

fn logged(appended: &Appended, out: &mut Output) -> Result<()> {
    out.line(format!("signed: entry {} of the log", appended.position))?;
    if let Shared::NotYet(why) = &appended.shared {
        out.notice(format!("it is not shared yet: {why}"));
    }
    Ok(())
}

fn ask() -> Ask {
    match std::io::stdin().is_terminal() {
        true => Ask::Terminal,
        false => Ask::Nobody,
    }
}
