//! The console as a person feels it, measured from outside through a pty:
//! process start → first useful frame, key → paint (alone and while gates run),
//! idle wake-ups, memory.
//!
//! `cargo bench --bench console` makes a repository of 25,000 files with 2,359
//! candidate files. `COUNTERSIGN_BENCH_REPO=PATH` and `COUNTERSIGN_BENCH_REV=REV`
//! measure a real one. Figures are printed, never asserted: machines differ.

#[path = "../tests/support/sample.rs"]
mod sample;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

const ROWS: u16 = 50;
const COLUMNS: u16 = 160;
const STARTS: usize = 15;
const KEYS: usize = 1000;
const IDLE: Duration = Duration::from_secs(20);

fn main() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let repo = match std::env::var_os("COUNTERSIGN_BENCH_REPO") {
        Some(path) => PathBuf::from(path),
        None => {
            let path = temp.path().join("sample");
            sample::large(&path);
            path
        }
    };
    let home = temp.path().join("home");
    std::fs::create_dir_all(&home).expect("a home");

    println!("repository           {}", repo.display());
    let mut warm: Vec<Duration> = Vec::new();
    let first = first_frame(&repo, &home);
    for _ in 0..STARTS {
        warm.push(first_frame(&repo, &home));
    }
    println!(
        "first frame          first run {}   warm {}",
        ms(first),
        spread(&mut warm)
    );
    match drop_caches() {
        Ok(()) => {
            let mut cold: Vec<Duration> = (0..3)
                .map(|_| {
                    let _ = drop_caches();
                    first_frame(&repo, &home)
                })
                .collect();
            println!("first frame, cold    {}", spread(&mut cold));
        }
        Err(why) => {
            println!("first frame, cold    not measured: cannot drop the page cache ({why})")
        }
    }

    let mut console = Console::start(&repo, &home);
    console.wait_for_frame();
    console.settle(Duration::from_secs(2), Duration::from_secs(60));
    println!("memory, after load   {}", memory(console.pid()));
    println!("key → paint          {}", spread(&mut keys(&mut console)));
    console.settle(Duration::from_secs(1), Duration::from_secs(10));
    let before = wakeups(console.pid());
    std::thread::sleep(IDLE); // the thing measured is what happens when nothing does
    let after = wakeups(console.pid());
    // Threads that end meanwhile (a pool lets go of them after ten seconds) are
    // counted apart: they wake once, to end.
    let woken: u64 = after
        .0
        .iter()
        .map(|(task, n)| n - before.0.get(task).copied().unwrap_or(0))
        .sum();
    let ended = before
        .0
        .keys()
        .filter(|t| !after.0.contains_key(*t))
        .count();
    println!(
        "idle                 {woken} wake-ups, {ended} pool threads ended, {} ticks of CPU in {} s",
        after.1 - before.1,
        IDLE.as_secs()
    );
    console.send(b"c");
    console.settle(Duration::from_millis(300), Duration::from_secs(2));
    println!("key → paint, gates   {}", spread(&mut keys(&mut console)));
    println!("memory, at the end   {}", memory(console.pid()));
    console.send(b"q");
    drop(console);
}

/// Time from spawning the process to the first frame that shows a module.
fn first_frame(repo: &Path, home: &Path) -> Duration {
    let mut console = Console::start(repo, home);
    let took = console.wait_for_frame();
    console.send(b"q");
    took
}

/// Each key moves the cursor by one; the time runs until the frame it caused is whole.
fn keys(console: &mut Console) -> Vec<Duration> {
    (0..KEYS)
        .filter_map(|n| {
            console.drain();
            let start = Instant::now();
            console.send(if n % 40 < 20 { b"j" } else { b"k" });
            console
                .wait_paint(Duration::from_secs(2))
                .map(|at| at - start)
        })
        .collect()
}

struct Console {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    parser: vt100::Parser,
    started: Instant,
}

impl Console {
    fn start(repo: &Path, home: &Path) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: ROWS,
                cols: COLUMNS,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a pty");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
        if let Ok(rev) = std::env::var("COUNTERSIGN_BENCH_REV") {
            command.args(["--rev", &rev]);
        }
        command.arg(repo);
        command.env("TERM", "xterm-256color");
        command.env("HOME", home);
        command.env("COUNTERSIGN_CACHE_DIR", home.join("cache"));
        command.env("COUNTERSIGN_CONFIG_DIR", home.join("config"));
        let started = Instant::now();
        let child = pair
            .slave
            .spawn_command(command)
            .expect("the console starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let _master = pair.master;
            let mut buffer = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            writer,
            output,
            parser: vt100::Parser::new(
                ROWS.try_into().expect("rows"),
                COLUMNS.try_into().expect("columns"),
                0,
            ),
            started,
        }
    }

    fn pid(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }

    fn send(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).expect("the console reads keys");
        self.writer.flush().expect("the console reads keys");
    }

    fn drain(&mut self) {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.parser.process(&bytes);
        }
    }

    /// Until a row of the tree is on screen.
    fn wait_for_frame(&mut self) -> Duration {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Ok((at, bytes)) = self.output.recv_timeout(Duration::from_secs(1)) {
                self.parser.process(&bytes);
                let rows = self.parser.screen().contents();
                if rows.lines().filter(|l| !l.trim().is_empty()).count() > 12 && rows.contains("▸")
                {
                    return at - self.started;
                }
            }
        }
        panic!("no frame within 30 s:\n{}", self.parser.screen().contents());
    }

    /// Until a synchronized update ends; `None` if nothing is painted.
    fn wait_paint(&mut self, most: Duration) -> Option<Instant> {
        let deadline = Instant::now() + most;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            let (at, bytes) = self.output.recv_timeout(left).ok()?;
            self.parser.process(&bytes);
            if bytes.windows(8).any(|w| w == b"\x1b[?2026l") {
                return Some(at);
            }
        }
        None
    }

    /// Until nothing was painted for `quiet`, or `most` has passed.
    fn settle(&mut self, quiet: Duration, most: Duration) {
        let deadline = Instant::now() + most;
        while Instant::now() < deadline {
            match self.output.recv_timeout(quiet) {
                Ok((_, bytes)) => self.parser.process(&bytes),
                Err(_) => return,
            }
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            let _ = self.output.recv_timeout(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Context switches of each thread (each is one wake-up), and CPU ticks used.
fn wakeups(pid: u32) -> (HashMap<OsString, u64>, u64) {
    let mut switches = HashMap::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).expect("Linux") {
        let task = task.expect("a task");
        let status = task.path().join("status");
        let count = std::fs::read_to_string(status)
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.split_once("ctxt_switches:"))
            .filter_map(|(_, n)| n.trim().parse::<u64>().ok())
            .sum();
        switches.insert(task.file_name(), count);
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let tick = |n: usize| {
        fields
            .get(n)
            .and_then(|f| f.parse::<u64>().ok())
            .unwrap_or(0)
    };
    (switches, tick(11) + tick(12))
}

fn memory(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
    let of = |key: &str| {
        status
            .lines()
            .find_map(|l| l.strip_prefix(key))
            .and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok())
            .map_or("?".to_owned(), |kb| format!("{:.1} MB", kb / 1024.0))
    };
    format!(
        "now {} ({} of it our own, the rest mapped files), peak {}",
        of("VmRSS:"),
        of("RssAnon:"),
        of("VmHWM:")
    )
}

fn drop_caches() -> std::io::Result<()> {
    std::process::Command::new("sync").status()?;
    std::fs::write("/proc/sys/vm/drop_caches", "3")
}

fn ms(d: Duration) -> String {
    format!("{:.1} ms", d.as_secs_f64() * 1e3)
}

fn spread(samples: &mut [Duration]) -> String {
    if samples.is_empty() {
        return "nothing was painted".to_owned();
    }
    samples.sort();
    let at = |q: f64| ms(samples[((samples.len() - 1) as f64 * q).round() as usize]);
    format!(
        "p50 {}   p99 {}   max {}   (n = {})",
        at(0.5),
        at(0.99),
        at(1.0),
        samples.len()
    )
}
