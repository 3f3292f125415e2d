//! `countersign canary pause`, `resume` and `acknowledge`: what a person says of the watch,
//! signed and in the log.

use std::io::IsTerminal as _;

use color_eyre::Result;

use super::args::{PauseArgs, SayArgs};
use super::{now, open};
use crate::cli::output::Output;
use crate::cli::{Exit, Usage};
use crate::workflow::audit::Shared;
use crate::workflow::observe::{self, LONGEST_PAUSE, ObserveError, Order};
use crate::workflow::sign_off::{self, Ask};

/// Has it wait.
pub fn pause(args: &PauseArgs, out: &mut Output) -> Result<Exit> {
    let seconds = args.lasting.as_secs();
    if seconds == 0 || seconds > LONGEST_PAUSE {
        let why = "--for takes a time up to three days: say it again when they are over";
        return Err(Usage(why.into()).into());
    }
    let now = now();
    say(&args.say, |_| Ok(Order::Pause { seconds, now }), out)
}

/// Lets it go on.
pub fn resume(args: &SayArgs, out: &mut Output) -> Result<Exit> {
    say(args, |_| Ok(Order::Resume), out)
}

/// Says that its verdict was seen.
pub fn acknowledge(args: &SayArgs, out: &mut Output) -> Result<Exit> {
    let newest = |standing: &observe::Standing| {
        let word = standing.recorded.last().map(|it| it.word.to_string());
        let word = word.ok_or_else(|| Usage("the log has no verdict on it yet".into()))?;
        Ok(Order::Acknowledge { word })
    };
    say(args, newest, out)
}

fn say(
    args: &SayArgs,
    order: impl FnOnce(&observe::Standing) -> Result<Order>,
    out: &mut Output,
) -> Result<Exit> {
    if args.reason.trim().is_empty() {
        return Err(Usage("--reason is empty: others want to know why".into()).into());
    }
    let (ws, desk) = open(&args.repo.repo)?;
    let all = observe::standings(&ws, &desk, now())?;
    let standing = observe::find(&all, &args.module)?;
    if !standing.is_open() {
        return Err(ObserveError::Over {
            module: standing.module().clone(),
            stage: standing.stage.word(),
        }
        .into());
    }
    let order = order(standing)?;
    let keys = sign_off::keys(&ws, &desk.authority, args.key.as_deref())?;
    let key = observe::key_of_a_person(&keys).or(keys.first());
    let key = key.ok_or_else(|| {
        ObserveError::NoKey(format!(
            "no key at hand may say that: it takes somebody who is owner or release in {}. Name \
             one with --key FILE",
            desk.authority.keyring_path
        ))
    })?;
    let ask = match std::io::stdin().is_terminal() {
        true => Ask::Terminal,
        false => Ask::Nobody,
    };
    let appended = observe::control(&ws, &desk, standing, &order, &args.reason, (key, ask))?;
    out.line(format!(
        "entry {} of the log, by {}",
        appended.position, key.principal
    ))?;
    if let Shared::NotYet(why) = &appended.shared {
        out.notice(format!("it is in the log here, and not shared yet: {why}"));
    }
    Ok(Exit::Holds)
}
