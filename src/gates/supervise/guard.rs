//! Ends what would bring the machine down: a disk that fills up, processes
//! without number.

use std::path::PathBuf;
use std::time::Duration;

use super::{Ended, Spec, descendants};

/// How often it looks.
pub(super) const EVERY: Duration = Duration::from_millis(250);
/// Processes are counted each so many looks: that costs more.
const COUNT_EVERY: u32 = 4;
/// This much of the disk stays free, for everybody else.
const RESERVE: u64 = 64 << 20;
/// No tool needs more processes.
const MOST_PROCESSES: usize = 2048;

/// Looks at what one tool does to the machine.
pub(super) struct Guard {
    disk: Option<PathBuf>,
    looks: u32,
}

impl Guard {
    /// For a tool that may write there.
    pub(super) fn new(spec: &Spec) -> Self {
        Self {
            disk: spec.writable.first().map(PathBuf::from),
            looks: 0,
        }
    }

    /// Why the tool has to go, if it has to.
    pub(super) fn look(&mut self) -> Option<Ended> {
        self.looks += 1;
        let free = self.disk.as_ref().and_then(|dir| {
            let stat = rustix::fs::statvfs(dir).ok()?;
            Some(stat.f_bavail.saturating_mul(stat.f_frsize))
        });
        if free.is_some_and(|free| free < RESERVE) {
            return Some(Ended::DiskFull(RESERVE));
        }
        if self.looks.is_multiple_of(COUNT_EVERY) {
            let us = rustix::process::getpid().as_raw_pid();
            let alive = descendants::of(us).len();
            return (alive > MOST_PROCESSES).then_some(Ended::TooManyProcesses(MOST_PROCESSES));
        }
        None
    }
}
