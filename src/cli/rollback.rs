//! `countersign rollback`
//!
//! Takes back what was merged, by the same steps as the watcher does.

use std::cell::RefCell;
use std::io::IsTerminal as _;

use color_eyre::Result;
use serde::Serialize;

use crate::promotion::review::decision::RecordKind;
use crate::promotion::rollback::{self, Cause, How, Rollback, State};
use crate::promotion::{ObjectId, RepoPath};
use crate::workflow::Workspace;
use crate::workflow::promote::{self, Promotion};
use crate::workflow::record::key_for;
use crate::workflow::roll_back::{self, Plan, RollBackError};
use crate::workflow::sign_off::{self, Ask, Desk, Key};

use super::args::RollbackArgs;
use super::exit::answered;
use super::output::{Output, Style};
use super::propose::yes;
use super::{Exit, Usage, workspace};

/// Paths that are named before the rest is only counted.
const MOST: usize = 40;

/// Runs the command.
pub fn run(args: RollbackArgs, out: &mut Output) -> Result<Exit> {
    let ws = workspace(&args.at, out)?;
    ws.require_commit()?;
    let done = rollback(&ws, &args, out);
    answered(
        done,
        RollBackError::is_refusal,
        RollBackError::is_usage,
        out,
    )
}

fn rollback(ws: &Workspace, args: &RollbackArgs, out: &mut Output) -> Result<Exit> {
    let desk = Desk::open(ws).map_err(RollBackError::from)?;
    let found = promote::find(ws, &desk, &args.module).map_err(RollBackError::from)?;
    let Some(promotion) = found else {
        return Err(RollBackError::NotPromoted {
            module: args.module.clone(),
        }
        .into());
    };
    let known = roll_back::status(ws, &desk, &promotion)?;
    if args.dry_run {
        let why = args.reason.clone().unwrap_or_else(|| "a dry run".into());
        let plan = roll_back::plan(ws, &desk, &promotion, &Cause::ByHand { why })?;
        return dry_run(&promotion, &plan, args, out);
    }
    let Some(cause) = cause(known.as_ref(), args, out)? else {
        return Ok(Exit::Interrupted);
    };
    let key = key(ws, &desk, args)?;
    if !confirmed(ws, &desk, &promotion, known.as_ref(), args, out)? {
        out.notice("nothing was done");
        return Ok(Exit::Interrupted);
    }
    let ask = match std::io::stdin().is_terminal() {
        true => Ask::Terminal,
        false => Ask::Nobody,
    };
    let rolled = {
        let screen = RefCell::new(&mut *out);
        let report = |state: State| {
            if !args.json.json {
                let mut screen = screen.borrow_mut();
                // What is done is done, whether it can be printed or not; and it is told
                // when it is, for some steps take their time.
                let _ = screen.line(rollback::line(state));
                let _ = screen.finish();
            }
        };
        let order = roll_back::Order {
            ask,
            take_over: args.take_over,
            ..roll_back::Order::of(ws, &promotion, &cause, &key, &report)
        };
        roll_back::advance(&order, &desk)?
    };
    finish(&promotion, &rolled, args, out)
}

/// Why; `None` where a person left.
fn cause(known: Option<&Rollback>, args: &RollbackArgs, out: &mut Output) -> Result<Option<Cause>> {
    if args.resume || known.is_some() {
        let why = args.reason.clone().unwrap_or_default();
        return Ok(Some(Cause::ByHand { why }));
    }
    if let Some(why) = &args.reason {
        return Ok(Some(Cause::ByHand { why: why.clone() }));
    }
    if !std::io::stdin().is_terminal() || args.json.json {
        return Err(Usage("say why it is to be rolled back: --reason WHY".into()).into());
    }
    let why = super::propose::said("Why is it to be rolled back? ", out)?;
    Ok(why
        .filter(|it| !it.trim().is_empty())
        .map(|why| Cause::ByHand { why }))
}

/// The key that signs each step.
fn key(ws: &Workspace, desk: &Desk, args: &RollbackArgs) -> Result<Key> {
    let keys = sign_off::keys(ws, &desk.authority, args.key.as_deref());
    let keys = keys.map_err(RollBackError::from)?;
    let kind = RecordKind::Rollback;
    if let Some(key) = key_for(&keys, kind) {
        return Ok(key.clone());
    }
    let roles: Vec<_> = kind.signers().iter().map(|role| role.word()).collect();
    Err(Usage(format!(
        "no key at hand may sign a rollback: that takes somebody who is {} in {}. Name it with \
         --key",
        roles.join(" or "),
        desk.authority.keyring_path
    ))
    .into())
}

/// Whether a person agrees, who has read what would be done.
fn confirmed(
    ws: &Workspace,
    desk: &Desk,
    promotion: &Promotion,
    known: Option<&Rollback>,
    args: &RollbackArgs,
    out: &mut Output,
) -> Result<bool> {
    let done = known.is_some_and(|it| it.state.is_back());
    if args.yes || done {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() || args.json.json {
        return Err(Usage(
            "nobody is here to agree: see what would be done with --dry-run, and say --yes".into(),
        )
        .into());
    }
    let why = args
        .reason
        .clone()
        .unwrap_or_else(|| "not decided yet".into());
    let plan = roll_back::plan(ws, desk, promotion, &Cause::ByHand { why })?;
    print(promotion, &plan, out)?;
    out.line("")?;
    yes(&format!("Take it off {}?", plan.branch), out)
}

/// The document of `rollback --json`.
#[derive(Serialize)]
struct Document<'a> {
    from: &'a RepoPath,
    to: &'a RepoPath,
    promotion: ObjectId,
    dry_run: bool,
    plan: Option<&'a Plan>,
    rollback: Option<&'a Rollback>,
}

fn dry_run(
    promotion: &Promotion,
    plan: &Plan,
    args: &RollbackArgs,
    out: &mut Output,
) -> Result<Exit> {
    match args.json.json {
        true => {
            let document = Document {
                from: &promotion.from,
                to: &promotion.to,
                promotion: promotion.commit,
                dry_run: true,
                plan: Some(plan),
                rollback: plan.now.as_ref(),
            };
            out.json("countersign.rollback", 1, &document)?;
        }
        false => print(promotion, plan, out)?,
    }
    let may = plan.conflicts.is_empty() && plan.irreversible.is_none();
    Ok(match may {
        true => Exit::Holds,
        false => Exit::Failed,
    })
}

/// All that would be done.
fn print(promotion: &Promotion, plan: &Plan, out: &mut Output) -> Result<()> {
    let (from, to) = (&promotion.from, &promotion.to);
    out.spans(&[(Style::Strong, &format!("{to} → {from}"))])?;
    let mut row = |name: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {name:12}")),
            (Style::Plain, value),
        ])
    };
    if let Some(now) = &plan.now {
        row("so far", &rollback::line(now.state))?;
    }
    row("takes back", &format!("{} on {}", plan.merge, plan.branch))?;
    row(
        "that is",
        &format!("{} → {}", plan.before.short(), plan.after.short()),
    )?;
    let remote = match &plan.remote {
        Some(remote) => format!("{} of {remote}", plan.branch),
        None => format!("{} here: nothing is pushed", plan.branch),
    };
    row("from", &format!("{remote}, at {}", plan.base.short()))?;
    row(
        "then",
        &format!("the branch {}, and Gate 1 on it", plan.hotfix),
    )?;
    match plan.told.as_slice() {
        [] => row("told", "nobody: countersign.toml has no [notify]")?,
        told => told.iter().try_for_each(|told| row("told", told))?,
    }
    row(
        "by itself",
        &match &plan.stopped {
            Some(why) => format!("never: {why}"),
            None => format!("{}, where the canary fails", plan.mode.word()),
        },
    )?;
    if let Some(since) = plan.back {
        out.line(format!(
            "{} is as it would be since {}: only that is recorded",
            plan.branch,
            since.short()
        ))?;
    }
    section("Changes", &plan.changes, out)?;
    section(
        "In the way: changed since, or importing it since. Nothing would be pushed",
        &plan.conflicts,
        out,
    )?;
    if let Some(why) = &plan.irreversible {
        out.error(why);
    }
    Ok(())
}

fn section(title: &str, paths: &[RepoPath], out: &mut Output) -> Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.spans(&[(Style::Strong, title)])?;
    for path in paths.iter().take(MOST) {
        out.line(format!("  {path}"))?;
    }
    if paths.len() > MOST {
        out.line(format!("  and {} more", paths.len() - MOST))?;
    }
    Ok(())
}

fn finish(
    promotion: &Promotion,
    it: &Rollback,
    args: &RollbackArgs,
    out: &mut Output,
) -> Result<Exit> {
    if args.json.json {
        let document = Document {
            from: &promotion.from,
            to: &promotion.to,
            promotion: promotion.commit,
            dry_run: false,
            plan: None,
            rollback: Some(it),
        };
        out.json("countersign.rollback", 1, &document)?;
    } else {
        told(it, out)?;
    }
    Ok(match it.state {
        State::RolledBack => Exit::Holds,
        State::NeedsHuman | State::Frozen | State::AwaitingMerge => Exit::Failed,
        _ => Exit::Undetermined,
    })
}

/// How it stands.
fn told(it: &Rollback, out: &mut Output) -> Result<()> {
    out.spans(&[
        (Style::Strong, &it.to.to_text()),
        (Style::Plain, &format!("  {}", it.state)),
    ])?;
    out.line(format!("  {}", rollback::line(it.state)))?;
    let mut row = |name: &str, value: &str| {
        out.spans(&[
            (Style::Faint, &format!("  {name:12}")),
            (Style::Plain, value),
        ])
    };
    row(
        "decided",
        &format!(
            "entry {}, by {}: {}",
            it.decided.position, it.decided.by, it.decided.why
        ),
    )?;
    if let Some(reverted) = &it.reverted {
        let how = match reverted.how {
            How::Pushed => "",
            How::ByPerson => ", by a person",
        };
        row("reverted", &format!("{}{how}", reverted.commit))?;
    }
    if let Some(hotfix) = &it.hotfix {
        row(
            "hotfix",
            &format!("{} at {}", hotfix.branch, hotfix.commit.short()),
        )?;
    }
    if let Some(gates) = &it.gates {
        let said = match gates.holds {
            true => "holds on it".to_owned(),
            false => format!("does not hold on it: {}", gates.failing.join(", ")),
        };
        row("Gate 1", &said)?;
    }
    if let Some(waits) = &it.waits {
        out.notice(waits);
    }
    Ok(())
}
