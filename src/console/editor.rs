//! A person's editor, opened at a line.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::promotion::RepoPath;
use crate::workflow::Workspace;
pub use crate::workflow::editor::{arguments, choose};

/// The file of the work tree, and whether it differs from the one that was
/// checked; or why there is none.
pub fn locate(ws: &Workspace, path: &RepoPath) -> Result<(PathBuf, bool), String> {
    let shown = super::text::path(path);
    let Some(root) = ws.repo().work_tree() else {
        return Err(format!(
            "{shown} can't be opened: a bare repository has no work tree"
        ));
    };
    if !path.is_safe() {
        return Err(format!("{shown} can't be opened: its path leaves the tree"));
    }
    let file = root.join(path.to_fs());
    // Not through links: what they lead to is not what was checked.
    let real = file.canonicalize().ok();
    if real.is_none_or(|real| {
        root.canonicalize()
            .is_ok_and(|root| !real.starts_with(root))
    }) {
        return Err(format!(
            "{shown} is not in the work tree, which may have another revision checked out"
        ));
    }
    if file.is_dir() {
        return Err(format!("{shown} is a directory: there is no line to open"));
    }
    let checked = ws
        .commit()
        .and_then(|commit| ws.repo().entry(commit, path).ok().flatten())
        .and_then(|entry| ws.repo().read_blob(entry.id).ok());
    let differs = checked != std::fs::read(&file).ok();
    Ok((file, differs))
}

/// Opens the editor and waits for its end. If nobody waits any more it is asked to end.
pub async fn open(command: &[String], file: &Path, line: u32, column: u32) -> Result<(), String> {
    let Some((program, rest)) = command.split_first() else {
        return Err("no editor is set: set EDITOR".into());
    };
    let mut child = Command::new(program)
        .args(rest)
        .args(arguments(program, file, line, column))
        .spawn()
        .map_err(|e| {
            format!(
                "the editor {program} could not be started: {e}. Set EDITOR, or `editor` in \
                 config.toml"
            )
        })?;
    let mut asked = AskToEnd(child.id());
    let status = child.wait().await;
    asked.0 = None;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the editor {program} ended with {status}")),
        Err(e) => Err(format!("the editor {program} was lost: {e}")),
    }
}

/// Asks an editor to end once nobody waits for it: it would go on reading from
/// the terminal beside the shell. It may save what was typed first.
struct AskToEnd(Option<u32>);

impl Drop for AskToEnd {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = self.0.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::HUP);
        }
    }
}
