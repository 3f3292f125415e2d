//! Tools that misbehave: nothing of them is left, nothing of ours is seen, and
//! nothing half done reads as done.

#![allow(clippy::unwrap_used)]

mod gates_support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use countersign::gates::process::{self, Command, Finished, Network};
use countersign::gates::supervise;
use countersign::promotion::{Isolation, ToolExit};
use gates_support::{CLEAN, Repo, eventually, faked, processes};
use tokio_util::sync::CancellationToken;

/// A place for one run.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        supervise::use_executable(env!("CARGO_BIN_EXE_countersign"));
        let dir = tempfile::tempdir().unwrap();
        for name in ["control", "work"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn command(&self, script: &str) -> Command {
        let argv = ["/bin/sh", "-c", script];
        Command {
            argv: argv.map(OsString::from).into(),
            env: vec![
                ("PATH".into(), "/usr/bin:/bin".into()),
                (process::MARKER.into(), process::marker(&self.control())),
            ],
            cwd: self.work(),
            stdin: None,
            writable: vec![self.work()],
            readable: Vec::new(),
            network: Network::None,
            timeout: Duration::from_secs(60),
            most_output: 1 << 20,
            stream_stdout: true,
        }
    }

    fn control(&self) -> PathBuf {
        self.dir.path().join("control")
    }

    fn mark(&self) -> String {
        self.dir.path().to_str().unwrap().to_owned()
    }

    async fn run(&self, command: &Command, cancel: &CancellationToken) -> Finished {
        process::run(command, &self.control(), &|_| {}, cancel)
            .await
            .unwrap()
    }

    async fn script(&self, script: &str) -> Finished {
        self.run(&self.command(script), &CancellationToken::new())
            .await
    }
}

fn text(finished: &Finished) -> String {
    String::from_utf8(finished.stdout.read().unwrap()).unwrap()
}

#[tokio::test]
async fn exit_codes_signals_and_output_come_back_as_they_are() {
    let place = Place::new();
    let lines = Mutex::new(Vec::new());
    let line = |line: String| lines.lock().unwrap().push(line);
    let command = place.command("printf 'a\\377b\\n'; echo err >&2; cat; exit 7");
    let command = Command {
        stdin: Some(b"input".to_vec()),
        ..command
    };
    let done = process::run(&command, &place.control(), &line, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(done.exit, ToolExit::Code(7));
    assert_eq!(done.stdout.read().unwrap(), b"a\xffb\ninput");
    assert_eq!(done.stderr.read().unwrap(), b"err\n");
    let mut lines = lines.into_inner().unwrap();
    lines.sort();
    assert_eq!(lines, ["a<FF>b", "err", "input"]);
    let killed = Place::new().script("kill -9 $$").await;
    assert_eq!(killed.exit, ToolExit::Signal(9));
}

#[tokio::test]
async fn a_program_that_is_not_there_was_not_started() {
    let place = Place::new();
    let mut command = place.command("");
    command.argv[0] = "/nonexistent/tool".into();
    let done = place.run(&command, &CancellationToken::new()).await;
    let ToolExit::NotStarted(why) = done.exit else {
        panic!("{:?}", done.exit)
    };
    assert!(why.contains("/nonexistent/tool"), "{why}");
}

#[tokio::test]
async fn a_daemon_left_behind_is_ended() {
    let place = Place::new();
    let done = place
        .script("setsid sh -c 'setsid sleep 1000 & setsid sleep 1000' >/dev/null 2>&1 </dev/null & exit 0")
        .await;
    assert_eq!(done.exit, ToolExit::Code(0));
    assert!(done.leftovers > 0);
    assert_eq!(processes(&place.mark()), [""; 0]);
}

#[tokio::test]
async fn at_the_time_limit_and_when_cancelled_everything_goes() {
    let script = "trap '' TERM INT HUP; setsid sleep 1000 & sleep 1000 & wait";
    let place = Place::new();
    let command = Command {
        timeout: Duration::from_millis(500),
        ..place.command(script)
    };
    let done = place.run(&command, &CancellationToken::new()).await;
    assert_eq!(done.exit, ToolExit::TimedOut(0));
    assert_eq!(processes(&place.mark()), [""; 0]);

    let place = Place::new();
    let cancel = CancellationToken::new();
    let line = |_: String| cancel.cancel();
    let command = place.command(&format!("echo here; {script}"));
    let done = process::run(&command, &place.control(), &line, &cancel)
        .await
        .unwrap();
    assert_eq!(done.exit, ToolExit::Cancelled);
    assert_eq!(processes(&place.mark()), [""; 0]);
}

#[tokio::test]
async fn a_flood_of_output_is_stopped() {
    let place = Place::new();
    let done = place.script("yes").await;
    assert_eq!(done.exit, ToolExit::TooMuchOutput(1 << 20));
    assert!(done.stdout.bytes <= 1 << 20);
    assert_eq!(processes(&place.mark()), [""; 0]);
}

#[tokio::test]
async fn without_its_supervisor_a_tool_is_lost_and_gone() {
    let place = Place::new();
    let (mark, ours) = (place.mark(), std::process::id());
    let killer = std::thread::spawn(move || {
        eventually("the tool starts", || {
            processes(&mark)
                .iter()
                .any(|line| line.contains("sleep 1001"))
        });
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).into_owned();
            let stat = String::from_utf8_lossy(&read("stat")).into_owned();
            if line.contains("__supervise")
                && line.contains(&mark)
                && stat.contains(&format!(" {ours} "))
            {
                let pid = entry.file_name().into_string().unwrap().parse().unwrap();
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
        }
    });
    let done = place.script("setsid sleep 1001 & sleep 1001").await;
    killer.join().unwrap();
    assert!(matches!(done.exit, ToolExit::Lost(_)), "{:?}", done.exit);
    eventually("everything is gone", || processes(&place.mark()).is_empty());
}

#[tokio::test]
async fn a_tool_sees_no_token_and_writes_nothing_outside() {
    let place = Place::new();
    let outside = tempfile::tempdir().unwrap();
    let script = format!(
        "env; tr '\\0' '\\n' < /proc/$PPID/environ; echo x > {}/file; echo y > mine; \
         cat /proc/{}/environ",
        outside.path().display(),
        std::process::id(),
    );
    let done = place.script(&script).await;
    let said = text(&done);
    assert!(!said.contains("CARGO") && !said.contains("HOME="), "{said}");
    assert!(place.work().join("mine").exists());
    if done.isolation >= Isolation::Landlock {
        assert!(!outside.path().join("file").exists());
    }
}

#[test]
fn tests_see_no_token_and_their_links_lead_nowhere() {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[(
        "tests/test_env.py",
        "import os\n\nimport candidate.m.a\n\n\ndef test_env():\n    assert candidate.m.a\n    assert 'GITHUB_TOKEN' not in os.environ\n    assert not any('secret' in v for v in os.environ.values())\n    assert not os.path.exists(os.path.expanduser('~/.ssh'))\n",
    )]);
    let checked = repo.check("candidate/m", &["--only", "tests"]);
    assert_eq!(checked.status("tests"), "passed", "{}", checked.json);
}

#[test]
fn missing_killed_hanging_and_babbling_tools_are_errors_with_what_to_do() {
    for (script, expected) in [
        ("", "could not be started"),
        ("#!/bin/sh\nkill -9 $$\n", "killed by signal 9"),
        ("#!/bin/sh\nsleep 1000\n", "ended after 2 s"),
        ("#!/bin/sh\necho garbage\n", "no JSON"),
        ("#!/bin/sh\nexit 0\n", "no JSON"),
        ("#!/bin/sh\necho '[]'\n", "an error that we planted"),
        ("#!/bin/sh\nexit 77\n", "exit code 77"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let environment = faked(&dir.path().join("env"), &[("ruff", script)]);
        let repo = Repo::new(&CLEAN)
            .environment(environment)
            .settings("[gates.lint]\ntimeout = \"2s\"\n");
        let checked = repo.check("candidate/m", &["--only", "lint,compile"]);
        assert_eq!(checked.exit, 3, "{script}");
        assert_eq!(checked.status("lint"), "error", "{script}");
        assert!(
            checked.why("lint").contains(expected),
            "{}",
            checked.why("lint")
        );
        let help = &checked.gate("lint")["evidence"]["outcome"]["help"];
        assert!(!help.as_str().unwrap().is_empty());
        assert_eq!(checked.status("compile"), "passed"); // one gate never takes another
    }
}

/// Starts a check whose tests hang, and waits until they do.
fn hanging() -> (Repo, std::process::Child) {
    let repo = Repo::new(&CLEAN);
    repo.commit(&[(
        "tests/test_hang.py",
        "import subprocess\n\nimport candidate.m.a\n\n\ndef test_hang():\n    assert candidate.m.a\n    subprocess.Popen(['setsid', 'sleep', '1002'], start_new_session=True)\n    subprocess.run(['sleep', '1002'])\n",
    )]);
    let child = repo
        .countersign()
        .args(["check", "candidate/m", "--only", "tests"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mark = repo.cache().to_str().unwrap().to_owned();
    eventually("the test hangs", || {
        processes(&mark)
            .iter()
            .filter(|line| line.contains("1002"))
            .count()
            >= 2
    });
    (repo, child)
}

#[test]
fn killing_countersign_leaves_no_process_and_no_evidence() {
    let (repo, mut child) = hanging();
    let mark = repo.cache().to_str().unwrap().to_owned();
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    eventually("everything is gone", || processes(&mark).is_empty());
    let checked = repo
        .countersign()
        .args(["show", "candidate/m", "--json"])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let gates = json["gates"].as_array().unwrap();
    // safety is off, and so says nothing.
    let never =
        |gate: &serde_json::Value| gate["status"] == "never-run" || gate["gate"] == "safety";
    assert!(
        gates
            .iter()
            .all(|gate| never(gate) && gate["evidence"].is_null()),
        "{gates:?}"
    );
    // The next run sweeps what the killed one could not.
    assert_eq!(repo.scratch().len(), 1);
    repo.check("candidate/m", &["--only", "compile"]);
    assert!(repo.scratch().is_empty());
}

#[test]
fn an_interrupt_ends_everything_and_says_so() {
    let (repo, mut child) = hanging();
    let mark = repo.cache().to_str().unwrap().to_owned();
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(processes(&mark), [""; 0]);
    assert!(repo.scratch().is_empty());
}

#[test]
fn a_full_disk_is_an_error_that_names_the_directory() {
    let repo = Repo::new(&CLEAN);
    // As good as full: no file may grow beyond this. (SIGXFSZ is ignored, so
    // that writing fails as it does on a full disk.)
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_countersign")])
        .args(["check", "candidate/m", "--only", "compile"])
        .current_dir(repo.root())
        .env("COUNTERSIGN_CACHE_DIR", repo.cache())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(repo.cache().to_str().unwrap()), "{said}");
    assert_eq!(
        files(&repo.cache().join("evidence")),
        0,
        "half evidence was left"
    );
}

fn files(dir: &Path) -> usize {
    std::fs::read_dir(dir).map_or(0, |entries| {
        entries
            .map(|entry| entry.unwrap())
            .map(|entry| match entry.file_type().unwrap().is_dir() {
                true => files(&entry.path()),
                false => 1,
            })
            .sum()
    })
}
