//! What a gate is given to do its work: the module, its tools, and a way to run them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use super::cache::{Store, digest};
use super::checks::suite::Shared;
use super::checks::supply_chain::Imports;
use super::checks::supply_chain::export::Advisories;
use super::places::{Alone, Places, Rank};
use super::process::{self, Captured, Command, Network};
use super::scratch::{Place, Scratch};
use super::subject::Subject;
use super::toolchain::{Compiled, Tool, Toolbox};
use super::{Trouble, environment};
use crate::promotion::policy::GateOptions;
use crate::promotion::{GateEvent, GateEventKind, GateId, Isolation, RepoPath, ToolExit, ToolRun};

/// How much a tool may write to its standard output and error.
const MOST_OUTPUT: u64 = 256 << 20;
/// How mypy begins the lines of its log: hundreds, and only for us.
pub(super) const MYPY_LOG: &str = "LOG:  ";

/// What all gates of a run share.
pub struct Bench {
    /// Scratch space.
    pub scratch: Scratch,
    /// Where outputs are kept.
    pub store: Store,
    /// Places for tools that run at the same time.
    pub places: Places,
    /// What is known of vulnerabilities.
    pub advisories: Arc<Advisories>,
    /// Reads imports.
    pub imports: Imports,
    /// Infrastructure that differs from the merge-base; `None` where there is none.
    pub changed: Option<Arc<[RepoPath]>>,
    /// Cancels everything.
    pub cancel: CancellationToken,
}

/// Tells those who watch what a gate does.
#[derive(Clone)]
pub struct Reporter {
    /// The module.
    pub module: RepoPath,
    /// The gate; `None` for what concerns the whole run.
    pub gate: Option<GateId>,
    /// Where it goes.
    pub events: Sender<GateEvent>,
}

impl Reporter {
    fn event(&self, kind: GateEventKind) -> GateEvent {
        GateEvent {
            module: self.module.clone(),
            gate: self.gate.clone(),
            kind,
        }
    }

    /// Something that must arrive. Nobody listening is no error.
    pub async fn tell(&self, kind: GateEventKind) {
        let _ = self.events.send(self.event(kind)).await;
    }

    /// A line of output, dropped when nobody keeps up.
    pub fn line(&self, line: String) {
        let _ = self
            .events
            .try_send(self.event(GateEventKind::Output(line)));
    }

    /// What is being made ready, dropped when nobody keeps up.
    pub fn preparing(&self, what: String, done: Option<f32>) {
        let _ = self
            .events
            .try_send(self.event(GateEventKind::Preparing { what, done }));
    }
}

/// One gate's work on one module in one tree.
pub struct Job<'a> {
    /// The module.
    pub subject: &'a Subject,
    /// What the gate is told.
    pub options: &'a GateOptions,
    /// The tools.
    pub toolbox: &'a Toolbox,
    /// True on the tree of the merge-base.
    pub baseline: bool,
    /// The tree of the revision that is checked, there too. Read only.
    pub head: &'a Path,
    /// What all gates of the run share.
    pub bench: &'a Bench,
    /// Those who watch.
    pub reporter: Reporter,
    /// The run of the tests, for the gates that need it.
    pub suite: Option<Arc<Shared>>,
    /// What was run so far.
    pub log: Mutex<Log>,
}

/// What was run, and what confined it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Every run.
    pub runs: Vec<ToolRun>,
    /// The least isolation of all runs.
    pub isolation: Option<Isolation>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// A command of a gate.
pub struct Call<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// Where it starts.
    pub cwd: &'a Path,
    /// What it reads.
    pub stdin: Option<Vec<u8>>,
    /// Further variables; they win.
    pub env: Vec<(&'static str, OsString)>,
    /// Directories it may read beside its place, the tree and the tools.
    pub readable: Vec<PathBuf>,
    /// Directories it may write to beside its place.
    pub writable: Vec<PathBuf>,
    /// True where its standard output is for people.
    pub stream_stdout: bool,
}

impl<'a> Call<'a> {
    /// A tool's console script, or with `python` that.
    pub fn new(tool: &'a Tool, program: &Path, cwd: &'a Path) -> Self {
        Self {
            tool: tool.name,
            version: &tool.version,
            argv: vec![program.into()],
            cwd,
            stdin: None,
            env: Vec::new(),
            readable: Vec::new(),
            writable: Vec::new(),
            stream_stdout: false,
        }
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.argv.extend(arguments.into_iter().map(Into::into));
        self
    }
}

/// What a tool may do, and what is kept of what it wrote.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The limits.
    pub options: &'a GateOptions,
    /// What it may reach over the network.
    pub network: Network,
    /// What is kept instead of its output; `None`: all of it, as it is.
    pub keep: Keep<'a>,
    /// Every place, where the caller has them already: it waits for none.
    pub alone: Option<&'a Alone>,
}

/// Makes of a tool's output what may be kept.
pub type Keep<'a> = Option<&'a (dyn Fn(&[u8]) -> Vec<u8> + Send + Sync)>;

impl<'a> Terms<'a> {
    /// The usual ones: no network, and everything is kept.
    pub fn of(options: &'a GateOptions) -> Self {
        Self {
            options,
            network: Network::None,
            keep: None,
            alone: None,
        }
    }
}

/// How a tool that ended by itself answered.
pub struct Answer {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Answer {
    /// The trouble of an exit code from which nothing follows.
    pub fn unexpected(&self, tool: &str) -> Trouble {
        Trouble::ended(tool, &ToolExit::Code(self.code), &self.stderr)
    }
}

impl Job<'_> {
    /// A place for a run.
    pub fn place(&self) -> Result<Place, Trouble> {
        let scratch = &self.bench.scratch;
        scratch
            .place()
            .map_err(|error| Trouble::disk(scratch.root(), &error))
    }

    /// For code that may compile files: the variable that has Python put them in
    /// the place, beside those of the environment.
    pub fn own_compiled(&self, place: &Place) -> Result<(&'static str, OsString), Trouble> {
        let own = place.work.join("pycache");
        if let Some(compiled) = &self.toolbox.compiled {
            let made = compiled.show_in(&own);
            made.map_err(|error| Trouble::disk(self.bench.scratch.root(), &error))?;
        }
        Ok((environment::COMPILED, own.into()))
    }

    /// Writes a file of ours where a tool can read it.
    pub fn write(&self, file: &Path, content: impl AsRef<[u8]>) -> Result<(), Trouble> {
        std::fs::write(file, content)
            .map_err(|error| Trouble::disk(self.bench.scratch.root(), &error))
    }

    /// A note for those who read the evidence.
    pub fn note(&self, note: impl Into<String>) {
        self.log().notes.push(note.into());
    }

    /// What was run so far.
    pub fn log_so_far(&self) -> Log {
        self.log().clone()
    }

    /// Counts what another gate ran as run by this one too.
    pub fn add_log(&self, other: &Log) {
        let mut log = self.log();
        log.isolation = weakest(log.isolation, other.isolation);
        log.runs.extend(other.runs.iter().cloned());
        log.notes.extend(other.notes.iter().cloned());
    }

    /// The run of the tests is the longest chain; what answers soon goes before
    /// the tests of the merge-base, whose end only coverage waits for.
    fn rank(&self) -> Rank {
        match self.reporter.gate.as_ref().map_or("", GateId::as_str) {
            "tests" | "coverage" | "integration" if self.baseline => Rank::Long,
            "tests" | "coverage" | "integration" => Rank::First,
            "compile" | "lint" | "types" | "format" | "imports" => Rank::Soon,
            _ => Rank::Rest,
        }
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a tool and keeps what it wrote. Only one that ended by itself has
    /// an answer; everything else is trouble.
    pub async fn run(&self, place: &Place, call: Call<'_>) -> Result<Answer, Trouble> {
        self.run_with(place, call, self.options).await
    }

    /// The same, within the limits of other options.
    pub async fn run_with(
        &self,
        place: &Place,
        call: Call<'_>,
        options: &GateOptions,
    ) -> Result<Answer, Trouble> {
        self.run_on(place, call, Terms::of(options)).await
    }

    /// The same, on other terms.
    pub async fn run_on(
        &self,
        place: &Place,
        call: Call<'_>,
        terms: Terms<'_>,
    ) -> Result<Answer, Trouble> {
        let _permit = match terms.alone {
            Some(_) => None,
            None => tokio::select! {
                permit = self.bench.places.take(&self.reporter.module, self.rank()) => Some(permit),
                () = self.bench.cancel.cancelled() => return Err(Trouble::Cancelled),
            },
        };
        let program = PathBuf::from(&call.argv[0]);
        let bin = program.parent().unwrap_or(Path::new("/usr/bin"));
        let mut env = environment::base(place, bin);
        let compiled = self.toolbox.compiled.as_ref().map(Compiled::prefix);
        let compiled = compiled.map(|prefix| (environment::COMPILED, prefix.into()));
        for (name, value) in compiled.into_iter().chain(call.env) {
            env.retain(|(known, _)| known != name);
            env.push((name.into(), value));
        }
        let mut readable = self.toolbox.readable.clone();
        // With the directory it is in, which holds nothing else: see `Tree`.
        let tree = &self.subject.tree;
        readable.push(tree.parent().unwrap_or(tree).to_owned());
        readable.extend(
            self.toolbox
                .compiled
                .iter()
                .map(|at| at.prefix().to_owned()),
        );
        readable.extend(call.readable);
        let mut writable = call.writable;
        writable.push(place.work.clone());
        let shown = self.shown(&call.argv, place);
        self.reporter
            .tell(GateEventKind::Started {
                command: shown.join(" "),
            })
            .await;
        let command = Command {
            argv: call.argv,
            env,
            cwd: call.cwd.to_owned(),
            stdin: call.stdin,
            writable,
            readable,
            network: terms.network,
            timeout: Duration::from_secs(terms.options.timeout_s),
            most_output: MOST_OUTPUT,
            stream_stdout: call.stream_stdout,
        };
        let line = |line: String| {
            if !line.starts_with(MYPY_LOG) {
                self.reporter.line(line);
            }
        };
        let finished = process::run(&command, &place.control, &line, &self.bench.cancel).await?;
        if finished.exit == ToolExit::Cancelled {
            return Err(Trouble::Cancelled);
        }
        let stdout = self.keep(&finished.stdout, terms.keep, place)?;
        let stderr = self.keep(&finished.stderr, terms.keep, place)?;
        {
            let mut log = self.log();
            log.isolation = weakest(log.isolation, Some(finished.isolation));
            if finished.leftovers > 0 {
                log.notes.push(format!(
                    "{} left {} process(es) behind, which were ended",
                    call.tool, finished.leftovers
                ));
            }
            log.runs.push(ToolRun {
                tool: call.tool.to_owned(),
                version: call.version.to_owned(),
                command: shown,
                baseline: self.baseline,
                exit: finished.exit.clone(),
                duration_ms: finished.duration_ms,
                stdout,
                stderr,
            });
        }
        let stderr = finished.stderr.read()?;
        match finished.exit {
            ToolExit::Code(code) => Ok(Answer {
                code,
                stdout: finished.stdout.read()?,
                stderr,
            }),
            exit => {
                let words = terms.keep.map_or(stderr.clone(), |change| change(&stderr));
                Err(Trouble::ended(call.tool, &exit, &words))
            }
        }
    }

    /// Keeps what a tool wrote; its digest.
    fn keep(&self, wrote: &Captured, change: Keep<'_>, place: &Place) -> Result<String, Trouble> {
        let store = &self.bench.store;
        let Some(change) = change else {
            store.keep_blob(&wrote.sha256, &wrote.file)?;
            return Ok(wrote.sha256.clone());
        };
        let content = change(&wrote.read()?);
        let file = place.control.join("kept");
        self.write(&file, &content)?;
        let sha256 = digest(&content);
        store.keep_blob(&sha256, &file)?;
        Ok(sha256)
    }

    /// A tool's words as they are recorded: without the tree's place on this machine.
    pub fn recorded(&self, words: &str) -> String {
        words.replace(&RepoPathText::of(&self.subject.tree), "{tree}")
    }

    /// A command as it is recorded: without paths of this machine.
    fn shown(&self, argv: &[OsString], place: &Place) -> Vec<String> {
        let tools = self
            .toolbox
            .readable
            .iter()
            .map(|path| (path.as_path(), "{tools}"));
        let known: Vec<_> = [
            (self.subject.tree.as_path(), "{tree}"),
            (place.work.as_path(), "{scratch}"),
            (self.bench.scratch.root(), "{scratch}"),
        ]
        .into_iter()
        .chain(tools)
        .filter(|(path, _)| path.as_os_str().len() > 1)
        .map(|(path, name)| (RepoPathText::of(path), name))
        .collect();
        argv.iter()
            .map(|argument| {
                let mut text = RepoPathText::of(Path::new(argument));
                for (path, name) in &known {
                    text = text.replace(path, name);
                }
                text
            })
            .collect()
    }
}

/// Paths as evidence has them.
struct RepoPathText;

impl RepoPathText {
    fn of(path: &Path) -> String {
        use std::os::unix::ffi::OsStrExt as _;
        crate::promotion::text::decode(path.as_os_str().as_bytes()).into_owned()
    }
}

/// A chain is as strong as its weakest link.
fn weakest(one: Option<Isolation>, other: Option<Isolation>) -> Option<Isolation> {
    one.into_iter().chain(other).min()
}
