//! Running one tool: under the supervisor, with a bounded output that is kept
//! in files, streamed line by line to those who watch.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::ChildStdout;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use super::supervise::Network;
use super::supervise::{self, Ended, Report, Spec, frame};
use crate::promotion::{Isolation, ToolExit, text};

/// Longest line passed on to those who watch, in bytes.
const LONGEST_LINE: usize = 4096;
/// How long the supervisor may take to clean up before it is taken for lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest file a tool may write.
const LARGEST_FILE: u64 = 2 << 30;

/// One run of one tool.
#[derive(Clone, Debug)]
pub struct Command {
    /// Program and arguments. The program is a path: nothing is searched.
    pub argv: Vec<OsString>,
    /// The whole environment; nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Where it starts.
    pub cwd: PathBuf,
    /// What it reads as standard input.
    pub stdin: Option<Vec<u8>>,
    /// What it may write below.
    pub writable: Vec<PathBuf>,
    /// What it may read below, beside the system.
    pub readable: Vec<PathBuf>,
    /// What it may reach over the network.
    pub network: Network,
    /// When it is ended.
    pub timeout: Duration,
    /// How much it may write to standard output and error together.
    pub most_output: u64,
    /// True where standard output is for people as well; standard error always is.
    pub stream_stdout: bool,
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub exit: ToolExit,
    /// From start to end, in milliseconds.
    pub duration_ms: u64,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// Processes it left behind, which were ended.
    pub leftovers: usize,
    /// What confined it.
    pub isolation: Isolation,
}

/// What a tool wrote.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The file that holds it.
    pub file: PathBuf,
    /// Its sha256, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
}

impl Captured {
    /// Everything.
    pub fn read(&self) -> Result<Vec<u8>, ProcessError> {
        std::fs::read(&self.file).map_err(|source| ProcessError::File {
            file: self.file.clone(),
            source,
        })
    }
}

/// Why a tool's run could not even be attempted or recorded.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// A file of ours could not be written or read.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Our own executable could not be started.
    #[error("cannot start the supervisor {}: {source}", executable.display())]
    Supervisor {
        /// The executable.
        executable: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Runs `command`. `control` is an empty directory of ours that the tool may
/// not write to; `line` gets every line for people, decoded, hostile.
pub async fn run(
    command: &Command,
    control: &Path,
    line: &(dyn Fn(String) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Finished, ProcessError> {
    let spec = write_spec(command, control)?;
    let mut sinks = Sinks {
        stdout: Sink::create(control.join("stdout"), command.stream_stdout)?,
        stderr: Sink::create(control.join("stderr"), true)?,
        most: command.most_output,
    };
    let executable = supervise::executable();
    let started = Instant::now();
    let mut supervisor = tokio::process::Command::new(&executable)
        .arg("__supervise")
        .arg(&spec)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| ProcessError::Supervisor { executable, source })?;
    let pid = supervisor.id();
    let mut lifeline = supervisor.stdin.take();
    let mut frames = receive(supervisor.stdout.take());

    let mut why_ended = None;
    let report = loop {
        let next = tokio::select! {
            next = frames.recv() => next,
            () = cancel.cancelled(), if why_ended.is_none() => {
                why_ended = Some(ToolExit::Cancelled);
                lifeline = None; // the supervisor ends everything now
                continue;
            }
            () = tokio::time::sleep(PATIENCE), if why_ended.is_some() => {
                break Err("it did not answer".to_owned());
            }
            () = tokio::time::sleep_until((started + command.timeout + PATIENCE).into()) => {
                break Err("it let the time limit pass".to_owned());
            }
        };
        match next {
            Some(Ok((frame::REPORT, content))) => break parse(&content),
            Some(Ok((kind, content))) => {
                let fits = sinks.take(kind, &content, line)?;
                if !fits && why_ended.is_none() {
                    why_ended = Some(ToolExit::TooMuchOutput(command.most_output));
                    lifeline = None;
                }
            }
            Some(Err(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                break Err(error.to_string());
            }
            _ => break Err("the supervisor was killed".to_owned()),
        }
    };
    drop(lifeline);
    if report.is_err() {
        sweep(pid, control);
        let _ = supervisor.start_kill();
    }
    let _ = tokio::time::timeout(PATIENCE, supervisor.wait()).await;
    let duration_ms = started.elapsed().as_millis() as u64;
    let (stdout, stderr) = (sinks.stdout.finish(line)?, sinks.stderr.finish(line)?);
    let (exit, leftovers, isolation) = match report {
        Err(why) => (ToolExit::Lost(why), 0, None),
        Ok(report) => {
            let exit = match report.ended {
                Ended::Code(code) => ToolExit::Code(code),
                Ended::Signal(signal) => ToolExit::Signal(signal),
                Ended::TimedOut => ToolExit::TimedOut(command.timeout.as_secs()),
                Ended::DiskFull(left) => ToolExit::DiskFull(left),
                Ended::TooManyProcesses(n) => ToolExit::TooManyProcesses(n),
                Ended::NotStarted(why) => ToolExit::NotStarted(why),
                Ended::Released => ToolExit::Cancelled,
            };
            (
                why_ended.unwrap_or(exit),
                report.leftovers,
                report.isolation,
            )
        }
    };
    Ok(Finished {
        exit,
        duration_ms,
        stdout,
        stderr,
        leftovers,
        isolation: isolation.unwrap_or(Isolation::Process),
    })
}

fn write_spec(command: &Command, control: &Path) -> Result<PathBuf, ProcessError> {
    let at = |file: &Path, source| ProcessError::File {
        file: file.to_owned(),
        source,
    };
    let stdin = match &command.stdin {
        None => None,
        Some(content) => {
            let file = control.join("stdin");
            std::fs::write(&file, content).map_err(|e| at(&file, e))?;
            Some(file.into_os_string())
        }
    };
    let os = |paths: &[PathBuf]| paths.iter().map(|p| p.clone().into_os_string()).collect();
    let spec = Spec {
        argv: command.argv.clone(),
        env: command.env.clone(),
        cwd: command.cwd.clone().into_os_string(),
        stdin,
        writable: os(&command.writable),
        readable: os(&command.readable),
        network: command.network,
        isolation: supervise::isolation(),
        timeout_ms: command.timeout.as_millis() as u64,
        file_size: LARGEST_FILE,
    };
    let file = control.join("spec.json");
    let json = serde_json::to_vec(&spec).map_err(|e| at(&file, e.into()))?;
    std::fs::write(&file, json).map_err(|e| at(&file, e))?;
    Ok(file)
}

type Frame = (u8, Vec<u8>);

/// Reads frames in a task of its own: a frame half read must not be lost when
/// something else happens meanwhile.
fn receive(source: Option<ChildStdout>) -> mpsc::Receiver<io::Result<Frame>> {
    let (sender, receiver) = mpsc::channel(8);
    if let Some(source) = source {
        let mut source = BufReader::new(source);
        tokio::spawn(async move {
            loop {
                let frame = next_frame(&mut source).await;
                let last = frame.is_err();
                if sender.send(frame).await.is_err() || last {
                    break;
                }
            }
        });
    }
    receiver
}

async fn next_frame(source: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let mut head = [0; 5];
    source.read_exact(&mut head).await?;
    let [kind, a, b, c, d] = head;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > frame::LONGEST {
        return Err(io::Error::other("it said something we do not understand"));
    }
    let mut content = vec![0; length];
    source.read_exact(&mut content).await?;
    Ok((kind, content))
}

fn parse(report: &[u8]) -> Result<Report, String> {
    serde_json::from_slice(report).map_err(|error| error.to_string())
}

/// After the supervisor vanished: ends its process group and everything that
/// was started for this run (its private directory stands in the environment).
fn sweep(supervisor: Option<u32>, control: &Path) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    if let Some(pid) = supervisor.and_then(|pid| Pid::from_raw(pid as i32)) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    use std::os::unix::ffi::OsStrExt as _;
    let mark = marker(control);
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return;
    };
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let ours = environment
            .split(|b| *b == 0)
            .filter_map(|variable| variable.strip_prefix(MARKER.as_bytes())?.strip_prefix(b"="))
            .any(|value| value == mark.as_bytes());
        if let Some(pid) = Pid::from_raw(pid).filter(|_| ours) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The variable by which the processes of one run are found if their
/// supervisor was killed.
pub const MARKER: &str = "COUNTERSIGN_RUN";

/// The value of [`MARKER`] for runs with that control directory.
pub fn marker(control: &Path) -> OsString {
    control.as_os_str().to_owned()
}

struct Sinks {
    stdout: Sink,
    stderr: Sink,
    most: u64,
}

impl Sinks {
    /// Keeps what came; false once that is too much.
    fn take(
        &mut self,
        kind: u8,
        content: &[u8],
        line: &(dyn Fn(String) + Send + Sync),
    ) -> Result<bool, ProcessError> {
        if self.stdout.bytes + self.stderr.bytes + content.len() as u64 > self.most {
            return Ok(false);
        }
        match kind {
            frame::STDOUT => self.stdout.take(content, line)?,
            _ => self.stderr.take(content, line)?,
        }
        Ok(true)
    }
}

/// Where one stream of a tool goes: a file, a digest, and lines for people.
struct Sink {
    file: PathBuf,
    writer: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
    stream: bool,
    partial: Vec<u8>,
}

impl Sink {
    fn create(file: PathBuf, stream: bool) -> Result<Self, ProcessError> {
        let writer = File::create(&file).map_err(|source| ProcessError::File {
            file: file.clone(),
            source,
        })?;
        Ok(Self {
            file,
            writer: BufWriter::new(writer),
            digest: Sha256::new(),
            bytes: 0,
            stream,
            partial: Vec::new(),
        })
    }

    fn take(
        &mut self,
        content: &[u8],
        line: &(dyn Fn(String) + Send + Sync),
    ) -> Result<(), ProcessError> {
        self.writer
            .write_all(content)
            .map_err(|source| ProcessError::File {
                file: self.file.clone(),
                source,
            })?;
        self.digest.update(content);
        self.bytes += content.len() as u64;
        if !self.stream {
            return Ok(());
        }
        for part in content.split_inclusive(|b| *b == b'\n') {
            let room = LONGEST_LINE.saturating_sub(self.partial.len());
            self.partial
                .extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                self.emit(line);
            }
        }
        Ok(())
    }

    fn emit(&mut self, line: &(dyn Fn(String) + Send + Sync)) {
        let whole = std::mem::take(&mut self.partial);
        let end = whole.trim_ascii_end().len();
        line(text::decode(&whole[..end]).into_owned());
    }

    fn finish(mut self, line: &(dyn Fn(String) + Send + Sync)) -> Result<Captured, ProcessError> {
        if !self.partial.is_empty() {
            self.emit(line);
        }
        self.writer.flush().map_err(|source| ProcessError::File {
            file: self.file.clone(),
            source,
        })?;
        Ok(Captured {
            file: self.file,
            sha256: hex(&self.digest.finalize()),
            bytes: self.bytes,
        })
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
