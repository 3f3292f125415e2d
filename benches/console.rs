//! The console as a person feels it, measured from outside through a pty:
//! process start → first useful frame, key → paint (alone and while gates run),
//! idle wake-ups, memory.
//!
//! `cargo bench --bench console` makes a repository of 25,000 files with 2,359
//! candidate files. `COUNTERSIGN_BENCH_REPO=PATH` and `COUNTERSIGN_BENCH_REV=REV`
//! measure a real one. Figures are printed, never asserted: machines differ.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/proc.rs"]
#[allow(dead_code)] // every benchmark uses a part
mod proc;
#[path = "support/pty.rs"]
#[allow(dead_code)] // every benchmark uses a part
mod pty;
#[path = "../tests/support/sample.rs"]
mod sample;
#[path = "support/spread.rs"]
mod spread;

use std::path::{Path, PathBuf};
use std::time::Duration;

use keys::up_and_down;
use portable_pty::CommandBuilder;
use proc::{Activity, memory};
use pty::Program;
use spread::{ms, spread};

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
        "first frame          first run {:.1} ms   warm {}",
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

    let mut console = start(&repo, &home);
    wait_for_frame(&mut console);
    console.settle(Duration::from_secs(2), Duration::from_secs(60));
    println!("memory, after load   {}", memory(console.pid()));
    let mut times = up_and_down(&mut console, KEYS);
    println!("key → paint          {}", spread(&mut times));
    console.settle(Duration::from_secs(1), Duration::from_secs(10));
    let before = Activity::of(console.pid());
    std::thread::sleep(IDLE); // the thing measured is what happens when nothing does
    let did = Activity::of(console.pid()).since(&before);
    // Threads that end meanwhile (a pool lets go of them after ten seconds) are
    // counted apart: they wake once, to end.
    println!(
        "idle                 {} wake-ups, {} pool threads ended, {} new, {:.0} ms of CPU in {} s",
        did.wakeups,
        did.ended,
        did.new,
        ms(did.cpu),
        IDLE.as_secs()
    );
    console.send(b"c");
    console.settle(Duration::from_millis(300), Duration::from_secs(2));
    let mut times = up_and_down(&mut console, KEYS);
    println!("key → paint, gates   {}", spread(&mut times));
    println!("memory, at the end   {}", memory(console.pid()));
    leave(console);
}

fn start(repo: &Path, home: &Path) -> Program {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_countersign"));
    if let Ok(rev) = std::env::var("COUNTERSIGN_BENCH_REV") {
        command.args(["--rev", &rev]);
    }
    command.arg(repo);
    command.env("TERM", "xterm-256color");
    command.env("HOME", home);
    command.env("COUNTERSIGN_CACHE_DIR", home.join("cache"));
    command.env("COUNTERSIGN_CONFIG_DIR", home.join("config"));
    Program::start(command)
}

/// Until a row of the tree is on screen.
fn wait_for_frame(console: &mut Program) -> Duration {
    let tree = |screen: &vt100::Screen| {
        let rows = screen.contents();
        rows.lines().filter(|l| !l.trim().is_empty()).count() > 12 && rows.contains("▸")
    };
    let took = console.until(tree, Duration::from_secs(30));
    took.unwrap_or_else(|| panic!("no frame within 30 s:\n{}", console.screen().contents()))
}

/// Time from spawning the process to the first frame that shows a module.
fn first_frame(repo: &Path, home: &Path) -> Duration {
    let mut console = start(repo, home);
    let took = wait_for_frame(&mut console);
    leave(console);
    took
}

fn leave(mut console: Program) {
    console.send(b"q");
    assert!(console.gone(Duration::from_secs(5)), "it does not leave");
}

fn drop_caches() -> std::io::Result<()> {
    std::process::Command::new("sync").status()?;
    std::fs::write("/proc/sys/vm/drop_caches", "3")
}
