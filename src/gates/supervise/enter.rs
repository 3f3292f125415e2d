//! `__enter`: gives up every right the tool should not have, then becomes it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Spec, confine};
use crate::promotion::Isolation;

/// The file beside the spec in which this process says how far it came: the
/// isolation reached on the first line, why the tool did not start on the second.
pub(super) const ENTERED: &str = "entered";

/// Most files a process may have open.
const MOST_FILES: u64 = 1 << 16;
/// Most processes and threads of the person who runs us, or of the tool alone
/// where it has a namespace of users. Does not hold for root: see
/// [`super::watch`].
#[cfg(target_os = "linux")]
const MOST_PROCESSES: u64 = 8192;

/// Never returns `Ok`: it is the tool by then.
pub(super) fn run(path: &Path) -> io::Result<()> {
    let spec = Spec::read(path)?;
    // Opened before the doors close; closed by exec, so the tool never holds it.
    let mut entered = File::create(path.with_file_name(ENTERED))?;
    limit(&spec);
    if !confine::enforce(&spec) {
        // Less than was said to be possible: better not at all.
        write!(entered, "\nthe sandbox could not be entered")?;
        return Err(io::Error::other("not confined"));
    }
    serde_json::to_writer(&mut entered, &spec.isolation)?;
    entered.write_all(b"\n")?;
    let (program, arguments) = spec
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("no command"))?;
    let error = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(spec.env)
        .current_dir(&spec.cwd)
        .exec();
    let name = PathBuf::from(program);
    write!(entered, "{}: {error}", name.display())?;
    Err(error)
}

/// Limits on resources. None is essential: what cannot be set is left.
fn limit(spec: &Spec) {
    #[cfg(target_os = "linux")]
    {
        // If somebody kills the supervisor, at least the tool itself goes too.
        // In namespaces the kernel sees to it that all do.
        if spec.isolation < Isolation::Namespaces {
            super::tied_to_parent();
        }
        // When memory runs out the tool goes, not the terminal it is watched from.
        let _ = std::fs::write("/proc/self/oom_score_adj", "900");
    }
    let _ = rustix::process::nice(5);
    lower(Resource::Core, 0);
    lower(Resource::Fsize, spec.file_size);
    lower(Resource::Nofile, MOST_FILES);
    #[cfg(target_os = "linux")]
    {
        lower(Resource::Nproc, MOST_PROCESSES);
        lower(Resource::As, address_space());
    }
}

/// Lowers a limit, soft and hard; never raises one.
fn lower(resource: Resource, to: u64) {
    let now = getrlimit(resource);
    let least = |limit: Option<u64>| Some(limit.map_or(to, |limit| limit.min(to)));
    let _ = setrlimit(
        resource,
        Rlimit {
            current: least(now.current),
            maximum: least(now.maximum),
        },
    );
}

/// Twice the machine's memory, at least 8 GiB: address space is reserved far
/// beyond what is used, so this only stops what would bring the machine down.
#[cfg(target_os = "linux")]
fn address_space() -> u64 {
    let total = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
            line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .unwrap_or(0);
    (total * 1024 * 2).max(8 << 30)
}
