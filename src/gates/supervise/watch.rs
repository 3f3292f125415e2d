//! `__supervise`: starts the tool, relays what it writes, and leaves nothing behind.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{WaitOptions, WaitStatus, getpid, setsid};

use super::{
    ENTER, Ended, ISOLATE, Outcome, Report, Spec, descendants, enter, frame, guard, own_executable,
};
use crate::promotion::Isolation;

/// How long killed processes may take to vanish.
const PATIENCE: Duration = Duration::from_secs(10);

enum Event {
    Exited(WaitStatus),
    Released,
    Drained,
}

/// Supervises one tool to its end.
pub(super) fn run(path: &Path) -> io::Result<()> {
    // A session of our own: a Ctrl-C at the terminal is for Countersign, which
    // then lets go of the lifeline.
    let _ = setsid();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_child_subreaper, set_dumpable_behavior};
        set_child_subreaper(Some(getpid()))?;
        // The tool must not reach our ends of the pipes through /proc.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    let spec = Spec::read(path)?;
    let stdin = match &spec.stdin {
        Some(file) => Stdio::from(File::open(file)?),
        None => Stdio::null(),
    };
    let role = match spec.isolation {
        Isolation::Namespaces => ISOLATE,
        _ => ENTER,
    };
    let mut tool = Command::new(own_executable())
        .arg(role)
        .arg(path)
        .env_clear()
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = tool.id() as i32;

    let (events, inbox) = mpsc::channel();
    let out = Frames::stdout()?;
    let mut relays = 0;
    if let Some(stdout) = tool.stdout.take() {
        relay(stdout, frame::STDOUT, out.clone(), events.clone());
        relays += 1;
    }
    if let Some(stderr) = tool.stderr.take() {
        relay(stderr, frame::STDERR, out.clone(), events.clone());
        relays += 1;
    }
    watch_lifeline(events.clone());
    reap(pid, events);

    let timeout = Duration::from_millis(spec.timeout_ms);
    let started = std::time::Instant::now();
    let mut guard = guard::Guard::new(&spec);
    let status = loop {
        let left = timeout.saturating_sub(started.elapsed());
        match inbox.recv_timeout(left.min(guard::EVERY)) {
            Ok(Event::Exited(status)) => break Ok(status),
            Ok(Event::Released) => break Err(Ended::Released),
            Ok(Event::Drained) => relays -= 1,
            Err(RecvTimeoutError::Timeout) if left.is_zero() => break Err(Ended::TimedOut),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(harm) = guard.look() {
                    break Err(harm);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("lost the tool")),
        }
    };
    let leftovers = descendants::end(getpid().as_raw_pid(), PATIENCE);
    // Nobody is left to write: the pipes run dry, unless a process hangs in the kernel.
    while relays > 0 {
        match inbox.recv_timeout(PATIENCE) {
            Ok(Event::Drained) => relays -= 1,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    let (isolation, refused) = entered(path);
    let inner = Outcome::read(path);
    let leftovers = inner.map_or(leftovers, |inner| inner.leftovers);
    let how = |status: WaitStatus| match inner {
        Some(inner) => (inner.code, inner.signal),
        // It could not be isolated: its own exit code says nothing of the tool.
        None if role == ISOLATE => (None, status.terminating_signal()),
        None => (status.exit_status(), status.terminating_signal()),
    };
    let ended = match (status, refused) {
        (_, Some(why)) => Ended::NotStarted(why),
        (Err(ours), None) => ours,
        (Ok(status), None) => match how(status) {
            (None, None) => Ended::NotStarted("the sandbox could not be made".into()),
            (Some(_), _) if isolation.is_none() => {
                Ended::NotStarted("the sandbox could not be entered".into())
            }
            (Some(code), _) => Ended::Code(code),
            (None, signal) => Ended::Signal(signal.unwrap_or(0)),
        },
    };
    let killed_by_us = !matches!(ended, Ended::Code(_) | Ended::Signal(_));
    let report = Report {
        ended,
        leftovers: if killed_by_us { 0 } else { leftovers },
        isolation,
    };
    out.send(frame::REPORT, &serde_json::to_vec(&report)?);
    Ok(())
}

/// How far `__enter` came: isolation, and why the tool did not start.
fn entered(spec: &Path) -> (Option<Isolation>, Option<String>) {
    let text = std::fs::read(spec.with_file_name(enter::ENTERED)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.splitn(2, '\n');
    let isolation = lines
        .next()
        .and_then(|line| serde_json::from_str(line).ok());
    let refused = lines
        .next()
        .filter(|why| !why.is_empty())
        .map(str::to_owned);
    (isolation, refused)
}

/// Tells when the other end of standard input is gone.
fn watch_lifeline(events: Sender<Event>) {
    std::thread::spawn(move || {
        let mut byte = [0];
        let mut stdin = io::stdin().lock();
        // Nothing is ever sent: whatever ends the read, nobody holds the line any more.
        while let Err(error) = stdin.read(&mut byte) {
            if error.kind() != io::ErrorKind::Interrupted {
                break;
            }
        }
        let _ = events.send(Event::Released);
    });
}

/// Reaps every child, the tool and the orphans we adopt, until none is left.
fn reap(tool: i32, events: Sender<Event>) {
    std::thread::spawn(move || {
        loop {
            match rustix::process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) if pid.as_raw_pid() == tool => {
                    let _ = events.send(Event::Exited(status));
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
        }
    });
}

/// Passes on what comes from `source` until it ends. Goes on reading when
/// nobody listens: a tool must not hang on a full pipe while it is ended.
fn relay(mut source: impl Read + Send + 'static, kind: u8, out: Frames, events: Sender<Event>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; frame::LONGEST];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => out.send(kind, &buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = events.send(Event::Drained);
    });
}

/// Writes frames, one at a time.
#[derive(Clone)]
struct Frames(Arc<Mutex<File>>);

impl Frames {
    fn stdout() -> io::Result<Self> {
        let fd = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self(Arc::new(Mutex::new(File::from(fd)))))
    }

    /// Errors are of no interest: the lifeline tells when nobody listens.
    fn send(&self, kind: u8, content: &[u8]) {
        let mut bytes = Vec::with_capacity(content.len() + 5);
        bytes.push(kind);
        bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
        bytes.extend_from_slice(content);
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(&bytes);
    }
}
