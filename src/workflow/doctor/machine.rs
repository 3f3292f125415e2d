//! Programs and places of this machine.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::{Area, Check, Workspace};
use crate::gates::supervise;
use crate::gates::toolchain::{Origin, TOOLS};
use crate::promotion::Isolation;
use crate::workflow::{dirs, validate};

const AREA: Area = Area::Machine;

/// A program that answers at all answers within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Less free space than this and gates cannot work.
const LEAST: u64 = 256 << 20;
/// Less than this and an environment with the project's packages may not fit.
const GOOD: u64 = 2 << 30;

/// Looks at git, Python, the tools, the cache and the sandbox.
pub fn examine(ws: Option<&Workspace>) -> Vec<Check> {
    let (git, python) = answers();
    let mut checks = vec![git_check(git), python_check(python)];
    checks.extend(ws.map(tools));
    checks.extend([cache(), sandbox()]);
    checks
}

type Answer = Result<String, String>;

/// Asks git and Python at the same time.
fn answers() -> (Answer, Answer) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        let failed = || Err("it could not be started".to_owned());
        return (failed(), failed());
    };
    const PYTHON: &str = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])";
    runtime.block_on(async {
        tokio::join!(
            ask("git", &["--version"]),
            ask("python3", &["-I", "-c", PYTHON])
        )
    })
}

/// The first line a program prints; looked for in absolute directories only,
/// so that nothing of the repository is started.
async fn ask(program: &str, arguments: &[&str]) -> Answer {
    let path = find(program.as_ref()).ok_or_else(|| format!("{program} is not in PATH"))?;
    let run = tokio::process::Command::new(path)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PATIENCE, run).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(text.lines().next().unwrap_or_default().to_owned())
        }
        Ok(Ok(output)) => {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.lines().last().unwrap_or_default();
            Err(format!("{program} failed ({}): {last}", output.status))
        }
        Ok(Err(error)) => Err(format!("{program} could not be started: {error}")),
        Err(_) => Err(format!("{program} did not answer")),
    }
}

/// A program in `PATH`.
pub(super) fn find(name: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|path| {
            rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file()
        })
}

fn git_check(git: Answer) -> Check {
    match git {
        Ok(version) => Check::ok(AREA, "git", version),
        Err(why) => Check::warning(
            AREA,
            "git",
            why,
            "install git; reading and checking work without it, fetching and pushing do not",
        ),
    }
}

fn python_check(python: Answer) -> Check {
    let install =
        "install Python 3.10 or newer with venv (Debian: apt-get install python3 python3-venv)";
    match python {
        Ok(version) if is_old(&version) => {
            let found = format!("Python {version} is too old for the gates' tools");
            Check::problem(AREA, "python", found, install)
        }
        Ok(version) => Check::ok(AREA, "python", format!("Python {version} with venv")),
        Err(why) => Check::problem(AREA, "python", why, install),
    }
}

fn is_old(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next(), parts.next()) < (Some(3), Some(10))
}

/// What is known of the gates' tools. Asking them anew is left to `check`,
/// which confines them: an environment may be part of the repository.
fn tools(ws: &Workspace) -> Check {
    const NAME: &str = "tools";
    if let Some(named) = &ws.config().tools.environment
        && !ws.root().join(named).join("bin/python").exists()
    {
        return Check::problem(
            AREA,
            NAME,
            format!("`tools.environment` names {named}, which has no bin/python"),
            format!("make it (python3 -m venv {named}), or correct countersign.toml"),
        );
    }
    let Some(toolbox) = validate::known_tools(ws) else {
        return Check::ok(
            AREA,
            NAME,
            "not looked at yet: the first check does, and installs what is missing (from the package \
             index, once)",
        );
    };
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    for name in TOOLS {
        match toolbox.get(name) {
            Ok(tool) => known.push(match tool.origin {
                Origin::Project => format!("{name} {}", tool.version),
                Origin::Managed => format!("{name} {} (ours)", tool.version),
            }),
            Err(_) => missing.push(name),
        }
    }
    let known = known.join(", ");
    if missing.is_empty() {
        return Check::ok(AREA, NAME, known);
    }
    Check::warning(
        AREA,
        NAME,
        format!("{known}; missing: {}", missing.join(", ")),
        "the next check installs them from the package index, or install them into the project's \
         environment",
    )
}

fn cache() -> Check {
    const NAME: &str = "cache";
    let dir = match dirs::cache_dir() {
        Ok(dir) => dir,
        Err(error) => {
            return Check::problem(AREA, NAME, error.to_string(), "set COUNTERSIGN_CACHE_DIR");
        }
    };
    let shown = dir.display().to_string();
    if let Err(error) = probe(&dir) {
        return Check::problem(
            AREA,
            NAME,
            format!("{shown} cannot be written: {error}"),
            "make it writable, or set COUNTERSIGN_CACHE_DIR to a directory that is",
        );
    }
    let room = "make room, or set COUNTERSIGN_CACHE_DIR to a disk that has some";
    match free(&dir) {
        Some(free) if free < LEAST => Check::problem(
            AREA,
            NAME,
            format!("{shown}: only {} left", size(free)),
            room,
        ),
        Some(free) if free < GOOD => Check::warning(
            AREA,
            NAME,
            format!("{shown}: only {} left", size(free)),
            room,
        ),
        Some(free) => Check::ok(AREA, NAME, format!("{shown}, {} free", size(free))),
        None => Check::ok(AREA, NAME, shown),
    }
}

fn probe(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    tempfile::tempfile_in(dir)?.write_all(b"probe")
}

fn free(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 30 {
        format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64)
    } else {
        format!("{} MiB", bytes >> 20)
    }
}

fn sandbox() -> Check {
    const NAME: &str = "sandbox";
    let kernel = "Linux 5.13 or newer with Landlock among its security modules has it";
    let namespaces = "it needs namespaces of users: see `sysctl user.max_user_namespaces \
                      kernel.apparmor_restrict_unprivileged_userns`";
    match supervise::isolation() {
        Isolation::Namespaces => Check::ok(
            AREA,
            NAME,
            "gates run confined by Landlock, with a network and processes of their own",
        ),
        Isolation::Filtered => Check::warning(
            AREA,
            NAME,
            "gates run confined by Landlock and without any network; tests that talk to \
             themselves over loopback fail here",
            namespaces,
        ),
        Isolation::Landlock => Check::warning(
            AREA,
            NAME,
            "gates run confined by Landlock, which leaves them UDP",
            namespaces,
        ),
        Isolation::Process => Check::warning(
            AREA,
            NAME,
            "no Landlock: gates run with their own environment, limits and process tree, but may \
             write wherever you may, and use the network",
            kernel,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(is_old("3.9.18"));
        assert!(is_old("2.7.18"));
        assert!(!is_old("3.10.0"));
        assert!(!is_old("3.14.1"));
        assert!(is_old("nonsense"));
    }

    #[test]
    fn sizes_in_words() {
        assert_eq!(size(300 << 20), "300 MiB");
        assert_eq!(size(5 << 29), "2.5 GiB");
    }
}
