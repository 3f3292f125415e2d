//! Tools run under a supervisor: our own executable, started again with a
//! hidden first argument.
//!
//! ```text
//! countersign ──lifeline (stdin)──▶ __supervise ──▶ __enter ═exec═▶ tool ──▶ …
//!             ◀──frames (stdout)───
//!
//! with namespaces:    __supervise ──▶ __isolate ──▶ __init ──▶ __enter ═exec═▶ tool
//! ```
//!
//! Why a process of its own: without `unsafe` nothing can be done between fork
//! and exec, and only a process that outlives us can clean up after us.
//! `__supervise` ([`watch`]) adopts everything the tool leaves behind and ends
//! it all when the lifeline breaks, be it that we let go of it or that we were
//! killed. `__enter` ([`enter`]) gives up every right the tool should not have
//! and then becomes the tool. Where the machine has namespaces for us,
//! `__isolate` ([`namespaces`]) makes a network and a process table for the
//! tool alone, of which `__init` ([`init`]) is the first process.

mod confine;
pub mod descendants;
mod enter;
#[cfg(target_os = "linux")]
mod filter;
mod guard;
#[cfg(target_os = "linux")]
mod init;
#[cfg(target_os = "linux")]
mod namespaces;
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
/// First argument of the process that makes namespaces.
const ISOLATE: &str = "__isolate";
/// First argument of the first process in them.
#[cfg(target_os = "linux")]
const INIT: &str = "__init";
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
        #[cfg(target_os = "linux")]
        ISOLATE => namespaces::isolate,
        #[cfg(target_os = "linux")]
        INIT => init::run,
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

/// The most that can confine tools on this machine. Asked once.
pub fn isolation() -> Isolation {
    #[cfg(target_os = "linux")]
    return match confine::has_landlock() {
        false => Isolation::Process,
        true if namespaces::work() => Isolation::Namespaces,
        true if filter::works() => Isolation::Filtered,
        true => Isolation::Landlock,
    };
    #[cfg(not(target_os = "linux"))]
    Isolation::Process
}

/// Ends this process when its parent is killed.
#[cfg(target_os = "linux")]
fn tied_to_parent() {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // Was it killed before? The first process of namespaces sees no parent at all.
    if !getpid().is_init() && getppid().is_none_or(|parent| parent.is_init()) {
        std::process::exit(3);
    }
}

/// What a tool may reach over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// Nothing; with [`Isolation::Namespaces`] a loopback that is the tool's alone.
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
    /// What confines it. Where that cannot be had, the tool is not started.
    pub isolation: Isolation,
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

/// How a tool ended in its namespaces, as the first process there saw it. Lies
/// beside the spec.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Outcome {
    /// The exit code.
    code: Option<i32>,
    /// What killed it.
    signal: Option<i32>,
    /// How many processes it left.
    leftovers: usize,
}

impl Outcome {
    const FILE: &'static str = "ended";

    fn read(spec: &Path) -> Option<Self> {
        let json = std::fs::read(spec.with_file_name(Self::FILE)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    #[cfg(target_os = "linux")]
    fn write(&self, spec: &Path) -> io::Result<()> {
        std::fs::write(spec.with_file_name(Self::FILE), serde_json::to_vec(self)?)
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
    /// By us, because less than so many bytes of disk were left.
    DiskFull(u64),
    /// By us, because it had more than so many processes.
    TooManyProcesses(usize),
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
