//! A tool's own network, processes and shared memory, by Linux namespaces.
//!
//! `__isolate` ([`isolate`]) makes the namespaces and starts `__init` in them,
//! which is their first process ([`super::init`]): when it goes, the kernel
//! ends every other one with it, however many there are.

use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::CWD;
use rustix::mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags};
use rustix::mount::{mount, mount_change, move_mount, open_tree};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, UnshareFlags};

use super::{INIT, ISOLATE, Network, Outcome, Spec, executable, own_executable, tied_to_parent};

/// In place of a spec: only try whether it works.
pub(super) const TRY: &str = "--try";

/// What [`super::init`] says when it was only to try.
pub(super) const WORKS: &str = "namespaces work";

/// Where sockets of other programs lie: the keys of an agent, a container
/// engine. Opening them is nothing Landlock knows of. Hidden from tools.
const HIDDEN: [&str; 3] = ["/run", "/tmp", "/var/tmp"];

/// True where the machine lets us have namespaces. Asked once, by trying.
pub(super) fn work() -> bool {
    static ANSWER: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ANSWER.get_or_init(|| {
        let tried = Command::new(executable())
            .args([ISOLATE, TRY])
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        tried.is_ok_and(|out| out.status.success() && out.stdout == WORKS.as_bytes())
    })
}

/// `__isolate`: makes namespaces and waits for what runs in them.
pub(super) fn isolate(path: &Path) -> io::Result<()> {
    tied_to_parent();
    let spec = match path == Path::new(TRY) {
        true => None,
        false => Some(Spec::read(path)?),
    };
    make(spec.as_ref().map_or(Network::None, |spec| spec.network))?;
    let status = Command::new(own_executable())
        .arg(INIT)
        .arg(path)
        .env_clear()
        .status()?;
    match spec {
        // Killed: by the kernel, when memory ran out, or by a person.
        Some(_) if status.signal().is_some() => Outcome {
            code: None,
            signal: status.signal(),
            leftovers: 0,
        }
        .write(path),
        _ if status.success() => Ok(()),
        _ => Err(io::Error::other(format!("{INIT}: {status}"))),
    }
}

/// Makes the namespaces that the next child is to live in.
fn make(network: Network) -> io::Result<()> {
    let mut flags = UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWIPC;
    if network == Network::None {
        flags |= UnshareFlags::NEWNET;
    }
    let (user, group) = (geteuid(), getegid());
    if unshare(flags).is_err() {
        // Who is not privileged may do so where he is: in a namespace of users.
        unshare(flags | UnshareFlags::NEWUSER)?;
        std::fs::write("/proc/self/setgroups", "deny")?;
        std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    if network == Network::None {
        loopback_up()?;
    }
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )?;
    // The first process in there has to mount; the right to is passed on.
    let mut sets = rustix::thread::capabilities(None)?;
    sets.inheritable |= CapabilitySet::SYS_ADMIN;
    rustix::thread::set_capabilities(None, sets)?;
    rustix::thread::configure_capability_in_ambient_set(CapabilitySet::SYS_ADMIN, true)?;
    Ok(())
}

/// Deprecated because one flag, `FILES`, makes file descriptors of one thread
/// mean nothing in another. It is never given here, and there is one thread.
#[allow(deprecated)]
fn unshare(flags: UnshareFlags) -> rustix::io::Result<()> {
    rustix::thread::unshare(flags)
}

/// Switches the loopback device of a new network on: it has no other.
fn loopback_up() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
    const LENGTH: u32 = 32;
    const LOOPBACK: i32 = 1;
    const UP: u32 = 1;
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None, // the routing protocol
    )?;
    let mut message = Vec::with_capacity(LENGTH as usize);
    message.extend(LENGTH.to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend([0; 8]); // sequence, sender
    message.extend([0; 4]); // any family, any type
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(UP.to_ne_bytes()); // flags
    message.extend(UP.to_ne_bytes()); // those that change
    rustix::net::send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0u8; 256];
    let (length, _) = rustix::net::recv(&socket, &mut answer, RecvFlags::empty())?;
    let mut error = [0; 4];
    let after_the_head = answer.get(16..length).unwrap_or_default();
    { after_the_head }.read_exact(&mut error)?;
    match i32::from_ne_bytes(error) {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(-errno)),
    }
}

/// What the first process in the namespaces sets up: its own `/proc`, shared
/// memory of its own, and nothing where other programs' sockets lie.
pub(super) fn settle(spec: Option<(&Spec, &Path)>) -> io::Result<()> {
    let quiet = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("proc", "/proc", "proc", quiet, None)?;
    let Some((spec, path)) = spec else {
        return Ok(());
    };
    if Path::new("/dev/shm").is_dir() {
        mount(
            "tmpfs",
            "/dev/shm",
            "tmpfs",
            MountFlags::NOSUID | MountFlags::NODEV,
            c"mode=1777",
        )?;
    }
    let needed = needed(spec, path);
    // An environment's python is a link, often to a link.
    let links = links(spec.argv.first().map_or(Path::new("/"), Path::new));
    for dir in HIDDEN.map(Path::new) {
        if dir.is_dir() && !dir.is_symlink() {
            hide(dir, &needed)?;
            for (link, target) in &links {
                if link.starts_with(dir) && link.symlink_metadata().is_err() {
                    link.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                    std::os::unix::fs::symlink(target, link)?;
                }
            }
        }
    }
    Ok(())
}

/// What a tool's run needs to be where it is; `path` is where its spec lies.
fn needed(spec: &Spec, path: &Path) -> Vec<PathBuf> {
    let paths = spec.readable.iter().chain(&spec.writable);
    let mut needed: Vec<PathBuf> = paths
        .chain(spec.argv.first())
        .chain([&spec.cwd])
        .chain(&spec.stdin)
        .map(PathBuf::from)
        .chain(path.parent().map(Path::to_owned))
        .chain(std::env::current_exe())
        .filter(|path| path.exists())
        .collect();
    needed.sort();
    needed.dedup_by(|later, earlier| later.starts_with(earlier));
    needed
}

/// The links that lead from a program to its file, with where each points.
fn links(program: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut at = program.to_owned();
    while let Ok(target) = at.read_link() {
        if found.len() > 16 {
            break; // in circles
        }
        let next = at.parent().unwrap_or(Path::new("/")).join(&target);
        found.push((std::mem::replace(&mut at, next), target));
    }
    found
}

/// Lays an empty directory over `dir`; only what is needed shows through.
fn hide(dir: &Path, needed: &[PathBuf]) -> io::Result<()> {
    let inside = || needed.iter().filter(|path| path.starts_with(dir));
    let through_a_link = |path: &&PathBuf| path.canonicalize().ok().as_ref() != Some(*path);
    if needed.iter().any(|path| dir.starts_with(path)) || inside().any(|p| through_a_link(&p)) {
        return Ok(()); // cannot be taken apart
    }
    let copy = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    let mut kept: Vec<(&Path, bool, OwnedFd)> = Vec::new();
    for path in inside() {
        kept.push((path, path.is_dir(), open_tree(CWD, path, copy)?));
    }
    mount(
        "tmpfs",
        dir,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        c"mode=0755,size=1m",
    )?;
    for (path, is_dir, tree) in kept {
        if is_dir {
            std::fs::create_dir_all(path)?;
        } else {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::File::create(path)?;
        }
        move_mount(
            &tree,
            "",
            CWD,
            path,
            MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
        )?;
    }
    Ok(())
}
