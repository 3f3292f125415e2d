//! What runs beside the demo, and ends with it.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::CanaryDemoError;

const SERVICE: &str = include_str!("../../../../assets/demo/canary/service.py");
/// Requests a second to each version.
const RATE: u32 = 25;
/// Another program may take the port in between: then another one is tried.
const TRIES: usize = 5;
/// How often a server that comes up is asked, and when again.
const ASKED: (usize, Duration) = (150, Duration::from_millis(200));
const PROMETHEUS: &str = "prometheus";
const PYTHON: &str = "python3";

/// Whether everything is installed, before anything is made.
pub(super) fn present() -> Result<(), CanaryDemoError> {
    for (program, package) in [
        (PROMETHEUS, "prometheus"),
        (PYTHON, "python3"),
        ("ssh-keygen", "openssh-client"),
    ] {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).any(|it| it.join(program).is_file());
        if !found {
            return Err(CanaryDemoError::Missing { program, package });
        }
    }
    Ok(())
}

/// A process with all that it started; ended when dropped.
struct Process(Child);

impl Process {
    /// In a group of its own: a terminal's Ctrl-C is ours to hear.
    fn start(program: &'static str, command: &mut Command) -> Result<Self, CanaryDemoError> {
        let started = command.process_group(0).spawn();
        started.map(Self).map_err(|error| failed(program, error))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        // What is gone already is as it should be.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

/// A version of the service, with those who ask it.
pub(super) struct Service {
    port: u16,
    _process: Process,
}

impl Service {
    /// With so many failures.
    pub fn start(at: &Path, share: f64) -> Result<Self, CanaryDemoError> {
        let script = at.join("service.py");
        fs::write(&script, SERVICE).map_err(disk(&script))?;
        let mut command = Command::new(PYTHON);
        command
            .args(["-I", "-B"])
            .arg(&script)
            .args([share.to_string(), RATE.to_string()])
            // It ends when this does, however that is.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = Process::start(PYTHON, &mut command)?;
        let mut line = String::new();
        if let Some(stdout) = process.0.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|error| failed(PYTHON, error))?;
        }
        let port = line.trim().parse();
        Ok(Self {
            port: port.map_err(|_| failed(PYTHON, "the service named no port"))?,
            _process: process,
        })
    }
}

/// A server that has nothing but what it is told to scrape.
pub(super) struct Prometheus {
    /// Its address.
    pub url: String,
    targets: PathBuf,
    _process: Process,
}

impl Prometheus {
    /// On a free port of this machine, with its data there.
    pub async fn start(at: &Path) -> Result<Self, CanaryDemoError> {
        let at = at.join(PROMETHEUS);
        fs::create_dir_all(&at).map_err(disk(&at))?;
        let targets = at.join("targets.json");
        let settings = at.join("prometheus.yml");
        let log = at.join("prometheus.log");
        let text = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n\
                    - job_name: fees\n  file_sd_configs:\n  - files: [targets.json]\n    \
                    refresh_interval: 1s\n";
        fs::write(&settings, text).map_err(disk(&settings))?;
        fs::write(&targets, "[]").map_err(disk(&targets))?;
        for _ in 0..TRIES {
            let listener = TcpListener::bind("127.0.0.1:0");
            let address = listener.and_then(|it| it.local_addr());
            let address = address.map_err(|error| failed(PROMETHEUS, error))?;
            let mut command = Command::new(PROMETHEUS);
            command
                .arg("--config.file=prometheus.yml")
                .arg("--storage.tsdb.path=data")
                .arg(format!("--web.listen-address={address}"))
                .current_dir(&at)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(fs::File::create(&log).map_err(disk(&log))?);
            let mut process = Process::start(PROMETHEUS, &mut command)?;
            let url = format!("http://{address}");
            if ready(&mut process.0, &url).await {
                return Ok(Self {
                    url,
                    targets,
                    _process: process,
                });
            }
        }
        Err(failed(PROMETHEUS, format!("see {}", log.display())))
    }

    /// Versions from 1 on.
    pub fn scrape(&self, services: &[&Service]) -> Result<(), CanaryDemoError> {
        let each = |(version, service): (usize, &&Service)| {
            json!({
                "targets": [format!("127.0.0.1:{}", service.port)],
                "labels": { "version": version.to_string() },
            })
        };
        let targets: Vec<_> = (1..).zip(services).map(each).collect();
        // It may read at any time: all of it, or nothing new.
        let new = self.targets.with_extension("new");
        fs::write(&new, json!(targets).to_string()).map_err(disk(&new))?;
        fs::rename(&new, &self.targets).map_err(disk(&self.targets))
    }
}

async fn ready(child: &mut Child, url: &str) -> bool {
    let (tries, pause) = ASKED;
    for _ in 0..tries {
        if !matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        let answer = reqwest::get(format!("{url}/-/ready")).await;
        if answer.is_ok_and(|it| it.status().is_success()) {
            return true;
        }
        tokio::time::sleep(pause).await;
    }
    false
}

fn failed(program: &'static str, why: impl ToString) -> CanaryDemoError {
    CanaryDemoError::Program {
        program,
        why: why.to_string(),
    }
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> CanaryDemoError {
    let path = path.to_owned();
    move |source| CanaryDemoError::Disk { path, source }
}
