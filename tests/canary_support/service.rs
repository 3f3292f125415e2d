//! A watcher that runs: what it says, line by line, and how it ends.

use std::process::{Child, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::Value;

use super::canary_support::Scene;
use super::canary_support::gates_support::lines;

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(120);

/// A watcher; ended when dropped.
pub struct Service {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

/// How one ended.
pub struct Stopped {
    pub code: Option<i32>,
    pub said: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn start(scene: &Scene, arguments: &[&str]) -> Self {
        Self::of(scene.command(arguments))
    }

    pub fn of(mut command: std::process::Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines(&mut child);
        Self {
            child,
            lines,
            said: String::new(),
        }
    }

    /// The next line with that message.
    #[track_caller]
    pub fn wait_for(&mut self, message: &str) -> Value {
        self.wait_until(|line| line["message"] == message)
    }

    /// The next line that fits.
    #[track_caller]
    pub fn wait_until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("it never said that: {}", self.said);
            };
            self.said.push_str(&line);
            self.said.push('\n');
            let value: Value = serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("{error}: {line}\n{}", self.said));
            if fits(&value) {
                return value;
            }
        }
    }

    /// Asks it to stop, as a service manager does.
    pub fn stop(mut self) -> Stopped {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        let code = self.child.wait().unwrap().code();
        Stopped {
            code,
            said: std::mem::take(&mut self.said),
        }
    }
}
