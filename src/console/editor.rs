//! A person's editor, opened at a line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::promotion::RepoPath;
use crate::workflow::Workspace;

/// The editor's command: a person's settings, `VISUAL`, `EDITOR`, then `vi`.
pub fn choose(settings: Option<&str>, visual: Option<&str>, editor: Option<&str>) -> Vec<String> {
    [settings, visual, editor]
        .into_iter()
        .flatten()
        .map(split)
        .find(|words| !words.is_empty())
        .unwrap_or_else(|| vec!["vi".into()])
}

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
    let checked = ws
        .commit()
        .and_then(|commit| ws.repo().entry(commit, path).ok().flatten())
        .and_then(|entry| ws.repo().read_blob(entry.id).ok());
    let differs = checked != std::fs::read(&file).ok();
    Ok((file, differs))
}

/// Words of a command, with quotes as a shell has them and nothing else.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The arguments that open `file` at a line and column (from 1; 0: none).
pub fn arguments(editor: &str, file: &Path, line: u32, column: u32) -> Vec<OsString> {
    let name = Path::new(editor)
        .file_stem()
        .map(|n| n.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let path = || file.as_os_str().to_owned();
    if line == 0 {
        return vec![path()];
    }
    let column = column.max(1);
    let with_place = || {
        let mut place = path();
        place.push(format!(":{line}:{column}"));
        place
    };
    match name.as_str() {
        "vim" | "nvim" | "gvim" | "mvim" => {
            vec![format!("+call cursor({line},{column})").into(), path()]
        }
        "vi" | "view" | "ed" | "jed" | "joe" | "mg" | "ne" => {
            vec![format!("+{line}").into(), path()]
        }
        "nano" | "pico" => vec![format!("+{line},{column}").into(), path()],
        "emacs" | "emacsclient" | "micro" | "kak" => {
            vec![format!("+{line}:{column}").into(), path()]
        }
        "hx" | "helix" | "subl" | "sublime_text" | "zed" | "lapce" => vec![with_place()],
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" => {
            vec!["--goto".into(), with_place()]
        }
        "idea" | "pycharm" | "charm" => vec!["--line".into(), line.to_string().into(), path()],
        "kate" | "gedit" => vec![format!("+{line}").into(), path()],
        _ => vec![path()],
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(editor: &str, line: u32, column: u32) -> Vec<String> {
        arguments(editor, Path::new("/r/a b.py"), line, column)
            .into_iter()
            .map(|a| a.into_string().unwrap())
            .collect()
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_way() {
        assert_eq!(
            args("/usr/bin/nvim", 7, 3),
            ["+call cursor(7,3)", "/r/a b.py"]
        );
        assert_eq!(args("vi", 7, 3), ["+7", "/r/a b.py"]);
        assert_eq!(args("nano", 7, 0), ["+7,1", "/r/a b.py"]);
        assert_eq!(args("emacsclient", 7, 3), ["+7:3", "/r/a b.py"]);
        assert_eq!(args("hx", 7, 3), ["/r/a b.py:7:3"]);
        assert_eq!(args("code", 7, 3), ["--goto", "/r/a b.py:7:3"]);
        assert_eq!(args("pycharm", 7, 3), ["--line", "7", "/r/a b.py"]);
        assert_eq!(args("unheard-of", 7, 3), ["/r/a b.py"]);
        assert_eq!(args("nvim", 0, 0), ["/r/a b.py"]);
    }

    #[test]
    fn the_first_editor_that_is_set_counts() {
        assert_eq!(
            choose(None, Some(" "), Some("code --wait")),
            ["code", "--wait"]
        );
        assert_eq!(
            choose(Some("'my editor' -x"), None, None),
            ["my editor", "-x"]
        );
        assert_eq!(choose(None, None, None), ["vi"]);
    }
}
