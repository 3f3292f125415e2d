//! `countersign cache`

use std::time::Duration;

use color_eyre::Result;

use super::args::{CacheArgs, CacheCommand, PruneArgs};
use super::output::{Output, Style};
use super::{Exit, facts};
use crate::workflow::cache::{self, Pruned, Rules, Usage};

/// Where no rule is given, what was of no use for so long goes.
const USUAL: Duration = Duration::from_secs(30 * 24 * 3600);

/// Runs the command.
pub fn run(args: CacheArgs, out: &mut Output) -> Result<Exit> {
    match args.command {
        None => {
            let usage = cache::usage()?;
            match args.json {
                true => out.json("countersign.cache", 1, &usage)?,
                false => print(&usage, out)?,
            }
            Ok(Exit::Holds)
        }
        Some(CacheCommand::Prune(prune)) => {
            let pruned = cache::prune(rules(&prune))?;
            match args.json {
                true => out.json("countersign.prune", 1, &pruned)?,
                false => tell(&pruned, out)?,
            }
            for failed in &pruned.failed {
                out.error(failed);
            }
            Ok(match pruned.failed.is_empty() {
                true => Exit::Holds,
                false => Exit::Undetermined,
            })
        }
    }
}

fn rules(args: &PruneArgs) -> Rules {
    let unruled = args.older_than.is_none() && args.max_size.is_none() && !args.all;
    Rules {
        older_than: args.older_than.or(unruled.then_some(USUAL)),
        max_bytes: args.max_size,
        all: args.all,
        dry_run: args.dry_run,
    }
}

fn print(usage: &Usage, out: &mut Output) -> Result<()> {
    out.spans(&[(Style::Strong, &usage.directory)])?;
    for held in usage.kinds.iter().filter(|held| held.entries > 0) {
        let since = held.oldest.map_or(String::new(), |oldest| {
            format!("oldest of {}", facts::day(oldest))
        });
        let in_use = match held.in_use {
            0 => String::new(),
            n => format!(", {n} in use"),
        };
        let size = facts::size(held.bytes);
        out.spans(&[
            (
                Style::Plain,
                &format!("  {:10} {:>7}  {size:>9}", held.kind.word(), held.entries),
            ),
            (Style::Faint, &format!("  {since:20} ")),
            (Style::Faint, &format!("{}{in_use}", held.kind.title())),
        ])?;
    }
    out.line(format!("  {:10} {:>18}", "all", facts::size(usage.bytes)))
}

fn tell(pruned: &Pruned, out: &mut Output) -> Result<()> {
    let would = if pruned.dry_run {
        "would remove"
    } else {
        "removed"
    };
    for removed in &pruned.removed {
        let (kind, size) = (removed.kind.word(), facts::size(removed.bytes));
        out.line(format!(
            "{would} {:>7} {kind:10} {size:>9}",
            removed.entries
        ))?;
    }
    if pruned.removed.is_empty() {
        out.line(format!("{would} nothing"))?;
    }
    if pruned.in_use > 0 {
        out.line(format!(
            "left {} that a running Countersign may need",
            pruned.in_use
        ))?;
    }
    out.line(format!("{} are left", facts::size(pruned.bytes)))
}
