//! `__init`: the first process in a tool's namespaces. Starts the tool, reaps
//! what it leaves, and ends with it, and everything else with both.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use rustix::process::{DumpableBehavior, WaitOptions, getpid, set_dumpable_behavior};

use super::namespaces::{TRY, WORKS, settle};
use super::{ENTER, Outcome, Spec, descendants, own_executable, tied_to_parent};

/// Starts the tool and says how it ended.
pub(super) fn run(path: &Path) -> io::Result<()> {
    tied_to_parent();
    if path == Path::new(TRY) {
        settle(None)?;
        return io::stdout().write_all(WORKS.as_bytes());
    }
    settle(Some((&Spec::read(path)?, path)))?;
    rustix::thread::clear_ambient_capability_set()?;
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let tool = Command::new(own_executable())
        .arg(ENTER)
        .arg(path)
        .env_clear()
        .spawn()?
        .id() as i32;
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_pid() == tool => {
                let outcome = Outcome {
                    code: status.exit_status(),
                    signal: status.terminating_signal(),
                    leftovers: descendants::of(getpid().as_raw_pid()).len(),
                };
                return outcome.write(path);
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
