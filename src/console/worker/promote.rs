//! The promotion of a module: what would be done, in words, and the doing.

use std::thread::available_parallelism;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::Source;
use super::errand::{found, on_branch};
use crate::console::model::errand::{Look, Outcome, Paragraph, Record, Sheet};
use crate::promotion::review::decision::RecordKind;
use crate::promotion::{GateEvent, Module, RepoPath, text};
use crate::workflow::promote::{
    self, Plan, PromoteError, Promotion, Proven, Request, Smoke, Verdict, Why, Write,
};
use crate::workflow::propose::changes;
use crate::workflow::record::key_for;
use crate::workflow::sign_off::{self, Ask, Desk, Key};
use crate::workflow::validate::CheckError;
use crate::workflow::{Workspace, pull_request};

/// Files that are named before the rest is only counted.
const MOST: usize = 40;
/// Changed lines that are shown before it is said where the rest is.
const MOST_LINES: usize = 1_000;
/// Findings of a gate, and files left behind, that are named.
const MOST_FINDINGS: usize = 5;

/// All that it takes to do what was read.
pub(super) struct Ready {
    ws: Workspace,
    module: Module,
    plan: Plan,
}

/// What is on its branch now.
pub(super) struct Landed {
    ws: Workspace,
    promotion: Promotion,
}

/// What was found.
pub(super) enum Read {
    /// What would be done, and all that it takes where it may be.
    Plan(Box<Sheet>, Option<Box<Ready>>),
    /// It was done before.
    Done(Box<Outcome>, Box<Landed>),
}

/// Plans it, as `promote --dry-run` does: changes nothing.
pub(super) fn read(
    source: &Source,
    ws: Workspace,
    module: &RepoPath,
    branch: Option<&str>,
) -> Result<Read, String> {
    let ws = on_branch(source, ws, module, branch)?;
    let (tree, id) = match found(&ws, module) {
        Ok(found) => found,
        Err(why) => return before(ws, module, why),
    };
    let module = tree.get(id).cloned();
    let module = module.ok_or_else(|| format!("it is not on {}", ws.revision()))?;
    let words = |error: PromoteError| error.to_string();
    let desk = Desk::open(&ws).map_err(|error| error.to_string())?;
    let request = Request {
        lane: None,
        branch: None,
        date: jiff::Zoned::now().strftime("%Y%m%d").to_string(),
    };
    let plan = promote::plan(&ws, &desk, &module, &request).map_err(words)?;
    let mut gates = plan.stages.clone();
    if let Smoke::Command { .. } = plan.smoke {
        gates.push(Smoke::gate());
    }
    let sheet = Sheet {
        may: match plan.may() {
            true => Ok(consequence(&plan)),
            false => Err(format!(
                "{} may not be promoted as it is: why, and what to do, is said below",
                plan.relocation.from
            )),
        },
        text: of_plan(&plan),
        gates,
    };
    let ready = plan.may().then(|| Box::new(Ready { ws, module, plan }));
    Ok(Read::Plan(Box::new(sheet), ready))
}

/// A module that is not in its lane there may have been promoted.
fn before(ws: Workspace, module: &RepoPath, why: String) -> Result<Read, String> {
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let desk = Desk::open(&ws).map_err(|error| words(&error))?;
    let found = pull_request::carried(&ws, &desk, &module.to_text());
    let found = found.map_err(|error| words(&error))?;
    let promotion = found.ok_or(why)?.promotion;
    let words = format!(
        "{} was promoted to {} on {}, by {}",
        promotion.from,
        promotion.to,
        promotion.branch,
        promotion.commit.short()
    );
    let outcome = Outcome {
        done: true,
        words,
        text: Vec::new(),
        record: Some(recording(&ws, &promotion)),
        branch: Some(promotion.branch.clone()),
    };
    let landed = Landed { ws, promotion };
    Ok(Read::Done(Box::new(outcome), Box::new(landed)))
}

/// Who may record it, and whether it is.
fn recording(ws: &Workspace, promotion: &Promotion) -> Record {
    Record {
        by: signer(ws, promotion).map(|(_, key)| key.principal),
        what: format!("that {} was moved to {}", promotion.from, promotion.to),
        entry: promotion.entry.map(Ok),
    }
}

/// What confirming it means.
fn consequence(plan: &Plan) -> String {
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    let new = if plan.makes_branch {
        ", which is made"
    } else {
        ""
    };
    let gates = plan.stages.len();
    let runs = match &plan.smoke {
        Smoke::Command { command } => format!("runs {} and {gates} gates", command.join(" ")),
        Smoke::None { .. } => format!("runs {gates} gates"),
    };
    format!(
        "moves {from} to {to} on {}{new}; {runs} first, and does nothing where one fails; \
         nothing is merged",
        plan.branch
    )
}

fn of_plan(plan: &Plan) -> Vec<Paragraph> {
    let mut text: Vec<Paragraph> = Vec::new();
    let mut say = |look: Look, words: String| text.push((look, words));
    if !plan.may() {
        say(Look::Title, "Why it may not be promoted".into());
        for why in &plan.blocked {
            say(Look::Bad, why.clone());
        }
        let to_do = "Gates are run and decisions are signed on this module's screen, on the branch \
             that is named here; then read this again.";
        say(Look::Muted, to_do.into());
        say(Look::Text, String::new());
    }
    let (from, to) = (&plan.relocation.from, &plan.relocation.to);
    say(Look::Title, format!("{from} to {to}"));
    let new = if plan.makes_branch { " (new)" } else { "" };
    say(
        Look::Text,
        format!("on {}{new}, at {}", plan.branch, plan.head.short()),
    );
    say(Look::Text, format!("moves {}", plan.moves()));
    say(
        Look::Text,
        format!("rewrites {} places that name it", plan.rewritten()),
    );
    say(
        Look::Text,
        match &plan.smoke {
            Smoke::Command { command } => format!("smoke test: {}", command.join(" ")),
            Smoke::None { why } => format!("smoke test: not applicable: {why}"),
        },
    );
    let stages: Vec<_> = plan.stages.iter().map(|it| it.as_str()).collect();
    say(
        Look::Text,
        format!("gates that have to hold again: {}", stages.join(", ")),
    );
    say(
        Look::Text,
        format!(
            "audit log: {}, root {}; a copy goes to {}",
            text::counted(plan.log.size as usize, "entry"),
            plan.log.root,
            plan.log_path
        ),
    );
    for notice in &plan.notices {
        say(Look::Warning, notice.clone());
    }
    if !plan.left.is_empty() {
        say(Look::Text, String::new());
        say(
            Look::Title,
            format!("Left for a person ({})", plan.left.len()),
        );
        for left in plan.left.iter().take(MOST) {
            say(Look::Warning, left.to_string());
        }
        rest(&mut say, plan.left.len());
    }
    say(Look::Text, String::new());
    say(Look::Title, "Moved".into());
    for (from, to) in plan.files.iter().take(MOST) {
        say(Look::Text, format!("{from} to {to}"));
    }
    rest(&mut say, plan.files.len());
    say(Look::Text, String::new());
    say(Look::Title, "Written".into());
    for write in &plan.writes {
        let new = if write.before.is_none() { " (new)" } else { "" };
        say(
            Look::Text,
            format!("{}: {}{new}", write.path, write.why.word()),
        );
    }
    let mut left = MOST_LINES;
    for write in plan.writes.iter().filter(|it| it.why != Why::Log) {
        edits(&mut say, write, &mut left);
        if left == 0 {
            let words = format!("and more: countersign promote {from} --dry-run shows all of it");
            say(Look::Warning, words);
            break;
        }
    }
    text
}

fn rest(say: &mut impl FnMut(Look, String), count: usize) {
    if count > MOST {
        say(Look::Muted, format!("and {} more", count - MOST));
    }
}

/// What changes in a file, of so many lines that may still be shown.
fn edits(say: &mut impl FnMut(Look, String), write: &Write, left: &mut usize) {
    say(Look::Text, String::new());
    say(Look::Title, write.path.to_string());
    let before = text::decode(write.before.as_deref().unwrap_or_default());
    for (sign, line) in changes(&before, &text::decode(&write.after)) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let (look, line) = match sign {
            '+' => (Look::Added, line),
            '-' => (Look::Removed, line),
            '@' => (Look::Fold, line),
            _ => (Look::Text, format!("  {line}")),
        };
        say(look, line);
    }
}

/// Makes the result aside, has it judged, and puts it onto the branch where it holds.
pub(super) async fn carry_out(
    ready: Ready,
    events: Sender<GateEvent>,
    cancel: CancellationToken,
) -> (Outcome, Option<Landed>) {
    let Ready { ws, module, plan } = ready;
    let from = plan.relocation.from.clone();
    let not = |why: String, text: Vec<Paragraph>| {
        let words = format!("{from} was not promoted, and nothing was changed: {why}");
        let outcome = Outcome {
            done: false,
            words,
            text,
            record: None,
            branch: None,
        };
        (outcome, None)
    };
    let jobs = available_parallelism().map_or(2, usize::from);
    let proven = promote::prove(ws.clone(), module, plan, jobs, events, cancel.clone()).await;
    let proven = match proven {
        _ if cancel.is_cancelled() => return not("it was cancelled".into(), Vec::new()),
        Err(PromoteError::Check(CheckError::Cancelled)) => {
            return not("it was cancelled".into(), Vec::new());
        }
        Err(error) => return not(error.to_string(), Vec::new()),
        Ok(proven) => proven,
    };
    let said = judged(&proven);
    match proven.verdict() {
        Verdict::Holds => {}
        Verdict::Failed => return not("the result does not hold".into(), said),
        Verdict::Unknown => {
            let why = "it could not be found out whether the result holds";
            return not(why.into(), said);
        }
    }
    let landing = tokio::task::spawn_blocking(move || match proven.land(&ws) {
        Ok(()) => Ok(landed(ws, &proven, said)),
        Err(error) => Err(error.to_string()),
    });
    match landing.await {
        Ok(Ok((outcome, landed))) => (outcome, Some(landed)),
        Ok(Err(why)) => not(why, Vec::new()),
        Err(error) => not(error.to_string(), Vec::new()),
    }
}

/// What smoke test and gates said.
fn judged(proven: &Proven) -> Vec<Paragraph> {
    let mut text = Vec::new();
    for evidence in proven.report.iter().flat_map(|it| &it.evidence) {
        let holds = evidence.status().holds();
        let look = if holds { Look::Good } else { Look::Bad };
        let words = format!(
            "{}: {}: {}",
            evidence.gate,
            evidence.status(),
            evidence.why()
        );
        text.push((look, words));
        let findings = evidence.findings.iter().filter(|it| !holds && it.counts());
        text.extend(findings.take(MOST_FINDINGS).map(|it| {
            let words = format!("  {}:{}: {}", it.path, it.line, it.message);
            (Look::Text, words)
        }));
    }
    text
}

fn landed(ws: Workspace, proven: &Proven, said: Vec<Paragraph>) -> (Outcome, Landed) {
    let plan = &proven.plan;
    let mut text = vec![(
        Look::Text,
        format!(
            "{} moves it, {} the rest",
            proven.moved.short(),
            proven.commit.short()
        ),
    )];
    text.extend(said);
    let (files, count) = proven.leftovers(MOST_FINDINGS);
    if count > 0 {
        let words = format!(
            "{count} files that git does not track are left in {}, so that Python still finds a \
             directory of that name: {}",
            plan.relocation.from,
            files.join(", ")
        );
        text.push((Look::Warning, words));
    }
    if !plan.left.is_empty() {
        let places = text::counted(plan.left.len(), "place");
        text.push((Look::Warning, format!("left for a person: {places}")));
        let left = plan.left.iter().take(MOST_FINDINGS);
        text.extend(left.map(|it| (Look::Text, format!("  {it}"))));
    }
    let promotion = Promotion::of(proven);
    let outcome = Outcome {
        done: true,
        words: format!(
            "promoted {} to {} on {}",
            plan.relocation.from, plan.relocation.to, plan.branch
        ),
        text,
        record: Some(recording(&ws, &promotion)),
        branch: Some(plan.branch.clone()),
    };
    (outcome, Landed { ws, promotion })
}

/// Who may sign the record, of the keys at hand; or why nobody may, and what to do.
fn signer(ws: &Workspace, promotion: &Promotion) -> Result<(Desk, Key), String> {
    let desk = Desk::open(ws).map_err(|error| error.to_string())?;
    let keys = sign_off::keys(ws, &desk.authority, None).map_err(|error| error.to_string())?;
    match key_for(&keys, RecordKind::Promotion).cloned() {
        Some(key) => Ok((desk, key)),
        None => Err(format!(
            "no key at hand may sign that. Somebody who is owner or release in {} does it with: \
             countersign promote {} --record --key FILE",
            desk.authority.keyring_path, promotion.from
        )),
    }
}

/// Signs and logs it; the terminal is lent to OpenSSH meanwhile.
pub(super) fn record(landed: &Landed) -> Result<u64, String> {
    let Landed { ws, promotion } = landed;
    let (desk, key) = signer(ws, promotion)?;
    let done = promote::record_promotion(ws, &desk, promotion, &key, Ask::Terminal);
    Ok(done.map_err(|error| error.to_string())?.position)
}
