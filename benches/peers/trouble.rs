//! Key → paint of ours where much goes on: gates running, a large change, a forge or a
//! Prometheus that never answers.

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use vt100::Screen;

use super::keys::{line, press, up_and_down};
use super::pty::Program;
use super::scenes::{Scene, git};
use super::spread::spread;
use super::tools::{Name, Tools};

#[path = "../../tests/canary_support/mod.rs"]
#[allow(clippy::unwrap_used, reason = "shared with the tests")]
mod canary_support;

const PATIENCE: Duration = Duration::from_secs(60);
/// On the screen while gates run.
const RUNNING: &str = "x cancel";

pub struct Trouble<'a> {
    pub tools: &'a Tools,
    pub keys: usize,
    /// For copies of repositories.
    pub temp: &'a Path,
}

impl Trouble<'_> {
    /// All of it, a line each.
    pub fn run(&self, large: &Scene, change: &Scene) {
        println!("\n| key → paint of Countersign, a frame each | |\n|---|---|");
        let tell = |what: &str, came: Result<Vec<Duration>, String>| match came {
            Ok(mut times) => println!("| {what} | {} |", spread(&mut times)),
            Err(why) => println!("| {what} | not measured: {why} |"),
        };
        tell("25,000 files", self.list(&large.at, None));
        tell("25,000 files, gates running", self.gates(&large.at, "HEAD"));
        tell(
            "a change of 100,000 lines",
            self.pages(&change.at, "change"),
        );
        tell(
            "a change of 100,000 lines, gates running",
            self.pages_with_gates(&change.at),
        );
        tell("25,000 files, the forge hangs", self.forge(&large.at));
        tell("the canary's screen, Prometheus hangs", self.prometheus());
        if let (Some(repo), Ok(rev)) = (
            std::env::var_os("COUNTERSIGN_BENCH_REPO").map(PathBuf::from),
            std::env::var("COUNTERSIGN_BENCH_REV"),
        ) {
            tell("a real repository", self.list(&repo, Some(&rev)));
            tell("a real repository, gates running", self.gates(&repo, &rev));
        }
    }

    fn command(&self, at: &Path, rev: Option<&str>) -> CommandBuilder {
        let program = self
            .tools
            .get(Name::Countersign)
            .map(|it| it.program.clone());
        let mut command = self.tools.command(&program.expect("it is there"), at);
        if let Some(rev) = rev {
            command.args(["--rev", rev]);
        }
        command.arg(at);
        command
    }

    /// Up and down the list of modules.
    fn list(&self, at: &Path, rev: Option<&str>) -> Result<Vec<Duration>, String> {
        let mut program = started(self.command(at, rev))?;
        program.settle(Duration::from_secs(2), PATIENCE);
        Ok(up_and_down(&mut program, self.keys))
    }

    /// The same while the gates run on everything there is.
    fn gates(&self, at: &Path, rev: &str) -> Result<Vec<Duration>, String> {
        let copy = self.with_tools(at, rev)?;
        let mut program = started(self.command(&copy, Some("bench")))?;
        program.settle(Duration::from_secs(2), PATIENCE);
        program.send(b"ggc");
        shows(&mut program, RUNNING)?;
        let times = up_and_down(&mut program, self.keys);
        still(&program, RUNNING)?;
        Ok(times)
    }

    fn pages(&self, at: &Path, rev: &str) -> Result<Vec<Duration>, String> {
        let mut program = Program::start(self.command(at, Some(rev)));
        shows(&mut program, "big/")?;
        into_the_change(&mut program)?;
        Ok(pages(&mut program, self.keys))
    }

    fn pages_with_gates(&self, at: &Path) -> Result<Vec<Duration>, String> {
        let copy = self.with_tools(at, "change")?;
        let mut program = Program::start(self.command(&copy, Some("bench")));
        shows(&mut program, "big/")?;
        program.send(b"c");
        shows(&mut program, RUNNING)?;
        into_the_change(&mut program)?;
        let times = pages(&mut program, self.keys);
        // Back where it is told.
        program.send(b"\x1b");
        shows(&mut program, RUNNING)?;
        Ok(times)
    }

    /// A bare copy whose branch `bench` names the tools that the tests have.
    fn with_tools(&self, at: &Path, rev: &str) -> Result<PathBuf, String> {
        let tools = std::env::var("COUNTERSIGN_TEST_TOOLS")
            .map_err(|_| "COUNTERSIGN_TEST_TOOLS names no tools: see tests/run")?;
        let settings = format!("[tools]\nenvironment = {tools:?}\n");
        let commit = git(at, &["rev-parse", &format!("{rev}^{{commit}}")]);
        let base = git(at, &["rev-parse", &format!("{commit}~0")]);
        let base = if rev == "change" {
            git(at, &["rev-parse", "main"])
        } else {
            base
        };
        Ok(copy(self.temp, at, &commit, &base, &settings))
    }

    /// A list of modules whose pull requests are asked for, and nobody answers.
    fn forge(&self, at: &Path) -> Result<Vec<Duration>, String> {
        let hangs = Hangs::new();
        let commit = git(at, &["rev-parse", "HEAD"]);
        let settings = format!(
            "[forge]\nkind = \"github\"\napi = \"http://{}/api/v3\"\n",
            hangs.at
        );
        let copy = copy(self.temp, at, &commit, &commit, &settings);
        let remote = format!("http://{}/sample/sample.git", hangs.at);
        git(&copy, &["config", "remote.origin.url", &remote]);
        let mut command = self.command(&copy, Some("bench"));
        command.env("GH_HOST", hangs.at.to_string());
        command.env("GH_ENTERPRISE_TOKEN", "worthless");
        let mut program = started(command)?;
        hangs.wait(&mut program)?;
        let times = up_and_down(&mut program, self.keys);
        hangs.still()?;
        Ok(times)
    }

    /// The screen of what is watched, while a look gets no answer: into a promotion and out
    /// of it.
    fn prometheus(&self) -> Result<Vec<Duration>, String> {
        if std::env::var_os("COUNTERSIGN_TEST_TOOLS").is_none() {
            return Err("COUNTERSIGN_TEST_TOOLS names no tools: see tests/run".into());
        }
        let hangs = Hangs::new();
        let mut scene = canary_support::Scene::merged();
        let more = "tries = 1\ndeadline = \"10m\"\n";
        let url = format!("http://{}", hangs.at);
        scene.watching(&canary_support::canary(&url, "fees", more));
        let mut command = self.command(&scene.repo.root(), None);
        command.env("HOME", scene.file("home"));
        command.env("COUNTERSIGN_CACHE_DIR", scene.repo.cache());
        for what in ["DATA", "STATE", "CONFIG"] {
            let name = format!("COUNTERSIGN_{what}_DIR");
            command.env(name, scene.file(&what.to_lowercase()));
        }
        let mut program = Program::start(command);
        shows(&mut program, "canary")?;
        program.send(b"C");
        shows(&mut program, "NOT LOOKED AT")?;
        program.send(b"l");
        shows(&mut program, "asking the metrics")?;
        hangs.wait(&mut program)?;
        let inside = |screen: &Screen| screen.contents().contains("AUTO-ROLLBACK");
        let keys = [&b"\r"[..], b"\x1b"];
        let times = press(&mut program, self.keys, |n| keys[n % 2], inside);
        hangs.still()?;
        Ok(times)
    }
}

fn started(command: CommandBuilder) -> Result<Program, String> {
    let mut program = Program::start(command);
    shows(&mut program, "▸")?;
    Ok(program)
}

fn into_the_change(program: &mut Program) -> Result<(), String> {
    program.send(b"\r");
    shows(program, "Gates")?;
    program.send(b"3");
    shows(program, "# now 3")
}

fn shows(program: &mut Program, text: &str) -> Result<(), String> {
    match program.until_shows(text, PATIENCE) {
        Some(_) => Ok(()),
        None => Err(format!("{text:?} was not on the screen")),
    }
}

/// What was so before is so afterwards: else something else was measured.
fn still(program: &Program, text: &str) -> Result<(), String> {
    match program.screen().contents().contains(text) {
        true => Ok(()),
        false => Err(format!(
            "{text:?} was not on the screen any more at the end"
        )),
    }
}

fn pages(program: &mut Program, keys: usize) -> Vec<Duration> {
    press(program, keys, |_| b"\x1b[6~", |screen| line(screen, 10))
}

/// A bare repository that borrows its objects, with that commit and one more on top of it,
/// `bench`, which has settings.
fn copy(temp: &Path, from: &Path, commit: &str, base: &str, settings: &str) -> PathBuf {
    let to = tempfile::tempdir_in(temp).expect("a directory").keep();
    let from = from.to_str().expect("a path");
    git(&to, &["clone", "-q", "--bare", "--shared", from, "."]);
    let file = to.join("settings.toml");
    let settings = format!("base = \"bench-base\"\n{settings}");
    std::fs::write(&file, settings).expect("settings");
    let blob = git(&to, &["hash-object", "-w", "settings.toml"]);
    let entry = format!("100644,{blob},countersign.toml");
    let index = |arguments: &[&str]| git(&to, arguments);
    index(&["read-tree", commit]);
    index(&["update-index", "--add", "--cacheinfo", &entry]);
    let tree = index(&["write-tree"]);
    let made = git(&to, &["commit-tree", "-p", commit, "-m", "Settings", &tree]);
    git(&to, &["update-ref", "refs/heads/bench", &made]);
    git(&to, &["update-ref", "refs/heads/bench-base", base]);
    to
}

/// A server that takes every connection and never answers.
struct Hangs {
    at: SocketAddr,
    open: Arc<AtomicUsize>,
}

impl Hangs {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = listener.local_addr().expect("an address");
        let open = Arc::new(AtomicUsize::new(0));
        let counted = open.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let counted = counted.clone();
                std::thread::spawn(move || {
                    let mut heard = [0; 4096];
                    while matches!(stream.read(&mut heard), Ok(1..)) {}
                    counted.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { at, open }
    }

    /// Until somebody waits for an answer.
    fn wait(&self, program: &mut Program) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while self.still().is_err() {
            if Instant::now() > deadline {
                return Err("nobody asked".into());
            }
            program.settle(Duration::from_millis(20), Duration::from_millis(20));
        }
        Ok(())
    }

    fn still(&self) -> Result<(), String> {
        match self.open.load(Ordering::SeqCst) {
            0 => Err("nobody waits for an answer".into()),
            _ => Ok(()),
        }
    }
}
