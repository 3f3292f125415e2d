//! An environment that we make: pinned versions, checked by hash, made once
//! and used offline from then on.

use std::convert::Infallible;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use tokio_util::sync::CancellationToken;

use super::{Plan, Settings};
use crate::gates::cache::usage::is_hex;
use crate::gates::cache::{key_of, used};
use crate::gates::process::{self, Command, Network};
use crate::gates::scratch::Scratch;
use crate::gates::toolchain::probe::Facts;
use crate::gates::trouble::last_words;
use crate::gates::{Trouble, environment};
use crate::promotion::ToolExit;

const LOCK: &str = include_str!("../../../assets/tools.lock");
/// Written last: an environment without it is half made.
const READY: &str = "countersign-ready";
/// Digits of an environment's name.
const NAME: usize = 24;

/// What of a person's settings pip may see: how to reach a package index. Any
/// of these may hold a password, so only pip ever gets them.
const FOR_PIP: [&str; 20] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_NO_INDEX",
    "PIP_FIND_LINKS",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_PROXY",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_RETRIES",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
];

/// An environment that we make, or made.
pub(super) struct Environment {
    dir: PathBuf,
    base: PathBuf,
    readable: Vec<PathBuf>,
    /// Packages of the project's own environment, which must be importable too.
    over: Option<PathBuf>,
}

impl Environment {
    /// The one that fits: its name depends on everything that goes into it.
    pub fn of(settings: &Settings, plan: &Plan, base: &Facts) -> Self {
        let over = plan.project.as_ref().map(|_| base.site.clone());
        let requirements = match over {
            Some(_) => &[][..],
            None => &settings.requirements[..],
        };
        let id = key_of(&(
            2,
            LOCK,
            requirements,
            &base.python,
            &base.implementation,
            &base.executable,
            &over,
        ));
        let mut readable = base.prefixes.clone();
        readable.extend(base.path.iter().cloned());
        Self {
            dir: settings.directory.join(&id[..NAME]),
            base: base.command.clone(),
            readable,
            over,
        }
    }

    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        self.dir.join("bin/python")
    }

    /// True where it was made to the end.
    pub fn is_ready(&self) -> bool {
        self.dir.join(READY).is_file()
    }

    /// Makes it, unless it is there. Of several processes one makes it, the
    /// others wait. Nobody removes it as long as what this gives is held.
    pub async fn make(
        &self,
        settings: &Settings,
        scratch: &Scratch,
        progress: &(dyn Fn(String) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<File, Trouble> {
        let disk = |e: &std::io::Error| Trouble::disk(&settings.directory, e);
        fs::create_dir_all(&settings.directory).map_err(|e| disk(&e))?;
        let mut told = false;
        loop {
            let lock = open_lock(&self.dir).map_err(|e| disk(&e))?;
            if try_lock(&lock, FlockOperation::NonBlockingLockShared).map_err(|e| disk(&e))? {
                if self.is_ready() {
                    used(&self.dir.join(READY));
                    return Ok(lock);
                }
                let alone = FlockOperation::NonBlockingLockExclusive;
                if try_lock(&lock, alone).map_err(|e| disk(&e))? {
                    self.make_alone(settings, scratch, progress, cancel).await?;
                    continue;
                }
            }
            drop(lock);
            if !std::mem::replace(&mut told, true) {
                progress("waiting for another Countersign that installs the tools".into());
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Trouble::Cancelled),
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
    }

    /// Makes it, where nobody else is at it.
    async fn make_alone(
        &self,
        settings: &Settings,
        scratch: &Scratch,
        progress: &(dyn Fn(String) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<(), Trouble> {
        if self.is_ready() {
            return Ok(());
        }
        if self.dir.exists() {
            // Half made, by one that was killed.
            let disk = |e| Trouble::disk(&settings.directory, &e);
            fs::remove_dir_all(&self.dir).map_err(disk)?;
        }
        let made = self.install(settings, scratch, progress, cancel).await;
        if made.is_err() {
            let _ = fs::remove_dir_all(&self.dir);
        }
        made
    }

    async fn install(
        &self,
        settings: &Settings,
        scratch: &Scratch,
        progress: &(dyn Fn(String) + Send + Sync),
        cancel: &CancellationToken,
    ) -> Result<(), Trouble> {
        let disk = |e: &std::io::Error| Trouble::disk(&settings.directory, e);
        let files = scratch
            .place()
            .map_err(|e| Trouble::disk(scratch.root(), &e))?
            .work;
        let step = |what, argv: Vec<std::ffi::OsString>, network| Step {
            what,
            argv,
            network,
            scratch,
            files: &files,
            progress,
            cancel,
        };
        let venv = vec![
            (&self.base).into(),
            "-I".into(),
            "-m".into(),
            "venv".into(),
            (&self.dir).into(),
        ];
        step(
            "making an environment for the Python tools (1 of 2, a minute)",
            venv,
            false,
        )
        .run(self)
        .await
        .map_err(|said| {
            said.trouble(
                "Python could not make a virtual environment",
                "install the venv module (Debian: apt-get install python3-venv), or name another \
                 Python as `tools.python`",
            )
        })?;
        let lock = files.join("tools.lock");
        fs::write(&lock, LOCK).map_err(|e| Trouble::disk(&files, &e))?;
        let mut argv = self.pip();
        argv.extend(
            [
                "--require-hashes",
                "--no-deps",
                "--only-binary",
                ":all:",
                "-r",
            ]
            .map(Into::into),
        );
        argv.push(lock.into());
        let help = "the package index must be in reach once (pip's own settings for proxies and \
                    mirrors are honoured); or install the tools into the project's environment";
        let count = LOCK.lines().filter(|line| line.contains("==")).count();
        let what = format!("installing {count} Python packages (2 of 2, the first time only)");
        step(&what, argv, true)
            .run(self)
            .await
            .map_err(|said| said.trouble("pip could not install the tools", help))?;
        if self.over.is_none() && !settings.requirements.is_empty() {
            let mut argv = self.pip();
            for (n, (_, content)) in settings.requirements.iter().enumerate() {
                let file = files.join(format!("requirements-{n}.txt"));
                fs::write(&file, content).map_err(|e| Trouble::disk(&files, &e))?;
                argv.extend(["-r".into(), file.into()]);
            }
            let what = "installing what the project requires";
            step(what, argv, true).run(self).await.map_err(|said| {
                said.trouble("pip could not install the project's requirements", help)
            })?;
        }
        if let Some(site) = &self.over {
            self.see(site).map_err(|e| disk(&e))?;
        }
        File::create(self.dir.join(READY))
            .and_then(|file| file.sync_all())
            .map_err(|e| disk(&e))
    }

    fn pip(&self) -> Vec<std::ffi::OsString> {
        let mut argv = vec![self.python().into_os_string()];
        argv.extend(
            [
                "-I",
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "--no-cache-dir",
                "--progress-bar=off",
            ]
            .map(Into::into),
        );
        argv
    }

    /// Makes the packages of another environment importable, after our own.
    fn see(&self, site: &Path) -> std::io::Result<()> {
        let own = fs::read_dir(self.dir.join("lib"))?
            .flatten()
            .map(|entry| entry.path().join("site-packages"))
            .find(|path| path.is_dir())
            .ok_or(std::io::ErrorKind::NotFound)?;
        let mut line = b"import site; site.addsitedir(".to_vec();
        line.extend(serde_json::to_vec(&site.to_string_lossy())?); // also a Python literal
        line.extend(b")\n");
        fs::write(own.join("zz-countersign-project.pth"), line)
    }
}

/// An environment that we made, or began to make.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Where it is.
    pub dir: PathBuf,
    /// When it was of use: noted once a day.
    pub used: SystemTime,
}

impl Installed {
    /// Every one below a directory.
    pub fn all(directory: &Path) -> Vec<Self> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let ours = entries.filter(|entry| is_hex(&entry.path(), NAME));
        let found = ours.filter_map(|entry| {
            let dir = entry.path();
            let ready = dir.join(READY).symlink_metadata();
            let meta = ready.or_else(|_| dir.symlink_metadata()).ok()?;
            let used = meta.modified().ok()?;
            dir.is_dir().then_some(Self { dir, used })
        });
        found.collect()
    }

    /// True where somebody uses or makes it.
    pub fn in_use(&self) -> bool {
        open_lock(&self.dir)
            .and_then(|lock| try_lock(&lock, FlockOperation::NonBlockingLockExclusive))
            .is_ok_and(|alone| !alone)
    }

    /// Removes it; false where somebody uses or makes it.
    pub fn remove(&self) -> std::io::Result<bool> {
        let lock = open_lock(&self.dir)?;
        if !try_lock(&lock, FlockOperation::NonBlockingLockExclusive)? {
            return Ok(false);
        }
        match fs::remove_file(self.dir.join(READY)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(true),
        }
    }
}

/// The lock of an environment. It stays when that is removed: others may wait for it.
fn open_lock(dir: &Path) -> std::io::Result<File> {
    let options = File::options().write(true).create(true).clone();
    options.open(dir.with_extension("lock"))
}

/// False where somebody else has it.
fn try_lock(lock: &File, how: FlockOperation) -> std::io::Result<bool> {
    match flock(lock, how) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// One command of the installation.
struct Step<'a> {
    /// In words: it stands before whatever the command says.
    what: &'a str,
    argv: Vec<std::ffi::OsString>,
    network: bool,
    scratch: &'a Scratch,
    files: &'a Path,
    progress: &'a (dyn Fn(String) + Send + Sync),
    cancel: &'a CancellationToken,
}

/// Why a step failed.
enum Said {
    Trouble(Trouble),
    Words(String),
}

impl Said {
    fn trouble(self, what: &str, help: &str) -> Trouble {
        match self {
            Self::Trouble(trouble) => trouble,
            Self::Words(words) => Trouble::new(format!("{what}{words}"), help),
        }
    }
}

impl Step<'_> {
    async fn run(mut self, environment: &Environment) -> Result<(), Said> {
        let place = self
            .scratch
            .place()
            .map_err(|e| Said::Trouble(Trouble::disk(self.scratch.root(), &e)))?;
        let bin = environment.dir.join("bin");
        let mut env = environment::base(&place, &bin);
        // What pip compiles is for later, and lies beside its source.
        env.retain(|(name, _)| name != environment::COMPILED);
        let mut readable = environment.readable.clone();
        readable.push(self.files.to_owned());
        readable.push(environment.base.clone());
        if self.network {
            env.extend(
                FOR_PIP
                    .iter()
                    .filter_map(|name| std::env::var_os(name).map(|value| ((*name).into(), value))),
            );
            // pip would look for its settings in the home directory, which is private here.
            if std::env::var_os("PIP_CONFIG_FILE").is_none()
                && let Some(file) = pip_config()
            {
                env.push(("PIP_CONFIG_FILE".into(), file.into()));
            }
            for name in [
                "PIP_CONFIG_FILE",
                "PIP_CERT",
                "SSL_CERT_FILE",
                "REQUESTS_CA_BUNDLE",
            ] {
                readable.extend(
                    env.iter()
                        .filter(|(n, _)| n == name)
                        .map(|(_, path)| path.into()),
                );
            }
        }
        fs::create_dir_all(&environment.dir)
            .map_err(|e| Said::Trouble(Trouble::disk(&environment.dir, &e)))?;
        let command = Command {
            argv: std::mem::take(&mut self.argv),
            env,
            cwd: place.work.clone(),
            stdin: None,
            writable: vec![place.work.clone(), environment.dir.clone()],
            readable,
            network: match self.network {
                true => Network::All,
                false => Network::None,
            },
            timeout: Duration::from_secs(900),
            most_output: 16 << 20,
            stream_stdout: true,
        };
        (self.progress)(self.what.to_owned());
        // Which package it is at, and how manieth that is; pip says much more.
        let at = AtomicUsize::new(0);
        let writing = AtomicBool::new(false);
        let say = |line: String| {
            if let Some(package) = line.trim().strip_prefix("Collecting ") {
                let package = package.split_whitespace().next().unwrap_or_default();
                let at = at.fetch_add(1, Ordering::Relaxed) + 1;
                (self.progress)(format!("{}: {at}, {package}", self.what));
            } else if line.starts_with("Installing collected") {
                writing.store(true, Ordering::Relaxed);
                (self.progress)(format!("{}: writing them", self.what));
            }
        };
        let finished = tokio::select! {
            finished = process::run(&command, &place.control, &say, self.cancel) => finished,
            never = self.count(environment, &at, &writing) => match never {},
        }
        .map_err(|e| Said::Trouble(e.into()))?;
        match finished.exit {
            ToolExit::Code(0) => Ok(()),
            ToolExit::Cancelled => Err(Said::Trouble(Trouble::Cancelled)),
            exit => {
                let mut said = finished.stdout.read().unwrap_or_default();
                said.extend(finished.stderr.read().unwrap_or_default());
                Err(Said::Words(match exit {
                    ToolExit::Code(_) => last_words(&said),
                    other => format!(": {}", crate::gates::trouble::exit_words(&other)),
                }))
            }
        }
    }
}

impl Step<'_> {
    /// Says once a second how much is written, as long as it is waited for. pip is silent
    /// while it writes, which takes longest: the disk tells.
    async fn count(
        &self,
        environment: &Environment,
        of: &AtomicUsize,
        writing: &AtomicBool,
    ) -> Infallible {
        let before = packages(&environment.dir);
        let mut written = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = packages(&environment.dir).saturating_sub(before);
            if writing.load(Ordering::Relaxed) && now > written {
                written = now;
                let of = of.load(Ordering::Relaxed);
                (self.progress)(format!("{}: {now} of {of} written", self.what));
            }
        }
    }
}

/// How many packages there are in an environment.
fn packages(environment: &Path) -> usize {
    let below = |dir: PathBuf| fs::read_dir(dir).into_iter().flatten().flatten();
    let pythons = below(environment.join("lib"));
    let sites = pythons.flat_map(|it| below(it.path().join("site-packages")));
    let is_one = |it: &fs::DirEntry| it.path().extension().is_some_and(|it| it == "dist-info");
    sites.filter(is_one).count()
}

/// A person's settings for pip.
fn pip_config() -> Option<PathBuf> {
    let dirs = directories::BaseDirs::new()?;
    [
        dirs.config_dir().join("pip/pip.conf"),
        dirs.home_dir().join(".pip/pip.conf"),
    ]
    .into_iter()
    .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_an_environment_is_counted() {
        let environment = tempfile::tempdir().unwrap();
        assert_eq!(packages(environment.path()), 0);
        let site = environment.path().join("lib/python3.11/site-packages");
        for name in ["ruff", "ruff-0.14.dist-info", "black-25.dist-info"] {
            fs::create_dir_all(site.join(name)).unwrap();
        }
        assert_eq!(packages(environment.path()), 2);
    }

    #[test]
    fn an_environment_in_use_is_not_removed_and_what_is_not_ours_neither() {
        let tools = tempfile::tempdir().unwrap();
        let dir = tools.path().join("0123456789abcdef01234567");
        fs::create_dir_all(dir.join("bin")).unwrap();
        fs::write(dir.join(READY), "").unwrap();
        fs::create_dir(tools.path().join("mine")).unwrap();
        let [one] = &Installed::all(tools.path())[..] else {
            panic!("one environment is there");
        };
        let held = open_lock(&dir).unwrap();
        assert!(try_lock(&held, FlockOperation::NonBlockingLockShared).unwrap());
        assert!(one.in_use());
        assert!(!one.remove().unwrap());
        assert!(dir.join(READY).exists());
        drop(held);
        assert!(!one.in_use());
        assert!(one.remove().unwrap());
        assert!(!dir.exists());
        assert!(Installed::all(tools.path()).is_empty());
    }
}
