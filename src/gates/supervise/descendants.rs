//! Finding and ending every descendant of a process.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The living descendants of `root`, without itself, parents first.
///
/// Read from `/proc/*/stat`, which every kernel has; empty where there is no `/proc`.
pub fn of(root: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for (pid, parent) in processes() {
        children.entry(parent).or_default().push(pid);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        // `remove`: a process that moved while we read cannot lead us in circles.
        for child in children.remove(&pid).unwrap_or_default() {
            found.push(child);
            open.push(child);
        }
    }
    found
}

/// Ends every descendant of `root` by `SIGKILL`, again and again until none is
/// left: one that forks while we look is found in the next round. Gives up
/// after `limit` (a process in an uninterruptible system call). Returns how
/// many there were.
///
/// Complete only if `root` is a subreaper: else orphans leave the tree.
pub fn end(root: i32, limit: Duration) -> usize {
    let started = Instant::now();
    let mut ended = std::collections::HashSet::new();
    loop {
        let alive = of(root);
        if alive.is_empty() || started.elapsed() > limit {
            return ended.len();
        }
        for raw in alive {
            if let Some(pid) = Pid::from_raw(raw) {
                let _ = kill_process(pid, Signal::KILL);
                ended.insert(raw);
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Every living process with its parent; zombies are dead.
fn processes() -> Vec<(i32, i32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read(entry.path().join("stat")).ok()?;
            Some((pid, parent(&stat)?))
        })
        .collect()
}

/// The parent from the content of a `stat` file. The second field is the
/// program's name in parentheses, which may itself hold anything.
fn parent(stat: &[u8]) -> Option<i32> {
    let end = stat.iter().rposition(|b| *b == b')')?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_program_name_does_not_mislead() {
        assert_eq!(parent(b"17 (a) R 1 (b) S 42 17 17 0"), Some(42));
        assert_eq!(parent(b"17 (x) Z 42 17"), None);
        assert_eq!(parent(b"nonsense"), None);
    }
}
