//! `countersign demo canary`: a real Prometheus, a real service, a real rollback.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Longer than the demo lets itself.
const PATIENCE: Duration = Duration::from_secs(400);

fn countersign(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .args(arguments)
        .current_dir(home)
        .env("HOME", home)
        // Gate 1 on the branch for the fix fetches nothing.
        .env(
            "VIRTUAL_ENV",
            std::env::var_os("COUNTERSIGN_TEST_TOOLS").unwrap(),
        )
        .env_remove("SSH_AUTH_SOCK")
        .stdin(Stdio::null());
    for kind in ["DATA", "STATE", "CACHE", "CONFIG"] {
        command.env(format!("COUNTERSIGN_{kind}_DIR"), home.join(kind));
    }
    command
}

/// How it ended, as long as it does. `hear` gets each line as it is said.
fn output(mut command: Command, hear: impl Fn(&str) + Send + 'static) -> Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = rustix::process::Pid::from_child(&child);
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            hear(&line);
            said = said + &line + "\n";
        }
        let ended = child.wait_with_output().unwrap();
        let stdout = said.into_bytes();
        sender.send(Output { stdout, ..ended })
    });
    match ended.recv_timeout(PATIENCE) {
        Ok(output) => output,
        Err(_) => {
            rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
            panic!("it did not end: {:?}", ended.recv_timeout(PATIENCE));
        }
    }
}

fn words(output: &Output) -> String {
    format!(
        "{:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn git(at: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", words(&done));
    String::from_utf8(done.stdout).unwrap()
}

/// The processes that were started with something of that directory.
fn running(at: &Path) -> Vec<String> {
    let at = at.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|it| {
        let line = std::fs::read(it.path().join("cmdline")).ok()?;
        let place = std::fs::read_link(it.path().join("cwd")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (line.contains(at) || place.starts_with(at)).then_some(line)
    });
    lines.collect()
}

#[test]
fn harm_is_caught_and_taken_back_once() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().canonicalize().unwrap();
    let at = home.join("shown");
    let arguments = ["demo", "canary", "--no-console", "--at", "shown"];
    let tools = std::env::var_os("COUNTERSIGN_TEST_TOOLS").expect("tests/run sets it");
    let venv = at.join("repository/.venv");
    let shown = output(countersign(&home, &arguments), move |line| {
        // Gate 1 on the branch for the fix is to fetch nothing.
        if line.contains("the sample repository is") {
            symlink(&tools, &venv).unwrap();
        }
    });
    let said = words(&shown);
    assert_eq!(shown.status.code(), Some(0), "{said}");
    for line in [
        "1 minute here stands for 1 hour",
        "FAIL",
        "rollback: decided",
        "rollback: reverted",
        "rollback: rolled back",
        "caught, and rolled back",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(running(&at), [""; 0], "it has all ended");

    let repository = at.join("repository");
    let log = git(
        &repository,
        &["log", "--format=%s", "--first-parent", "main"],
    );
    let log: Vec<&str> = log.lines().collect();
    let reverts = log.iter().filter(|it| it.starts_with("Roll back"));
    assert_eq!(reverts.count(), 1, "{log:?}");
    assert!(log[0].starts_with("Roll back") && log[1].starts_with("Merge promote/fees-"));
    // As before the merge, file by file.
    assert_eq!(
        git(
            &repository,
            &["ls-tree", "-r", "main", "candidate", "core", "tests"]
        ),
        git(
            &repository,
            &["ls-tree", "-r", "main~2", "candidate", "core", "tests"]
        )
    );
    assert_eq!(
        git(&repository, &["status", "--short", "--", ".", ":!.venv"]),
        ""
    );

    let repo = repository.to_str().unwrap();
    let verified = output(countersign(&home, &["audit", "verify", "-C", repo]), |_| {});
    assert_eq!(verified.status.code(), Some(0), "{}", words(&verified));
    let told = output(countersign(&home, &["audit", "log", "-C", repo]), |_| {});
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert_eq!(told.matches(": decided, ").count(), 1, "{told}");

    // Each step once; and how far learning is, though nobody looks on.
    assert_eq!(
        String::from_utf8_lossy(&shown.stdout)
            .matches("  rollback: rolled back\n")
            .count(),
        1,
        "{said}"
    );
    assert!(
        said.contains("learning what is usual: 30 of 70 s"),
        "{said}"
    );
}

/// Whose a directory is goes by its mark, and by nothing else in it.
#[test]
fn it_is_not_made_over_anything_else() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("shown/repository/kept");
    std::fs::create_dir_all(&kept).unwrap();
    let ended = output(
        countersign(dir.path(), &["demo", "canary", "--at", "shown"]),
        |_| {},
    );
    let said = words(&ended);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("new directory with `--at DIR`"), "{said}");
    assert!(kept.exists());
}

/// Stopped in the middle, while its watcher looks, it leaves nothing running.
#[test]
fn ctrl_c_ends_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().canonicalize().unwrap();
    let arguments = ["demo", "canary", "--no-console", "--at", "shown"];
    let mut command = countersign(&home, &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let id = rustix::process::Pid::from_child(&child);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let looked = lines.any(|line| {
        let line = line.unwrap();
        line.contains("PASS") || line.contains("INSUFFICIENT") || line.contains("NO_DATA")
    });
    assert!(looked, "it ended before its watcher looked");
    let started = running(&home.join("shown"));
    assert!(
        started.iter().any(|it| it.contains("prometheus")),
        "{started:?}"
    );
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    // Nobody reads any more what it says.
    let said: String = lines.map_while(Result::ok).collect();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said} {}", words(&ended));
    assert_eq!(running(&home.join("shown")), [""; 0], "it has all ended");

    // The next run finds half of this one, and makes it anew.
    std::fs::write(home.join("shown/notes"), "").unwrap();
    let mut command = countersign(&home, &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let id = rustix::process::Pid::from_child(&child);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    let learns = lines.any(|line| {
        said.push(line.unwrap());
        said.last().is_some_and(|it| it.contains("it learns how"))
    });
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    let ended = child.wait_with_output().unwrap();
    assert!(learns, "{said:?} {rest:?} {}", words(&ended));
    assert!(
        said.iter().any(|it| it.contains("removed the earlier run")),
        "{said:?}"
    );
    assert!(home.join("shown/notes").exists(), "that was not its own");
}

#[test]
fn without_prometheus_it_says_how_to_have_it() {
    let dir = tempfile::tempdir().unwrap();
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for program in ["git", "python3", "ssh-keygen"] {
        let path = std::env::var_os("PATH").unwrap();
        let mut all = std::env::split_paths(&path).map(|it| it.join(program));
        symlink(all.find(|it| it.is_file()).unwrap(), bin.join(program)).unwrap();
    }
    let mut command = countersign(dir.path(), &["demo", "canary", "--at", "shown"]);
    command.env("PATH", &bin);
    let ended = output(command, |_| {});
    let said = words(&ended);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("prometheus is not installed"), "{said}");
    assert!(said.contains("apt-get install prometheus"), "{said}");
    assert!(!dir.path().join("shown").exists(), "nothing was made");
}
