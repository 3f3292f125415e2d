//! What the kernel knows of a process and of all it started (Linux).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// Ticks of CPU in a second, as the kernel tells them to programs.
const TICKS: u64 = 100;

/// One process as it is now.
struct Stat {
    parent: u32,
    /// Of CPU: its own, and that of its children that ended and were waited for.
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold anything.
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some(Stat {
        parent: number(1)?.try_into().ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
    })
}

/// A process and all that descend from it.
pub fn tree(root: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").expect("Linux");
    let all = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parents: HashMap<u32, u32> = all
        .filter_map(|pid| Some((pid, stat(pid)?.parent)))
        .collect();
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(parent) = tree.get(at).copied() {
        tree.extend(
            parents
                .iter()
                .filter(|(_, of)| **of == parent)
                .map(|(pid, _)| *pid),
        );
        at += 1;
    }
    tree
}

/// A line of `/proc/…/status` that is a number.
fn status(path: &str, key: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix(key))
        .filter_map(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .sum()
}

/// How far a tree of processes has come.
pub struct Activity {
    /// By process and thread: how often it slept and woke.
    sleeps: HashMap<(u32, u32), u64>,
    ticks: u64,
}

/// What a tree of processes did meanwhile.
pub struct Did {
    /// How often a thread woke that was there before.
    pub wakeups: u64,
    /// How many threads were there before and are no more; each woke once, to end.
    pub ended: usize,
    /// How many threads are new.
    pub new: usize,
    pub cpu: Duration,
}

impl Activity {
    pub fn of(root: u32) -> Self {
        let mut sleeps = HashMap::new();
        let mut ticks = 0;
        for pid in tree(root) {
            ticks += stat(pid).map_or(0, |stat| stat.ticks);
            let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let Some(thread) = thread.file_name().to_str().and_then(|it| it.parse().ok())
                else {
                    continue;
                };
                let path = format!("/proc/{pid}/task/{thread}/status");
                sleeps.insert((pid, thread), status(&path, "voluntary_ctxt_switches:"));
            }
        }
        Self { sleeps, ticks }
    }

    pub fn since(&self, before: &Self) -> Did {
        let keys = |of: &Self| of.sleeps.keys().copied().collect::<HashSet<_>>();
        let (then, now) = (keys(before), keys(self));
        let woke = now
            .intersection(&then)
            .map(|key| self.sleeps[key] - before.sleeps[key]);
        Did {
            wakeups: woke.sum(),
            ended: then.difference(&now).count(),
            new: now.difference(&then).count(),
            cpu: Duration::from_millis(self.ticks.saturating_sub(before.ticks) * 1_000 / TICKS),
        }
    }
}

/// The most memory that each process of a tree has had, in MB, all added.
pub fn peak(root: u32) -> f64 {
    let peaks = tree(root).into_iter();
    let peaks = peaks.map(|pid| status(&format!("/proc/{pid}/status"), "VmHWM:"));
    peaks.sum::<u64>() as f64 / 1_024.0
}

/// What one process has now, for a person.
pub fn memory(pid: u32) -> String {
    let path = format!("/proc/{pid}/status");
    let of = |key: &str| format!("{:.1} MB", status(&path, key) as f64 / 1_024.0);
    format!(
        "now {} ({} of it our own, the rest mapped files), peak {}",
        of("VmRSS:"),
        of("RssAnon:"),
        of("VmHWM:")
    )
}
