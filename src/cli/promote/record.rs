//! `countersign promote --record` and `--merged`

use color_eyre::Result;

use crate::cli::args::PromoteArgs;
use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::promotion::review::decision::RecordKind;
use crate::workflow::Workspace;
use crate::workflow::promote::{self, PromoteError};
use crate::workflow::sign_off::Desk;

use super::document::Recorded;
use super::{ask, key, logged};

/// Records what was done before: the move, or that somebody merged it.
pub fn run(ws: &Workspace, desk: &Desk, args: &PromoteArgs, out: &mut Output) -> Result<Exit> {
    let found = promote::find(ws, desk, &args.module)?;
    let Some(promotion) = found else {
        return Err(PromoteError::NotPromoted {
            module: args.module.clone(),
        }
        .into());
    };
    let kind = match args.merged {
        true => RecordKind::Merge,
        false => RecordKind::Promotion,
    };
    let merged = match args.merged {
        false => None,
        true => match promote::merged(ws, desk, &promotion)? {
            Some(merged) => {
                if !args.json.json {
                    out.line(format!(
                        "{} holds the promotion of {} to {} since {}, committed by {}",
                        desk.authority.branch(),
                        promotion.from,
                        promotion.to,
                        merged.commit.short(),
                        merged.by
                    ))?;
                }
                Some(merged)
            }
            None => {
                return Err(PromoteError::NotMerged {
                    module: promotion.from.clone(),
                    base: desk.authority.branch().to_owned(),
                }
                .into());
            }
        },
    };
    let known = promote::Courses::read(ws, desk)?.promoted();
    let known = known.iter().find(|it| it.promotion == promotion);
    let entry = match args.merged {
        true => known.and_then(|it| it.merge_entry),
        false => promotion.entry,
    };
    let told = |entry| Recorded::of(&promotion, merged.as_ref(), entry);
    if let Some(entry) = entry {
        match args.json.json {
            true => out.json("countersign.promote-record", 1, &told(entry))?,
            false => out.line(format!("entry {entry} of the log says so already"))?,
        }
        return Ok(Exit::Holds);
    }
    let Some(key) = key(ws, desk, args, kind)? else {
        let roles: Vec<_> = kind.signers().iter().map(|role| role.word()).collect();
        return Err(Usage(format!(
            "no key at hand may sign that: it takes somebody who is {} in {}. Name it with --key",
            roles.join(" or "),
            desk.authority.keyring_path
        ))
        .into());
    };
    let appended = match &merged {
        Some(merged) => promote::record_merge(ws, desk, merged, &key, ask())?,
        None => promote::record_promotion(ws, desk, &promotion, &key, ask())?,
    };
    match args.json.json {
        true => {
            let told = told(appended.position).signed(&appended);
            out.json("countersign.promote-record", 1, &told)?;
        }
        false => logged(&appended, out)?,
    }
    Ok(Exit::Holds)
}
