//! Why gates run or do not, in words.

use color_eyre::Result;
use serde::Serialize;

use super::output::{Output, Style};
use super::{Exit, criteria, facts};
use crate::promotion::ObjectId;
use crate::workflow::Workspace;
use crate::workflow::validate::{Change, Explained, Input, Why};

/// Changes that are named before the rest is only counted.
const MOST: usize = 6;

/// The document of `check --dry-run --json`.
#[derive(Serialize)]
struct Document<'a> {
    revision: &'a str,
    commit: Option<ObjectId>,
    base: Option<ObjectId>,
    explained: &'a [Explained],
}

/// Ends `check --dry-run`: what is current decides the exit code, unless
/// something would have to run.
pub fn finish(all: &[Explained], ws: &Workspace, json: bool, out: &mut Output) -> Result<Exit> {
    if json {
        let document = Document {
            revision: ws.revision(),
            commit: ws.commit(),
            base: ws.base(),
            explained: all,
        };
        out.json("countersign.explain", 1, &document)?;
    } else {
        print(all, out)?;
    }
    let holds = |explained: &Explained| match &explained.why {
        Why::Current { status, .. } => Some(status.holds()),
        _ => None,
    };
    Ok(if all.iter().any(|one| holds(one).is_none()) {
        Exit::Undetermined
    } else if all.iter().all(|one| holds(one) == Some(true)) {
        Exit::Holds
    } else {
        Exit::Failed
    })
}

/// Prints what there is to say of each gate.
pub fn print(all: &[Explained], out: &mut Output) -> Result<()> {
    let mut module = None;
    for explained in all {
        if module.replace(&explained.module) != Some(&explained.module) {
            out.spans(&[(Style::Strong, &explained.module.to_text())])?;
        }
        let (style, mark) = match &explained.why {
            Why::Current { status, .. } => criteria::mark(*status),
            _ => (Style::Warning, "→"),
        };
        out.spans(&[
            (style, &format!("  {mark} ")),
            (
                Style::Plain,
                &format!("{:14}{}", explained.gate, words(&explained.why)),
            ),
        ])?;
        if let Why::Changed { changes, .. } = &explained.why {
            for change in changes.iter().take(MOST) {
                out.spans(&[(Style::Faint, &format!("      {}", described(change)))])?;
            }
            if changes.len() > MOST {
                let more = format!("      and {} more", changes.len() - MOST);
                out.spans(&[(Style::Faint, &more)])?;
            }
        }
    }
    let running = all.iter().filter(|explained| explained.runs).count();
    out.line(match running {
        0 => format!("{} gates, all of them current", all.len()),
        n => format!("{n} of {} gates run", all.len()),
    })
}

fn words(why: &Why) -> String {
    match why {
        Why::Current {
            status,
            key,
            started,
            commit,
            tools,
            isolation,
        } => {
            let tools = match tools.as_slice() {
                [] => String::new(),
                tools => format!(" by {}", tools.join(", ")),
            };
            let isolation = serde_json::to_value(isolation).unwrap_or_default();
            format!(
                "does not run: {status} on {} at {}{tools} ({}), key {}",
                facts::minute(*started),
                commit.short(),
                isolation.as_str().unwrap_or_default(),
                key.get(..12).unwrap_or(key),
            )
        }
        Why::Asked => "runs: the cache is not to be used".into(),
        Why::Never => "runs: it never ran on this module".into(),
        Why::NoVerdict { why } => format!("runs: there was no verdict ({why})"),
        Why::Lost { damaged: true } => "runs: its evidence is damaged".into(),
        Why::Lost { damaged: false } => "runs: its evidence is not in the cache any more".into(),
        Why::Changed { since, changes } => {
            let since = since.map_or(String::new(), |at| format!(" since {}", facts::minute(at)));
            match changes.len() {
                0 => format!(
                    "runs: something changed{since}; what it was is not in the cache any more"
                ),
                1 => format!("runs: 1 input changed{since}"),
                n => format!("runs: {n} inputs changed{since}"),
            }
        }
    }
}

fn described(change: &Change) -> String {
    let what = format!("{:17} {}", change.input.word(), change.name);
    let object = |text: &String| ObjectId::from_hex(text).map_or(text.clone(), |id| id.short());
    let by_content = matches!(change.input, Input::File | Input::Baseline | Input::Test);
    match (&change.was, &change.is) {
        (Some(_), None) if by_content => format!("{what}  is gone"),
        (None, Some(_)) if by_content => format!("{what}  is new"),
        (Some(was), Some(is)) => format!("{what}  {} → {}", object(was), object(is)),
        (Some(was), None) => format!("{what}  {was} → nothing"),
        (None, Some(is)) => format!("{what}  nothing → {is}"),
        (None, None) => what,
    }
}
