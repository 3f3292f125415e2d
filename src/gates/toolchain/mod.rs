//! Which tools the gates use: those of the project's own environment, and for
//! what it lacks those of an environment that we make with pinned versions.

mod compiled;
mod managed;
pub mod probe;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::cache::Store;
use super::checks::typeshed::Typeshed;
use super::process::{self, Command, Network};
use super::scratch::Scratch;
use super::{Trouble, environment, supervise};
use crate::promotion::{Isolation, RepoPath, ToolExit};
pub use compiled::Compiled;
pub use managed::Installed;
use probe::Facts;

/// The tools there are.
pub const TOOLS: [&str; 9] = [
    "ruff",
    "mypy",
    "black",
    "isort",
    "pytest",
    "coverage",
    "pytest-benchmark",
    "pip-audit",
    "detect-secrets",
];

const PROBE: &str = include_str!("../../../assets/python/probe.py");

/// Where tools are to come from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The repository's work tree, if it has one.
    pub work_tree: Option<PathBuf>,
    /// The environment that is configured.
    pub environment: Option<String>,
    /// The Python that is configured.
    pub python: Option<String>,
    /// Requirement files for an environment that we make, with their content.
    pub requirements: Vec<(RepoPath, Vec<u8>)>,
    /// Where environments that we make are kept.
    pub directory: PathBuf,
    /// Where answers are kept.
    pub store: Store,
}

/// Where a tool comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The project's own environment.
    Project,
    /// One that we made.
    Managed,
}

/// One tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version, as it says itself.
    pub version: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Its console script.
    pub program: PathBuf,
    /// The interpreter that runs it.
    pub python: PathBuf,
    /// That interpreter's version.
    pub python_version: String,
}

/// All tools, or why one is missing.
#[derive(Clone, Debug)]
pub struct Toolbox {
    /// The interpreter that the project's code runs under.
    pub python: PathBuf,
    /// Its version.
    pub python_version: String,
    /// A digest of everything installed beside it, with versions.
    pub packages: String,
    tools: BTreeMap<&'static str, Tool>,
    /// Why tools that are not there could not be had.
    missing: Option<Trouble>,
    /// What must be readable for them to run.
    pub readable: Vec<PathBuf>,
    /// Keeps the environment that we made from being removed meanwhile.
    _held: Option<Arc<File>>,
    /// Their compiled files.
    pub compiled: Option<Compiled>,
    /// What mypy knows of the standard library.
    pub typeshed: Option<Typeshed>,
}

impl Toolbox {
    /// The tool of that name, or what to do to get it.
    pub fn get(&self, name: &'static str) -> Result<&Tool, Trouble> {
        self.tools.get(name).ok_or_else(|| {
            self.missing.clone().unwrap_or_else(|| {
                Trouble::new(
                    format!("{name} is not installed"),
                    "install it into the project's environment, or remove `tools.environment` \
                     so that Countersign makes one",
                )
            })
        })
    }

    /// The tools of the project's environment, then those of one that we made.
    fn of(plan: &Plan, base: &Facts, made: Option<(Facts, PathBuf)>) -> Self {
        let mut toolbox = Self {
            python: base.command.clone(),
            python_version: base.python.clone(),
            packages: base.packages.clone(),
            tools: BTreeMap::new(),
            missing: None,
            readable: Vec::new(),
            _held: None,
            compiled: None,
            typeshed: None,
        };
        if plan.project.is_some() {
            toolbox.python = plan.base.clone();
            toolbox.add(&plan.base, base, Origin::Project);
        } else {
            toolbox.readable.extend(base.prefixes.iter().cloned());
        }
        if let Some((facts, python)) = made {
            if plan.project.is_none() {
                toolbox.python = python.clone();
                toolbox.packages = facts.packages.clone();
            }
            toolbox.add(&python, &facts, Origin::Managed);
        }
        toolbox
    }

    /// Where programs are that are none of our tools.
    pub fn path(&self) -> Vec<PathBuf> {
        let beside = |program: &Path| program.parent().map(Path::to_owned);
        let mut path: Vec<PathBuf> = beside(&self.python).into_iter().collect();
        path.extend(self.tools.values().filter_map(|tool| beside(&tool.program)));
        path.extend(["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from));
        let mut seen = std::collections::HashSet::new();
        path.retain(|directory| seen.insert(directory.clone()));
        path
    }

    /// A program by its name.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let found = self
            .path()
            .into_iter()
            .map(|directory| directory.join(name));
        found.into_iter().find(|program| program.is_file())
    }

    fn add(&mut self, python: &Path, facts: &Facts, origin: Origin) {
        let tool = |name: &'static str| {
            Some(Tool {
                name,
                version: facts.tools.get(name)?.clone(),
                origin,
                program: facts.scripts.join(name),
                python: python.to_owned(),
                python_version: facts.python.clone(),
            })
        };
        for tool in TOOLS.into_iter().filter_map(tool) {
            self.tools.entry(tool.name).or_insert(tool);
        }
        self.readable.extend(facts.prefixes.iter().cloned());
        self.readable.extend(facts.path.iter().cloned());
        // Tests run with pytest and coverage of one environment, never mixed.
        let together = ["pytest", "coverage"];
        let made = |name: &'static str| self.tools.get(name).is_some_and(|t| t.origin == origin);
        if origin == Origin::Managed && together.into_iter().any(made) {
            let again = together.into_iter().filter_map(tool);
            self.tools.extend(again.map(|tool| (tool.name, tool)));
        }
    }
}

/// Which interpreters there are to ask.
struct Plan {
    /// The project's own environment.
    project: Option<PathBuf>,
    /// What to make an environment with.
    base: PathBuf,
}

impl Plan {
    /// True where the project's environment lacks a tool, or there is none.
    fn lacks(&self, base: &Facts) -> bool {
        self.project.is_none() || TOOLS.iter().any(|tool| !base.tools.contains_key(*tool))
    }
}

impl Settings {
    fn plan(&self) -> Result<Plan, Trouble> {
        let project = self.project_python()?;
        let base = match (&project, &self.python) {
            (Some(python), _) => python.clone(),
            (None, Some(python)) => find(python).ok_or_else(|| {
                Trouble::new(
                    format!("there is no Python at {python:?} (`tools.python`)"),
                    "install it, or name another one in countersign.toml",
                )
            })?,
            (None, None) => find("python3").ok_or_else(|| {
                Trouble::new(
                    "python3 is not installed",
                    "install Python 3.10 or newer (Debian: apt-get install python3 python3-venv), \
                     or name one as `tools.python` in countersign.toml",
                )
            })?,
        };
        Ok(Plan { project, base })
    }

    /// The interpreter of the project's own environment.
    fn project_python(&self) -> Result<Option<PathBuf>, Trouble> {
        if let Some(named) = &self.environment {
            let dir = match &self.work_tree {
                Some(root) => root.join(named),
                None => PathBuf::from(named),
            };
            let python = dir.join("bin/python");
            if python.exists() {
                return Ok(Some(python));
            }
            return Err(Trouble::new(
                format!("`tools.environment` names {named:?}, which has no bin/python"),
                "make it (python3 -m venv), or correct countersign.toml",
            ));
        }
        let Some(root) = &self.work_tree else {
            return Ok(None);
        };
        let active = std::env::var_os("VIRTUAL_ENV")
            .map(PathBuf::from)
            .filter(|path| path.starts_with(root));
        let usual = [".venv", "venv"].map(|name| root.join(name));
        Ok(active
            .into_iter()
            .chain(usual)
            .map(|dir| dir.join("bin/python"))
            .find(|python| python.exists()))
    }

    /// The tools, as far as they are known without starting anything.
    pub fn known(&self) -> Option<Toolbox> {
        let plan = self.plan().ok()?;
        let base = probe::known(&self.store, &plan.base)?;
        let environment = managed::Environment::of(self, &plan, &base);
        let lacking = plan.lacks(&base) && environment.is_ready();
        let made = match lacking.then(|| environment.python()) {
            Some(python) => Some((probe::known(&self.store, &python)?, python)),
            None => None,
        };
        Some(Toolbox::of(&plan, &base, made))
    }

    /// The tools; makes an environment if some are missing. A tool that cannot
    /// be had does not keep the others from being used.
    pub async fn prepare(
        &self,
        scratch: &Scratch,
        progress: &(dyn Fn(String) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<Toolbox, Trouble> {
        let plan = self.plan()?;
        let base = self.ask(&plan.base, scratch, cancel).await?;
        let (mut made, mut held, mut missing) = (None, None, None);
        if plan.lacks(&base) {
            let environment = managed::Environment::of(self, &plan, &base);
            match environment.make(self, scratch, progress, cancel).await {
                Ok(lock) => {
                    let python = environment.python();
                    made = Some((self.ask(&python, scratch, cancel).await?, python));
                    held = Some(Arc::new(lock));
                }
                Err(Trouble::Cancelled) => return Err(Trouble::Cancelled),
                Err(trouble) => missing = Some(trouble),
            }
        }
        let mut toolbox = Toolbox::of(&plan, &base, made.clone());
        // What was learnt, not what the store has of it: that may be removed at any time.
        (toolbox._held, toolbox.missing) = (held, missing);
        // Where tools are not confined they could write there.
        if supervise::isolation() >= Isolation::Landlock {
            let environments: Vec<_> = made.into_iter().map(|(facts, _)| facts).collect();
            let environments = [vec![base], environments].concat();
            toolbox.compiled = Compiled::make(&self.directory.join("compiled"), &environments)
                .inspect_err(|error| tracing::warn!("compiled files cannot be used: {error}"))
                .ok();
            toolbox.typeshed = Some(Typeshed::new(self.directory.join("typeshed")));
        }
        Ok(toolbox)
    }

    /// What an interpreter has; started only if that is not known.
    async fn ask(
        &self,
        python: &Path,
        scratch: &Scratch,
        cancel: &CancellationToken,
    ) -> Result<Facts, Trouble> {
        if let Some(facts) = probe::known(&self.store, python) {
            return Ok(facts);
        }
        let place = scratch
            .place()
            .map_err(|e| Trouble::disk(scratch.root(), &e))?;
        let script = place.work.join("probe.py");
        std::fs::write(&script, PROBE).map_err(|e| Trouble::disk(&place.work, &e))?;
        let bin = python.parent().unwrap_or(Path::new("/usr/bin"));
        let command = Command {
            argv: vec![python.into(), "-I".into(), "-B".into(), script.into()],
            env: environment::base(&place, bin),
            cwd: place.work.clone(),
            stdin: None,
            writable: vec![place.work.clone()],
            // Where it lies is what we ask for: it cannot be confined before.
            readable: vec!["/".into()],
            network: Network::None,
            timeout: Duration::from_secs(60),
            most_output: 1 << 20,
            stream_stdout: false,
        };
        let finished = process::run(&command, &place.control, &|_| {}, cancel).await?;
        if finished.exit == ToolExit::Cancelled {
            return Err(Trouble::Cancelled);
        }
        let answer = finished.stdout.read()?;
        probe::learn(&self.store, python, &answer)
            .filter(|_| finished.exit == ToolExit::Code(0))
            .ok_or_else(|| {
                let said = finished.stderr.read().unwrap_or_default();
                Trouble::new(
                    format!(
                        "{} does not work as a Python interpreter{}",
                        python.display(),
                        super::trouble::last_words(&said)
                    ),
                    "Python 3.10 or newer is needed; name one as `tools.python`, or repair the \
                     project's environment",
                )
            })
    }
}

/// A program by its path or in `PATH`.
pub(in crate::gates) fn find(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        let path = PathBuf::from(name);
        return path.is_file().then_some(path);
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}
