//! The log's branch over a remote, with the user's own git: so that it gets there
//! by whatever ways and helpers the user has, and no secret passes through here.
//! Nothing is ever forced.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use git2::Oid;

use crate::audit::store::Store;

use super::{AuditError, Ground};

/// How long one command of git may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How much of what git says is told.
const MOST_LINES: usize = 3;

/// How an attempt to push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has it.
    Done,
    /// Somebody else was faster.
    Late,
}

/// What a remote has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// A log; it is at [`tracking`] now.
    Log,
    /// No such branch.
    Nothing,
}

/// The reference of what a remote had when it was last asked.
pub fn tracking(remote: &str, branch: &str) -> String {
    format!("refs/remotes/{remote}/{branch}")
}

/// Whether the log's remote is one that git has by that name: git would take other
/// words for an address, an option, or a command.
pub fn known(ground: &Ground, store: &Store) -> Result<(), AuditError> {
    match &ground.remote {
        Some(name) if name.starts_with('-') || store.repo().find_remote(name).is_err() => {
            Err(AuditError::NoRemote(name.clone()))
        }
        _ => Ok(()),
    }
}

/// Asks the remote. In words, why it could not be.
pub fn fetch(ground: &Ground, remote: &str) -> Result<Fetched, String> {
    let branch = &ground.branch;
    let refspec = format!("+refs/heads/{branch}:{}", tracking(remote, branch));
    let done = git(
        &ground.git_dir,
        &[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--",
            remote,
            &refspec,
        ],
    )?;
    let said = String::from_utf8_lossy(&done.stderr);
    match done.status.success() {
        true => Ok(Fetched::Log),
        false if said.contains("couldn't find remote ref") => Ok(Fetched::Nothing),
        // Another Countersign asked at the same time: what it brought is here.
        false if said.contains("cannot lock ref") => Ok(Fetched::Log),
        false => Err(words(&said)),
    }
}

/// Sends a commit, which follows what the remote has, or is refused by it.
pub fn push(ground: &Ground, remote: &str, commit: Oid) -> Result<Pushed, String> {
    let refspec = format!("{commit}:refs/heads/{}", ground.branch);
    let done = git(
        &ground.git_dir,
        &[
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            "--",
            remote,
            &refspec,
        ],
    )?;
    if done.status.success() {
        return Ok(Pushed::Done);
    }
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    match out.lines().find(|line| line.starts_with('!')) {
        Some(line) if is_late(line) => Ok(Pushed::Late),
        Some(line) => {
            let why = line.rsplit('\t').next().unwrap_or(line);
            Err(format!("{}: {}", words(why), words(&err)))
        }
        None => Err(words(&err)),
    }
}

/// A branch that is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its full name: `refs/heads/main`.
    pub reference: String,
    /// Where it has to be; `None`: nowhere.
    pub was: Option<Oid>,
    /// Where it goes. That follows what it was.
    pub to: Oid,
}

/// How a push of several branches ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Together {
    /// The remote moved all of them.
    Done,
    /// At least one of them was elsewhere: none moved.
    Late,
    /// It did not want to: none moved. In its words.
    Refused(String),
}

/// Moves several branches of a remote in one step, each from where it has to be, or none.
/// A branch that is there already was not moved by us: that is late.
pub fn push_together(ground: &Ground, remote: &str, moves: &[Move]) -> Result<Together, String> {
    let mut arguments = vec![
        "push".to_owned(),
        "--porcelain".into(),
        "--atomic".into(),
        "--no-verify".into(),
        "--no-follow-tags".into(),
        "--recurse-submodules=no".into(),
    ];
    for it in moves {
        let was = it.was.map(|was| was.to_string()).unwrap_or_default();
        arguments.push(format!("--force-with-lease={}:{was}", it.reference));
    }
    arguments.extend(["--".into(), remote.to_owned()]);
    for it in moves {
        arguments.push(format!("{}:{}", it.to, it.reference));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = git(&ground.git_dir, &arguments)?;
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    let lines = |mark: char| out.lines().filter(move |line| line.starts_with(mark));
    if done.status.success() {
        return Ok(match lines('=').next() {
            None => Together::Done,
            Some(_) => Together::Late,
        });
    }
    if lines('!').any(|line| is_late(line) && !line.contains("atomic")) || is_late_there(&err) {
        return Ok(Together::Late);
    }
    let declined = lines('!').find(|line| line.contains("[remote rejected]"));
    match declined {
        // That of one branch, before those that only went along with it.
        Some(first) => {
            let own =
                lines('!').find(|it| it.contains("[remote rejected]") && !it.contains("atomic"));
            let line = own.unwrap_or(first);
            let why = line.rsplit('\t').next().unwrap_or(line);
            Ok(Together::Refused(format!(
                "{}: {}",
                words(why),
                words(&err)
            )))
        }
        None => Err(words(&err)),
    }
}

/// Whether git refused because the branch had moved: before it looked, or between
/// looking and moving it.
fn is_late(line: &str) -> bool {
    line.contains("[rejected]")
        || line.contains("[remote rejected]")
            && [
                "failed to update ref",
                "cannot lock ref",
                "incorrect old value",
                "reference already exists",
            ]
            .iter()
            .any(|why| line.contains(why))
}

/// The same where the remote only says that all of a transaction failed, and why beside it.
fn is_late_there(said: &str) -> bool {
    let expected = |line: &str| line.contains("but expected") || line.contains("already exists");
    said.lines()
        .any(|line| line.contains("cannot lock ref") && expected(line))
        || said.contains("incorrect old value")
}

/// Runs the user's own git, which nobody is there to be asked by.
pub(in crate::workflow) fn git(git_dir: &Path, arguments: &[&str]) -> Result<Output, String> {
    let mut command = Command::new("git");
    command
        .arg("--git-dir")
        .arg(git_dir)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Of a git that started us, for a hook say.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    let own_ssh = ["GIT_SSH_COMMAND", "GIT_SSH"];
    if own_ssh.iter().all(|name| std::env::var_os(name).is_none()) && !has_ssh_command(git_dir) {
        // There is nobody to ask for a passphrase.
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "git could not be started: it is not installed".to_owned(),
        _ => format!("git could not be started: {error}"),
    })?;
    let id = child.id();
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match wait.recv_timeout(DEADLINE) {
        Ok(output) => output.map_err(|error| format!("git could not be waited for: {error}")),
        Err(_) => {
            end(id);
            Err(format!(
                "git {} did not end within {} s",
                arguments.first().unwrap_or(&""),
                DEADLINE.as_secs()
            ))
        }
    }
}

fn has_ssh_command(git_dir: &Path) -> bool {
    git2::Repository::open(git_dir)
        .and_then(|git| git.config())
        .and_then(|config| config.get_entry("core.sshCommand").map(|_| ()))
        .is_ok()
}

/// Ends a process group: git, say, and what it started.
pub(in crate::workflow) fn end(id: u32) {
    let group = i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// The end of what git said, in one line and without names or passwords in URLs.
pub(in crate::workflow) fn words(said: &str) -> String {
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("hint:"))
        .collect();
    let last = &lines[lines.len().saturating_sub(MOST_LINES)..];
    match last {
        [] => "git did not say why".into(),
        last => without_user(&last.join(" / ")),
    }
}

/// Text whose URLs name no user, password or token.
pub fn without_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => &after[at + 1..],
            None => after,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_url_is_told() {
        for (text, told) in [
            (
                "unable to access 'https://me:ghp_s3cr3t@example.org/a.git/': no",
                "unable to access 'https://example.org/a.git/': no",
            ),
            ("https://tok@en@host", "https://host"),
            ("a://b c://d@e", "a://b c://e"),
            ("no url, me@host", "no url, me@host"),
            ("https://host/x@y", "https://host/x@y"),
        ] {
            assert_eq!(without_user(text), told);
        }
        let said = "hint: x\n\nfatal: one\nfatal: https://u:p@h/ two\n";
        assert_eq!(words(said), "fatal: one / fatal: https://h/ two");
    }

    #[test]
    fn a_lost_race_is_told_from_a_refusal() {
        let line = |why: &str| format!("!\tabc:refs/heads/promotion-audit\t{why}");
        for why in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)",
            "[remote rejected] (incorrect old value provided)",
        ] {
            assert!(is_late(&line(why)), "{why}");
        }
        for why in [
            "[remote rejected] (pre-receive hook declined)",
            "[remote rejected] (protected branch hook declined)",
        ] {
            assert!(!is_late(&line(why)), "{why}");
        }
    }
}
