//! Tools run under a supervisor: our own executable, started again with a
//! hidden first argument.
//!
//! ```text
//! countersign ──lifeline (stdin)──▶ __supervise ──▶ __enter ═exec═▶ tool ──▶ …
//!             ◀──frames (stdout)───
//! ```
//!
//! Why a process of its own: without `unsafe` nothing can be done between fork
//! and exec, and only a process that outlives us can clean up after us.
//! `__supervise` ([`watch`]) adopts everything the tool leaves behind and ends
//! it all when the lifeline breaks, be it that we let go of it or that we were
//! killed. `__enter` ([`enter`]) gives up every right the tool should not have
//! and then becomes the tool.

pub mod descendants;
mod enter;
mod watch;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::promotion::Isolation;

/// First argument of the process that watches a tool.
const SUPERVISE: &str = "__supervise";
/// First argument of the process that becomes the tool.
const ENTER: &str = "__enter";

static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Uses another executable as supervisor than the running one: for tests,
/// whose own executable is not Countersign. The first call counts.
pub fn use_executable(path: impl Into<PathBuf>) {
    let _ = EXECUTABLE.set(path.into());
}

/// The executable to start as supervisor.
pub(super) fn executable() -> PathBuf {
    EXECUTABLE.get().cloned().unwrap_or_else(own_executable)
}

/// The running executable. On Linux through `/proc`, which still works when
/// the file was replaced or removed by an upgrade meanwhile.
fn own_executable() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe")
    } else {
        std::env::current_exe().unwrap_or_else(|_| PathBuf::from("countersign"))
    }
}

/// Does the work of the hidden subcommands; `None` where `args` (with the
/// program's name first) is not one of them. To be called first thing in `main`.
pub fn main(args: &[OsString]) -> Option<ExitCode> {
    let role = args.get(1)?.to_str()?;
    let run: fn(&Path) -> io::Result<()> = match role {
        SUPERVISE => watch::run,
        ENTER => enter::run,
        _ => return None,
    };
    let Some(spec) = args.get(2) else {
        eprintln!("{role}: for Countersign's own use");
        return Some(ExitCode::from(2));
    };
    match run(Path::new(spec)) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{role}: {error}");
            Some(ExitCode::from(3))
        }
    }
}

/// What confines tools on this machine.
pub fn isolation() -> Isolation {
    match enter::can_confine() {
        true => Isolation::Landlock,
        false => Isolation::Process,
    }
}

/// What a tool may reach over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// Nothing.
    None,
    /// A service of ours at this TCP port of this machine's loopback. Where the
    /// kernel tells ports but not addresses apart, that port elsewhere as well.
    Loopback(u16),
    /// Anything.
    All,
}

/// What to run and within which limits. Lies as JSON in a directory that the
/// tool cannot write to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spec {
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Where it starts.
    pub cwd: OsString,
    /// The file it reads as standard input; `None`: nothing.
    pub stdin: Option<OsString>,
    /// What it may write below.
    pub writable: Vec<OsString>,
    /// What it may read below, beside the system.
    pub readable: Vec<OsString>,
    /// What it may reach over the network.
    pub network: Network,
    /// Milliseconds until it is ended.
    pub timeout_ms: u64,
    /// Largest file it may write, in bytes.
    pub file_size: u64,
}

impl Spec {
    fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }
}

/// What the supervisor says at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ended {
    /// By itself.
    Code(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// By us, its time being over.
    TimedOut,
    /// By us, because the lifeline broke.
    Released,
    /// It never started.
    NotStarted(String),
}

/// The last frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Report {
    /// How it ended.
    pub ended: Ended,
    /// How many processes were left over and had to be ended.
    pub leftovers: usize,
    /// What confined it; `None` if it never got that far.
    pub isolation: Option<Isolation>,
}

/// Kinds of frames on the supervisor's standard output: a byte for the kind,
/// four for the length (little endian), then the content.
pub(super) mod frame {
    /// Standard output of the tool.
    pub const STDOUT: u8 = 1;
    /// Standard error of the tool.
    pub const STDERR: u8 = 2;
    /// A [`super::Report`] as JSON; the last frame.
    pub const REPORT: u8 = 3;
    /// No frame is longer.
    pub const LONGEST: usize = 1 << 16;
}
